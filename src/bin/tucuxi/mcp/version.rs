//! The versions of the protocol.
//!
//! | versions | a client |
//! | --- | --- |
//! | until 2025-11-25 | negotiates one with `initialize` |
//! | since 2026-07-28 | names it in each request, and may call `server/discover` |

use serde_json::{Value, json};

/// A version, the oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    V2024_11_05,
    /// The only one with batches.
    V2025_03_26,
    /// The first with structured results.
    V2025_06_18,
    V2025_11_25,
    V2026_07_28,
}

const ALL: [(&str, Version); 5] = [
    ("2024-11-05", Version::V2024_11_05),
    ("2025-03-26", Version::V2025_03_26),
    ("2025-06-18", Version::V2025_06_18),
    ("2025-11-25", Version::V2025_11_25),
    ("2026-07-28", Version::V2026_07_28),
];

/// The member of `_meta` in which a request names its version.
const OF_REQUEST: &str = "io.modelcontextprotocol/protocolVersion";

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let mut all = ALL.iter();
        all.find_map(|(known, version)| (*known == text).then_some(*version))
    }

    pub(super) fn text(self) -> &'static str {
        let mut all = ALL.iter();
        all.find_map(|(text, version)| (*version == self).then_some(*text))
            .unwrap_or_default()
    }

    /// The version for a client that offers one: the same, or else the newest that `initialize` can negotiate.
    pub(super) fn negotiated(offered: &str) -> Self {
        let known = Self::parse(offered).filter(|version| !version.is_of_request());
        known.unwrap_or(Self::V2025_11_25)
    }

    /// Whether requests name this version, as there is no `initialize`.
    pub(super) fn is_of_request(self) -> bool {
        self >= Self::V2026_07_28
    }

    /// The version that a request names, if it names one.
    ///
    /// # Errors
    ///
    /// Returns what the request has in its place, if that is no version that requests can name.
    pub(super) fn of_request(params: &Value) -> Result<Option<Self>, Value> {
        let Some(named) = params["_meta"].get(OF_REQUEST) else {
            return Ok(None);
        };
        let known = named.as_str().and_then(Self::parse);
        let known = known.filter(|version| version.is_of_request());
        known.map(Some).ok_or_else(|| named.clone())
    }

    /// The versions that requests can name.
    pub(super) fn of_requests() -> Vec<&'static str> {
        let named = ALL.iter().filter(|(_, version)| version.is_of_request());
        named.map(|(text, _)| *text).collect()
    }

    pub(super) fn has_batches(self) -> bool {
        self == Self::V2025_03_26
    }

    /// Whether the result of a tool may be JSON beside text.
    pub(super) fn has_structured_results(self) -> bool {
        self >= Self::V2025_06_18
    }

    /// Adds the members that every result of this version has.
    pub(super) fn complete(self, result: &mut Value, is_cacheable: bool) {
        if !self.is_of_request() {
            return;
        }
        result["resultType"] = "complete".into();
        result["_meta"]["io.modelcontextprotocol/serverInfo"] = super::server_info();
        if is_cacheable {
            result["ttlMs"] = json!(5 * 60 * 1000);
            result["cacheScope"] = "private".into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_its_version_or_the_newest_that_can_be_negotiated() {
        for (offered, expected) in [
            ("2024-11-05", "2024-11-05"),
            ("2025-03-26", "2025-03-26"),
            ("2025-11-25", "2025-11-25"),
            ("2026-07-28", "2025-11-25"),
            ("1999-01-01", "2025-11-25"),
            ("", "2025-11-25"),
        ] {
            assert_eq!(Version::negotiated(offered).text(), expected, "{offered}");
        }
    }

    #[test]
    fn a_request_names_a_version_that_has_no_handshake() {
        let named = |version: Value| Version::of_request(&json!({"_meta": {OF_REQUEST: version}}));
        assert_eq!(named("2026-07-28".into()), Ok(Some(Version::V2026_07_28)));
        for wrong in [
            json!("2025-11-25"),
            json!("2030-01-01"),
            json!(7),
            json!(null),
        ] {
            assert_eq!(named(wrong.clone()), Err(wrong));
        }
        for none in [
            json!({}),
            json!(null),
            json!({"_meta": {}}),
            json!({"_meta": 1}),
        ] {
            assert_eq!(Version::of_request(&none), Ok(None));
        }
    }
}
