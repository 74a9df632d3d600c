//! Where the named parts of a model's text stand, each parsed when first asked for.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

use once_cell::sync::OnceCell;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of one JSON object of the text, by name.
pub(super) struct Index<T> {
    slots: Box<[Slot<T>]>,
    /// Open addressing: a slot's number, or `FREE`. A power of two in size and at most half full.
    table: Box<[u32]>,
}

struct Slot<T> {
    name: Range<u32>,
    raw: Range<u32>,
    value: OnceCell<Arc<T>>,
}

const FREE: u32 = u32::MAX;

impl<T> Index<T> {
    /// `text` is what the entries were read from; it must be shorter than 4 GiB.
    pub(super) fn new(entries: &Entries<'_>, text: &str) -> Self {
        let place = |part: &str| {
            let start = (part.as_ptr() as usize - text.as_ptr() as usize) as u32;
            start..start + part.len() as u32
        };
        let slot = |(name, raw): &(&str, &RawValue)| Slot {
            name: place(name),
            raw: place(raw.get()),
            value: OnceCell::new(),
        };
        let size = (entries.0.len() * 2).next_power_of_two();
        let mut table = vec![FREE; size].into_boxed_slice();
        for (number, (name, _)) in entries.0.iter().enumerate() {
            let mut at = hash(name) as usize & (size - 1);
            while table[at] != FREE {
                at = (at + 1) & (size - 1);
            }
            table[at] = number as u32;
        }
        Self {
            slots: entries.0.iter().map(slot).collect(),
            table,
        }
    }

    pub(super) fn find(&self, name: &str, text: &str) -> Option<u32> {
        let mut at = hash(name) as usize & (self.table.len() - 1);
        while let Some(&number) = self.table.get(at).filter(|n| **n != FREE) {
            if self.entry(number, text).0 == name {
                return Some(number);
            }
            at = (at + 1) & (self.table.len() - 1);
        }
        None
    }

    /// Name and text of an entry.
    pub(super) fn entry<'t>(&self, number: u32, text: &'t str) -> (&'t str, &'t str) {
        let slot = &self.slots[number as usize];
        let part = |range: &Range<u32>| &text[range.start as usize..range.end as usize];
        (part(&slot.name), part(&slot.raw))
    }

    pub(super) fn names<'t>(&self, text: &'t str) -> impl Iterator<Item = &'t str> {
        (0..self.slots.len() as u32).map(|number| self.entry(number, text).0)
    }

    pub(super) fn texts<'t>(&self, text: &'t str) -> impl Iterator<Item = &'t str> {
        (0..self.slots.len() as u32).map(|number| self.entry(number, text).1)
    }

    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&T> {
        let value = self.slots[number as usize].value.get()?;
        Some(value)
    }

    pub(super) fn get_or_try_init<E>(
        &self,
        number: u32,
        parse: impl FnOnce() -> Result<T, E>,
    ) -> Result<&Arc<T>, E> {
        let cell = &self.slots[number as usize].value;
        cell.get_or_try_init(|| parse().map(Arc::new))
    }
}

/// FNV-1a: the names are short and come from a model, not from an adversary.
fn hash(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// The members of a JSON object as they stand, neither parsed nor copied.
#[derive(Default)]
pub(super) struct Entries<'a>(Vec<(&'a str, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ToEntries<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for ToEntries<'a> {
            type Value = Entries<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(ToEntries(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_no_other() {
        let names: Vec<String> = (0..1000).map(|n| format!("Shape{n}")).collect();
        let text = format!(
            "{{{}}}",
            names
                .iter()
                .map(|n| format!("\"{n}\":[{n:?}]"))
                .collect::<Vec<_>>()
                .join(",")
        );
        let entries: Entries<'_> = serde_json::from_str(&text).unwrap();
        let index = Index::<String>::new(&entries, &text);
        for (number, name) in names.iter().enumerate() {
            assert_eq!(index.find(name, &text), Some(number as u32));
            assert_eq!(index.entry(number as u32, &text).1, format!("[{name:?}]"));
        }
        assert_eq!(index.find("Shape1000", &text), None);
    }

    #[test]
    fn an_empty_index_finds_nothing() {
        let index = Index::<u8>::new(&Entries::default(), "");
        assert_eq!(index.find("x", ""), None);
    }
}
