//! The spellings of the names of operations and services.

/// Converts an API name to the spelling of Python: `ListObjectsV2` becomes `list_objects_v2`.
///
/// ```
/// assert_eq!(tucuxi::model::names::snake_case("DescribeDBInstances"), "describe_db_instances");
/// ```
pub fn snake_case(name: &str) -> String {
    separated(name, '_')
}

/// Converts a name in any spelling to that of Python.
pub(crate) fn spelled(name: &str) -> String {
    snake_case(name).replace('-', "_")
}

/// Converts an API name to the spelling of the command line: `ListObjectsV2` becomes `list-objects-v2`.
///
/// ```
/// assert_eq!(tucuxi::model::names::kebab_case("ListObjectsV2"), "list-objects-v2");
/// ```
pub fn kebab_case(name: &str) -> String {
    separated(name, '-')
}

/// Former names of operations in plain form, and their present names.
const RENAMED: [(&str, &str); 1] = [("deletewhatsappmediamessage", "DeleteWhatsAppMessageMedia")];

/// Returns the present name of an operation.
pub(crate) fn present(name: &str) -> &str {
    let letters = plain(name);
    let found = RENAMED.iter().find(|(former, _)| *former == letters);
    found.map_or(name, |(_, present)| present)
}

/// Returns the lower-case letters and digits of a name, which all its spellings have in common.
pub(crate) fn plain(name: &str) -> String {
    letters(name).collect()
}

/// Returns whether these are the letters and digits of a name, as [`plain`] returns them.
pub(crate) fn is_plain(name: &str, plain: &str) -> bool {
    letters(name).eq(plain.chars())
}

fn letters(name: &str) -> impl Iterator<Item = char> {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase())
}

/// Words that the rule for capitals (see [`separated`]) would split, and how they are written instead.
const WORDS: [(&str, &str); 6] = [
    ("HITs", "Hits"),
    ("OAuth2", "Oauth2"),
    ("OTel", "Otel"),
    ("PartiQL", "Partiql"),
    ("WhatsApp", "Whatsapp"),
    ("iSCSI", "Iscsi"),
];

/// Inserts a separator before a capital after a lower-case letter or digit, and before the last of several capitals if a lower-case
/// letter follows it. A plural acronym at the end (`IDs`) is one word.
fn separated(name: &str, separator: char) -> String {
    if name.contains(separator) {
        return name.to_owned();
    }
    let mut name = name.to_owned();
    for (word, whole) in WORDS {
        if name.contains(word) {
            name = name.replace(word, whole);
        }
    }
    let chars: Vec<char> = name.chars().collect();
    let plural = plural_acronym(&chars);
    let mut out = String::with_capacity(name.len() + 8);
    for (i, &c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).map(|i| chars[i]);
        let after = chars.get(i + 1);
        let starts_word = c.is_ascii_uppercase()
            && before.is_some_and(|b| {
                let after_lower = b.is_ascii_lowercase() || b.is_ascii_digit();
                let before_lower = after.is_some_and(char::is_ascii_lowercase);
                match i {
                    _ if i == plural => true,
                    _ if i > plural => false,
                    _ => after_lower || before_lower,
                }
            });
        if starts_word && !out.ends_with(separator) {
            out.push(separator);
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// Returns the start of a plural acronym at the end, such as `IDs`, or the length of the name.
fn plural_acronym(chars: &[char]) -> usize {
    let Some((&'s', head)) = chars.split_last() else {
        return chars.len();
    };
    let capitals = head
        .iter()
        .rev()
        .take_while(|c| c.is_ascii_uppercase())
        .count();
    match capitals {
        0 | 1 => chars.len(),
        n => head.len() - n,
    }
}

/// Converts a service id to the spelling of settings and metrics: `Application Auto Scaling` becomes `application-auto-scaling`.
///
/// ```
/// assert_eq!(tucuxi::model::names::hyphenated_service_id("Cost Explorer"), "cost-explorer");
/// ```
pub fn hyphenated_service_id(service_id: &str) -> String {
    service_id.to_lowercase().replace(' ', "-")
}

/// Returns up to three names that are similar to `misspelt`, the most similar first.
pub(crate) fn nearest<'n>(
    misspelt: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> Vec<&'n str> {
    let plain = |name: &str| {
        let letters = name.chars().filter(char::is_ascii_alphanumeric);
        letters
            .map(|c| c.to_ascii_lowercase())
            .collect::<Vec<char>>()
    };
    let misspelt = plain(misspelt);
    let limit = (misspelt.len() / 4).clamp(1, 4);
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let letters = plain(name);
            let close = letters.len().abs_diff(misspelt.len()) <= limit;
            let distance = if close {
                distance(&misspelt, &letters)
            } else {
                usize::MAX
            };
            // a name that starts with the misspelt one is similar too
            let is_start = misspelt.len() > 3 && letters.starts_with(&misspelt);
            (distance <= limit || is_start).then_some((distance.min(limit + 1), name))
        })
        .collect();
    near.sort_by_key(|(distance, name)| (*distance, name.len()));
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Returns the edit distance: the number of letters to insert, to delete, to replace, or to exchange with the next one.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1; b.len() + 1];
        for (j, y) in b.iter().enumerate() {
            let edited = last[j] + usize::from(x != y);
            row[j + 1] = edited.min(row[j] + 1).min(last[j + 1] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                row[j + 1] = row[j + 1].min(before[j - 1] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_converted() {
        let cases = [
            ("ListObjectsV2", "list_objects_v2"),
            ("DescribeDBInstances", "describe_db_instances"),
            ("GetHTTPSEndpoint", "get_https_endpoint"),
            ("ListReviewableHITs", "list_reviewable_hits"),
            (
                "ListHITsForQualificationType",
                "list_hits_for_qualification_type",
            ),
            ("CreateCachediSCSIVolume", "create_cached_iscsi_volume"),
            ("ExecutePartiQLStatement", "execute_partiql_statement"),
            ("ListVPCEndpointIDs", "list_vpc_endpoint_ids"),
            ("UpdateIPSet", "update_ip_set"),
            ("Scan", "scan"),
        ];
        for (name, expected) in cases {
            assert_eq!(snake_case(name), expected);
            assert_eq!(kebab_case(name), expected.replace('_', "-"), "{name}");
            if !name.contains('_') {
                assert!(!kebab_case(name).contains('_'));
            }
        }
    }

    #[test]
    fn misspelt_names_are_similar_to_the_right_ones() {
        let names = ["ListBuckets", "ListObjects", "ListObjectsV2", "PutObject"];
        assert_eq!(nearest("ListBukets", names), ["ListBuckets"]);
        assert_eq!(
            nearest("list_object", names),
            ["ListObjects", "ListObjectsV2"]
        );
        assert_eq!(nearest("Frobnicate", names), [""; 0]);
        assert_eq!(
            nearest("eu-wset-1", ["eu-west-1", "eu-east-1"]),
            ["eu-west-1"]
        );
    }
}
