//! The server on 127.0.0.1 to which the browser returns with the code.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::LoginError;
use crate::cancel::CancelToken;
use crate::uri;

const PATH: &str = "/oauth/callback";
/// As long as a person may take.
const TIMEOUT: Duration = Duration::from_secs(10 * 60);
/// As long as a browser may take to send its request, which is small.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_HEAD: u64 = 16 << 10;
/// The time between two looks at the port.
const SLICE: Duration = Duration::from_millis(20);

/// A port that waits for the browser.
pub(super) struct Callback {
    listener: TcpListener,
    port: u16,
}

/// What the browser returned.
enum Answer {
    Code {
        code: String,
        state: String,
    },
    Error {
        error: String,
        state: Option<String>,
    },
}

impl Callback {
    /// Opens a port, by default any that is free.
    pub(super) fn open(port: Option<u16>) -> Result<Self, LoginError> {
        let port = port.unwrap_or(0);
        let failed = |error: io::Error| LoginError::Port {
            port,
            why: match error.kind() {
                io::ErrorKind::AddrInUse => "another program uses it".into(),
                _ => error.to_string(),
            },
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        Ok(Self { listener, port })
    }

    /// The URL to which the browser returns.
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    /// The URL without the port, as a client registers it.
    pub(super) fn registered_url() -> String {
        format!("http://127.0.0.1{PATH}")
    }

    /// Waits until the browser returns with the code of this login.
    pub(super) fn wait(self, state: &str, cancel: &CancelToken) -> Result<String, LoginError> {
        let end = Instant::now() + TIMEOUT;
        let (sender, answers) = channel();
        loop {
            // a browser opens connections that it does not use yet, so each has a thread
            while let Ok((stream, _)) = self.listener.accept() {
                let sender = sender.clone();
                thread::spawn(move || {
                    // a connection that breaks is the browser's to repeat
                    let _ = serve(stream, &sender);
                });
            }
            if let Some(answer) = next(&answers) {
                return of_login(answer, state);
            }
            if cancel.is_cancelled() {
                return Err(LoginError::Cancelled);
            }
            if Instant::now() >= end {
                return Err(LoginError::Expired);
            }
            cancel.wait(SLICE);
        }
    }
}

fn next(answers: &Receiver<Answer>) -> Option<Answer> {
    answers.try_recv().ok()
}

/// Returns the code of an answer to this login.
fn of_login(answer: Answer, expected: &str) -> Result<String, LoginError> {
    match answer {
        Answer::Code { code, state } if state == expected => Ok(code),
        Answer::Code { .. } => Err(LoginError::State),
        Answer::Error { state, .. } if state.as_ref().is_some_and(|state| state != expected) => {
            Err(LoginError::State)
        }
        Answer::Error { error, .. } => Err(LoginError::Denied(error)),
    }
}

/// Reads one request and responds with a page.
fn serve(mut stream: TcpStream, answers: &Sender<Answer>) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(READ_TIMEOUT))?;
    let mut reader = BufReader::new(stream.try_clone()?.take(MAX_HEAD));
    let mut first = String::new();
    reader.read_line(&mut first)?;
    // the rest of the head is read, or the browser would see a broken connection
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 && !line.trim().is_empty() {
        line.clear();
    }
    let answer = answer(&first);
    let (status, page) = match &answer {
        Some(Answer::Code { .. }) => ("200 OK", DONE),
        Some(Answer::Error { .. }) => ("200 OK", DENIED),
        None => ("404 Not Found", UNKNOWN),
    };
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>tucuxi</title><style>{STYLE}</style></head><body><main>{page}</main></body></html>"
    );
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
         referrer-policy: no-referrer\r\nconnection: close\r\n\r\n",
        page.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(page.as_bytes())?;
    stream.flush()?;
    if let Some(answer) = answer {
        // the login may have ended
        let _ = answers.send(answer);
    }
    Ok(())
}

const STYLE: &str = "body{font:1.1rem system-ui,sans-serif;display:grid;place-items:center;min-height:90vh;color-scheme:light dark}";
const DONE: &str = "<h1>Logged in</h1><p>You can close this page and return to the terminal.</p>";
const DENIED: &str =
    "<h1>Not logged in</h1><p>The login was denied. The terminal shows the reason.</p>";
const UNKNOWN: &str = "<p>There is nothing here.</p>";

/// Reads the line of a request. Others than that of the callback, such as for an icon, have no answer.
fn answer(line: &str) -> Option<Answer> {
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?, words.next()?);
    let (path, query) = target.split_once('?')?;
    if method != "GET" || path != PATH {
        return None;
    }
    let value = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(known, _)| *known == name)?;
        Some(uri::decode(&value.replace('+', " ")))
    };
    let state = value("state");
    if let Some(error) = value("error") {
        let description = value("error_description");
        let error = match description {
            Some(description) => format!("{error}: {description}"),
            None => error,
        };
        return Some(Answer::Error { error, state });
    }
    Some(Answer::Code {
        code: value("code")?,
        state: state?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str, path: &str) -> String {
        let host = url.strip_prefix("http://").unwrap();
        let host = host.split('/').next().unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    /// What a login gets after these requests.
    fn outcome(paths: &[&'static str]) -> (Result<String, LoginError>, Vec<String>) {
        let callback = Callback::open(None).unwrap();
        let url = callback.url();
        // a browser connects in advance
        let _idle = TcpStream::connect(("127.0.0.1", callback.port)).unwrap();
        let paths = paths.to_vec();
        let browser = thread::spawn(move || {
            let pages = paths.iter().map(|path| read(&url, path));
            pages.collect::<Vec<_>>()
        });
        let result = callback.wait("s 1", &CancelToken::default());
        (result, browser.join().unwrap())
    }

    #[test]
    fn the_browser_returns_with_a_code_or_an_error() {
        let (code, pages) = outcome(&["/favicon.ico", "/oauth/callback?code=a%2Bb&state=s+1"]);
        assert_eq!(code.unwrap(), "a+b");
        assert!(pages[0].starts_with("HTTP/1.1 404 "), "{}", pages[0]);
        assert!(pages[1].contains("close this page"), "{}", pages[1]);
        let (other, _) = outcome(&["/oauth/callback?code=a&state=s2"]);
        assert!(matches!(other, Err(LoginError::State)));
        let (denied, pages) = outcome(&[
            "/oauth/callback?error=access_denied&error_description=not%20you&state=s%201",
        ]);
        let error = denied.unwrap_err().to_string();
        assert_eq!(error, "the login was denied: access_denied: not you");
        assert!(pages[0].contains("was denied") && !pages[0].contains("not you"));
        let (other, _) = outcome(&["/oauth/callback?error=x&state=s2"]);
        assert!(matches!(other, Err(LoginError::State)));
    }

    #[test]
    fn a_port_in_use_is_named() {
        let first = Callback::open(None).unwrap();
        let error = Callback::open(Some(first.port)).err().unwrap().to_string();
        assert!(
            error.contains(&format!("port {} of 127.0.0.1", first.port)),
            "{error}"
        );
        assert!(error.contains("another program uses it"), "{error}");
    }

    #[test]
    fn waiting_ends_when_it_is_cancelled() {
        let cancel = CancelToken::default();
        cancel.cancel();
        let result = Callback::open(None).unwrap().wait("s", &cancel);
        assert!(matches!(result, Err(LoginError::Cancelled)));
    }
}
