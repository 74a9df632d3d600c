//! Deserialisation of lists and objects with a table of names.

use crate::endpoint::expression::Symbols;
use crate::endpoint::rule::{Named, Rule};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// What was read of a rule set before.
#[derive(Default)]
pub(super) struct Context {
    pub(super) symbols: Symbols,
    /// The rules. Those of a list follow each other.
    pub(super) rules: Vec<Rule>,
}

/// A type that is deserialised with the table of names.
pub(super) trait Read<'de>: Sized {
    fn read<D: Deserializer<'de>>(json: D, cx: &mut Context) -> Result<Self, D::Error>;
}

/// The seed of a [`Read`] type, for elements of lists and objects.
pub(super) struct Seed<'s, T>(&'s mut Context, PhantomData<T>);

pub(super) fn seed<T>(cx: &mut Context) -> Seed<'_, T> {
    Seed(cx, PhantomData)
}

impl<'de, T: Read<'de>> DeserializeSeed<'de> for Seed<'_, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<T, D::Error> {
        T::read(json, self.0)
    }
}

/// A draft that collects the members of an object in any order. Unknown members must be skipped.
pub(super) trait ReadObject<'de>: Default {
    fn member<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        json: &mut A,
        cx: &mut Context,
    ) -> Result<(), A::Error>;
}

pub(super) fn object<'de, T: ReadObject<'de>, D: Deserializer<'de>>(
    json: D,
    cx: &mut Context,
) -> Result<T, D::Error> {
    json.deserialize_map(ObjectVisitor(seed(cx)))
}

pub(super) struct ObjectVisitor<'s, T>(pub(super) Seed<'s, T>);

impl<'de, T: ReadObject<'de>> Visitor<'de> for ObjectVisitor<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut draft = T::default();
        while let Some(Key(key)) = map.next_key()? {
            draft.member(&key, &mut map, self.0.0)?;
        }
        Ok(draft)
    }
}

/// The name of a member, borrowed if it has no escapes.
pub(super) struct Key<'de>(pub(super) Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        json.deserialize_str(KeyVisitor)
    }
}

pub(super) fn skip<'de, A: MapAccess<'de>>(json: &mut A) -> Result<(), A::Error> {
    json.next_value::<IgnoredAny>().map(drop)
}

impl<'de, T: Read<'de>> Read<'de> for Box<[T]> {
    fn read<D: Deserializer<'de>>(json: D, cx: &mut Context) -> Result<Self, D::Error> {
        struct ListVisitor<'s, T>(Seed<'s, T>);
        impl<'de, T: Read<'de>> Visitor<'de> for ListVisitor<'_, T> {
            type Value = Box<[T]>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Box<[T]>, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = list.next_element_seed(seed(self.0.0))? {
                    elements.push(element);
                }
                Ok(elements.into())
            }
        }
        json.deserialize_seq(ListVisitor(seed(cx)))
    }
}

impl<'de, T: Read<'de>> Read<'de> for Named<T> {
    fn read<D: Deserializer<'de>>(json: D, cx: &mut Context) -> Result<Self, D::Error> {
        let pairs: PairsDraft<T> = object(json, cx)?;
        Ok(pairs.0.into())
    }
}

pub(super) struct PairsDraft<T>(pub(super) Vec<(Box<str>, T)>);

impl<T> Default for PairsDraft<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Read<'de>> ReadObject<'de> for PairsDraft<T> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        json: &mut A,
        cx: &mut Context,
    ) -> Result<(), A::Error> {
        let value = json.next_value_seed(seed(cx))?;
        self.0.push((key.into(), value));
        Ok(())
    }
}
