//! What each provider answered, for the user who wonders where the credentials are from, or why there are none.

use std::fmt;
use std::time::SystemTime;

use super::{Credentials, CredentialsError};
use crate::time::Timestamp;

/// A provider, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Asked {
    /// The provider's name.
    pub provider: &'static str,
    /// What it answered.
    pub outcome: Outcome,
}

/// What a provider answered. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It has none, for this reason; the next one was asked.
    Absent(String),
    /// It failed, for this reason; no other was asked.
    Failed(String),
    /// It has credentials.
    Found {
        /// The key's id, all but its last four characters masked.
        access_key_id: String,
        /// The account, where it is known.
        account_id: Option<Box<str>>,
        /// When they end.
        expires: Option<SystemTime>,
    },
    /// One before it had credentials, or failed.
    NotAsked,
}

impl Asked {
    /// A row.
    pub fn new(provider: &'static str, outcome: Outcome) -> Self {
        Self { provider, outcome }
    }

    /// The row of an answer.
    pub fn of(provider: &'static str, answer: Result<Credentials, CredentialsError>) -> Self {
        let answer = answer.and_then(|found| found.checked(provider, |part| part.to_string()));
        let outcome = match answer {
            Ok(found) => Outcome::Found {
                access_key_id: masked(found.access_key_id()),
                account_id: found.account_id().map(Into::into),
                expires: found.expires(),
            },
            Err(CredentialsError::Absent(why)) => Outcome::Absent(why.into_owned()),
            Err(CredentialsError::Provider { provider: by, what }) if by == provider => {
                Outcome::Failed(what)
            }
            Err(error) => Outcome::Failed(error.to_string()),
        };
        Self::new(provider, outcome)
    }

    /// Whether no other provider is asked after this one.
    pub fn is_settled(&self) -> bool {
        !matches!(self.outcome, Outcome::Absent(_))
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.provider, self.outcome)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(why) => write!(f, "none: {why}"),
            Self::Failed(why) => write!(f, "failed: {why}"),
            Self::NotAsked => f.write_str("not asked"),
            Self::Found {
                access_key_id,
                account_id,
                expires,
            } => {
                write!(f, "found: {access_key_id}")?;
                if let Some(account) = account_id {
                    write!(f, ", account {account}")?;
                }
                match expires {
                    Some(end) => write!(f, ", until {}", Timestamp::of(*end).whole().rfc3339()),
                    None => Ok(()),
                }
            }
        }
    }
}

/// Enough of a text to know it again by.
fn masked(text: &str) -> String {
    let tail = text.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    format!(
        "****************{}",
        if tail == 0 { "" } else { &text[tail..] }
    )
}
