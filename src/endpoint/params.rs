//! The values that go into endpoint resolution.

use std::fmt;

use crate::uri;

/// The value of an endpoint parameter.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum EndpointValue {
    /// A `boolean`.
    Boolean(bool),
    /// A `string`.
    String(Box<str>),
    /// A `stringArray`.
    Strings(Box<[Box<str>]>),
}

impl EndpointValue {
    /// The type's name as it stands in a rule set.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "boolean",
            Self::String(_) => "string",
            Self::Strings(_) => "stringArray",
        }
    }
}

impl From<bool> for EndpointValue {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<&str> for EndpointValue {
    fn from(value: &str) -> Self {
        Self::String(value.into())
    }
}

impl From<String> for EndpointValue {
    fn from(value: String) -> Self {
        Self::String(value.into())
    }
}

impl From<Vec<String>> for EndpointValue {
    fn from(values: Vec<String>) -> Self {
        Self::Strings(values.into_iter().map(Box::from).collect())
    }
}

impl fmt::Display for EndpointValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => write!(f, "{value}"),
            Self::String(value) => f.write_str(value),
            Self::Strings(values) => write!(f, "[{}]", values.join(", ")),
        }
    }
}

/// Endpoint parameters by name, in the order in which they were set.
///
/// Resolving is fastest when that is the order of [`super::Ruleset::parameters`].
/// Neither `Debug` nor the text shows a password of an endpoint.
#[derive(Clone, Default, Eq, Hash, PartialEq)]
pub struct EndpointParams(Vec<(Box<str>, EndpointValue)>);

impl EndpointParams {
    /// No parameters.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a parameter, over an earlier value of the same name.
    pub fn set(&mut self, name: &str, value: impl Into<EndpointValue>) {
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| **known == *name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.into(), value)),
        }
    }

    /// Sets a parameter and returns the whole, for chains.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<EndpointValue>) -> Self {
        self.set(name, value);
        self
    }

    /// The value of a parameter.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&EndpointValue> {
        self.iter()
            .find_map(|(known, value)| (known == name).then_some(value))
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &EndpointValue)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }
}

impl fmt::Display for EndpointParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (name, value)) in self.iter().enumerate() {
            let comma = if n == 0 { "" } else { ", " };
            let value = value.to_string();
            write!(f, "{comma}{name}: {}", uri::without_passwords(&value))?;
        }
        Ok(())
    }
}

impl fmt::Debug for EndpointParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EndpointParams({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_set_twice_keeps_its_place_and_the_last_value() {
        let params = EndpointParams::new()
            .with("Region", "us-east-1")
            .with("UseFIPS", false)
            .with("Region", "eu-west-1")
            .with("Tables", vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(
            params.to_string(),
            "Region: eu-west-1, UseFIPS: false, Tables: [a, b]"
        );
        assert_eq!(
            params.value("UseFIPS"),
            Some(&EndpointValue::Boolean(false))
        );
        assert_eq!(params.value("Bucket"), None);
    }
}
