//! The blocking transport, on `ureq`.
//!
//! `ureq` is made to behave as a signed request needs: nothing is added to its headers, redirected, decoded or taken from
//! the environment. Root certificates are looked at when the first https connection is opened, not before. All waiting is
//! done in [`socket`], under the eyes of [`watch`].

mod proxy;
mod socket;
mod tls;
mod watch;

use std::io::{self, ErrorKind, Read};
use std::sync::Arc;

use http::header::{CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method, Uri, request};
use ureq::config::{AutoHeaderValue, Config};
use ureq::tls::TlsConfig;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, RustlsConnector};
use ureq::{Agent, Error, Proxy, SendBody};

use self::socket::{Begin, End, NoResolver, SocketConnector};
use self::watch::{Phase, Watch};
use super::{Limits, Request, Response, Transport, TransportError, TransportErrorKind};
use crate::body::{Body, ResponseBody};
use crate::config::{Network, Proxies};

/// HTTP/1.1 over plain sockets and TLS, with a pool of connections.
#[derive(Debug)]
pub struct UreqTransport {
    direct: Agent,
    /// By the scheme of the endpoint.
    http_proxy: Option<Agent>,
    https_proxy: Option<Agent>,
    proxies: Proxies,
}

impl UreqTransport {
    /// One with an empty pool.
    ///
    /// ```
    /// use tucuxi::transport::UreqTransport;
    /// let config = tucuxi::Config::builder().isolated().tcp_keepalive(true).build()?;
    /// let transport = UreqTransport::new(config.network())?;
    /// let client = tucuxi::Client::with_transport(config, transport)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A file of certificates is broken, a proxy's URL is none, or a setting asks for what this transport cannot do.
    pub fn new(network: &Network) -> crate::Result<Self> {
        if let Some(what) = network.unsupported {
            return Err(crate::Error::Unsupported(what.into()));
        }
        let tls = tls::tls(network).map_err(|e| crate::Error::Config(e.into()))?;
        let proxies = network.proxies.clone();
        let through = |url: &Option<String>| {
            let proxy = url.as_deref().map(parse_proxy).transpose()?;
            Ok::<_, crate::Error>(proxy.map(|proxy| agent(network, &tls, Some(proxy))))
        };
        Ok(Self {
            direct: agent(network, &tls, None),
            http_proxy: through(&proxies.http)?,
            https_proxy: through(&proxies.https)?,
            proxies,
        })
    }

    fn agent_for(&self, uri: &Uri) -> &Agent {
        let agent = match uri.scheme_str() {
            Some("https") => &self.https_proxy,
            _ => &self.http_proxy,
        };
        match agent {
            Some(agent) if !proxy::is_direct(&self.proxies, uri) => agent,
            _ => &self.direct,
        }
    }

    fn run(
        &self,
        head: request::Parts,
        body: &Body,
        watch: &Arc<Watch>,
    ) -> Result<http::Response<ureq::Body>, Error> {
        let agent = self.agent_for(&head.uri);
        let sending = match body.is_empty() {
            true => SendBody::none(),
            false => SendBody::from_owned_reader(Sending {
                left: body.len(),
                body: body.clone(),
                reader: None,
                watch: watch.clone(),
            }),
        };
        let _entered = watch.enter();
        agent.run(http::Request::from_parts(head, sending))
    }
}

/// A proxy's URL may have a password, which is not shown.
fn parse_proxy(url: &str) -> crate::Result<Proxy> {
    let scheme = url.split_once("://").map_or("http", |(scheme, _)| scheme);
    if !matches!(scheme, "http" | "https") {
        let what = format!("a proxy of the kind {scheme:?}: give it an http or https URL");
        return Err(crate::Error::Unsupported(what.into()));
    }
    let fault = "the proxy's URL is none: it must be such as http://proxy:3128";
    Proxy::new(url).map_err(|_| crate::Error::Config(fault.into()))
}

fn agent(network: &Network, tls: &TlsConfig, proxy: Option<Proxy>) -> Agent {
    let config = Config::builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(proxy)
        .tls_config(tls.clone())
        .accept(AutoHeaderValue::None)
        .accept_encoding(AutoHeaderValue::None)
        .user_agent(AutoHeaderValue::None)
        .allow_non_standard_methods(true)
        .max_idle_connections(network.max_idle_connections)
        .max_idle_connections_per_host(network.max_idle_connections)
        .build();
    let connector = Begin
        .chain(ConnectProxyConnector::default())
        .chain(SocketConnector {
            keepalive: network.tcp_keepalive,
        })
        .chain(RustlsConnector::default())
        .chain(End);
    Agent::with_parts(config, connector, NoResolver)
}

impl Transport for UreqTransport {
    fn send(&self, request: Request, limits: &Limits) -> Result<Response, TransportError> {
        let (mut head, body) = request.into_parts();
        let uri = head.uri.clone();
        if limits.cancel.is_cancelled() {
            return Err(TransportError::cancelled(&uri));
        }
        set_length(&head.method, &mut head.headers, &body);
        // ureq writes its own from the same URL; two of them would be an error
        head.headers.remove(HOST);
        let is_head = head.method == Method::HEAD;
        let watch = Watch::new(limits);
        let mut result = self.run(head.clone(), &body, &watch);
        // there are servers that give their consent with headers, which ureq takes for nonsense
        if result.as_ref().is_err_and(is_consent_with_headers) && !body.is_spent() {
            head.headers.remove(EXPECT);
            result = self.run(head, &body, &watch);
        }
        let response = result.map_err(|error| failure(&uri, &watch, error))?;
        let (head, body) = response.into_parts();
        let len = match is_head {
            true => Some(0),
            false => body.content_length(),
        };
        let reader = Receiving {
            reader: body.into_with_config().limit(u64::MAX).reader(),
            watch,
            uri,
        };
        Ok(Response::from_parts(head, ResponseBody::new(reader, len)))
    }
}

fn is_consent_with_headers(error: &Error) -> bool {
    matches!(error, Error::Protocol(e) if e.to_string().contains("headers with 100-continue"))
}

fn port(uri: &Uri) -> u16 {
    match (uri.port_u16(), uri.scheme_str()) {
        (Some(port), _) => port,
        (None, Some("https")) => 443,
        _ => 80,
    }
}

/// A known length is said, also where it is zero and a server may ask for one; else the body goes in chunks.
fn set_length(method: &Method, headers: &mut HeaderMap, body: &Body) {
    if headers.contains_key(TRANSFER_ENCODING) {
        return;
    }
    let may_have_body = matches!(*method, Method::POST | Method::PUT | Method::PATCH);
    match body.len() {
        Some(0) if !may_have_body => {}
        Some(len) => {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(len));
        }
        None => {
            headers.remove(CONTENT_LENGTH);
            headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
    }
}

/// A request's body on its way, opened when it is asked for.
struct Sending {
    body: Body,
    reader: Option<Box<dyn Read + Send>>,
    left: Option<u64>,
    watch: Arc<Watch>,
}

impl Sending {
    fn read_source(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let reader = match &mut self.reader {
            Some(reader) => reader,
            None => self.reader.insert(self.body.open()?),
        };
        loop {
            match reader.read(buf) {
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }
}

impl Read for Sending {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.watch.set_phase(Phase::Send);
        let n = match (self.watch.is_answered(), self.left) {
            // what is said to be sent now goes nowhere, but ureq counts it
            (true, Some(left)) => usize::try_from(left).unwrap_or(usize::MAX).min(buf.len()),
            (true, None) => 0,
            (false, _) => self.read_source(buf).map_err(|error| {
                let kind = error.kind();
                self.watch.set_body_error(error);
                io::Error::from(kind)
            })?,
        };
        self.left = self.left.map(|left| left.saturating_sub(n as u64));
        Ok(n)
    }
}

/// An answer's body on its way.
struct Receiving<R> {
    reader: R,
    watch: Arc<Watch>,
    uri: Uri,
}

impl<R: Read> Read for Receiving<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.watch.set_phase(Phase::Receive);
        let _entered = self.watch.enter();
        self.reader.read(buf).map_err(|error| {
            let error = failure(&self.uri, &self.watch, error.into());
            let kind = match error.kind() {
                TransportErrorKind::Timeout => ErrorKind::TimedOut,
                TransportErrorKind::Interrupted => ErrorKind::UnexpectedEof,
                _ => ErrorKind::Other,
            };
            io::Error::new(kind, error)
        })
    }
}

fn failure(uri: &Uri, watch: &Watch, error: Error) -> TransportError {
    if let Some(error) = watch.body_error() {
        return TransportError::new(TransportErrorKind::Request, uri, error);
    }
    if let Some((kind, why)) = watch.stopped() {
        return TransportError::new(kind, uri, why);
    }
    let connecting = matches!(watch.phase(), Phase::Connect(_));
    let kind = match &error {
        Error::Tls(_) | Error::Pem(_) | Error::Rustls(_) | Error::TlsRequired => {
            TransportErrorKind::Tls
        }
        Error::Io(e) if connecting && e.kind() == ErrorKind::InvalidData => TransportErrorKind::Tls,
        _ if connecting => TransportErrorKind::Connect,
        Error::BadUri(_) | Error::Http(_) => TransportErrorKind::Request,
        _ => TransportErrorKind::Interrupted,
    };
    TransportError::new(kind, uri, error)
}
