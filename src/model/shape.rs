//! Shapes and their members.

use std::sync::atomic::{AtomicU16, Ordering::Relaxed};

use once_cell::sync::OnceCell;

use super::quoted::QuotedNames;
use super::{ServiceModel, ShapeId};
use crate::error::{Error, Result};
use crate::time::TimestampFormat;

/// A shape: a type of the model.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let model = client.model("s3")?;
/// let id = model.shape_id("StorageClass").expect("S3 has this shape");
/// let shape = model.shape(id)?;
/// assert_eq!((shape.kind.name(), &*shape.values[0]), ("string", "STANDARD"));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Shape {
    /// The kind of type, with its members.
    pub kind: Kind,
    /// The error traits, if the shape is an error.
    pub error: Option<ErrorTraits>,
    /// Whether a list or a map may have null in place of items or values.
    pub sparse: bool,
    /// Whether values of the shape are secrets.
    pub sensitive: bool,
    /// Whether a blob is streamed.
    pub streaming: bool,
    /// Whether the length of a streamed blob must be known before it is sent.
    pub requires_length: bool,
    /// Whether a union is a stream of events.
    pub event_stream: bool,
    /// The minimum value, or the minimum length of a string, blob, list or map.
    pub min: Option<f64>,
    /// The maximum value or length.
    pub max: Option<f64>,
    /// The values of an enumeration.
    pub values: Vec<String>,
    /// The name of the XML element for a value of this shape.
    pub wire_name: Option<String>,
    /// The namespace of that XML element.
    pub xml_namespace: Option<XmlNamespace>,
}

/// The type of a shape.
///
/// ```
/// use tucuxi::model::Kind;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let model = client.model("dynamodb")?;
/// let id = model.shape_id("AttributeMap").expect("DynamoDB has this shape");
/// match &model.shape(id)?.kind {
///     Kind::Map { value, .. } => assert_eq!(model.shape_name(value.target), "AttributeValue"),
///     other => println!("{}", other.name()),
/// }
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Kind {
    /// A decimal number of any size: a JSON number if that has exactly the same value, else text with its digits.
    BigDecimal,
    /// An integer of any size: a JSON number if it has 64 bits, else text with its digits.
    BigInteger,
    /// Bytes; base64 in JSON values.
    Blob,
    /// True or false.
    Boolean,
    /// Any JSON value.
    Document,
    /// A 64-bit float.
    Double,
    /// A 32-bit float.
    Float,
    /// A 32-bit integer.
    Integer,
    /// A list of the member's type.
    List(Member),
    /// A 64-bit integer.
    Long,
    /// A map from strings to values.
    Map {
        /// The type of the keys.
        key: Member,
        /// The type of the values.
        value: Member,
    },
    /// Text.
    String,
    /// Named members.
    Structure(Members),
    /// An instant.
    Timestamp,
    /// Named members, exactly one of which a value has.
    Union(Members),
}

/// The members of a structure or a union.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let model = client.model("s3")?;
/// let input = model.operation("GetObject")?.input.expect("GetObject has parameters");
/// let members = model.shape(input)?.members().expect("the input is a structure");
/// let required: Vec<&str> = members.iter().filter(|member| member.required).map(|member| &*member.name).collect();
/// assert_eq!(required, ["Bucket", "Key"]);
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Debug)]
pub struct Members {
    pub(super) list: Box<[Member]>,
    /// Their names in JSON, which are made when they are first needed.
    quoted: OnceCell<Box<QuotedNames>>,
    /// The hint for the first field of a response, see [`Member::next_hint`].
    first_hint: AtomicU16,
    /// The number of fields in the last response.
    expected_len: AtomicU16,
    /// The place of the member that is a stream of events, once that is known.
    event_stream: OnceCell<Option<u16>>,
    /// The member that is the HTTP body.
    pub(super) payload: Option<u16>,
    /// Whether the model names a payload, even if the protocol has none.
    pub(crate) names_payload: bool,
    /// Whether any member is an XML attribute.
    pub(crate) has_attributes: bool,
    /// Whether any member is a part of a request's body.
    pub(crate) has_body: bool,
    /// Whether any member is a part of a response's body: the locations of requests do not apply.
    pub(crate) has_response_body: bool,
}

/// A reference from a structure, list or map to a shape, with the traits of both merged.
///
/// ```
/// use tucuxi::model::Location;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let model = client.model("s3")?;
/// let input = model.operation("GetObject")?.input.expect("GetObject has parameters");
/// let members = model.shape(input)?.members().expect("the input is a structure");
/// let member = members.get("IfMatch").expect("GetObject has this member");
/// assert_eq!((&*member.wire_name, member.location), ("If-Match", Location::Header));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Member {
    /// The name in parameters and results.
    pub name: String,
    /// The name in responses. Requests may use another: [`Member::request_name`].
    pub wire_name: String,
    /// The name in requests of the query protocols and in flattened XML lists, if it differs.
    pub(super) request_name: Option<String>,
    /// The shape.
    pub target: ShapeId,
    /// The member's location in an HTTP message.
    pub location: Location,
    /// Whether the member is required.
    pub required: bool,
    /// Whether a list or map has no element around its entries in XML.
    pub flattened: bool,
    /// Whether the member is an attribute of its structure's XML element.
    pub xml_attribute: bool,
    /// The namespace of the member's XML element.
    pub xml_namespace: Option<XmlNamespace>,
    /// The format of a timestamp, if it is not the protocol's default.
    pub timestamp_format: Option<TimestampFormat>,
    /// Whether the member is JSON that is sent in a header, as base64.
    pub json_value: bool,
    /// Whether the member is an idempotency token, whose default is a random UUID.
    pub idempotency_token: bool,
    /// Whether the member is a label of the host prefix.
    pub host_label: bool,
    /// The parameter of the endpoint rules that the member is bound to.
    pub context_param: Option<String>,
    /// Whether discovered endpoints are cached by the member's value.
    pub endpoint_discovery_id: bool,
    /// Whether the member is a header of an event.
    pub event_header: bool,
    /// Whether the member is the payload of an event.
    pub event_payload: bool,
    /// Whether the member is a blob that is streamed.
    pub streaming: bool,
    /// A later member with the same wire name: S3's old notification shapes have `Event` and `Events`.
    pub(crate) duplicate_wire_name: Option<u16>,
    /// The member that followed this one in the last structure. The hint is verified on use; as a response repeats its structures,
    /// it is nearly always right, and finding a member takes one comparison.
    next_hint: AtomicU16,
}

/// The location of a member in an HTTP message.
///
/// ```
/// use tucuxi::model::{Location, Member};
///
/// /// Whether a presigned URL contains the member.
/// fn is_in_url(member: &Member) -> bool {
///     matches!(member.location, Location::Query | Location::Uri)
/// }
/// # let _ = is_in_url;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Location {
    /// In the body, with other members.
    #[default]
    Body,
    /// A header.
    Header,
    /// All headers with the wire name as prefix.
    Headers,
    /// The whole body.
    Payload,
    /// The query.
    Query,
    /// The status.
    StatusCode,
    /// A label of the path.
    Uri,
}

/// The namespace of an XML element.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let model = client.model("s3")?;
/// let id = model.shape_id("Grantee").expect("S3 has this shape");
/// let namespace = model.shape(id)?.xml_namespace.as_ref().expect("it has a namespace");
/// assert_eq!((namespace.prefix.as_deref(), &*namespace.uri), (Some("xsi"), "http://www.w3.org/2001/XMLSchema-instance"));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct XmlNamespace {
    /// The declared prefix, if any.
    pub prefix: Option<String>,
    /// The name of the namespace.
    pub uri: String,
}

/// The traits of an error shape.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let model = client.model("lambda")?;
/// let id = model.shape_id("TooManyRequestsException").expect("Lambda has this error");
/// let traits = model.shape(id)?.error.as_ref().expect("it is an error");
/// assert_eq!((traits.status, traits.sender_fault), (Some(429), Some(true)));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ErrorTraits {
    /// The error code, if it is not the shape's name.
    pub code: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// Whether the caller is at fault, if the model specifies it.
    pub sender_fault: Option<bool>,
    /// Whether a retry may succeed.
    pub retryable: bool,
    /// Whether the service is throttling the caller.
    pub throttling: bool,
}

impl Shape {
    /// Returns the members of a structure or union.
    pub fn members(&self) -> Option<&Members> {
        match &self.kind {
            Kind::Structure(members) | Kind::Union(members) => Some(members),
            _ => None,
        }
    }

    /// Returns whether the shape is a union.
    pub fn is_union(&self) -> bool {
        matches!(self.kind, Kind::Union(_))
    }
}

impl Kind {
    /// Returns the name of the type in models.
    pub fn name(&self) -> &'static str {
        match self {
            Self::BigDecimal => "bigDecimal",
            Self::BigInteger => "bigInteger",
            Self::Blob => "blob",
            Self::Boolean => "boolean",
            Self::Document => "document",
            Self::Double => "double",
            Self::Float => "float",
            Self::Integer => "integer",
            Self::List(_) => "list",
            Self::Long => "long",
            Self::Map { .. } => "map",
            Self::String => "string",
            Self::Structure(_) => "structure",
            Self::Timestamp => "timestamp",
            Self::Union(_) => "union",
        }
    }
}

impl Location {
    /// Whether the member is in the body of a response, which has neither path nor query.
    pub(crate) fn is_response_body(self) -> bool {
        matches!(self, Self::Body | Self::Query | Self::Uri)
    }
}

impl Members {
    pub(super) fn new(mut list: Vec<Member>, payload: Option<u16>) -> Self {
        for i in 0..list.len() {
            let same =
                |b: &Member, a: &Member| b.wire_name == a.wire_name && b.location == a.location;
            let duplicate = (i + 1..list.len()).find(|j| same(&list[*j], &list[i]));
            // the list was checked to have at most u16::MAX members
            list[i].duplicate_wire_name = duplicate.map(|j| j as u16);
        }
        Self {
            quoted: OnceCell::new(),
            first_hint: AtomicU16::new(0),
            expected_len: AtomicU16::new(0),
            event_stream: OnceCell::new(),
            payload,
            names_payload: payload.is_some(),
            has_attributes: list.iter().any(|m| m.xml_attribute),
            has_body: list.iter().any(|m| m.location == Location::Body),
            has_response_body: list.iter().any(|m| m.location.is_response_body()),
            list: list.into(),
        }
    }

    /// The member that is a stream of events, if the structure is an input or an output that has one.
    pub(crate) fn event_stream(&self, model: &ServiceModel) -> Result<Option<&Member>> {
        let find = || {
            for (at, member) in (0_u16..).zip(&self.list) {
                if model.shape(member.target)?.event_stream {
                    return Ok(Some(at));
                }
            }
            Ok::<_, Error>(None)
        };
        let place = self.event_stream.get_or_try_init(find)?;
        Ok(place.and_then(|at| self.list.get(usize::from(at))))
    }

    /// Returns the members, in the order of the model.
    pub fn iter(&self) -> std::slice::Iter<'_, Member> {
        self.list.iter()
    }

    /// Returns the number of members.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Returns whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Returns the member with this name.
    pub fn get(&self, name: &str) -> Option<&Member> {
        self.list.iter().find(|m| *m.name == *name)
    }

    /// Returns the member that is the whole HTTP body.
    pub fn payload(&self) -> Option<&Member> {
        self.payload.map(|i| &self.list[usize::from(i)])
    }

    #[inline]
    pub(crate) fn at(&self, index: usize) -> &Member {
        &self.list[index]
    }

    /// The body member with this wire name. `previous` is the member that was found before it.
    #[inline]
    pub(crate) fn find_wire(&self, previous: Option<usize>, wire: &str) -> Option<usize> {
        self.find(previous, |m| {
            *m.wire_name == *wire && m.location.is_response_body() && !m.xml_attribute
        })
    }

    /// The body member whose wire name, and then a quote, a text begins with; `None` also if it is not an expected one.
    #[inline]
    pub(crate) fn find_quoted(&self, previous: Option<usize>, text: &[u8]) -> Option<usize> {
        let names = self.quoted.get_or_init(|| {
            let is_in_text = |m: &&Member| m.location.is_response_body() && !m.xml_attribute;
            let name = |m| Some(m).filter(is_in_text).map(|m: &Member| &*m.wire_name);
            Box::new(QuotedNames::new(self.list.iter().map(name)))
        });
        let hint = previous.map_or(&self.first_hint, |i| &self.list[i].next_hint);
        let expected = usize::from(hint.load(Relaxed));
        names.find(expected, text, |i| &self.list[i].wire_name)
    }

    /// The member with this name. `previous` is the member that was found before it.
    #[inline]
    pub(crate) fn find_name(&self, previous: Option<usize>, name: &str) -> Option<usize> {
        self.find(previous, |m| *m.name == *name)
    }

    #[inline]
    fn find(&self, previous: Option<usize>, is: impl Fn(&Member) -> bool) -> Option<usize> {
        let hint = previous.map_or(&self.first_hint, |i| &self.list[i].next_hint);
        let hinted = usize::from(hint.load(Relaxed));
        if self.list.get(hinted).is_some_and(&is) {
            return Some(hinted);
        }
        let found = self.list.iter().position(is)?;
        hint.store(found as u16, Relaxed);
        Some(found)
    }

    /// The number of fields to expect, for the capacity of a map.
    pub(crate) fn expected_len(&self) -> usize {
        self.expected_len.load(Relaxed).into()
    }

    pub(crate) fn set_expected_len(&self, len: u16) {
        if self.expected_len.load(Relaxed) != len {
            self.expected_len.store(len, Relaxed);
        }
    }
}

impl<'a> IntoIterator for &'a Members {
    type Item = &'a Member;
    type IntoIter = std::slice::Iter<'a, Member>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Member {
    pub(super) fn new(name: &str, target: ShapeId) -> Self {
        Self {
            name: name.into(),
            wire_name: name.into(),
            request_name: None,
            target,
            location: Location::Body,
            required: false,
            flattened: false,
            xml_attribute: false,
            xml_namespace: None,
            timestamp_format: None,
            json_value: false,
            idempotency_token: false,
            host_label: false,
            context_param: None,
            endpoint_discovery_id: false,
            event_header: false,
            event_payload: false,
            streaming: false,
            duplicate_wire_name: None,
            next_hint: AtomicU16::new(0),
        }
    }

    /// Returns the name in requests.
    #[inline]
    pub fn request_name(&self) -> &str {
        self.request_name.as_deref().unwrap_or(&self.wire_name)
    }
}
