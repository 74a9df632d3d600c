//! Names of operations and services in the spellings that people use.

/// The API name as Python has it: `ListObjectsV2` is `list_objects_v2`.
pub fn snake_case(name: &str) -> String {
    separated(name, '_')
}

/// A name in any of its spellings, as Python has it.
pub(crate) fn spelled(name: &str) -> String {
    snake_case(name).replace('-', "_")
}

/// The API name as the command line has it: `ListObjectsV2` is `list-objects-v2`.
pub fn kebab_case(name: &str) -> String {
    separated(name, '-')
}

/// Names that operations had before, and their present ones.
const RENAMED: [(&str, &str); 1] = [("deletewhatsappmediamessage", "DeleteWhatsAppMessageMedia")];

/// The present name of an operation.
pub(crate) fn present(name: &str) -> &str {
    let letters = plain(name);
    let found = RENAMED.iter().find(|(former, _)| *former == letters);
    found.map_or(name, |(_, present)| present)
}

/// What all spellings of a name have in common.
pub(crate) fn plain(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

/// Words that the rule of capitals would tear apart.
const WORDS: [(&str, &str); 6] = [
    ("HITs", "Hits"),
    ("OAuth2", "Oauth2"),
    ("OTel", "Otel"),
    ("PartiQL", "Partiql"),
    ("WhatsApp", "Whatsapp"),
    ("iSCSI", "Iscsi"),
];

/// A separator goes before a capital that follows a small letter or digit, and before the last capital of several when a
/// small letter follows it; a plural acronym at the end (`IDs`) is one word.
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
                let behind_small = b.is_ascii_lowercase() || b.is_ascii_digit();
                let before_small = after.is_some_and(char::is_ascii_lowercase);
                match i {
                    _ if i == plural => true,
                    _ if i > plural => false,
                    _ => behind_small || before_small,
                }
            });
        if starts_word && !out.ends_with(separator) {
            out.push(separator);
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// Where `IDs` of `DescribeIDs` starts; the end, where there is none.
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

/// `Application Auto Scaling` is `application-auto-scaling`: a service's id in the names of settings and metrics.
pub fn hyphenated_service_id(service_id: &str) -> String {
    service_id.to_lowercase().replace(' ', "-")
}

/// Up to three names that the wanted one may be a misspelling of, the nearest first.
pub(crate) fn nearest<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    let plain = |name: &str| {
        let letters = name.chars().filter(char::is_ascii_alphanumeric);
        letters
            .map(|c| c.to_ascii_lowercase())
            .collect::<Vec<char>>()
    };
    let wanted = plain(wanted);
    let most = (wanted.len() / 4).clamp(1, 4);
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let letters = plain(name);
            let close = letters.len().abs_diff(wanted.len()) <= most;
            let distance = if close {
                distance(&wanted, &letters)
            } else {
                usize::MAX
            };
            // half a name helps as well
            let part = wanted.len() > 3 && letters.starts_with(&wanted);
            (distance <= most || part).then_some((distance.min(most + 1), name))
        })
        .collect();
    near.sort_by_key(|(distance, name)| (*distance, name.len()));
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Levenshtein's.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = (corner + usize::from(x != y))
                .min(row[j] + 1)
                .min(row[j + 1] + 1);
            corner = row[j + 1];
            row[j + 1] = cost;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_found_by_the_names_people_use() {
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
    fn misspelt_names_find_their_neighbours() {
        let names = ["ListBuckets", "ListObjects", "ListObjectsV2", "PutObject"];
        assert_eq!(nearest("ListBukets", names), ["ListBuckets"]);
        assert_eq!(
            nearest("list_object", names),
            ["ListObjects", "ListObjectsV2"]
        );
        assert_eq!(nearest("Frobnicate", names), [""; 0]);
    }
}
