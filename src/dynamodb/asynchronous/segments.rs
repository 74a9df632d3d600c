//! Parallel scans: one task per segment.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::super::segments::{Segment, segment_params};
use crate::cancel::CancelToken;
use crate::client::AsyncClient;
use crate::error::{Error, Result};
use crate::runtime::Background;

/// The items of all segments, in the order of arrival.
pub(super) enum Segments {
    New {
        client: AsyncClient,
        params: Value,
        segments: u32,
    },
    Running(Running),
    Done,
}

pub(super) struct Running {
    pages: Receiver<Result<Page>>,
    page: std::vec::IntoIter<Value>,
    /// The number of segments that have not ended.
    left: u32,
    /// They end when they are dropped.
    _tasks: Vec<Background<()>>,
}

/// A page of one segment.
struct Page {
    items: Vec<Value>,
    has_more: bool,
}

impl Segments {
    pub(super) fn new(client: AsyncClient, params: Value, segments: u32) -> Self {
        Self::New {
            client,
            params,
            segments,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Value>>> {
        loop {
            match self {
                Self::Done => return Poll::Ready(None),
                Self::New {
                    client,
                    params,
                    segments,
                } => match Running::start(client, params, *segments) {
                    Ok(running) => *self = Self::Running(running),
                    Err(error) => return Poll::Ready(Some(Err(error))),
                },
                Self::Running(running) => return running.poll(cx),
            }
        }
    }
}

impl Running {
    /// On an error, dropping the tasks ends them.
    fn start(client: &AsyncClient, params: &Value, segments: u32) -> Result<Self> {
        let (sender, pages) = channel((segments as usize).min(Semaphore::MAX_PERMITS));
        let tasks = (0..segments).map(|number| {
            let segment = Segment {
                client: client.clone(),
                params: segment_params(params, number, segments),
                cancel: CancelToken::default(),
            };
            Background::start(scan(segment, sender.clone()))
        });
        let tasks: Result<_, _> = tasks.collect();
        Ok(Self {
            pages,
            page: Vec::new().into_iter(),
            left: segments,
            _tasks: tasks.map_err(Error::request)?,
        })
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Value>>> {
        loop {
            if let Some(item) = self.page.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(self.pages.poll_recv(cx)) {
                Some(Ok(Page { items, has_more })) => {
                    self.left -= u32::from(!has_more);
                    self.page = items.into_iter();
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None if self.left == 0 => return Poll::Ready(None),
                None => {
                    let what = "a task that scanned a segment panicked, or its runtime has ended";
                    return Poll::Ready(Some(Err(Error::request(what))));
                }
            }
        }
    }
}

impl Stream for Segments {
    type Item = Result<Value>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(self.poll(cx));
        if !matches!(item, Some(Ok(_))) {
            *self = Self::Done;
        }
        Poll::Ready(item)
    }
}

async fn scan(mut segment: Segment<AsyncClient>, sender: Sender<Result<Page>>) {
    loop {
        let page = segment.request().send_buffered().await;
        let page = page.and_then(|page| page.to_value());
        let page = page.map(|page| {
            let (items, has_more) = segment.received(page);
            Page { items, has_more }
        });
        let has_more = page.as_ref().is_ok_and(|page| page.has_more);
        let is_gone = sender.send(page).await.is_err();
        if is_gone || !has_more {
            return;
        }
    }
}
