//! The members of a structure and the entries of a map in JSON.

use std::borrow::Cow;

use serde::de::value::MapDeserializer;
use serde::de::{DeserializeSeed, Error as _, MapAccess};

use super::json_key::Key;
use super::json_read::{At, Json};
use super::json_tokens::Tokens;
use super::wrappers::Present;
use super::{ReadError, UNKNOWN_MEMBER, erased};
use crate::model::{Kind, Members};

/// The members of a structure, without unknown ones and nulls, or the entries of a map, whose keys are unchanged and whose nulls stay.
/// They are one type, so that a target is compiled once for both.
pub(super) struct Entries<'a, 't, 'de> {
    tokens: &'t mut Tokens<'de>,
    /// Those of a structure.
    members: Option<&'a Members>,
    is_union: bool,
    is_first: bool,
    previous: Option<usize>,
    count: u16,
    /// The name of a union's member that the model does not have.
    tag: Option<Cow<'de, str>>,
    /// The shape of the next value, once its name is known.
    value: At<'a>,
}

impl<'a, 't, 'de> Entries<'a, 't, 'de> {
    #[inline]
    pub(super) fn new(tokens: &'t mut Tokens<'de>, at: At<'a>) -> Result<Self, ReadError> {
        let value = match &at.shape.kind {
            Kind::Map { value, .. } => at.to(value.target)?,
            _ => at,
        };
        Ok(Self {
            tokens,
            members: at.shape.members(),
            is_union: at.shape.is_union(),
            is_first: true,
            previous: None,
            count: 0,
            tag: None,
            value,
        })
    }

    /// Moves to the value of the next member, and returns its name.
    #[inline]
    fn next_member(&mut self, members: &'a Members) -> Result<Option<&'a str>, ReadError> {
        while self.tokens.next_name(&mut self.is_first)? {
            let found = match members.find_quoted(self.previous, self.tokens.behind_quote()) {
                Some(index) => {
                    self.tokens.pass_text(members.at(index).wire_name.len());
                    Some(index)
                }
                None => self.find(members)?,
            };
            let is_null = self.tokens.colon()? == b'n';
            match found {
                Some(index) if !is_null => {
                    self.count_member()?;
                    self.previous = Some(index);
                    let member = members.at(index);
                    self.value = self.value.to(member.target)?;
                    return Ok(Some(&member.name));
                }
                _ => self.tokens.skip()?,
            };
            // a member of a union that is null does not count as a member
            match self.tag {
                Some(_) if is_null => self.tag = None,
                Some(_) => return self.count_member().map(|()| Some(UNKNOWN_MEMBER)),
                None => {}
            }
        }
        if self.is_union && self.count == 0 {
            return Err(ReadError::custom("a union without a member"));
        }
        members.set_expected_len(self.count);
        Ok(None)
    }

    /// Finds a member that is not an expected one. If a union does not have it, it is kept as a tag.
    #[inline(never)]
    fn find(&mut self, members: &Members) -> Result<Option<usize>, ReadError> {
        let name = self.tokens.text()?;
        let found = members.find_wire(self.previous, name.as_str());
        if found.is_none() && self.is_union && name.as_str() != "__type" {
            self.tag = Some(name.into_cow());
        }
        Ok(found)
    }

    #[inline]
    fn count_member(&mut self) -> Result<(), ReadError> {
        self.count = self.count.saturating_add(1);
        match self.is_union && self.count > 1 {
            true => Err(ReadError::custom("a union with more than one member")),
            false => Ok(()),
        }
    }
}

impl<'de> MapAccess<'de> for Entries<'_, '_, 'de> {
    type Error = ReadError;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ReadError> {
        match self.members {
            Some(members) => match self.next_member(members)? {
                Some(name) => seed.deserialize(Key::Name(name)).map(Some),
                None => Ok(None),
            },
            None if self.tokens.next_name(&mut self.is_first)? => {
                self.count = self.count.saturating_add(1);
                let key = seed.deserialize(Key::Text(self.tokens))?;
                self.tokens.colon()?;
                Ok(Some(key))
            }
            None => {
                self.tokens
                    .set_map_len(u8::try_from(self.count).unwrap_or(u8::MAX));
                Ok(None)
            }
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, ReadError> {
        if let Some(tag) = self.tag.take() {
            return unknown(tag, seed);
        }
        seed.deserialize(Json {
            tokens: self.tokens,
            at: self.value,
        })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(match self.members {
            Some(_) if self.is_union => 1,
            Some(members) => members.expected_len(),
            None => self.tokens.map_len(),
        })
    }
}

/// The value of a union's member that the model does not have.
#[cold]
fn unknown<'de, S: DeserializeSeed<'de>>(
    tag: Cow<'de, str>,
    seed: S,
) -> Result<S::Value, ReadError> {
    let name = MapDeserializer::<_, ReadError>::new([("name", tag)].into_iter());
    erased::pass(seed, |seed| seed.deserialize(Present(name)))
}
