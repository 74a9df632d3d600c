//! Pages whose items are apart from the rest, so that they are printed or collected without a `Value` of them.

use std::ops::Range;

use serde_json::{Map, Value};

use super::Output;
use crate::error::{Error, Result};
use crate::tree::{Builder, Hint, Name, TooLarge, Tree};

/// A page.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    /// The result. A list of it whose items are apart is empty.
    pub(crate) rest: Value,
    pub(crate) items: Option<Items>,
}

/// The items of a list.
#[derive(Debug)]
pub(crate) struct Items {
    form: Form,
    /// The items that are left.
    left: Range<usize>,
}

#[derive(Debug)]
enum Form {
    /// JSON text, with the end of each.
    Text { text: Vec<u8>, ends: Vec<usize> },
    /// A list of a tree.
    Tree { tree: Tree, list: String },
}

impl Items {
    pub(super) fn of_text(text: Vec<u8>, ends: Vec<usize>) -> Self {
        Self {
            left: 0..ends.len(),
            form: Form::Text { text, ends },
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.left.len()
    }

    /// Removes the first items.
    pub(crate) fn skip(&mut self, count: usize) {
        self.left.start = self.left.start.saturating_add(count).min(self.left.end);
    }

    /// Removes all but the first items.
    pub(crate) fn truncate(&mut self, count: usize) {
        self.left.end = self.left.start.saturating_add(count).min(self.left.end);
    }

    /// The texts of items that are text.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &[u8]> {
        let (text, ends): (&[u8], &[usize]) = match &self.form {
            Form::Text { text, ends } => (text, ends),
            Form::Tree { .. } => (&[], &[]),
        };
        let range = |at: usize| {
            let start = at.checked_sub(1).map_or(0, |before| ends[before]);
            &text[start..ends[at]]
        };
        let left = if ends.is_empty() {
            0..0
        } else {
            self.left.clone()
        };
        left.map(range)
    }

    /// Adds items of a tree to a list, and returns their number.
    fn build(&self, builder: &mut Builder) -> Result<usize, TooLarge> {
        let Form::Tree { tree, list } = &self.form else {
            return Ok(0);
        };
        let list = tree.root().get(list);
        list.map_or(Ok(0), |list| builder.elements(list, &self.left))
    }
}

impl Output {
    /// The result as a value, but for the items of one list, which are a tree.
    pub(crate) fn to_listed_tree(&self, list: &str) -> Result<Listed> {
        let tree = self.to_tree()?;
        let Some(items) = tree.root().get(list).filter(|items| items.is_list()) else {
            return Ok(Listed {
                rest: tree.root().to_value(),
                items: None,
            });
        };
        let rest = tree.root().members().map(|(name, node)| {
            let value = if name == list {
                Value::Array(Vec::new())
            } else {
                node.to_value()
            };
            (name.to_owned(), value)
        });
        Ok(Listed {
            rest: Value::Object(rest.collect()),
            items: Some(Items {
                left: 0..items.len(),
                form: Form::Tree {
                    list: list.to_owned(),
                    tree,
                },
            }),
        })
    }
}

/// Makes one tree of a result, and of the items of its list.
pub(crate) fn assemble(
    members: &Map<String, Value>,
    list: Option<&str>,
    items: &[Items],
) -> Result<Tree> {
    let build = || {
        let mut builder = Builder::default();
        let (open, mut hint) = (builder.map(Name::NONE), Hint::start(Name::NONE));
        for (name, value) in members {
            let id = builder.name(name, &mut hint)?;
            match list == Some(name) && !items.is_empty() {
                false => builder.value(id, value)?,
                true => {
                    let list = builder.list(id);
                    let mut count = 0;
                    for items in items {
                        count += items.build(&mut builder)?;
                    }
                    for value in value.as_array().into_iter().flatten() {
                        builder.value(id.of_elements(), value)?;
                        count += 1;
                    }
                    builder.close_list(list, count)?;
                }
            }
        }
        builder.close_map(open, members.len())?;
        Ok(builder.finish())
    };
    build().map_err(|error: TooLarge| Error::response(error))
}
