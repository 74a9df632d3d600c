//! Prefixes, and the objects below them.
//!
//! What is deleted because of a listing is deleted only if the listing is known to be whole, whatever the paginator makes of it:
//! its last page says that it is the last, each page before it gave a token of its own, no page has fewer keys than it says, and no
//! key came twice or stands for others.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::args::Args;
use super::error::TransferError;
use super::object::Object;
use super::{Context, Place, SERVICE};
use crate::client::Client;
use crate::error::{Error, Result};
use crate::paginate::Pages;
use crate::uri;

/// What the keys of some objects begin with.
#[derive(Clone, Debug)]
pub(super) struct Prefix {
    pub(super) bucket: Box<str>,
    /// Empty, or with a slash at its end.
    prefix: Box<str>,
}

/// An object below a prefix.
#[derive(Debug)]
pub(super) struct Listed {
    /// The key without the prefix.
    pub(super) relative: Box<str>,
    /// None if the listing does not tell its length.
    pub(super) object: Option<Object>,
}

impl Listed {
    /// Whether it stands for a folder: it is no file then.
    pub(super) fn is_folder(&self) -> bool {
        (self.relative.is_empty() || self.relative.ends_with('/'))
            && self.object.as_ref().is_some_and(|object| object.len == 0)
    }

    /// # Errors
    ///
    /// The listing does not tell its length.
    pub(super) fn object(self, below: &Prefix) -> Result<Object> {
        self.object.ok_or_else(|| {
            let url = below.place(&self.relative).url();
            TransferError::answer(
                &url,
                "the listing does not give its size, or none that can be",
            )
        })
    }
}

impl Prefix {
    pub(super) fn new(bucket: impl Into<String>, prefix: impl Into<String>) -> Self {
        let mut prefix = prefix.into();
        if !prefix.is_empty() && !prefix.ends_with('/') {
            prefix.push('/');
        }
        Self {
            bucket: bucket.into().into(),
            prefix: prefix.into(),
        }
    }

    pub(super) fn place(&self, relative: &str) -> Place {
        Place::new(&*self.bucket, format!("{}{relative}", self.prefix))
    }

    /// Whether a response that names this prefix lists all that is below ours: it is ours, or the beginning of it. SeaweedFS
    /// encodes the keys of a listing and not the prefix, which is decoded all the same: `a+b/` is read as `a b/`.
    fn is_listed_by(&self, prefix: &str) -> bool {
        let decoded = || uri::decode(&self.prefix.replace('+', " "));
        self.prefix.starts_with(prefix) || prefix == decoded()
    }

    /// # Errors
    ///
    /// The other one is below this one: what is copied there would be listed, and copied, without an end.
    pub(super) fn check_apart(&self, other: &Self) -> Result<(), TransferError> {
        let is_below = self.bucket == other.bucket
            && self.prefix != other.prefix
            && other.prefix.starts_with(&*self.prefix);
        let url = |prefix: &Self| prefix.place("").url();
        match is_below {
            true => Err(TransferError::Unsupported(
                format!(
                    "{} cannot be copied to {}, which is below it",
                    url(self),
                    url(other)
                )
                .into(),
            )),
            false => Ok(()),
        }
    }

    /// In the order in which the service lists them.
    pub(super) fn objects(&self, context: &Context, args: &Args) -> Result<Listing> {
        self.listing(&context.client, context, args)
    }

    /// All of them. Whatever is deleted because of them is deleted because of a listing that is whole.
    ///
    /// # Errors
    ///
    /// The service does not list, it is not known whether it listed all, or a part of its responses does not fit the model.
    pub(super) fn all_objects(&self, context: &Context, args: &Args) -> Result<Vec<Listed>> {
        let client = context.client.with_strict_responses();
        self.listing(&client, context, args)?.whole()
    }

    fn listing(&self, client: &Client, context: &Context, args: &Args) -> Result<Listing> {
        let own = json!({"Bucket": self.bucket, "Prefix": self.prefix});
        let params = args.of(client, "ListObjectsV2", own)?;
        let pages = client
            .pages(SERVICE, "ListObjectsV2", params)?
            .prefetch(true)
            .cancel_with(&context.cancel);
        Ok(Listing {
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

/// The objects below a prefix, page by page. It ends after an error.
pub(super) struct Listing {
    pages: Box<Pages>,
    below: Prefix,
    entries: std::vec::IntoIter<Value>,
    end: End,
    /// A page has fewer keys than it says.
    is_short: bool,
    /// The first key: a listing that comes to it again has no end.
    first: Option<Box<str>>,
    /// Those of the pages that came.
    tokens: HashSet<Box<str>>,
}

/// How a listing ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// There was an error.
    Failed,
    /// More pages are to come.
    Open,
    /// The last page says that it is the last.
    Proven,
    /// The last page does not say that there are more.
    Unsaid,
}

impl Listing {
    /// All objects, if the listing is known to be whole.
    ///
    /// # Errors
    ///
    /// The service does not list, or it is not known whether it listed all.
    fn whole(mut self) -> Result<Vec<Listed>> {
        let mut keys = HashSet::new();
        let mut all = Vec::new();
        for listed in self.by_ref() {
            let listed = listed?;
            if !keys.insert(listed.relative.clone()) {
                let key = self.below.place(&listed.relative).key;
                return Err(self.doubt(format!("the key {key:?} is in it twice")));
            }
            all.push(listed);
        }
        match self.end {
            _ if self.is_short => Err(self.doubt("a page has fewer keys than it says")),
            End::Proven => Ok(all),
            _ => Err(self.doubt("its last page does not say that it is the last")),
        }
    }

    fn doubt(&self, what: impl Into<Box<str>>) -> Error {
        let place = self.below.place("").url().into();
        let what = what.into();
        TransferError::Listing { place, what }.into()
    }

    /// Takes the next page; whether there was one.
    fn turn(&mut self) -> Result<bool> {
        if self.end != End::Open {
            return Ok(false);
        }
        let Some(page) = self.pages.next() else {
            return Err(self.doubt("it ends before its last page"));
        };
        let mut page = page?;
        let (is_truncated, contents) = (page["IsTruncated"].as_bool(), page["Contents"].take());
        let entries = match contents {
            Value::Array(entries) => entries,
            Value::Null if is_truncated.is_some() => Vec::new(),
            _ => return Err(self.doubt("the service's response is no listing")),
        };
        if let Some(prefix) = page["Prefix"].as_str()
            && !self.below.is_listed_by(prefix)
        {
            return Err(self.doubt(format!("the service lists the prefix {prefix:?} instead")));
        }
        let groups = page["CommonPrefixes"].as_array();
        let group = groups.and_then(|groups| groups.first());
        if let Some(group) = group.and_then(|group| group["Prefix"].as_str()) {
            return Err(self.doubt(format!(
                "the service groups the keys below {group:?}, which it was not asked to"
            )));
        }
        let said = page["KeyCount"].as_u64().unwrap_or_default();
        self.is_short |= said > entries.len() as u64;
        let token = page["NextContinuationToken"].as_str().unwrap_or_default();
        self.end = match (is_truncated, token) {
            (Some(true), "") => {
                return Err(self.doubt("a page says that there are more, but not where"));
            }
            (Some(true), token) if !self.tokens.insert(token.into()) => {
                return Err(self.doubt("a page has a token that an earlier page had"));
            }
            (Some(true), _) => End::Open,
            (Some(false), "") => End::Proven,
            _ => End::Unsaid,
        };
        self.entries = entries.into_iter();
        Ok(true)
    }

    fn listed(&mut self, entry: &Value) -> Result<Listed> {
        let key = entry["Key"].as_str();
        let Some(relative) = key.and_then(|key| key.strip_prefix(&*self.below.prefix)) else {
            return Err(self.doubt(format!("it has an entry that it should not: {entry}")));
        };
        match &self.first {
            None => self.first = Some(relative.into()),
            Some(first) if **first == *relative => {
                return Err(self.doubt(format!("it comes to {relative:?} again, where it began")));
            }
            Some(_) => {}
        }
        Ok(Listed {
            relative: relative.into(),
            object: Object::of_listing(entry),
        })
    }

    fn step(&mut self) -> Result<Option<Listed>> {
        loop {
            if let Some(entry) = self.entries.next() {
                return self.listed(&entry).map(Some);
            }
            if !self.turn()? {
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
    fn prefixes_end_where_a_folder_does() {
        for (prefix, expected) in [("", "x"), ("p", "p/x"), ("p/", "p/x"), ("p/q", "p/q/x")] {
            assert_eq!(&*Prefix::new("b", prefix).place("x").key, expected);
        }
    }

    #[test]
    fn regression_a_prefix_may_be_echoed_without_its_encoding() {
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
