//! The modules of the crate (`src/*`, called rooms) form layers. A room may use only rooms of lower layers.
//!
//! [`LAYERS`] is the table, from which the diagram in DESIGN.md is made. A room is used where its name follows the root
//! of the crate in a path: `crate::room`, `use crate::{room::…}`, or as many `super` as lead to the root. Tests at the
//! foot of a file may use any room. Names that `lib.rs` re-exports are for programs: inside the crate they would hide
//! the arrow. Files of one room use each other in circles only where [`CIRCLES`] permits it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The layers from the bottom up. Rooms of one layer do not use each other.
#[rustfmt::skip] // a layer a line
const LAYERS: &[&[&str]] = &[
    &["blob", "decimal", "environment", "file", "names", "outline", "printable", "random", "read", "runtime", "sync", "time", "tree", "uri"],
    &["attribute_value", "body", "cancel", "frame", "hash", "identity"],
    &["error", "new_file"],
    &["endpoint", "query"],
    &["model"],
    &["codec", "search", "secrets"],
    &["transport"],
    &["settings"],
    &["call", "credentials", "params", "protocol"],
    &["checksum", "compress", "eventstream"],
    &["output"],
    &["interceptor"],
    &["config", "custom"],
    &["auth"],
    &["exchange"],
    &["client"],
    &["introspection", "paginate", "presign", "wait"],
    &["cloudfront", "dynamodb", "fan_out", "login", "mock", "transfer"],
    &["resource"],
];

/// Known violations. The list may only shrink: an entry that is no longer needed fails.
const KNOWN: &[(&str, &str)] = &[];

/// Files that are not rooms: the root of the library, the internals for tests, and programs.
const OUTSIDE: &[&str] = &["bin", "guide", "internals", "lib", "main"];

#[test]
fn rooms_use_rooms_of_lower_layers_only() {
    let mut faults = Vec::new();
    let mut needed = BTreeSet::new();
    let mut rooms = BTreeSet::new();
    for file in sources(Path::new("src")) {
        let room = room_of(&file);
        if OUTSIDE.contains(&&*room) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        for (line, path) in uses(&modules(&file), &text) {
            let used = path[0].clone();
            let Some(fault) = fault(&room, &used) else {
                continue;
            };
            match KNOWN.iter().find(|(from, to)| *from == room && *to == used) {
                Some(known) => drop(needed.insert(known)),
                None => faults.push(format!("{}:{line}: {fault}", file.display())),
            }
        }
        rooms.insert(room);
    }
    let named: BTreeSet<String> = LAYERS.concat().into_iter().map(String::from).collect();
    for room in rooms.symmetric_difference(&named) {
        faults.push(format!("LAYERS and src/ differ: {room}"));
    }
    for (from, to) in KNOWN.iter().filter(|arrow| !needed.contains(arrow)) {
        faults.push(format!("{from} no longer uses {to}: remove it from KNOWN"));
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// The files, as module paths, that each file of a room uses in that room.
type Arrows = BTreeMap<Vec<String>, BTreeSet<Vec<String>>>;

/// Files of one room that use each other, directly or by way of others, and why. The list may only shrink. A module and
/// its children may always use each other.
const CIRCLES: &[(&[&str], &str)] = &[
    (
        &["body/asynchronous", "body/response"],
        "the body of a response may be a stream, which is made of such a body",
    ),
    (
        &["codec/edit", "codec/edit_scalar"],
        "an edited value may be a scalar, which has the same edits",
    ),
    (
        &["codec/json_entries", "codec/json_read"],
        "a structure has members, and these have values",
    ),
    (
        &[
            "dynamodb/batch_get",
            "dynamodb/batch_write",
            "dynamodb/listing",
            "dynamodb/table",
        ],
        "a table makes batches and listings, which are of a table",
    ),
    (
        &["dynamodb/condition", "dynamodb/operand"],
        "a condition has operands, and an operand may be an attribute of one",
    ),
    (
        &["exchange/async_driver", "exchange/driver"],
        "the environment of a call may have its requests sent by the async driver, which has such an environment",
    ),
    (
        &["query/eval", "query/functions"],
        "an expression calls functions, which evaluate expressions",
    ),
    (
        &[
            "settings/chain",
            "settings/compression",
            "settings/endpoint",
            "settings/explicit",
            "settings/lookup",
            "settings/network",
            "settings/retry",
            "settings/rows",
            "settings/world",
        ],
        "a setting is looked up among the program's values, whose checks are those of the settings",
    ),
    (
        &["transfer/async_running", "transfer/job"],
        "a job that tasks wait for, and what they wait with",
    ),
    (
        &["transfer/comparison", "transfer/sync", "transfer/sync_plan"],
        "a sync makes its plan by a comparison",
    ),
    (
        &["transfer/copy", "transfer/copy_parts"],
        "a copy in parts begins as a copy",
    ),
    (
        &["transfer/download", "transfer/download_parts"],
        "a download in parts begins as a download",
    ),
    (
        &["transfer/error", "transfer/report"],
        "an error may have a report, and a report has errors",
    ),
    (
        &["transfer/upload", "transfer/upload_parts"],
        "an upload in parts begins as an upload",
    ),
];

#[test]
fn files_of_a_room_do_not_use_each_other_in_circles() {
    let files = sources(Path::new("src"));
    let all: BTreeSet<Vec<String>> = files.iter().map(|file| modules(file)).collect();
    let mut arrows = Arrows::new();
    for file in files {
        let from = modules(&file);
        for (_, path) in uses(&from, &fs::read_to_string(&file).unwrap()) {
            let modules = (1..=path.len()).rev().map(|len| path[..len].to_vec());
            let Some(to) = modules.into_iter().find(|module| all.contains(module)) else {
                continue;
            };
            if from[0] == to[0] && !from.starts_with(&to) && !to.starts_with(&from) {
                arrows.entry(from.clone()).or_default().insert(to);
            }
        }
    }
    let mut circles = BTreeSet::new();
    for file in arrows.keys() {
        let circle = reached(file, &arrows)
            .into_iter()
            .filter(|other| reached(other, &arrows).contains(file));
        let circle: Vec<String> = circle.map(|file| file.join("/")).collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    let known: BTreeSet<Vec<String>> = (CIRCLES.iter())
        .map(|(files, _)| files.iter().map(|file| file.to_string()).collect())
        .collect();
    let faults: Vec<_> = circles.symmetric_difference(&known).collect();
    assert!(
        faults.is_empty(),
        "circles that differ from CIRCLES: {faults:#?}"
    );
}

/// Returns the files that a file uses, directly or by way of others.
fn reached<'a>(file: &'a Vec<String>, arrows: &'a Arrows) -> BTreeSet<&'a Vec<String>> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![file]);
    while let Some(from) = open.pop() {
        let used = arrows.get(from).into_iter().flatten();
        open.extend(used.filter(|to| reached.insert(*to)));
    }
    reached
}

#[test]
fn the_diagram_in_the_design_is_the_table() {
    let diagram = diagram();
    let design = fs::read_to_string("DESIGN.md").unwrap();
    assert!(
        design.contains(&diagram),
        "the diagram of DESIGN.md should be:\n\n{diagram}"
    );
}

/// The table as text, the highest layer first.
fn diagram() -> String {
    let lines = LAYERS.iter().enumerate().rev();
    let lines: String = lines
        .map(|(below, rooms)| format!("{:>2}  {}\n", below + 1, rooms.join(" ")))
        .collect();
    format!("```text\n{lines}```\n")
}

/// Returns the number of a room's layer.
fn layer(room: &str) -> Option<usize> {
    let below = LAYERS.iter().position(|rooms| rooms.contains(&room));
    below.map(|below| below + 1)
}

/// Returns why a room may not use a name of the crate's root.
fn fault(room: &str, used: &str) -> Option<String> {
    let Some(upper) = layer(used) else {
        return Some(format!(
            "{used} is no room: import it from the room that it is in"
        ));
    };
    let own = layer(room)?;
    (room != used && upper >= own)
        .then(|| format!("{room} (layer {own}) may not use {used} (layer {upper})"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(sources(&path)),
            false if path.extension().is_some_and(|e| e == "rs") => found.push(path),
            false => {}
        }
    }
    found.sort();
    found
}

/// Returns the module path of a file below the root.
fn modules(file: &Path) -> Vec<String> {
    let below = file.strip_prefix("src").unwrap().with_extension("");
    let parts = below.iter().map(|part| part.to_str().unwrap().to_owned());
    let mut parts: Vec<String> = parts.collect();
    parts.pop_if(|last| last == "mod");
    parts
}

fn room_of(file: &Path) -> String {
    modules(file).swap_remove(0)
}

/// Returns the paths from the crate's root that a source text uses outside tests, with their lines. `file` is the module
/// path of the file.
fn uses(file: &[String], text: &str) -> BTreeSet<(usize, Vec<String>)> {
    let tokens = without_tests(&tokens(text));
    let mut paths = Paths {
        tokens: &tokens,
        visited: BTreeSet::new(),
        found: BTreeSet::new(),
    };
    // open inline modules, by the number of braces around them
    let (mut inline, mut braces) = (Vec::new(), 0_usize);
    let mut module = file.to_vec();
    for at in 0..tokens.len() {
        match paths.text(at) {
            "{" => {
                braces += 1;
                if at >= 2 && paths.text(at - 2) == "mod" {
                    inline.push(braces);
                    module.push(paths.text(at - 1).to_owned());
                }
            }
            "}" => {
                if inline.pop_if(|open| *open == braces).is_some() {
                    module.pop();
                }
                braces = braces.saturating_sub(1);
            }
            "crate" | "self" | "super" if paths.starts(at) => {
                paths.follow(at, module.clone());
            }
            _ => {}
        }
    }
    paths.found
}

/// Resolves paths to the root of the crate.
struct Paths<'a> {
    tokens: &'a [Token],
    visited: BTreeSet<usize>,
    found: BTreeSet<(usize, Vec<String>)>,
}

impl Paths<'_> {
    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &token.text)
    }

    /// Whether a path starts here. A visibility such as `pub(in crate::room)` does not count.
    fn starts(&self, at: usize) -> bool {
        let before = |n: usize| at.checked_sub(n).map_or("", |at| self.text(at));
        !self.visited.contains(&at) && before(1) != "::" && !(before(1) == "in" && before(2) == "(")
    }

    /// `path` is the module, from the root, that the name at `at` is in.
    fn follow(&mut self, at: usize, mut path: Vec<String>) {
        self.visited.insert(at);
        let goes_on = self.text(at + 1) == "::";
        match self.text(at) {
            "crate" if goes_on => self.follow(at + 2, Vec::new()),
            "super" if goes_on => {
                path.pop();
                self.follow(at + 2, path);
            }
            // the module that a path begins in; elsewhere, the module before the group
            "self" if goes_on => self.follow(at + 2, path),
            "{" => {
                for entry in self.entries(at) {
                    self.follow(entry, path.clone());
                }
            }
            name => {
                path.push(name.to_owned());
                match goes_on {
                    true => self.follow(at + 2, path),
                    false => drop(self.found.insert((self.tokens[at].line, path))),
                }
            }
        }
    }

    /// Returns the starts of the entries of a group.
    fn entries(&self, group: usize) -> Vec<usize> {
        let mut starts = vec![group + 1];
        let mut open = 0_usize;
        for at in group..self.tokens.len() {
            match self.text(at) {
                "{" => open += 1,
                "}" if open == 1 => break,
                "}" => open -= 1,
                "," if open == 1 && self.text(at + 1) != "}" => starts.push(at + 1),
                _ => {}
            }
        }
        starts.retain(|at| self.text(*at) != "}");
        starts
    }
}

/// A word, `::`, or any other character outside of comments and literals.
#[derive(Clone, Debug)]
struct Token {
    line: usize,
    text: String,
}

fn tokens(source: &str) -> Vec<Token> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut tokens: Vec<Token> = Vec::new();
    let (mut rest, mut line) = (source, 1);
    while let Some(first) = rest.chars().next() {
        let len = match first {
            _ if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            _ if rest.starts_with("/*") => comment(rest),
            '"' => quoted(rest, '"'),
            '\'' => character(rest),
            _ if is_word(first) => {
                let len = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                let (word, behind) = rest.split_at(len);
                match word {
                    "r" | "br" | "cr" if raw(behind).is_some() => len + raw(behind).unwrap(),
                    // a raw name
                    "r" if behind.starts_with('#') => len + 1,
                    "b" | "c" if behind.starts_with('"') => len + quoted(behind, '"'),
                    "b" if behind.starts_with('\'') => len + character(behind),
                    _ => {
                        tokens.push(Token {
                            line,
                            text: word.into(),
                        });
                        len
                    }
                }
            }
            _ if first.is_whitespace() => first.len_utf8(),
            _ => {
                let len = if rest.starts_with("::") {
                    2
                } else {
                    first.len_utf8()
                };
                tokens.push(Token {
                    line,
                    text: rest[..len].into(),
                });
                len
            }
        };
        line += rest[..len].matches('\n').count();
        rest = &rest[len..];
    }
    tokens
}

/// The length of a block comment, which may be nested.
fn comment(text: &str) -> usize {
    let (mut at, mut open) = (0, 0_usize);
    while at < text.len() {
        match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (at, open) = (at + 2, open + 1),
            [b'*', b'/', ..] if open == 1 => return at + 2,
            [b'*', b'/', ..] => (at, open) = (at + 2, open - 1),
            _ => at += 1,
        }
    }
    at
}

/// The length of a literal with escapes.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a character literal, or of the tick of a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.chars().skip(1);
    match (chars.next(), chars.next()) {
        (Some('\\'), _) | (_, Some('\'')) => quoted(text, '\''),
        _ => 1,
    }
}

/// The length of a raw literal after its prefix.
fn raw(text: &str) -> Option<usize> {
    let hashes = text.find(|c| c != '#')?;
    let inner = text[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", &text[..hashes]);
    Some(
        inner
            .find(&end)
            .map_or(text.len(), |at| hashes + 1 + at + end.len()),
    )
}

/// Removes items that only exist in tests.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let text = |at: usize| tokens.get(at).map_or("", |token: &Token| &*token.text);
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let inner = usize::from(text(at + 1) == "!");
        let is_attribute = text(at) == "#" && text(at + 1 + inner) == "[";
        if is_attribute && text(at + 2 + inner) == "cfg" && needs_test(tokens, at + 4 + inner) {
            at = match inner {
                0 => item_end(tokens, at),
                // the whole file
                _ => tokens.len(),
            };
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Whether a condition of `cfg` holds in tests only.
fn needs_test(tokens: &[Token], at: usize) -> bool {
    let text = |at: usize| tokens.get(at).map_or("", |token: &Token| &*token.text);
    let operands = || {
        let mut starts = vec![at + 2];
        let mut open = 0_usize;
        for at in at + 1..tokens.len() {
            match text(at) {
                "(" => open += 1,
                ")" if open == 1 => break,
                ")" => open -= 1,
                "," if open == 1 && text(at + 1) != ")" => starts.push(at + 1),
                _ => {}
            }
        }
        starts
    };
    match text(at) {
        "test" => true,
        "all" => operands().into_iter().any(|at| needs_test(tokens, at)),
        "any" => operands().into_iter().all(|at| needs_test(tokens, at)),
        _ => false,
    }
}

/// Returns the end of the item, statement, field or arm that starts with attributes at `at`.
fn item_end(tokens: &[Token], mut at: usize) -> usize {
    let text = |at: usize| tokens.get(at).map_or("", |token: &Token| &*token.text);
    while text(at) == "#" {
        at = group_end(tokens, at + 1);
    }
    let visible = match (text(at), text(at + 1)) {
        ("pub", "(") => group_end(tokens, at + 1),
        ("pub", _) => at + 1,
        _ => at,
    };
    const ITEMS: &[&str] = &[
        "async",
        "const",
        "enum",
        "extern",
        "fn",
        "impl",
        "let",
        "macro_rules",
        "mod",
        "static",
        "struct",
        "trait",
        "type",
        "union",
        "unsafe",
        "use",
    ];
    let is_item = ITEMS.contains(&text(visible));
    while at < tokens.len() {
        match text(at) {
            "}" | ")" | "]" => return at,
            ";" => return at + 1,
            "," if !is_item => return at + 1,
            "{" if is_item && text(visible) != "use" && text(visible) != "let" => {
                return group_end(tokens, at);
            }
            "{" | "(" | "[" => at = group_end(tokens, at),
            _ => at += 1,
        }
    }
    at
}

/// Returns the end of the bracket group that starts at `at`.
fn group_end(tokens: &[Token], at: usize) -> usize {
    let mut open = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(at) {
        match &*token.text {
            "{" | "(" | "[" => open += 1,
            "}" | ")" | "]" if open <= 1 => return at + 1,
            "}" | ")" | "]" => open -= 1,
            _ => {}
        }
    }
    tokens.len()
}

#[test]
fn uses_are_found_in_every_form_and_nowhere_else() {
    // the file's depth, its text, and the names with their lines
    type Case<'a> = (usize, &'a str, &'a [(usize, &'a str)]);
    let cases: &[Case<'_>] = &[
        (1, "use crate::model::Shape;", &[(1, "model")]),
        (1, "\n\nfn f() { crate::model::g() }", &[(3, "model")]),
        (
            1,
            "use crate::{model, time::{Timestamp, read}};",
            &[(1, "model"), (1, "time")],
        ),
        (
            1,
            "use crate::{\n    model::{self, a::{b, c}},\n    uri,\n};",
            &[(2, "model"), (3, "uri")],
        ),
        (1, "use crate::model::{hash, uri::{time}};", &[(1, "model")]),
        (
            1,
            "use {crate::model::A, std::fmt, crate::uri};",
            &[(1, "model"), (1, "uri")],
        ),
        (1, "use crate::model as hash;", &[(1, "model")]),
        (1, "pub use crate::Error;", &[(1, "Error")]),
        (1, "use crate::*;", &[(1, "*")]),
        (1, "use crate::{self as root};", &[(1, "self")]),
        (1, "use crate :: /* a */ model;", &[(1, "model")]),
        (1, "use crate::r#model;", &[(1, "model")]),
        (
            1,
            "macro_rules! m { () => { $crate::model::f() } }",
            &[(1, "model")],
        ),
        (
            1,
            "fn f(a: &dyn crate::model::A) -> crate::uri::B<crate::time::C> {}",
            &[(1, "model"), (1, "time"), (1, "uri")],
        ),
        (1, "for a in crate::model::all() {}", &[(1, "model")]),
        (1, "#[derive(crate::model::A)] struct S;", &[(1, "model")]),
        // tests, comments and literals are ignored
        (
            1,
            "//! use crate::model;\n/// [`crate::model`]\n// crate::model\nfn f() {}",
            &[],
        ),
        (
            1,
            "/* crate::a /* crate::b */ crate::c */ use crate::uri;",
            &[(1, "uri")],
        ),
        (1, "const A: &str = \"crate::model \\\" crate::uri\";", &[]),
        (
            1,
            "const A: &str = r#\"\" crate::model \"#; use crate::uri;",
            &[(1, "uri")],
        ),
        (
            1,
            "const A: &[u8] = b\"crate::a\"; const B: &CStr = c\"crate::b\"; const C: &[u8] = br\"crate::c\\\";",
            &[],
        ),
        (
            1,
            "fn f<'a>(c: char) -> &'a str { if c == '\"' { g('\\'', b'\"') } crate::uri::h('{') }",
            &[(1, "uri")],
        ),
        (1, "\"\n\n\"; use crate::uri;", &[(3, "uri")]),
        (
            1,
            "#[cfg(test)]\nmod tests { use crate::model; fn f() { crate::a::b() } }\nuse crate::uri;",
            &[(3, "uri")],
        ),
        (
            1,
            "#[cfg(test)]\nuse crate::{model, time};\nuse crate::uri;",
            &[(3, "uri")],
        ),
        (
            1,
            "#[cfg(test)] #[allow(a)] pub(crate) fn f<A, B>(a: [u8; 2]) { crate::model::g() } use crate::uri;",
            &[(1, "uri")],
        ),
        (
            1,
            "struct S { #[cfg(test)] a: crate::model::A, b: crate::uri::B }",
            &[(1, "uri")],
        ),
        (
            1,
            "struct S { #[cfg(test)] pub(crate) a: crate::model::A } use crate::uri;",
            &[(1, "uri")],
        ),
        (
            1,
            "fn f() { #[cfg(test)] let a = crate::model::S { b: 1 }; crate::uri::g() }",
            &[(1, "uri")],
        ),
        (
            1,
            "#[cfg(all(test, feature = \"x\"))] mod tests { use crate::model; }",
            &[],
        ),
        (
            1,
            "#[cfg(any(test, feature = \"x\"))] mod a { use crate::model; }",
            &[(1, "model")],
        ),
        (
            1,
            "#[cfg(any(test, all(unix, test)))] mod a { use crate::model; }",
            &[],
        ),
        (1, "#[cfg(not(test))] use crate::model;", &[(1, "model")]),
        (
            1,
            "#[cfg(feature = \"test\")] use crate::model;",
            &[(1, "model")],
        ),
        (1, "#![cfg(test)]\nuse crate::model;", &[]),
        // text that only looks like a path
        (
            1,
            "pub(in crate::model) fn f() {} pub(crate) fn g() {}",
            &[],
        ),
        (1, "use other::crate_model; use a::b::crate::c;", &[]),
        // from submodules, by `super`
        (1, "use super::model;", &[(1, "model")]),
        (
            1,
            "use super::{model, uri::a};",
            &[(1, "model"), (1, "uri")],
        ),
        (1, "use self::{a, b::c}; use a::self as b;", &[]),
        (2, "use super::model;", &[]),
        (2, "use super::super::model;", &[(1, "model")]),
        (2, "use super::{super::model, a};", &[(1, "model")]),
        (2, "use self::super::super::{model};", &[(1, "model")]),
        (
            1,
            "mod a { use super::model; mod b { use super::super::super::uri; } }",
            &[(1, "uri")],
        ),
        (1, "mod a { fn f() {} } use super::model;", &[(1, "model")]),
        (1, "mod a; fn f() { super::model::g() }", &[(1, "model")]),
    ];
    for (depth, text, expected) in cases {
        let found = uses(&vec!["own".to_owned(); *depth], text);
        let found: BTreeSet<_> = found
            .iter()
            .map(|(line, path)| (*line, &*path[0]))
            .collect();
        let found: Vec<_> = found
            .into_iter()
            .filter(|(_, room)| *room != "own")
            .collect();
        assert_eq!(found, *expected, "{text}");
    }
}

#[test]
fn arrows_go_down_only() {
    let cases = [
        ("model", "model", None),
        ("model", "time", None),
        ("resource", "time", None),
        ("model", "client", Some("may not use client (layer")),
        ("model", "transport", Some("may not use transport (layer")),
        ("model", "Error", Some("Error is no room")),
        ("model", "*", Some("* is no room")),
    ];
    for (room, used, expected) in cases {
        let found = fault(room, used);
        match expected {
            Some(part) => assert!(found.as_ref().unwrap().contains(part), "{found:?}"),
            None => assert_eq!(found, None, "{room} {used}"),
        }
    }
    let mut places = BTreeMap::new();
    for room in LAYERS.concat() {
        assert_eq!(
            places.insert(room, ()),
            None,
            "{room} stands in the table twice"
        );
    }
}

#[test]
fn files_are_modules_of_their_rooms() {
    let cases = [
        ("src/client.rs", "client", 1),
        ("src/model/mod.rs", "model", 1),
        ("src/model/shape.rs", "model", 2),
        ("src/model/source/mod.rs", "model", 2),
        ("src/model/source/pack.rs", "model", 3),
    ];
    for (file, room, depth) in cases {
        let file = Path::new(file);
        assert_eq!(
            (&*room_of(file), modules(file).len()),
            (room, depth),
            "{file:?}"
        );
    }
}
