//! Streams of events in both directions over HTTP/2, against a server that verifies the signature of each message.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tucuxi::eventstream::{self, EventReader, HeaderValue, Message};
use tucuxi::model::Memory;
use tucuxi::transport::{CancelToken, TokioTransport};
use tucuxi::{AsyncClient, Client, Config, Credentials, ErrorKind};

use super::on_one_thread;
use crate::support::client::{IntoClient, isolated};
use crate::support::signed_events::{SECRET, Verifier};

/// A service whose one operation returns the events that it receives.
const MODEL: &str = r#"{
    "metadata": {"apiVersion": "2026-01-01", "endpointPrefix": "echo", "protocol": "rest-json", "serviceId": "Echo",
        "signatureVersion": "v4", "signingName": "echo"},
    "operations": {
        "Talk": {"name": "Talk", "http": {"method": "POST", "requestUri": "/rooms/{room}/talk"},
            "input": {"shape": "TalkInput"}, "output": {"shape": "TalkOutput"}, "errors": [{"shape": "Interrupted"}]}
    },
    "shapes": {
        "String": {"type": "string"}, "Long": {"type": "long"}, "Blob": {"type": "blob"}, "Time": {"type": "timestamp"},
        "TalkInput": {"type": "structure", "required": ["room", "words"], "payload": "words", "members": {
            "room": {"shape": "String", "location": "uri", "locationName": "room"},
            "words": {"shape": "Words"}}},
        "TalkOutput": {"type": "structure", "payload": "words", "members": {"words": {"shape": "Words"}}},
        "Words": {"type": "structure", "eventstream": true, "members": {
            "word": {"shape": "Word"}, "sound": {"shape": "Sound"}, "bye": {"shape": "Bye"},
            "interrupted": {"shape": "Interrupted"}}},
        "Word": {"type": "structure", "event": true, "members": {
            "number": {"shape": "Long", "eventheader": true}, "text": {"shape": "String"}, "at": {"shape": "Time"}}},
        "Sound": {"type": "structure", "event": true, "members": {
            "pitch": {"shape": "String", "eventheader": true}, "wave": {"shape": "Blob", "eventpayload": true}}},
        "Bye": {"type": "structure", "event": true, "members": {}},
        "Interrupted": {"type": "structure", "exception": true, "members": {"message": {"shape": "String"}}}
    }
}"#;

/// What the server does after it has received this many events.
#[derive(Clone, Copy)]
enum Course {
    Echo,
    /// Sends an exception after so many events.
    Fail(usize),
    /// Ends the response after so many events.
    End(usize),
    /// Receives nothing more after so many events.
    Stall(usize),
}

/// What the server has seen.
#[derive(Default)]
struct Seen {
    verified: AtomicUsize,
    /// Whether the signed empty message has come.
    ended: AtomicUsize,
    /// The stream was reset by the client.
    reset: AtomicUsize,
    faults: Mutex<Vec<String>>,
}

/// The messages of the response.
struct Messages(mpsc::Receiver<Bytes>);

impl Body for Messages {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0
            .poll_recv(cx)
            .map(|next| next.map(|bytes| Ok(Frame::data(bytes))))
    }
}

async fn chunk(body: &mut Incoming) -> Option<Result<Bytes, hyper::Error>> {
    let frame = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await?;
    Some(frame.map(|frame| frame.into_data().unwrap_or_default()))
}

/// Takes a message from the front of the received bytes.
fn message(received: &mut BytesMut) -> Option<Message> {
    let total = received
        .first_chunk::<4>()
        .map(|bytes| u32::from_be_bytes(*bytes))?;
    if received.len() < total as usize {
        return None;
    }
    let bytes = received.split_to(total as usize);
    Message::read(&mut bytes.reader()).unwrap()
}

async fn talk(
    request: http::Request<Incoming>,
    course: Course,
    seen: Arc<Seen>,
    out: mpsc::Sender<Bytes>,
) {
    let (head, mut body) = request.into_parts();
    let mut verifier = Verifier::new(head.headers["authorization"].to_str().unwrap());
    let mut received = BytesMut::new();
    let mut events = 0;
    loop {
        while let Some(outer) = message(&mut received) {
            let inner = match verifier.open(&outer) {
                Ok(Some(inner)) => inner,
                Ok(None) => {
                    seen.ended.fetch_add(1, Ordering::SeqCst);
                    return;
                }
                Err(fault) => return seen.faults.lock().unwrap().push(fault),
            };
            seen.verified.fetch_add(1, Ordering::SeqCst);
            events += 1;
            match course {
                Course::Fail(after) if events > after => {
                    let text = |text: &str| HeaderValue::String(text.into());
                    let exception = Message::new(r#"{"message": "too loud"}"#)
                        .with(":message-type", text("exception"))
                        .with(":exception-type", text("interrupted"));
                    out.send(exception.encode().unwrap().into()).await.unwrap();
                    return;
                }
                Course::End(after) if events > after => return,
                Course::Stall(after) if events > after => {
                    std::future::pending::<()>().await;
                }
                _ => {}
            }
            if out.send(inner.encode().unwrap().into()).await.is_err() {
                return;
            }
        }
        match chunk(&mut body).await {
            Some(Ok(bytes)) => received.extend_from_slice(&bytes),
            Some(Err(_)) => {
                seen.reset.fetch_add(1, Ordering::SeqCst);
                return;
            }
            None => return seen.faults.lock().unwrap().push("no last message".into()),
        }
    }
}

/// Starts the server, and returns its URL.
async fn server(course: Course, seen: &Arc<Seen>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = seen.clone();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let seen = seen.clone();
            let service = service_fn(move |request: http::Request<Incoming>| {
                let seen = seen.clone();
                async move {
                    assert_eq!(request.uri().path(), "/rooms/blue/talk");
                    let headers = request.headers();
                    assert_eq!(
                        headers["content-type"],
                        "application/vnd.amazon.eventstream"
                    );
                    assert_eq!(
                        headers["x-amz-content-sha256"],
                        "STREAMING-AWS4-HMAC-SHA256-EVENTS"
                    );
                    let (out, messages) = mpsc::channel(4);
                    tokio::spawn(talk(request, course, seen, out));
                    let response = http::Response::builder()
                        .header("content-type", "application/vnd.amazon.eventstream")
                        .header("x-amzn-requestid", "id-1");
                    Ok::<_, Infallible>(response.body(Messages(messages)).unwrap())
                }
            });
            let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            tokio::spawn(server.serve_connection(TokioIo::new(socket), service));
        }
    });
    url
}

fn config(url: &str) -> Config {
    let credentials = Credentials::new("AKIDEXAMPLE", SECRET);
    let config = isolated().endpoint_url(url).credentials(credentials);
    config.build().unwrap()
}

fn client(url: &str) -> AsyncClient {
    let config = config(url);
    let transport = TokioTransport::new(config.network()).unwrap();
    let models = Memory::new().with("echo/2026-01-01/service-2", MODEL);
    AsyncClient::with_models(config, transport, models).unwrap()
}

fn word(number: usize) -> Value {
    json!({"word": {"number": number, "text": format!("w{number}")}})
}

async fn talk_to(
    client: &AsyncClient,
    events: impl futures_core::Stream<Item = Value> + Send + 'static,
) -> tucuxi::Result<EventReader> {
    let request = client
        .request("echo", "Talk")
        .params(json!({"room": "blue"}));
    Ok(request.events(events).send().await?.events.unwrap())
}

#[test]
fn ten_thousand_events_go_both_ways_in_order_and_signed() {
    const EVENTS: usize = 10_000;
    on_one_thread(async {
        let seen = Arc::<Seen>::default();
        let url = server(Course::Echo, &seen).await;
        let (sender, events) = eventstream::channel(8);
        let mut received = talk_to(&client(&url), events).await.unwrap();
        let sending = tokio::spawn(async move {
            for number in 0..EVENTS {
                sender.send(word(number)).await.unwrap();
            }
        });
        for number in 0..EVENTS {
            assert_eq!(received.next_event().await.unwrap().unwrap(), word(number));
        }
        assert!(received.next_event().await.is_none());
        sending.await.unwrap();
        assert_eq!(*seen.faults.lock().unwrap(), [""; 0]);
        assert_eq!(seen.verified.load(Ordering::SeqCst), EVENTS);
        assert_eq!(seen.ended.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn every_kind_of_event_keeps_its_members() {
    let events = [
        json!({"word": {"number": -1, "text": "é\u{1F41F}", "at": "2026-01-02T03:04:05Z"}}),
        json!({"word": {"number": 7}}),
        json!({"sound": {"pitch": "a", "wave": "AAECAw=="}}),
        json!({"bye": {}}),
    ];
    on_one_thread(async {
        let seen = Arc::<Seen>::default();
        let url = server(Course::Echo, &seen).await;
        let (sender, queue) = eventstream::channel(16);
        for event in &events {
            sender.send(event.clone()).await.unwrap();
        }
        drop(sender);
        let mut received = talk_to(&client(&url), queue).await.unwrap();
        for event in events {
            assert_eq!(received.next_event().await.unwrap().unwrap(), event);
        }
        assert!(received.next_event().await.is_none());
    });
}

#[test]
fn an_exception_in_the_middle_is_an_error_and_ends_the_sending() {
    on_one_thread(async {
        let seen = Arc::<Seen>::default();
        let url = server(Course::Fail(3), &seen).await;
        let (sender, events) = eventstream::channel(1);
        let mut received = talk_to(&client(&url), events).await.unwrap();
        let sending = tokio::spawn(async move {
            let mut sent = 0;
            while sender.send(word(sent)).await.is_ok() {
                sent += 1;
            }
            sent
        });
        for number in 0..3 {
            assert_eq!(received.next_event().await.unwrap().unwrap(), word(number));
        }
        let error = received.next_event().await.unwrap().unwrap_err();
        assert_eq!(error.code(), Some("interrupted"), "{error}");
        assert!(error.to_string().contains("too loud"), "{error}");
        assert!(received.next_event().await.is_none());
        assert!(sending.await.unwrap() >= 3);
    });
}

#[test]
fn the_end_of_the_response_ends_the_sending() {
    on_one_thread(async {
        let seen = Arc::<Seen>::default();
        let url = server(Course::End(2), &seen).await;
        let (sender, events) = eventstream::channel(1);
        let mut received = talk_to(&client(&url), events).await.unwrap();
        let sending = tokio::spawn(async move { while sender.send(word(0)).await.is_ok() {} });
        for _ in 0..2 {
            received.next_event().await.unwrap().unwrap();
        }
        assert!(received.next_event().await.is_none());
        sending.await.unwrap();
    });
}

#[test]
fn a_server_that_does_not_read_holds_the_sender_back() {
    on_one_thread(async {
        let seen = Arc::<Seen>::default();
        let url = server(Course::Stall(1), &seen).await;
        let (sender, events) = eventstream::channel(1);
        let received = talk_to(&client(&url), events).await.unwrap();
        let sent = Arc::new(AtomicUsize::new(0));
        let counted = sent.clone();
        let sending = tokio::spawn(async move {
            let event = json!({"sound": {"wave": "A".repeat(64 * 1024)}});
            while sender.send(event.clone()).await.is_ok() {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        let mut last = usize::MAX;
        while sent.load(Ordering::SeqCst) != last {
            last = sent.load(Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        // some windows and buffers, and no more
        assert!(last < 200, "{last} events of 64 KiB are in memory");
        drop(received);
        sending.await.unwrap();
    });
}

#[test]
fn dropping_the_reader_or_cancelling_ends_both_directions() {
    for is_cancelled in [false, true] {
        on_one_thread(async {
            let seen = Arc::<Seen>::default();
            let url = server(Course::Echo, &seen).await;
            let client = client(&url);
            let (sender, events) = eventstream::channel(1);
            let cancel = CancelToken::default();
            let request = client
                .request("echo", "Talk")
                .params(json!({"room": "blue"}));
            let request = request.events(events).cancel_with(&cancel);
            let mut received = request.send().await.unwrap().events.unwrap();
            sender.send(word(0)).await.unwrap();
            assert_eq!(received.next_event().await.unwrap().unwrap(), word(0));
            if is_cancelled {
                cancel.cancel();
                let error = received.next_event().await.unwrap().unwrap_err();
                assert!(error.is_cancelled(), "{error}");
            }
            drop(received);
            while sender.send(word(1)).await.is_ok() {}
            // the connection is good for another call
            let (sender, events) = eventstream::channel(1);
            let mut received = talk_to(&client, events).await.unwrap();
            sender.send(word(2)).await.unwrap();
            assert_eq!(received.next_event().await.unwrap().unwrap(), word(2));
            assert_eq!(*seen.faults.lock().unwrap(), [""; 0]);
        });
    }
}

#[test]
fn an_event_that_does_not_fit_the_model_is_the_error_of_the_call() {
    let misfits = [
        (json!({"word": {"number": "one"}}), "number"),
        (json!({"nothing": {}}), "nothing"),
        (json!({"word": {}, "bye": {}}), "one"),
        (json!("word"), "object"),
        (json!({"sound": {"wave": "?"}}), "base64"),
    ];
    for (misfit, expected) in misfits {
        on_one_thread(async {
            let seen = Arc::<Seen>::default();
            let url = server(Course::Echo, &seen).await;
            let (sender, events) = eventstream::channel(4);
            sender.send(word(0)).await.unwrap();
            let mut received = talk_to(&client(&url), events).await.unwrap();
            assert_eq!(received.next_event().await.unwrap().unwrap(), word(0));
            sender.send(misfit.clone()).await.unwrap();
            let error = received.next_event().await.unwrap().unwrap_err();
            assert!(error.to_string().contains(expected), "{misfit}: {error}");
            assert_eq!(seen.ended.load(Ordering::SeqCst), 0);
        });
    }
}

#[test]
fn calls_without_events_or_with_events_in_vain_are_errors() {
    let models = || Memory::new().with("echo/2026-01-01/service-2", MODEL);
    let replay = tucuxi::transport::Replay::new;
    let blocking = Client::with_models(config("http://127.0.0.1:9"), replay(), models()).unwrap();
    let room = || json!({"room": "blue"});
    let talk = || blocking.request("echo", "Talk").params(room());
    let error = talk().send().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.to_string().contains("AsyncClient"), "{error}");
    let error = talk().events([word(0)].into_iter()).send().unwrap_err();
    assert!(error.to_string().contains("AsyncClient"), "{error}");
    let (dynamodb, _) = isolated().unsigned().replay(replay());
    let tables = dynamodb.request("dynamodb", "ListTables");
    let error = tables.events([word(0)].into_iter()).send().unwrap_err();
    assert!(error.to_string().contains("takes none"), "{error}");
    on_one_thread(async {
        let client = client("http://127.0.0.1:9");
        let error = client.call("echo", "Talk", room()).await.unwrap_err();
        assert!(
            error.to_string().contains("RequestBuilder::events"),
            "{error}"
        );
    });
}
