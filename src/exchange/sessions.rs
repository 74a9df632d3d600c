//! The sessions of S3 Express buckets: credentials for one bucket, good for minutes.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::identity::Credentials;
use crate::sync;
use crate::time::Timestamp;

/// The operation that gives a session.
pub(super) const CREATES_SESSION: &str = "CreateSession";

/// So long before its end a session is not used any more.
const MARGIN: Duration = Duration::from_secs(60);

/// Whose session it is.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    bucket: Box<str>,
    access_key_id: Box<str>,
}

impl Key {
    pub(super) fn new(params: &Value, who: &Credentials) -> Result<Self> {
        let bucket = params.get("Bucket").and_then(Value::as_str);
        let bucket = bucket.ok_or_else(|| Error::request("a session needs a Bucket"))?;
        Ok(Self {
            bucket: bucket.into(),
            access_key_id: who.access_key_id().into(),
        })
    }

    /// The parameters of the call for a session.
    pub(super) fn params(&self) -> Value {
        json!({"Bucket": self.bucket})
    }
}

/// All sessions of a client.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<Key, Credentials>>);

impl Sessions {
    /// A session that is good for a while yet.
    pub(super) fn get(&self, key: &Key, now: SystemTime) -> Option<Credentials> {
        let all = self.lock();
        let session = all.get(key)?;
        let good = session
            .expires()
            .is_none_or(|end| now.checked_add(MARGIN).is_some_and(|now| now < end));
        good.then(|| session.clone())
    }

    /// Keeps what the service gave, in place of what has ended.
    pub(super) fn learn(&self, key: Key, answer: &Value) -> Result<Credentials> {
        let text = |name: &str| answer["Credentials"].get(name).and_then(Value::as_str);
        let (Some(id), Some(secret), Some(token), Some(end)) = (
            text("AccessKeyId"),
            text("SecretAccessKey"),
            text("SessionToken"),
            text("Expiration"),
        ) else {
            let what = format!("{CREATES_SESSION} gave no whole credentials");
            return Err(Error::response(what));
        };
        let session = Credentials::new(id, secret).with_session_token(token);
        if let Err((part, unfit)) = session.fault() {
            let what = format!("{CREATES_SESSION}: {part} that it gave {unfit}");
            return Err(Error::response(what));
        }
        let end = Timestamp::parse(end).map_err(|e| Error::response(e.to_string()))?;
        let session = match end.system_time() {
            Some(end) => session.with_expiry(end),
            None => session,
        };
        self.lock().insert(key, session.clone());
        Ok(session)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Credentials>> {
        sync::lock(&self.0)
    }
}
