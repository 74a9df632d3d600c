//! Writes XML.

use serde_json::Value;

use super::json_write::mismatch;
use super::scalar;
use crate::error::{Error, Result};
use crate::model::{Kind, Member, ServiceModel, Shape, XmlNamespace};
use crate::time::TimestampFormat;

/// A writer of a document.
pub(crate) struct XmlWriter<'a> {
    model: &'a ServiceModel,
    /// The name of a member's element.
    name_of: fn(&Member) -> &str,
    out: String,
}

impl<'a> XmlWriter<'a> {
    pub(crate) fn new(model: &'a ServiceModel) -> Self {
        Self::with_names(model, Member::request_name)
    }

    /// Starts a document that is a response, in which some members have other names.
    #[cfg(feature = "mock")]
    pub(crate) fn of_response(model: &'a ServiceModel) -> Self {
        Self::with_names(model, |member| &member.wire_name)
    }

    fn with_names(model: &'a ServiceModel, name_of: fn(&Member) -> &str) -> Self {
        Self {
            model,
            name_of,
            out: String::with_capacity(256),
        }
    }

    /// Returns the document.
    pub(crate) fn finish(self) -> String {
        self.out
    }

    fn member(&mut self, name: &str, member: &Member, value: &Value) -> Result<()> {
        let shape = self.model.shape(member.target)?;
        let namespace = member.xml_namespace.as_ref();
        match (&shape.kind, value) {
            (Kind::Structure(_) | Kind::Union(_), _) => {
                self.structure(name, namespace, shape, value, |_| true)
            }
            (Kind::List(of), Value::Array(items)) if member.flattened => {
                (items.iter()).try_for_each(|item| self.member(name, of, item))
            }
            (Kind::List(of), Value::Array(items)) => {
                self.open(name, namespace);
                for item in items {
                    self.member((self.name_of)(of), of, item)?;
                }
                self.close(name);
                Ok(())
            }
            (Kind::Map { key, value: of }, Value::Object(entries)) => {
                let outer = if member.flattened { None } else { Some(name) };
                let inner = if member.flattened { name } else { "entry" };
                if let Some(outer) = outer {
                    self.open(outer, namespace);
                }
                for (entry, value) in entries {
                    self.open(inner, None);
                    self.text((self.name_of)(key), key.xml_namespace.as_ref(), entry);
                    self.member((self.name_of)(of), of, value)?;
                    self.close(inner);
                }
                if let Some(outer) = outer {
                    self.close(outer);
                }
                Ok(())
            }
            (kind, _) => {
                let format = member.timestamp_format.unwrap_or(TimestampFormat::DateTime);
                let text = scalar::text(kind, format, value).map_err(Error::request)?;
                self.text(name, namespace, &text);
                Ok(())
            }
        }
    }

    /// Writes an element with the members of a structure that `is_part` selects.
    pub(crate) fn structure(
        &mut self,
        name: &str,
        namespace: Option<&XmlNamespace>,
        shape: &Shape,
        value: &Value,
        is_part: impl Fn(&Member) -> bool,
    ) -> Result<()> {
        let (Some(members), Value::Object(given)) = (shape.members(), value) else {
            return Err(mismatch(&shape.kind));
        };
        self.start(name, namespace);
        for member in members.iter().filter(|m| m.xml_attribute) {
            if let Some(value) = given.get(&*member.name).filter(|v| !v.is_null()) {
                let text = scalar::text(&Kind::String, TimestampFormat::DateTime, value);
                self.attribute((self.name_of)(member), &text.map_err(Error::request)?);
            }
        }
        self.out.push('>');
        let mut previous = None;
        for (name, value) in given {
            let Some(index) = members.find_name(previous, name) else {
                continue;
            };
            previous = Some(index);
            let member = members.at(index);
            if !value.is_null() && !member.xml_attribute && is_part(member) {
                self.member((self.name_of)(member), member, value)?;
            }
        }
        self.close(name);
        Ok(())
    }

    fn text(&mut self, name: &str, namespace: Option<&XmlNamespace>, text: &str) {
        self.open(name, namespace);
        escape(&mut self.out, text);
        self.close(name);
    }

    fn open(&mut self, name: &str, namespace: Option<&XmlNamespace>) {
        self.start(name, namespace);
        self.out.push('>');
    }

    /// Writes a start tag without its `>`.
    fn start(&mut self, name: &str, namespace: Option<&XmlNamespace>) {
        self.out.push('<');
        self.out.push_str(name);
        if let Some(namespace) = namespace {
            match &namespace.prefix {
                Some(prefix) => self.attribute(&format!("xmlns:{prefix}"), &namespace.uri),
                None => self.attribute("xmlns", &namespace.uri),
            }
        }
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        escape(&mut self.out, value);
        self.out.push('"');
    }

    fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }
}

/// Characters that would end the text, or that a parser would change.
pub(crate) fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            '\n' => out.push_str("&#xA;"),
            c => out.push(c),
        }
    }
}
