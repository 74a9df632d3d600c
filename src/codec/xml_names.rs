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
        Self((self.0.rotate_left(5) ^ name).wrapping_mul(0x9e37_79b1))
    }

    /// The place behind the start tag of this element.
    #[inline]
    pub(super) fn start(self) -> Place {
        Place(self.0.wrapping_mul(0x85eb_ca77) >> SHIFT)
    }

    /// The place behind the end tag of a child with this name.
    #[inline]
    pub(super) fn after(self, name: u32) -> Place {
        Place((self.0 ^ name.wrapping_mul(0xc2b2_ae3d)).wrapping_mul(0x9e37_79b1) >> SHIFT)
    }
}

/// A place between two tags, as a number below [`PLACES`]. If two places share it, their names replace each other.
#[derive(Clone, Copy)]
pub(super) struct Place(u32);

const PLACES: usize = 1024;
const SHIFT: u32 = u32::BITS - PLACES.ilog2();

/// A name, and its first 16 bytes as two words.
#[derive(Clone, Copy)]
pub(super) struct Name<'s> {
    pub(super) number: u32,
    pub(super) bytes: &'s [u8],
    words: [u64; 2],
    masks: [u64; 2],
}

/// The bytes that are compared as words.
const WINDOW: usize = 16;

impl<'s> Name<'s> {
    fn new(number: u32, bytes: &'s [u8]) -> Self {
        let (mut first, mut mask) = ([0; WINDOW], [0; WINDOW]);
        for (at, byte) in bytes.iter().take(WINDOW).enumerate() {
            (first[at], mask[at]) = (*byte, 0xff);
        }
        let (words, masks) = (words(&first), words(&mask));
        Self {
            number,
            bytes,
            words,
            masks,
        }
    }

    /// What follows the name, if these bytes start with it. A call for the comparison of so few bytes takes longer than that.
    #[inline(always)]
    pub(super) fn rest<'b>(&self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        let rest = bytes.get(self.bytes.len()..)?;
        let is_same = match bytes.first_chunk() {
            Some(window) => {
                let [first, second] = words(window);
                let differs = (first ^ self.words[0]) & self.masks[0]
                    | (second ^ self.words[1]) & self.masks[1];
                differs == 0
                    && (self.bytes.len() <= WINDOW
                        || bytes[WINDOW..self.bytes.len()] == self.bytes[WINDOW..])
            }
            None => bytes.starts_with(self.bytes),
        };
        is_same.then_some(rest)
    }
}

#[inline(always)]
fn words(window: &[u8; WINDOW]) -> [u64; 2] {
    let whole = u128::from_le_bytes(*window);
    [whole as u64, (whole >> 64) as u64]
}

/// The names of a document, in the order in which they occur first.
pub(super) struct Names<'s> {
    src: &'s str,
    pub(super) list: Vec<Span>,
    names: Vec<Name<'s>>,
    /// The numbers of the names, if there are too many to compare them all.
    numbers: HashMap<&'s [u8], u32>,
    /// For each place the name that followed last.
    expected: [u32; PLACES],
}

/// So many names are compared faster than hashed.
const FEW: usize = 16;

/// The most names of a document. A model has some hundreds; without a limit, a document of names would need fifteen times its size.
const MOST: usize = 1 << 16;

impl<'s> Names<'s> {
    pub(super) fn new(src: &'s str) -> Self {
        Self {
            src,
            list: Vec::with_capacity(FEW),
            names: Vec::with_capacity(FEW),
            numbers: HashMap::new(),
            expected: [u32::MAX; PLACES],
        }
    }

    /// The name that followed this place last.
    #[inline]
    pub(super) fn expected(&self, place: Place) -> Option<&Name<'s>> {
        let number = self.expected[place.0 as usize % PLACES];
        self.names.get(number as usize)
    }

    #[inline]
    pub(super) fn at(&self, number: u32) -> &Name<'s> {
        &self.names[number as usize]
    }

    /// Finds or adds a name, which is expected at this place from now on. Returns `None` if there are too many names.
    pub(super) fn find(&mut self, start: u32, len: u32, place: Place) -> Option<u32> {
        let name = self.number(Span { start, len })?;
        self.expected[place.0 as usize % PLACES] = name;
        Some(name)
    }

    fn number(&mut self, span: Span) -> Option<u32> {
        let text = &self.src.as_bytes()[span.start as usize..][..span.len as usize];
        let next = self.list.len() as u32; // at most MOST
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
    fn a_name_is_recognised_at_the_start_of_bytes() {
        let text = b"abcdefghijklmnopqrstuvwxyz>0123456789abcdef";
        for len in 1..=26 {
            let name = Name::new(0, &text[..len]);
            for end in 0..text.len() {
                let expected = text[..end].strip_prefix(&text[..len]);
                assert_eq!(name.rest(&text[..end]), expected);
            }
            for at in 0..len {
                let mut other = *text;
                other[at] = b'_';
                assert_eq!(name.rest(&other), None, "{len} {at}");
            }
        }
    }
}
