//! The nodes of a tree, as a program sees them.

use std::fmt;

use serde::Deserialize;
use serde_json::{Number, Value};

use super::{NAMELESS, Raw, Tag, Tree, TreeError};

/// A value in a [`Tree`]: null, a boolean, a number, a string, a list, or a map.
///
/// A node is a position in its tree, and is `Copy`. Every function works on every value: a list has no members, for example.
///
/// ```
/// use tucuxi::Tree;
///
/// let tree = Tree::from(&serde_json::json!({"Name": "b", "Sizes": [1, 2.5]}));
/// let root = tree.root();
/// assert_eq!(root.get("Name").and_then(|name| name.as_str()), Some("b"));
/// assert_eq!(root.members().map(|(name, _)| name).collect::<Vec<_>>(), ["Name", "Sizes"]);
/// assert_eq!(root.get("Sizes").unwrap().to_value(), serde_json::json!([1, 2.5]));
/// ```
#[derive(Clone, Copy)]
pub struct Node<'t> {
    pub(super) tree: &'t Tree,
    pub(super) at: usize,
}

/// What a [`Node`] is.
///
/// ```
/// use tucuxi::tree::{Kind, Tree};
///
/// assert!(matches!(Tree::from(&serde_json::json!("x")).root().kind(), Kind::String("x")));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Kind<'t> {
    /// A boolean.
    Bool(bool),
    /// A list.
    List(Elements<'t>),
    /// A map, such as a structure.
    Map(Members<'t>),
    /// Null.
    Null,
    /// A number.
    Number(Number),
    /// A string, such as a timestamp or a blob.
    String(&'t str),
}

impl<'t> Node<'t> {
    /// The node, which an empty tree does not have.
    pub(super) fn raw(self) -> Raw {
        const NULL: Raw = Raw {
            data: 0,
            name: NAMELESS,
            tag: Tag::Null,
        };
        self.tree.nodes.get(self.at).copied().unwrap_or(NULL)
    }

    /// Returns what the node is.
    ///
    /// ```
    /// use tucuxi::tree::{Kind, Tree};
    ///
    /// let tree = Tree::from(&serde_json::json!([true, null]));
    /// let Kind::List(elements) = tree.root().kind() else { panic!("it is a list") };
    /// assert_eq!(elements.len(), 2);
    /// ```
    pub fn kind(self) -> Kind<'t> {
        let raw = self.raw();
        match raw.tag {
            Tag::False => Kind::Bool(false),
            Tag::True => Kind::Bool(true),
            Tag::Null => Kind::Null,
            Tag::List => Kind::List(Elements(self.children(raw))),
            Tag::Map => Kind::Map(Members(self.children(raw))),
            Tag::String => Kind::String(self.string(raw)),
            Tag::Positive => Kind::Number(raw.data.into()),
            Tag::Negative => Kind::Number(raw.data.cast_signed().into()),
            // all floats of a tree are finite
            Tag::Float => {
                Number::from_f64(f64::from_bits(raw.data)).map_or(Kind::Null, Kind::Number)
            }
        }
    }

    fn string(self, raw: Raw) -> &'t str {
        let (start, len) = raw.pair();
        &self.tree.text[start..start + len]
    }

    /// Adds up all values in it, of which each counts 1, and each text, also that of a member's name, what a function makes of its
    /// length.
    pub(crate) fn total(self, of_text: impl Fn(usize) -> u64) -> u64 {
        let Tree { nodes, names, .. } = self.tree;
        let inner = nodes.get(self.at..self.at + self.raw().size());
        let mut total: u64 = 0;
        for (at, raw) in inner.unwrap_or_default().iter().enumerate() {
            let own = match raw.tag {
                Tag::String => of_text(raw.pair().1),
                _ => 1,
            };
            // the name of the first is a part of what it is in
            let name = names.get(raw.name as usize).filter(|_| at > 0);
            let name = name.map_or(0, |name| of_text(name.len as usize));
            total = total.saturating_add(own).saturating_add(name);
        }
        total.max(1)
    }

    fn children(self, raw: Raw) -> Children<'t> {
        let (left, _) = raw.pair();
        Children {
            tree: self.tree,
            at: self.at + 1,
            left,
        }
    }

    /// Whether it is null.
    ///
    /// ```
    /// # use tucuxi::Tree;
    /// assert!(Tree::from(&serde_json::json!(null)).root().is_null());
    /// ```
    pub fn is_null(self) -> bool {
        self.raw().tag == Tag::Null
    }

    /// Returns a boolean.
    ///
    /// ```
    /// # use tucuxi::Tree;
    /// assert_eq!(Tree::from(&serde_json::json!(true)).root().as_bool(), Some(true));
    /// ```
    pub fn as_bool(self) -> Option<bool> {
        match self.kind() {
            Kind::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// Returns an integer, if it fits.
    ///
    /// ```
    /// # use tucuxi::Tree;
    /// assert_eq!(Tree::from(&serde_json::json!(-7)).root().as_i64(), Some(-7));
    /// ```
    pub fn as_i64(self) -> Option<i64> {
        self.as_number()?.as_i64()
    }

    /// Returns an integer that is not negative.
    ///
    /// ```
    /// # use tucuxi::Tree;
    /// assert_eq!(Tree::from(&serde_json::json!(7)).root().as_u64(), Some(7));
    /// ```
    pub fn as_u64(self) -> Option<u64> {
        self.as_number()?.as_u64()
    }

    /// Returns a number as a float, rounded if need be.
    ///
    /// ```
    /// # use tucuxi::Tree;
    /// assert_eq!(Tree::from(&serde_json::json!(0.5)).root().as_f64(), Some(0.5));
    /// ```
    pub fn as_f64(self) -> Option<f64> {
        self.as_number()?.as_f64()
    }

    /// Returns a number.
    ///
    /// ```
    /// # use tucuxi::Tree;
    /// assert!(Tree::from(&serde_json::json!(0.5)).root().as_number().is_some_and(|number| number.is_f64()));
    /// ```
    pub fn as_number(self) -> Option<Number> {
        match self.kind() {
            Kind::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Returns a string, such as a timestamp or a blob.
    ///
    /// ```
    /// # use tucuxi::Tree;
    /// assert_eq!(Tree::from(&serde_json::json!("x")).root().as_str(), Some("x"));
    /// ```
    pub fn as_str(self) -> Option<&'t str> {
        let raw = self.raw();
        (raw.tag == Tag::String).then(|| self.string(raw))
    }

    /// Returns the number of elements of a list or members of a map, otherwise 0.
    ///
    /// ```
    /// # use tucuxi::Tree;
    /// assert_eq!(Tree::from(&serde_json::json!([1, 2])).root().len(), 2);
    /// ```
    pub fn len(self) -> usize {
        let raw = self.raw();
        match raw.tag {
            Tag::List | Tag::Map => raw.pair().0,
            _ => 0,
        }
    }

    /// Whether it has neither elements nor members.
    ///
    /// ```
    /// # use tucuxi::Tree;
    /// assert!(Tree::from(&serde_json::json!({})).root().is_empty());
    /// ```
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Whether it is a list.
    ///
    /// ```
    /// # use tucuxi::Tree;
    /// assert!(Tree::from(&serde_json::json!([])).root().is_list());
    /// ```
    pub fn is_list(self) -> bool {
        self.raw().tag == Tag::List
    }

    /// Whether it is a map, such as a structure.
    ///
    /// ```
    /// # use tucuxi::Tree;
    /// assert!(Tree::from(&serde_json::json!({})).root().is_map());
    /// ```
    pub fn is_map(self) -> bool {
        self.raw().tag == Tag::Map
    }

    /// Returns a member of a map. It looks at one member after the other.
    ///
    /// ```
    /// # use tucuxi::Tree;
    /// let tree = Tree::from(&serde_json::json!({"Size": 1}));
    /// assert_eq!(tree.root().get("Size").and_then(|size| size.as_u64()), Some(1));
    /// assert!(tree.root().get("Name").is_none());
    /// ```
    pub fn get(self, name: &str) -> Option<Self> {
        self.members()
            .find_map(|(known, node)| (known == name).then_some(node))
    }

    /// Returns an element of a list. It steps over those before it.
    ///
    /// ```
    /// # use tucuxi::Tree;
    /// let tree = Tree::from(&serde_json::json!(["a", "b"]));
    /// assert_eq!(tree.root().at(1).and_then(|element| element.as_str()), Some("b"));
    /// ```
    pub fn at(self, index: usize) -> Option<Self> {
        self.elements().nth(index)
    }

    /// Returns the elements of a list, and none of any other value.
    ///
    /// ```
    /// # use tucuxi::Tree;
    /// let tree = Tree::from(&serde_json::json!([1, 2]));
    /// assert_eq!(tree.root().elements().filter_map(|element| element.as_u64()).sum::<u64>(), 3);
    /// ```
    pub fn elements(self) -> Elements<'t> {
        match self.kind() {
            Kind::List(elements) => elements,
            _ => Elements(self.none()),
        }
    }

    /// Returns the members of a map with their names, and none of any other value.
    ///
    /// ```
    /// # use tucuxi::Tree;
    /// let tree = Tree::from(&serde_json::json!({"a": 1, "b": 2}));
    /// let names: Vec<&str> = tree.root().members().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["a", "b"]);
    /// ```
    pub fn members(self) -> Members<'t> {
        match self.kind() {
            Kind::Map(members) => members,
            _ => Members(self.none()),
        }
    }

    fn none(self) -> Children<'t> {
        Children {
            tree: self.tree,
            at: self.at,
            left: 0,
        }
    }

    /// Converts the node and all below it.
    ///
    /// ```
    /// # use tucuxi::Tree;
    /// let value = serde_json::json!({"a": [1, null]});
    /// assert_eq!(Tree::from(&value).root().to_value(), value);
    /// ```
    pub fn to_value(self) -> Value {
        match self.kind() {
            Kind::Bool(value) => value.into(),
            Kind::List(elements) => elements.map(Node::to_value).collect(),
            Kind::Map(members) => {
                let mut map = serde_json::Map::with_capacity(members.len());
                map.extend(members.map(|(name, node)| (name.to_owned(), node.to_value())));
                map.into()
            }
            Kind::Null => Value::Null,
            Kind::Number(number) => number.into(),
            Kind::String(text) => text.into(),
        }
    }

    /// Deserializes the node, to a type that may borrow strings from the tree.
    ///
    /// ```
    /// # use tucuxi::Tree;
    /// #[derive(serde::Deserialize)]
    /// struct Object<'t> {
    ///     #[serde(rename = "Key")]
    ///     key: &'t str,
    /// }
    /// let tree = Tree::from(&serde_json::json!({"Key": "a", "Size": 1}));
    /// assert_eq!(tree.root().deserialize::<Object<'_>>()?.key, "a");
    /// # Ok::<(), tucuxi::tree::TreeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the node does not fit the type.
    pub fn deserialize<T: Deserialize<'t>>(self) -> Result<T, TreeError> {
        T::deserialize(self)
    }
}

/// The elements of a list.
///
/// ```
/// # use tucuxi::Tree;
/// let tree = Tree::from(&serde_json::json!([1, 2]));
/// assert_eq!(tree.root().elements().len(), 2);
/// ```
#[derive(Clone)]
pub struct Elements<'t>(Children<'t>);

/// The members of a map, each with its name.
///
/// ```
/// # use tucuxi::Tree;
/// let tree = Tree::from(&serde_json::json!({"a": 1}));
/// let (name, node) = tree.root().members().next().unwrap();
/// assert_eq!((name, node.as_u64()), ("a", Some(1)));
/// ```
#[derive(Clone)]
pub struct Members<'t>(Children<'t>);

#[derive(Clone)]
struct Children<'t> {
    tree: &'t Tree,
    at: usize,
    left: usize,
}

impl<'t> Iterator for Children<'t> {
    type Item = (Raw, Node<'t>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let (tree, at) = (self.tree, self.at);
        let raw = tree.nodes[at];
        self.at += raw.size();
        Some((raw, Node { tree, at }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<'t> Iterator for Elements<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Node<'t>> {
        self.0.next().map(|(_, node)| node)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<'t> Iterator for Members<'t> {
    type Item = (&'t str, Node<'t>);

    fn next(&mut self) -> Option<Self::Item> {
        let (raw, node) = self.0.next()?;
        let tree = node.tree;
        let name = tree.names.get(raw.name as usize);
        Some((name.map_or("", |span| tree.part(*span)), node))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Elements<'_> {}
impl ExactSizeIterator for Members<'_> {}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            Kind::Bool(value) => value.fmt(f),
            Kind::List(elements) => elements.fmt(f),
            Kind::Map(members) => members.fmt(f),
            Kind::Null => f.write_str("null"),
            Kind::Number(number) => number.fmt(f),
            Kind::String(text) => text.fmt(f),
        }
    }
}

impl fmt::Debug for Elements<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl fmt::Debug for Members<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.clone()).finish()
    }
}
