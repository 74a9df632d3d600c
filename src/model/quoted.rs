//! The names of members as they are compared with a JSON text.

/// The name of a member with the quote behind it. The first 16 bytes are compared as two words, which takes less time than the call
/// of a function that compares texts.
#[derive(Debug)]
pub(super) struct Quoted {
    words: [u64; 2],
    masks: [u64; 2],
    /// The length of the name; 0 if no text is compared with it.
    len: usize,
}

/// The bytes that are compared as words.
const WINDOW: usize = 16;
const WORD: usize = 8;

/// The names of the members of a structure or a union.
#[derive(Debug)]
pub(super) struct QuotedNames {
    list: Box<[Quoted]>,
    /// By a hash of its first word, the member with a short name. If two share a place, the other one is not expected there.
    short: [u8; PLACES],
}

const PLACES: usize = 64;

/// The place of a name that is, with its quote, one word.
#[inline(always)]
fn place(word: u64) -> usize {
    (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - PLACES.ilog2())) as usize
}

impl QuotedNames {
    /// The names of members; `None` is a member that is not in the text.
    #[cold]
    pub(super) fn new<'m>(names: impl Iterator<Item = Option<&'m str>>) -> Self {
        let list: Box<[Quoted]> = names.map(|name| Quoted::new(name.unwrap_or(""))).collect();
        let mut short = [0; PLACES];
        for (at, name) in list.iter().enumerate().rev() {
            if let Ok(at) = u8::try_from(at)
                && (1..WORD).contains(&name.len)
            {
                short[place(name.words[0])] = at;
            }
        }
        Self { list, short }
    }

    /// The member whose name, and then a quote, a text begins with: the expected one, or one with a short name. `name` returns the whole
    /// name of a member.
    #[inline(always)]
    pub(super) fn find<'m>(
        &self,
        expected: usize,
        text: &[u8],
        name: impl Fn(usize) -> &'m str,
    ) -> Option<usize> {
        let window = words(text.first_chunk()?);
        let is = |at: usize| {
            let quoted = self.list.get(at);
            quoted.is_some_and(|quoted| quoted.starts(window, text, || name(at)))
        };
        if is(expected) {
            return Some(expected);
        }
        // in a union any member may follow
        let word = window[0] & up_to_quote(window[0])?;
        let at = usize::from(self.short[place(word)]);
        is(at).then_some(at)
    }
}

/// A mask of the bytes of a word up to its first quote.
#[inline(always)]
fn up_to_quote(word: u64) -> Option<u64> {
    const ONES: u64 = u64::MAX / 0xff;
    let other = word ^ (ONES * u64::from(b'"'));
    let quotes = other.wrapping_sub(ONES) & !other & (ONES << 7);
    (quotes != 0).then_some(quotes ^ quotes.wrapping_sub(1))
}

impl Quoted {
    fn new(name: &str) -> Self {
        let name = name.as_bytes();
        let is_plain = |byte: &u8| !matches!(byte, 0..0x20 | b'"' | b'\\');
        let (mut first, mut mask) = ([0; WINDOW], [0; WINDOW]);
        for (at, byte) in name.iter().chain(b"\"").take(WINDOW).enumerate() {
            (first[at], mask[at]) = (*byte, 0xff);
        }
        Self {
            words: words(&first),
            masks: words(&mask),
            len: if name.iter().all(is_plain) {
                name.len()
            } else {
                0
            },
        }
    }

    /// Whether a text begins with this name and a quote. Its first 16 bytes are the window.
    #[inline(always)]
    fn starts<'m>(&self, window: [u64; 2], text: &[u8], name: impl FnOnce() -> &'m str) -> bool {
        let differs = (window[0] ^ self.words[0]) & self.masks[0]
            | (window[1] ^ self.words[1]) & self.masks[1];
        let is_whole = || {
            let rest = text.strip_prefix(name().as_bytes());
            rest.is_some_and(|rest| rest.starts_with(b"\""))
        };
        differs == 0 && self.len > 0 && (self.len < WINDOW || is_whole())
    }
}

#[inline(always)]
fn words(window: &[u8; WINDOW]) -> [u64; 2] {
    let whole = u128::from_le_bytes(*window);
    [whole as u64, (whole >> 64) as u64]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_by_their_names_and_a_quote() {
        let names = [
            "S",
            "SS",
            "Key",
            "Keys",
            "1234567",
            "12345678",
            "ExactlyFifteen_",
            "ExactlySixteen__",
            "MoreThanSixteenBytes",
            "MoreThanSixteenBytesToo",
            "\u{e9}",
            "Head",
            "a\"b",
            "a\\",
        ];
        let known = names.iter().map(|name| (*name != "Head").then_some(*name));
        let quoted = QuotedNames::new(known);
        let behind = "\":1, and so much text that it is a window";
        let find = |expected: usize, text: &[u8]| quoted.find(expected, text, |at| names[at]);
        for expected in 0..=names.len() {
            for (at, name) in names.iter().enumerate() {
                let found = find(expected, [name, behind].concat().as_bytes());
                // what is long is found where it is expected
                let is_found = at < 11 && (at == expected || name.len() < 8);
                assert_eq!(found, is_found.then_some(at), "{name}");
                assert_eq!(find(expected, name.as_bytes()), None);
                let longer = [name, "x", behind].concat();
                assert_eq!(find(expected, longer.as_bytes()), None, "{longer}");
            }
            assert_eq!(find(expected, &[0; 32]), None);
            assert_eq!(find(expected, behind.as_bytes()), None);
        }
    }
}
