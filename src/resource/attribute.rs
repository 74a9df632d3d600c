//! Attributes of resources, and loading them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::error::ResourceError;
use super::{Category, Resource};
use crate::error::Result;
use crate::query::Query;
use crate::sync;

impl Resource {
    /// Returns the value of an attribute or identifier; null if the service returned none. Loads the attributes if none are known
    /// yet.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"Table": {"ItemCount": 3, "TableStatus": "ACTIVE"}}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let table = client.resource("dynamodb")?.sub("Table", "rivers")?;
    /// assert_eq!(table.attribute("item_count")?, 3); // loads the attributes
    /// assert_eq!(table.attribute("table_status")?, "ACTIVE");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the attribute is unknown, it cannot be loaded, or the call fails.
    pub fn attribute(&self, name: &str) -> Result<Value> {
        let definition = self.definition();
        if let Some(found) = definition.find(Category::Identifier, name) {
            return self.identifier_by_key(&found.key).cloned();
        }
        let member = &*self.find(Category::Attribute, name)?.key;
        let mut identifiers = definition.identifiers.iter().zip(&self.0.identifiers);
        let same = identifiers.find(|(known, _)| known.member_name.as_deref() == Some(member));
        if let Some((_, value)) = same {
            return Ok(value.clone());
        }
        let data = self.loaded()?;
        Ok(data.get(member).cloned().unwrap_or_default())
    }

    /// Returns the known attributes by their API names, without loading them.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], r#"{"Table": {"ItemCount": 3}}"#))?;
    /// let table = client.resource("dynamodb")?.sub("Table", "rivers")?;
    /// assert!(table.data().is_none());
    /// table.load()?;
    /// assert_eq!(table.data().expect("loaded")["ItemCount"], 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn data(&self) -> Option<Arc<Value>> {
        sync::read(&self.0.data).clone()
    }

    /// Loads the attributes, replacing the known ones. `action("load", …)` does so with parameters.
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[("content-length", "5")], "")
    /// #     .respond(200, &[("content-length", "6")], ""))?;
    /// let object = client.resource("s3")?.sub("Object", ["my-bucket", "greeting"])?;
    /// object.load()?;
    /// assert_eq!(object.attribute("content_length")?, 5);
    /// object.action("load", json!({"VersionId": "3HL4kqtJvjVBH40Nrjfkd"}))?;
    /// assert_eq!(object.attribute("content_length")?, 6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the type has no load action or the call fails.
    pub fn load(&self) -> Result<()> {
        self.load_with(json!({})).map(drop)
    }

    /// Loads the attributes, as [`load`](Self::load) does: boto3 has both names.
    ///
    /// # Errors
    ///
    /// Returns an error in the same cases as [`load`](Self::load).
    pub fn reload(&self) -> Result<()> {
        self.load()
    }

    /// Loads the attributes with further parameters. They are also returned, because another thread may discard them at once. A
    /// resource that is unknown to the service is reported when an attribute is read.
    pub(super) fn load_with(&self, params: Value) -> Result<Option<Arc<Value>>> {
        let data = match (self.injected("load"), &self.definition().load) {
            (Some(load), _) => load(self, params)?.value()?,
            (None, Some(load)) => {
                let params = self.params(&load.request.params, params)?;
                let response = self.call(&load.request.operation, params)?;
                match &load.path {
                    Some(path) => self.search(path, &response)?,
                    None => response,
                }
            }
            (None, None) => return Err(self.no_load()),
        };
        let data = Some(data).filter(|data| !data.is_null()).map(Arc::new);
        self.set_data(data.clone());
        Ok(data)
    }

    pub(super) fn has_load(&self) -> bool {
        self.definition().load.is_some() || self.injected("load").is_some()
    }

    /// Discards attributes that can be loaded again.
    pub(super) fn discard_data(&self) {
        if self.has_load() {
            self.set_data(None);
        }
    }

    /// The attributes, loaded if necessary; `None` if the resource is unknown to the service.
    pub(super) fn known(&self) -> Result<Option<Arc<Value>>> {
        match self.data() {
            Some(data) => Ok(Some(data)),
            None => self.load_with(json!({})),
        }
    }

    /// The attributes, loaded if necessary.
    pub(super) fn loaded(&self) -> Result<Arc<Value>> {
        self.known()?.ok_or_else(|| {
            let load = self.definition().load.as_ref();
            let operation = load.map(|load| load.request.operation.clone());
            ResourceError::NoData {
                resource: format!("{self:?}"),
                operation: operation.map_or_else(|| "load".into(), |name| name.to_string()),
            }
            .into()
        })
    }

    fn set_data(&self, data: Option<Arc<Value>>) {
        let mut known = sync::write(&self.0.data);
        *known = data;
    }

    fn no_load(&self) -> crate::error::Error {
        let place = self.place();
        ResourceError::NoLoad { place }.into()
    }

    /// Evaluates an expression of the definition.
    pub(super) fn search(&self, path: &Query, value: &Value) -> Result<Value> {
        let found = path.search(value).map(std::borrow::Cow::into_owned);
        found.map_err(|source| {
            ResourceError::Query {
                place: self.place(),
                source,
            }
            .into()
        })
    }
}
