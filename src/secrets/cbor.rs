//! Scrubbing of CBOR documents.

use minicbor::data::Token;
use minicbor::decode::Tokenizer;
use minicbor::{Encoder, encode};

/// The replacement of a secret text.
pub(super) const SCRUBBED: &str = "scrubbed";

/// Replaces the values of secret members, or all values if `everything` is set. Types are kept. Returns `None` if the document
/// is not valid CBOR.
pub(super) fn scrub(
    bytes: &[u8],
    everything: bool,
    is_secret: &dyn Fn(&str) -> bool,
) -> Option<Vec<u8>> {
    let mut out = Encoder::new(Vec::with_capacity(bytes.len()));
    let mut open: Vec<Open> = Vec::new();
    for token in Tokenizer::new(bytes) {
        let token = token.ok()?;
        let (is_key, secret) = match open.last() {
            Some(open) => (open.awaits_key, open.secret || open.value_is_secret),
            None => (false, everything),
        };
        if let Token::Break = token {
            open.pop()?;
            put(&mut out, token)?;
            close(&mut open);
            continue;
        }
        if is_key && let (Token::String(name), Some(open)) = (token, open.last_mut()) {
            open.value_is_secret = is_secret(name);
        }
        let opened = Open::of(token, secret);
        put(
            &mut out,
            if secret && !is_key {
                blank(token)
            } else {
                token
            },
        )?;
        match opened {
            Some(new) if new.left != Some(0) => open.push(new),
            _ if matches!(token, Token::Tag(_)) => {}
            _ => close(&mut open),
        }
    }
    Some(out.into_writer())
}

/// A container that is being read.
struct Open {
    is_map: bool,
    awaits_key: bool,
    secret: bool,
    value_is_secret: bool,
    /// The number of items that are left, or `None` if a break ends the container.
    left: Option<u64>,
}

impl Open {
    fn of(token: Token<'_>, secret: bool) -> Option<Self> {
        let (is_map, left) = match token {
            Token::Array(len) => (false, Some(len)),
            Token::Map(len) => (true, Some(len.checked_mul(2)?)),
            Token::BeginArray | Token::BeginBytes | Token::BeginString => (false, None),
            Token::BeginMap => (true, None),
            _ => return None,
        };
        Some(Self {
            is_map,
            awaits_key: is_map,
            secret,
            value_is_secret: false,
            left,
        })
    }
}

/// Ends an item, and every container that ends with it.
fn close(open: &mut Vec<Open>) {
    while let Some(last) = open.last_mut() {
        if last.is_map {
            last.awaits_key = !last.awaits_key;
            last.value_is_secret &= !last.awaits_key;
        }
        last.left = last.left.map(|left| left.saturating_sub(1));
        if last.left != Some(0) {
            return;
        }
        open.pop();
    }
}

fn blank(token: Token<'_>) -> Token<'_> {
    match token {
        Token::String(_) => Token::String(SCRUBBED),
        Token::Bytes(_) => Token::Bytes(SCRUBBED.as_bytes()),
        Token::Bool(_) => Token::Bool(false),
        Token::F16(_) | Token::F32(_) | Token::F64(_) => Token::F64(0.0),
        Token::U8(_)
        | Token::U16(_)
        | Token::U32(_)
        | Token::U64(_)
        | Token::I8(_)
        | Token::I16(_)
        | Token::I32(_)
        | Token::I64(_)
        | Token::Int(_) => Token::U8(0),
        other => other,
    }
}

fn put(out: &mut Encoder<Vec<u8>>, token: Token<'_>) -> Option<()> {
    let done: Result<_, encode::Error<std::convert::Infallible>> = out.encode(token).map(drop);
    done.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use minicbor::display;

    #[test]
    fn values_of_secret_members_are_replaced_at_any_depth() {
        let mut given = Encoder::new(Vec::new());
        given.begin_map().unwrap();
        given.str("Plain").unwrap().str("kept").unwrap();
        given.str("Secret").unwrap().str("hidden").unwrap();
        given.str("Inner").unwrap().array(2).unwrap();
        given.map(2).unwrap().str("Secret").unwrap().map(1).unwrap();
        given.str("x").unwrap().bytes(b"hidden").unwrap();
        given.str("n").unwrap().u8(7).unwrap();
        given.map(0).unwrap();
        given
            .str("Secret")
            .unwrap()
            .tag(minicbor::data::Tag::new(1))
            .unwrap();
        given.u32(99).unwrap();
        given.str("After").unwrap().u8(5).unwrap().end().unwrap();
        let scrubbed = scrub(given.writer(), false, &|name| name == "Secret").unwrap();
        let shown = display(&scrubbed).to_string();
        assert_eq!(
            shown,
            r#"{_ "Plain": "kept", "Secret": "scrubbed", "Inner": [{"Secret": {"x": h'73 63 72 75 62 62 65 64'}, "n": 7}, {}], "Secret": 1(0), "After": 5}"#
        );
        assert_eq!(scrub(b"\xff\xff", false, &|_| true), None);
    }
}
