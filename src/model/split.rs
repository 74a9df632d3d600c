//! Splitting a model into blocks, for the pack.

use std::ops::Range;

use super::ServiceModel;
use super::blocks::Blocks;
use super::c2j;

/// A model that was split.
pub(crate) struct Split {
    pub(crate) front: String,
    /// The size of the dictionary that the blocks have of their own, or 0.
    pub(crate) dictionary: usize,
    pub(crate) blocks: Vec<String>,
}

/// From this size in bytes on, a model has small blocks, and a dictionary for them. Others have large blocks: without a dictionary of
/// their own, small ones would make the pack a third larger.
const LARGE: usize = 128 * 1024;

/// Splits a model. `None` if it cannot be made from blocks again.
pub(super) fn split(text: &str) -> Option<Split> {
    let parts = c2j::scan(text).ok()?;
    let model = ServiceModel::parse("", text).ok()?;
    let (size, dictionary) = match text.len() < LARGE {
        true => (64 * 1024, 0),
        false => (16 * 1024, (text.len() / 8).min(64 * 1024)),
    };
    let sections = [&*parts.operations, &*parts.shapes];
    let blocks = [cut(sections[0], size)?, cut(sections[1], size)?];
    let (head, places) = head(text, sections)?;
    let flags = [
        dictionary > 0,
        model.requires_discovery(),
        model.documented().any(|(_, found)| found.is_some()),
    ];
    let [own, discovers, documented] = flags.map(u8::from);
    let [operations, shapes] = places;
    let names: Vec<&str> = sections[0].iter().map(|(name, _)| *name).collect();
    let names = names.join(" ");
    let [first, second] = blocks.each_ref().map(|blocks| firsts(blocks));
    let split = Split {
        front: format!(
            "#{own} {operations} {shapes} {discovers} {documented}\n{names}\n{first}\n{second}\n{head}"
        ),
        dictionary,
        blocks: blocks.concat().into_iter().map(lines).collect(),
    };
    (split.model().text().as_deref() == Ok(text)).then_some(split)
}

type Entries<'e> = &'e [(&'e str, &'e str)];

/// The text without these entries, and where they were.
fn head(text: &str, sections: [Entries<'_>; 2]) -> Option<(String, [usize; 2])> {
    let ranges = sections.map(|entries| range(text, entries));
    let (mut head, mut from, mut places) = (String::new(), 0, [0; 2]);
    let mut order = [0, 1];
    order.sort_by_key(|section| ranges[*section].as_ref().map(|range| range.start));
    for section in order {
        if let Some(range) = &ranges[section] {
            head.push_str(text.get(from..range.start)?);
            places[section] = head.len();
            from = range.end;
        }
    }
    head.push_str(text.get(from..)?);
    Some((head, places))
}

/// The number of blocks, and the first names of all but the first.
fn firsts(blocks: &[Entries<'_>]) -> String {
    let mut line = blocks.len().to_string();
    for block in blocks.iter().skip(1) {
        line.push(' ');
        line.push_str(block[0].0);
    }
    line
}

fn lines(block: Entries<'_>) -> String {
    let lines = block
        .iter()
        .map(|(name, text)| format!("\"{name}\":{text}"));
    lines.collect::<Vec<_>>().join("\n")
}

impl Split {
    /// The model, with its blocks in memory.
    pub(super) fn model(&self) -> Blocks {
        let blocks = self.blocks.clone();
        let read = move |block: usize| {
            blocks
                .get(block)
                .cloned()
                .ok_or_else(|| "there is no block".into())
        };
        Blocks::new(self.front.clone(), read)
    }
}

/// Where the entries are in the text of the model.
fn range(text: &str, entries: Entries<'_>) -> Option<Range<usize>> {
    let place = |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
    let ((name, _), (_, last)) = (entries.first()?, entries.last()?);
    // the name has a quote before it
    Some(place(name) - 1..place(last) + last.len())
}

/// Cuts entries into blocks. `None` if a name or a text does not fit into a line.
fn cut(entries: Entries<'_>, most: usize) -> Option<Vec<Entries<'_>>> {
    let fits = |(name, text): &(&str, &str)| {
        !name.is_empty() && !name.contains([' ', '\n']) && !text.contains('\n')
    };
    if !entries.iter().all(fits) {
        return None;
    }
    let is_sorted = entries.is_sorted_by(|a, b| a.0 < b.0);
    let mut blocks = Vec::new();
    let (mut start, mut size) = (0, 0);
    for (at, (name, text)) in entries.iter().enumerate() {
        if is_sorted && size > 0 && size + name.len() + text.len() > most {
            blocks.push(&entries[start..at]);
            (start, size) = (at, 0);
        }
        size += name.len() + text.len();
    }
    if start < entries.len() {
        blocks.push(&entries[start..]);
    }
    Some(blocks)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::Loaded;

    /// A small model.
    pub(in crate::model) const TEXT: &str = r#"{"version":"2.0","metadata":{"protocol":"json"},"operations":{"RingBell":{"input":{"shape":"Bell"}}},"shapes":{"Bell":{"type":"list","member":{"shape":"Böll"}},"Böll":{"type":"string"}},"documentation":"x"}"#;

    pub(in crate::model) fn read(blocks: Blocks) -> crate::Result<ServiceModel> {
        ServiceModel::read("tower", Loaded::Blocks(blocks))
    }

    #[test]
    fn a_model_is_made_from_its_blocks_again() {
        let split = split(TEXT).unwrap();
        assert_eq!((split.dictionary, split.blocks.len()), (0, 2));
        assert!(split.front.starts_with("#0 62 74 0 0\nRingBell\n1\n1\n{"));
        assert_eq!(split.model().text().as_deref(), Ok(TEXT));
        for (other, expected) in [
            (TEXT.replace("RingBell", "Ring Bell"), false),
            (TEXT.replace(':', ": "), false),
            (TEXT.replace("},\"B", "}, \"B"), false),
            (TEXT.replace("json", "unknown"), false),
            (r#"{"metadata":{"protocol":"json"}}"#.into(), true),
            (r#"{"smithy":"2.0"}"#.into(), false),
            ("{}".into(), false),
        ] {
            assert_eq!(super::split(&other).is_some(), expected, "{other}");
        }
    }

    #[test]
    fn the_order_of_sections_and_names_stays() {
        for text in [
            r#"{"shapes":{"B":{"type":"string"}},"operations":{"A":{}},"metadata":{"protocol":"json"}}"#,
            r#"{"shapes":{"B":{"type":"string"},"A":{"type":"blob"}},"metadata":{"protocol":"json"}}"#,
            r#"{"metadata":{"protocol":"json"},"operations":{"B":{},"A":{}},"shapes":{}}"#,
        ] {
            let model = read(split(text).expect(text).model()).unwrap();
            let whole = ServiceModel::parse("tower", text).unwrap();
            assert!(model.operation_names().eq(whole.operation_names()));
            assert!(model.shape_names().eq(whole.shape_names()), "{text}");
            assert!(model.shape_names().all(|name| {
                let id = model.shape_id(name).unwrap();
                model.shape_name(id) == name && model.shape(id).is_ok()
            }));
        }
    }

    #[test]
    fn a_large_model_has_small_blocks_and_a_dictionary() {
        let shapes = (0..4000)
            .map(|n| format!(r#""S{n:04}":{{"type":"list","member":{{"shape":"S{n:04}"}}}}"#));
        let shapes: Vec<String> = shapes.collect();
        let text = format!(
            r#"{{"metadata":{{"protocol":"json"}},"operations":{{}},"shapes":{{{}}}}}"#,
            shapes.join(",")
        );
        let split = split(&text).unwrap();
        assert!(split.dictionary > 16_000 && split.blocks.len() > 10);
        assert!(split.blocks.iter().all(|block| block.len() < 20_000));
        let model = read(split.model()).unwrap();
        let id = model.shape_id("S3999").unwrap();
        assert!(model.shape(id).unwrap().members().is_none());
        assert_eq!(model.shape_id("S4000"), None);
    }
}
