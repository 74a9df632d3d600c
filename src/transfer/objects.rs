//! The objects below a prefix, as a listing reports them.

use std::fmt;

use serde_json::Value;

use super::args::{Action, Args};
use super::context::Context;
use super::listed_object::ListedObject;
use super::listing::{Kind, Listed, Listing, Prefix};
use super::manager::TransferManager;
use super::object::Object;
use super::object_ref::ObjectRef;
use crate::cancel::CancelToken;
use crate::error::Result;

impl TransferManager {
    /// Lists the objects whose keys begin with a text.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let listing = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>fish.txt</Key><Size>12</Size></Contents></ListBucketResult>";
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], listing))?;
    /// for object in client.transfer().objects("river", "fish").iter()? {
    ///     let object = object?;
    ///     assert_eq!((&*object.key, object.size), ("fish.txt", 12));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn objects(&self, bucket: impl Into<String>, prefix: impl Into<String>) -> Objects {
        Objects {
            context: self.shared.context(CancelToken::default(), None),
            below: Prefix::exact(bucket, prefix),
            args: Value::Null,
        }
    }

    /// Returns what HeadObject reports of an object. The arguments are those of a download.
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[("content-length", "12")], ""))?;
    /// let fish = client.transfer().object("river", "fish.txt", json!({}))?;
    /// assert_eq!(fish.size, 12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if an argument is unknown or the call fails.
    pub fn object(
        &self,
        bucket: impl Into<String>,
        key: impl Into<String>,
        args: Value,
    ) -> Result<ListedObject> {
        let object = ObjectRef::new(bucket, key);
        object.check()?;
        let args = Args::check(Action::Download, args)?;
        let context = self.shared.context(CancelToken::default(), None);
        let found = Object::look_at(&context, &object, &args)?;
        Ok(ListedObject::new(object.key.into(), found))
    }
}

/// A listing that has not begun.
#[must_use = "a listing does nothing until `iter` or `all`"]
pub struct Objects {
    context: Context,
    below: Prefix,
    args: Value,
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Objects")
            .field("below", &self.below)
            .finish_non_exhaustive()
    }
}

impl Objects {
    /// Sets arguments: `RequestPayer` and `ExpectedBucketOwner`.
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// let payer = json!({"RequestPayer": "requester"});
    /// let listing = client.transfer().objects("river", "fish").args(payer);
    /// # drop(listing);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn args(mut self, args: Value) -> Self {
        self.args = args;
        self
    }

    /// Sets the number of keys that each request asks for.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// let listing = client.transfer().objects("river", "fish").page_size(100);
    /// # drop(listing);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn page_size(mut self, keys: u64) -> Self {
        self.below.page_size = Some(keys);
        self
    }

    /// Returns the objects as they are listed.
    ///
    /// # Errors
    ///
    /// Returns an error if an argument is unknown.
    pub fn iter(self) -> Result<ObjectIter> {
        let args = Args::check(Action::List, self.args)?;
        let listing = self.below.objects(&self.context, &args)?;
        let below = self.below;
        Ok(ObjectIter { listing, below })
    }

    /// Returns all objects.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let cut = "<ListBucketResult><Contents><Key>fish.txt</Key><Size>12</Size></Contents></ListBucketResult>";
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], cut))?;
    /// // the page is not marked as the last one
    /// assert!(client.transfer().objects("river", "fish").all().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if an argument is unknown, or if the listing may be incomplete, so that nothing can be deleted because
    /// of it.
    pub fn all(self) -> Result<Vec<ListedObject>> {
        let args = Args::check(Action::List, self.args)?;
        let listed = self.below.all(Kind::Objects, &self.context, &args)?;
        let listed = listed.into_iter();
        listed.map(|listed| object(listed, &self.below)).collect()
    }
}

/// The objects of a listing.
pub struct ObjectIter {
    listing: Listing,
    below: Prefix,
}

impl fmt::Debug for ObjectIter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectIter")
            .field("below", &self.below)
            .finish_non_exhaustive()
    }
}

impl Iterator for ObjectIter {
    type Item = Result<ListedObject>;

    fn next(&mut self) -> Option<Self::Item> {
        let listed = self.listing.next()?;
        Some(listed.and_then(|listed| object(listed, &self.below)))
    }
}

fn object(listed: Listed, below: &Prefix) -> Result<ListedObject> {
    let key = below.object(&listed.relative).key;
    let object = listed.object(below)?;
    Ok(ListedObject::new(key.into(), object))
}
