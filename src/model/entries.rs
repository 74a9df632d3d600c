//! The entries of a file such as `paginators-1`: each is kept as its text and read when it is asked for.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::UnknownName;
use crate::error::{Error, Result};
use crate::names;

/// The entries, by name.
#[derive(Debug, Default)]
pub(crate) struct Entries(BTreeMap<Box<str>, Box<RawValue>>);

impl Entries {
    /// The entries below `member` of a file.
    pub(crate) fn parse(place: &str, member: &str, text: &str) -> Result<Self> {
        let of = |what: String| Error::model(format!("{place}: {what}"));
        let mut file: BTreeMap<Box<str>, &RawValue> =
            serde_json::from_str(text).map_err(|e| of(e.to_string()))?;
        let Some(entries) = file.remove(member) else {
            return Err(of(format!("it has no {member}")));
        };
        let entries = serde_json::from_str(entries.get()).map_err(|e| of(e.to_string()))?;
        Ok(Self(entries))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|name| &**name)
    }

    /// The text of an entry.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|text| text.get())
    }

    /// The name of an entry, and its text; the name is taken in snake case and kebab case too.
    pub(crate) fn find(&self, what: &'static str, name: &str, place: &str) -> Result<(&str, &str)> {
        let is_it = |known: &str| {
            known == name || names::snake_case(known) == name || names::kebab_case(known) == name
        };
        let mut entries = self.0.iter();
        let found = entries.find(|(known, _)| is_it(known));
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
