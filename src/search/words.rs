//! Words of names and queries, and which of them mean the same.

use crate::names;

/// Splits names and text into words in lower case: `ListObjectsV2`, `list-objects-v2` and `List objects, v2` are the same.
pub(super) fn split(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split(|c: char| !c.is_alphanumeric());
    let spelled = parts.map(names::snake_case);
    spelled.flat_map(|part| {
        let words = part.split('_').filter(|word| !word.is_empty());
        words.map(singular).collect::<Vec<_>>()
    })
}

/// The singular of a regular plural. It need not be a word: `status` and `statuses` are both `status`.
fn singular(word: &str) -> String {
    let word = word.to_lowercase();
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    if let Some(stem) = word.strip_suffix("es")
        && ["ch", "s", "sh", "x", "z"]
            .iter()
            .any(|end| stem.ends_with(end))
        && stem.len() > 2
    {
        return singular(stem); // an alias is an `alia`, as are aliases
    }
    match word.strip_suffix('s') {
        Some(stem) if stem.len() > 2 && !stem.ends_with(['s', 'u']) => stem.to_owned(),
        _ => word,
    }
}

/// What words of one family begin with: `rotate`, `rotating` and `rotation` have `rotat`.
pub(super) fn root(word: &str) -> &str {
    let endings = ["ion", "ing", "ed", "er"];
    let stem = endings.iter().find_map(|ending| word.strip_suffix(ending));
    let stem = stem.filter(|stem| stem.len() > 3).unwrap_or(word);
    match stem.strip_suffix('e') {
        Some(shorter) if shorter.len() > 2 => shorter,
        _ => stem,
    }
}

/// Whether two words differ by one letter that is wrong, missing or exchanged with the next.
pub(super) fn is_near(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let same = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[same..], &other[same..]);
    match (one, other) {
        ([], rest) | (rest, []) => rest.len() < 2,
        ([a, b, one @ ..], [c, d, other @ ..]) if (a, b) == (d, c) => one == other,
        ([_, one_rest @ ..], [_, other_rest @ ..]) => {
            one_rest == other_rest || one_rest == other || one == other_rest
        }
    }
}

/// Words of a query that say nothing.
const EMPTY: [&str; 18] = [
    "a", "all", "an", "and", "aws", "do", "for", "from", "how", "i", "in", "my", "of", "on", "the",
    "to", "what", "with",
];

/// The words of a query that count, at most 12: all, if none counts.
pub(super) fn of_query(text: &str) -> Vec<String> {
    let words: Vec<String> = split(text).take(32).collect();
    let mut counting: Vec<String> = words.clone();
    counting.retain(|word| !EMPTY.contains(&&**word));
    let mut words = if counting.is_empty() { words } else { counting };
    words.truncate(12);
    words
}

/// Words that people use for one another, and how much of a match that is.
#[rustfmt::skip] // a group a line
const SYNONYMS: [(f64, &[&str]); 29] = [
    (0.95, &["cert", "certificate"]),
    (0.95, &["config", "configuration"]),
    (0.95, &["database", "db"]),
    // services whose lists are called descriptions
    (0.95, &["describe", "list"]),
    (0.95, &["param", "parameter"]),
    (0.95, &["repo", "repository"]),
    (0.9, &["email", "mail"]),
    (0.9, &["enumerate", "list"]),
    (0.9, &["reboot", "restart"]),
    (0.85, &["activate", "enable"]),
    (0.85, &["add", "create", "make", "new", "put"]),
    (0.85, &["begin", "start"]),
    (0.85, &["call", "execute", "invoke", "run"]),
    (0.85, &["change", "edit", "modify", "put", "set", "update"]),
    (0.85, &["deactivate", "disable"]),
    (0.85, &["delete", "destroy", "erase", "remove"]),
    (0.85, &["delete", "kill", "terminate"]),
    (0.85, &["describe", "get", "fetch", "read", "retrieve", "show", "view"]),
    (0.85, &["disk", "volume"]),
    (0.85, &["download", "get"]),
    (0.85, &["file", "object"]),
    (0.85, &["find", "lookup", "search"]),
    (0.85, &["instance", "machine", "server", "vm"]),
    (0.85, &["launch", "run", "start"]),
    (0.85, &["post", "publish", "send"]),
    (0.85, &["put", "save", "store", "upload", "write"]),
    (0.85, &["list", "show"]),
    (0.8, &["address", "ip"]),
    (0.75, &["filter", "query", "search"]),
];

/// The synonyms of a word, each with its weight.
pub(super) fn synonyms(word: &str) -> impl Iterator<Item = (&'static str, f64)> {
    let groups = SYNONYMS
        .iter()
        .filter(move |(_, group)| group.contains(&word));
    groups.flat_map(|(weight, group)| group.iter().map(|other| (*other, *weight)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_text_have_the_same_words() {
        for (text, expected) in [
            ("ListObjectsV2", "list object v2"),
            ("list-objects_v2", "list object v2"),
            ("  List objects,V2 ", "list object v2"),
            ("DescribeDBInstances", "describe db instance"),
            ("ListMFADevices", "list mfa device"),
            (
                "policies statuses boxes aliases alias status bus",
                "policy status box alia alia status bus",
            ),
            ("", ""),
            ("é漢 🐬", "é漢"),
        ] {
            let words: Vec<String> = split(text).collect();
            assert_eq!(words.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn words_of_a_family_have_a_root() {
        for family in [
            ["rotate", "rotating", "rotation", "rotated"],
            ["encrypt", "encrypting", "encryption", "encrypted"],
            ["create", "creating", "creation", "created"],
        ] {
            for word in family {
                assert_eq!(root(word), root(family[0]), "{word}");
            }
        }
        assert_ne!(root("user"), root("use"));
    }

    #[test]
    fn one_mistake_is_near() {
        for (word, expected) in [
            ("bucket", true),
            ("buket", true),
            ("bukcet", true),
            ("buckets", true),
            ("backet", true),
            ("bckt", false),
            ("socket", false),
            ("", false),
        ] {
            assert_eq!(is_near(word, "bucket"), expected, "{word}");
            assert_eq!(is_near("bucket", word), expected, "{word}");
        }
    }

    #[test]
    fn a_query_has_the_words_that_count() {
        assert_eq!(
            of_query("How do I list all my buckets?"),
            ["list", "bucket"]
        );
        assert_eq!(of_query("all of the"), ["all", "of", "the"]);
        assert_eq!(of_query(&"a b ".repeat(100)).len(), 12);
    }
}
