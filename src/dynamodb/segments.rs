//! Parallel scans: one thread per segment.
//!
//! ```text
//!   thread 0 ──page──┐
//!   thread 1 ──page──┼──► channel with room for one page per segment ──► items
//!   thread 2 ──page──┘
//! ```

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use serde_json::Value;

use super::{SERVICE, take};
use crate::cancel::CancelToken;
use crate::client::Client;
use crate::error::{Error, Result};

/// The items of all segments, in the order of arrival.
pub(super) struct Segments {
    /// `None` after the last page or an error.
    pages: Option<Receiver<Result<Vec<Value>>>>,
    page: std::vec::IntoIter<Value>,
    threads: Vec<JoinHandle<()>>,
    cancel: CancelToken,
}

impl Segments {
    pub(super) fn start(client: Client, params: Value, segments: u32) -> Result<Self> {
        let (sender, pages) = sync_channel(segments as usize);
        let mut this = Self {
            pages: Some(pages),
            page: Vec::new().into_iter(),
            threads: Vec::new(),
            cancel: CancelToken::default(),
        };
        for number in 0..segments {
            let mut params = params.clone();
            params["Segment"] = number.into();
            params["TotalSegments"] = segments.into();
            let segment = Segment {
                client: client.clone(),
                params,
                cancel: this.cancel.clone(),
                sender: sender.clone(),
            };
            let thread = std::thread::Builder::new().name(format!("scan-{number}"));
            let thread = thread.spawn(move || segment.run());
            // on an error, dropping `this` stops the running threads
            this.threads.push(thread.map_err(Error::request)?);
        }
        Ok(this)
    }

    /// Stops the running threads.
    ///
    /// # Errors
    ///
    /// Returns an error if a thread has panicked.
    fn stop(&mut self) -> Result<()> {
        self.cancel.cancel();
        // unblocks the threads that wait for room in the channel
        self.pages = None;
        let ended = self.threads.drain(..).map(JoinHandle::join);
        match ended.filter(std::result::Result::is_err).count() {
            0 => Ok(()),
            _ => Err(Error::request("a thread that scanned a segment panicked")),
        }
    }
}

impl Iterator for Segments {
    type Item = Result<Value>;

    fn next(&mut self) -> Option<Result<Value>> {
        loop {
            if let Some(item) = self.page.next() {
                return Some(Ok(item));
            }
            match self.pages.as_ref()?.recv() {
                Ok(Ok(page)) => self.page = page.into_iter(),
                Ok(Err(error)) => {
                    let _ = self.stop(); // the first error is reported
                    return Some(Err(error));
                }
                // all threads have ended
                Err(_) => return self.stop().err().map(Err),
            }
        }
    }
}

impl Drop for Segments {
    fn drop(&mut self) {
        let _ = self.stop(); // there is no caller to report to
    }
}

struct Segment {
    client: Client,
    params: Value,
    cancel: CancelToken,
    sender: SyncSender<Result<Vec<Value>>>,
}

impl Segment {
    fn run(mut self) {
        loop {
            let page = self.page();
            let (items, next) = match page {
                Ok((items, next)) => (Ok(items), next),
                Err(error) => (Err(error), None),
            };
            if self.sender.send(items).is_err() {
                return; // the receiver is gone
            }
            match next {
                Some(key) => self.params["ExclusiveStartKey"] = key,
                None => return,
            }
        }
    }

    /// Fetches the next page: its items, and the start key of the page after it.
    fn page(&self) -> Result<(Vec<Value>, Option<Value>)> {
        let request = self.client.request(SERVICE, "Scan");
        let request = request
            .params(self.params.clone())
            .cancel_with(&self.cancel);
        let mut page = request.send_buffered()?.to_value()?;
        let items = match take(&mut page, "Items") {
            Value::Array(items) => items,
            _ => Vec::new(),
        };
        let next = take(&mut page, "LastEvaluatedKey");
        Ok((items, Some(next).filter(|key| !key.is_null())))
    }
}
