//! What keys and tokens may consist of, checked in one place wherever they come from.
//!
//! The id of a key and the tokens become parts of headers, so they are visible ASCII and spaces. The secret goes into a hash
//! alone, so it may be any text, but a control character in it is a mistake of copying too.

use std::fmt;

use super::Credentials;

/// Why a text cannot be a key or a token. It shows the place and the kind of the character, and nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// Nothing, or white space alone.
    Blank,
    /// This character, counted from one.
    Character {
        at: usize,
        is_last: bool,
        kind: &'static str,
    },
}

impl fmt::Display for Unfit {
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

/// Whether a text can stand in a header.
pub(crate) fn header_text(text: &str) -> Result<(), Unfit> {
    check(text, |c| c.is_ascii() && !c.is_ascii_control())
}

/// Whether a text can be a secret key.
fn secret_text(text: &str) -> Result<(), Unfit> {
    check(text, |c| !c.is_control())
}

fn check(text: &str, is_fit: impl Fn(char) -> bool) -> Result<(), Unfit> {
    if is_blank(text) {
        return Err(Unfit::Blank);
    }
    let mut rest = text.chars();
    let mut at = 0;
    while let Some(c) = rest.next() {
        at += 1;
        if !is_fit(c) {
            let kind = match c {
                '\n' | '\r' => "a line break",
                '\t' => "a tab",
                '\0' => "a NUL",
                c if c.is_control() => "a control character",
                _ => "a character that is not ASCII",
            };
            let is_last = rest.as_str().is_empty();
            return Err(Unfit::Character { at, is_last, kind });
        }
    }
    Ok(())
}

/// A blank value counts as absent.
pub(crate) fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// The texts of credentials.
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
    /// The first part that cannot be what it is, and why.
    pub(crate) fn fault(&self) -> Result<(), (Part, Unfit)> {
        let of = |part| move |unfit| (part, unfit);
        header_text(self.access_key_id()).map_err(of(Part::AccessKeyId))?;
        secret_text(self.secret_access_key()).map_err(of(Part::SecretAccessKey))?;
        match self.session_token() {
            // a program that has none may give an empty one
            None | Some("") => Ok(()),
            Some(token) => header_text(token).map_err(of(Part::SessionToken)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_has_its_place_and_kind_and_no_value() {
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
            let said = header_text(text).err().map(|unfit| unfit.to_string());
            assert_eq!(said.unwrap_or_default(), expected, "{text:?}");
        }
        assert!(secret_text("pässword with spaces").is_ok());
        assert!(secret_text("s\u{7f}").is_err());
    }
}
