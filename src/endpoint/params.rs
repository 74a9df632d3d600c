//! The parameters of endpoint resolution.

use std::fmt;

use crate::uri;

/// The value of an endpoint parameter.
///
/// ```
/// use tucuxi::endpoint::EndpointValue;
///
/// assert_eq!(EndpointValue::from("eu-west-1"), EndpointValue::String("eu-west-1".into()));
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum EndpointValue {
    /// A `boolean`.
    Boolean(bool),
    /// A `string`.
    String(String),
    /// A `stringArray`.
    Strings(Vec<String>),
}

impl EndpointValue {
    /// Returns the name of the type in rule sets.
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
        Self::String(value.to_owned())
    }
}

impl From<String> for EndpointValue {
    fn from(value: String) -> Self {
        Self::String(value)
    }
}

impl From<Vec<String>> for EndpointValue {
    fn from(values: Vec<String>) -> Self {
        Self::Strings(values)
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
/// Resolution is fastest in the order of [`super::Ruleset::parameters`]. Neither `Debug` nor `Display` shows a password of an
/// endpoint.
///
/// ```
/// use tucuxi::endpoint::EndpointParams;
///
/// let params = EndpointParams::new().with("Region", "eu-west-1").with("UseFIPS", true);
/// assert_eq!(params.value("UseFIPS"), Some(&true.into()));
/// ```
#[derive(Clone, Default, Eq, Hash, PartialEq)]
#[must_use = "parameters are used when they are passed to a resolver"]
pub struct EndpointParams(Vec<(String, EndpointValue)>);

impl EndpointParams {
    /// Creates an empty set of parameters.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a parameter. A second value of a parameter replaces the first.
    pub fn set(&mut self, name: &str, value: impl Into<EndpointValue>) {
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| **known == *name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.into(), value)),
        }
    }

    /// Sets a parameter and returns the parameters, for chaining.
    pub fn with(mut self, name: &str, value: impl Into<EndpointValue>) -> Self {
        self.set(name, value);
        self
    }

    /// Returns the value of a parameter.
    pub fn value(&self, name: &str) -> Option<&EndpointValue> {
        self.iter()
            .find_map(|(known, value)| (known == name).then_some(value))
    }

    /// Returns the names and values, in the order in which they were set.
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
