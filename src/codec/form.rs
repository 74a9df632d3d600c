//! Writes forms for the query protocols: structures, lists and maps become dotted names.

use std::fmt::Write as _;

use serde_json::Value;

use super::json_write::mismatch;
use super::scalar;
use crate::error::{Error, Result};
use crate::model::{Kind, Member, ServiceModel, Shape};
use crate::time::TimestampFormat;
use crate::uri;

/// A writer of a form.
pub(crate) struct FormWriter<'a> {
    model: &'a ServiceModel,
    lists: ListStyle,
    out: String,
    /// The name of the current place; parts are pushed and truncated.
    name: String,
}

/// The form of lists that are not flattened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListStyle {
    /// `Names.member.1`; an empty list is an empty value.
    Named,
    /// `Name.1`, as in EC2; an empty list is left out.
    Numbered,
}

impl<'a> FormWriter<'a> {
    /// Starts a form with action and version.
    pub(crate) fn new(
        model: &'a ServiceModel,
        lists: ListStyle,
        action: &str,
        version: &str,
    ) -> Self {
        let mut writer = Self {
            model,
            lists,
            out: String::with_capacity(256),
            name: String::with_capacity(64),
        };
        writer.pair("Action", action);
        writer.pair("Version", version);
        writer
    }

    /// The form as text.
    pub(crate) fn finish(self) -> String {
        self.out
    }

    /// Writes the members of a structure.
    pub(crate) fn structure(&mut self, shape: &Shape, value: &Value) -> Result<()> {
        let (Some(members), Value::Object(given)) = (shape.members(), value) else {
            return Err(mismatch(&shape.kind));
        };
        let mut previous = None;
        for (name, value) in given {
            let Some(index) = members.find_name(previous, name) else {
                continue;
            };
            previous = Some(index);
            let member = members.at(index);
            if !value.is_null() {
                self.nested(&[member.request_name()], |w| w.member(member, value))?;
            }
        }
        Ok(())
    }

    fn member(&mut self, member: &Member, value: &Value) -> Result<()> {
        let shape = self.model.shape(member.target)?;
        match (&shape.kind, value) {
            (Kind::Structure(_) | Kind::Union(_), _) => self.structure(shape, value),
            (Kind::List(of), Value::Array(items)) => self.list(member, of, items),
            (Kind::Map { key, value: of }, Value::Object(entries)) => {
                for (n, (name, value)) in entries.iter().enumerate() {
                    let number = (n + 1).to_string();
                    let place: &[&str] = match member.flattened {
                        true => &[&number],
                        false => &["entry", &number],
                    };
                    self.nested(place, |w| {
                        w.nested(&[&key.wire_name], |w| w.scalar(name));
                        w.nested(&[&of.wire_name], |w| w.member(of, value))
                    })?;
                }
                Ok(())
            }
            (kind, _) => {
                let format = member.timestamp_format.unwrap_or(TimestampFormat::DateTime);
                let text = scalar::text(kind, format, value).map_err(Error::request)?;
                self.scalar(&text);
                Ok(())
            }
        }
    }

    fn list(&mut self, member: &Member, of: &Member, items: &[Value]) -> Result<()> {
        if items.is_empty() && self.lists == ListStyle::Named {
            self.scalar("");
        }
        for (n, item) in items.iter().enumerate() {
            let number = (n + 1).to_string();
            let place: &[&str] = match self.lists == ListStyle::Numbered || member.flattened {
                true => &[&number],
                false => &[&of.wire_name, &number],
            };
            self.nested(place, |w| w.member(of, item))?;
        }
        Ok(())
    }

    /// Calls `write` with `parts` appended to the name.
    fn nested<T>(&mut self, parts: &[&str], write: impl FnOnce(&mut Self) -> T) -> T {
        let len = self.name.len();
        for part in parts {
            if !self.name.is_empty() {
                self.name.push('.');
            }
            self.name.push_str(part);
        }
        let out = write(self);
        self.name.truncate(len);
        out
    }

    fn scalar(&mut self, text: &str) {
        let name = std::mem::take(&mut self.name);
        self.pair(&name, text);
        self.name = name;
    }

    fn pair(&mut self, name: &str, value: &str) {
        let separator = if self.out.is_empty() { "" } else { "&" };
        // writing into a string cannot fail
        let _ = write!(self.out, "{separator}{}={}", Encoded(name), Encoded(value));
    }
}

/// Text in `application/x-www-form-urlencoded`.
struct Encoded<'a>(&'a str);

impl std::fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&uri::encode(self.0, b" ").replace(' ', "+"))
    }
}
