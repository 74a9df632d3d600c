//! Sessions of S3 Express buckets: credentials for one bucket that are valid for minutes.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::identity::Credentials;
use crate::sync;
use crate::time::Timestamp;

/// The operation that creates a session.
pub(super) const CREATES_SESSION: &str = "CreateSession";

/// How long before its expiration a session counts as expired.
const MARGIN: Duration = Duration::from_secs(60);

/// The bucket of a session and the access key that created it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    bucket: Box<str>,
    access_key_id: Box<str>,
}

impl Key {
    pub(super) fn new(params: &Value, credentials: &Credentials) -> Result<Self> {
        let bucket = params.get("Bucket").and_then(Value::as_str);
        let bucket = bucket
            .ok_or_else(|| Error::request("an S3 Express session needs the parameter Bucket"))?;
        Ok(Self {
            bucket: bucket.into(),
            access_key_id: credentials.access_key_id().into(),
        })
    }

    /// The parameters of the call for a session.
    pub(super) fn params(&self) -> Value {
        json!({"Bucket": self.bucket})
    }
}

/// The sessions of a client.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<Key, Credentials>>);

impl Sessions {
    /// Returns the session, unless it expires soon.
    pub(super) fn get(&self, key: &Key, now: SystemTime) -> Option<Credentials> {
        let all = self.lock();
        let session = all.get(key)?;
        let good = session
            .expires()
            .is_none_or(|end| now.checked_add(MARGIN).is_some_and(|now| now < end));
        good.then(|| session.clone())
    }

    /// Stores the session of a response, and drops those that have expired.
    pub(super) fn learn(&self, key: Key, response: &Value) -> Result<Credentials> {
        let text = |name: &str| response["Credentials"].get(name).and_then(Value::as_str);
        let (Some(id), Some(secret), Some(token), Some(end)) = (
            text("AccessKeyId"),
            text("SecretAccessKey"),
            text("SessionToken"),
            text("Expiration"),
        ) else {
            let what = format!("{CREATES_SESSION} returned incomplete credentials");
            return Err(Error::response(what));
        };
        let session = Credentials::new(id, secret).with_session_token(token);
        if let Err((part, unfit)) = session.validate() {
            let what = format!("{CREATES_SESSION}: the returned {part} {unfit}");
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
