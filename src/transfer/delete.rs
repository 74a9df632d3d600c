//! Deletions: of one object, or of a thousand with one request.

use std::sync::Arc;

use serde_json::{Value, json};

use super::args::Args;
use super::error::TransferError;
use super::pool::{Begun, Outcome, Work};
use super::progress::Failure;
use super::{Context, Place};
use crate::error::Result;

/// An object that is deleted.
pub(super) struct Delete {
    pub(super) context: Arc<Context>,
    pub(super) place: Place,
    pub(super) args: Args,
}

impl Work for Delete {
    fn object(&self) -> String {
        self.place.url()
    }

    fn action(&self) -> String {
        format!("delete {}", self.place)
    }

    fn begin(&self) -> Result<Begun> {
        self.context.meter.begun(&self.place.url(), Some(0));
        let params = self.place.params(json!({}));
        let params = self.args.of(&self.context.client, "DeleteObject", params)?;
        let answer = self.context.call("DeleteObject", params)?;
        Ok(Begun::Done(Outcome {
            objects: 1,
            version_id: answer["VersionId"].as_str().map(Into::into),
            ..Outcome::default()
        }))
    }
}

/// The most that one request deletes.
pub(super) const MOST: usize = 1000;

/// Objects that are deleted with one request.
pub(super) struct DeleteMany {
    pub(super) context: Arc<Context>,
    pub(super) bucket: Box<str>,
    pub(super) keys: Vec<Box<str>>,
    pub(super) args: Args,
}

impl Work for DeleteMany {
    fn object(&self) -> String {
        let more = self.keys.len().saturating_sub(1);
        let first = self
            .keys
            .first()
            .map(|key| Place::new(&*self.bucket, &**key).url());
        format!("{} and {more} others", first.unwrap_or_default())
    }

    fn action(&self) -> String {
        format!("delete {}", self.object())
    }

    fn begin(&self) -> Result<Begun> {
        self.context.meter.begun(&self.object(), Some(0));
        let objects: Vec<Value> = self.keys.iter().map(|key| json!({"Key": key})).collect();
        let own = json!({"Bucket": self.bucket, "Delete": {"Objects": objects, "Quiet": true}});
        let params = self.args.of(&self.context.client, "DeleteObjects", own)?;
        let answer = self.context.call("DeleteObjects", params)?;
        let errors = answer["Errors"].as_array().into_iter().flatten();
        let failures: Vec<Failure> = errors.map(|error| self.failure(error)).collect();
        Ok(Begun::Done(Outcome {
            objects: (self.keys.len() - failures.len().min(self.keys.len())) as u64,
            failures,
            ..Outcome::default()
        }))
    }
}

impl DeleteMany {
    fn failure(&self, error: &Value) -> Failure {
        let text = |member: &str| error[member].as_str().unwrap_or_default();
        let object = Place::new(&*self.bucket, text("Key")).url();
        let what = format!("it is not deleted: {}: {}", text("Code"), text("Message"));
        Failure {
            error: TransferError::answer(&object, what),
            object: object.into(),
        }
    }
}
