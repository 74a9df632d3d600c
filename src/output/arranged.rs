//! The lines of JSON text: the members of a structure in the order of the model, each with its indent.

use std::collections::HashMap;
use std::ops::Range;

use super::ordered;

/// A member or an entry of a map in the text.
#[derive(Clone)]
pub(super) struct Entry {
    /// The place of a member.
    pub(super) rank: Option<ordered::Rank>,
    pub(super) name: Range<usize>,
    pub(super) end: usize,
}

/// Puts the members into the order of the model. Of entries with the same name the last counts, at the place of the first.
pub(super) fn arrange(out: &mut Vec<u8>, first: usize, entries: &mut [Entry], depth: usize) {
    let is_increasing = |pair: &[Entry]| pair[0].rank.is_some() && pair[0].rank < pair[1].rank;
    if entries.windows(2).all(is_increasing) {
        return;
    }
    let is_sorted = entries.is_sorted_by_key(|entry| entry.rank);
    if !is_sorted {
        entries.sort_by_key(|entry| entry.rank);
    }
    // members of the model have different names if they have different places
    if entries.windows(2).all(is_increasing) || are_distinct(out, entries) {
        if !is_sorted {
            write(out, first, entries, depth);
        }
        return;
    }
    let kept = distinct(out, entries);
    if !is_sorted || kept.len() < entries.len() {
        write(out, first, &kept, depth);
    }
}

/// Writes the entries again, in this order.
fn write(out: &mut Vec<u8>, first: usize, entries: &[Entry], depth: usize) {
    let mut text = Vec::with_capacity(out.len() - first);
    for (at, entry) in entries.iter().enumerate() {
        start(&mut text, at == 0, depth);
        text.extend_from_slice(&out[entry.name.start..entry.end]);
    }
    out.truncate(first);
    out.append(&mut text);
}

/// Whether it is certain that no name occurs twice.
fn are_distinct(out: &[u8], entries: &[Entry]) -> bool {
    /// So few names are compared faster than hashed.
    const FEW: usize = 16;
    if entries.len() > FEW {
        return false;
    }
    for (at, entry) in entries.iter().enumerate() {
        let name = &out[entry.name.clone()];
        for other in &entries[..at] {
            if other.name.len() == name.len() && out[other.name.clone()] == *name {
                return false;
            }
        }
    }
    true
}

/// Leaves out the entries whose names occur again.
fn distinct(out: &[u8], entries: &[Entry]) -> Vec<Entry> {
    let mut places = HashMap::with_capacity(entries.len());
    let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
    for entry in entries {
        let place = *places.entry(&out[entry.name.clone()]).or_insert(kept.len());
        match kept.get_mut(place) {
            Some(earlier) => earlier.clone_from(entry),
            None => kept.push(entry.clone()),
        }
    }
    kept
}

/// How deep a line may be to be copied from [`LINE`].
const DEPTH: usize = 16;

/// The start of a line that follows another one.
const LINE: &[u8; 2 + 4 * DEPTH] =
    b",\n                                                                ";

/// Starts the line of an item or a member.
pub(super) fn start(out: &mut Vec<u8>, is_first: bool, depth: usize) {
    indent(out, usize::from(is_first), depth);
}

/// Starts the line of a closing bracket.
pub(super) fn line(out: &mut Vec<u8>, depth: usize) {
    indent(out, 1, depth);
}

fn indent(out: &mut Vec<u8>, from: usize, depth: usize) {
    out.extend_from_slice(&LINE[from..2 + 4 * depth.min(DEPTH)]);
    if depth > DEPTH {
        out.resize(out.len() + 4 * (depth - DEPTH), b' ');
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn arranged(entries: &[(Option<usize>, &str, &str)]) -> String {
        let mut out = b"{".to_vec();
        let mut list = Vec::new();
        for (rank, name, value) in entries {
            start(&mut out, list.is_empty(), 1);
            let from = out.len();
            write!(out, "{name:?}").unwrap();
            let name = from..out.len();
            write!(out, ": {value}").unwrap();
            list.push(Entry {
                rank: rank.map(|rank| (rank == 99, true, Some(rank).filter(|rank| *rank != 99))),
                name,
                end: out.len(),
            });
        }
        arrange(&mut out, 1, &mut list, 1);
        String::from_utf8(out).unwrap().replace("\n    ", "")
    }

    #[test]
    fn members_are_sorted_and_entries_occur_once() {
        let many: Vec<String> = (0..40).map(|n| format!("k{}", n % 30)).collect();
        let entries: Vec<_> = many.iter().map(|name| (None, &**name, "0")).collect();
        assert_eq!(arranged(&entries).matches(": ").count(), 30);
        for (entries, expected) in [
            (&[][..], "{"),
            (
                &[(Some(0), "a", "1"), (Some(2), "c", "2")][..],
                r#"{"a": 1,"c": 2"#,
            ),
            (
                &[(Some(2), "c", "1"), (Some(0), "a", "2")],
                r#"{"a": 2,"c": 1"#,
            ),
            (&[(Some(1), "b", "1"), (Some(1), "b", "2")], r#"{"b": 2"#),
            // those that the model does not have stay in their order, behind the others
            (
                &[
                    (Some(99), "y", "1"),
                    (Some(99), "x", "2"),
                    (Some(3), "d", "3"),
                ],
                r#"{"d": 3,"y": 1,"x": 2"#,
            ),
            (&[(None, "z", "1"), (None, "a", "2")], r#"{"z": 1,"a": 2"#),
            (
                &[(None, "z", "1"), (None, "a", "2"), (None, "z", "3")],
                r#"{"z": 3,"a": 2"#,
            ),
        ] {
            assert_eq!(arranged(entries), expected);
        }
    }

    #[test]
    fn lines_have_any_depth() {
        for depth in [0, 1, DEPTH, DEPTH + 1, 3 * DEPTH] {
            let mut out = Vec::new();
            line(&mut out, depth);
            start(&mut out, false, depth);
            let indent = " ".repeat(4 * depth);
            assert_eq!(
                String::from_utf8(out).unwrap(),
                format!("\n{indent},\n{indent}")
            );
        }
    }
}
