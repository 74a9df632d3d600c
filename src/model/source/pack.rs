//! The file with all models. Each entry can be read alone.
//!
//! ```text
//! pack   = magic, count: u32, dictionary length: u32, entry × count, names, dictionary, frames
//! entry  = end of the name in names: u32, end of its frames in frames: u32
//! ```
//! Numbers are little-endian, names are sorted. The frames are zstd's: one for a text; for a model in blocks (`model/blocks.rs`), that
//! of the front, then that of a dictionary if the model is large, and one for each block. All frames but the blocks of large models share the dictionary of the
//! pack, because rules, paginators and small models are much alike.

#[cfg(feature = "cli")]
use std::collections::BTreeMap;
use std::fmt;
#[cfg(feature = "cli")]
use std::io;
use std::sync::Mutex;

#[cfg(feature = "cli")]
use zstd::bulk::Compressor;
use zstd::dict::DecoderDictionary;
use zstd::zstd_safe::{DCtx, find_frame_compressed_size, get_frame_content_size};

use super::directory::LARGEST;
use crate::sync;

const MAGIC: &[u8] = b"tucuxi pack 2\n";
const ENTRY: usize = 8;

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
            dictionary: DecoderDictionary::try_copy(dictionary).ok()?,
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

    /// The frames of an entry, one for each text.
    pub(crate) fn frames(&self, name: &str) -> Result<Option<Vec<&'a [u8]>>, Broken> {
        match self.search(name) {
            Ok(index) => self.split_frames(index).map(Some).ok_or(Broken),
            Err(_) => Ok(None),
        }
    }

    fn split_frames(&self, index: usize) -> Option<Vec<&'a [u8]>> {
        let mut rest = self.frames.get(self.bounds(index, 4)?)?;
        let mut frames = Vec::new();
        while !rest.is_empty() {
            let (frame, after) = rest.split_at_checked(find_frame_compressed_size(rest).ok()?)?;
            frames.push(frame);
            rest = after;
        }
        (!frames.is_empty()).then_some(frames)
    }

    /// The text in a frame.
    pub(crate) fn unpack(&self, frame: &[u8]) -> Result<String, Broken> {
        unpack(&self.dictionary, frame)
    }

    /// The dictionary in a frame.
    pub(crate) fn dictionary(&self, frame: &[u8]) -> Result<DecoderDictionary<'static>, Broken> {
        let bytes = bytes(&self.dictionary, frame).ok_or(Broken)?;
        DecoderDictionary::try_copy(&bytes).map_err(|_| Broken)
    }
}

/// The text in a frame with this dictionary.
pub(crate) fn unpack(dictionary: &DecoderDictionary<'_>, frame: &[u8]) -> Result<String, Broken> {
    let text = bytes(dictionary, frame).and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or(Broken)
}

fn bytes(dictionary: &DecoderDictionary<'_>, frame: &[u8]) -> Option<Vec<u8>> {
    let len = get_frame_content_size(frame).ok()??;
    // memory is allocated for what a broken frame says, too
    let len = usize::try_from(len).ok().filter(|_| len <= LARGEST)?;
    let mut context = take_context()?;
    let mut bytes = Vec::with_capacity(len);
    let unpacked = context.decompress_using_ddict(&mut bytes, frame, dictionary.as_ddict());
    unpacked.ok()?;
    *sync::lock(&CONTEXT) = Some(context);
    (bytes.len() == len).then_some(bytes)
}

/// The decompressor that was used last. A new one asks the processor for its features, which a virtual machine answers slowly: the
/// first call of EC2 took a third longer with one for each of its 33 frames.
static CONTEXT: Mutex<Option<DCtx<'static>>> = Mutex::new(None);

fn take_context() -> Option<DCtx<'static>> {
    let known = sync::lock(&CONTEXT).take();
    known.or_else(DCtx::try_create)
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..)?.first_chunk()?;
    usize::try_from(u32::from_le_bytes(*four)).ok()
}

/// What is packed.
#[cfg(feature = "cli")]
pub(crate) enum Entry {
    /// A text.
    Text(String),
    /// A model.
    Model(crate::model::split::Split),
}

/// Packs entries by name.
#[cfg(feature = "cli")]
pub(crate) fn write(entries: &BTreeMap<String, Entry>) -> io::Result<Vec<u8>> {
    let dictionary = common_dictionary(entries)?;
    let mut compressor = Compressor::with_dictionary(LEVEL, &dictionary)?;
    let (mut table, mut names, mut frames) = (Vec::new(), Vec::new(), Vec::new());
    for (name, entry) in entries {
        names.extend_from_slice(name.as_bytes());
        match entry {
            Entry::Text(text) => frames.extend(compressor.compress(text.as_bytes())?),
            Entry::Model(model) => {
                frames.extend(compressor.compress(model.front.as_bytes())?);
                match model.dictionary {
                    0 => write_blocks(&model.blocks, &mut compressor, &mut frames)?,
                    size => {
                        let own = own_dictionary(&model.blocks, size);
                        frames.extend(compressor.compress(&own)?);
                        let mut compressor = Compressor::with_dictionary(LEVEL, &own)?;
                        write_blocks(&model.blocks, &mut compressor, &mut frames)?;
                    }
                }
            }
        }
        for part in [names.len(), frames.len()] {
            table.extend(size(part)?);
        }
    }
    let (count, dictionary_len) = (size(entries.len())?, size(dictionary.len())?);
    Ok([
        MAGIC,
        &count,
        &dictionary_len,
        &table,
        &names,
        &dictionary,
        &frames,
    ]
    .concat())
}

/// The best level that does not take minutes.
#[cfg(feature = "cli")]
const LEVEL: i32 = 19;

#[cfg(feature = "cli")]
fn size(n: usize) -> io::Result<[u8; 4]> {
    let more = |_| io::Error::new(io::ErrorKind::InvalidData, "more than 4 GiB");
    Ok(u32::try_from(n).map_err(more)?.to_le_bytes())
}

#[cfg(feature = "cli")]
fn write_blocks(
    blocks: &[String],
    compressor: &mut Compressor<'_>,
    frames: &mut Vec<u8>,
) -> io::Result<()> {
    for block in blocks {
        frames.extend(compressor.compress(block.as_bytes())?);
    }
    Ok(())
}

/// The dictionary of all frames that have none of their own.
#[cfg(feature = "cli")]
fn common_dictionary(entries: &BTreeMap<String, Entry>) -> io::Result<Vec<u8>> {
    const SIZE: usize = 64 * 1024;
    /// Larger texts gain nothing from a dictionary, and would dominate it.
    const SAMPLE: usize = 64 * 1024;
    let mut samples = Vec::new();
    for entry in entries.values() {
        match entry {
            Entry::Text(text) => samples.push(&**text),
            Entry::Model(model) => {
                samples.push(&*model.front);
                let blocks = model.blocks.iter().filter(|_| model.dictionary == 0);
                samples.extend(blocks.map(|block| &**block));
            }
        }
    }
    samples.retain(|text| text.len() <= SAMPLE + SAMPLE / 8);
    match samples.len() {
        0..100 => Ok(Vec::new()), // too few samples for zstd to train a dictionary
        _ => zstd::dict::from_samples(&samples, SIZE),
    }
}

/// The dictionary of the blocks of one model, whose samples are its entries. It is empty if these are too few.
#[cfg(feature = "cli")]
fn own_dictionary(blocks: &[String], size: usize) -> Vec<u8> {
    let samples: Vec<&str> = blocks.iter().flat_map(|block| block.lines()).collect();
    zstd::dict::from_samples(&samples, size).unwrap_or_default()
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::*;
    use crate::model::split::Split;

    /// Texts, and models with and without dictionaries.
    fn sample() -> BTreeMap<String, Entry> {
        let entry = |n: usize| {
            let text = format!("{{\"metadata\":{n},\"shapes\":{{}}}}").repeat(n);
            let lines = (0..n % 3 * 100).map(|shape| format!("\"Shape{shape}\":{{\"n\":{n}}}"));
            let lines: Vec<String> = lines.collect();
            let entry = match n % 3 {
                0 => Entry::Text(text),
                dictionary => Entry::Model(Split {
                    front: text,
                    dictionary: (dictionary - 1) * 2000,
                    blocks: lines.chunks(50).map(|lines| lines.join("\n")).collect(),
                }),
            };
            (format!("s{n:03}/1/service-2"), entry)
        };
        (0..150).map(entry).collect()
    }

    /// The texts of an entry.
    fn read(pack: &Pack<'_>, name: &str, entry: &Entry) -> Result<Option<Vec<String>>, Broken> {
        let Some(frames) = pack.frames(name)? else {
            return Ok(None);
        };
        let mut texts = vec![pack.unpack(frames[0])?];
        match entry {
            Entry::Model(model) if model.dictionary > 0 => {
                let own = pack.dictionary(frames.get(1).ok_or(Broken)?)?;
                for frame in &frames[2..] {
                    texts.push(unpack(&own, frame)?);
                }
            }
            _ => {
                for frame in &frames[1..] {
                    texts.push(pack.unpack(frame)?);
                }
            }
        }
        Ok(Some(texts))
    }

    #[test]
    fn packed_texts_can_be_read() {
        let entries = sample();
        let bytes = write(&entries).unwrap();
        let pack = Pack::new(&bytes).unwrap();
        assert!(pack.names().eq(entries.keys()));
        for (name, entry) in &entries {
            let texts = match entry {
                Entry::Text(text) => vec![text.clone()],
                Entry::Model(model) => {
                    let front = std::iter::once(&model.front);
                    front.chain(&model.blocks).cloned().collect()
                }
            };
            assert_eq!(read(&pack, name, entry).unwrap(), Some(texts), "{name}");
        }
        assert!(pack.frames("s1").unwrap().is_none());
    }

    #[test]
    fn a_pack_that_is_cut_anywhere_does_not_panic() {
        let entries: BTreeMap<_, _> = sample().into_iter().take(3).collect();
        let bytes = write(&entries).unwrap();
        let (name, entry) = entries.last_key_value().unwrap();
        for end in 0..bytes.len() {
            if let Ok(pack) = Pack::new(&bytes[..end]) {
                assert!(read(&pack, name, entry).is_err(), "cut at {end}");
            }
        }
    }

    #[test]
    fn a_pack_that_is_changed_anywhere_does_not_panic() {
        let entries: BTreeMap<_, _> = sample().into_iter().take(3).collect();
        let bytes = write(&entries).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            if let Ok(pack) = Pack::new(&changed) {
                for (name, entry) in &entries {
                    let _ = read(&pack, name, entry);
                }
            }
        }
    }
}
