//! Event streams that are cut between two messages, which only the framing of the body shows.

use std::io::Write;

use serde_json::{Value, json};
use tucuxi::eventstream::{HeaderValue, Message};
use tucuxi::{Client, Error};

use crate::streams::{by_hand_for, patient, read_head};
use crate::support::wire::reset;
use crate::{alone, word};

fn message(kind: &str, payload: &str) -> Vec<u8> {
    let text = |text: &str| HeaderValue::String(text.into());
    Message::new(payload.to_owned())
        .with(":message-type", text("event"))
        .with(":event-type", text(kind))
        .encode()
        .unwrap()
}

/// An operation with an event stream, and the complete stream.
#[derive(Clone, Copy)]
struct Case {
    service: &'static str,
    operation: &'static str,
    params: fn() -> Value,
    messages: &'static [(&'static str, &'static str)],
}

const CASES: [Case; 4] = [
    Case {
        service: "s3",
        operation: "SelectObjectContent",
        params: || {
            json!({"Bucket": "bucket", "Key": "k", "Expression": "e", "ExpressionType": "SQL",
                "InputSerialization": {"CSV": {}}, "OutputSerialization": {"CSV": {}}})
        },
        messages: &[("Records", "1,2"), ("Cont", ""), ("End", "")],
    },
    Case {
        service: "lambda",
        operation: "InvokeWithResponseStream",
        params: || json!({"FunctionName": "f"}),
        messages: &[("PayloadChunk", "a"), ("InvokeComplete", "{}")],
    },
    Case {
        service: "kinesis",
        operation: "SubscribeToShard",
        params: || {
            json!({"ConsumerARN": "arn:aws:kinesis:us-east-1:1:stream/s/consumer/c:1", "ShardId": "s",
                "StartingPosition": {"Type": "LATEST"}})
        },
        messages: &[
            ("initial-response", "{}"),
            (
                "SubscribeToShardEvent",
                r#"{"Records":[],"ContinuationSequenceNumber":"1","MillisBehindLatest":0}"#,
            ),
        ],
    },
    Case {
        service: "cloudwatch logs",
        operation: "StartLiveTail",
        params: || json!({"logGroupIdentifiers": ["arn:aws:logs:us-east-1:1:log-group:g"]}),
        messages: &[("initial-response", "{}"), ("sessionStart", "{}")],
    },
];

/// The end of a response body.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    // of chunked bodies
    Whole,
    NoLastChunk,
    Reset,
    BadSize,
    ChunkTooLong,
    // of bodies with a length
    WholeLength,
    LengthTooLong,
    // of bodies that end with the connection
    Close,
    Http10,
}

impl End {
    fn is_good(self) -> bool {
        matches!(self, Self::Whole | Self::WholeLength)
    }
}

const ENDS: [End; 9] = [
    End::Whole,
    End::NoLastChunk,
    End::Reset,
    End::BadSize,
    End::ChunkTooLong,
    End::WholeLength,
    End::LengthTooLong,
    End::Close,
    End::Http10,
];

/// Serves the messages with this end.
fn serve(messages: Vec<Vec<u8>>, end: End) -> String {
    by_hand_for(4, move |mut reader, mut stream| {
        let head = read_head(&mut reader);
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |text| text.parse().unwrap())];
        std::io::Read::read_exact(&mut reader, &mut body).unwrap();
        let all = messages.concat();
        let (version, framing) = match end {
            End::WholeLength => ("1.1", format!("content-length: {}\r\n", all.len())),
            End::LengthTooLong => ("1.1", format!("content-length: {}\r\n", all.len() + 5)),
            End::Close => ("1.1", "connection: close\r\n".into()),
            End::Http10 => ("1.0", String::new()),
            _ => ("1.1", "transfer-encoding: chunked\r\n".into()),
        };
        let head = format!(
            "HTTP/{version} 200 OK\r\ncontent-type: application/vnd.amazon.eventstream\r\n{framing}\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        if !framing.contains("chunked") {
            stream.write_all(&all).unwrap();
            return;
        }
        for (n, message) in messages.iter().enumerate() {
            let is_last = n + 1 == messages.len();
            let more = if end == End::ChunkTooLong && is_last {
                7
            } else {
                0
            };
            write!(stream, "{:x}\r\n", message.len() + more).unwrap();
            stream.write_all(message).unwrap();
            if more == 0 {
                stream.write_all(b"\r\n").unwrap();
            }
        }
        match end {
            End::Whole => stream.write_all(b"0\r\n\r\n").unwrap(),
            End::BadSize => stream.write_all(b"zz\r\n").unwrap(),
            End::Reset => {
                // the messages arrive before the connection is reset
                std::thread::sleep(std::time::Duration::from_millis(30));
                reset(&stream).unwrap();
            }
            _ => {}
        }
    })
}

/// The number of events, and the outcome.
fn read(client: &Client, case: Case, buffered: bool) -> Result<usize, Error> {
    let request = client.request(case.service, case.operation);
    let request = request.params((case.params)());
    if buffered {
        let value = request.send_buffered()?.to_value()?;
        let events = value.as_object().unwrap().values();
        return Ok(events.filter_map(|v| v.as_array()).map(Vec::len).sum());
    }
    let events = request.send()?.events.unwrap();
    events
        .map(|event| event.map(drop))
        .collect::<Result<Vec<_>, _>>()
        .map(|all| all.len())
}

#[test]
fn an_event_stream_is_complete_only_if_its_body_is() {
    let _alone = alone();
    for case in CASES {
        let first = usize::from(case.messages[0].0 == "initial-response");
        for end in ENDS {
            for there in 0..=case.messages.len() {
                let messages = case.messages[..there].iter();
                let messages: Vec<_> = messages
                    .map(|(kind, payload)| message(kind, payload))
                    .collect();
                // the RPC protocols require an initial message
                let is_good = end.is_good() && there >= first;
                for buffered in [false, true] {
                    let client = patient(serve(messages.clone(), end));
                    let found = read(&client, case, buffered);
                    let what = format!(
                        "{} {end:?}, {there} messages, buffered: {buffered}: {found:?}",
                        case.operation
                    );
                    match found {
                        Ok(events) => {
                            assert!(is_good, "{what}");
                            assert_eq!(events, there - first, "{what}");
                        }
                        Err(error) => {
                            assert!(!is_good, "{what}");
                            assert!(
                                word(&error) != "ok" && error.to_string().contains("event stream"),
                                "{what}"
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_web_page_in_place_of_a_stream_is_an_error() {
    let _alone = alone();
    let page = "<html><body>Please log in</body></html>";
    for case in CASES {
        let client = patient(serve(vec![page.into()], End::WholeLength));
        assert!(read(&client, case, false).is_err(), "{}", case.operation);
    }
}
