//! An index of the named parts of a model. A text is read when one of its parts is first used, and a part is parsed on first use.
//!
//! ```text
//! Index ──► Block  Block  Block       by the first name of each; a model that is read as a whole has one
//!             └──► Entries            the text, where its parts are, and what they were parsed into
//! ```

use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;
use once_cell::sync::OnceCell;

/// Operations or shapes, by name.
pub(super) struct Index<T> {
    blocks: Box<[Block<T>]>,
    /// Reads the text of a block.
    read: Read,
    /// The names of all entries with spaces between them, if they are known without their texts.
    names: Option<Box<str>>,
}

/// Reads the text of the block with this number: a line for each entry, `"RingBell":{…}`.
pub(super) type Read = Arc<dyn Fn(usize) -> Result<String, String> + Send + Sync>;

struct Block<T> {
    /// The names in the block are not less, and those in the blocks before it are.
    first: Box<str>,
    entries: OnceCell<Entries<T>>,
}

struct Entries<T> {
    text: Arc<str>,
    slots: Box<[Slot<T>]>,
    /// The numbers of the slots by name, unless they are in this order.
    sorted: Option<Box<[u32]>>,
}

struct Slot<T> {
    name: Range<u32>,
    raw: Range<u32>,
    value: OnceCell<Arc<T>>,
}

/// The bits of a number that are an entry's place in its block. The others are the block's number.
const PLACE: u32 = 20;

const UNKNOWN: &str = "it is not in this model";

impl<T> Index<T> {
    /// Indexes entries that borrow from `text`, which must be shorter than 4 GiB.
    pub(super) fn new<'t>(
        entries: impl ExactSizeIterator<Item = (&'t str, &'t str)>,
        text: &Arc<str>,
    ) -> Result<Self, String> {
        let block = Block {
            first: Box::default(),
            entries: OnceCell::with_value(Entries::new(entries, text.clone())?),
        };
        Ok(Self {
            blocks: [block].into(),
            read: Arc::new(|_| Err(UNKNOWN.into())),
            names: None,
        })
    }

    /// Indexes blocks by their first names. The first block has the names before that of the second.
    pub(super) fn in_blocks<'t>(
        firsts: impl Iterator<Item = &'t str>,
        read: Read,
        names: Option<&str>,
    ) -> Result<Self, String> {
        let block = |first: &str| Block {
            first: first.into(),
            entries: OnceCell::new(),
        };
        let blocks: Box<[_]> = firsts.map(block).collect();
        match blocks.len() <= 1 << (u32::BITS - PLACE) {
            true => Ok(Self {
                blocks,
                read,
                names: names.map(Into::into),
            }),
            false => Err("it has too many blocks".into()),
        }
    }

    /// The same index, of which nothing is parsed.
    #[cfg(feature = "mock")]
    pub(super) fn unparsed(&self) -> Self {
        let block = |block: &Block<T>| Block {
            first: block.first.clone(),
            entries: match block.entries.get() {
                Some(entries) => OnceCell::with_value(entries.unparsed()),
                None => OnceCell::new(),
            },
        };
        Self {
            blocks: self.blocks.iter().map(block).collect(),
            read: self.read.clone(),
            names: self.names.clone(),
        }
    }

    /// The number of the entry with this name.
    pub(super) fn find(&self, name: &str) -> Result<Option<u32>, String> {
        let after = self.blocks.partition_point(|block| *block.first <= *name);
        let Some(block) = after.checked_sub(1) else {
            return Ok(None);
        };
        let entries = match (self.blocks[block].entries.get(), &self.names) {
            (Some(entries), _) => entries,
            // a block is not read for a name in another spelling
            (None, Some(names)) if memmem::find(names.as_bytes(), name.as_bytes()).is_none() => {
                return Ok(None);
            }
            (None, _) => self.entries(block)?,
        };
        let place = entries.find(name);
        Ok(place.map(|place| (block as u32) << PLACE | place))
    }

    /// The name and the text of an entry.
    pub(super) fn entry(&self, number: u32) -> Result<(&str, &str), String> {
        let (block, place) = places(number);
        let entries = self.entries(block)?;
        let slot = entries.slots.get(place).ok_or(UNKNOWN)?;
        Ok(entries.entry(slot))
    }

    /// The names of all entries, in the order of the model.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let known = self.names.as_deref();
        let read = known.is_none().then(|| self.all());
        let known = known.into_iter().flat_map(str::split_ascii_whitespace);
        known.chain(read.into_iter().flatten().map(|(name, _)| name))
    }

    /// The names and texts of all entries, in the order of the model. Those of a block that cannot be read are left out.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let blocks = (0..self.blocks.len()).filter_map(|block| match self.entries(block) {
            Ok(entries) => Some(entries),
            Err(error) => {
                tracing::warn!(error, "a part of a model is left out");
                None
            }
        });
        blocks.flat_map(|entries| entries.slots.iter().map(|slot| entries.entry(slot)))
    }

    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&T> {
        let (block, place) = places(number);
        let entries = self.blocks.get(block)?.entries.get()?;
        let value = entries.slots.get(place)?.value.get()?;
        Some(value)
    }

    /// What an entry was parsed into, or else is by this function, which gets its name and text.
    pub(super) fn get_or_try_init(
        &self,
        number: u32,
        parse: impl FnOnce(&str, &str) -> Result<T, String>,
    ) -> Result<&Arc<T>, String> {
        let (block, place) = places(number);
        let entries = self.entries(block)?;
        let slot = entries.slots.get(place).ok_or(UNKNOWN)?;
        slot.value.get_or_try_init(|| {
            let (name, text) = entries.entry(slot);
            parse(name, text).map(Arc::new)
        })
    }

    /// Reads all blocks.
    pub(super) fn check(&self) -> Result<(), String> {
        (0..self.blocks.len()).try_for_each(|block| self.entries(block).map(drop))
    }

    fn entries(&self, block: usize) -> Result<&Entries<T>, String> {
        let found = self.blocks.get(block).ok_or(UNKNOWN)?;
        let read = || Entries::of_lines((self.read)(block)?.into());
        found.entries.get_or_try_init(read)
    }
}

fn places(number: u32) -> (usize, usize) {
    let place = number & ((1 << PLACE) - 1);
    ((number >> PLACE) as usize, place as usize)
}

impl<T> Entries<T> {
    fn new<'t>(
        entries: impl ExactSizeIterator<Item = (&'t str, &'t str)>,
        text: Arc<str>,
    ) -> Result<Self, String> {
        if entries.len() > 1 << PLACE {
            return Err("it has more than a million operations or shapes".into());
        }
        let mut slots = Vec::with_capacity(entries.len());
        let mut last = "";
        let mut is_sorted = true;
        for (name, raw) in entries {
            is_sorted &= slots.is_empty() || last < name;
            last = name;
            let place = |part: &str| {
                let start = (part.as_ptr() as usize - text.as_ptr() as usize) as u32;
                start..start + part.len() as u32
            };
            slots.push(Slot {
                name: place(name),
                raw: place(raw),
                value: OnceCell::new(),
            });
        }
        let mut this = Self {
            text,
            slots: slots.into(),
            sorted: None,
        };
        if !is_sorted {
            let mut sorted: Box<[u32]> = (0..this.slots.len() as u32).collect();
            // of two entries with one name, the first is found
            sorted.sort_by_key(|number| this.entry(&this.slots[*number as usize]).0);
            this.sorted = Some(sorted);
        }
        Ok(this)
    }

    /// Indexes a text with a line for each entry.
    fn of_lines(text: Arc<str>) -> Result<Self, String> {
        let mut entries = Vec::new();
        let mut rest = &*text;
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
            let (line, after) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
            entries.push(entry(line).ok_or("a line of a block is not an entry")?);
            rest = after;
        }
        Self::new(entries.into_iter(), text.clone())
    }

    #[cfg(feature = "mock")]
    fn unparsed(&self) -> Self {
        let slot = |slot: &Slot<T>| Slot {
            name: slot.name.clone(),
            raw: slot.raw.clone(),
            value: OnceCell::new(),
        };
        Self {
            text: self.text.clone(),
            slots: self.slots.iter().map(slot).collect(),
            sorted: self.sorted.clone(),
        }
    }

    fn entry(&self, slot: &Slot<T>) -> (&str, &str) {
        let part = |range: &Range<u32>| &self.text[range.start as usize..range.end as usize];
        (part(&slot.name), part(&slot.raw))
    }

    fn find(&self, name: &str) -> Option<u32> {
        let named = |number: u32| self.entry(&self.slots[number as usize]).0;
        let number = match &self.sorted {
            None => {
                let at = self.slots.partition_point(|slot| self.entry(slot).0 < name);
                at as u32
            }
            Some(sorted) => {
                let at = sorted.partition_point(|number| named(*number) < name);
                *sorted.get(at)?
            }
        };
        let is_known = (number as usize) < self.slots.len() && named(number) == name;
        is_known.then_some(number)
    }
}

/// The name and the text in a line.
fn entry(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix('"')?;
    let (name, text) = rest.split_at_checked(memchr::memchr(b'"', rest.as_bytes())?)?;
    Some((name, text.strip_prefix("\":")?))
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;
    use crate::model::ordered::Ordered;

    /// An index of entries whose text is their name in brackets.
    fn whole(names: &[String]) -> Index<String> {
        let entries: Vec<String> = names.iter().map(|n| format!("\"{n}\":[{n:?}]")).collect();
        let text: Arc<str> = format!("{{{}}}", entries.join(",")).into();
        let entries: Ordered<&str, &RawValue> = serde_json::from_str(&text).unwrap();
        Index::new(entries.texts(), &text).unwrap()
    }

    /// The same in blocks of seven entries.
    fn in_blocks(names: &[String]) -> Index<String> {
        let blocks: Vec<String> = (names.chunks(7))
            .map(|names| {
                let lines = names.iter().map(|n| format!("\"{n}\":[{n:?}]"));
                lines.collect::<Vec<_>>().join("\n")
            })
            .collect();
        let firsts = names.chunks(7).map(|names| &*names[0]);
        let read = move |block: usize| blocks.get(block).cloned().ok_or_else(|| "no block".into());
        Index::in_blocks(firsts, Arc::new(read), None).unwrap()
    }

    fn finds_all(index: &Index<String>, names: &[String]) {
        for name in names {
            let number = index.find(name).unwrap().expect(name);
            let text = format!("[{name:?}]");
            assert_eq!(index.entry(number).unwrap(), (&**name, &*text));
            let parsed = index.get_or_try_init(number, |name, text| Ok(format!("{name} {text}")));
            assert_eq!(**parsed.unwrap(), format!("{name} {text}"));
            assert_eq!(index.get(number), Some(&format!("{name} {text}")));
        }
        assert!(index.names().eq(names));
        for other in ["", "Shape", "Shape1000", "zzz"] {
            assert_eq!(index.find(other).unwrap(), None, "{other}");
        }
    }

    #[test]
    fn every_name_is_found_and_no_other() {
        let names: Vec<String> = (0..1000).map(|n| format!("Shape{n}")).collect();
        finds_all(&whole(&names), &names);
        let mut sorted = names;
        sorted.sort_unstable();
        finds_all(&whole(&sorted), &sorted);
        finds_all(&in_blocks(&sorted), &sorted);
    }

    #[test]
    fn the_first_of_two_entries_with_one_name_is_found() {
        let text: Arc<str> = r#"{"b":1,"a":2,"b":3}"#.into();
        let entries: Ordered<&str, &RawValue> = serde_json::from_str(&text).unwrap();
        let index = Index::<u8>::new(entries.texts(), &text).unwrap();
        let number = index.find("b").unwrap().unwrap();
        assert_eq!(index.entry(number).unwrap(), ("b", "1"));
        assert!(index.names().eq(["b", "a", "b"]));
    }

    #[test]
    fn only_blocks_that_are_used_are_read() {
        let blocks = ["\"a\":{}", "broken", "\"e\":[1]\n\"f\":[2]"];
        let read = move |block: usize| {
            blocks
                .get(block)
                .map(ToString::to_string)
                .ok_or_else(|| "x".into())
        };
        let firsts = ["", "c", "e", "g"].into_iter();
        let index = Index::<u8>::in_blocks(firsts, Arc::new(read), None).unwrap();
        assert!(index.find("a").unwrap().is_some());
        let number = index.find("f").unwrap().unwrap();
        assert_eq!(index.entry(number).unwrap(), ("f", "[2]"));
        assert_eq!(
            index.find("d").unwrap_err(),
            "a line of a block is not an entry"
        );
        assert_eq!(index.find("g").unwrap_err(), "x");
        assert!(index.entry(number + 1).is_err());
        assert!(index.entry(u32::MAX).is_err() && index.get(u32::MAX).is_none());
        assert!(index.names().eq(["a", "e", "f"]));
    }

    #[test]
    fn an_empty_index_finds_nothing() {
        let text = "".into();
        let index = Index::<u8>::new(std::iter::empty(), &text).unwrap();
        assert_eq!(index.find("x"), Ok(None));
        let none = Index::<u8>::in_blocks(std::iter::empty(), index.read, Some("")).unwrap();
        assert_eq!((none.find("x"), none.names().count()), (Ok(None), 0));
    }
}
