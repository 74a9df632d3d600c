//! Expressions and properties.

use super::CallDraft;
use super::json::{Context, ObjectVisitor, PairsDraft, Read, seed};
use crate::endpoint::expression::{self, Expression};
use crate::endpoint::rule::Property;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;

impl<'de> Read<'de> for Expression {
    fn read<D: Deserializer<'de>>(json: D, cx: &mut Context) -> Result<Self, D::Error> {
        json.deserialize_any(ExpressionVisitor(cx))
    }
}

struct ExpressionVisitor<'s>(&'s mut Context);

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
        expression::text(text, &mut self.0.symbols).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Expression, A::Error> {
        let draft = ObjectVisitor(seed::<CallDraft>(self.0)).visit_map(map)?;
        match (draft.reference, draft.function) {
            _ if draft.assign.is_some() => Err(Error::custom("only a condition can `assign`")),
            (Some(name), None) => Ok(Expression::Reference(self.0.symbols.reference(&name))),
            (None, Some(name)) => expression::call(&name, draft.arguments).map_err(Error::custom),
            _ => Err(Error::custom("an expression has neither `ref` nor `fn`")),
        }
    }
}

impl<'de> Read<'de> for Property {
    fn read<D: Deserializer<'de>>(json: D, cx: &mut Context) -> Result<Self, D::Error> {
        json.deserialize_any(PropertyVisitor(cx))
    }
}

struct PropertyVisitor<'s>(&'s mut Context);

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
        match expression::text(text, &mut self.0.symbols).map_err(E::custom)? {
            Expression::Template(parts) => Ok(Property::Template(parts)),
            Expression::Text(text) => Ok(Property::Constant(String::from(text).into())),
            _ => Err(E::custom("a string is neither a template nor a literal")),
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
