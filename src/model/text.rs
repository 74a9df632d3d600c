//! Text that is borrowed from the model.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;

use crate::model::shape::XmlNamespace;

/// Text of the model, borrowed from it unless it has escapes.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl From<Text<'_>> for String {
    fn from(text: Text<'_>) -> Self {
        text.0.into()
    }
}

/// `{"uri": …, "prefix": …}`, or the URI alone.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum RawNamespace<'a> {
    Full {
        #[serde(borrow)]
        uri: Text<'a>,
        prefix: Option<Text<'a>>,
    },
    Uri(#[serde(borrow)] Text<'a>),
}

impl From<RawNamespace<'_>> for XmlNamespace {
    fn from(raw: RawNamespace<'_>) -> Self {
        let (uri, prefix) = match raw {
            RawNamespace::Full { uri, prefix } => (uri, prefix),
            RawNamespace::Uri(uri) => (uri, None),
        };
        Self {
            prefix: prefix.map(Into::into),
            uri: uri.into(),
        }
    }
}

/// Returns the name with an upper-case first letter.
pub(super) fn capitalised(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
