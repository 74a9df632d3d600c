//! What a client of the server may call.
//!
//! | option | without it |
//! | --- | --- |
//! | `--allow PATTERNS` | all operations that read |
//! | `--deny PATTERNS` | none is denied; it comes before the others |
//! | `--allow-writes[=PATTERNS]` | none that may change something |
//! | `--allow-regions[=PATTERNS]` | the region of the server |
//! | `--allow-profiles[=PATTERNS]` | the profile of the server |
//! | `--show-sensitive[=PATTERNS]` | no values that a model marks as sensitive |
//!
//! A pattern is a service, or a service and an operation, as in policies of IAM: `s3`, `ec2:Describe*`, `*:List*`.

use std::fmt;

use tucuxi::internals::command::nearest;
use tucuxi::model::Operation;
use tucuxi::transfer::Filter;
use tucuxi::{Client, Introspection};

use crate::failure::Failure;

/// A pattern of operations.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    text: String,
    service: String,
    operation: String,
}

impl Pattern {
    fn parse(text: &str) -> Self {
        let (service, operation) = text.split_once([':', '.']).unwrap_or((text, "*"));
        Self {
            text: text.into(),
            service: plain(service),
            operation: plain(operation),
        }
    }

    fn matches(&self, service: &str, operation: &str) -> bool {
        fits(&self.service, &plain(service)) && fits(&self.operation, &plain(operation))
    }
}

/// A name without what differs between its spellings: `list-objects-v2`, `ListObjectsV2`.
fn plain(name: &str) -> String {
    let letters = name.trim().chars().filter(|c| !['-', '_', ' '].contains(c));
    letters.flat_map(char::to_lowercase).collect()
}

/// Whether a text fits a pattern with `*` and `?`.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    Filter::new().exclude("*").include(pattern).includes(text)
}

/// The operations, regions and profiles that are allowed.
#[derive(Debug, Default)]
pub(super) struct Access {
    pub(super) allow: Vec<Pattern>,
    pub(super) deny: Vec<Pattern>,
    pub(super) writes: Vec<Pattern>,
    pub(super) sensitive: Vec<Pattern>,
    pub(super) regions: Vec<String>,
    pub(super) profiles: Vec<String>,
}

/// Why an operation is not called. The text says what a person can do.
#[derive(Debug, PartialEq)]
pub(super) enum Refused {
    Denied(String),
    NotAllowed,
    Write,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(pattern) => write!(f, "this server denies {pattern} (--deny)"),
            Self::NotAllowed => f.write_str("it is not among what this server allows (--allow)"),
            Self::Write => f.write_str(
                "it may change something, and this server does not allow that; a person can allow it with --allow-writes",
            ),
        }
    }
}

impl Access {
    /// Whether an operation may be called.
    pub(super) fn check(&self, service: &str, operation: &Operation) -> Result<(), Refused> {
        let find = |patterns: &[Pattern]| {
            let mut patterns = patterns.iter();
            patterns
                .find(|pattern| pattern.matches(service, &operation.name))
                .cloned()
        };
        if let Some(denied) = find(&self.deny) {
            return Err(Refused::Denied(denied.text));
        }
        if !self.allow.is_empty() && find(&self.allow).is_none() {
            return Err(Refused::NotAllowed);
        }
        match operation.is_read_only() || find(&self.writes).is_some() {
            true => Ok(()),
            false => Err(Refused::Write),
        }
    }

    pub(super) fn shows_sensitive(&self, service: &str, operation: &str) -> bool {
        let mut patterns = self.sensitive.iter();
        patterns.any(|pattern| pattern.matches(service, operation))
    }
}

/// Reads the patterns of an option. One that fits nothing is an error, as it would not do what it is meant to do.
///
/// # Errors
///
/// Returns an error that names the pattern.
pub(super) fn patterns<'t>(
    option: &str,
    texts: impl Iterator<Item = &'t String>,
    client: &Client,
) -> Result<Vec<Pattern>, Failure> {
    let known = client.introspect();
    let parsed = texts.map(|text| {
        let pattern = Pattern::parse(text);
        check(&pattern, &known)
            .map_err(|what| Failure::Usage(format!("--{option} {text}: {what}")))?;
        Ok(pattern)
    });
    parsed.collect()
}

fn check(pattern: &Pattern, known: &Introspection) -> Result<(), String> {
    let failed = |error: tucuxi::Error| error.to_string();
    let services = known.services().map_err(failed)?;
    let mut fitting = services
        .iter()
        .filter(|name| fits(&pattern.service, &plain(name)));
    let Some(service) = fitting.next() else {
        let near = nearest(&pattern.service, services.iter().map(String::as_str));
        return Err(format!("there is no such service{}", meant(&near)));
    };
    // with several services, an operation of any may fit
    if fitting.next().is_some() || pattern.operation == "*" {
        return Ok(());
    }
    let model = known.service(service).map_err(failed)?;
    let mut names = model.operation_names();
    if names.any(|name| fits(&pattern.operation, &plain(name))) {
        return Ok(());
    }
    let near = nearest(&pattern.operation, model.operation_names());
    Err(format!("{service} has no such operation{}", meant(&near)))
}

fn meant(near: &[&str]) -> String {
    match near.is_empty() {
        true => String::new(),
        false => format!("; did you mean {}?", near.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use tucuxi::Config;
    use tucuxi::transport::Replay;

    use super::*;

    fn client() -> Client {
        Client::with_transport(Config::builder().isolated().build().unwrap(), Replay::new())
            .unwrap()
    }

    fn read(texts: &[&str]) -> Result<Vec<Pattern>, String> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        patterns("deny", texts.iter(), &client()).map_err(|error| error.to_string())
    }

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("list*", "listbuckets", true),
            ("list*", "list", true),
            ("*bucket*", "listbuckets", true),
            ("*s", "listbuckets", true),
            ("*t", "listbuckets", false),
            ("l?st*", "listbuckets", true),
            ("?", "", false),
            ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "aXbXbX", false),
            ("***", "abc", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn an_operation_is_denied_before_it_is_allowed() {
        let client = client();
        let known = client.introspect();
        type Patterns = &'static [&'static str];
        type Case = (
            Patterns,
            Patterns,
            Patterns,
            &'static str,
            &'static str,
            Option<&'static str>,
        );
        let cases: &[Case] = &[
            (&[], &[], &[], "s3", "ListBuckets", None),
            (&[], &[], &[], "s3", "DeleteBucket", Some("Write")),
            (&[], &[], &["*"], "s3", "DeleteBucket", None),
            (&[], &[], &["s3:put-object"], "s3", "PutObject", None),
            (
                &[],
                &[],
                &["s3:PutObject"],
                "s3",
                "DeleteBucket",
                Some("Write"),
            ),
            (
                &[],
                &["s3:Delete*"],
                &["*"],
                "s3",
                "DeleteBucket",
                Some("Denied(\"s3:Delete*\")"),
            ),
            (&["ec2"], &[], &[], "s3", "ListBuckets", Some("NotAllowed")),
            (&["*:List*", "ec2"], &[], &[], "s3", "ListBuckets", None),
            (&["ec2"], &[], &[], "ec2", "RunInstances", Some("Write")),
            (
                &["ec2"],
                &["ec2:*"],
                &["ec2"],
                "ec2",
                "RunInstances",
                Some("Denied(\"ec2:*\")"),
            ),
            (&[], &[], &[], "sts", "GetSessionToken", Some("Write")),
        ];
        for (allow, deny, writes, service, operation, expected) in cases {
            let access = Access {
                allow: read(allow).unwrap(),
                deny: read(deny).unwrap(),
                writes: read(writes).unwrap(),
                ..Access::default()
            };
            let model = known.service(service).unwrap();
            let found = access.check(service, model.operation(operation).unwrap());
            let found = found.err().map(|refused| format!("{refused:?}"));
            assert_eq!(found.as_deref(), *expected, "{service} {operation}");
        }
    }

    #[test]
    fn a_pattern_that_fits_nothing_is_an_error() {
        assert_eq!(
            read(&["dynamodbb"]).unwrap_err(),
            "--deny dynamodbb: there is no such service; did you mean dynamodb?"
        );
        let error = read(&["s3:DeleteBuckets"]).unwrap_err();
        assert!(
            error.starts_with(
                "--deny s3:DeleteBuckets: s3 has no such operation; did you mean DeleteBucket"
            ),
            "{error}"
        );
        for right in [
            "S3",
            "application-autoscaling",
            "ApplicationAutoScaling:*",
            "cognito-*",
            "*:Delete*",
            "ec2:describe-*",
        ] {
            read(&[right]).unwrap();
        }
    }
}
