//! The outline of a model: where its parts are in its text, so that a scan of the text is not needed.
//!
//! ```text
//! {"metadata":{…},"operations":{"RingBell":{…}},"shapes":{"Bell":{…},"Rope":{…}}}
//!
//! 12 3        the start and the length of `metadata`
//! 0           the same of `clientContextParams`, which this model lacks
//! 31 3        the start of the first name in `operations`, and the length of each value
//! 55 3 3      the same of `shapes`
//! ```
//! It is made with the pack, whose texts have no white space between tokens. A text that does not fit its outline is scanned.

#[cfg(feature = "cli")]
use std::fmt::Write as _;

use crate::outline;

/// The parts of a model, as they are in its text.
#[derive(Default)]
pub(super) struct Parts<'t> {
    pub(super) metadata: &'t str,
    /// The JSON of the parameters, if there are any.
    pub(super) params: Option<&'t str>,
    pub(super) operations: Vec<(&'t str, &'t str)>,
    pub(super) shapes: Vec<(&'t str, &'t str)>,
}

impl<'t> Parts<'t> {
    /// Finds the parts in a text; `None` if the outline is not that of this text.
    pub(super) fn find(text: &'t str, outline: &str) -> Option<Self> {
        let mut lines = outline.lines();
        let mut value = || -> Option<Option<&'t str>> {
            match numbers(lines.next()?)? {
                (0, _) => Some(None),
                (start, mut rest) => Some(Some(object(text, start, rest.next()??)?)),
            }
        };
        let (metadata, params) = (value()??, value()?);
        let mut entries = || -> Option<Vec<(&'t str, &'t str)>> {
            let (start, lengths) = numbers(lines.next()?)?;
            entries(text, start, lengths)
        };
        Some(Self {
            metadata,
            params,
            operations: entries()?,
            shapes: entries()?,
        })
    }

    /// Returns the outline of the text that these are the parts of; `None` if it has white space between entries.
    #[cfg(feature = "cli")]
    pub(super) fn outline(&self, text: &'t str) -> Option<String> {
        let start = |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
        let mut out = format!("{} {}\n", start(self.metadata), self.metadata.len());
        match self.params {
            Some(params) => writeln!(out, "{} {}", start(params), params.len()),
            None => writeln!(out, "0"),
        }
        .ok()?;
        for entries in [&self.operations, &self.shapes] {
            let first = entries.first().map_or(0, |(name, _)| start(name));
            write!(out, "{first}").ok()?;
            for (_, value) in entries {
                write!(out, " {}", value.len()).ok()?;
            }
            out.push('\n');
        }
        let found = Self::find(text, &out)?;
        let is_same = found.metadata == self.metadata
            && found.params == self.params
            && found.operations == self.operations
            && found.shapes == self.shapes;
        is_same.then_some(out)
    }
}

/// The first number of a line, and the others. One that is not a number is `None`.
fn numbers(line: &str) -> Option<(usize, impl Iterator<Item = Option<usize>>)> {
    let mut all = outline::words(line).map(outline::number);
    Some((all.next()??, all))
}

/// An object in the text.
fn object(text: &str, start: usize, len: usize) -> Option<&str> {
    let part = text.get(start..start.checked_add(len)?)?;
    (part.starts_with('{') && part.ends_with('}')).then_some(part)
}

/// The entries of an object whose first name starts here.
fn entries(
    text: &str,
    start: usize,
    lengths: impl Iterator<Item = Option<usize>>,
) -> Option<Vec<(&str, &str)>> {
    let mut found = Vec::new();
    let mut at = start;
    let bytes = text.as_bytes();
    for len in lengths {
        let name = at..at.checked_add(memchr::memchr(b'"', bytes.get(at..)?)?)?;
        let from = name.end + 2;
        let value = from..from.checked_add(len?)?;
        // `"name":{…}` after a bracket or a comma, so that both are whole characters
        let before: &[u8] = if found.is_empty() { b"{\"" } else { b",\"" };
        let object = bytes.get(value.clone())?;
        let fits = bytes.get(at.checked_sub(2)?..at)? == before
            && bytes.get(name.end..from)? == b"\":"
            && object.starts_with(b"{")
            && object.ends_with(b"}");
        if !fits {
            return None;
        }
        at = value.end.checked_add(2)?;
        found.push((text.get(name)?, text.get(value)?));
    }
    let is_whole = found.is_empty() || bytes.get(at - 2) == Some(&b'}');
    is_whole.then_some(found)
}

#[cfg(all(test, feature = "embedded", feature = "cli"))]
mod tests {
    use super::super::{outline, scan};
    use super::*;
    use crate::model::source::{OUTLINE, SERVICE};
    use crate::model::{Embedded, ModelSource as _};

    const TEXT: &str = r#"{"version":"2.0","metadata":{"protocol":"json"},"operations":{"RingBell":{"input":{"shape":"Bell"}}},"shapes":{"Bell":{},"Böll":{"type":"list"}}}"#;

    fn is_same(a: &Parts<'_>, b: &Parts<'_>) -> bool {
        let values =
            |parts: &Parts<'_>| (parts.metadata.to_owned(), parts.params.map(String::from));
        values(a) == values(b) && a.operations == b.operations && a.shapes == b.shapes
    }

    #[test]
    fn each_large_model_of_the_pack_has_its_outline() {
        let mut count = 0;
        for service in Embedded.services().unwrap() {
            for version in Embedded.versions(&service, SERVICE).unwrap() {
                let path = format!("{service}/{version}/{SERVICE}");
                let text = Embedded.load(&path).unwrap().unwrap();
                let Some(outline) = Embedded.load(&format!("{path}{OUTLINE}")).unwrap() else {
                    assert!(text.len() < 100_000, "{path}");
                    continue;
                };
                let found = Parts::find(&text, &outline).expect(&path);
                assert!(is_same(&found, &scan(&text).unwrap()), "{path}");
                count += 1;
            }
        }
        assert!(count > 50);
    }

    #[test]
    fn an_outline_of_another_text_finds_nothing_else() {
        let written = outline(TEXT).unwrap();
        let parts = scan(TEXT).unwrap();
        assert!(is_same(&Parts::find(TEXT, &written).unwrap(), &parts));
        let fits = |text: &str, outline: &str| {
            // what is found are parts of the text, whatever the outline says
            Parts::find(text, outline).is_none_or(|found| found.metadata.starts_with('{'))
        };
        for end in 0..written.len() {
            assert!(fits(TEXT, &written[..end]), "{end}");
            for other in ["0", "9", " ", "\n", "18446744073709551615", "x"] {
                let changed = format!("{}{other}{}", &written[..end], &written[end + 1..]);
                assert!(fits(TEXT, &changed), "{changed}");
            }
        }
        let longer = TEXT.replace("RingBell", "RingBells");
        assert!(Parts::find(&longer, &written).is_none());
        assert!(outline(&TEXT.replace(',', ", ")).is_none());
        assert_eq!(outline("{}"), None);
    }
}
