//! JSON-RPC 2.0, a message a line.

use std::fmt;
use std::io::{self, BufRead};

use serde_json::{Value, json};

/// The maximum length of a line. What is longer is not kept.
const MAX_LINE: usize = 16 << 20;

/// An error of the protocol, as opposed to one of a tool.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault {
    code: i32,
    message: String,
    data: Option<Box<Value>>,
}

impl Fault {
    fn new(code: i32, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
        }
    }

    /// The text is no JSON.
    pub(super) fn parse(message: impl Into<String>) -> Self {
        Self::new(-32700, message)
    }

    /// The JSON is no request, or one that is not allowed now.
    pub(super) fn request(message: impl Into<String>) -> Self {
        Self::new(-32600, message)
    }

    pub(super) fn method(name: &str) -> Self {
        Self::new(-32601, format!("there is no method {name:?}"))
    }

    pub(super) fn params(message: impl Into<String>) -> Self {
        Self::new(-32602, message)
    }

    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self::new(-32603, message)
    }

    /// A resource that does not exist, in versions that have a code for it.
    pub(super) fn resource(message: impl Into<String>) -> Self {
        Self::new(-32002, message)
    }

    /// A request that has no room beside those that wait.
    pub(super) fn busy() -> Self {
        let message = "too many open requests; send this one again when some of them have been answered or cancelled";
        Self::new(-32000, message)
    }

    /// A version that is named in a request and not supported.
    pub(super) fn version(requested: &Value, supported: &[&str]) -> Self {
        if !requested.is_string() {
            return Self::params("the version of the protocol must be a string");
        }
        let message = format!(
            "unsupported version of the protocol; requests can name {}",
            supported.join(", ")
        );
        Self {
            data: Some(Box::new(
                json!({"supported": supported, "requested": requested}),
            )),
            ..Self::new(-32022, message)
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// What a message is.
#[derive(Debug, PartialEq)]
pub(super) enum Message {
    Request {
        id: Value,
        method: String,
        params: Value,
    },
    Notification {
        method: String,
        params: Value,
    },
    /// A response, which the server expects none of.
    Response,
}

impl Message {
    /// Reads a message.
    ///
    /// # Errors
    ///
    /// Returns the id, if that is known, and what is wrong.
    pub(super) fn read(mut value: Value) -> Result<Self, (Value, Fault)> {
        let id = value.get("id").cloned();
        let known = match &id {
            Some(id @ (Value::String(_) | Value::Number(_))) => id.clone(),
            _ => Value::Null,
        };
        let wrong = |fault| Err((known.clone(), fault));
        if !value.is_object() {
            return wrong(Fault::request("a message must be an object"));
        }
        if value["jsonrpc"] != "2.0" {
            return wrong(Fault::request("\"jsonrpc\" must be \"2.0\""));
        }
        let method = match value.get("method") {
            Some(Value::String(method)) => method.clone(),
            None if value.get("result").is_some() || value.get("error").is_some() => {
                return Ok(Self::Response);
            }
            _ => return wrong(Fault::request("\"method\" must be a string")),
        };
        let params = match value.get_mut("params").map(Value::take) {
            None => json!({}),
            Some(params @ Value::Object(_)) => params,
            Some(_) => return wrong(Fault::params("\"params\" must be an object")),
        };
        match id {
            None => Ok(Self::Notification { method, params }),
            Some(id) if is_id(&id) => Ok(Self::Request { id, method, params }),
            Some(_) => wrong(Fault::request("\"id\" must be a string or an integer")),
        }
    }
}

fn is_id(id: &Value) -> bool {
    id.is_string() || id.is_i64() || id.is_u64()
}

/// The response to a request.
pub(super) fn response(id: &Value, outcome: Result<Value, Fault>) -> Value {
    match outcome {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(fault) => {
            let mut error = json!({"code": fault.code, "message": fault.message});
            if let Some(data) = fault.data {
                error["data"] = *data;
            }
            json!({"jsonrpc": "2.0", "id": id, "error": error})
        }
    }
}

/// A line of the input.
pub(super) enum Line {
    Text(Vec<u8>),
    TooLong,
}

/// Reads the next line, or `None` at the end.
///
/// # Errors
///
/// Returns an error if the input cannot be read.
pub(super) fn next_line(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let (mut text, mut is_too_long) = (Vec::new(), false);
    loop {
        let buffer = match input.fill_buf() {
            Ok(buffer) => buffer,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if buffer.is_empty() {
            let is_end = text.is_empty() && !is_too_long;
            return Ok((!is_end).then_some(line(text, is_too_long)));
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let part = &buffer[..end.unwrap_or(buffer.len())];
        is_too_long |= text.len() + part.len() > MAX_LINE;
        match is_too_long {
            true => text = Vec::new(),
            false => text.extend_from_slice(part),
        }
        let used = part.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() {
            return Ok(Some(line(text, is_too_long)));
        }
    }
}

fn line(text: Vec<u8>, is_too_long: bool) -> Line {
    match is_too_long {
        true => Line::TooLong,
        false => Line::Text(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_message_has_the_code_of_its_fault() {
        let cases = [
            (json!(7), -32600, json!(null)),
            (json!({"id": 1, "method": "m"}), -32600, json!(1)),
            (
                json!({"jsonrpc": "1.0", "id": "a", "method": "m"}),
                -32600,
                json!("a"),
            ),
            (json!({"jsonrpc": "2.0", "id": 1}), -32600, json!(1)),
            (
                json!({"jsonrpc": "2.0", "id": 1, "method": 2}),
                -32600,
                json!(1),
            ),
            (
                json!({"jsonrpc": "2.0", "id": null, "method": "m"}),
                -32600,
                json!(null),
            ),
            (
                json!({"jsonrpc": "2.0", "id": {}, "method": "m"}),
                -32600,
                json!(null),
            ),
            (
                json!({"jsonrpc": "2.0", "id": 1.5, "method": "m"}),
                -32600,
                json!(1.5),
            ),
            (
                json!({"jsonrpc": "2.0", "id": 1, "method": "m", "params": [1]}),
                -32602,
                json!(1),
            ),
        ];
        for (given, code, id) in cases {
            let (found, fault) = Message::read(given.clone()).unwrap_err();
            assert_eq!((fault.code, found), (code, id), "{given}");
        }
    }

    #[test]
    fn messages_are_requests_notifications_or_responses() {
        let read = |value| Message::read(value).unwrap();
        let (method, params) = ("m".to_owned(), json!({}));
        assert_eq!(
            read(json!({"jsonrpc": "2.0", "id": "x", "method": "m"})),
            Message::Request {
                id: "x".into(),
                method: method.clone(),
                params: params.clone()
            }
        );
        assert_eq!(
            read(json!({"jsonrpc": "2.0", "method": "m", "params": {}})),
            Message::Notification { method, params }
        );
        assert_eq!(
            read(json!({"jsonrpc": "2.0", "id": 1, "result": {}})),
            Message::Response
        );
    }

    #[test]
    fn a_line_may_end_with_the_input_and_has_a_maximum_length() {
        let long = vec![b'x'; MAX_LINE + 1];
        let input = [b"one\n\ntwo\r\n".as_slice(), &long, b"\nlast"].concat();
        let mut input = io::BufReader::with_capacity(7, &*input);
        let mut lines = Vec::new();
        while let Some(line) = next_line(&mut input).unwrap() {
            lines.push(match line {
                Line::Text(text) => String::from_utf8(text).unwrap(),
                Line::TooLong => "too long".into(),
            });
        }
        assert_eq!(lines, ["one", "", "two\r", "too long", "last"]);
    }
}
