//! Reads the JSON of a rule set straight into its compiled form, with no tree in between.
//!
//! Each piece implements [`Read`], which gets the table of names; objects collect their members in a draft
//! ([`ReadObject`]), since the order of members is free. Nesting is bounded by `serde_json`'s limit, and with it the
//! depth of expressions and rules when they are evaluated.

use super::error::EndpointError;
use super::expression::{self, Expression, Symbols};
use super::params::EndpointValue;
use super::ruleset::{
    Condition, EndpointTemplate, Named, ParameterDefinition, ParameterType, Property, Rule,
    RuleBody, Ruleset,
};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

impl Ruleset {
    /// Reads a rule set.
    ///
    /// # Errors
    /// [`EndpointError::Malformed`], which names the line and column.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        ruleset(text).map_err(|error| EndpointError::in_file("rule set", &error))
    }
}

/// Reads a whole rule set.
fn ruleset(text: &str) -> serde_json::Result<Ruleset> {
    let mut symbols = Symbols::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let draft: RulesetDraft = object(&mut deserializer, &mut symbols)?;
    deserializer.end()?;
    let (Some(mut parameters), Some(rules)) = (draft.parameters, draft.rules) else {
        return Err(Error::custom("`parameters` and `rules` are needed"));
    };
    for definition in &mut parameters {
        definition.referenced = symbols.is_read(definition.slot);
    }
    Ok(Ruleset {
        parameters,
        rules,
        names: symbols.into_names(),
    })
}

/// Something that is read with the table of names at hand.
trait Read<'de>: Sized {
    fn read<D: Deserializer<'de>>(json: D, symbols: &mut Symbols) -> Result<Self, D::Error>;
}

/// [`Read`] as serde wants it for the elements of lists and objects.
struct Seed<'s, T>(&'s mut Symbols, PhantomData<T>);

fn seed<T>(symbols: &mut Symbols) -> Seed<'_, T> {
    Seed(symbols, PhantomData)
}

impl<'de, T: Read<'de>> DeserializeSeed<'de> for Seed<'_, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<T, D::Error> {
        T::read(json, self.0)
    }
}

/// Members of an object as they come; unknown ones must be skipped.
trait ReadObject<'de>: Default {
    fn member<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        json: &mut A,
        symbols: &mut Symbols,
    ) -> Result<(), A::Error>;
}

fn object<'de, T: ReadObject<'de>, D: Deserializer<'de>>(
    json: D,
    symbols: &mut Symbols,
) -> Result<T, D::Error> {
    json.deserialize_map(ObjectVisitor(seed(symbols)))
}

struct ObjectVisitor<'s, T>(Seed<'s, T>);

impl<'de, T: ReadObject<'de>> Visitor<'de> for ObjectVisitor<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut draft = T::default();
        while let Some(Key(key)) = map.next_key()? {
            draft.member(&key, &mut map, self.0.0)?;
        }
        Ok(draft)
    }
}

/// A member's name, borrowed where the text has no escapes.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        json.deserialize_str(KeyVisitor)
    }
}

fn skip<'de, A: MapAccess<'de>>(json: &mut A) -> Result<(), A::Error> {
    json.next_value::<IgnoredAny>().map(drop)
}

impl<'de, T: Read<'de>> Read<'de> for Box<[T]> {
    fn read<D: Deserializer<'de>>(json: D, symbols: &mut Symbols) -> Result<Self, D::Error> {
        struct ListVisitor<'s, T>(Seed<'s, T>);
        impl<'de, T: Read<'de>> Visitor<'de> for ListVisitor<'_, T> {
            type Value = Box<[T]>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Box<[T]>, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = list.next_element_seed(seed(self.0.0))? {
                    elements.push(element);
                }
                Ok(elements.into())
            }
        }
        json.deserialize_seq(ListVisitor(seed(symbols)))
    }
}

impl<'de, T: Read<'de>> Read<'de> for Named<T> {
    fn read<D: Deserializer<'de>>(json: D, symbols: &mut Symbols) -> Result<Self, D::Error> {
        let pairs: PairsDraft<T> = object(json, symbols)?;
        Ok(pairs.0.into())
    }
}

struct PairsDraft<T>(Vec<(Box<str>, T)>);

impl<T> Default for PairsDraft<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Read<'de>> ReadObject<'de> for PairsDraft<T> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        json: &mut A,
        symbols: &mut Symbols,
    ) -> Result<(), A::Error> {
        let value = json.next_value_seed(seed(symbols))?;
        self.0.push((key.into(), value));
        Ok(())
    }
}

#[derive(Default)]
struct RulesetDraft {
    parameters: Option<Box<[ParameterDefinition]>>,
    rules: Option<Box<[Rule]>>,
}

impl<'de> ReadObject<'de> for RulesetDraft {
    fn member<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        json: &mut A,
        symbols: &mut Symbols,
    ) -> Result<(), A::Error> {
        match key {
            "parameters" => {
                let pairs: Named<ParameterText> = json.next_value_seed(seed(symbols))?;
                let definitions: Result<_, _> = pairs
                    .into_iter()
                    .map(|(name, text)| text.define(name, symbols))
                    .collect();
                self.parameters = Some(definitions.map_err(Error::custom)?);
            }
            "rules" => self.rules = Some(json.next_value_seed(seed(symbols))?),
            _ => skip(json)?,
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ParameterText {
    r#type: Box<str>,
    built_in: Option<Box<str>>,
    default: Option<DefaultText>,
    #[serde(default)]
    required: Option<bool>,
    deprecated: Option<super::ruleset::Deprecation>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum DefaultText {
    Boolean(bool),
    String(Box<str>),
    Strings(Box<[Box<str>]>),
}

impl<'de> Read<'de> for ParameterText {
    fn read<D: Deserializer<'de>>(json: D, _: &mut Symbols) -> Result<Self, D::Error> {
        Self::deserialize(json)
    }
}

impl ParameterText {
    fn define(self, name: Box<str>, symbols: &mut Symbols) -> Result<ParameterDefinition, String> {
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
            referenced: false, // known when all rules are read
            slot: symbols.slot(&name),
            name,
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
    rules: Option<Box<[Rule]>>,
}

impl<'de> ReadObject<'de> for RuleDraft {
    fn member<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        json: &mut A,
        symbols: &mut Symbols,
    ) -> Result<(), A::Error> {
        match key {
            "conditions" => self.conditions = json.next_value_seed(seed(symbols))?,
            "endpoint" => self.endpoint = Some(json.next_value_seed(seed(symbols))?),
            "error" => self.error = Some(json.next_value_seed(seed(symbols))?),
            "rules" => self.rules = Some(json.next_value_seed(seed(symbols))?),
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
    fn read<D: Deserializer<'de>>(json: D, symbols: &mut Symbols) -> Result<Self, D::Error> {
        let draft: RuleDraft = object(json, symbols)?;
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
        symbols: &mut Symbols,
    ) -> Result<(), A::Error> {
        match key {
            "headers" => self.headers = json.next_value_seed(seed(symbols))?,
            "properties" => self.properties = json.next_value_seed(seed(symbols))?,
            "url" => self.url = Some(json.next_value_seed(seed(symbols))?),
            _ => skip(json)?,
        }
        Ok(())
    }
}

impl<'de> Read<'de> for EndpointTemplate {
    fn read<D: Deserializer<'de>>(json: D, symbols: &mut Symbols) -> Result<Self, D::Error> {
        let draft: EndpointDraft = object(json, symbols)?;
        Ok(Self {
            url: draft
                .url
                .ok_or_else(|| Error::custom("an endpoint has no `url`"))?,
            headers: draft.headers,
            properties: draft.properties,
        })
    }
}

/// A function call, a reference, or a condition, which is a call that may assign its result.
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
        symbols: &mut Symbols,
    ) -> Result<(), A::Error> {
        match key {
            "argv" => self.arguments = json.next_value_seed(seed(symbols))?,
            "assign" => self.assign = json.next_value()?,
            "fn" => self.function = Some(json.next_value()?),
            "ref" => self.reference = Some(json.next_value()?),
            _ => skip(json)?,
        }
        Ok(())
    }
}

impl<'de> Read<'de> for Condition {
    fn read<D: Deserializer<'de>>(json: D, symbols: &mut Symbols) -> Result<Self, D::Error> {
        let draft: CallDraft = object(json, symbols)?;
        let Some(function) = draft.function else {
            return Err(Error::custom("a condition has no `fn`"));
        };
        Ok(Self {
            test: expression::call(&function, draft.arguments).map_err(Error::custom)?,
            assign: draft.assign.map(|name| symbols.slot(&name)),
        })
    }
}

impl<'de> Read<'de> for Expression {
    fn read<D: Deserializer<'de>>(json: D, symbols: &mut Symbols) -> Result<Self, D::Error> {
        json.deserialize_any(ExpressionVisitor(symbols))
    }
}

struct ExpressionVisitor<'s>(&'s mut Symbols);

impl<'de> Visitor<'de> for ExpressionVisitor<'_> {
    type Value = Expression;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a boolean, an integer, a reference or a function")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Expression, E> {
        Ok(Expression::Boolean(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Expression, E> {
        Ok(Expression::Integer(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Expression, E> {
        let value = i64::try_from(value).map_err(|_| E::custom("an integer is too large"))?;
        Ok(Expression::Integer(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Expression, E> {
        expression::text(text, self.0).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Expression, A::Error> {
        let draft = ObjectVisitor(seed::<CallDraft>(self.0)).visit_map(map)?;
        match (draft.reference, draft.function) {
            _ if draft.assign.is_some() => Err(Error::custom("only a condition can `assign`")),
            (Some(name), None) => Ok(Expression::Reference(self.0.reference(&name))),
            (None, Some(name)) => expression::call(&name, draft.arguments).map_err(Error::custom),
            _ => Err(Error::custom("an expression has neither `ref` nor `fn`")),
        }
    }
}

impl<'de> Read<'de> for Property {
    fn read<D: Deserializer<'de>>(json: D, symbols: &mut Symbols) -> Result<Self, D::Error> {
        json.deserialize_any(PropertyVisitor(symbols))
    }
}

struct PropertyVisitor<'s>(&'s mut Symbols);

impl<'de> Visitor<'de> for PropertyVisitor<'_> {
    type Value = Property;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Property, E> {
        Ok(Property::Constant(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Property, E> {
        Ok(Property::Constant(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Property, E> {
        Ok(Property::Constant(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Property, E> {
        Ok(Property::Constant(value.into()))
    }

    fn visit_unit<E: Error>(self) -> Result<Property, E> {
        Ok(Property::Constant(serde_json::Value::Null))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Property, E> {
        match expression::text(text, self.0).map_err(E::custom)? {
            Expression::Template(parts) => Ok(Property::Template(parts)),
            Expression::Text(text) => Ok(Property::Constant(String::from(text).into())),
            _ => Err(E::custom("a text is neither template nor literal")),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Property, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element_seed(seed(self.0))? {
            elements.push(element);
        }
        Ok(Property::List(elements.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Property, A::Error> {
        let members: PairsDraft<Property> = ObjectVisitor(seed(self.0)).visit_map(map)?;
        Ok(Property::Map(members.0.into()))
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
        let slot = ruleset.parameters[0].slot;
        assert_eq!(&*ruleset.names[slot], "A");
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
