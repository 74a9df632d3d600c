//! Standard output.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write};

use serde_json::Value;
use tucuxi::Output;
use tucuxi::Printable;
use tucuxi::query::Query;

use crate::failure::Failure;
use crate::terminal::EscapedJson;

/// Prints one item a line.
pub(crate) fn lines<T: Display>(lines: impl IntoIterator<Item = T>) -> Result<(), Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in lines {
        writeln!(out, "{}", Printable(line))?;
    }
    Ok(out.flush()?)
}

/// Prints a response as JSON, or the query's result. Without a query, the response goes from the reader to stdout and no tree
/// is built.
pub(crate) fn response(output: &Output, query: Option<&Query>) -> Result<(), Failure> {
    if query.is_some() {
        return value(&output.to_value()?, query);
    }
    let mut out = json();
    output
        .write_json_pretty(&mut out)
        .map_err(Failure::stdout)?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

/// Prints a value as JSON, or the query's result.
pub(crate) fn value(value: &Value, query: Option<&Query>) -> Result<(), Failure> {
    let found = match query {
        None => Cow::Borrowed(value),
        Some(query) => query
            .search(value)
            .map_err(|e| Failure::Usage(format!("--query: {e}")))?,
    };
    let mut out = json();
    serde_json::to_writer_pretty(&mut out, &*found).map_err(io::Error::from)?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

/// Stdout for JSON, whose control characters are escaped if it is a terminal. It must be flushed.
pub(crate) fn json() -> Box<dyn Write> {
    let stdout = io::stdout().lock();
    match stdout.is_terminal() {
        true => Box::new(io::BufWriter::new(EscapedJson::new(stdout))),
        false => Box::new(io::BufWriter::new(stdout)),
    }
}
