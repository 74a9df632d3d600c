//! The bodies of an upload's requests.

use std::io::{self, Read};
use std::sync::Arc;

use super::context::Context;
use super::progress::PartMeter;
use super::source::FileContent;
use crate::body::{Body, BodySource, Reuse};

/// The body of a request, which is counted and throttled as it is sent. Sending fails if its file changes.
pub(super) struct Outgoing {
    body: Body,
    file: Option<FileContent>,
    meter: Arc<PartMeter>,
    context: Arc<Context>,
}

impl Outgoing {
    pub(super) fn body(
        body: Body,
        file: Option<FileContent>,
        meter: &Arc<PartMeter>,
        context: &Arc<Context>,
    ) -> Body {
        Body::from_source(Self {
            body,
            file,
            meter: meter.clone(),
            context: context.clone(),
        })
    }
}

impl BodySource for Outgoing {
    fn len(&self) -> Option<u64> {
        self.body.len()
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        self.meter.restart();
        Ok(Box::new(Counted {
            reader: self.body.open()?,
            file: self.file.clone(),
            meter: self.meter.clone(),
            context: self.context.clone(),
        }))
    }

    fn open_to_hash(&self) -> io::Result<Box<dyn Read + Send>> {
        self.body.open()
    }

    fn reuse(&self) -> Reuse {
        self.body.reuse()
    }
}

struct Counted {
    reader: Box<dyn Read + Send>,
    file: Option<FileContent>,
    meter: Arc<PartMeter>,
    context: Arc<Context>,
}

impl Read for Counted {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buf)?;
        if n > 0 {
            self.context.throttle(n as u64);
            self.meter.add(n as u64);
        } else if !buf.is_empty()
            && let Some(file) = self.file.take()
        {
            file.check_unchanged().map_err(io::Error::other)?;
        }
        Ok(n)
    }
}
