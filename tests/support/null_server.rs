//! An S3 server for benchmarks of clients, which also returns given responses of other services. It stores and checks nothing, so
//! it uses little processor time, and its memory does not grow with the bodies.
//!
//! | request                             | response                                                          |
//! |-------------------------------------|-------------------------------------------------------------------|
//! | PUT of an object or a part          | 200 with an ETag; with `x-amz-copy-source` the result of a copy   |
//! | POST `?uploads`, `?uploadId=`       | an upload id, a complete object                                   |
//! | POST `?delete`                      | no errors                                                         |
//! | DELETE                              | 204                                                               |
//! | GET `?uploads`, `?uploadId=`        | none                                                              |
//! | GET `?list-type=2`                  | keys, in pages of 1,000                                           |
//! | GET, HEAD of `…-<n>`                | `n` zeros, or a range of them                                     |
//! | an operation that was given         | that response                                                     |
//!
//! The name of the bucket or the prefix determines the number of keys and the size of the objects: `keys-2000-16384/` has 2,000
//! keys of 16,384 bytes, `keys-2000` has as many empty objects. An operation is given by its name, which a request has in
//! `X-Amz-Target` or as the `Action` of a form; that of a listing is `ListObjectsV2`, for buckets and prefixes without a number.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

const ETAG: &str = "\"6f5902ac237024bdd0c176cb93063dc4-128\"";
const DATE: &str = "Mon, 02 Nov 2026 10:00:00 GMT";
const PAGE: u64 = 1000;
/// The size of reads and writes.
const PIECE: usize = 256 * 1024;
/// The content of response bodies.
static ZEROS: [u8; PIECE] = [0; PIECE];

/// Starts a server on a free port of the loopback interface. It runs until the process ends.
///
/// # Errors
///
/// Returns an error if no port is free.
pub(crate) fn start() -> io::Result<SocketAddr> {
    start_with(Operations::new())
}

/// Complete responses by the names of their operations.
pub(crate) type Operations = HashMap<&'static str, Vec<u8>>;

/// Starts a server that also returns these responses.
///
/// # Errors
///
/// Returns an error if no port is free.
pub(crate) fn start_with(operations: Operations) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let operations = Arc::new(operations);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let operations = operations.clone();
            // a client that disconnects is not an error of the server
            std::thread::spawn(move || Connection::new(stream, operations).serve().is_ok());
        }
    });
    Ok(address)
}

/// A response, from its status line to the end of its body. Each line of the headers ends with `\r\n`.
pub(crate) fn response(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nDate: {DATE}\r\n{headers}Content-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// The parts of a request head that determine the response.
#[derive(Default)]
struct Request {
    method: String,
    path: String,
    query: String,
    operation: Option<String>,
    range: Option<(u64, Option<u64>)>,
    length: u64,
    chunked: bool,
    expects: bool,
    copies: bool,
}

impl Request {
    fn parse(head: &str) -> Self {
        let mut lines = head.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ');
        let mut word = || words.next().unwrap_or_default();
        let (method, target) = (word(), word());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request = Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            ..Self::default()
        };
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            let (is, value) = (|known: &str| name.eq_ignore_ascii_case(known), value.trim());
            match name.len() {
                5 if is("range") => request.range = range(value),
                6 if is("expect") => request.expects = true,
                12 if is("x-amz-target") => {
                    let name = value.rsplit('.').next();
                    request.operation = name.map(ToOwned::to_owned);
                }
                14 if is("content-length") => request.length = value.parse().unwrap_or(0),
                17 if is("transfer-encoding") => request.chunked = true,
                17 if is("x-amz-copy-source") => request.copies = true,
                _ => {}
            }
        }
        request
    }

    fn parameter(&self, wanted: &str) -> Option<&str> {
        let mut pairs = self
            .query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs
            .find(|(name, _)| *name == wanted)
            .map(|(_, value)| value)
    }
}

/// `bytes=first-last`
fn range(value: &str) -> Option<(u64, Option<u64>)> {
    let (first, last) = value.strip_prefix("bytes=")?.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()))
}

struct Connection {
    stream: TcpStream,
    operations: Arc<Operations>,
    buffer: Vec<u8>,
    /// Bytes that were read and not consumed yet.
    from: usize,
    to: usize,
}

impl Connection {
    fn new(stream: TcpStream, operations: Arc<Operations>) -> Self {
        let buffer = vec![0; PIECE];
        Self {
            stream,
            operations,
            buffer,
            from: 0,
            to: 0,
        }
    }

    fn serve(&mut self) -> io::Result<()> {
        self.stream.set_nodelay(true)?;
        while let Some(mut request) = self.head()? {
            if request.expects {
                self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            }
            if request.method == "POST" && request.path == "/" && request.operation.is_none() {
                request.operation = self.action(request.length)?;
            }
            if request.chunked {
                self.drain_chunks()?;
            } else {
                self.drain(request.length)?;
            }
            self.answer(&request)?;
        }
        Ok(())
    }

    /// Reads more bytes after the buffered ones.
    fn fill(&mut self) -> io::Result<()> {
        if self.from == self.to {
            (self.from, self.to) = (0, 0);
        }
        if self.to == self.buffer.len() {
            self.buffer.copy_within(self.from..self.to, 0);
            (self.from, self.to) = (0, self.to - self.from);
        }
        let n = self.stream.read(&mut self.buffer[self.to..])?;
        self.to += n;
        // a head or a line that exceeds the buffer is an error as well
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    /// The end of the first `end` after the consumed bytes.
    fn find(&mut self, end: &[u8]) -> io::Result<usize> {
        loop {
            let there = &self.buffer[self.from..self.to];
            let found = there.windows(end.len()).position(|some| some == end);
            match found {
                Some(at) => return Ok(self.from + at + end.len()),
                None => self.fill()?,
            }
        }
    }

    /// Reads the next request, or returns `None` if the client closed the connection.
    fn head(&mut self) -> io::Result<Option<Request>> {
        if self.from == self.to && self.fill().is_err() {
            return Ok(None);
        }
        let end = self.find(b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&self.buffer[self.from..end]);
        let request = Request::parse(&head);
        self.from = end;
        Ok(Some(request))
    }

    /// The `Action` of a form of this length, which stays in the buffer.
    fn action(&mut self, length: u64) -> io::Result<Option<String>> {
        if length > PIECE as u64 {
            return Ok(None);
        }
        while ((self.to - self.from) as u64) < length {
            self.fill()?;
        }
        let form = String::from_utf8_lossy(&self.buffer[self.from..][..length as usize]);
        let mut pairs = form.split('&').filter_map(|pair| pair.split_once('='));
        let action = pairs.find(|(name, _)| *name == "Action");
        Ok(action.map(|(_, name)| name.to_owned()))
    }

    fn drain(&mut self, mut length: u64) -> io::Result<()> {
        loop {
            let there = (self.to - self.from) as u64;
            let used = there.min(length);
            // at most the buffered bytes
            self.from += used as usize;
            length -= used;
            if length == 0 {
                return Ok(());
            }
            self.fill()?;
        }
    }

    fn drain_chunks(&mut self) -> io::Result<()> {
        loop {
            let end = self.find(b"\r\n")?;
            let line = String::from_utf8_lossy(&self.buffer[self.from..end]);
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = u64::from_str_radix(size, 16).map_err(|_| io::ErrorKind::InvalidData)?;
            self.from = end;
            self.drain(size)?;
            // the end of a chunk, or the trailers
            loop {
                let end = self.find(b"\r\n")?;
                let is_empty = end - self.from == 2;
                self.from = end;
                if is_empty {
                    break;
                }
            }
            if size == 0 {
                return Ok(());
            }
        }
    }

    fn answer(&mut self, request: &Request) -> io::Result<()> {
        let has = |name: &str| request.parameter(name).is_some();
        let has_number = |text: &str| text.contains('-');
        let prefix = request.parameter("prefix").unwrap_or_default();
        let name = match &request.operation {
            Some(name) => Some(&**name),
            None if request.method != "GET" || !has("list-type") => None,
            None if has_number(&request.path) || has_number(prefix) => None,
            None => Some("ListObjectsV2"),
        };
        if let Some(given) = name.and_then(|name| self.operations.get(name)) {
            return self.stream.write_all(given);
        }
        match &*request.method {
            "PUT" if request.copies && has("partNumber") => {
                self.xml(&format!("<CopyPartResult><ETag>{ETAG}</ETag></CopyPartResult>"))
            }
            "PUT" if request.copies => self.xml(&format!(
                "<CopyObjectResult><ETag>{ETAG}</ETag></CopyObjectResult>"
            )),
            "PUT" => self.whole("200 OK", &format!("ETag: {ETAG}\r\n"), ""),
            "POST" if has("uploads") => self.xml(
                "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>",
            ),
            "POST" if has("uploadId") => self.xml(&format!(
                "<CompleteMultipartUploadResult><ETag>{ETAG}</ETag></CompleteMultipartUploadResult>"
            )),
            "POST" if has("delete") => self.xml("<DeleteResult/>"),
            "DELETE" => self
                .stream
                .write_all(b"HTTP/1.1 204 No Content\r\n\r\n"),
            "GET" if has("uploads") => self.xml("<ListMultipartUploadsResult/>"),
            "GET" if has("uploadId") => self.xml("<ListPartsResult/>"),
            "GET" if has("list-type") => self.xml(&listing(request)),
            "GET" | "HEAD" => self.object(request),
            _ => self.whole("501 Not Implemented", "", ""),
        }
    }

    fn xml(&mut self, body: &str) -> io::Result<()> {
        self.whole("200 OK", "Content-Type: application/xml\r\n", body)
    }

    fn whole(&mut self, status: &str, headers: &str, body: &str) -> io::Result<()> {
        let whole = response(status, headers, body.as_bytes());
        self.stream.write_all(&whole)
    }

    fn object(&mut self, request: &Request) -> io::Result<()> {
        let is_head = request.method == "HEAD";
        let Some(size) = last_number(&request.path) else {
            // a bucket, or an unknown path
            let is_bucket = !request.path.trim_matches('/').contains('/');
            let status = if is_bucket { "200 OK" } else { "404 Not Found" };
            return self.whole(status, "", "");
        };
        let (mut from, mut to, mut status) = (0, size, "200 OK".to_owned());
        if let Some((first, last)) = request.range {
            (from, to) = (first, last.map_or(size, |last| size.min(last + 1)));
            if from >= to {
                let said = format!("Content-Range: bytes */{size}\r\n");
                let body = "<Error><Code>InvalidRange</Code></Error>";
                let body = if is_head { "" } else { body };
                return self.whole("416 Range Not Satisfiable", &said, body);
            }
            let last = to - 1;
            status = format!("206 Partial Content\r\nContent-Range: bytes {from}-{last}/{size}");
        }
        let mut left = to - from;
        let head = format!(
            "HTTP/1.1 {status}\r\nDate: {DATE}\r\nLast-Modified: {DATE}\r\nETag: {ETAG}\r\n\
             Accept-Ranges: bytes\r\nContent-Type: binary/octet-stream\r\nContent-Length: {left}\r\n\r\n"
        );
        if is_head {
            return self.stream.write_all(head.as_bytes());
        }
        // a small object takes one system call
        let mut first = head.into_bytes();
        let with_head = left.min(64 * 1024);
        first.extend_from_slice(&ZEROS[..with_head as usize]);
        self.stream.write_all(&first)?;
        left -= with_head;
        while left > 0 {
            let piece = left.min(PIECE as u64);
            self.stream.write_all(&ZEROS[..piece as usize])?;
            left -= piece;
        }
        Ok(())
    }
}

/// The number after the last `-`.
fn last_number(text: &str) -> Option<u64> {
    text.rsplit_once('-')?.1.parse().ok()
}

/// A page of keys. Each name contains the size of the object.
fn listing(request: &Request) -> String {
    let prefix = request.parameter("prefix").unwrap_or_default();
    let prefix = prefix.replace("%2F", "/").replace("%2f", "/");
    let bucket = request.path.trim_matches('/');
    let told = if prefix.is_empty() { bucket } else { &prefix };
    let mut numbers = told.trim_matches('/').split('-').skip(1);
    let mut number = || numbers.next().and_then(|number| number.parse().ok());
    let (count, size): (u64, u64) = (number().unwrap_or(0), number().unwrap_or(0));
    let token = request.parameter("continuation-token");
    let from: u64 = token.and_then(|token| token.parse().ok()).unwrap_or(0);
    let to = count.min(from + PAGE);
    let mut xml = String::with_capacity(PAGE as usize * 350);
    xml += &format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <Name>{bucket}</Name><Prefix>{prefix}</Prefix><MaxKeys>{PAGE}</MaxKeys><KeyCount>{}</KeyCount>\
         <IsTruncated>{}</IsTruncated>",
        to.saturating_sub(from),
        to < count
    );
    if to < count {
        xml += &format!("<NextContinuationToken>{to}</NextContinuationToken>");
    }
    for n in from..to {
        xml += &format!(
            "<Contents><Key>{prefix}part-{n:08}-{size}</Key><LastModified>2026-11-02T10:00:00.000Z</LastModified>\
             <ETag>&quot;{n:032x}&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>\
             <ChecksumType>FULL_OBJECT</ChecksumType><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
        );
    }
    xml + "</ListBucketResult>"
}
