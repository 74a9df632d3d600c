//! The members of a structure in JSON.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::{MapDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use super::json_read::{At, Through};
use super::wrappers::Present;
use super::{ReadError, UNKNOWN_MEMBER, erased};
use crate::model::{Member, Members};

/// The members of a structure. Unknown members and nulls are dropped.
pub(super) struct Fields<'a, 'de, A> {
    access: A,
    at: At<'a, 'de>,
    members: &'a Members,
    union: bool,
    previous: Option<usize>,
    next: Next<'a, 'de>,
    count: u16,
}

/// The value that `next_value_seed` returns.
enum Next<'a, 'de> {
    Member(&'a Member),
    UnknownTag(Cow<'de, str>),
}

impl<'a, 'de, A> Fields<'a, 'de, A> {
    pub(super) fn new(access: A, at: At<'a, 'de>, members: &'a Members) -> Self {
        Self {
            access,
            at,
            members,
            union: at.shape.is_union(),
            previous: None,
            next: Next::UnknownTag(Cow::Borrowed("")),
            count: 0,
        }
    }
}

impl<'a, 'de, A: MapAccess<'de>> Fields<'a, 'de, A> {
    /// Moves to the next field, and returns its name.
    fn next_field(&mut self) -> Result<Option<&'a str>, A::Error> {
        while let Some(Key { name, is_null }) = self.access.next_key_seed(KeyIn(self.at.src()))? {
            let found = self.members.find_wire(self.previous, &name);
            let unwanted = found.is_none() && (!self.union || name == "__type");
            if is_null || unwanted {
                self.access.next_value::<IgnoredAny>()?;
                continue;
            }
            self.count = self.count.saturating_add(1);
            if self.union && self.count > 1 {
                return Err(A::Error::custom("a union with more than one member"));
            }
            let Some(index) = found else {
                self.access.next_value::<IgnoredAny>()?;
                self.next = Next::UnknownTag(name);
                return Ok(Some(UNKNOWN_MEMBER));
            };
            self.previous = Some(index);
            let member = self.members.at(index);
            self.next = Next::Member(member);
            return Ok(Some(&member.name));
        }
        if self.union && self.count == 0 {
            return Err(A::Error::custom("a union without a member"));
        }
        self.members.set_expected_len(self.count);
        Ok(None)
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<'_, 'de, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        match self.next_field()? {
            Some(name) => seed.deserialize(StrDeserializer::new(name)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        match &mut self.next {
            Next::Member(member) => {
                let at = self.at.to(member.target)?;
                self.access.next_value_seed(Through(seed, at))
            }
            Next::UnknownTag(tag) => {
                let name = [("name", std::mem::take(tag))];
                let name = MapDeserializer::<_, ReadError>::new(name.into_iter());
                erased::pass(seed, |seed| seed.deserialize(Present(name))).map_err(A::Error::custom)
            }
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(if self.union {
            1
        } else {
            self.members.expected_len()
        })
    }
}

/// A key, and whether its value is null. A map access cannot look ahead, but a borrowed key shows where the text continues. (A key
/// with an escape is not borrowed; its null is passed on.)
struct Key<'de> {
    name: Cow<'de, str>,
    is_null: bool,
}

struct KeyIn<'de>(&'de str);

impl<'de> DeserializeSeed<'de> for KeyIn<'de> {
    type Value = Key<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key<'de>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeyIn<'de> {
    type Value = Key<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Key<'de>, E> {
        let start = (name.as_ptr() as usize).wrapping_sub(self.0.as_ptr() as usize);
        let behind = start.wrapping_add(name.len() + 1);
        let rest = self.0.as_bytes().get(behind..).unwrap_or_default();
        let value = rest
            .iter()
            .find(|c| !c.is_ascii_whitespace() && **c != b':');
        Ok(Key {
            name: name.into(),
            is_null: value == Some(&b'n'),
        })
    }
    fn visit_str<E>(self, name: &str) -> Result<Key<'de>, E> {
        Ok(Key {
            name: name.to_owned().into(),
            is_null: false,
        })
    }
}
