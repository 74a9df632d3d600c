//! An index of the named parts of a model's text. Each part is parsed on first use.

use std::ops::Range;
use std::sync::Arc;

use once_cell::sync::OnceCell;

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
    /// Indexes entries that borrow from `text`, which must be shorter than 4 GiB.
    pub(super) fn new<'t>(
        entries: impl ExactSizeIterator<Item = (&'t str, &'t str)>,
        text: &str,
    ) -> Self {
        let place = |part: &str| {
            let start = (part.as_ptr() as usize - text.as_ptr() as usize) as u32;
            start..start + part.len() as u32
        };
        let size = (entries.len() * 2).next_power_of_two();
        let mut table = vec![FREE; size].into_boxed_slice();
        let mut slots = Vec::with_capacity(entries.len());
        for (number, (name, raw)) in entries.enumerate() {
            let mut at = hash(name) as usize & (size - 1);
            while table[at] != FREE {
                at = (at + 1) & (size - 1);
            }
            table[at] = number as u32;
            slots.push(Slot {
                name: place(name),
                raw: place(raw),
                value: OnceCell::new(),
            });
        }
        Self {
            slots: slots.into(),
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

    /// The name and the text of an entry.
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

/// FNV-1a. The names are short and come from a model, not from an adversary.
fn hash(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;
    use crate::model::ordered::Ordered;

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
        let entries: Ordered<&str, &RawValue> = serde_json::from_str(&text).unwrap();
        let index = Index::<String>::new(entries.texts(), &text);
        for (number, name) in names.iter().enumerate() {
            assert_eq!(index.find(name, &text), Some(number as u32));
            assert_eq!(index.entry(number as u32, &text).1, format!("[{name:?}]"));
        }
        assert_eq!(index.find("Shape1000", &text), None);
    }

    #[test]
    fn an_empty_index_finds_nothing() {
        let index = Index::<u8>::new(std::iter::empty(), "");
        assert_eq!(index.find("x", ""), None);
    }
}
