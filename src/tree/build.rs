//! The making of trees.

use std::collections::HashMap;
#[cfg(feature = "cli")]
use std::ops::Range;

use serde_json::{Number, Value};

use super::{NAMELESS, NameId, Node, Raw, Span, Tag, Tree, pair};

/// Makes a tree, node by node in the order in which they are written.
#[derive(Default)]
pub(crate) struct Builder {
    tree: Tree,
    ids: HashMap<Box<str>, NameId>,
    /// The names that were last added at places between the members of maps: the elements of a list have the same members, so most
    /// names are found here.
    likely: Vec<NameId>,
    /// For each name, the number of the map that had it last.
    seen: Vec<u64>,
    maps: u64,
}

/// A name in a tree that is being made.
#[derive(Clone, Copy)]
pub(crate) struct Name {
    id: NameId,
    /// Its own, or that of the list that it is an element of.
    within: NameId,
}

impl Name {
    /// That of the root.
    pub(crate) const NONE: Self = Self {
        id: NAMELESS,
        within: NAMELESS,
    };

    /// That of the elements of a list with this name.
    pub(crate) fn of_elements(self) -> Self {
        Self {
            id: NAMELESS,
            ..self
        }
    }
}

/// A place between the members of a map.
pub(crate) struct Hint {
    within: NameId,
    /// The member before it. That of the first member is nameless.
    after: NameId,
    /// Whether each name so far has a greater number than the one before it, so that all are different.
    is_ascending: bool,
}

/// Such places are known by this many numbers. If two have the same one, their names replace each other.
const PLACES: usize = 2048;

impl Hint {
    /// Before the first member of a map with this name.
    pub(crate) fn start(name: Name) -> Self {
        Self {
            within: name.within,
            after: NAMELESS,
            is_ascending: true,
        }
    }

    /// The number of the place.
    #[inline]
    fn number(&self) -> usize {
        let path = self
            .within
            .wrapping_mul(0xc2b2_ae3d)
            .wrapping_add(self.after);
        let mixed = path ^ path >> 13;
        (mixed.wrapping_mul(0x9e37_79b1) >> (u32::BITS - PLACES.ilog2())) as usize
    }
}

/// Whether texts are the same. A call for the comparison of so few bytes takes longer than that.
#[inline(always)]
fn is_same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() || a.len() > 32 {
        return a == b;
    }
    // the two halves of a text overlap
    if let (Some(a1), Some(b1)) = (a.first_chunk::<16>(), b.first_chunk::<16>())
        && let (Some(a2), Some(b2)) = (a.last_chunk::<16>(), b.last_chunk::<16>())
    {
        let first = u128::from_ne_bytes(*a1) ^ u128::from_ne_bytes(*b1);
        return first | (u128::from_ne_bytes(*a2) ^ u128::from_ne_bytes(*b2)) == 0;
    }
    if let (Some(a1), Some(b1)) = (a.first_chunk::<8>(), b.first_chunk::<8>())
        && let (Some(a2), Some(b2)) = (a.last_chunk::<8>(), b.last_chunk::<8>())
    {
        let first = u64::from_ne_bytes(*a1) ^ u64::from_ne_bytes(*b1);
        return first | (u64::from_ne_bytes(*a2) ^ u64::from_ne_bytes(*b2)) == 0;
    }
    if let (Some(a1), Some(b1)) = (a.first_chunk::<4>(), b.first_chunk::<4>())
        && let (Some(a2), Some(b2)) = (a.last_chunk::<4>(), b.last_chunk::<4>())
    {
        let first = u32::from_ne_bytes(*a1) ^ u32::from_ne_bytes(*b1);
        return first | (u32::from_ne_bytes(*a2) ^ u32::from_ne_bytes(*b2)) == 0;
    }
    a == b
}

/// A list or a map that is not complete.
#[derive(Clone, Copy)]
pub(crate) struct Open(usize);

/// The error of a tree with more than 4 GiB of text or nodes.
#[derive(Debug, thiserror::Error)]
#[error("the result is too large for a tree: it has more than 4 GiB of text")]
pub(crate) struct TooLarge;

type Result<T = (), E = TooLarge> = std::result::Result<T, E>;

fn small(number: usize) -> Result<u32> {
    u32::try_from(number).map_err(|_| TooLarge)
}

impl Builder {
    pub(crate) fn finish(self) -> Tree {
        self.tree
    }

    /// Makes place for the tree of a response of this length.
    pub(crate) fn reserve(&mut self, len: usize) {
        self.tree.text.reserve(len / 3);
        self.tree.nodes.reserve(len / 48);
    }

    fn push(&mut self, name: Name, tag: Tag, data: u64) {
        let name = name.id;
        self.tree.nodes.push(Raw { data, name, tag });
    }

    pub(crate) fn null(&mut self, name: Name) {
        self.push(name, Tag::Null, 0);
    }

    pub(crate) fn bool(&mut self, name: Name, value: bool) {
        self.push(name, if value { Tag::True } else { Tag::False }, 0);
    }

    pub(crate) fn u64(&mut self, name: Name, value: u64) {
        self.push(name, Tag::Positive, value);
    }

    pub(crate) fn i64(&mut self, name: Name, value: i64) {
        let tag = if value < 0 {
            Tag::Negative
        } else {
            Tag::Positive
        };
        self.push(name, tag, value.cast_unsigned());
    }

    /// Adds a float; JSON has no number for one that is not finite.
    pub(crate) fn f64(&mut self, name: Name, value: f64) {
        match value.is_finite() {
            true => self.push(name, Tag::Float, value.to_bits()),
            false => self.null(name),
        }
    }

    pub(crate) fn number(&mut self, name: Name, number: &Number) {
        match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => self.u64(name, number),
            (None, Some(number)) => self.i64(name, number),
            (None, None) => self.f64(name, number.as_f64().unwrap_or(f64::NAN)),
        }
    }

    pub(crate) fn str(&mut self, name: Name, text: &str) -> Result {
        let span = self.add_text(text)?;
        self.push(name, Tag::String, pair(span.start, span.len));
        Ok(())
    }

    fn add_text(&mut self, text: &str) -> Result<Span> {
        let start = small(self.tree.text.len())?;
        let len = small(text.len())?;
        self.tree.text.push_str(text);
        Ok(Span { start, len })
    }

    /// Starts a list.
    pub(crate) fn list(&mut self, name: Name) -> Open {
        let at = self.tree.nodes.len();
        self.push(name, Tag::List, 0);
        Open(at)
    }

    /// Starts a map.
    pub(crate) fn map(&mut self, name: Name) -> Open {
        let at = self.tree.nodes.len();
        self.push(name, Tag::Map, 0);
        Open(at)
    }

    /// Finds or adds the name of the next member.
    pub(crate) fn name(&mut self, text: &str, hint: &mut Hint) -> Result<Name> {
        let place = hint.number();
        let likely = self.likely.get(place).copied().unwrap_or(NAMELESS);
        let is_likely = |span: &Span| {
            let start = span.start as usize;
            let known = self.tree.text.as_bytes();
            let known = known.get(start..start + span.len as usize);
            known.is_some_and(|known| is_same(known, text.as_bytes()))
        };
        let id = match self.tree.names.get(likely as usize).is_some_and(is_likely) {
            true => likely,
            false => self.other_name(text, place)?,
        };
        // the number of no name becomes -1, which is less than all others but those above 2^31
        hint.is_ascending &= id.cast_signed() > hint.after.cast_signed();
        hint.after = id;
        Ok(Name { id, within: id })
    }

    /// Finds or adds a name that is not the likely one, and is likely at this place from now on.
    #[cold]
    fn other_name(&mut self, text: &str, place: usize) -> Result<NameId> {
        let id = self.id(text)?;
        if self.likely.is_empty() {
            self.likely = vec![NAMELESS; PLACES];
        }
        self.likely[place] = id;
        Ok(id)
    }

    #[cold]
    fn id(&mut self, text: &str) -> Result<NameId> {
        if let Some(id) = self.ids.get(text) {
            return Ok(*id);
        }
        let id = small(self.tree.names.len())?;
        let span = self.add_text(text)?;
        self.tree.names.push(span);
        self.seen.push(0);
        self.ids.insert(text.into(), id);
        Ok(id)
    }

    /// Ends a list or a map with this number of children.
    fn close(&mut self, open: Open, count: usize) -> Result {
        let size = self.tree.nodes.len() - open.0;
        self.tree.nodes[open.0].data = pair(small(count)?, small(size)?);
        Ok(())
    }

    pub(crate) fn close_list(&mut self, open: Open, count: usize) -> Result {
        self.close(open, count)
    }

    /// Ends a map. Of members with the same name the last counts, at the place of the first.
    pub(crate) fn close_map(&mut self, open: Open, end: &Hint, count: usize) -> Result {
        self.close(open, count)?;
        match end.is_ascending {
            true => Ok(()),
            false => self.check_names(open, count),
        }
    }

    fn check_names(&mut self, open: Open, count: usize) -> Result {
        self.maps += 1;
        let mut at = open.0 + 1;
        let mut is_distinct = true;
        for _ in 0..count {
            let raw = self.tree.nodes[at];
            at += raw.size();
            let seen = &mut self.seen[raw.name as usize];
            is_distinct &= *seen != self.maps;
            *seen = self.maps;
        }
        match is_distinct {
            true => Ok(()),
            false => self.drop_repeated(open),
        }
    }

    #[cold]
    fn drop_repeated(&mut self, open: Open) -> Result {
        let mut places = HashMap::new();
        let mut kept = Vec::new();
        for child in self.tree.children(open.0) {
            let place = *places
                .entry(self.tree.nodes[child].name)
                .or_insert(kept.len());
            match kept.get_mut(place) {
                Some(earlier) => *earlier = child,
                None => kept.push(child),
            }
        }
        let end = self.tree.put_children(open.0, &kept);
        self.tree.nodes.truncate(end);
        self.close(open, kept.len())
    }

    /// Adds a value and all below it.
    pub(crate) fn value(&mut self, name: Name, value: &Value) -> Result {
        match value {
            Value::Null => self.null(name),
            Value::Bool(value) => self.bool(name, *value),
            Value::Number(number) => self.number(name, number),
            Value::String(text) => self.str(name, text)?,
            Value::Array(list) => {
                let open = self.list(name);
                for element in list {
                    self.value(name.of_elements(), element)?;
                }
                self.close_list(open, list.len())?;
            }
            Value::Object(map) => {
                let open = self.map(name);
                let mut hint = Hint::start(name);
                for (member, value) in map {
                    let member = self.name(member, &mut hint)?;
                    self.value(member, value)?;
                }
                self.close_map(open, &hint, map.len())?;
            }
        }
        Ok(())
    }

    /// Continues a tree whose root is a map, of which this member is kept. The root is open again.
    #[cfg(feature = "cli")]
    pub(crate) fn of_member(mut tree: Tree, member: usize) -> (Self, Open) {
        let end = member + tree.nodes[member].size();
        tree.nodes.truncate(end);
        tree.nodes.drain(1..member);
        let names = tree.names.iter().map(|name| tree.part(*name).into());
        let builder = Self {
            ids: names.zip(0..).collect(),
            likely: Vec::new(),
            seen: vec![0; tree.names.len()],
            maps: 0,
            tree,
        };
        (builder, Open(0))
    }

    /// Adds elements of a list of another tree, and returns their number. They are copied as one slice.
    #[cfg(feature = "cli")]
    pub(crate) fn elements(&mut self, list: Node<'_>, range: &Range<usize>) -> Result<usize> {
        let positions = list.tree.children(list.at).skip(range.start);
        let mut positions = positions.take(range.len());
        let Some(start) = positions.next() else {
            return Ok(0);
        };
        let last = positions.last().unwrap_or(start);
        let end = last + list.tree.nodes[last].size();
        let base = u64::from(small(self.tree.text.len())?) << 32;
        small(self.tree.text.len() + list.tree.text.len())?;
        self.tree.text.push_str(&list.tree.text);
        let names = list
            .tree
            .names
            .iter()
            .map(|name| self.id(list.tree.part(*name)));
        let names = names.collect::<Result<Vec<_>>>()?;
        let copy = |raw: &Raw| Raw {
            name: names.get(raw.name as usize).copied().unwrap_or(NAMELESS),
            data: match raw.tag {
                Tag::String => raw.data + base,
                _ => raw.data,
            },
            ..*raw
        };
        (self.tree.nodes).extend(list.tree.nodes[start..end].iter().map(copy));
        Ok(list.len().min(range.end) - range.start)
    }
}

impl Tree {
    /// The positions of the children of a node.
    fn children(&self, at: usize) -> impl Iterator<Item = usize> {
        let node = Node { tree: self, at };
        let raw = node.raw();
        let count = match raw.tag {
            Tag::List | Tag::Map => raw.pair().0,
            _ => 0,
        };
        let mut next = at + 1;
        (0..count).map(move |_| {
            let child = next;
            next += self.nodes[child].size();
            child
        })
    }

    /// Visits the children that are lists or maps, whose size the visitor does not change.
    pub(crate) fn for_each_inner(&mut self, at: usize, mut visit: impl FnMut(&mut Self, usize)) {
        let (count, mut child) = (self.at(at).len(), at + 1);
        for _ in 0..count {
            let raw = self.nodes[child];
            if matches!(raw.tag, Tag::List | Tag::Map) {
                visit(self, child);
            }
            child += raw.size();
        }
    }

    /// The position of a member of the root.
    #[cfg(feature = "cli")]
    pub(crate) fn member(&self, name: &str) -> Option<usize> {
        self.children(0).find(|child| self.name(*child) == name)
    }

    /// The node at a position.
    pub(crate) fn at(&self, at: usize) -> Node<'_> {
        Node { tree: self, at }
    }

    /// The name of a member.
    pub(crate) fn name(&self, at: usize) -> &str {
        let name = self.names.get(self.nodes[at].name as usize);
        name.map_or("", |span| self.part(*span))
    }

    /// Puts these children, and no others, into a map or a list. Returns the end of the last.
    fn put_children(&mut self, at: usize, children: &[usize]) -> usize {
        let nodes = |child: &usize| &self.nodes[*child..*child + self.nodes[*child].size()];
        let nodes: Vec<Raw> = children.iter().flat_map(nodes).copied().collect();
        let end = at + 1 + nodes.len();
        self.nodes[at + 1..end].copy_from_slice(&nodes);
        end
    }

    /// Sorts the members of a map by a rank.
    pub(crate) fn sort_members<R: Ord>(&mut self, at: usize, mut rank: impl FnMut(&str) -> R) {
        let ranks = self.children(at).map(|child| rank(self.name(child)));
        if ranks.is_sorted() {
            return;
        }
        let mut ranks: Vec<_> = self
            .children(at)
            .map(|child| (rank(self.name(child)), child))
            .collect();
        // it is stable, as positions grow
        ranks.sort();
        let order: Vec<usize> = ranks.into_iter().map(|(_, child)| child).collect();
        self.put_children(at, &order);
    }
}

impl From<&Value> for Tree {
    /// # Panics
    ///
    /// Panics if the value has more than 4 GiB of text.
    fn from(value: &Value) -> Self {
        let mut builder = Builder::default();
        let made = builder.value(Name::NONE, value);
        made.expect("a value has less than 4 GiB of text");
        builder.finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn trees_hold_every_value() {
        let values = [
            json!(null),
            json!([]),
            json!({}),
            json!([[], {}, [[]], [{}]]),
            json!({"a": {"a": {"a": 1}}, "b": {"a": 2, "b": []}}),
            json!([-1, 0, 1, i64::MIN, i64::MAX, u64::MAX, 0.5, -0.0, 1e300]),
            json!(["", "x", "é\u{0}", {"": 1, "é": "x"}]),
            json!([{"S": "a", "N": "b"}, {"N": "c"}, {"S": "d", "B": {"S": 1}}, {"N": null, "S": true}]),
        ];
        for value in values {
            let tree = Tree::from(&value);
            assert_eq!(tree.root().to_value(), value);
            assert_eq!(serde_json::to_value(&tree).unwrap(), value);
            assert_eq!(serde_json::to_string(&tree).unwrap(), value.to_string());
            let back: Value = tree.root().deserialize().unwrap();
            assert_eq!(back.to_string(), value.to_string());
        }
    }

    #[test]
    fn texts_of_any_length_are_compared() {
        for len in 0..40 {
            let text: Vec<u8> = (0..len).collect();
            assert!(is_same(&text, &text.clone()));
            for at in 0..text.len() {
                let mut other = text.clone();
                other[at] = b'_';
                assert!(!is_same(&text, &other), "{len} {at}");
                assert!(!is_same(&text, &text[..at]));
            }
        }
    }

    #[cfg(feature = "cli")]
    #[test]
    fn elements_are_copied_from_one_tree_to_another() {
        let elements = [
            json!({"a": "x", "b": [{"a": "y"}]}),
            json!("z"),
            json!([[], 1.5]),
            json!({}),
        ];
        let other = Tree::from(&json!({"b": "other", "list": elements}));
        let list = other.root().get("list").unwrap();
        for start in 0..=4 {
            for end in start..=5 {
                let mut builder = Builder::default();
                let open = builder.list(Name::NONE);
                builder.value(Name::NONE, &json!({"c": "first"})).unwrap();
                let count = builder.elements(list, &(start..end)).unwrap();
                builder.close_list(open, count + 1).unwrap();
                let mut expected = vec![json!({"c": "first"})];
                expected.extend_from_slice(&elements[start..end.min(4)]);
                assert_eq!(builder.finish().root().to_value(), Value::Array(expected));
            }
        }
    }

    #[test]
    fn of_a_repeated_member_the_last_counts_at_the_place_of_the_first() {
        let mut builder = Builder::default();
        let (open, mut hint) = (builder.map(Name::NONE), Hint::start(Name::NONE));
        for (name, value) in [
            ("a", json!([1, 2])),
            ("b", json!({"a": 1, "b": 2})),
            ("a", json!({"c": [3]})),
            ("c", json!(4)),
            ("c", json!(5)),
        ] {
            let name = builder.name(name, &mut hint).unwrap();
            builder.value(name, &value).unwrap();
        }
        builder.close_map(open, &hint, 5).unwrap();
        let tree = builder.finish();
        let expected = r#"{"a":{"c":[3]},"b":{"a":1,"b":2},"c":5}"#;
        assert_eq!(serde_json::to_string(&tree).unwrap(), expected);
    }

    #[test]
    fn members_are_sorted_with_all_below_them() {
        let value = json!({"list": [{"z": [1, {"y": 2}], "a": {"b": 3}, "m": null}], "end": 1});
        let mut tree = Tree::from(&value);
        tree.sort_members(2, str::to_owned);
        let expected = r#"{"list":[{"a":{"b":3},"m":null,"z":[1,{"y":2}]}],"end":1}"#;
        assert_eq!(serde_json::to_string(&tree).unwrap(), expected);
    }
}
