//! The keys of digest files:
//!
//! ```text
//! [PREFIX/]AWSLogs/[ORGANIZATION/]ACCOUNT/CloudTrail-Digest/REGION/YYYY/MM/DD/
//!     ACCOUNT_CloudTrail-Digest_REGION_TRAIL_HOME-REGION_YYYYMMDDTHHMMSSZ[_backfill].json.gz
//! ```

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

const TIME: &str = "%Y%m%dT%H%M%SZ";
const SUFFIX: &str = ".json.gz";
const BACKFILL: &str = "_backfill";

/// What the keys of a trail's digest files have in common.
pub(super) struct Names {
    pub(super) account: String,
    pub(super) trail: String,
    /// The region whose log files are verified.
    pub(super) region: String,
    /// The region of the trail.
    pub(super) home_region: String,
    pub(super) organization: Option<String>,
    pub(super) prefix: Option<String>,
}

impl Names {
    /// The prefix of all keys.
    pub(super) fn folder(&self) -> String {
        let Self {
            account, region, ..
        } = self;
        let part =
            |text: &Option<String>| text.as_ref().map_or(String::new(), |it| format!("{it}/"));
        let (prefix, organization) = (part(&self.prefix), part(&self.organization));
        format!("{prefix}AWSLogs/{organization}{account}/CloudTrail-Digest/{region}")
    }

    fn file(&self) -> String {
        let Self {
            account,
            trail,
            region,
            home_region,
            ..
        } = self;
        format!("{account}_CloudTrail-Digest_{region}_{trail}_{home_region}_")
    }

    /// The key of a digest file, a minute before a time: all digest files of that time follow it in the order of keys.
    pub(super) fn before(&self, time: Timestamp) -> String {
        let minute = SignedDuration::from_mins(1);
        let time = time.checked_sub(minute).unwrap_or(Timestamp::MIN);
        let day = time.strftime("%Y/%m/%d");
        let (folder, file) = (self.folder(), self.file());
        format!("{folder}/{day}/{file}{}{SUFFIX}", compact(time))
    }

    /// Whether a key is that of a digest file of the trail.
    pub(super) fn include(&self, key: &str) -> bool {
        let rest = key.strip_prefix(&self.folder());
        let Some(rest) = rest.and_then(|rest| rest.strip_prefix('/')) else {
            return false;
        };
        let mut parts = rest.splitn(4, '/');
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let is_dated = parts.by_ref().take(3).all(is_number);
        let file = parts
            .next()
            .and_then(|file| file.strip_prefix(&self.file()));
        is_dated && file.is_some_and(|it| it.ends_with(SUFFIX)) && time_of(key).is_some()
    }
}

pub(super) fn is_backfill(key: &str) -> bool {
    key.strip_suffix(SUFFIX)
        .is_some_and(|key| key.ends_with(BACKFILL))
}

/// The time in the key of a digest file.
pub(super) fn time_of(key: &str) -> Option<Timestamp> {
    let key = key.strip_suffix(SUFFIX)?;
    let key = key.strip_suffix(BACKFILL).unwrap_or(key);
    let text = key.get(key.len().checked_sub(16)?..)?;
    let time = DateTime::strptime(TIME, text).ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

/// A time as in keys.
fn compact(time: Timestamp) -> String {
    time.strftime(TIME).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(prefix: Option<&str>, organization: Option<&str>) -> Names {
        Names {
            account: "123456789012".into(),
            trail: "t".into(),
            region: "eu-west-1".into(),
            home_region: "us-east-1".into(),
            organization: organization.map(str::to_owned),
            prefix: prefix.map(str::to_owned),
        }
    }

    #[test]
    fn keys_of_a_trail_are_recognised() {
        const FILE: &str = "123456789012_CloudTrail-Digest_eu-west-1_t_us-east-1_20150108T052142Z";
        const FOLDER: &str = "AWSLogs/123456789012/CloudTrail-Digest/eu-west-1";
        let plain = names(None, None);
        for (key, expected) in [
            (format!("{FOLDER}/2015/01/08/{FILE}.json.gz"), true),
            (format!("{FOLDER}/2015/01/08/{FILE}_backfill.json.gz"), true),
            (format!("{FOLDER}/2015/x/08/{FILE}.json.gz"), false),
            (format!("{FOLDER}/2015/01/08/{FILE}.json"), false),
            (format!("{FOLDER}/2015/01/08/{FILE}2.json.gz"), false),
            (format!("{FOLDER}/2015/01/{FILE}.json.gz"), false),
            (format!("p/{FOLDER}/2015/01/08/{FILE}.json.gz"), false),
            (
                format!("{FOLDER}/2015/01/08/{}.json.gz", FILE.replace("_t_", "_u_")),
                false,
            ),
        ] {
            assert_eq!(plain.include(&key), expected, "{key}");
        }
        let key = format!("{FOLDER}/2015/01/08/{FILE}.json.gz");
        let time = time_of(&key).unwrap();
        assert_eq!(time.to_string(), "2015-01-08T05:21:42Z");
        assert_eq!(plain.before(time), key.replace("T0521", "T0520"));
        assert!(is_backfill("k_backfill.json.gz") && !is_backfill(&key));
        assert_eq!(
            names(Some("p"), Some("o-1")).folder(),
            "p/AWSLogs/o-1/123456789012/CloudTrail-Digest/eu-west-1"
        );
    }

    #[test]
    fn odd_keys_have_no_time() {
        for key in [
            "",
            "k",
            ".json.gz",
            "ü0150108T052142.json.gz",
            "20151308T052142Z.json.gz",
        ] {
            assert_eq!(time_of(key), None, "{key}");
        }
    }
}
