//! Shapes and their members.

use std::sync::atomic::{AtomicU16, Ordering::Relaxed};

use super::ShapeId;
use crate::time::TimestampFormat;

/// A shape: a type of the model.
#[derive(Debug)]
#[non_exhaustive]
pub struct Shape {
    /// The kind of type, with its members.
    pub kind: Kind,
    /// What makes it an error, if it is one.
    pub error: Option<ErrorTraits>,
    /// Whether values of it are secrets.
    pub sensitive: bool,
    /// Whether a blob is sent as it is read.
    pub streaming: bool,
    /// Whether a streamed blob must say its length beforehand.
    pub requires_length: bool,
    /// Whether a union's values come as a stream of events.
    pub event_stream: bool,
    /// The least value, or the least length of a string, blob, list or map.
    pub min: Option<f64>,
    /// The greatest value or length.
    pub max: Option<f64>,
    /// The values of an enumeration.
    pub values: Box<[Box<str>]>,
    /// The name of an XML element that holds it.
    pub wire_name: Option<Box<str>>,
    /// The namespace of an XML element that holds it.
    pub xml_namespace: Option<XmlNamespace>,
}

/// The kinds of types.
#[derive(Debug)]
pub enum Kind {
    /// Bytes; base64 in JSON values.
    Blob,
    /// True or false.
    Boolean,
    /// Any JSON.
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
    /// A map with strings as keys.
    Map {
        /// The keys' type.
        key: Member,
        /// The values' type.
        value: Member,
    },
    /// Text.
    String,
    /// Named members.
    Structure(Members),
    /// An instant.
    Timestamp,
    /// Named members, of which a value has one.
    Union(Members),
}

/// The members of a structure or a union.
#[derive(Debug)]
pub struct Members {
    pub(super) list: Box<[Member]>,
    /// The guess for the first field of an answer, see [`Member::next`].
    first: AtomicU16,
    /// How many fields there were last time.
    usual: AtomicU16,
    /// The member that is the HTTP body.
    pub(super) payload: Option<u16>,
    /// Whether the model names a member as the whole body, be it one of a protocol that knows no such thing.
    pub(crate) names_payload: bool,
    /// Whether any member is an XML attribute.
    pub(crate) has_attributes: bool,
    /// Whether any member goes into the body without being all of it.
    pub(crate) has_body: bool,
    /// The same of an answer, where places of requests mean nothing.
    pub(crate) has_answer_body: bool,
}

/// A reference from a structure, list or map to a shape, with the traits of both merged.
#[derive(Debug)]
#[non_exhaustive]
pub struct Member {
    /// The name in values.
    pub name: Box<str>,
    /// The name in answers, and in requests where [`Member::request_name`] says nothing else.
    pub wire_name: Box<str>,
    /// The name in requests of the query protocols and in flattened XML lists, where it differs.
    pub(super) request_name: Option<Box<str>>,
    /// The shape.
    pub target: ShapeId,
    /// Where it goes in an HTTP message.
    pub location: Location,
    /// Whether it must be given.
    pub required: bool,
    /// Whether a list's or map's elements stand without an element around them.
    pub flattened: bool,
    /// Whether it is an attribute of its structure's XML element.
    pub xml_attribute: bool,
    /// The namespace of its XML element.
    pub xml_namespace: Option<XmlNamespace>,
    /// How a timestamp is written, where the protocol's default does not hold.
    pub timestamp_format: Option<TimestampFormat>,
    /// Whether it is JSON inside a base64 header.
    pub json_value: bool,
    /// Whether a fresh UUID is put in when it is not given.
    pub idempotency_token: bool,
    /// Whether it goes into the host name.
    pub host_label: bool,
    /// The parameter of the endpoint rules that it sets.
    pub context_param: Option<Box<str>>,
    /// Whether its value tells apart discovered endpoints.
    pub endpoint_discovery_id: bool,
    /// Whether it comes in a header of an event.
    pub event_header: bool,
    /// Whether it is an event's payload.
    pub event_payload: bool,
    /// A later member with the same wire name: S3's old notification shapes have `Event` and `Events`.
    pub(crate) twin: Option<u16>,
    /// The member that followed this one last time. A guess that is checked on use: an answer repeats its structures, so
    /// it is nearly always right, and finding a member costs one comparison.
    next: AtomicU16,
}

/// Where a member goes in an HTTP message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Location {
    /// Into the body, beside others.
    #[default]
    Body,
    /// A header.
    Header,
    /// All headers with the wire name as prefix.
    Headers,
    /// It is the body.
    Payload,
    /// The query.
    Query,
    /// The status.
    StatusCode,
    /// A label of the path.
    Uri,
}

/// The namespace of an XML element.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct XmlNamespace {
    /// The prefix that is declared, if any.
    pub prefix: Option<Box<str>>,
    /// The namespace's name.
    pub uri: Box<str>,
}

/// What makes a shape an error.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ErrorTraits {
    /// The code that names it, where that is not the shape's name.
    pub code: Option<Box<str>>,
    /// The status it comes with.
    pub status: Option<u16>,
    /// Whether the caller is at fault; unknown where the model does not say.
    pub sender_fault: Option<bool>,
    /// Whether another attempt may succeed.
    pub retryable: bool,
    /// Whether it asks to slow down.
    pub throttling: bool,
}

impl Shape {
    /// The members of a structure or union.
    pub fn members(&self) -> Option<&Members> {
        match &self.kind {
            Kind::Structure(members) | Kind::Union(members) => Some(members),
            _ => None,
        }
    }

    /// Whether it is a union.
    pub fn is_union(&self) -> bool {
        matches!(self.kind, Kind::Union(_))
    }
}

impl Kind {
    /// The kind's name in models.
    pub fn name(&self) -> &'static str {
        match self {
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
    /// Whether an answer has it in its body: it has neither path nor query.
    pub(crate) fn is_body_of_answer(self) -> bool {
        matches!(self, Self::Body | Self::Query | Self::Uri)
    }
}

impl Members {
    pub(super) fn new(mut list: Vec<Member>, payload: Option<u16>) -> Self {
        for i in 0..list.len() {
            let same =
                |b: &Member, a: &Member| b.wire_name == a.wire_name && b.location == a.location;
            let twin = (i + 1..list.len()).find(|j| same(&list[*j], &list[i]));
            // the list was checked to have at most u16::MAX members
            list[i].twin = twin.map(|j| j as u16);
        }
        Self {
            first: AtomicU16::new(0),
            usual: AtomicU16::new(0),
            payload,
            names_payload: payload.is_some(),
            has_attributes: list.iter().any(|m| m.xml_attribute),
            has_body: list.iter().any(|m| m.location == Location::Body),
            has_answer_body: list.iter().any(|m| m.location.is_body_of_answer()),
            list: list.into(),
        }
    }

    /// All of them, in the order of the model.
    pub fn iter(&self) -> std::slice::Iter<'_, Member> {
        self.list.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The member with this name.
    pub fn get(&self, name: &str) -> Option<&Member> {
        self.list.iter().find(|m| *m.name == *name)
    }

    /// The member that is the HTTP body.
    pub fn payload(&self) -> Option<&Member> {
        self.payload.map(|i| &self.list[usize::from(i)])
    }

    #[inline]
    pub(crate) fn at(&self, index: usize) -> &Member {
        &self.list[index]
    }

    /// The body member with this wire name; `previous` is the one that was found before it.
    #[inline]
    pub(crate) fn find_wire(&self, previous: Option<usize>, wire: &str) -> Option<usize> {
        self.find(previous, |m| {
            *m.wire_name == *wire && m.location.is_body_of_answer() && !m.xml_attribute
        })
    }

    /// The member with this name; `previous` is the one that was found before it.
    #[inline]
    pub(crate) fn find_name(&self, previous: Option<usize>, name: &str) -> Option<usize> {
        self.find(previous, |m| *m.name == *name)
    }

    #[inline]
    fn find(&self, previous: Option<usize>, is: impl Fn(&Member) -> bool) -> Option<usize> {
        let hint = previous.map_or(&self.first, |i| &self.list[i].next);
        let guess = usize::from(hint.load(Relaxed));
        if self.list.get(guess).is_some_and(&is) {
            return Some(guess);
        }
        let found = self.list.iter().position(is)?;
        hint.store(found as u16, Relaxed);
        Some(found)
    }

    pub(crate) fn usual_len(&self) -> usize {
        self.usual.load(Relaxed).into()
    }

    pub(crate) fn set_usual_len(&self, len: u16) {
        if self.usual.load(Relaxed) != len {
            self.usual.store(len, Relaxed);
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
            twin: None,
            next: AtomicU16::new(0),
        }
    }

    /// The name in requests.
    #[inline]
    pub fn request_name(&self) -> &str {
        self.request_name.as_deref().unwrap_or(&self.wire_name)
    }
}
