//! The entries of a file such as `paginators-1`. Each is kept as text and parsed when it is used.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};
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
        let mut file = serde_json::Deserializer::from_str(text);
        let found = file
            .deserialize_map(Member(member))
            .and_then(|found| file.end().map(|()| found));
        match found.map_err(|e| invalid(e.to_string()))? {
            Some(entries) => Ok(Self(entries)),
            None => Err(invalid(format!("it has no {member}"))),
        }
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

/// Reads one member of a file.
struct Member<'m>(&'m str);

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Option<BTreeMap<String, Box<RawValue>>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(
        self,
        mut map: A,
    ) -> std::result::Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = map.next_key::<String>()? {
            match name == self.0 {
                true => found = Some(map.next_value()?),
                false => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }
}
