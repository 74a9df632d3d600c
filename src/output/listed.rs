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

    /// Takes the tree of items of which none was removed, with the position of their list.
    fn take_whole(&mut self) -> Option<(Tree, usize)> {
        let Form::Tree { tree, list } = &mut self.form else {
            return None;
        };
        let at = tree.member(list)?;
        let is_whole = self.left == (0..tree.at(at).len());
        is_whole.then(|| (std::mem::take(tree), at))
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

/// Makes one tree of a result, and of the items of its list. The tree of a single page is used as it is.
pub(crate) fn assemble(
    members: &Map<String, Value>,
    list: Option<&str>,
    mut items: Vec<Items>,
) -> Result<Tree> {
    let is_rest = |list: &str| members.get(list) == Some(&Value::Array(Vec::new()));
    let single = match (list.filter(|list| is_rest(list)), items.as_mut_slice()) {
        (Some(list), [items]) => items.take_whole().map(|(tree, at)| (list, tree, at)),
        _ => None,
    };
    let built = match single {
        Some((list, tree, at)) => complete(tree, (list, at), members),
        None => copy(members, list, &items),
    };
    built.map_err(Error::response)
}

/// Makes the tree of that of a page. Of its members, only the list at this position is kept.
fn complete(
    tree: Tree,
    (list, at): (&str, usize),
    members: &Map<String, Value>,
) -> Result<Tree, TooLarge> {
    let (mut builder, open) = Builder::of_member(tree, at);
    let mut hint = Hint::start(Name::NONE);
    for (name, value) in members.iter().filter(|(name, _)| *name != list) {
        let id = builder.name(name, &mut hint)?;
        builder.value(id, value)?;
    }
    builder.close_map(open, &hint, members.len())?;
    let mut tree = builder.finish();
    tree.sort_members(0, |name| members.keys().position(|known| known == name));
    Ok(tree)
}

/// Makes the tree by copying the items.
fn copy(
    members: &Map<String, Value>,
    list: Option<&str>,
    items: &[Items],
) -> Result<Tree, TooLarge> {
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
    builder.close_map(open, &hint, members.len())?;
    Ok(builder.finish())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_tree_of_a_single_page_is_that_of_its_copy() {
        let page = json!({"Name": "b", "List": [{"Key": "k", "Name": ["x"]}, {"Key": "l"}], "Next": "t", "More": {"Key": 1}});
        let items = |left: Range<usize>| Items {
            form: Form::Tree {
                tree: Tree::from(&page),
                list: "List".into(),
            },
            left,
        };
        for members in [
            json!({"List": []}),
            json!({"List": [], "Name": "c", "Other": {"Key": [2]}}),
            json!({"Owner": "o", "Name": "c", "List": [], "More": []}),
            json!({"Owner": "o", "List": ["more"]}),
            json!({"Owner": "o"}),
        ] {
            let members = members.as_object().unwrap();
            for left in [0..2, 0..1, 1..2, 2..2] {
                let copied = copy(members, Some("List"), &[items(left.clone())]).unwrap();
                let tree = assemble(members, Some("List"), vec![items(left)]).unwrap();
                let text = serde_json::to_string(&tree).unwrap();
                assert_eq!(text, serde_json::to_string(&copied).unwrap());
            }
            let without = assemble(members, None, vec![items(0..2)]).unwrap();
            assert_eq!(without.root().to_value(), Value::Object(members.clone()));
        }
    }
}
