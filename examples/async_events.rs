//! Events in both directions over HTTP/2: text is sent to Polly while its speech is received.
//!
//! ```sh
//! cargo run --features async --example async_events             # with a service inside this process, which speaks in letters
//! cargo run --features async --example async_events -- --real   # Polly; the speech is written to speech.mp3
//! ```

use std::convert::Infallible;
use std::io::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Buf as _, Bytes, Frame, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tucuxi::eventstream::{self, HeaderValue, Message};
use tucuxi::{AsyncClient, Config, Credentials};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const LINES: [&str; 3] = ["A small fish ", "in a wide river ", "sees a tucuxi."];

#[tokio::main]
async fn main() -> Result {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => {
            let speech = speak(&AsyncClient::with_config(own_service().await?)?).await?;
            match speech == LINES.concat().as_bytes() {
                true => println!("all is well"),
                false => return Err("the letters differ".into()),
            }
        }
        ["--real"] => {
            let speech = speak(&AsyncClient::new()?).await?;
            std::fs::File::create("speech.mp3")?.write_all(&speech)?;
        }
        _ => return Err("the only option is --real".into()),
    }
    Ok(())
}

/// Sends lines while the speech of those before is received. Returns the speech.
async fn speak(client: &AsyncClient) -> Result<Vec<u8>> {
    let (sender, events) = eventstream::channel(4);
    let voice = json!({"Engine": "generative", "VoiceId": "Amy", "OutputFormat": "mp3"});
    let request = client.request("polly", "StartSpeechSynthesisStream");
    let output = request.params(voice).events(events).send().await?;
    let sending = tokio::spawn(async move {
        for line in LINES {
            // waits while the service is slower
            sender.send(json!({"TextEvent": {"Text": line}})).await?;
            println!("sent     {line:?}");
        }
        sender.send(json!({"CloseStreamEvent": {}})).await
    });
    let mut speech = Vec::new();
    let mut received = output.events.ok_or("the operation streams events")?;
    while let Some(event) = received.next_event().await {
        let event = event?;
        if let Value::String(chunk) = &event["AudioEvent"]["AudioChunk"] {
            let chunk = BASE64_STANDARD.decode(chunk)?;
            println!("received {} bytes of speech", chunk.len());
            speech.extend(chunk);
        }
    }
    sending.await??;
    Ok(speech)
}

/// Starts a service over HTTP/2 that returns text as it is, and returns the settings of a client.
async fn own_service() -> Result<Config> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let connection = http2::Builder::new(TokioExecutor::new());
            tokio::spawn(connection.serve_connection(TokioIo::new(socket), service_fn(answer)));
        }
    });
    let config = Config::builder().region("eu-west-1").endpoint_url(url);
    let key = Credentials::new("AKIDEXAMPLE", "secret");
    Ok(config.credentials(key).build()?)
}

async fn answer(request: Request<Incoming>) -> std::result::Result<Response<Speech>, Infallible> {
    let (sender, speech) = mpsc::channel(4);
    tokio::spawn(async move {
        if let Err(error) = echo(request.into_body(), sender).await {
            eprintln!("the service failed: {error}");
        }
    });
    Ok(Response::new(Speech(speech)))
}

/// Reads events up to the one that closes the stream. Each is a message inside a signed one.
async fn echo(mut body: Incoming, out: mpsc::Sender<Bytes>) -> Result {
    let mut received = Vec::new();
    while let Some(frame) = body.frame().await {
        received.extend(frame?.into_data().unwrap_or_default());
        let mut rest = &received[..];
        while let Ok(Some(signed)) = Message::read(&mut rest) {
            let Some(event) = Message::read(&mut signed.payload.reader())? else {
                return Ok(());
            };
            if event.text(":event-type") == Some("TextEvent") {
                let text: Value = serde_json::from_slice(&event.payload)?;
                let text = text["Text"].as_str().unwrap_or_default().to_owned();
                let header = |text: &str| HeaderValue::String(text.into());
                let audio = Message::new(text)
                    .with(":message-type", header("event"))
                    .with(":event-type", header("AudioEvent"));
                out.send(audio.encode()?.into()).await?;
            }
            received = rest.to_vec();
            rest = &received[..];
        }
    }
    Ok(())
}

/// The messages of a response.
struct Speech(mpsc::Receiver<Bytes>);

impl Body for Speech {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, Infallible>>> {
        let next = self.0.poll_recv(cx);
        next.map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}
