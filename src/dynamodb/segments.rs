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
use crate::client::{AnyClient, Client, RequestBuilder};
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
            let segment = Segment {
                client: client.clone(),
                params: segment_params(&params, number, segments),
                cancel: this.cancel.clone(),
            };
            let sender = sender.clone();
            let thread = std::thread::Builder::new().name(format!("scan-{number}"));
            let thread = thread.spawn(move || segment.run(&sender));
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

/// The parameters of one of several segments.
pub(super) fn segment_params(params: &Value, number: u32, segments: u32) -> Value {
    let mut params = params.clone();
    params["Segment"] = number.into();
    params["TotalSegments"] = segments.into();
    params
}

/// A segment that is being scanned.
pub(super) struct Segment<C = Client> {
    pub(super) client: C,
    pub(super) params: Value,
    pub(super) cancel: CancelToken,
}

impl<C: AnyClient> Segment<C> {
    /// The request for the next page.
    pub(super) fn request(&self) -> RequestBuilder<C> {
        let request = RequestBuilder::new(&self.client, SERVICE, "Scan");
        let request = request.params(self.params.clone());
        request.cancel_with(&self.cancel)
    }

    /// Returns the items of a page, and whether there is another page.
    pub(super) fn received(&mut self, mut page: Value) -> (Vec<Value>, bool) {
        let items = match take(&mut page, "Items") {
            Value::Array(items) => items,
            _ => Vec::new(),
        };
        match take(&mut page, "LastEvaluatedKey") {
            Value::Null => (items, false),
            key => {
                self.params["ExclusiveStartKey"] = key;
                (items, true)
            }
        }
    }
}

impl Segment {
    fn run(mut self, sender: &SyncSender<Result<Vec<Value>>>) {
        loop {
            let page = self.request().send_buffered();
            let page = page.and_then(|page| page.to_value());
            let (items, has_more) = match page.map(|page| self.received(page)) {
                Ok((items, has_more)) => (Ok(items), has_more),
                Err(error) => (Err(error), false),
            };
            let is_gone = sender.send(items).is_err();
            if is_gone || !has_more {
                return;
            }
        }
    }
}
