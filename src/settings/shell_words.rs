//! The words of a command line, split as by a POSIX shell without expansions: Python's `shlex.split`, which AWS's tools use for
//! names of profiles and for `credential_process`.

use std::borrow::Cow;

/// Splits a text into words. Returns `None` if a quote is not closed, or if the text ends with a backslash. `#` does not start a
/// comment.
pub(crate) fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\\' => word.get_or_insert_default().push(rest.next()?),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match rest.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => read_quoted(&mut rest, word.get_or_insert_default())?,
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

/// Reads up to the closing quote. A backslash escapes only the quote and itself.
fn read_quoted(rest: &mut std::str::Chars<'_>, word: &mut String) -> Option<()> {
    loop {
        match rest.next()? {
            '"' => return Some(()),
            '\\' => match rest.next()? {
                c @ ('"' | '\\') => word.push(c),
                c => word.extend(['\\', c]),
            },
            c => word.push(c),
        }
    }
}

/// Quotes a text so that [`split`] returns it as one word.
pub(crate) fn quoted(text: &str) -> Cow<'_, str> {
    let is_word = split(text).is_some_and(|words| words == [text]);
    match is_word {
        true => text.into(),
        false => format!("'{}'", text.replace('\'', r#"'"'"'"#)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_by_python() {
        let cases: [(&str, Option<&[&str]>); 16] = [
            ("", Some(&[])),
            (" \t\n", Some(&[])),
            ("a b\tc\r\nd", Some(&["a", "b", "c", "d"])),
            ("get # all #1", Some(&["get", "#", "all", "#1"])),
            ("'' \"\" a''", Some(&["", "", "a"])),
            ("'a b'c\"d e\"", Some(&["a bcd e"])),
            (r"a\ b \'", Some(&["a b", "'"])),
            (r"'a\b\'", Some(&[r"a\b\"])),
            (r#""a\"b\\c\d\$""#, Some(&[r#"a"b\c\d\$"#])),
            ("a\\\nb", Some(&["a\nb"])),
            ("\"a\\\nb\"", Some(&["a\\\nb"])),
            ("C:\\x", Some(&["C:x"])),
            ("it's", None),
            ("\"open", None),
            ("end\\", None),
            ("ä 'ö ü'", Some(&["ä", "ö ü"])),
        ];
        for (text, expected) in cases {
            let words = split(text);
            let words: Option<Vec<&str>> = words
                .as_ref()
                .map(|words| words.iter().map(|word| &**word).collect());
            assert_eq!(words.as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn quoted_texts_are_one_word() {
        for (text, expected) in [
            ("a", "a"),
            ("a b", "'a b'"),
            ("it's", r#"'it'"'"'s'"#),
            ("", "''"),
            (r"a\b", r"'a\b'"),
        ] {
            assert_eq!(quoted(text), expected);
            assert_eq!(split(&quoted(text)).unwrap(), [text]);
        }
    }
}
