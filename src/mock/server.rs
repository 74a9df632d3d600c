//! The server: accepts connections, each of which has a thread.

use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::answer::Core;
use super::connection::Connection;
use crate::sync;

/// The most connections at a time.
const MAX_CONNECTIONS: usize = 1024;
/// A server that runs until it is dropped.
pub(super) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    core: Arc<Core>,
    is_stopped: AtomicBool,
    count: AtomicUsize,
    /// The open connections, which are closed when the server stops.
    open: Mutex<Vec<Option<TcpStream>>>,
}

impl Server {
    /// Starts a server.
    ///
    /// # Errors
    ///
    /// Returns an error if the address cannot be bound.
    pub(super) fn start(address: SocketAddr, core: Arc<Core>) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            core,
            is_stopped: AtomicBool::new(false),
            count: AtomicUsize::new(0),
            open: Mutex::default(),
        });
        let accepting = shared.clone();
        let accept = move || accepting.accept(&listener);
        thread::Builder::new().name("mock".into()).spawn(accept)?;
        Ok(Self { address, shared })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_stopped.store(true, Ordering::Release);
        // wakes the thread that accepts
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        for stream in sync::lock(&self.shared.open).iter().flatten() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming() {
            if self.is_stopped.load(Ordering::Acquire) {
                return;
            }
            let Ok(stream) = stream else {
                // too many open files: one of them will be closed
                thread::sleep(Duration::from_millis(10));
                continue;
            };
            if self.count.fetch_add(1, Ordering::AcqRel) >= MAX_CONNECTIONS {
                self.count.fetch_sub(1, Ordering::AcqRel);
                let _ = (&stream).write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                continue;
            }
            let shared = self.clone();
            let slot = self.remember(&stream);
            let serve = move || {
                // a client that disconnects is not an error of the server
                let _ = Connection::new(&stream).and_then(|mut one| one.serve(&shared.core));
                let _ = stream.shutdown(Shutdown::Both);
                if let Some(place) =
                    slot.and_then(|slot| sync::lock(&shared.open).get_mut(slot).map(Option::take))
                {
                    drop(place);
                }
                shared.count.fetch_sub(1, Ordering::AcqRel);
            };
            if thread::Builder::new()
                .name("mock".into())
                .spawn(serve)
                .is_err()
            {
                self.count.fetch_sub(1, Ordering::AcqRel);
            }
        }
    }

    fn remember(&self, stream: &TcpStream) -> Option<usize> {
        let stream = stream.try_clone().ok()?;
        let mut open = sync::lock(&self.open);
        let slot = open.iter().position(Option::is_none);
        let slot = slot.unwrap_or_else(|| {
            open.push(None);
            open.len() - 1
        });
        open[slot] = Some(stream);
        Some(slot)
    }
}
