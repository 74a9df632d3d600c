//! The mock: what it understands, what it responds, and what it refuses.

#[cfg(feature = "cli")]
mod command;
mod hostile;
mod operations;
mod requests;
mod stubs;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use tucuxi::mock::Mock;
use tucuxi::{Client, Config, Credentials};

/// A client of a mock, by way of a connection. Retries do not wait.
fn client(mock: &Mock) -> Client {
    let config = Config::builder()
        .isolated()
        .region("us-east-1")
        .credentials(Credentials::new("AKIDEXAMPLE", "secret"))
        .endpoint_url(mock.url())
        .jitter(|| 0.0)
        .sleep(|_| {})
        .build()
        .unwrap();
    Client::with_config(config).unwrap()
}

/// Sends a request, closes this half of the connection, and returns what comes until the other half is closed.
fn exchange(mock: &Mock, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(mock.address()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    // the mock may close the connection before it has read everything
    let _ = stream.write_all(request);
    let _ = stream.shutdown(Shutdown::Write);
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response);
    String::from_utf8_lossy(&response).into_owned()
}

/// A request with this head, whose lines are separated by line feeds, and this body.
fn request(head: &str, body: &str) -> Vec<u8> {
    let head = head.replace('\n', "\r\n");
    let length = match head.contains("transfer-encoding") {
        true => String::new(),
        false => format!("content-length: {}\r\n", body.len()),
    };
    format!("{head}\r\n{length}\r\n{body}").into_bytes()
}
