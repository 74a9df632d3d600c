//! Whether an operation only reads.
//!
//! | an operation | is one that |
//! | --- | --- |
//! | whose first word is of [`WRITES`], such as `Start`, whatever else the model declares | may write |
//! | that returns something it makes: credentials, a token, a URL that needs no credentials ([`makes`]) | may write |
//! | with Smithy's trait `readonly` | reads |
//! | of a REST protocol, with the method `GET` or `HEAD` | reads |
//! | whose first word is of [`READS`], such as `List` | reads |
//! | of which nothing is known, such as `Invoke` | may write |
//!
//! The first word follows `Batch`, `Admin` and the like. The order is that of caution: to take a change for a read is worse than the
//! opposite. Models of AWS have the trait on operations that revoke sessions, and the method `GET` on one that creates them.

use super::Operation;
use crate::names;

/// What a model declares about an operation.
#[derive(Clone, Copy, Default)]
pub(super) struct Declared {
    /// The trait `readonly`.
    pub(super) readonly: bool,
    /// The trait `idempotent`: a change that may be repeated. Many models also have it on operations that read.
    pub(super) idempotent: bool,
    /// The method is `GET` or `HEAD`, and the protocol is a REST protocol.
    pub(super) fetched: bool,
}

/// First words that say how often or for whom something is done.
const MANNERS: [&str; 4] = ["admin", "batch", "bulk", "transact"];

/// First words of operations that read.
const READS: [&str; 17] = [
    "check", "count", "describe", "estimate", "filter", "get", "head", "is", "list", "lookup",
    "query", "scan", "search", "select", "simulate", "validate", "view",
];

/// Words of [`READS`] whose operations may take a statement of a language that can also write.
const LANGUAGES: [&str; 2] = ["query", "select"];

/// First words of operations that write.
#[rustfmt::skip] // as many a line as fit
const WRITES: [&str; 66] = [
    "accept", "acknowledge", "activate", "add", "allocate", "apply", "approve", "assign", "associate", "assume", "attach",
    "authorize", "cancel", "change", "complete", "confirm", "copy", "create", "deactivate", "delete", "deploy", "deregister",
    "detach", "disable", "disassociate", "enable", "generate", "grant", "import", "initiate", "invoke", "join", "merge", "modify",
    "move", "notify", "post", "publish", "purchase", "put", "reboot", "register", "reject", "release", "remove", "replace",
    "request", "reset", "restart", "restore", "resume", "revoke", "rotate", "run", "send", "set", "start", "stop", "submit",
    "suspend", "tag", "terminate", "untag", "update", "upload", "write",
];

/// Names after `Get` that something made for the caller has, and the words that precede them, if not all such things are made.
const MADE: [(&str, &[&str]); 8] = [
    ("access", &["compute", "data", "instance"]),
    ("code", &["registration", "verification"]),
    ("credentials", &[]),
    ("details", &["access"]),
    ("id", &["get"]),
    ("task", &["activity"]),
    ("token", &[]),
    ("tokens", &[]),
];

/// Words of the names of URLs that are valid without credentials.
const SIGNED: [&str; 6] = [
    "authentication",
    "embed",
    "login",
    "presigned",
    "session",
    "signed",
];

/// Words after which a name has no more about the thing itself: `GetTokensFromRefreshToken`.
const PREPOSITIONS: [&str; 8] = ["by", "for", "from", "in", "of", "to", "via", "with"];

/// Names of other operations that change something while they check or get it.
const OTHERS: [&str; 4] = [
    "CheckInLicense",
    "GetParametersForExport",
    "GetParametersForImport",
    "ValidateNotifyCodeVerification",
];

impl Operation {
    /// Returns whether the operation only reads, as far as the model and its name show. `false` means that it may change something.
    ///
    /// An operation reads if it has Smithy's trait `readonly`, or the method `GET` or `HEAD` of a REST protocol, or if the first word of
    /// its name is one such as `Get`, `List` or `Describe`. It counts as one that writes if it returns new credentials or tokens, or if
    /// its first word is one such as `Create` or `Start`, whatever the model declares.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let reads = |service: &str, operation: &str| -> tucuxi::Result<bool> {
    ///     Ok(client.model(service)?.operation(operation)?.is_read_only())
    /// };
    /// assert!(reads("s3", "HeadBucket")? && reads("dynamodb", "Query")?);
    /// assert!(!reads("sqs", "ReceiveMessage")? && !reads("sts", "GetSessionToken")?);
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }
}

/// Whether the operation with this name only reads.
pub(super) fn is_read_only(name: &str, declared: Declared) -> bool {
    let words = names::snake_case(name);
    let words: Vec<&str> = words
        .split('_')
        .skip_while(|word| MANNERS.contains(word))
        .collect();
    let Some(verb) = words.first() else {
        return false;
    };
    if WRITES.contains(verb) || makes(&words) || OTHERS.contains(&name) {
        return false;
    }
    let may_write = LANGUAGES.contains(verb) && declared.idempotent;
    declared.readonly || declared.fetched || (READS.contains(verb) && !may_write)
}

/// Whether an operation with a name of these words makes what it returns.
fn makes(words: &[&str]) -> bool {
    if words[0] != "get" {
        return false;
    }
    let is_preposition = |word: &&str| PREPOSITIONS.contains(word);
    let end = (words.iter().skip(2).position(is_preposition)).map_or(words.len(), |at| at + 2);
    let [before @ .., thing] = &words[..end] else {
        return false;
    };
    match *thing {
        "url" => before.iter().any(|word| SIGNED.contains(word)),
        thing => MADE.iter().any(|(made, after)| {
            let is_of_kind = after.is_empty() || before.last().is_some_and(|w| after.contains(w));
            *made == thing && is_of_kind
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_declares_counts_less_than_a_verb_that_writes() {
        let (readonly, fetched) = (
            Declared {
                readonly: true,
                ..Declared::default()
            },
            Declared {
                fetched: true,
                ..Declared::default()
            },
        );
        let idempotent = Declared {
            idempotent: true,
            ..Declared::default()
        };
        let none = Declared::default();
        for (name, declared, expected) in [
            ("Ring", none, false),
            ("Ring", readonly, true),
            ("Ring", fetched, true),
            ("StartRinging", readonly, false),
            ("BatchStartRinging", readonly, false),
            ("CreateSession", fetched, false),
            ("ListBells", none, true),
            ("ListBells", idempotent, true),
            ("BatchGetBells", none, true),
            ("AdminGetBell", none, true),
            ("TransactWriteBells", none, false),
            ("QueryBells", none, true),
            ("Query", idempotent, false),
            ("Query", readonly, true),
            ("GetBellToken", readonly, false),
            ("GetBellTokenForRinger", none, false),
            ("GetTokenOfBell", none, false),
            ("GetTokenBalance", none, true),
            ("ListTokens", none, true),
            ("GetTowerEmbedUrl", none, false),
            ("GetTowerUrl", none, true),
            ("GetId", none, false),
            ("GetBellId", none, true),
            ("Batch", readonly, false),
            ("", readonly, true),
        ] {
            assert_eq!(is_read_only(name, declared), expected, "{name}");
        }
    }
}
