//! Validation of keys and tokens, in one place for all sources.
//!
//! Access key ids and tokens become parts of headers, so they consist of visible ASCII and spaces. A secret key is only
//! hashed, so it may be any text, but a control character in it is a copying mistake as well.

use std::fmt;

use super::Credentials;

/// The reason why a text is not a valid key or token. It has the position and the kind of a character, but no part of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidText {
    /// The text is empty, or consists of whitespace.
    Blank,
    /// The character at this position, counted from one, is invalid.
    Character {
        at: usize,
        is_last: bool,
        kind: &'static str,
    },
}

impl fmt::Display for InvalidText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank => f.write_str("is blank"),
            Self::Character { at, is_last, kind } => {
                let last = if *is_last { ", the last" } else { "" };
                write!(f, "has {kind} as character {at}{last}; remove it")
            }
        }
    }
}

/// Checks a text that becomes a part of a header.
pub(crate) fn header_text(text: &str) -> Result<(), InvalidText> {
    check(text, |c| c.is_ascii() && !c.is_ascii_control())
}

/// Checks a secret key.
fn secret_text(text: &str) -> Result<(), InvalidText> {
    check(text, |c| !c.is_control())
}

fn check(text: &str, is_valid: impl Fn(char) -> bool) -> Result<(), InvalidText> {
    if is_blank(text) {
        return Err(InvalidText::Blank);
    }
    let mut rest = text.chars();
    let mut at = 0;
    while let Some(c) = rest.next() {
        at += 1;
        if !is_valid(c) {
            let kind = match c {
                '\n' | '\r' => "a line break",
                '\t' => "a tab",
                '\0' => "a NUL",
                c if c.is_control() => "a control character",
                _ => "a character that is not ASCII",
            };
            let is_last = rest.as_str().is_empty();
            return Err(InvalidText::Character { at, is_last, kind });
        }
    }
    Ok(())
}

/// Returns whether a value is blank, which counts as missing.
pub(crate) fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// The part of credentials that a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    AccessKeyId,
    SecretAccessKey,
    SessionToken,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AccessKeyId => "the access key id",
            Self::SecretAccessKey => "the secret access key",
            Self::SessionToken => "the session token",
        })
    }
}

impl Credentials {
    /// Returns the first invalid part, and why it is invalid.
    pub(crate) fn validate(&self) -> Result<(), (Part, InvalidText)> {
        let of = |part| move |invalid| (part, invalid);
        header_text(self.access_key_id()).map_err(of(Part::AccessKeyId))?;
        secret_text(self.secret_access_key()).map_err(of(Part::SecretAccessKey))?;
        match self.session_token() {
            // a program without a token may pass an empty one
            None | Some("") => Ok(()),
            Some(token) => header_text(token).map_err(of(Part::SessionToken)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_position_and_kind_but_no_value() {
        let cases = [
            ("AKID", ""),
            ("two words=/+", ""),
            (
                "AKID\n",
                "has a line break as character 5, the last; remove it",
            ),
            ("\rAKID", "has a line break as character 1; remove it"),
            ("AK\tID", "has a tab as character 3; remove it"),
            ("AK\0ID", "has a NUL as character 3; remove it"),
            (
                "AK\u{7f}ID",
                "has a control character as character 3; remove it",
            ),
            (
                "AKÏD",
                "has a character that is not ASCII as character 3; remove it",
            ),
            (
                "AK\u{85}",
                "has a control character as character 3, the last; remove it",
            ),
            ("", "is blank"),
            (" \t\n", "is blank"),
        ];
        for (text, expected) in cases {
            let error = header_text(text).err().map(|invalid| invalid.to_string());
            assert_eq!(error.unwrap_or_default(), expected, "{text:?}");
        }
        assert!(secret_text("pässword with spaces").is_ok());
        assert!(secret_text("s\u{7f}").is_err());
    }
}
