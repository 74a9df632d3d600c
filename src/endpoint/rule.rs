//! Compiled rules: conditions, and what follows if they hold.

use std::ops::Range;

use super::expression::{Expression, Part, Variable};

/// The members of a JSON object, in order.
pub(super) type Named<T> = Box<[(Box<str>, T)]>;

#[derive(Debug)]
pub(super) struct Rule {
    pub(super) conditions: Box<[Condition]>,
    pub(super) body: RuleBody,
}

#[derive(Debug)]
pub(super) struct Condition {
    pub(super) test: Expression,
    pub(super) assign: Option<Variable>,
}

#[derive(Debug)]
pub(super) enum RuleBody {
    Endpoint(Box<EndpointTemplate>),
    Error(Expression),
    Tree(Siblings),
}

/// Rules that are evaluated one after the other: their indices among the rules of the rule set.
pub(super) type Siblings = Range<usize>;

#[derive(Debug)]
pub(super) struct EndpointTemplate {
    pub(super) url: Expression,
    pub(super) headers: Named<Box<[Expression]>>,
    pub(super) properties: Named<Property>,
}

/// A value among the properties of an endpoint: JSON, with templates for strings.
#[derive(Debug)]
pub(super) enum Property {
    Constant(serde_json::Value),
    List(Box<[Self]>),
    Map(Named<Self>),
    Template(Box<[Part]>),
}
