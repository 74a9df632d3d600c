//! A web server whose handler lists the objects of a bucket, on the same runtime as the client.
//!
//! ```sh
//! cargo run --features async --example async_web               # with an S3 server inside this process: one request, as a test
//! cargo run --features async --example async_web -- --serve    # http://127.0.0.1:8080/BUCKET/PREFIX, with the settings of the environment
//! ```

#[path = "quickstart/s3_server.rs"]
mod s3_server;

use std::convert::Infallible;

use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tucuxi::{AsyncClient, Body, Config, Credentials};

use s3_server::{ACCESS_KEY_ID, S3Server, SECRET_ACCESS_KEY};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Result {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => try_it().await,
        ["--serve"] => {
            let listener = TcpListener::bind("127.0.0.1:8080").await?;
            serve(listener, AsyncClient::new()?).await
        }
        _ => Err("the only option is --serve".into()),
    }
}

/// Serves until the process ends. Clones of the client share its connections.
async fn serve(listener: TcpListener, client: AsyncClient) -> Result {
    loop {
        let (socket, _) = listener.accept().await?;
        let client = client.clone();
        let handler = service_fn(move |request| handle(client.clone(), request));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(socket), handler);
        // if the browser disconnects, hyper drops the handler, and with it the listing
        tokio::spawn(connection);
    }
}

async fn handle(
    client: AsyncClient,
    request: Request<Incoming>,
) -> std::result::Result<Response<Full<Bytes>>, Infallible> {
    let (status, text) = match list(&client, request.uri().path()).await {
        Ok(text) => (StatusCode::OK, text),
        Err(error) if error.code() == Some("NoSuchBucket") => {
            (StatusCode::NOT_FOUND, "there is no such bucket\n".into())
        }
        Err(error) => {
            // for the log, and not for the browser
            eprintln!("{error}");
            (StatusCode::BAD_GATEWAY, "the listing failed\n".into())
        }
    };
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    Ok(response)
}

/// Returns a line for each object below `/bucket/prefix`, of as many pages as there are.
async fn list(client: &AsyncClient, path: &str) -> tucuxi::Result<String> {
    let path = path.trim_start_matches('/');
    let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
    let params = json!({"Bucket": bucket, "Prefix": prefix});
    let mut objects = client.pages("s3", "ListObjectsV2", params).await?.items();
    let mut text = String::new();
    while let Some(object) = objects.next().await {
        let object: Value = object?;
        let (size, key) = (&object["Size"], object["Key"].as_str().unwrap_or_default());
        text += &format!("{size:>9} {key}\n");
    }
    Ok(text)
}

async fn try_it() -> Result {
    let s3 = S3Server::start()?;
    let config = Config::builder()
        .region("us-east-1")
        .endpoint_url(s3.url())
        .credentials(Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY));
    let client = AsyncClient::with_config(config.build()?)?;
    client
        .call("s3", "CreateBucket", json!({"Bucket": "river"}))
        .await?;
    for name in ["arapaima", "piranha", "tetra", "tucuxi", "turtle"] {
        let put = client.request("s3", "PutObject");
        let put = put.params(json!({"Bucket": "river", "Key": format!("life/{name}.txt")}));
        put.body(Body::from(name)).send().await?;
    }

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(serve(listener, client));
    for (path, expected) in [("/river/life/t", "tucuxi.txt"), ("/ocean", "404")] {
        let mut browser = TcpStream::connect(address).await?;
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        browser.write_all(request.as_bytes()).await?;
        let mut response = String::new();
        browser.read_to_string(&mut response).await?;
        println!("{path}:\n{response}");
        if !response.contains(expected) {
            return Err(format!("{expected} is not in the response").into());
        }
    }
    println!("all is well");
    Ok(())
}
