//! The digests of a trail, from the newest to the oldest.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tucuxi::Client;

use super::digest::{Digest, Fault, Fetched, PublicKeys};
use super::names::{Names, is_backfill, time_of};
use super::report::{Kind, shown};
use crate::failure::Failure;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Where digests and public keys come from.
pub(super) struct Store {
    pub(super) s3: Client,
    pub(super) cloudtrail: Client,
    pub(super) names: Names,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

impl Store {
    /// Lists the digest files of a bucket up to a time, those of the past apart, in the order of their keys.
    pub(super) fn digests(
        &self,
        bucket: &str,
        end: Timestamp,
    ) -> Result<(Vec<String>, Vec<String>), Failure> {
        let params = json!({
            "Bucket": bucket,
            "Marker": self.names.before(self.start),
            "Prefix": self.names.folder(),
        });
        // log files of the last hour are in the digest of the next one
        let (start, end) = (whole(self.start), whole(later(end, HOUR)));
        let mut found = (Vec::new(), Vec::new());
        for object in self.s3.pages("s3", "ListObjects", params)?.items() {
            let object = object?;
            let Some(key) = object["Key"].as_str().filter(|key| self.names.include(key)) else {
                continue;
            };
            match time_of(key) {
                Some(time) if time > end => break,
                Some(time) if time >= start && is_backfill(key) => found.1.push(key.to_owned()),
                Some(time) if time >= start => found.0.push(key.to_owned()),
                _ => {}
            }
        }
        Ok(found)
    }

    /// The public keys that were in use in a range of time: none, or an error that says so.
    fn public_keys(
        &self,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Result<PublicKeys, String>, Failure> {
        let seconds = |time: Timestamp| time.as_millisecond() as f64 / 1000.0;
        let params = json!({"StartTime": seconds(start), "EndTime": seconds(end)});
        let mut found = PublicKeys::new();
        for page in self
            .cloudtrail
            .pages("cloudtrail", "ListPublicKeys", params)?
        {
            let page = page?;
            for key in page["PublicKeyList"].as_array().into_iter().flatten() {
                let text = |name: &str| key[name].as_str().unwrap_or_default().to_owned();
                found.insert(text("Fingerprint"), text("Value"));
            }
        }
        Ok(match found.is_empty() {
            false => Ok(found),
            true => Err(format!(
                "No public keys found between {} and {}",
                shown(start),
                shown(end)
            )),
        })
    }
}

/// What is found on the way.
pub(super) enum Found {
    /// No log files were delivered for some time.
    Gap {
        from: Timestamp,
        to: Timestamp,
    },
    Invalid {
        bucket: String,
        key: String,
        why: String,
    },
    Valid(Box<Digest>),
}

/// The way from the newest digest to the oldest.
pub(super) struct Chain<'s> {
    store: &'s Store,
    kind: Kind,
    keys: PublicKeys,
    bucket: String,
    /// The listed digests that were not reached yet, the next one last.
    listed: Vec<String>,
    /// The next digest.
    key: Option<String>,
    /// The start of the last valid digest.
    last_start: Timestamp,
    gap: Option<Found>,
    seen: HashSet<(String, String)>,
}

impl<'s> Chain<'s> {
    /// Starts at the newest digest of a listing.
    ///
    /// # Errors
    ///
    /// Returns an error if there are no public keys.
    pub(super) fn new(
        store: &'s Store,
        kind: Kind,
        bucket: String,
        mut listed: Vec<String>,
    ) -> Result<Self, Failure> {
        let keys = match kind {
            Kind::Backfill => PublicKeys::new(),
            Kind::Standard => {
                let end = later(store.end, HOUR * 2);
                let keys = store.public_keys(store.start, end)?;
                keys.map_err(|what| Failure::Other(what.into()))?
            }
        };
        let key = listed.pop();
        Ok(Self {
            last_start: key.as_deref().and_then(time_of).unwrap_or(store.end),
            store,
            kind,
            keys,
            bucket,
            listed,
            key,
            gap: None,
            seen: HashSet::new(),
        })
    }

    fn digest(&mut self, key: &str) -> Result<Digest, Fault> {
        if !self.seen.insert((self.bucket.clone(), key.to_owned())) {
            let text = "it precedes itself".to_owned();
            return Err(Fault::Invalid(text));
        }
        let fetched = Fetched::get(&self.store.s3, &self.bucket, key)?;
        fetched.check(&self.bucket, key)?;
        if let Some(time) = fetched.backfilled
            && self.kind == Kind::Backfill
            && !self.keys.contains_key(fetched.fingerprint())
        {
            let keys = self
                .store
                .public_keys(earlier(time, HOUR), later(time, HOUR));
            let keys = keys.map_err(Fault::Call)?;
            self.keys.extend(keys.map_err(Fault::Invalid)?);
        }
        fetched.verify(&self.keys, &self.store.names.home_region)
    }

    /// Goes to the next listed digest that is older. Returns its time.
    fn skip(&mut self, last_key: &str) -> Option<Timestamp> {
        let before = time_of(last_key);
        while let Some(key) = self.listed.pop() {
            let Some(time) = time_of(&key) else {
                continue;
            };
            if before.is_none_or(|before| time < before) {
                self.key = Some(key);
                return Some(time);
            }
        }
        None
    }

    fn follow(&mut self, digest: &Digest) -> Result<(), Failure> {
        self.last_start = digest.start;
        match &digest.previous {
            None => {
                if let Some(from) = self.skip(&digest.key) {
                    let to = digest.start;
                    self.gap = Some(Found::Gap { from, to });
                }
            }
            Some((bucket, key)) => {
                self.key = Some(key.clone());
                if *bucket != self.bucket {
                    self.bucket.clone_from(bucket);
                    let (standard, backfill) = self.store.digests(bucket, digest.end)?;
                    self.listed = match self.kind {
                        Kind::Backfill => backfill,
                        Kind::Standard => standard,
                    };
                }
            }
        }
        Ok(())
    }
}

impl Iterator for Chain<'_> {
    type Item = Result<Found, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(gap) = self.gap.take() {
            return Some(Ok(gap));
        }
        let key = self.key.take()?;
        if self.store.start > self.last_start {
            return None;
        }
        Some(match self.digest(&key) {
            Ok(digest) => self
                .follow(&digest)
                .map(|()| Found::Valid(Box::new(digest))),
            Err(Fault::Call(failure)) => Err(failure),
            Err(Fault::Invalid(why)) => {
                let bucket = self.bucket.clone();
                self.skip(&key);
                Ok(Found::Invalid { bucket, key, why })
            }
        })
    }
}

fn earlier(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_sub(by).unwrap_or(Timestamp::MIN)
}

fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// A time without a fraction of a second, as in keys.
fn whole(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
