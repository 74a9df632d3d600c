//! The result of an operation without output.

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Error as _, MapAccess};

use crate::codec::ReadError;
use crate::codec::wrappers::Present;

/// Returns a map without entries.
pub(super) fn empty_map() -> Present<MapAccessDeserializer<EmptyMap>> {
    Present(MapAccessDeserializer::new(EmptyMap))
}

pub(super) struct EmptyMap;

impl<'de> MapAccess<'de> for EmptyMap {
    type Error = ReadError;
    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        _: S,
    ) -> Result<Option<S::Value>, ReadError> {
        Ok(None)
    }
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, _: S) -> Result<S::Value, ReadError> {
        Err(ReadError::custom("no value follows"))
    }
}
