//! The names in an XML document, each once, and which of them is likely at a place.

use std::collections::HashMap;

/// A part of the document.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) len: u32,
}

/// The path of an element that is open, as a number. Two paths may share one.
#[derive(Clone, Copy)]
pub(super) struct Path(u32);

impl Path {
    /// That of the document.
    pub(super) const ROOT: Self = Self(0);

    /// That of a child with this name.
    #[inline]
    pub(super) fn child(self, name: u32) -> Self {
        let next = self.0.rotate_left(5) ^ name.wrapping_mul(0xc2b2_ae3d);
        Self(mixed(next).wrapping_mul(0x9e37_79b1))
    }

    /// The place behind the start tag of this element.
    #[inline]
    pub(super) fn start(self) -> Place {
        Place(mixed(self.0).wrapping_mul(0x85eb_ca77) >> SHIFT)
    }

    /// The place behind the end tag of a child with this name.
    #[inline]
    pub(super) fn after(self, name: u32) -> Place {
        let next = (name + 1).wrapping_mul(0xc2b2_ae3d);
        Place(mixed(self.0.wrapping_add(next)).wrapping_mul(0x85eb_ca77) >> SHIFT)
    }
}

/// Lets high bits count among the low ones, which a product does not.
#[inline]
fn mixed(number: u32) -> u32 {
    number ^ number >> 13
}

/// A place between two tags, as a number below [`PLACES`]. If two places share it, their names replace each other.
#[derive(Clone, Copy)]
pub(super) struct Place(u32);

const PLACES: usize = 4096;
const SHIFT: u32 = u32::BITS - PLACES.ilog2();

/// A name; with the `>` behind it, its first 24 bytes as words.
#[derive(Clone, Copy)]
pub(super) struct Name<'s> {
    pub(super) number: u32,
    pub(super) bytes: &'s [u8],
    words: [u64; 3],
    masks: [u64; 3],
}

/// The bytes that are compared as words.
const WINDOW: usize = 24;

impl<'s> Name<'s> {
    fn new(number: u32, bytes: &'s [u8]) -> Self {
        let (mut start, mut mask) = ([0; WINDOW], [0; WINDOW]);
        for (at, byte) in bytes.iter().chain(b">").take(WINDOW).enumerate() {
            (start[at], mask[at]) = (*byte, 0xff);
        }
        Self {
            number,
            bytes,
            words: words(&start),
            masks: words(&mask),
        }
    }

    /// The end of the name and `>`, if they are at this position. A call for the comparison of so few bytes takes longer than that.
    #[inline(always)]
    pub(super) fn end(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let rest = bytes.get(at..)?;
        let len = self.bytes.len();
        let is_here = match rest.first_chunk() {
            Some(window) => {
                let [a, b, c] = words(window);
                let differs = (a ^ self.words[0]) & self.masks[0]
                    | (b ^ self.words[1]) & self.masks[1]
                    | (c ^ self.words[2]) & self.masks[2];
                differs == 0 && (len < WINDOW || self.rest(rest).is_some_and(is_closed))
            }
            None => self.rest(rest).is_some_and(is_closed),
        };
        is_here.then_some(at + len + 1)
    }

    /// What follows the name, if these bytes start with it.
    pub(super) fn rest<'b>(&self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        bytes.strip_prefix(self.bytes)
    }
}

fn is_closed(rest: &[u8]) -> bool {
    rest.first() == Some(&b'>')
}

#[inline(always)]
fn words(window: &[u8; WINDOW]) -> [u64; 3] {
    let word = |at: usize| -> [u8; 8] {
        [
            window[at],
            window[at + 1],
            window[at + 2],
            window[at + 3],
            window[at + 4],
            window[at + 5],
            window[at + 6],
            window[at + 7],
        ]
    };
    [
        u64::from_le_bytes(word(0)),
        u64::from_le_bytes(word(8)),
        u64::from_le_bytes(word(16)),
    ]
}

/// The names of a document, in the order in which they occur first.
pub(super) struct Names<'s> {
    src: &'s str,
    pub(super) list: Vec<Span>,
    names: Vec<Name<'s>>,
    /// The numbers of the names, if there are too many to compare them all.
    numbers: HashMap<&'s [u8], u32>,
    /// For each place the name that followed last.
    expected: Box<[u16]>,
}

/// So many names are compared faster than hashed.
const FEW: usize = 16;

/// The most names of a document. A model has some hundreds; without a limit, a document of names would need many times its size.
const MOST: usize = u16::MAX as usize;

impl<'s> Names<'s> {
    pub(super) fn new(src: &'s str) -> Self {
        Self {
            src,
            list: Vec::with_capacity(FEW),
            names: Vec::with_capacity(FEW),
            numbers: HashMap::new(),
            expected: vec![u16::MAX; PLACES].into(),
        }
    }

    /// The name that followed this place last.
    #[inline]
    pub(super) fn expected(&self, place: Place) -> Option<&Name<'s>> {
        let number = self.expected.get(place.0 as usize)?;
        self.names.get(usize::from(*number))
    }

    #[inline]
    pub(super) fn at(&self, number: u32) -> &Name<'s> {
        &self.names[number as usize]
    }

    /// Finds or adds a name, which is expected at this place from now on. Returns `None` if there are too many names.
    pub(super) fn find(&mut self, start: u32, len: u32, place: Place) -> Option<u32> {
        let name = self.number(Span { start, len })?;
        // names are numbered below MOST, and places below PLACES
        self.expected[place.0 as usize % PLACES] = name as u16;
        Some(name)
    }

    fn number(&mut self, span: Span) -> Option<u32> {
        let text = &self.src.as_bytes()[span.start as usize..][..span.len as usize];
        let next = self.list.len() as u32; // below MOST
        if self.list.len() < FEW {
            if let Some(known) = self.names.iter().find(|known| known.bytes == text) {
                return Some(known.number);
            }
        } else {
            if self.numbers.is_empty() {
                let known = self.names.iter();
                self.numbers = known.map(|name| (name.bytes, name.number)).collect();
            }
            if let Some(known) = self.numbers.get(text) {
                return Some(*known);
            }
            if self.list.len() >= MOST {
                return None;
            }
            self.numbers.insert(text, next);
        }
        self.list.push(span);
        self.names.push(Name::new(next, text));
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_number() {
        let texts: Vec<String> = (0..40).map(|n| format!("n{n}")).collect();
        let src = texts.concat();
        let mut names = Names::new(&src);
        for _ in 0..2 {
            let mut start = 0;
            for (number, text) in texts.iter().enumerate() {
                let len = text.len() as u32;
                assert_eq!(
                    names.find(start, len, Path::ROOT.start()),
                    Some(number as u32)
                );
                let name = names.expected(Path::ROOT.start()).unwrap();
                assert_eq!((name.number, name.bytes), (number as u32, text.as_bytes()));
                start += len;
            }
        }
        assert_eq!(names.list.len(), 40);
    }

    #[test]
    fn a_name_is_recognised_with_the_end_of_its_tag() {
        let text = b"abcdefghijklmnopqrstuvwxyz0123456789abcdef";
        for len in 1..=34 {
            let name = Name::new(0, &text[..len]);
            for before in [0, 1, 30] {
                let tag = [&text[..before], &text[..len], b">", text].concat();
                for end in 0..tag.len() {
                    let expected = (end > before + len).then_some(before + len + 1);
                    assert_eq!(name.end(&tag[..end], before), expected);
                }
                for at in before..=before + len {
                    let mut other = tag.clone();
                    other[at] = b'_';
                    assert_eq!(name.end(&other, before), None, "{len} {at}");
                }
            }
        }
        assert_eq!(Name::new(0, b"a").end(b"a>", 3), None);
    }
}
