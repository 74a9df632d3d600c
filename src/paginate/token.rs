//! The text form of a resume token. It is botocore's, so that either can resume a listing of the other.
//!
//! ```text
//! base64( {"<input token>": value, … [, "boto_truncate_amount": n] [, "boto_encoded_keys": [path, …]]} )
//! ```
//! The first `n` elements of the page that begins there are known already; the values at the paths are blobs in base64.
//! The old form is `value___value___n`, with `None` for a missing token.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use super::error;
use crate::codec::python_json::{self, Spacing};
use crate::error::Result;

const KNOWN: &str = "boto_truncate_amount";
const ENCODED: &str = "boto_encoded_keys";

/// A position in a listing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct PageToken {
    /// The value of each input token; null if it is missing.
    pub(super) tokens: Map<String, Value>,
    /// The number of elements of the page that are known.
    pub(super) known: Option<usize>,
}

impl PageToken {
    /// Returns the text form. `blobs` are the paths of blobs in the tokens.
    pub(super) fn to_text(&self, blobs: Vec<Value>) -> String {
        let mut all = self.tokens.clone();
        if let Some(known) = self.known {
            all.insert(KNOWN.into(), known.into());
        }
        if !blobs.is_empty() {
            all.insert(ENCODED.into(), blobs.into());
        }
        BASE64_STANDARD.encode(python_json::to_string(&Value::Object(all), Spacing::Usual))
    }

    pub(super) fn parse(text: &str, input_tokens: &[String]) -> Result<Self> {
        let json = BASE64_STANDARD.decode(text).ok();
        match json.and_then(|json| serde_json::from_slice(&json).ok()) {
            Some(Value::Object(mut tokens)) => {
                // blobs are base64 here in any case
                tokens.shift_remove(ENCODED);
                let known = tokens.shift_remove(KNOWN);
                let known = known.and_then(|known| usize::try_from(known.as_u64()?).ok());
                Ok(Self { tokens, known })
            }
            _ => Self::parse_old(text, input_tokens),
        }
    }

    fn parse_old(text: &str, input_tokens: &[String]) -> Result<Self> {
        let mut parts: Vec<&str> = text.split("___").collect();
        let mut known = None;
        if parts.len() == input_tokens.len() + 1 {
            known = parts.pop().and_then(|last| last.parse().ok());
            if known.is_none() {
                parts = vec![text];
            }
        }
        if parts.len() > input_tokens.len() {
            return Err(error(format!("invalid starting token: {text:?}")));
        }
        let value = |at: usize| match parts.get(at) {
            None | Some(&"None") => Value::Null,
            Some(part) => (*part).into(),
        };
        let tokens = input_tokens.iter().enumerate();
        let tokens = tokens
            .map(|(at, name)| (String::from(&**name), value(at)))
            .collect();
        Ok(Self { tokens, known })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tokens_are_written_as_by_botocore() {
        let Value::Object(tokens) = json!({"Marker": "é", "Id": {"a": 1}}) else {
            unreachable!()
        };
        let token = PageToken {
            tokens,
            known: Some(3),
        };
        let text = token.to_text(Vec::new());
        let json = br#"{"Marker": "\u00e9", "Id": {"a": 1}, "boto_truncate_amount": 3}"#;
        assert_eq!(BASE64_STANDARD.decode(&text).unwrap(), json);
        assert_eq!(
            PageToken::parse(&text, &["Marker".into(), "Id".into()]).unwrap(),
            token
        );
        let blobs = token.to_text(vec![json!(["Id", "B"])]);
        assert_eq!(PageToken::parse(&blobs, &[]).unwrap(), token);
    }

    #[test]
    fn tokens_of_the_old_form_are_read() {
        let names: [String; 2] = ["A".into(), "B".into()];
        let cases = [
            ("a___b___4", json!({"A": "a", "B": "b"}), Some(4)),
            ("a___None", json!({"A": "a", "B": null}), None),
            ("only", json!({"A": "only", "B": null}), None),
            ("a___b___x", json!({"A": "a___b___x", "B": null}), None),
        ];
        for (text, tokens, known) in cases {
            let token = PageToken::parse(text, &names).unwrap();
            assert_eq!(
                (Value::Object(token.tokens), token.known),
                (tokens, known),
                "{text}"
            );
        }
        assert!(PageToken::parse("a___b___c___d", &names).is_err());
    }
}
