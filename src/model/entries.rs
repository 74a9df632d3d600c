//! The entries of a file such as `paginators-1`. Each is kept as text and parsed when it is used.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::UnknownName;
use crate::error::{Error, Result};
use crate::names;

/// The entries, by name.
#[derive(Debug, Default)]
pub(crate) struct Entries(BTreeMap<String, Box<RawValue>>);

impl Entries {
    /// Reads the entries in `member` of a file.
    pub(crate) fn parse(place: &str, member: &str, text: &str) -> Result<Self> {
        let invalid = |what: String| Error::model(format!("{place}: {what}"));
        let mut file: BTreeMap<String, &RawValue> =
            serde_json::from_str(text).map_err(|e| invalid(e.to_string()))?;
        let Some(entries) = file.remove(member) else {
            return Err(invalid(format!("it has no {member}")));
        };
        let entries = serde_json::from_str(entries.get()).map_err(|e| invalid(e.to_string()))?;
        Ok(Self(entries))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|name| &**name)
    }

    /// The text of an entry.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|text| text.get())
    }

    /// The name and the text of an entry. `name` may be in snake case or kebab case.
    pub(crate) fn find(&self, what: &'static str, name: &str, place: &str) -> Result<(&str, &str)> {
        let is_named = |known: &str| {
            known == name || names::snake_case(known) == name || names::kebab_case(known) == name
        };
        let mut entries = self.0.iter();
        let found = entries.find(|(known, _)| is_named(known));
        let found = found.map(|(known, text)| (&**known, text.get()));
        found.ok_or_else(|| {
            let nearest = names::nearest(name, self.names());
            Error::model(UnknownName {
                what,
                name: name.into(),
                place: place.into(),
                nearest: nearest.into_iter().map(Into::into).collect(),
            })
        })
    }
}
