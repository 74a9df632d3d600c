//! Results as compact trees: one vector of nodes of 16 bytes, and one text that all names and strings are parts of.
//!
//! ```text
//!  {"Tags": [{"Key": "a"}], "Size": 7}
//!
//!  nodes   Map 2 in 5 │ List 1 in 3 "Tags" │ Map 1 in 2 │ String "a" "Key" │ Integer 7 "Size"
//!  text    TagsKeyaSize
//! ```
//! A node of a list or a map has the number of its children, and of all nodes up to its end, so that a walk steps over it. Both are
//! relative, so a part of a tree is copied as a slice. A name is kept once.

mod build;
mod de;
mod node;
mod ser;

use std::fmt;

pub(crate) use self::build::{Builder, Hint, Name, TooLarge};
pub use self::de::TreeError;
pub use self::node::{Elements, Kind, Members, Node};

/// A result in little memory: a third to a seventh of what a [`Value`](serde_json::Value) needs,
/// and half of the time to build it.
///
/// [`Output::to_tree`](crate::Output::to_tree) returns one. [`root`](Self::root) is its first node, from which the others are found.
/// The tree is a `Serialize`, and its nodes are `Deserializer`s.
///
/// ```
/// use tucuxi::Tree;
///
/// let tree = Tree::from(&serde_json::json!({"Contents": [{"Key": "a", "Size": 1}, {"Key": "b", "Size": 20}]}));
/// let contents = tree.root().get("Contents").unwrap();
/// let sizes = contents.elements().filter_map(|object| object.get("Size")?.as_i64());
/// assert_eq!(sizes.sum::<i64>(), 21);
/// ```
#[derive(Clone, Default)]
pub struct Tree {
    nodes: Vec<Raw>,
    text: String,
    names: Vec<Span>,
}

/// A part of the text.
#[derive(Clone, Copy)]
struct Span {
    start: u32,
    len: u32,
}

/// The number of a name, or [`NAMELESS`].
type NameId = u32;

/// The name of the root and of the elements of lists.
const NAMELESS: NameId = NameId::MAX;

#[derive(Clone, Copy)]
struct Raw {
    /// A number, the start and the length of a string, or the number of children and of nodes.
    data: u64,
    name: NameId,
    tag: Tag,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tag {
    False,
    Float,
    List,
    Map,
    /// An integer below zero.
    Negative,
    Null,
    /// An integer from zero on.
    Positive,
    String,
    True,
}

impl Raw {
    /// The two numbers of a string, a list or a map.
    fn pair(self) -> (usize, usize) {
        let low = self.data & u64::from(u32::MAX);
        ((self.data >> 32) as usize, low as usize)
    }

    /// The number of nodes that it consists of.
    fn size(self) -> usize {
        match self.tag {
            Tag::List | Tag::Map => self.pair().1,
            _ => 1,
        }
    }
}

const fn pair(high: u32, low: u32) -> u64 {
    ((high as u64) << 32) | low as u64
}

impl Tree {
    /// Returns the first node.
    ///
    /// ```
    /// use tucuxi::Tree;
    ///
    /// assert_eq!(Tree::from(&serde_json::json!("text")).root().as_str(), Some("text"));
    /// assert!(Tree::default().root().is_null());
    /// ```
    pub fn root(&self) -> Node<'_> {
        Node { tree: self, at: 0 }
    }

    fn part(&self, span: Span) -> &str {
        let start = span.start as usize;
        &self.text[start..start + span.len as usize]
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root().fmt(f)
    }
}
