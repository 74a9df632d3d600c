//! HTTP/2 connections, which requests share.
//!
//! A connection takes as many requests as the server allows at a time; others wait on it. A request whose body a program reads or
//! writes at its own pace may take its place for long, so such requests leave room for others.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::client::{Builder, SendRequest};

use super::socket::Stream;
use super::wait::now;
use crate::sync;
use crate::transport::idle::MAX_IDLE;

/// How much of the body of a response is received before it is read. All streams of a connection may have as much: one that is
/// not read does not stop the others.
const WINDOW: u32 = 1 << 20;

const LARGEST_WINDOW: u32 = (1 << 31) - 1;

/// How much of the body of a request is queued.
const MAX_QUEUED: usize = 128 * 1024;

/// The longest head that is received at all; a shorter one may be too long, too.
const MAX_RECEIVED_HEAD: u32 = 1 << 20;

/// The silence after which a connection may be dead.
const SUSPICION: Duration = Duration::from_secs(1);

/// A connection.
pub(super) struct Shared {
    sender: SendRequest<Bytes>,
    usage: Arc<Mutex<Usage>>,
}

struct Usage {
    /// The requests that use the connection.
    requests: usize,
    /// Those among them that may take long.
    long: usize,
    last_used: Instant,
    last_received: Instant,
    /// Whether no response was received yet.
    is_stranger: bool,
    /// Whether it takes no more requests.
    is_closed: bool,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Shared {
    /// Begins to speak HTTP/2 on a connection. It is driven by a task of the current runtime.
    pub(super) async fn new(stream: Stream) -> Result<Self, h2::Error> {
        let mut builder = Builder::new();
        builder
            .enable_push(false)
            .initial_window_size(WINDOW)
            .initial_connection_window_size(LARGEST_WINDOW)
            .max_header_list_size(MAX_RECEIVED_HEAD)
            .max_send_buffer_size(MAX_QUEUED);
        let (sender, connection) = builder.handshake(stream).await?;
        let usage = Arc::new(Mutex::new(Usage {
            requests: 0,
            long: 0,
            last_used: now(),
            last_received: now(),
            is_stranger: true,
            is_closed: false,
        }));
        let of_task = usage.clone();
        tokio::spawn(async move {
            // its errors are those of the requests
            let _ = connection.await;
            sync::lock(&of_task).is_closed = true;
        });
        Ok(Self { sender, usage })
    }

    fn usage(&self) -> MutexGuard<'_, Usage> {
        sync::lock(&self.usage)
    }

    /// Whether the connection takes requests, now or later.
    pub(super) fn is_open(&self) -> bool {
        let usage = self.usage();
        let is_old = usage.requests == 0 && now().duration_since(usage.last_used) >= MAX_IDLE;
        !usage.is_closed && !is_old
    }

    /// Takes a place on the connection, if one is free.
    pub(super) fn lease(&self, is_long: bool) -> Option<Lease> {
        if !self.is_open() {
            return None;
        }
        let most = self.sender.current_max_send_streams();
        let mut usage = self.usage();
        let has_room = match is_long {
            true => usage.long == 0 || usage.long.saturating_add(1) <= most / 2,
            false => usage.long < most,
        };
        if !has_room {
            return None;
        }
        usage.requests += 1;
        usage.long += usize::from(is_long);
        Some(Lease {
            sender: self.sender.clone(),
            usage: self.usage.clone(),
            is_long,
            since: now(),
            is_answered: false,
        })
    }
}

/// A place on a connection.
pub(super) struct Lease {
    pub(super) sender: SendRequest<Bytes>,
    usage: Arc<Mutex<Usage>>,
    is_long: bool,
    since: Instant,
    is_answered: bool,
}

impl Lease {
    /// Records that the connection works.
    pub(super) fn received(&mut self) {
        self.is_answered = true;
        let mut usage = sync::lock(&self.usage);
        usage.last_received = now();
        usage.is_stranger = false;
    }

    /// Whether the server has not yet responded to any request.
    pub(super) fn is_stranger(&self) -> bool {
        sync::lock(&self.usage).is_stranger
    }

    /// Gives the connection no more requests.
    pub(super) fn close(&self) {
        sync::lock(&self.usage).is_closed = true;
    }

    /// Gives the connection no more requests if it may be dead: nothing was received for a while.
    pub(super) fn suspect(&self) {
        let mut usage = sync::lock(&self.usage);
        let now = now();
        let silence = now.duration_since(usage.last_received.max(self.since));
        usage.is_closed |= silence >= SUSPICION;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.is_answered {
            self.suspect();
        }
        let mut usage = sync::lock(&self.usage);
        usage.requests = usage.requests.saturating_sub(1);
        usage.long = usage.long.saturating_sub(usize::from(self.is_long));
        usage.last_used = now();
    }
}
