//! A model in blocks: the form in which the pack has it, so that a call unpacks the parts that it uses.
//!
//! ```text
//! {"metadata":{…},"operations":{"RingBell":{…}},"shapes":{"Bell":{…},"Rope":{…}}}
//!
//! #0 30 42 0 0             the front: 1 if the blocks have a dictionary of their own; where the operations and the shapes were in the
//!                          rest of the model; 1 if any operation must discover its endpoint; 1 if any has documentation
//! RingBell                 the names of all operations
//! 1                        the number of blocks of operations, and the first name of each but the first
//! 2 Rope                   the same of shapes
//! {"metadata":{…},"operations":{},"shapes":{}}
//!
//! "RingBell":{…}           a block of operations: a line for each
//! "Bell":{…}               a block of shapes
//! "Rope":{…}               another one
//! ```
//! Blocks are cut by size. They are searched by name, so a model whose names are not sorted has one block of them. Only a text without
//! white space between its tokens can be made from blocks again, so others are packed as a whole.

use std::sync::Arc;

use super::index::Read;
use crate::outline;

/// A model in blocks. Nothing of it has been validated.
pub(crate) struct Blocks {
    front: Box<str>,
    /// Reads a block, those of operations first.
    read: Read,
}

/// What precedes the blocks.
pub(super) struct Front<'f> {
    pub(super) summary: Summary,
    /// The names of all operations, with spaces between them.
    pub(super) names: &'f str,
    pub(super) operations: Section<'f>,
    pub(super) shapes: Section<'f>,
    /// The model without operations and shapes.
    pub(super) head: &'f str,
}

/// What is true of any operation of a model.
#[derive(Clone, Copy)]
pub(super) struct Summary {
    /// Whether any must discover its endpoint.
    pub(super) discovers: bool,
    /// Whether any has documentation.
    pub(super) documented: bool,
}

/// The blocks of operations, or of shapes.
pub(super) struct Section<'f> {
    /// Where the entries were in the model.
    #[cfg_attr(not(feature = "embedded"), allow(dead_code))]
    at: usize,
    /// The first names of the blocks. That of the first is empty.
    pub(super) firsts: Vec<&'f str>,
}

impl Blocks {
    /// Whether a text is a front, rather than JSON.
    #[cfg(feature = "embedded")]
    pub(crate) fn is_front(text: &str) -> bool {
        text.starts_with('#')
    }

    /// Whether the blocks have a dictionary of their own.
    #[cfg(feature = "embedded")]
    pub(crate) fn has_dictionary(front: &str) -> bool {
        front.starts_with("#1")
    }

    /// A model with this front, whose blocks are read by a function.
    #[cfg(feature = "embedded")]
    pub(crate) fn new(
        front: String,
        read: impl Fn(usize) -> Result<String, String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            front: front.into(),
            read: Arc::new(read),
        }
    }

    pub(super) fn front(&self) -> Result<Front<'_>, String> {
        Front::parse(&self.front).ok_or_else(|| "the front of the model is broken".into())
    }

    /// Reads blocks, by the place of the first of them.
    pub(super) fn reader(&self, first: usize) -> Read {
        let read = self.read.clone();
        Arc::new(move |block| read(first + block))
    }

    /// The model without operations and shapes.
    pub(super) fn head(&self) -> Result<&str, String> {
        Ok(self.front()?.head)
    }

    /// The text of the model.
    #[cfg(feature = "embedded")]
    pub(crate) fn text(&self) -> Result<String, String> {
        let front = self.front()?;
        let mut sections = [(&front.operations, 0), (&front.shapes, 0)];
        sections[1].1 = front.operations.firsts.len();
        sections.sort_by_key(|(section, _)| section.at);
        let mut text = String::new();
        let mut from = 0;
        for (section, first) in sections {
            let before = front.head.get(from..section.at);
            text.push_str(before.ok_or("the front of the model is broken")?);
            from = section.at;
            for block in 0..section.firsts.len() {
                if block > 0 {
                    text.push(',');
                }
                text.push_str(&(self.read)(first + block)?.replace('\n', ","));
            }
        }
        text.push_str(front.head.get(from..).unwrap_or_default());
        Ok(text)
    }
}

impl<'f> Front<'f> {
    fn parse(front: &'f str) -> Option<Self> {
        let mut lines = front.strip_prefix('#')?.splitn(5, '\n');
        let mut numbers = outline::words(lines.next()?).map(outline::number);
        let mut number = || numbers.next()?;
        number()?;
        let (operations, shapes, discovers, documented) =
            (number()?, number()?, number()?, number()?);
        let names = lines.next()?;
        let mut section = |at: usize| {
            let mut words = lines.next()?.split(' ');
            let count = outline::number(words.next()?.as_bytes())?;
            let first = (count > 0).then_some("");
            let firsts: Vec<&str> = first.into_iter().chain(words).collect();
            (firsts.len() == count).then_some(Section { at, firsts })
        };
        Some(Self {
            summary: Summary {
                discovers: discovers > 0,
                documented: documented > 0,
            },
            names,
            operations: section(operations)?,
            shapes: section(shapes)?,
            head: lines.next()?,
        })
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::*;
    use crate::model::source::SERVICE;
    use crate::model::split::split;
    use crate::model::split::tests::{TEXT, read};
    use crate::model::{Embedded, ModelSource as _, ServiceModel};

    #[test]
    fn each_model_of_the_pack_is_the_same_in_blocks() {
        let mut count = 0;
        for service in Embedded.services().unwrap() {
            let version = Embedded.versions(&service, SERVICE).unwrap().remove(0);
            let path = format!("{service}/{version}/{SERVICE}");
            let whole = Embedded.load(&path).unwrap().unwrap();
            let whole = ServiceModel::parse(&service, whole).unwrap();
            let blocks = Embedded::blocks(&path).unwrap().expect(&path);
            let model = read(blocks).unwrap();
            assert_eq!(model.requires_discovery(), whole.requires_discovery());
            assert!(model.operation_names().eq(whole.operation_names()));
            assert!(model.operations.all().eq(whole.operations.all()), "{path}");
            assert!(model.shapes.all().eq(whole.shapes.all()), "{path}");
            for (name, text) in whole.shapes.all() {
                let id = model.find_shape(name).unwrap().expect(name);
                assert_eq!(model.shapes.entry(id.0).unwrap(), (name, text));
                count += 1;
            }
            for (name, text) in whole.operations.all() {
                let index = model.operation_index(name).unwrap();
                assert_eq!(model.operations.entry(index).unwrap(), (name, text));
            }
        }
        assert!(count > 100_000);
    }

    #[test]
    fn a_broken_front_or_block_is_an_error() {
        let split = split(TEXT).unwrap();
        let with = |front: &str, blocks: &[String]| {
            let blocks = blocks.to_vec();
            let read = move |n: usize| blocks.get(n).cloned().ok_or_else(|| "no block".to_owned());
            Blocks::new(front.into(), read)
        };
        let mut fronts: Vec<String> = (0..split.front.len())
            .filter_map(|end| Some(split.front.get(..end)?.to_owned()))
            .collect();
        fronts.push(split.front.replace("#0 62", "#0 9999"));
        fronts.push(split.front.replace("#0 62 74", "#0 77 4"));
        fronts.push(split.front.replace("\n1\n", "\n3\n"));
        for front in fronts {
            let blocks = || with(&front, &split.blocks);
            assert_ne!(blocks().text().as_deref(), Ok(TEXT), "{front}");
            // what is left of it is used without a panic
            if let Ok(model) = read(blocks()) {
                let _ = model.operation("RingBell");
                let _ = model.shape_names().count();
            }
        }
        let [operations, shapes] = [0, 1].map(|n: usize| split.blocks[n].clone());
        let operation = |blocks: &[String]| {
            let model = read(with(&split.front, blocks)).unwrap();
            let found = model.operation("RingBell").map(|_| ());
            (model.operation_names().count(), found)
        };
        assert!(operation(&[operations.clone(), shapes]).1.is_ok());
        for (blocks, expected) in [
            (vec![], "tower: no block"),
            (
                vec!["{}".into()],
                "tower: a line of a block is not an entry",
            ),
            (vec![operations], "tower: operation RingBell: no block"),
        ] {
            let (names, found) = operation(&blocks);
            let error = found.unwrap_err().to_string();
            assert!(names == 1 && error.ends_with(expected), "{error}");
        }
    }
}
