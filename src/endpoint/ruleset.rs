//! Endpoint rule sets, compiled: trees of rules (`endpoint-rule-set-1.json`) and binary decision diagrams.

use super::diagram::Diagram;
use super::error::EndpointError;
use super::expression::Variable;
use super::params::{EndpointParams, EndpointValue};
use super::tree::Tree;

/// The endpoint rules of a service: parameters, and a tree of rules, or conditions in a binary decision diagram.
///
/// ```
/// use tucuxi::endpoint::{ParameterType, Ruleset};
///
/// let rules = Ruleset::parse(r#"{
///     "parameters": {"Region": {"type": "string", "builtIn": "AWS::Region"}},
///     "rules": [{"type": "error", "conditions": [], "error": "not in {Region}"}]
/// }"#)?;
/// assert_eq!(rules.parameters()[0].kind, ParameterType::String);
/// # Ok::<(), tucuxi::endpoint::EndpointError>(())
/// ```
#[derive(Debug)]
pub struct Ruleset {
    pub(super) parameters: Box<[ParameterDefinition]>,
    pub(super) rules: Rules,
    /// The names of parameters and of variables that conditions assign, by index.
    pub(super) names: Box<[Box<str>]>,
}

/// The definition of a parameter in a rule set.
///
/// ```
/// use tucuxi::endpoint::{EndpointValue, ParameterType, Ruleset};
///
/// let rules = Ruleset::parse(r#"{
///     "parameters": {"UseFIPS": {"type": "boolean", "builtIn": "AWS::UseFIPS", "required": true, "default": false}},
///     "rules": []
/// }"#)?;
/// let parameter = &rules.parameters()[0];
/// assert_eq!((&*parameter.name, parameter.kind), ("UseFIPS", ParameterType::Boolean));
/// assert_eq!(parameter.default, Some(EndpointValue::Boolean(false)));
/// # Ok::<(), tucuxi::endpoint::EndpointError>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct ParameterDefinition {
    /// The name, such as `UseFIPS`.
    pub name: String,
    /// The type of its values.
    pub kind: ParameterType,
    /// The built-in that supplies the value, such as `AWS::UseFIPS`.
    pub built_in: Option<String>,
    /// The default.
    pub default: Option<EndpointValue>,
    /// Whether a value is required.
    pub required: bool,
    /// The deprecation, if the parameter is deprecated.
    pub deprecated: Option<Deprecation>,
    /// Whether a rule reads the parameter. If not, its value makes no difference.
    pub referenced: bool,
    pub(super) variable: Variable,
}

/// The type of a parameter.
///
/// ```
/// use tucuxi::endpoint::ParameterType;
///
/// assert_eq!(ParameterType::StringArray.name(), "stringArray");
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ParameterType {
    /// `boolean`
    Boolean,
    /// `string`
    String,
    /// `stringArray`
    StringArray,
}

/// The deprecation of a parameter.
///
/// ```
/// use tucuxi::endpoint::Ruleset;
///
/// let rules = Ruleset::parse(r#"{
///     "parameters": {"UseGlobalEndpoint": {
///         "type": "boolean", "deprecated": {"message": "Use Region.", "since": "2026-01-31"}
///     }},
///     "rules": []
/// }"#)?;
/// let deprecation = rules.parameters()[0].deprecated.as_ref().unwrap();
/// assert_eq!(deprecation.message.as_deref(), Some("Use Region."));
/// # Ok::<(), tucuxi::endpoint::EndpointError>(())
/// ```
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Deprecation {
    /// The message, which names the replacement.
    pub message: Option<String>,
    /// The date of the deprecation.
    pub since: Option<String>,
}

/// The form of the rules.
#[derive(Debug)]
pub(super) enum Rules {
    Diagram(Diagram),
    Tree(Tree),
}

impl Ruleset {
    /// Returns the parameters, in the order in which the rule set defines them.
    pub fn parameters(&self) -> &[ParameterDefinition] {
        &self.parameters
    }

    /// Returns whether a rule reads the parameter to which this built-in supplies the value. If not, the value need not be
    /// determined.
    pub fn reads_built_in(&self, built_in: &str) -> bool {
        self.parameters.iter().any(|definition| {
            definition.referenced && definition.built_in.as_deref() == Some(built_in)
        })
    }

    /// Returns the value of each defined parameter, in the order of the definitions: the one in `params`, or else the default.
    ///
    /// # Errors
    ///
    /// Returns [`EndpointError::MissingParameter`] or [`EndpointError::WrongType`].
    pub(super) fn bind<'a>(
        &'a self,
        params: &'a EndpointParams,
    ) -> Result<Vec<Option<&'a EndpointValue>>, EndpointError> {
        let mut bound = vec![None; self.parameters.len()];
        // each search starts after the last match, as callers set parameters in the order of their definitions
        let mut next = 0;
        for (name, value) in params.iter() {
            let (before, after) = self.parameters.split_at(next);
            let found = after.iter().chain(before).position(|p| *p.name == *name);
            if let Some(distance) = found {
                let at = (next + distance) % self.parameters.len();
                self.parameters[at].check(value)?;
                bound[at] = Some(value);
                next = at + 1;
            }
        }
        self.complete(bound)
    }

    /// Does the same for a value of each parameter, in the order of the definitions.
    ///
    /// # Errors
    ///
    /// Returns an error as [`bind`](Self::bind) does.
    pub(super) fn bind_values<'a>(
        &'a self,
        values: &'a [Option<EndpointValue>],
    ) -> Result<Vec<Option<&'a EndpointValue>>, EndpointError> {
        let mut bound = Vec::with_capacity(self.parameters.len());
        for (n, definition) in self.parameters.iter().enumerate() {
            let value = values.get(n).and_then(Option::as_ref);
            value.map_or(Ok(()), |value| definition.check(value))?;
            bound.push(value);
        }
        self.complete(bound)
    }

    /// Adds the defaults to the values of the parameters.
    fn complete<'a>(
        &'a self,
        mut bound: Vec<Option<&'a EndpointValue>>,
    ) -> Result<Vec<Option<&'a EndpointValue>>, EndpointError> {
        for (definition, value) in self.parameters.iter().zip(&mut bound) {
            *value = value.or(definition.default.as_ref());
            if value.is_none() && definition.required {
                return Err(EndpointError::MissingParameter {
                    name: definition.name.clone(),
                    built_in: definition.built_in.clone(),
                });
            }
        }
        Ok(bound)
    }
}

impl ParameterDefinition {
    /// Checks the type of a value.
    pub(super) fn check(&self, value: &EndpointValue) -> Result<(), EndpointError> {
        let expected = self.kind.name();
        if value.kind() == expected {
            return Ok(());
        }
        Err(EndpointError::WrongType {
            name: self.name.clone(),
            expected,
            found: value.kind(),
        })
    }
}

impl ParameterType {
    /// Returns the name of the type in rule sets.
    pub fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::String => "string",
            Self::StringArray => "stringArray",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = r#"{"version": "1.0", "serviceId": "new top-level key", "parameters": {
        "Region": {"type": "String", "builtIn": "AWS::Region", "required": true, "documentation": "d"},
        "UseFIPS": {"type": "boolean", "default": false, "required": true},
        "Tables": {"type": "stringArray", "default": ["a", "b"]},
        "Key": {"type": "string", "deprecated": {"message": "no", "since": "then"}}},
        "rules": [{"conditions": [{"fn": "isSet", "argv": [{"ref": "Region"}]}],
                   "error": "{Region}", "type": "error"}]}"#;

    #[test]
    fn parameters_have_their_whole_definition() {
        let ruleset = Ruleset::parse(RULES).unwrap();
        let [region, fips, tables, key] = ruleset.parameters() else {
            panic!("{:?}", ruleset.parameters());
        };
        assert_eq!((&*region.name, region.kind.name()), ("Region", "string"));
        assert_eq!(region.built_in.as_deref(), Some("AWS::Region"));
        assert!(region.required && region.referenced && region.default.is_none());
        assert_eq!(fips.default, Some(EndpointValue::Boolean(false)));
        assert_eq!(tables.kind, ParameterType::StringArray);
        assert_eq!(tables.default.as_ref().unwrap().to_string(), "[a, b]");
        let note = key.deprecated.as_ref().unwrap();
        assert_eq!(note.since.as_deref(), Some("then"));
        assert!(!key.referenced && !fips.referenced);
        assert!(ruleset.reads_built_in("AWS::Region"));
        assert!(!ruleset.reads_built_in("AWS::UseFIPS"));
    }

    #[test]
    fn binding_finds_values_in_any_order_and_ignores_unknown_names() {
        let ruleset = Ruleset::parse(RULES).unwrap();
        let params = EndpointParams::new()
            .with("Nothing", true)
            .with("Key", "k")
            .with("Region", "r")
            .with("UseFIPS", true);
        let bound = ruleset.bind(&params).unwrap();
        let texts: Vec<_> = bound.iter().map(|v| v.map(ToString::to_string)).collect();
        let expected = ["r", "true", "[a, b]", "k"].map(|text| Some(text.to_owned()));
        assert_eq!(texts, expected);
    }

    #[test]
    fn a_missing_or_mistyped_parameter_is_an_error() {
        let ruleset = Ruleset::parse(RULES).unwrap();
        let error = ruleset.bind(&EndpointParams::new()).unwrap_err();
        let start = "cannot find value for required parameter Region";
        assert!(error.to_string().starts_with(start), "{error}");
        let wrong = EndpointParams::new().with("Region", true);
        let error = ruleset.bind(&wrong).unwrap_err();
        assert_eq!(
            error.to_string(),
            "endpoint parameter Region must be a string, not a boolean"
        );
    }
}
