//! Calls whose result has no pages. A result whose body is a blob is read up to the maximum size.

use std::io::Read as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tucuxi::transport::CancelToken;
use tucuxi::{Output, ServiceView};

use super::request::Call;
use super::{Mistake, Session};
use crate::body::payload;
use crate::mcp::part::{beginning, length};

/// Sends the request, and returns the result with a note about its body.
pub(super) fn send(
    session: &Session,
    call: &Call,
    view: &ServiceView,
    cancel: &CancelToken,
) -> Result<(Value, Option<String>), Mistake> {
    let request = call.request(session, call.params.clone(), cancel)?;
    let failed = |error| call.failed(session, error);
    let operation = view.operation(&call.operation)?;
    let name = payload(view, operation).map_err(|error| Mistake::new(error.to_string()))?;
    let Some(name) = name else {
        let output = request.send_buffered().map_err(failed)?;
        return Ok((output.to_value()?, None));
    };
    let mut output = request.send().map_err(failed)?;
    let mut value = output.to_value()?;
    let room = session
        .max_result
        .saturating_sub(length(&value) + name.len() + 100);
    let Some(body) = read(&mut output, room)
        .map_err(|error| Mistake::new(format!("the body of the response: {error}")))?
    else {
        return Ok((value, None));
    };
    let has_range = operation
        .input
        .and_then(|id| view.shape(id).ok()?.members()?.get("Range").map(drop))
        .is_some();
    let note = body.note(&name, has_range);
    value[&*name] = body.text.into();
    Ok((value, Some(note)))
}

/// The beginning of a body.
struct Body {
    text: String,
    is_text: bool,
    /// The number of bytes, if they are not all.
    cut: Option<usize>,
    whole: Option<u64>,
}

impl Body {
    fn note(&self, name: &str, has_range: bool) -> String {
        let form = if self.is_text { "text" } else { "base64" };
        let Some(count) = self.cut else {
            return format!("{name} is {form}");
        };
        let whole = match self.whole {
            Some(whole) => format!("the first {count} of {whole} bytes"),
            None => format!("the first {count} bytes, and there are more"),
        };
        let other = match has_range {
            true => "; the parameter Range requests others, such as bytes=1000-1999",
            false => "; a person can get them all with tucuxi call --out FILE",
        };
        format!("{name} is {form}: {whole}{other}")
    }
}

/// Reads as much of a body as there is room for. A text is read as it is, and other bytes become base64.
fn read(output: &mut Output, room: usize) -> std::io::Result<Option<Body>> {
    let Some(body) = output.body.take() else {
        return Ok(None);
    };
    let whole = body.len();
    let mut bytes = Vec::new();
    body.take(room as u64 + 1).read_to_end(&mut bytes)?;
    let is_cut = bytes.len() > room;
    let end = match std::str::from_utf8(&bytes) {
        // the end of the last character may be missing
        Err(error) if is_cut && error.error_len().is_none() => error.valid_up_to(),
        Err(_) => 0,
        Ok(_) => bytes.len(),
    };
    // control characters other than those of texts make it bytes
    let text = std::str::from_utf8(&bytes[..end]).unwrap_or_default();
    let is_text = (end > 0 || bytes.is_empty())
        && !text.contains(|c: char| {
            c.is_control() && !['\n', '\r', '\t', '\u{1b}', '\u{c}'].contains(&c)
        });
    let (text, count) = match is_text {
        true => {
            let text = beginning(text, room);
            (text.to_owned(), text.len())
        }
        false => {
            let count = if is_cut {
                room / 4 * 3
            } else {
                bytes.len().min(room / 4 * 3)
            };
            (BASE64_STANDARD.encode(&bytes[..count]), count)
        }
    };
    let is_cut = is_cut || count < bytes.len();
    Ok(Some(Body {
        text,
        is_text,
        cut: is_cut.then_some(count),
        whole,
    }))
}
