//! Notes on operations, shapes and members.

use serde::Deserialize;
use serde_json::{Number, Value};

use super::traits::Present;
use crate::model::ordered::Ordered;
use crate::model::text::Text;
use crate::model::{Documentation, MemberNotes, Notes};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Raw<'a> {
    #[serde(borrow)]
    traits: Traits<'a>,
    members: Ordered<Text<'a>, RawMember<'a>>,
}

#[derive(Deserialize)]
struct RawMember<'a> {
    #[serde(borrow, default)]
    traits: Traits<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Traits<'a> {
    #[serde(rename = "smithy.api#documentation", borrow)]
    documentation: Option<Text<'a>>,
    #[serde(rename = "smithy.api#deprecated")]
    deprecated: Present,
    #[serde(rename = "smithy.api#default")]
    default: Option<Value>,
    #[serde(rename = "smithy.api#pattern")]
    pattern: Option<Text<'a>>,
    #[serde(rename = "smithy.api#length")]
    length: Option<Bounds>,
    #[serde(rename = "smithy.api#range")]
    range: Option<Bounds>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Bounds {
    min: Option<Number>,
    max: Option<Number>,
}

/// Reads the text of an operation or of a shape. What cannot be read is an error where it is used.
pub(super) fn read(text: &str) -> Notes {
    let raw: Raw<'_> = serde_json::from_str(text).unwrap_or_default();
    let members = raw.members.0.into_iter().map(|(name, member)| {
        let notes = MemberNotes {
            documentation: member.traits.documentation.map(Documentation::new),
            deprecated: member.traits.deprecated.0,
            default: member.traits.default,
        };
        (String::from(name), notes)
    });
    let traits = raw.traits;
    let bounds = traits.length.or(traits.range).unwrap_or_default();
    Notes {
        documentation: traits.documentation.map(Documentation::new),
        deprecated: traits.deprecated.0,
        pattern: traits.pattern.map(Into::into),
        min: bounds.min,
        max: bounds.max,
        members: (members.filter(|(_, notes)| *notes != MemberNotes::default())).collect(),
    }
}
