//! A server on the loopback interface with scripted responses. It records its requests.

use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use super::wire::{read_body, read_head};

/// A recorded request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// `GET /path?query`
    pub(crate) line: String,
    /// The names are in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| &**value)
    }
}

/// Status and body, or `None` to send nothing until the client disconnects.
pub(crate) type Answer = Option<(u16, String)>;

/// Status, headers and body, or `None` as in [`Answer`].
pub(crate) type Response = Option<(u16, Vec<(String, String)>, Vec<u8>)>;

pub(crate) struct Server {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Starts a server that responds with what `answer` returns. It runs until the process ends.
    pub(crate) fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_with_headers(move |asked| {
            answer(asked).map(|(status, body)| (status, Vec::new(), body.into_bytes()))
        })
    }

    /// Starts a server whose responses have these headers.
    pub(crate) fn start_with_headers(
        answer: impl Fn(&Asked) -> Response + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let kept = asked.clone();
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, answer) = (kept.clone(), answer.clone());
                thread::spawn(move || serve(stream, &kept, &*answer));
            }
        });
        Self { url, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

fn serve(stream: TcpStream, kept: &Mutex<Vec<Asked>>, answer: &dyn Fn(&Asked) -> Response) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    while let Some(asked) = request(&mut reader) {
        kept.lock().unwrap().push(asked.clone());
        let Some((status, headers, body)) = answer(&asked) else {
            let _ = reader.read(&mut [0]); // until the caller hangs up
            return;
        };
        let mut head = format!("HTTP/1.1 {status} X\r\n");
        // that of a response to HEAD is not the length of its body
        if !headers.iter().any(|(name, _)| name == "content-length") {
            head += &format!("content-length: {}\r\n", body.len());
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += "\r\n";
        if writer
            .write_all(&[head.as_bytes(), &body].concat())
            .is_err()
        {
            return;
        }
    }
}

fn request(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let head = read_head(reader).ok()?;
    let (line, headers) = head.raw.split_once('\n')?;
    let headers = headers.lines().filter_map(|line| line.split_once(':'));
    Some(Asked {
        line: line.rsplit_once(' ')?.0.to_owned(),
        headers: headers
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
            .collect(),
        body: String::from_utf8_lossy(&read_body(reader, &head).ok()?).into_owned(),
    })
}
