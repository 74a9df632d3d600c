//! The evaluation of a rule set.
//!
//! ```text
//! rules      in order; the first that yields an endpoint or an error ends the evaluation
//! a rule     its conditions in order; if one is false or null, the next rule is evaluated
//! tree       yields the result of its rules; if they have none, the rule after the tree is evaluated
//! assign     names the value of a condition within its rule; a name cannot be assigned twice
//! diagram    each node has a condition, which leads to another node, to a result, or to the end without one
//! ```

use super::diagram::{Diagram, Next};
use super::error::EndpointError;
use super::explain;
use super::expression::{Attribute, Call, Expression, Function, Part, Variable};
use super::functions;
use super::params::EndpointValue;
use super::partition::Partitions;
use super::resolved::{Endpoint, EndpointAuthScheme};
use super::rule::{Condition, EndpointTemplate, Property, Rule, RuleBody, Siblings};
use super::ruleset::{Rules, Ruleset};
use super::value::Value;
use crate::uri;
use std::borrow::Cow;
use std::rc::Rc;

/// The maximum length of the result of a template. Without a limit, rules could double a text with each condition.
const LONGEST_TEXT: usize = 64 * 1024;

/// A value, or `None` if it is absent. The error says what is wrong with the rule.
type Evaluated<'a> = Result<Option<Value<'a>>, String>;

/// Evaluates the rules for bound parameters (see [`Ruleset::bind`]). Returns `None` if no rule matches.
///
/// `trace` receives a line for each evaluated condition, and one for the result.
pub(super) fn evaluate(
    ruleset: &Ruleset,
    partitions: &Partitions,
    bound: &[Option<&EndpointValue>],
    trace: Option<&mut Vec<String>>,
) -> Result<Option<Endpoint>, EndpointError> {
    let mut variables = vec![None; ruleset.names.len()];
    for (definition, value) in ruleset.parameters.iter().zip(bound) {
        variables[definition.variable] = value.map(Value::of);
    }
    let mut evaluation = Evaluation {
        ruleset,
        partitions,
        variables,
        assigned: Vec::new(),
        path: Vec::new(),
        trace,
    };
    match &ruleset.rules {
        Rules::Diagram(diagram) => evaluation.diagram(diagram),
        Rules::Tree(tree) => evaluation.rules(&tree.roots),
    }
}

struct Evaluation<'a, 't> {
    ruleset: &'a Ruleset,
    partitions: &'a Partitions,
    /// The values of variables. Variables are numbered when the rule set is parsed, so all indices in expressions are in range.
    variables: Vec<Option<Value<'a>>>,
    /// The variables that conditions assigned, which are cleared after their rule.
    assigned: Vec<Variable>,
    /// The current rule: its list and index at each depth.
    path: Vec<(&'static str, usize)>,
    trace: Option<&'t mut Vec<String>>,
}

impl<'a> Evaluation<'a, '_> {
    fn rules(&mut self, siblings: &Siblings) -> Result<Option<Endpoint>, EndpointError> {
        let Rules::Tree(tree) = &self.ruleset.rules else {
            return Ok(None);
        };
        for (n, index) in siblings.clone().enumerate() {
            self.path.push(("rules", n));
            let rule = tree.rule(index).map_err(|what| self.error(what))?;
            let kept = self.assigned.len();
            let result = self.rule(rule);
            for variable in self.assigned.drain(kept..) {
                self.variables[variable] = None;
            }
            self.path.pop();
            if let Some(endpoint) = result? {
                return Ok(Some(endpoint));
            }
        }
        Ok(None)
    }

    fn diagram(&mut self, diagram: &'a Diagram) -> Result<Option<Endpoint>, EndpointError> {
        let mut next = diagram.root;
        // no node is visited twice
        for _ in 0..=diagram.nodes.len() {
            let (index, is_complement) = match next {
                Next::End => return Ok(None),
                Next::Result(result) => {
                    self.path = vec![("results", result)];
                    return self.rule(&diagram.results[result]);
                }
                Next::Node {
                    index,
                    is_complement,
                } => (index, is_complement),
            };
            let node = &diagram.nodes[index];
            self.path = vec![("conditions", node.condition)];
            let condition = &diagram.conditions[node.condition];
            let holds = self.condition(condition).map_err(|what| self.error(what))?;
            next = if holds == is_complement {
                node.low
            } else {
                node.high
            };
        }
        Err(self.error("the nodes of the diagram form a circle".to_owned()))
    }

    fn rule(&mut self, rule: &'a Rule) -> Result<Option<Endpoint>, EndpointError> {
        for condition in &rule.conditions {
            if !self.condition(condition).map_err(|what| self.error(what))? {
                return Ok(None);
            }
        }
        match &rule.body {
            RuleBody::Endpoint(template) => {
                let endpoint = self.endpoint(template).map_err(|what| self.error(what))?;
                self.note(|| format!("endpoint {}", endpoint.url));
                Ok(Some(endpoint))
            }
            RuleBody::Error(message) => {
                let message = self
                    .text(message, "an error")
                    .map_err(|what| self.error(what))?;
                self.note(|| format!("error {message}"));
                Err(EndpointError::Rule(uri::without_passwords(&message).into()))
            }
            RuleBody::Tree(rules) => self.rules(rules),
        }
    }

    fn condition(&mut self, condition: &'a Condition) -> Result<bool, String> {
        let value = self.value(&condition.test)?;
        let ruleset = self.ruleset;
        self.note(|| {
            let test = explain::condition(ruleset, condition);
            match &value {
                Some(value) => format!("{test} = {value}"),
                None => format!("{test} = null"),
            }
        });
        let holds = !matches!(value, None | Some(Value::Boolean(false)));
        if let Some(variable) = condition.assign {
            if self.variables[variable].is_some() {
                let name = &self.ruleset.names[variable];
                return Err(format!(
                    "`{name}` has a value already and cannot be assigned"
                ));
            }
            self.variables[variable] = value;
            self.assigned.push(variable);
        }
        Ok(holds)
    }

    fn value(&self, expression: &'a Expression) -> Evaluated<'a> {
        Ok(match expression {
            Expression::Attribute(attribute) => self.attribute(attribute)?,
            Expression::Boolean(value) => Some(Value::Boolean(*value)),
            Expression::Call(call) => self.call(call)?,
            Expression::Integer(value) => Some(Value::Integer(*value)),
            Expression::Reference(variable) => self.variables[*variable].clone(),
            Expression::Template(parts) => Some(Value::Text(Cow::Owned(self.template(parts)?))),
            Expression::Text(text) => Some(Value::Text(Cow::Borrowed(text))),
        })
    }

    fn attribute(&self, attribute: &'a Attribute) -> Evaluated<'a> {
        let mut value = self.value(&attribute.base)?;
        for step in &attribute.path {
            value = value.and_then(|value| value.step(*step));
        }
        Ok(value)
    }

    fn template(&self, parts: &'a [Part]) -> Result<String, String> {
        let mut out = String::new();
        for part in parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Value(expression) => match self.value(expression)? {
                    Some(Value::Text(text)) => out.push_str(&text),
                    other => {
                        let name = explain::expression(self.ruleset, expression);
                        let kind = kind(other.as_ref());
                        return Err(format!(
                            "`{name}` in a template must be a string, not {kind}"
                        ));
                    }
                },
            }
            if out.len() > LONGEST_TEXT {
                return Err("the result of a template is longer than 64 KiB".to_owned());
            }
        }
        Ok(out)
    }

    fn call(&self, call: &'a Call) -> Evaluated<'a> {
        let arguments = Arguments { of: self, call };
        let value = match call.function {
            Function::BooleanEquals => {
                Value::Boolean(arguments.boolean(0)? == arguments.boolean(1)?)
            }
            Function::Coalesce => {
                for argument in &call.arguments {
                    if let Some(value) = self.value(argument)? {
                        return Ok(Some(value));
                    }
                }
                return Ok(None);
            }
            Function::IfThenElse => {
                let chosen = if arguments.boolean(0)? { 1 } else { 2 };
                return arguments.value(chosen);
            }
            Function::IsSet => Value::Boolean(arguments.value(0)?.is_some()),
            Function::IsValidHostLabel => Value::Boolean(match arguments.optional_text(0)? {
                Some(text) => functions::is_valid_host_label(&text, arguments.boolean(1)?),
                None => false,
            }),
            Function::IsVirtualHostableS3Bucket => {
                Value::Boolean(match arguments.optional_text(0)? {
                    Some(text) => {
                        functions::is_virtual_hostable_bucket(&text, arguments.boolean(1)?)
                    }
                    None => false,
                })
            }
            Function::Not => {
                let value = arguments.value(0)?;
                Value::Boolean(!value.is_some_and(|value| value.is_truthy()))
            }
            Function::ParseArn => {
                let text = arguments.optional_text(0)?;
                let arn = text.and_then(|text| functions::parse_arn(&text));
                return Ok(arn.map(|arn| Value::Arn(Rc::new(arn))));
            }
            Function::ParseUrl => {
                let text = arguments.optional_text(0)?;
                let url = text.and_then(|text| functions::parse_url(&text));
                return Ok(url.map(|url| Value::Url(Rc::new(url))));
            }
            Function::Partition => {
                let region = arguments.optional_text(0)?.unwrap_or_default();
                Value::Partition(self.partitions.for_region_or_default(&region))
            }
            Function::Split => {
                let Some(text) = arguments.optional_text(0)? else {
                    return Ok(None);
                };
                Value::List(functions::split(
                    &text,
                    &arguments.text(1)?,
                    arguments.integer(2)?,
                )?)
            }
            Function::StringEquals => Value::Boolean(arguments.text(0)? == arguments.text(1)?),
            Function::Substring => {
                let (start, stop) = (arguments.integer(1)?, arguments.integer(2)?);
                let reverse = arguments.boolean(3)?;
                let part = functions::substring(&arguments.text(0)?, start, stop, reverse);
                return Ok(part.map(Value::Text));
            }
            Function::UriEncode => {
                let text = arguments.optional_text(0)?;
                return Ok(text.map(|text| Value::Text(Cow::Owned(uri::encode(&text, b"")))));
            }
        };
        Ok(Some(value))
    }

    fn endpoint(&self, template: &'a EndpointTemplate) -> Result<Endpoint, String> {
        let mut headers = Vec::new();
        for (name, values) in &template.headers {
            for value in values {
                let value = self.text(value, "a header")?;
                headers.push((name.to_string(), String::from(value)));
            }
        }
        let mut properties = serde_json::Map::new();
        for (name, property) in &template.properties {
            properties.insert(name.to_string(), self.property(property)?);
        }
        Ok(Endpoint {
            url: self.text(&template.url, "a URL")?.into(),
            headers,
            auth_schemes: EndpointAuthScheme::all_from(&properties)?,
            backend: properties
                .get("backend")
                .and_then(|backend| backend.as_str())
                .map(String::from),
            properties,
        })
    }

    fn property(&self, property: &'a Property) -> Result<serde_json::Value, String> {
        Ok(match property {
            Property::Constant(value) => value.clone(),
            Property::List(elements) => {
                let elements: Result<_, _> = elements.iter().map(|e| self.property(e)).collect();
                serde_json::Value::Array(elements?)
            }
            Property::Map(members) => {
                let mut map = serde_json::Map::new();
                for (name, member) in members {
                    map.insert(name.to_string(), self.property(member)?);
                }
                serde_json::Value::Object(map)
            }
            Property::Template(parts) => self.template(parts)?.into(),
        })
    }

    /// Evaluates an expression that must be a string; `role` is its purpose.
    fn text(&self, expression: &'a Expression, role: &str) -> Result<Cow<'a, str>, String> {
        match self.value(expression)? {
            Some(Value::Text(text)) => Ok(text),
            other => Err(format!(
                "{role} must be a string, not {}",
                kind(other.as_ref())
            )),
        }
    }

    fn error(&self, what: String) -> EndpointError {
        EndpointError::Malformed {
            at: self.place(),
            what,
        }
    }

    /// Returns the path of the current rule: `rules[0].rules[2]`.
    fn place(&self) -> String {
        let steps: Vec<_> = (self.path.iter())
            .map(|(list, n)| format!("{list}[{n}]"))
            .collect();
        steps.join(".")
    }

    fn note(&mut self, text: impl FnOnce() -> String) {
        let place = match self.trace {
            Some(_) => self.place(),
            None => return,
        };
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{place}: {}", text()));
        }
    }
}

/// The arguments of a call, by type. Their number was checked when the rule set was parsed.
struct Arguments<'e, 'a, 't> {
    of: &'e Evaluation<'a, 't>,
    call: &'a Call,
}

impl<'a> Arguments<'_, 'a, '_> {
    fn value(&self, n: usize) -> Evaluated<'a> {
        self.of.value(&self.call.arguments[n])
    }

    fn boolean(&self, n: usize) -> Result<bool, String> {
        match self.value(n)? {
            Some(Value::Boolean(value)) => Ok(value),
            other => Err(self.mistyped(n, "a boolean", other.as_ref())),
        }
    }

    fn integer(&self, n: usize) -> Result<i64, String> {
        match self.value(n)? {
            Some(Value::Integer(value)) => Ok(value),
            other => Err(self.mistyped(n, "an integer", other.as_ref())),
        }
    }

    fn text(&self, n: usize) -> Result<Cow<'a, str>, String> {
        match self.optional_text(n)? {
            Some(text) => Ok(text),
            None => Err(self.mistyped(n, "a string", None)),
        }
    }

    fn optional_text(&self, n: usize) -> Result<Option<Cow<'a, str>>, String> {
        match self.value(n)? {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            other => Err(self.mistyped(n, "a string", other.as_ref())),
        }
    }

    fn mistyped(&self, n: usize, expected: &str, found: Option<&Value<'_>>) -> String {
        let function = self.call.function.name();
        let (position, kind) = (n + 1, kind(found));
        format!("argument {position} of `{function}` must be {expected}, not {kind}")
    }
}

fn kind(value: Option<&Value<'_>>) -> &'static str {
    value.map_or("null", |value| value.kind())
}
