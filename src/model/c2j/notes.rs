//! Notes on operations, shapes and members.

use serde::Deserialize;
use serde_json::Number;

use crate::model::ordered::Ordered;
use crate::model::text::Text;
use crate::model::{Documentation, MemberNotes, Notes};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Raw<'a> {
    #[serde(borrow)]
    documentation: Option<Text<'a>>,
    deprecated: bool,
    pattern: Option<Text<'a>>,
    min: Option<Number>,
    max: Option<Number>,
    members: Ordered<Text<'a>, RawMember<'a>>,
}

#[derive(Deserialize)]
struct RawMember<'a> {
    #[serde(borrow)]
    documentation: Option<Text<'a>>,
    #[serde(default)]
    deprecated: bool,
}

/// Reads the text of an operation or of a shape. What cannot be read is an error where it is used.
pub(super) fn read(text: &str) -> Notes {
    let raw: Raw<'_> = serde_json::from_str(text).unwrap_or_default();
    let documentation = |text: Option<Text<'_>>| text.map(Documentation::new);
    let members = raw.members.0.into_iter().map(|(name, member)| {
        let notes = MemberNotes {
            documentation: documentation(member.documentation),
            deprecated: member.deprecated,
            ..MemberNotes::default()
        };
        (String::from(name), notes)
    });
    Notes {
        documentation: documentation(raw.documentation),
        deprecated: raw.deprecated,
        pattern: raw.pattern.map(Into::into),
        min: raw.min,
        max: raw.max,
        members: (members.filter(|(_, notes)| *notes != MemberNotes::default())).collect(),
    }
}
