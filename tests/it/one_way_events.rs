//! Streams of events to the service alone, over HTTP/1.1. No operation of the models has one today, so this model is made for the
//! test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tucuxi::error::RetriesEnded;
use tucuxi::eventstream::{HeaderValue, Message};
use tucuxi::{Client, Credentials, Error};

use crate::support::client::{IntoClient, isolated};
use crate::support::signed_events::{SECRET, Verifier};
use crate::support::wire::{Head, read_head};

/// A service whose one operation receives events and returns their number.
fn model(protocol: &str) -> String {
    const MODEL: &str = r#"{
        "metadata": {"apiVersion": "2026-01-01", "endpointPrefix": "ear", "protocol": "PROTOCOL", "serviceId": "Ear",
            "signatureVersion": "v4", "signingName": "ear", "targetPrefix": "Ear", "jsonVersion": "1.1"},
        "operations": {
            "Hear": {"name": "Hear", "http": {"method": "POST", "requestUri": "/"},
                "input": {"shape": "HearInput"}, "output": {"shape": "HearOutput"}}
        },
        "shapes": {
            "String": {"type": "string"}, "Long": {"type": "long"}, "Blob": {"type": "blob"},
            "HearInput": {"type": "structure", "required": ["room", "words"], "payload": "words", "members": {
                "room": {"shape": "String", "location": "header", "locationName": "room"},
                "words": {"shape": "Words"}}},
            "HearOutput": {"type": "structure", "members": {"heard": {"shape": "Long"}}},
            "Words": {"type": "structure", "eventstream": true, "members": {
                "word": {"shape": "Word"}, "sound": {"shape": "Sound"}}},
            "Word": {"type": "structure", "event": true, "members": {
                "number": {"shape": "Long", "eventheader": true}, "text": {"shape": "String"}}},
            "Sound": {"type": "structure", "event": true, "members": {
                "wave": {"shape": "Blob", "eventpayload": true}}}
        }
    }"#;
    MODEL.replace("PROTOCOL", protocol)
}

/// The chunks of a request.
struct Chunks<'r> {
    reader: &'r mut BufReader<TcpStream>,
    left: usize,
    is_ended: bool,
}

impl Read for Chunks<'_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        if self.is_ended {
            return Ok(0);
        }
        if self.left == 0 {
            let mut line = String::new();
            self.reader.read_line(&mut line)?;
            self.left =
                usize::from_str_radix(line.trim_end(), 16).map_err(std::io::Error::other)?;
            self.is_ended = self.left == 0;
        }
        let n = self.left.min(buf.len());
        let n = self.reader.read(&mut buf[..n])?;
        self.left -= n;
        if self.left == 0 {
            self.reader.read_line(&mut String::new())?;
        }
        Ok(n)
    }
}

/// A server that responds after so many messages, or at the end of the request. It passes on what it receives.
struct Ear {
    url: String,
    heads: mpsc::Receiver<Head>,
    /// Messages, without their signatures; `None` is the end of the request.
    heard: mpsc::Receiver<Option<Message>>,
    /// The folder of the model.
    models: TempDir,
}

fn listen(after: usize, response: &'static str) -> Ear {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (head_sender, heads) = mpsc::channel();
    let (heard_sender, heard) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let Ok(head) = read_head(&mut reader) else {
                continue;
            };
            assert!(head.chunked);
            let signature = head.header("authorization").map(str::to_owned);
            let mut verifier = signature.as_deref().map(Verifier::new);
            head_sender.send(head).unwrap();
            let mut body = Chunks {
                reader: &mut reader,
                left: 0,
                is_ended: false,
            };
            let mut count = 0;
            while count < after {
                let outer = match Message::read(&mut body) {
                    Ok(Some(outer)) => outer,
                    Ok(None) if verifier.is_none() => break,
                    _ => return,
                };
                let inner = match &mut verifier {
                    Some(verifier) => verifier.open(&outer).unwrap(),
                    None => Some(outer),
                };
                let Some(inner) = inner else { break };
                count += 1;
                let _ = heard_sender.send(Some(inner));
            }
            if count < after {
                // nothing follows
                assert_eq!(body.read(&mut [0]).unwrap(), 0);
                let _ = heard_sender.send(None);
            }
            stream.write_all(response.as_bytes()).unwrap();
            if response.contains("Continue") {
                // silence follows
                let _ = reader.read(&mut [0]);
            }
        }
    });
    let models = tempfile::tempdir().unwrap();
    Ear {
        url,
        heads,
        heard,
        models,
    }
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"heard\":3}";

fn client(ear: &Ear, protocol: &str, signs: bool) -> Client {
    let config = isolated().endpoint_url(&ear.url);
    let config = match signs {
        true => config.credentials(Credentials::new("AKIDEXAMPLE", SECRET)),
        false => config.unsigned(),
    };
    let folder = ear.models.path().join("ear/2026-01-01");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("service-2.json"), model(protocol)).unwrap();
    let path = ear.models.path().to_str().unwrap();
    config.environment([("AWS_DATA_PATH", path)]).connect()
}

fn hear(
    client: &Client,
    events: impl Iterator<Item = Value> + Send + 'static,
) -> Result<Value, Error> {
    let request = client
        .request("ear", "Hear")
        .params(json!({"room": "blue"}));
    request.events(events).send()?.to_value()
}

impl Ear {
    fn next(&self) -> Option<Message> {
        self.heard.recv_timeout(Duration::from_secs(30)).unwrap()
    }
}

fn word(number: i64) -> Value {
    json!({"word": {"number": number, "text": format!("w{number}")}})
}

#[test]
fn events_are_sent_in_order_and_signed() {
    for (protocol, signs) in [("rest-json", true), ("rest-json", false), ("json", true)] {
        let ear = listen(usize::MAX, OK);
        let events = [word(1), json!({"sound": {"wave": "AAH/"}}), word(2)];
        let found = hear(&client(&ear, protocol, signs), events.into_iter());
        assert_eq!(found.unwrap(), json!({"heard": 3}), "{protocol} {signs}");
        let head = ear.heads.recv().unwrap();
        let stream = "application/vnd.amazon.eventstream";
        assert_eq!(head.header("content-type"), Some(stream));
        let hash = signs.then_some("STREAMING-AWS4-HMAC-SHA256-EVENTS");
        assert_eq!(head.header("x-amz-content-sha256"), hash);
        assert_eq!(head.header("expect"), None);
        match protocol {
            "json" => {
                let first = ear.next().unwrap();
                assert_eq!(first.text(":event-type"), Some("initial-request"));
                assert_eq!(&*first.payload, br#"{"room":"blue"}"#);
                assert_eq!(head.header("x-amz-target"), Some("Ear.Hear"));
            }
            _ => assert_eq!(head.header("room"), Some("blue")),
        }
        for number in 1..=3 {
            let message = ear.next().unwrap();
            assert_eq!(message.text(":message-type"), Some("event"));
            match number {
                2 => {
                    assert_eq!(message.text(":event-type"), Some("sound"));
                    assert_eq!(&*message.payload, [0, 1, 255]);
                }
                _ => {
                    let number = (number + 1) / 2;
                    assert_eq!(message.text(":event-type"), Some("word"));
                    assert_eq!(message.header("number"), Some(&HeaderValue::Long(number)));
                    let text = format!(r#"{{"text":"w{number}"}}"#);
                    assert_eq!(&*message.payload, text.as_bytes());
                }
            }
        }
        assert!(ear.next().is_none());
    }
}

#[test]
fn each_event_is_sent_as_the_iterator_returns_it() {
    let ear = listen(usize::MAX, OK);
    let client = client(&ear, "rest-json", true);
    let mut number = 0;
    let events = std::iter::from_fn(move || {
        if number > 0 {
            // the server has the one before
            let last = ear.next().unwrap();
            assert_eq!(last.header("number"), Some(&HeaderValue::Long(number)));
        }
        number += 1;
        (number <= 3).then(|| word(number))
    });
    assert_eq!(hear(&client, events).unwrap(), json!({"heard": 3}));
}

#[test]
fn a_response_before_the_end_of_the_events_is_the_response() {
    const NO: &str =
        "HTTP/1.1 400 Bad Request\r\nx-amzn-errortype: TooLoud\r\ncontent-length: 2\r\n\r\n{}";
    for response in [NO, OK] {
        let ear = listen(2, response);
        let events = std::iter::repeat_with(|| json!({"sound": {"wave": "A".repeat(40_000)}}));
        match hear(&client(&ear, "rest-json", true), events) {
            Ok(found) => assert_eq!((response, found), (OK, json!({"heard": 3}))),
            Err(error) => assert_eq!((response, error.code()), (NO, Some("TooLoud")), "{error}"),
        }
    }
}

#[test]
fn an_event_that_does_not_fit_the_model_is_the_error_of_the_call() {
    let misfits = [
        (json!({"word": {"number": "one"}}), "number"),
        (json!({"nothing": {}}), "nothing"),
        (json!({"word": {}, "sound": {}}), "one"),
    ];
    for (misfit, expected) in misfits {
        let ear = listen(usize::MAX, OK);
        let events = [word(1), misfit.clone(), word(2)];
        let error = hear(&client(&ear, "rest-json", true), events.into_iter()).unwrap_err();
        assert!(error.to_string().contains(expected), "{misfit}: {error}");
        assert!(!error.is_retryable(), "{error}");
        assert!(ear.next().is_some());
        assert!(
            ear.heard.recv_timeout(Duration::from_secs(30)).is_err(),
            "the request ended"
        );
    }
}

#[test]
fn a_call_that_fails_after_its_first_event_is_not_repeated() {
    const BUSY: &str =
        "HTTP/1.1 503 Busy\r\nx-amzn-errortype: SlowDown\r\ncontent-length: 2\r\n\r\n{}";
    // an error, a connection that is closed, silence
    for (response, expected) in [
        (BUSY, "SlowDown"),
        ("", "the connection broke"),
        ("HTTP/1.1 100 Continue\r\n\r\n", "timeout"),
    ] {
        let ear = listen(usize::MAX, response);
        let client = client(&ear, "rest-json", true);
        let client = client.with(|config| config.read_timeout(Duration::from_millis(300)));
        let error = hear(&client.unwrap(), [word(1)].into_iter()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.attempts(), 1, "{error}");
        assert_eq!(error.retries_ended(), Some(RetriesEnded::Events), "{error}");
        assert_eq!(ear.heads.try_iter().count(), 1);
    }
}
