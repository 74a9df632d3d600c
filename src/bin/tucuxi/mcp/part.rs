//! Cuts a value at a size, so that the parts together are the value.
//!
//! ```text
//! {"Name": "n", "Items": [{…}, {…}, {…}]}      a value
//! {"Name": "n", "Items": [{…}, {…}]}           its first part
//! {"Items": [{…}]}                             the rest, which begins at Items[2]
//! ```
//! A cut is between two members or items. One that is larger than a part is cut inside, and a text between two characters.

use std::fmt::Write as _;
use std::io;

use serde_json::{Map, Value};

/// What follows a part.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rest {
    pub(super) value: Value,
    /// The place in the whole value where it begins, such as `Items[2]` or `Policy[1000:]`.
    pub(super) start: Start,
}

/// A place in a value: the steps from the top.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Start(Vec<Step>);

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Character(usize),
    Item(usize),
    Member(String),
}

impl Start {
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for step in &self.0 {
            // writing into a string cannot fail
            let _ = match step {
                Step::Character(at) => write!(text, "[{at}:]"),
                Step::Item(at) => write!(text, "[{at}]"),
                Step::Member(name) if text.is_empty() => write!(text, "{name}"),
                Step::Member(name) => write!(text, ".{name}"),
            };
        }
        text
    }

    /// The same place, in a value of which this one is the rest.
    fn within(mut self, before: &Self) -> Self {
        // items and characters before the rest count, as far as both places are in the same list or text
        for (step, before) in self.0.iter_mut().zip(&before.0) {
            let is_first = match (&mut *step, before) {
                (Step::Character(at), Step::Character(known)) => {
                    *at += known;
                    false
                }
                (Step::Item(at), Step::Item(known)) => {
                    let is_first = *at == 0;
                    *at += known;
                    is_first
                }
                (Step::Member(name), Step::Member(known)) => name == known,
                _ => false,
            };
            if !is_first {
                break;
            }
        }
        self
    }
}

/// The length of a value as JSON.
pub(super) fn length(value: &Value) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // a value is always JSON
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}

/// The beginning of a text: at most so many bytes, in whole characters.
pub(super) fn beginning(text: &str, length: usize) -> &str {
    let mut end = length.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Cuts a value that is longer than `room`. `before` is where it begins, if it is a rest itself.
pub(super) fn cut(value: Value, room: usize, before: &Start) -> (Value, Option<Rest>) {
    let mut cutter = Cutter {
        room,
        is_empty: true,
        path: Vec::new(),
    };
    let (taken, rest) = cutter.split(value);
    let rest = rest.map(|value| Rest {
        value,
        start: Start(cutter.path).within(before),
    });
    (taken.unwrap_or_default(), rest)
}

struct Cutter {
    room: usize,
    /// Whether nothing was taken so far. The first thing is taken, however large it is.
    is_empty: bool,
    /// The way to the place of the cut, once there is one.
    path: Vec<Step>,
}

impl Cutter {
    /// Returns the part that is taken and the part that is left.
    fn split(&mut self, value: Value) -> (Option<Value>, Option<Value>) {
        let needed = length(&value);
        if needed <= self.room {
            self.take(needed);
            return (Some(value), None);
        }
        match value {
            Value::Array(items) if !items.is_empty() => self.list(items),
            Value::Object(members) if !members.is_empty() => self.map(members),
            Value::String(text) if self.is_empty && !text.is_empty() => self.text(text),
            value if self.is_empty => {
                self.take(needed);
                (Some(value), None)
            }
            value => (None, Some(value)),
        }
    }

    fn take(&mut self, length: usize) {
        self.room = self.room.saturating_sub(length);
        self.is_empty = false;
    }

    fn list(&mut self, items: Vec<Value>) -> (Option<Value>, Option<Value>) {
        self.room = self.room.saturating_sub(2);
        let (mut taken, mut items) = (Vec::new(), items.into_iter());
        while let Some(item) = items.next() {
            let is_first = self.is_empty;
            let needed = length(&item) + 1;
            if needed <= self.room {
                self.take(needed);
                taken.push(item);
                continue;
            }
            let at = taken.len();
            // an item is cut inside if nothing else can be taken
            let (part, rest) = match is_first {
                true => self.split(item),
                false => (None, Some(item)),
            };
            taken.extend(part);
            if let Some(rest) = rest {
                self.path.insert(0, Step::Item(at));
                let rest: Vec<Value> = [rest].into_iter().chain(items).collect();
                return (some_list(taken), Some(rest.into()));
            }
        }
        (some_list(taken), None)
    }

    fn map(&mut self, members: Map<String, Value>) -> (Option<Value>, Option<Value>) {
        self.room = self.room.saturating_sub(2);
        let (mut taken, mut members) = (Map::new(), members.into_iter());
        while let Some((name, value)) = members.next() {
            self.room = self.room.saturating_sub(name.len() + 4);
            let (part, rest) = self.split(value);
            if let Some(part) = part {
                taken.insert(name.clone(), part);
            }
            if let Some(rest) = rest {
                self.path.insert(0, Step::Member(name.clone()));
                let rest: Map<String, Value> = [(name, rest)].into_iter().chain(members).collect();
                let taken = (!taken.is_empty()).then(|| taken.into());
                return (taken, Some(rest.into()));
            }
        }
        (Some(taken.into()), None)
    }

    fn text(&mut self, mut text: String) -> (Option<Value>, Option<Value>) {
        let room = self.room.saturating_sub(2);
        let (mut used, mut count) = (0, 0);
        let mut end = text.len();
        for (at, c) in text.char_indices() {
            used += match c {
                '"' | '\\' => 2,
                c if c.is_control() => 6,
                c => c.len_utf8(),
            };
            if used > room && count > 0 {
                end = at;
                break;
            }
            count += 1;
        }
        let rest = text.split_off(end);
        self.take(self.room);
        if rest.is_empty() {
            return (Some(text.into()), None);
        }
        self.path.push(Step::Character(count));
        (Some(text.into()), Some(rest.into()))
    }
}

fn some_list(taken: Vec<Value>) -> Option<Value> {
    (!taken.is_empty()).then(|| taken.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Adds a part to those before it: lists and texts continue, maps get more members, down to where the part begins.
    fn join(whole: &mut Value, part: Value, start: &[Step]) {
        match (whole, part, start) {
            (Value::String(whole), Value::String(part), [Step::Character(at)]) => {
                assert_eq!(whole.chars().count(), *at);
                whole.push_str(&part);
            }
            (Value::Array(whole), Value::Array(part), [Step::Item(at), below @ ..]) => {
                let mut part = part.into_iter();
                if *at < whole.len() {
                    assert_eq!(whole.len() - 1, *at);
                    join(&mut whole[*at], part.next().unwrap(), below);
                }
                whole.extend(part);
            }
            (Value::Object(whole), Value::Object(part), [Step::Member(name), below @ ..]) => {
                for (at, (member, value)) in part.into_iter().enumerate() {
                    match whole.get_mut(&member) {
                        Some(known) if at == 0 && member == *name => join(known, value, below),
                        known => {
                            assert_eq!(known, None);
                            whole.insert(member, value);
                        }
                    }
                }
            }
            (whole, part, start) => panic!("{part} at {start:?} of {whole}"),
        }
    }

    fn parts(value: &Value, room: usize) -> Vec<(Value, Start)> {
        let (mut parts, mut rest) = (Vec::new(), value.clone());
        let mut start = Start::default();
        loop {
            let (part, more) = cut(rest, room, &start);
            parts.push((part, start));
            let Some(more) = more else { return parts };
            (rest, start) = (more.value, more.start);
        }
    }

    #[test]
    fn parts_are_the_value_at_any_size() {
        let texts: Vec<String> = (0..7).map(|n| "aé\"\u{1}🙂".repeat(n)).collect();
        let values = [
            json!({"Name": "n", "Items": [1, 2, 3, 4, 5, 6, 7, 8, 9], "Last": true}),
            json!({"A": [{"B": [{"C": texts}, {"C": [[], {}, null]}], "D": {}}, {"B": []}], "E": texts}),
            json!({"Map": {"k": [1.5, -7], "l": {"m": "x".repeat(100)}}, "Empty": [], "Text": ""}),
            json!("x".repeat(200)),
            json!([[[[[vec!["deep"; 20]]]]]]),
            json!([{"x".repeat(90): "y".repeat(90)}, 1]),
            json!(null),
            json!({}),
        ];
        for value in &values {
            for room in (1..60).step_by(3).chain([80, 100, 200, 500, 10_000]) {
                let mut whole = None;
                for (part, start) in parts(value, room) {
                    match &mut whole {
                        None => whole = Some(part),
                        Some(whole) => join(whole, part, &start.0),
                    }
                }
                assert_eq!(whole.as_ref(), Some(value), "{room}");
            }
        }
    }

    #[test]
    fn a_cut_is_between_items_and_inside_of_those_that_are_too_large() {
        let value = json!({"Owner": "me", "Items": [{"Id": 1}, {"Id": 2}, {"Id": 3}], "Count": 3});
        let places: Vec<_> = parts(&value, 48)
            .iter()
            .map(|(part, at)| (part.to_string(), at.text()))
            .collect();
        assert_eq!(
            places,
            [
                (
                    r#"{"Owner":"me","Items":[{"Id":1},{"Id":2}]}"#.into(),
                    String::new()
                ),
                (
                    r#"{"Items":[{"Id":3}],"Count":3}"#.into(),
                    "Items[2]".to_owned()
                ),
            ]
        );
        let large = json!({"Items": [{"Text": "x".repeat(100)}, {"Text": "y"}]});
        let places: Vec<_> = parts(&large, 80).iter().map(|(_, at)| at.text()).collect();
        assert_eq!(places, ["", "Items[0].Text[55:]", "Items[1]"]);
    }

    #[test]
    fn parts_have_the_size_unless_a_name_is_longer() {
        let value = json!({"Items": (0..500).map(|n| json!({"Id": n, "Tags": ["a", "b"]})).collect::<Vec<_>>()});
        for room in [64, 200, 1000, 5000] {
            for (part, _) in parts(&value, room) {
                assert!(length(&part) <= room, "{room}: {part}");
            }
        }
    }
}
