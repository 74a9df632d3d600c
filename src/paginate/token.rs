//! The text in which a place in a listing is handed on: that of botocore, so that either can go on where the other stopped.
//!
//! ```text
//! base64( {"<input token>": value, … [, "boto_truncate_amount": n] [, "boto_encoded_keys": [path, …]]} )
//! ```
//! `n` elements of the page that begins there are known already; what stands at the paths are bytes, in base64. Of old it was
//! `value___value___n`, with `None` for a token that is not there.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use super::error;
use crate::codec::python_json::{self, Spacing};
use crate::error::Result;

const KNOWN: &str = "boto_truncate_amount";
const ENCODED: &str = "boto_encoded_keys";

/// A place in a listing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Place {
    /// A value for each input token; null where there is none.
    pub(super) tokens: Map<String, Value>,
    /// How many elements of the page are known.
    pub(super) known: Option<usize>,
}

impl Place {
    /// `blobs`: the paths of bytes among the tokens.
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

    pub(super) fn parse(text: &str, input_tokens: &[Box<str>]) -> Result<Self> {
        let json = BASE64_STANDARD.decode(text).ok();
        match json.and_then(|json| serde_json::from_slice(&json).ok()) {
            Some(Value::Object(mut tokens)) => {
                // bytes are base64 for us anyway
                tokens.shift_remove(ENCODED);
                let known = tokens.shift_remove(KNOWN);
                let known = known.and_then(|known| usize::try_from(known.as_u64()?).ok());
                Ok(Self { tokens, known })
            }
            _ => Self::parse_old(text, input_tokens),
        }
    }

    fn parse_old(text: &str, input_tokens: &[Box<str>]) -> Result<Self> {
        let mut parts: Vec<&str> = text.split("___").collect();
        let mut known = None;
        if parts.len() == input_tokens.len() + 1 {
            known = parts.pop().and_then(|last| last.parse().ok());
            if known.is_none() {
                parts = vec![text];
            }
        }
        if parts.len() > input_tokens.len() {
            return Err(error(format!("bad starting token: {text:?}")));
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
    fn texts_are_those_of_botocore() {
        let Value::Object(tokens) = json!({"Marker": "é", "Id": {"a": 1}}) else {
            unreachable!()
        };
        let place = Place {
            tokens,
            known: Some(3),
        };
        let text = place.to_text(Vec::new());
        let json = br#"{"Marker": "\u00e9", "Id": {"a": 1}, "boto_truncate_amount": 3}"#;
        assert_eq!(BASE64_STANDARD.decode(&text).unwrap(), json);
        assert_eq!(
            Place::parse(&text, &["Marker".into(), "Id".into()]).unwrap(),
            place
        );
        let blobs = place.to_text(vec![json!(["Id", "B"])]);
        assert_eq!(Place::parse(&blobs, &[]).unwrap(), place);
    }

    #[test]
    fn old_texts_are_read() {
        let names: [Box<str>; 2] = ["A".into(), "B".into()];
        let cases = [
            ("a___b___4", json!({"A": "a", "B": "b"}), Some(4)),
            ("a___None", json!({"A": "a", "B": null}), None),
            ("only", json!({"A": "only", "B": null}), None),
            ("a___b___x", json!({"A": "a___b___x", "B": null}), None),
        ];
        for (text, tokens, known) in cases {
            let place = Place::parse(text, &names).unwrap();
            assert_eq!(
                (Value::Object(place.tokens), place.known),
                (tokens, known),
                "{text}"
            );
        }
        assert!(Place::parse("a___b___c___d", &names).is_err());
    }
}
