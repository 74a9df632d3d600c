//! The values of rules. An absent value is `None`.

use super::expression::{Field, Step};
use super::params::EndpointValue;
use super::partition::Partition;
use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

/// A value. Strings are borrowed from the parameters or the rule set if possible.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    Arn(Rc<Arn<'a>>),
    Boolean(bool),
    Integer(i64),
    List(Rc<[Cow<'a, str>]>),
    Partition(&'a Partition),
    Text(Cow<'a, str>),
    Url(Rc<ParsedUrl<'a>>),
}

/// The result of `aws.parseArn`.
#[derive(Debug)]
pub(super) struct Arn<'a> {
    pub(super) partition: Cow<'a, str>,
    pub(super) service: Cow<'a, str>,
    pub(super) region: Cow<'a, str>,
    pub(super) account_id: Cow<'a, str>,
    pub(super) resource_id: Rc<[Cow<'a, str>]>,
}

/// The result of `parseURL`.
#[derive(Debug)]
pub(super) struct ParsedUrl<'a> {
    pub(super) scheme: &'static str,
    pub(super) authority: Cow<'a, str>,
    pub(super) path: Cow<'a, str>,
    pub(super) normalized_path: String,
    pub(super) is_ip: bool,
}

impl<'a> Value<'a> {
    /// Converts the value of a parameter.
    pub(super) fn of(value: &'a EndpointValue) -> Self {
        match value {
            EndpointValue::Boolean(value) => Value::Boolean(*value),
            EndpointValue::String(value) => Value::Text(Cow::Borrowed(value)),
            EndpointValue::Strings(values) => {
                Value::List(values.iter().map(|text| Cow::Borrowed(&**text)).collect())
            }
        }
    }

    /// Returns the type of the value, for errors.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::Arn(_) => "an ARN",
            Value::Boolean(_) => "a boolean",
            Value::Integer(_) => "an integer",
            Value::List(_) => "a list",
            Value::Partition(_) => "a partition",
            Value::Text(_) => "a string",
            Value::Url(_) => "a URL",
        }
    }

    /// Whether `not` considers the value true: it is neither `false`, zero nor empty.
    pub(super) fn is_truthy(&self) -> bool {
        match self {
            Value::Arn(_) | Value::Partition(_) | Value::Url(_) => true,
            Value::Boolean(value) => *value,
            Value::Integer(value) => *value != 0,
            Value::List(list) => !list.is_empty(),
            Value::Text(text) => !text.is_empty(),
        }
    }

    /// Returns an attribute or an element of the value, if it exists.
    pub(super) fn step(&self, step: Step) -> Option<Self> {
        match (self, step) {
            (Value::Arn(arn), Step::Field(field)) => arn.field(field),
            (Value::List(list), Step::Index(index)) => {
                let at = match usize::try_from(index) {
                    Ok(at) => at,
                    Err(_) => list.len().checked_sub(index.unsigned_abs() as usize)?,
                };
                list.get(at).map(|text| Value::Text(text.clone()))
            }
            (Value::Partition(partition), Step::Field(field)) => partition_field(partition, field),
            (Value::Url(url), Step::Field(field)) => url.field(field),
            _ => None,
        }
    }
}

impl<'a> Arn<'a> {
    fn field(&self, field: Field) -> Option<Value<'a>> {
        let text = match field {
            Field::AccountId => &self.account_id,
            Field::Partition => &self.partition,
            Field::Region => &self.region,
            Field::Service => &self.service,
            Field::ResourceId => return Some(Value::List(Rc::clone(&self.resource_id))),
            _ => return None,
        };
        Some(Value::Text(text.clone()))
    }
}

impl<'a> ParsedUrl<'a> {
    fn field(&self, field: Field) -> Option<Value<'a>> {
        Some(match field {
            Field::Authority => Value::Text(self.authority.clone()),
            Field::IsIp => Value::Boolean(self.is_ip),
            Field::NormalizedPath => Value::Text(Cow::Owned(self.normalized_path.clone())),
            Field::Path => Value::Text(self.path.clone()),
            Field::Scheme => Value::Text(Cow::Borrowed(self.scheme)),
            _ => return None,
        })
    }
}

fn partition_field(partition: &Partition, field: Field) -> Option<Value<'_>> {
    let text = match field {
        Field::DnsSuffix => &partition.dns_suffix,
        Field::DualStackDnsSuffix => &partition.dual_stack_dns_suffix,
        Field::ImplicitGlobalRegion => partition.implicit_global_region.as_ref()?,
        Field::Name => &partition.id,
        Field::SupportsDualStack => return Some(Value::Boolean(partition.supports_dual_stack)),
        Field::SupportsFips => return Some(Value::Boolean(partition.supports_fips)),
        _ => return None,
    };
    Some(Value::Text(Cow::Borrowed(text)))
}

/// For traces.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Arn(arn) => write!(f, "ARN of {} {}", arn.service, arn.resource_id.join("/")),
            Value::Boolean(value) => write!(f, "{value}"),
            Value::Integer(value) => write!(f, "{value}"),
            Value::List(list) => write!(f, "{list:?}"),
            Value::Partition(partition) => write!(f, "partition {}", partition.id),
            Value::Text(text) => write!(f, "{text:?}"),
            Value::Url(url) => write!(f, "URL {}://{}{}", url.scheme, url.authority, url.path),
        }
    }
}
