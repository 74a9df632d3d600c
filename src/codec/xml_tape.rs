//! XML, first step: scans the body into a flat tape.
//!
//! An element is 16 bytes: offsets into the body, and the number of its name. Documents have few names and many elements, and the name
//! that followed the same tags before follows them again. So a name is compared with the one that is expected, and read byte by byte
//! only if it is another (`xml_names`). No string is allocated. The scan verifies what damage would break: that every
//! element is closed by its own end tag, that there is one root, and that nothing is truncated. Otherwise it is laxer than an XML
//! parser: name characters and the syntax of attributes are not verified, and a document type is skipped, so that no entity is ever
//! defined: the five of XML and character references are known.

use std::borrow::Cow;

use memchr::memchr;
use serde::de::Error as _;

use super::raw::{SURROGATE, Text};
use super::xml_names::{Names, Path, Place, Span};
use super::xml_text::{clean, markup_len, resolve, truncated};
use super::{MAX_DEPTH, ReadError};

type Result<T, E = ReadError> = std::result::Result<T, E>;

/// The elements of a body, in document order.
pub(crate) struct Nodes {
    list: Vec<Node>,
    names: Vec<Span>,
    /// The elements with attributes, and the ends of their names.
    attributes: Vec<(u32, u32)>,
    /// Whether the body has a carriage return anywhere. If so, the line ends of texts are normalised.
    has_returns: bool,
}

struct Node {
    /// Twice the number of the name. It is odd if the text has `&`, CDATA, a comment or a processing instruction, so that it must be
    /// resolved when it is read.
    name: u32,
    /// The end of the start tag.
    text: u32,
    /// The start of the first child, or of the end tag.
    text_end: u32,
    /// The next sibling, which is also the end of the descendants.
    next: u32,
}

impl Node {
    #[inline]
    fn is_dirty(&self) -> bool {
        self.name & 1 == 1
    }
}

/// An offset that is not known yet.
const OPEN: u32 = u32::MAX;

impl Nodes {
    /// Scans a whole document.
    pub(crate) fn scan(src: &str) -> Result<Self> {
        let mut scan = Scan::new(src)?;
        scan.run()?;
        Ok(scan.nodes())
    }

    /// Scans a document up to a defect, and closes the elements that are open there, so that the code of an error can be read.
    pub(crate) fn salvage(src: &str) -> Option<Self> {
        let mut scan = Scan::new(src).ok()?;
        // what precedes the defect is kept
        let _ = scan.run();
        let end = scan.nodes.len() as u32;
        for node in &mut scan.nodes {
            if node.text_end == OPEN {
                let rest = scan.bytes.get(node.text as usize..).unwrap_or_default();
                let length = memchr(b'<', rest).unwrap_or(rest.len());
                // both are at most the length of the text, which is below OPEN
                node.text_end = node.text + length as u32;
            }
        }
        for open in std::mem::take(&mut scan.open) {
            if let Some(node) = scan.nodes.get_mut(open.node as usize) {
                node.next = end;
            }
        }
        (!scan.nodes.is_empty()).then(|| scan.nodes())
    }
}

struct Scan<'s> {
    src: &'s str,
    bytes: &'s [u8],
    at: usize,
    nodes: Vec<Node>,
    names: Names<'s>,
    attributes: Vec<(u32, u32)>,
    /// The elements that are open.
    open: Vec<Open>,
    /// The position of the next `&`, or the length of the document if no other `&` follows. It may be out of date: a position before
    /// `at` is looked for again when it is needed.
    ampersand: usize,
    /// Whether the text of an open element may go on, because it has markup.
    has_markup: bool,
}

#[derive(Clone, Copy)]
struct Open {
    node: u32,
    path: Path,
}

/// The place of the scan, with the path of the element that is open there.
#[derive(Clone, Copy)]
struct Here {
    path: Path,
    place: Place,
}

impl Here {
    /// The place behind the start tag of an element.
    #[inline]
    fn within(path: Path) -> Self {
        let place = path.start();
        Self { path, place }
    }

    /// The place behind the end tag of a child with this name.
    #[inline]
    fn after(path: Path, name: u32) -> Self {
        let place = path.after(name);
        Self { path, place }
    }
}

/// A start tag.
struct Tag {
    name: u32,
    is_empty: bool,
}

impl<'s> Scan<'s> {
    fn new(src: &'s str) -> Result<Self> {
        if src.len() >= OPEN as usize {
            return Err(invalid("longer than 4 GiB", src.len()));
        }
        Ok(Self {
            src,
            bytes: src.as_bytes(),
            at: 0,
            nodes: Vec::with_capacity((src.len() / 28).min(1 << 16)),
            names: Names::new(src),
            attributes: Vec::new(),
            open: Vec::with_capacity(16),
            ampersand: memchr(b'&', src.as_bytes()).unwrap_or(src.len()),
            has_markup: false,
        })
    }

    fn nodes(self) -> Nodes {
        Nodes {
            list: self.nodes,
            names: self.names.list,
            attributes: self.attributes,
            has_returns: memchr(b'\r', self.bytes).is_some(),
        }
    }

    fn run(&mut self) -> Result<()> {
        let mut here = Here::within(Path::ROOT);
        while let Some(lt) = tag_at(self.bytes, self.at) {
            if self.has_ampersand(self.at, lt) {
                self.mark_dirty();
            }
            let Some(next) = self.bytes.get(lt + 1) else {
                return Err(truncated());
            };
            if *next == b'/' {
                here = self.end_tag(lt)?;
            } else if is_markup(*next) {
                self.markup(lt)?;
            } else {
                here = self.element(lt, here)?;
            }
        }
        if self.has_ampersand(self.at, self.bytes.len()) {
            self.mark_dirty();
            return Err(truncated());
        }
        if self.open.is_empty() && !self.nodes.is_empty() {
            Ok(())
        } else {
            Err(truncated())
        }
    }

    /// Whether there is `&` in the text from a position, behind all earlier ones, to another.
    #[inline(always)]
    fn has_ampersand(&mut self, start: usize, end: usize) -> bool {
        self.ampersand < end && self.finds_ampersand(start, end)
    }

    #[inline(never)]
    fn finds_ampersand(&mut self, start: usize, end: usize) -> bool {
        if self.ampersand < start {
            let found = memchr(b'&', &self.bytes[start..]);
            self.ampersand = found.map_or(self.bytes.len(), |found| start + found);
        }
        self.ampersand < end
    }

    fn mark_dirty(&mut self) {
        if let Some(open) = self.open.last() {
            self.nodes[open.node as usize].name |= 1;
        }
    }

    #[inline]
    fn end_tag(&mut self, lt: usize) -> Result<Here> {
        let open = self.open.pop();
        let open = open.ok_or_else(|| invalid("an unmatched end tag", lt))?;
        let end = self.nodes.len() as u32;
        let node = &mut self.nodes[open.node as usize];
        let number = node.name >> 1;
        node.next = end;
        if node.text_end == OPEN {
            node.text_end = lt as u32;
        }
        let name = self.names.at(number);
        match name.end(self.bytes, lt + 2) {
            Some(end) => self.at = end,
            None => {
                self.at = lt + memchr(b'>', &self.bytes[lt..]).ok_or_else(truncated)? + 1;
                let tag = self.src[lt + 2..self.at - 1].trim_end();
                if tag.rsplit(':').next().map(str::as_bytes) != Some(name.bytes) {
                    return Err(invalid("a mismatched end tag", lt));
                }
            }
        }
        let path = self.open.last().map_or(Path::ROOT, |open| open.path);
        Ok(Here::after(path, number))
    }

    /// Skips a comment, CDATA, a processing instruction or a document type.
    fn markup(&mut self, lt: usize) -> Result<()> {
        let rest = &self.src[lt..];
        self.mark_dirty();
        self.has_markup |= !self.open.is_empty();
        self.at = lt + markup_len(rest).ok_or_else(truncated)?;
        Ok(())
    }

    /// Ends the text of the element that is open at its first child.
    #[cold]
    fn end_text(&mut self, lt: usize) {
        if let Some(open) = self.open.last() {
            let parent = &mut self.nodes[open.node as usize];
            if parent.text_end == OPEN {
                parent.text_end = lt as u32;
            }
        }
    }

    /// Adds an element, with its text and its end tag if it has no children.
    #[inline]
    fn element(&mut self, lt: usize, here: Here) -> Result<Here> {
        let tag = self.start_tag(lt, here.place)?;
        if self.open.is_empty() && !self.nodes.is_empty() {
            return Err(invalid("a second root", lt));
        }
        if self.has_markup {
            self.end_text(lt);
        }
        let number = self.nodes.len() as u32;
        let mut node = Node {
            name: tag.name << 1,
            text: self.at as u32,
            text_end: if tag.is_empty { self.at as u32 } else { OPEN },
            next: number + 1,
        };
        if tag.is_empty {
            self.nodes.push(node);
            return Ok(Here::after(here.path, tag.name));
        }
        if self.open.len() == MAX_DEPTH {
            self.nodes.push(node);
            return Err(invalid("nested too deep", lt));
        }
        if let Some(end) = self.text(&mut node) {
            self.nodes.push(node);
            self.at = end;
            return Ok(Here::after(here.path, tag.name));
        }
        let path = here.path.child(tag.name);
        self.open.push(Open { node: number, path });
        self.nodes.push(node);
        Ok(Here::within(path))
    }

    /// Finds the end of the text of an element, and returns that of its end tag; `None` if anything else follows.
    #[inline]
    fn text(&mut self, node: &mut Node) -> Option<usize> {
        let found = tag_at(self.bytes, self.at);
        let lt = found.unwrap_or(self.bytes.len());
        if self.has_ampersand(self.at, lt) {
            node.name |= 1;
        }
        found?;
        self.at = lt;
        let next = *self.bytes.get(lt + 1)?;
        if next == b'/' {
            let end = self.names.at(node.name >> 1).end(self.bytes, lt + 2)?;
            node.text_end = lt as u32;
            return Some(end);
        }
        if !is_markup(next) {
            node.text_end = lt as u32;
        }
        None
    }

    /// Reads a start tag up to its end.
    #[inline]
    fn start_tag(&mut self, lt: usize, place: Place) -> Result<Tag> {
        if let Some(name) = self.names.expected(place)
            && let Some(end) = name.end(self.bytes, lt + 1)
        {
            self.at = end;
            let (name, is_empty) = (name.number, false);
            return Ok(Tag { name, is_empty });
        }
        self.other_start_tag(lt, place)
    }

    /// Reads a start tag that is not the expected one, or is of an element without content.
    #[inline(never)]
    fn other_start_tag(&mut self, lt: usize, place: Place) -> Result<Tag> {
        if let Some(name) = self.names.expected(place)
            && let Some([b'/', b'>', rest @ ..]) = name.rest(&self.bytes[lt + 1..])
        {
            self.at = self.bytes.len() - rest.len();
            let (name, is_empty) = (name.number, true);
            return Ok(Tag { name, is_empty });
        }
        self.any_start_tag(lt, place)
    }

    fn any_start_tag(&mut self, lt: usize, place: Place) -> Result<Tag> {
        let b = self.bytes;
        let (mut name, mut i) = (lt + 1, lt + 1);
        let mut c = *b.get(i).ok_or_else(truncated)?;
        while !matches!(c, b'>' | b'/' | b' ' | b'\n' | b'\r' | b'\t') {
            i += 1;
            if c == b':' {
                name = i; // a prefix goes
            }
            c = *b.get(i).ok_or_else(truncated)?;
        }
        let len = u16::try_from(i - name).ok().filter(|len| *len > 0);
        let len = len.ok_or_else(|| invalid("no element name", lt))?;
        let end = i;
        while c != b'>' && c != b'/' {
            // attributes are skipped; quotes may contain `>`
            i += 1;
            c = *b.get(i).ok_or_else(truncated)?;
            if c == b'"' || c == b'\'' {
                i += 1 + memchr(c, &b[i + 1..]).ok_or_else(truncated)?;
            }
        }
        let is_empty = c == b'/';
        i += usize::from(is_empty);
        if *b.get(i).ok_or_else(truncated)? != b'>' {
            return Err(invalid("an invalid tag", lt));
        }
        self.at = i + 1;
        if end + usize::from(is_empty) != i {
            self.attributes.push((self.nodes.len() as u32, end as u32));
        }
        let name = self.names.find(name as u32, len.into(), place);
        let name = name.ok_or_else(|| invalid("too many names", lt))?;
        Ok(Tag { name, is_empty })
    }
}

/// Whether this follows the `<` of a comment, CDATA, a processing instruction or a document type.
#[inline(always)]
fn is_markup(byte: u8) -> bool {
    byte == b'!' || byte == b'?'
}

/// The position of the next `<`. Most texts are short, and the call of a search takes longer than they do.
#[inline(always)]
fn tag_at(bytes: &[u8], mut at: usize) -> Option<usize> {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGH: u64 = ONES << 7;
    for _ in 0..4 {
        let Some(word) = bytes.get(at..)?.first_chunk() else {
            break;
        };
        // the lowest bit that is set is that of the first byte that is zero
        let word = u64::from_le_bytes(*word) ^ (ONES * b'<' as u64);
        let found = word.wrapping_sub(ONES) & !word & HIGH;
        if found != 0 {
            return Some(at + (found.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    Some(at + memchr(b'<', bytes.get(at..)?)?)
}

#[cold]
fn invalid(what: &str, at: usize) -> ReadError {
    ReadError::custom(format_args!("XML: {what} at byte {at}"))
}

/// A scan with its text.
#[derive(Clone, Copy)]
pub(crate) struct Tape<'t, 'de> {
    src: &'de str,
    scan: &'t Nodes,
}

impl<'t, 'de> Tape<'t, 'de> {
    /// `nodes` must be the scan of `src`.
    pub(crate) fn new(src: &'de str, nodes: &'t Nodes) -> Self {
        Self { src, scan: nodes }
    }

    #[inline]
    fn node(&self, node: usize) -> &'t Node {
        &self.scan.list[node]
    }

    pub(crate) fn name(&self, node: usize) -> &'de str {
        self.name_of(self.name_and_next(node).0)
    }

    /// The number of the name of an element, and its next sibling.
    #[inline]
    pub(crate) fn name_and_next(&self, node: usize) -> (u32, usize) {
        let node = self.node(node);
        (node.name >> 1, node.next as usize)
    }

    /// The name with this number.
    pub(crate) fn name_of(&self, number: u32) -> &'de str {
        let Span { start, len } = self.scan.names[number as usize];
        &self.src[start as usize..start as usize + len as usize]
    }

    /// The number of different names.
    pub(crate) fn name_count(&self) -> usize {
        self.scan.names.len()
    }

    #[inline]
    pub(crate) fn next(&self, node: usize) -> usize {
        self.node(node).next as usize
    }

    pub(crate) fn children(&self, node: usize) -> Elements<'t, 'de> {
        Elements {
            tape: *self,
            at: node + 1,
            end: self.next(node),
            name: None,
        }
    }

    /// The siblings from `node` to `end` that have its name.
    pub(crate) fn namesakes(&self, node: usize, end: usize) -> Elements<'t, 'de> {
        Elements {
            tape: *self,
            at: node,
            end,
            name: Some(self.node(node).name >> 1),
        }
    }

    pub(crate) fn child(&self, node: usize, name: &str) -> Option<usize> {
        self.children(node).find(|c| self.name(*c) == name)
    }

    #[inline]
    pub(crate) fn has_children(&self, node: usize) -> bool {
        self.next(node) != node + 1
    }

    #[inline]
    fn raw_text(&self, node: usize) -> &'de str {
        let node = self.node(node);
        &self.src[node.text as usize..node.text_end as usize]
    }

    /// The text before the first child.
    pub(crate) fn text(&self, node: usize) -> Result<Cow<'de, str>> {
        self.text_of(self.node(node))
    }

    /// The text of an element without children, if it is in the document as it is.
    #[inline]
    pub(crate) fn plain_text(&self, node: usize) -> Option<&'de str> {
        let found = self.node(node);
        let is_plain =
            found.next as usize == node + 1 && !found.is_dirty() && !self.scan.has_returns;
        is_plain.then(|| &self.src[found.text as usize..found.text_end as usize])
    }

    /// The text of an element without children; `None` if there are any.
    #[inline]
    pub(crate) fn leaf_text(&self, node: usize) -> Option<Result<Cow<'de, str>>> {
        let found = self.node(node);
        (found.next as usize == node + 1).then(|| self.text_of(found))
    }

    #[inline]
    fn text_of(&self, node: &Node) -> Result<Cow<'de, str>> {
        let raw = &self.src[node.text as usize..node.text_end as usize];
        let has_returns = self.scan.has_returns;
        if node.is_dirty() || (has_returns && raw.contains('\r')) {
            clean(raw, has_returns).map(Cow::Owned)
        } else {
            Ok(Cow::Borrowed(raw))
        }
    }

    /// As [`text`](Self::text), but replaces by U+FFFD what is an error there.
    pub(crate) fn repaired_text(&self, node: usize) -> Result<Text> {
        let (text, is_mended) = resolve(self.raw_text(node), self.scan.has_returns)?;
        Ok(Text {
            text,
            mended: is_mended.then_some(SURROGATE),
        })
    }

    /// Whether the element holds text, and no elements.
    #[inline]
    pub(crate) fn is_text(&self, node: usize) -> bool {
        let found = self.node(node);
        !self.has_children(node) && found.text != found.text_end && self.has_text(node)
    }

    #[cold]
    fn has_text(&self, node: usize) -> bool {
        let text = resolve(self.raw_text(node), self.scan.has_returns);
        text.is_ok_and(|(text, _)| !text.trim_ascii().is_empty())
    }

    /// The attribute whose local name is that of `wire`.
    pub(crate) fn attribute(&self, node: usize, wire: &str) -> Option<Result<String>> {
        let local = |name: &'de str| name.trim().rsplit(':').next().unwrap_or_default();
        let wanted = wire.rsplit(':').next().unwrap_or_default();
        let attributes = &self.scan.attributes;
        let found = attributes.binary_search_by_key(&node, |(node, _)| *node as usize);
        let (_, start) = attributes[found.ok()?];
        let mut rest = &self.src[start as usize..self.node(node).text as usize];
        loop {
            let (name, tail) = rest.split_once('=')?;
            let tail = tail.trim_start();
            let quote = tail.chars().next().filter(|q| matches!(q, '"' | '\''))?;
            let (value, tail) = tail[1..].split_once(quote)?;
            if local(name) == wanted {
                // white space becomes spaces, except character references
                let value = value.replace("\r\n", " ").replace(['\r', '\n', '\t'], " ");
                return Some(clean(&value, false));
            }
            rest = tail;
        }
    }
}

/// An iterator over siblings.
#[derive(Clone, Copy)]
pub(crate) struct Elements<'t, 'de> {
    tape: Tape<'t, 'de>,
    at: usize,
    end: usize,
    /// The number of the name, if only elements with this name are wanted.
    name: Option<u32>,
}

impl Iterator for Elements<'_, '_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.at < self.end {
            let node = self.at;
            self.at = self.tape.next(node);
            if self
                .name
                .is_none_or(|name| name == self.tape.node(node).name >> 1)
            {
                return Some(node);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(src: &str) -> Result<String> {
        let nodes = Nodes::scan(src)?;
        Tape::new(src, &nodes).text(0).map(Cow::into_owned)
    }

    #[test]
    fn text_is_unescaped() {
        let cases = [
            ("<a/>", ""),
            ("<a>x</a>", "x"),
            (
                "<?xml version=\"1.0\"?>\n<n:a b='>'>x &lt;&#65;&#x42; y</n:a>",
                "x <AB y",
            ),
            ("<a>1<![CDATA[<&>]]>2<!-- > -->3</a >", "1<&>23"),
            (
                "<a>&#xd83d;&#xDE00;&#55357;&#56832;</a>",
                "\u{1f600}\u{1f600}",
            ),
        ];
        for (src, expected) in cases {
            assert_eq!(text_of(src).unwrap(), expected, "{src}");
        }
    }

    #[test]
    fn an_ampersand_is_of_the_text_that_it_is_in() {
        let src = "<?p &?><a b='&amp;'>1<b>2</b>&lt;<c d='&'>3 &gt; 4</c><d>5</d><!-- & --><e>&amp;</e><f>6</f></a>";
        let nodes = Nodes::scan(src).unwrap();
        let tape = Tape::new(src, &nodes);
        let texts: Vec<_> = (0..6).map(|node| tape.text(node).unwrap()).collect();
        assert_eq!(texts, ["1", "2", "3 > 4", "5", "&", "6"]);
        let plain: Vec<_> = (0..6).map(|node| tape.plain_text(node)).collect();
        assert_eq!(plain, [None, Some("2"), None, Some("5"), None, Some("6")]);
        for src in ["<a>1</a>&", "<a>1</a> &lt;", "<a>&"] {
            assert!(Nodes::scan(src).is_err(), "{src}");
        }
        assert_eq!(texts_of_salvage("<a>1 &lt; 2"), "1 < 2");
    }

    fn texts_of_salvage(src: &str) -> String {
        let nodes = Nodes::salvage(src).unwrap();
        Tape::new(src, &nodes).text(0).unwrap().into_owned()
    }

    #[test]
    fn names_of_any_length_are_compared() {
        for len in [1, 7, 8, 15, 16, 22, 23, 24, 25, 40] {
            let name = "n".repeat(len);
            let other = format!("{}m", &name[..len - 1]);
            let element = format!("<{name}>1</{name}><{name}/><{name} a=''></{name} ><x:{name}/>");
            let src = format!("<r>{}<{other}>2</{other}></r>", element.repeat(3));
            let nodes = Nodes::scan(&src).unwrap();
            let tape = Tape::new(&src, &nodes);
            let names: Vec<&str> = tape.children(0).map(|node| tape.name(node)).collect();
            assert_eq!(names.len(), 13);
            assert!(names[..12].iter().all(|found| *found == name) && names[12] == other);
            let wrong = format!("<r><{name}>1</{name}><{name}>1</{other}></r>");
            assert!(Nodes::scan(&wrong).is_err());
        }
    }

    #[test]
    fn every_line_ends_with_a_line_feed() {
        let cases = [
            ("<a>1\r\n2\r3\n4\r</a>", "1\n2\n3\n4\n"),
            ("<a>\r\r\n\n</a>", "\n\n\n"),
            ("<a>1&#13;&#10;2&#xD;\r\n</a>", "1\r\n2\r\n"),
            ("<a>\r&#10;</a>", "\n\n"),
            ("<a><![CDATA[1\r\n2\r]]>\n&amp;</a>", "1\n2\n\n&"),
            ("<a>\r<!-- \r -->\n</a>", "\n\n"),
        ];
        for (src, expected) in cases {
            assert_eq!(text_of(src).unwrap(), expected, "{src:?}");
        }
    }

    #[test]
    fn half_of_a_surrogate_pair_is_an_error_or_replaced() {
        for src in [
            "<a>x&#xd83d;y</a>",
            "<a>x&#xde00;y</a>",
            "<a>x&#xd83d;&#65;</a>",
        ] {
            assert!(text_of(src).is_err(), "{src}");
            let nodes = Nodes::scan(src).unwrap();
            let text = Tape::new(src, &nodes).repaired_text(0).unwrap();
            assert!(text.text.starts_with("x\u{fffd}"), "{src}");
            assert_eq!(text.mended, Some(SURROGATE));
        }
    }

    #[test]
    fn regression_a_processing_instruction_may_hold_a_bracket() {
        assert_eq!(text_of("<a>1<?x > y?>2</a>").unwrap(), "12");
    }

    #[test]
    fn regression_the_end_of_a_comment_is_not_its_start() {
        assert_eq!(text_of("<a>1<!-->2-->3<![CDATA[]]]>4</a>").unwrap(), "13]4");
    }

    #[test]
    fn damaged_documents_are_errors() {
        let whole =
            "<?xml version=\"1.0\"?><r a=\"1\"><b>x&amp;y</b><c/><!-- d --><e><f></f></e></r>";
        assert!(Nodes::scan(whole).is_ok());
        for end in 0..whole.len() {
            assert!(Nodes::scan(&whole[..end]).is_err(), "{}", &whole[..end]);
        }
        for src in [
            "<a></b>",
            "<a/><b/>",
            "</a>",
            "< >",
            "<a",
            "<a b=\"",
            "x",
            "<a>&lt</a>",
        ] {
            assert!(text_of(src).is_err(), "{src}");
        }
        assert!(text_of("<a>&bomb;</a>").is_err());
    }

    #[test]
    fn a_truncated_document_is_read_up_to_the_defect() {
        let whole = "<r><a>x</a><b>y &amp; z</b><c><d>1</d></c></r>";
        let texts = |src: &str| {
            let Some(nodes) = Nodes::salvage(src) else {
                return Vec::new();
            };
            let tape = Tape::new(src, &nodes);
            let texts = tape.children(0).map(|node| tape.text(node));
            texts
                .map_while(|text| Some(text.ok()?.into_owned()))
                .collect()
        };
        for end in 0..=whole.len() {
            let found = texts(&whole[..end]);
            assert!(
                end < 11 || found.first().is_some_and(|a| a == "x"),
                "{}",
                &whole[..end]
            );
        }
        assert_eq!(texts("<r><a>x</a><b>y</wrong><c>"), ["x", "y"]);
        assert_eq!(texts("<r><a>x</a><b>y"), ["x", "y"]);
        assert!(texts("no markup").is_empty());
    }

    #[test]
    fn depth_is_limited() {
        let nested = |n: usize| "<a>".repeat(n) + &"</a>".repeat(n);
        assert!(Nodes::scan(&nested(MAX_DEPTH)).is_ok());
        assert!(Nodes::scan(&nested(MAX_DEPTH + 1)).is_err());
        assert!(Nodes::scan(&nested(100_000)).is_err());
    }

    #[test]
    fn attributes_are_found_by_local_name() {
        let src = r#"<g xmlns:xsi="u" xsi:type='Canonical&amp;User'/>"#;
        let nodes = Nodes::scan(src).unwrap();
        let tape = Tape::new(src, &nodes);
        assert_eq!(
            tape.attribute(0, "xsi:type").unwrap().unwrap(),
            "Canonical&User"
        );
        assert!(tape.attribute(0, "other").is_none());
        let src = "<g a='1\r\n2\r3\n4\t5&#13;&#10;6'/>";
        let nodes = Nodes::scan(src).unwrap();
        let tape = Tape::new(src, &nodes);
        assert_eq!(tape.attribute(0, "a").unwrap().unwrap(), "1 2 3 4 5\r\n6");
    }
}
