//! Prefixes and the objects, or all versions of objects, below them.
//!
//! Objects are deleted because of a listing only if it is known to be complete: its last page is marked as the last one, each
//! page before has its own token, no page has fewer keys than it announces, and no key (with the same version) is repeated or
//! represents a group.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::args::Args;
use super::context::{Context, SERVICE};
use super::error::TransferError;
use super::object::Object;
use super::object_ref::ObjectRef;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::paginate::Pages;
use crate::uri;

/// A bucket and the prefix of some keys.
#[derive(Clone, Debug)]
pub(super) struct Prefix {
    pub(super) bucket: Box<str>,
    /// Empty, or with a trailing slash.
    prefix: Box<str>,
    /// The number of keys that each request asks for.
    pub(super) page_size: Option<u64>,
}

/// An object below a prefix.
#[derive(Debug)]
pub(super) struct Listed {
    /// The key without the prefix.
    pub(super) relative: Box<str>,
    /// `None` if the listing does not have its size.
    pub(super) object: Option<Object>,
    /// `None` in a listing without versions.
    pub(super) version: Option<Version>,
}

/// A version of an object, or a delete marker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Version {
    pub(super) id: Box<str>,
    pub(super) is_delete_marker: bool,
}

/// What a listing contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Objects,
    /// All versions of objects, and delete markers.
    Versions,
}

impl Kind {
    fn operation(self) -> &'static str {
        match self {
            Self::Objects => "ListObjectsV2",
            Self::Versions => "ListObjectVersions",
        }
    }

    /// The members of a page with its entries.
    fn entries(self) -> &'static [&'static str] {
        match self {
            Self::Objects => &["Contents"],
            Self::Versions => &["Versions", DELETE_MARKERS],
        }
    }

    /// The members of a page that are the token of the next one. If there is another page, it has the first of them.
    fn token(self) -> &'static [&'static str] {
        match self {
            Self::Objects => &["NextContinuationToken"],
            Self::Versions => &["NextKeyMarker", "NextVersionIdMarker"],
        }
    }
}

const DELETE_MARKERS: &str = "DeleteMarkers";

impl Listed {
    /// Whether it represents a folder.
    pub(super) fn is_folder(&self) -> bool {
        (self.relative.is_empty() || self.relative.ends_with('/'))
            && self.object.as_ref().is_some_and(|object| object.len == 0)
    }

    /// # Errors
    ///
    /// Returns an error if the listing does not have its size.
    pub(super) fn object(self, below: &Prefix) -> Result<Object> {
        self.object.ok_or_else(|| {
            let url = below.object(&self.relative).url();
            TransferError::response(&url, "the listing has no valid size for it")
        })
    }
}

impl Prefix {
    pub(super) fn new(bucket: impl Into<String>, prefix: impl Into<String>) -> Self {
        let mut prefix = prefix.into();
        if !prefix.is_empty() && !prefix.ends_with('/') {
            prefix.push('/');
        }
        Self::exact(bucket, prefix)
    }

    /// Creates a prefix to which no slash is added.
    pub(super) fn exact(bucket: impl Into<String>, prefix: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into().into(),
            prefix: prefix.into().into(),
            page_size: None,
        }
    }

    pub(super) fn object(&self, relative: &str) -> ObjectRef {
        ObjectRef::new(&*self.bucket, format!("{}{relative}", self.prefix))
    }

    /// Returns `s3://BUCKET/PREFIX`.
    fn url(&self) -> String {
        self.object("").url()
    }

    /// Whether a response with this prefix lists everything below ours: it is ours or the start of it. SeaweedFS encodes the
    /// keys of a listing but not the prefix, which is decoded nevertheless: `a+b/` is read as `a b/`.
    fn is_listed_by(&self, prefix: &str) -> bool {
        let decoded = || uri::decode(&self.prefix.replace('+', " "));
        self.prefix.starts_with(prefix) || prefix == decoded()
    }

    /// # Errors
    ///
    /// Returns an error if the other prefix is below this one: copies would be listed and copied again.
    pub(super) fn check_apart(&self, other: &Self) -> Result<(), TransferError> {
        let is_below = self.bucket == other.bucket
            && self.prefix != other.prefix
            && other.prefix.starts_with(&*self.prefix);
        match is_below {
            true => Err(TransferError::Unsupported(format!(
                "{} cannot be copied to {}, which is below it",
                self.url(),
                other.url()
            ))),
            false => Ok(()),
        }
    }

    /// Returns the objects, in the order of the service.
    pub(super) fn objects(&self, context: &Context, args: &Args) -> Result<Listing> {
        self.listing(Kind::Objects, &context.client, context, args)
    }

    /// Returns all objects or versions, from a listing that is known to be complete.
    ///
    /// # Errors
    ///
    /// Returns an error if a request fails, the listing may be incomplete, or a response does not fit the model.
    pub(super) fn all(&self, kind: Kind, context: &Context, args: &Args) -> Result<Vec<Listed>> {
        let client = context.client.with_strict_responses();
        self.listing(kind, &client, context, args)?.complete()
    }

    fn listing(
        &self,
        kind: Kind,
        client: &Client,
        context: &Context,
        args: &Args,
    ) -> Result<Listing> {
        let own = json!({"Bucket": self.bucket, "Prefix": self.prefix});
        let params = args.params(client, kind.operation(), own)?;
        let pages = client
            .pages(SERVICE, kind.operation(), params)?
            .prefetch(true)
            .cancel_with(&context.cancel);
        let pages = match self.page_size {
            Some(size) => pages.page_size(size),
            None => pages,
        };
        Ok(Listing {
            kind,
            pages: Box::new(pages),
            below: self.clone(),
            entries: Vec::new().into_iter(),
            end: End::Open,
            is_short: false,
            first: None,
            tokens: HashSet::new(),
        })
    }
}

/// An iterator over the objects below a prefix. It ends after an error.
pub(super) struct Listing {
    kind: Kind,
    pages: Box<Pages>,
    below: Prefix,
    /// The entries of the page that follow, each with the member that it is from.
    entries: std::vec::IntoIter<(&'static str, Value)>,
    end: End,
    /// A page has fewer keys than it announces.
    is_short: bool,
    /// The first key and its version. A listing that repeats it is endless.
    first: Option<(Box<str>, Option<Version>)>,
    /// The tokens of all pages so far.
    tokens: HashSet<Vec<Box<str>>>,
}

/// The end of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// There was an error.
    Failed,
    /// More pages follow.
    Open,
    /// The last page is marked as the last one.
    Proven,
    /// The last page is not marked.
    Unmarked,
}

impl Listing {
    /// Returns all objects, if the listing is known to be complete.
    ///
    /// # Errors
    ///
    /// Returns an error if a request fails or the listing may be incomplete.
    fn complete(mut self) -> Result<Vec<Listed>> {
        let mut keys = HashSet::new();
        let mut all = Vec::new();
        for listed in self.by_ref() {
            let listed = listed?;
            let id = listed.version.as_ref().map(|version| version.id.clone());
            if !keys.insert((listed.relative.clone(), id)) {
                let key = self.below.object(&listed.relative).key;
                return Err(self.doubt(match &listed.version {
                    None => format!("the key {key:?} is repeated"),
                    Some(Version { id, .. }) => {
                        format!("the version {id:?} of the key {key:?} is repeated")
                    }
                }));
            }
            all.push(listed);
        }
        match self.end {
            _ if self.is_short => Err(self.doubt("a page has fewer keys than it announces")),
            End::Proven => Ok(all),
            _ => Err(self.doubt("the last page is not marked as the last one")),
        }
    }

    fn doubt(&self, what: impl Into<String>) -> Error {
        let (place, what) = (self.below.url(), what.into());
        TransferError::Listing { place, what }.into()
    }

    /// Reads the next page. Returns whether there was one.
    fn next_page(&mut self) -> Result<bool> {
        if self.end != End::Open {
            return Ok(false);
        }
        let Some(page) = self.pages.next() else {
            return Err(self.doubt("it ended before the last page"));
        };
        let mut page = page?;
        let is_truncated = page["IsTruncated"].as_bool();
        let mut is_listing = is_truncated.is_some();
        let mut entries = Vec::new();
        for member in self.kind.entries() {
            match page[member].take() {
                Value::Array(list) => {
                    is_listing = true;
                    entries.extend(list.into_iter().map(|entry| (*member, entry)));
                }
                Value::Null => {}
                _ => return Err(self.doubt("the response is not a listing")),
            }
        }
        if !is_listing {
            return Err(self.doubt("the response is not a listing"));
        }
        if let Some(prefix) = page["Prefix"].as_str()
            && !self.below.is_listed_by(prefix)
        {
            return Err(self.doubt(format!("the service lists the prefix {prefix:?} instead")));
        }
        let groups = page["CommonPrefixes"].as_array();
        let group = groups.and_then(|groups| groups.first());
        if let Some(group) = group.and_then(|group| group["Prefix"].as_str()) {
            return Err(self.doubt(format!(
                "the service groups the keys below {group:?}, which was not requested"
            )));
        }
        let announced = page["KeyCount"].as_u64().unwrap_or_default();
        self.is_short |= announced > entries.len() as u64;
        let token = self.kind.token().iter();
        let token = token.map(|member| Box::from(page[member].as_str().unwrap_or_default()));
        let token: Vec<Box<str>> = token.collect();
        let has_token = token.iter().any(|part| !part.is_empty());
        self.end = match is_truncated {
            Some(true) if token.first().is_none_or(|part| part.is_empty()) => {
                return Err(self.doubt("a page is truncated, but has no token"));
            }
            Some(true) if !self.tokens.insert(token) => {
                return Err(self.doubt("a page repeats the token of an earlier one"));
            }
            Some(true) => End::Open,
            Some(false) if !has_token => End::Proven,
            _ => End::Unmarked,
        };
        self.entries = entries.into_iter();
        Ok(true)
    }

    fn listed(&mut self, member: &'static str, entry: &Value) -> Result<Listed> {
        let key = entry["Key"].as_str();
        let Some(relative) = key.and_then(|key| key.strip_prefix(&*self.below.prefix)) else {
            return Err(self.doubt(format!("unexpected entry: {entry}")));
        };
        let version = match (self.kind, entry["VersionId"].as_str()) {
            (Kind::Objects, _) => None,
            (Kind::Versions, None | Some("")) => {
                return Err(self.doubt(format!("an entry has no version: {entry}")));
            }
            (Kind::Versions, Some(id)) => Some(Version {
                id: id.into(),
                is_delete_marker: member == DELETE_MARKERS,
            }),
        };
        match &self.first {
            None => self.first = Some((relative.into(), version.clone())),
            Some((first, of)) if **first == *relative && *of == version => {
                return Err(self.doubt(format!("it returns to its first key, {relative:?}")));
            }
            Some(_) => {}
        }
        Ok(Listed {
            relative: relative.into(),
            object: Object::from_listing(entry),
            version,
        })
    }

    fn step(&mut self) -> Result<Option<Listed>> {
        loop {
            if let Some((member, entry)) = self.entries.next() {
                return self.listed(member, &entry).map(Some);
            }
            if !self.next_page()? {
                return Ok(None);
            }
        }
    }
}

impl Iterator for Listing {
    type Item = Result<Listed>;

    fn next(&mut self) -> Option<Result<Listed>> {
        if self.end == End::Failed {
            return None;
        }
        let step = self.step();
        if step.is_err() {
            self.end = End::Failed;
        }
        step.transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefix_gets_a_trailing_slash() {
        for (prefix, expected) in [("", "x"), ("p", "p/x"), ("p/", "p/x"), ("p/q", "p/q/x")] {
            assert_eq!(&*Prefix::new("b", prefix).object("x").key, expected);
        }
    }

    #[test]
    fn regression_prefix_may_be_echoed_decoded() {
        for (prefix, echo, is_same) in [
            ("p", "p/", true),
            ("", "", true),
            ("a+b", "a+b/", true),
            ("a+b", "a b/", true),
            ("50%41", "50A/", true),
            ("100%", "100%/", true),
            ("a b", "a+b/", false),
            ("p", "p", true),
            ("p", "", true),
            ("p", "p/q/", false),
            ("p", "q/", false),
        ] {
            let prefix = Prefix::new("b", prefix);
            assert_eq!(prefix.is_listed_by(echo), is_same, "{prefix:?} {echo}");
        }
    }
}
