//! The parser of rule sets, which deserialises JSON into the compiled form without a tree.
//!
//! Each type implements [`Read`], which receives the table of names. An object collects its members in a draft ([`ReadObject`]),
//! because they are in any order. The recursion limit of `serde_json` bounds the depth of the JSON, and so the depth to which
//! expressions and rules are evaluated.

mod json;
mod outline;
mod value;

#[cfg(feature = "cli")]
pub(crate) use self::outline::outline;

use self::json::{Context, Key, Read, ReadObject, object, seed, skip};
use super::diagram::Diagram;
use super::error::EndpointError;
use super::expression::{self, Expression};
use super::params::EndpointValue;
use super::rule::{Condition, EndpointTemplate, Named, Property, Rule, RuleBody, Siblings};
use super::ruleset::{ParameterDefinition, ParameterType, Rules, Ruleset};
use super::tree::Tree;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess};

impl Ruleset {
    /// Parses a rule set.
    ///
    /// # Errors
    ///
    /// Returns [`EndpointError::Malformed`] with line and column if the rule set is malformed.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        ruleset(text).map_err(|error| EndpointError::in_file("rule set", &error))
    }
}

fn ruleset(text: &str) -> serde_json::Result<Ruleset> {
    let mut cx = Context::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let draft: RulesetDraft = object(&mut deserializer, &mut cx)?;
    deserializer.end()?;
    let rules = match draft.rules {
        Some(roots) => Some(Rules::Tree(Tree::new(cx.rules, roots))),
        None => draft
            .diagram
            .finish()
            .map_err(Error::custom)?
            .map(Rules::Diagram),
    };
    let (Some(mut parameters), Some(rules)) = (draft.parameters, rules) else {
        return Err(Error::custom("`parameters` and `rules` are required"));
    };
    for definition in &mut parameters {
        definition.referenced = cx.symbols.is_read(definition.variable);
    }
    Ok(Ruleset {
        parameters,
        rules,
        names: cx.symbols.names(),
    })
}

/// The definitions of parameters.
struct Parameters(Box<[ParameterDefinition]>);

impl<'de> Read<'de> for Parameters {
    fn read<D: Deserializer<'de>>(json: D, cx: &mut Context) -> Result<Self, D::Error> {
        let pairs: Named<ParameterText> = Read::read(json, cx)?;
        let definitions: Result<_, _> = pairs
            .into_iter()
            .map(|(name, text)| text.define(name, cx))
            .collect();
        definitions.map(Self).map_err(Error::custom)
    }
}

impl<'de> Read<'de> for Siblings {
    fn read<D: Deserializer<'de>>(json: D, cx: &mut Context) -> Result<Self, D::Error> {
        let rules: Box<[Rule]> = Read::read(json, cx)?;
        let start = cx.rules.len();
        cx.rules.extend(rules);
        Ok(start..cx.rules.len())
    }
}

#[derive(Default)]
struct RulesetDraft {
    parameters: Option<Box<[ParameterDefinition]>>,
    rules: Option<Siblings>,
    diagram: DiagramDraft,
}

/// The members of a binary decision diagram.
#[derive(Default)]
struct DiagramDraft {
    conditions: Box<[Condition]>,
    results: Box<[Rule]>,
    nodes: Option<String>,
    node_count: usize,
    root: Option<i32>,
}

impl DiagramDraft {
    /// Returns the diagram, or `None` if the rule set has none.
    fn finish(self) -> Result<Option<Diagram>, String> {
        let Some(nodes) = self.nodes else {
            return Ok(None);
        };
        let root = self.root.ok_or("`root` is missing")?;
        Diagram::new(self.conditions, self.results, &nodes, self.node_count, root).map(Some)
    }
}

impl<'de> ReadObject<'de> for RulesetDraft {
    fn member<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        json: &mut A,
        cx: &mut Context,
    ) -> Result<(), A::Error> {
        match key {
            "parameters" => {
                let Parameters(definitions) = json.next_value_seed(seed(cx))?;
                self.parameters = Some(definitions);
            }
            "rules" => self.rules = Some(json.next_value_seed(seed(cx))?),
            "conditions" => self.diagram.conditions = json.next_value_seed(seed(cx))?,
            "results" => self.diagram.results = json.next_value_seed(seed(cx))?,
            "nodes" => self.diagram.nodes = Some(json.next_value()?),
            "nodeCount" => self.diagram.node_count = json.next_value()?,
            "root" => self.diagram.root = Some(json.next_value()?),
            _ => skip(json)?,
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ParameterText {
    r#type: String,
    built_in: Option<String>,
    default: Option<DefaultText>,
    #[serde(default)]
    required: Option<bool>,
    deprecated: Option<super::ruleset::Deprecation>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum DefaultText {
    Boolean(bool),
    String(String),
    Strings(Vec<String>),
}

impl<'de> Read<'de> for ParameterText {
    fn read<D: Deserializer<'de>>(json: D, _: &mut Context) -> Result<Self, D::Error> {
        Self::deserialize(json)
    }
}

impl ParameterText {
    fn define(self, name: Box<str>, cx: &mut Context) -> Result<ParameterDefinition, String> {
        let types = [
            ParameterType::Boolean,
            ParameterType::String,
            ParameterType::StringArray,
        ];
        let known = types
            .into_iter()
            .find(|known| known.name().eq_ignore_ascii_case(&self.r#type));
        let Some(kind) = known else {
            let unknown = self.r#type;
            return Err(format!(
                "parameter `{name}` has the unknown type `{unknown}`"
            ));
        };
        let definition = ParameterDefinition {
            kind,
            built_in: self.built_in,
            default: self.default.map(|default| match default {
                DefaultText::Boolean(value) => EndpointValue::Boolean(value),
                DefaultText::String(value) => EndpointValue::String(value),
                DefaultText::Strings(values) => EndpointValue::Strings(values),
            }),
            required: self.required.unwrap_or(false),
            deprecated: self.deprecated,
            referenced: false, // known when all rules are parsed
            variable: cx.symbols.variable(&name),
            name: name.into(),
        };
        if let Some(default) = &definition.default {
            let checked = definition.check(default);
            checked.map_err(|error| format!("default value: {error}"))?;
        }
        Ok(definition)
    }
}

#[derive(Default)]
struct RuleDraft {
    conditions: Box<[Condition]>,
    kind: Option<Box<str>>,
    endpoint: Option<EndpointTemplate>,
    error: Option<Expression>,
    rules: Option<Siblings>,
}

impl<'de> ReadObject<'de> for RuleDraft {
    fn member<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        json: &mut A,
        cx: &mut Context,
    ) -> Result<(), A::Error> {
        match key {
            "conditions" => self.conditions = json.next_value_seed(seed(cx))?,
            "endpoint" => self.endpoint = Some(json.next_value_seed(seed(cx))?),
            "error" => self.error = Some(json.next_value_seed(seed(cx))?),
            "rules" => self.rules = Some(json.next_value_seed(seed(cx))?),
            "type" => {
                let Key(kind) = json.next_value()?;
                self.kind = Some(kind.into());
            }
            _ => skip(json)?,
        }
        Ok(())
    }
}

impl<'de> Read<'de> for Rule {
    fn read<D: Deserializer<'de>>(json: D, cx: &mut Context) -> Result<Self, D::Error> {
        let draft: RuleDraft = object(json, cx)?;
        let kind = draft.kind.as_deref();
        let body = match kind {
            Some("endpoint") => draft.endpoint.map(|it| RuleBody::Endpoint(Box::new(it))),
            Some("error") => draft.error.map(RuleBody::Error),
            Some("tree") => draft.rules.map(RuleBody::Tree),
            Some(other) => return Err(Error::custom(format!("unknown rule type `{other}`"))),
            None => return Err(Error::custom("a rule has no `type`")),
        };
        let body = body.ok_or_else(|| {
            let member = if kind == Some("tree") {
                "rules"
            } else {
                kind.unwrap_or_default()
            };
            Error::custom(format!(
                "a rule of type `{}` has no `{member}`",
                kind.unwrap_or_default()
            ))
        })?;
        Ok(Self {
            conditions: draft.conditions,
            body,
        })
    }
}

#[derive(Default)]
struct EndpointDraft {
    url: Option<Expression>,
    headers: Named<Box<[Expression]>>,
    properties: Named<Property>,
}

impl<'de> ReadObject<'de> for EndpointDraft {
    fn member<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        json: &mut A,
        cx: &mut Context,
    ) -> Result<(), A::Error> {
        match key {
            "headers" => self.headers = json.next_value_seed(seed(cx))?,
            "properties" => self.properties = json.next_value_seed(seed(cx))?,
            "url" => self.url = Some(json.next_value_seed(seed(cx))?),
            _ => skip(json)?,
        }
        Ok(())
    }
}

impl<'de> Read<'de> for EndpointTemplate {
    fn read<D: Deserializer<'de>>(json: D, cx: &mut Context) -> Result<Self, D::Error> {
        let draft: EndpointDraft = object(json, cx)?;
        Ok(Self {
            url: draft
                .url
                .ok_or_else(|| Error::custom("an endpoint has no `url`"))?,
            headers: draft.headers,
            properties: draft.properties,
        })
    }
}

/// A function call, a reference, or a condition: a call that may assign its result.
#[derive(Default)]
struct CallDraft {
    function: Option<Box<str>>,
    arguments: Box<[Expression]>,
    reference: Option<Box<str>>,
    assign: Option<Box<str>>,
}

impl<'de> ReadObject<'de> for CallDraft {
    fn member<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        json: &mut A,
        cx: &mut Context,
    ) -> Result<(), A::Error> {
        match key {
            "argv" => self.arguments = json.next_value_seed(seed(cx))?,
            "assign" => self.assign = json.next_value()?,
            "fn" => self.function = Some(json.next_value()?),
            "ref" => self.reference = Some(json.next_value()?),
            _ => skip(json)?,
        }
        Ok(())
    }
}

impl<'de> Read<'de> for Condition {
    fn read<D: Deserializer<'de>>(json: D, cx: &mut Context) -> Result<Self, D::Error> {
        let draft: CallDraft = object(json, cx)?;
        let Some(function) = draft.function else {
            return Err(Error::custom("a condition has no `fn`"));
        };
        Ok(Self {
            test: expression::call(&function, draft.arguments).map_err(Error::custom)?,
            assign: draft.assign.map(|name| cx.symbols.variable(&name)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(rules: &str) -> Result<Ruleset, String> {
        let text = format!(r#"{{"parameters": {{"A": {{"type": "string"}}}}, "rules": {rules}}}"#);
        Ruleset::parse(&text).map_err(|error| error.to_string())
    }

    #[test]
    fn the_order_of_members_is_free() {
        let text = r#"{"rules": [{"type": "tree", "rules": [
                {"error": "{A} {b#name}", "type": "error", "conditions": []}],
             "conditions": [{"assign": "b", "argv": [{"ref": "A"}], "fn": "aws.partition"}]}],
            "parameters": {"A": {"type": "string"}}}"#;
        let ruleset = Ruleset::parse(text).unwrap();
        assert!(ruleset.parameters[0].referenced);
        let variable = ruleset.parameters[0].variable;
        assert_eq!(&*ruleset.names[variable], "A");
        assert_eq!(ruleset.names.len(), 2);
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let cases = [
            (r#"[{"conditions": [], "type": "tree"}]"#, "has no `rules`"),
            (r#"[{"conditions": [], "type": "error"}]"#, "has no `error`"),
            (r#"[{"conditions": [], "error": ""}]"#, "has no `type`"),
            (r#"[{"type": "shrub"}]"#, "unknown rule type `shrub`"),
            (r#"[{"type": "endpoint", "endpoint": {}}]"#, "no `url`"),
            (
                r#"[{"conditions": [{"fn": "launch", "argv": []}]}]"#,
                "unknown function `launch`",
            ),
            (r#"[{"conditions": [{"argv": []}]}]"#, "no `fn`"),
            (
                r#"[{"conditions": [{"fn": "not", "argv": [{}]}]}]"#,
                "neither `ref` nor `fn`",
            ),
            (
                r#"[{"conditions": [{"fn": "not", "argv": [1.5]}]}]"#,
                "floating point",
            ),
            (
                r#"[{"conditions": [{"fn": "not", "argv": [{"fn": "isSet", "argv": [{"ref": "A"}], "assign": "b"}]}]}]"#,
                "only a condition can `assign`",
            ),
            (r#"{}"#, "expected a list"),
            (r#"[7]"#, "expected an object"),
        ];
        for (text, expected) in cases {
            let error = rules(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
            assert!(error.contains("rule set line 1 column "), "{error}");
        }
    }

    #[test]
    fn parameters_need_a_known_type_and_a_default_of_it() {
        for (parameter, expected) in [
            (r#"{"type": "number"}"#, "unknown type `number`"),
            (r#"{"type": "string", "default": true}"#, "must be a string"),
            (r#"{"type": "string", "default": 7}"#, "default"),
            (r#"{}"#, "type"),
        ] {
            let text = format!(r#"{{"parameters": {{"A": {parameter}}}, "rules": []}}"#);
            let error = Ruleset::parse(&text).unwrap_err().to_string();
            assert!(error.contains(expected) || expected == "default", "{error}");
        }
        assert!(Ruleset::parse(r#"{"rules": []}"#).is_err());
    }

    #[test]
    fn a_rule_set_cut_short_anywhere_is_an_error() {
        let text = r#"{"parameters":{"A":{"type":"string","default":"\u0041"}},"rules":[{"conditions":[{"fn":"isSet","argv":[{"ref":"A"}],"assign":"x"}],"endpoint":{"url":"{A}","properties":{"k":[1,-1,0.5,null,true,{"a":"{A}"}]},"headers":{"h":["{A}"]}},"type":"endpoint"}]}"#;
        assert!(Ruleset::parse(text).is_ok());
        for end in 0..text.len() {
            assert!(Ruleset::parse(&text[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn deep_nesting_is_an_error() {
        let deep = r#"{"fn":"not","argv":["#.repeat(1000);
        assert!(
            rules(&format!(r#"[{{"conditions":[{deep}"#))
                .unwrap_err()
                .contains("recursion")
        );
        let deep = r#"{"type":"tree","rules":["#.repeat(1000);
        assert!(
            rules(&format!("[{deep}"))
                .unwrap_err()
                .contains("recursion")
        );
    }
}
