//! Decoding of a result: directly to the target, or, if that fails, through a tree of what fits the model.

use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _};

use super::Output;
use crate::codec::ReadError;
use crate::codec::edit::{Edited, Edits};
use crate::codec::erased::Target;
use crate::codec::fit::Fitted;
use crate::codec::fitted::{FittedReader, Trail};
use crate::codec::warning;
use crate::error::{Error, Result};
use crate::model::{Operation, ServiceModel};
use crate::names;
use crate::protocol::{self, BufferedResponse};

impl Output {
    /// Decodes the result to a type of the program. The type is compiled for each format, as it is read fastest directly, and without
    /// a format for whatever else a result may be: edited, fitted or given by an interceptor.
    pub(super) fn decode_type<'a, T: Deserialize<'a>>(&'a self) -> Result<T> {
        if let Some(response) = self.plain_response()
            && let Ok(read) = response.read(&self.source.operation, PhantomData::<T>)
        {
            return Ok(read);
        }
        let target = Target::new();
        self.decode(|| target.seed())?;
        target.done().map_err(Error::response)
    }

    /// Decodes the result directly to the target. If that fails it is decoded to a tree of what fits the model, and the target from
    /// that. So a response that fits has no extra cost. A type of the program was read once before ([`decode_type`](Self::decode_type)).
    pub(super) fn decode<'a, S: DeserializeSeed<'a>>(
        &'a self,
        seed: impl Fn() -> S,
    ) -> Result<S::Value> {
        let source = &self.source;
        let operation = &source.operation;
        let edits = &source.edits;
        let named = |e: Error| e.of_call(source.model.name(), &operation.name);
        let invalid = |e: ReadError| named(Error::response(e));
        let trail = Trail::default();
        if let Some(value) = &source.given {
            let reader = FittedReader {
                model: &source.model,
                shape: None,
                value,
                trail: &trail,
            };
            let read = edited(edits, seed(), reader);
            return read.map_err(|error| invalid(ReadError::custom(trail.describe(&error))));
        }
        let response = self.response();
        let fitted = match source.fitted.get() {
            Some(fitted) => fitted,
            None => {
                let read = match edits.is_empty() {
                    true => response.read(operation, seed()),
                    false => {
                        let seed = seed();
                        response.read(operation, Edited { seed, edits })
                    }
                };
                let error = match read {
                    Ok(read) if !source.is_mended => return Ok(read),
                    Ok(_) => None,
                    Err(error) => Some(error),
                };
                let fitted = self.fit(&response, operation);
                let broken = |e| named(self.broken(operation, &error.unwrap_or(e)));
                let fitted = fitted.map_err(broken)?;
                source.fitted.get_or_init(|| Box::new(fitted))
            }
        };
        if let Some(warning) = fitted.warnings.first().filter(|_| source.is_strict) {
            let what = format_args!("{warning} (strict_responses is on)");
            return Err(invalid(ReadError::custom(what)));
        }
        let shape = operation.output.map(|id| source.model.shape(id));
        let reader = FittedReader {
            model: &source.model,
            shape: shape.transpose()?,
            value: &fitted.value,
            trail: &trail,
        };
        edited(edits, seed(), reader).map_err(|error| {
            let error = trail.describe(&error);
            let hint = rename_hint(&source.model, operation, &error);
            let hint = hint.unwrap_or_default();
            invalid(ReadError::custom(format_args!("{error}{hint}")))
        })
    }

    fn response(&self) -> BufferedResponse<'_> {
        let source = &self.source;
        BufferedResponse {
            model: &source.model,
            status: self.meta.status,
            headers: &self.meta.headers,
            body: &source.bytes,
            nodes: source.nodes.as_ref(),
            is_streamed: source.is_streamed,
            events: source.events.as_deref(),
        }
    }

    /// The response, if nothing but it is the result.
    fn plain_response(&self) -> Option<BufferedResponse<'_>> {
        let source = &self.source;
        let is_plain = source.given.is_none()
            && source.edits.is_empty()
            && source.fitted.get().is_none()
            && !source.is_mended;
        is_plain.then(|| self.response())
    }

    /// Decodes the part of the result that fits the model.
    #[cold]
    fn fit(
        &self,
        response: &BufferedResponse<'_>,
        operation: &Operation,
    ) -> Result<Fitted, ReadError> {
        let mut fitted = response.fit(operation)?;
        if self.source.is_mended {
            fitted.warn_of_repair();
        }
        warning::log(&fitted.warnings, self.source.model.name(), &operation.name);
        Ok(fitted)
    }
}

/// Deserializes with the changes that interceptors make.
fn edited<'de, S: DeserializeSeed<'de>, D: Deserializer<'de>>(
    edits: &Edits,
    seed: S,
    reader: D,
) -> Result<S::Value, D::Error> {
    match edits.is_empty() {
        true => seed.deserialize(reader),
        false => Edited { seed, edits }.deserialize(reader),
    }
}

impl Output {
    /// The error of a malformed body.
    fn broken(&self, operation: &Operation, error: &ReadError) -> Error {
        let error = protocol::unexpected_response(
            &self.source.model,
            operation,
            self.meta.status,
            &self.meta.headers,
            &self.source.bytes,
            (
                "a well-formed document".into(),
                format!("a malformed one ({error})"),
            ),
        );
        error.into()
    }
}

/// Returns a hint for a type without `rename_all`, if the result has the missing field in another case.
fn rename_hint(model: &ServiceModel, operation: &Operation, error: &str) -> Option<String> {
    let field = error.split("missing field `").nth(1)?.split('`').next()?;
    let wanted = names::plain(field);
    let shapes = model.reachable(operation.output).filter_map(Result::ok);
    let mut members = shapes.flat_map(|(_, shape)| shape.members().into_iter().flatten());
    let member = &*members
        .find(|member| names::plain(&member.name) == wanted)?
        .name;
    if member == field {
        return None;
    }
    // serde's own conversions of a field's name
    let mut words = field.split('_').map(capitalized);
    let pascal: String = words.clone().collect();
    let camel: String = field
        .split('_')
        .take(1)
        .map(String::from)
        .chain(words.by_ref().skip(1))
        .collect();
    let rename = match member {
        name if name == pascal => "rename_all = \"PascalCase\"".into(),
        name if name == camel => "rename_all = \"camelCase\"".into(),
        name => format!("rename = {name:?}"),
    };
    Some(format!("; the result has {member}: add #[serde({rename})]"))
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(all(test, feature = "embedded"))]
mod tests {
    use super::*;

    #[test]
    fn a_field_in_another_case_has_a_remedy() {
        let config = crate::config::Config::builder().isolated().build().unwrap();
        let client =
            crate::client::Client::with_transport(config, crate::transport::Replay::new()).unwrap();
        let cases = [
            (
                "dynamodb",
                "ListTables",
                "table_names",
                Some("rename_all = \"PascalCase\""),
            ),
            (
                "dynamodb",
                "DescribeTable",
                "table_arn",
                Some("rename_all = \"PascalCase\""),
            ),
            (
                "rds",
                "DescribeDBInstances",
                "db_instances",
                Some("rename = \"DBInstances\""),
            ),
            (
                "eks",
                "DescribeCluster",
                "created_at",
                Some("rename_all = \"camelCase\""),
            ),
            ("dynamodb", "ListTables", "TableNames", None),
            ("dynamodb", "ListTables", "tables", None),
        ];
        for (service, operation, field, expected) in cases {
            let model = client.model(service).unwrap();
            let operation = model.operation(operation).unwrap();
            let hint = rename_hint(&model, operation, &format!("missing field `{field}`"));
            let found = hint.as_deref();
            match expected {
                Some(expected) => assert!(found.unwrap().contains(expected), "{field}: {found:?}"),
                None => assert_eq!(found, None, "{field}"),
            }
        }
    }
}
