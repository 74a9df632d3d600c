//! The file with all models. Each text can be read alone.
//!
//! ```text
//! pack   = magic, count: u32, dictionary length: u32, entry × count, names, dictionary, frame × count
//! entry  = end of the name in names: u32, end of the frame in frames: u32, length of the text: u32
//! ```
//! Numbers are little-endian, names are sorted. The frames are zstd's; all share the dictionary, because rules, paginators
//! and small models are much alike.

use std::fmt;

use zstd::bulk::Decompressor;
use zstd::dict::DecoderDictionary;

const MAGIC: &[u8] = b"tucuxi pack 1\n";
const ENTRY: usize = 12;

/// A view of a pack, which is validated as it is read. Only the dictionary is copied or built in advance.
pub(crate) struct Pack<'a> {
    entries: &'a [u8],
    names: &'a [u8],
    dictionary: DecoderDictionary<'static>,
    frames: &'a [u8],
}

/// A pack is truncated or modified.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the pack is broken")
    }
}

impl std::error::Error for Broken {}

impl<'a> Pack<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, Broken> {
        Self::split(bytes).ok_or(Broken)
    }

    fn split(bytes: &'a [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (count, rest) = (number(rest, 0)?, rest.get(4..)?);
        let (dictionary, rest) = (number(rest, 0)?, rest.get(4..)?);
        let (entries, rest) = rest.split_at_checked(count.checked_mul(ENTRY)?)?;
        let names = match count.checked_sub(1) {
            Some(last) => number(entries, last * ENTRY)?,
            None => 0,
        };
        let (names, rest) = rest.split_at_checked(names)?;
        let (dictionary, frames) = rest.split_at_checked(dictionary)?;
        Some(Self {
            entries,
            names,
            dictionary: DecoderDictionary::copy(dictionary),
            frames,
        })
    }

    fn count(&self) -> usize {
        self.entries.len() / ENTRY
    }

    /// The values in this column of the entry before and of this entry.
    fn bounds(&self, index: usize, column: usize) -> Option<std::ops::Range<usize>> {
        let end = |index: usize| number(self.entries, index * ENTRY + column);
        let start = match index.checked_sub(1) {
            Some(before) => end(before)?,
            None => 0,
        };
        Some(start..end(index)?)
    }

    fn name(&self, index: usize) -> &'a str {
        let name = self
            .bounds(index, 0)
            .and_then(|range| self.names.get(range));
        name.and_then(|name| std::str::from_utf8(name).ok())
            .unwrap_or_default()
    }

    /// All names, sorted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.names_from("")
    }

    /// The names from this one onwards.
    pub(crate) fn names_from(&self, first: &str) -> impl Iterator<Item = &'a str> {
        let (Ok(start) | Err(start)) = self.search(first);
        (start..self.count()).map(move |index| self.name(index))
    }

    /// The index of a name, or else of the first after it.
    fn search(&self, name: &str) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = low.midpoint(high);
            match self.name(middle).cmp(name) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Ok(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    /// The text with this name.
    pub(crate) fn read(&self, name: &str) -> Result<Option<String>, Broken> {
        let Ok(index) = self.search(name) else {
            return Ok(None);
        };
        self.text(index).map(Some).ok_or(Broken)
    }

    fn text(&self, index: usize) -> Option<String> {
        let frame = self.frames.get(self.bounds(index, 4)?)?;
        let len = number(self.entries, index * ENTRY + 8)?;
        let mut decompressor = Decompressor::with_prepared_dictionary(&self.dictionary).ok()?;
        let bytes = decompressor.decompress(frame, len).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        (text.len() == len).then_some(text)
    }
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..)?.first_chunk()?;
    usize::try_from(u32::from_le_bytes(*four)).ok()
}

/// Packs texts by name.
#[cfg(feature = "cli")]
pub(crate) fn write(
    texts: &std::collections::BTreeMap<String, String>,
) -> std::io::Result<Vec<u8>> {
    use std::io::{Error, ErrorKind};
    /// The best level that does not take minutes.
    const LEVEL: i32 = 19;
    const DICTIONARY: usize = 64 * 1024;
    /// Larger texts gain nothing from a dictionary, and would dominate it.
    const SAMPLE: usize = 64 * 1024;

    let number = |n: usize| match u32::try_from(n) {
        Ok(n) => Ok(n.to_le_bytes()),
        Err(_) => Err(Error::new(ErrorKind::InvalidData, "more than 4 GiB")),
    };
    let samples: Vec<&str> = texts
        .values()
        .map(|text| &**text)
        .filter(|text| text.len() < SAMPLE)
        .collect();
    let dictionary = match samples.len() {
        0..100 => Vec::new(), // too few samples for zstd to train a dictionary
        _ => zstd::dict::from_samples(&samples, DICTIONARY)?,
    };
    let mut compressor = zstd::bulk::Compressor::with_dictionary(LEVEL, &dictionary)?;
    let (mut entries, mut names, mut frames) = (Vec::new(), Vec::new(), Vec::new());
    for (name, text) in texts {
        names.extend_from_slice(name.as_bytes());
        frames.extend(compressor.compress(text.as_bytes())?);
        for part in [names.len(), frames.len(), text.len()] {
            entries.extend(number(part)?);
        }
    }
    let (count, dictionary_len) = (number(texts.len())?, number(dictionary.len())?);
    Ok([
        MAGIC,
        &count,
        &dictionary_len,
        &entries,
        &names,
        &dictionary,
        &frames,
    ]
    .concat())
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn sample() -> BTreeMap<String, String> {
        let text = |n: usize| {
            (
                format!("s{n}/1/service-2"),
                format!("{{\"metadata\":{n},\"shapes\":{{}}}}").repeat(n),
            )
        };
        (0..300).map(text).collect()
    }

    #[test]
    fn a_packed_text_can_be_read() {
        let texts = sample();
        let bytes = write(&texts).unwrap();
        let pack = Pack::new(&bytes).unwrap();
        assert!(pack.names().eq(texts.keys()));
        for (name, text) in &texts {
            assert_eq!(pack.read(name).unwrap().as_deref(), Some(&**text), "{name}");
        }
        assert_eq!(pack.read("s1").unwrap(), None);
    }

    #[test]
    fn a_pack_that_is_cut_anywhere_does_not_panic() {
        let bytes = write(&sample().into_iter().take(2).collect()).unwrap();
        for end in 0..bytes.len() {
            if let Ok(pack) = Pack::new(&bytes[..end]) {
                assert!(pack.read("s1/1/service-2").is_err(), "cut at {end}");
            }
        }
    }
}
