//! What can be known of a resource, and how it comes to be known.

use std::sync::Arc;

use serde_json::{Value, json};

use super::error::ResourceError;
use super::{Category, Resource};
use crate::error::Result;
use crate::query::Query;
use crate::sync;

impl Resource {
    /// The value of an attribute, or of an identifier; null where the service says nothing. Attributes are asked for if
    /// none is known yet.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().answer(200, &[], r#"{"Table": {"ItemCount": 3, "TableStatus": "ACTIVE"}}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let table = client.resource("dynamodb")?.sub("Table", "rivers")?;
    /// assert_eq!(table.attribute("item_count")?, 3); // here the service is asked
    /// assert_eq!(table.attribute("table_status")?, "ACTIVE");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// There is no such attribute, nothing gives it, or the call fails.
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

    /// All attributes that are known, by the names of the API, without asking for them.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().answer(200, &[], r#"{"Table": {"ItemCount": 3}}"#))?;
    /// let table = client.resource("dynamodb")?.sub("Table", "rivers")?;
    /// assert!(table.data().is_none());
    /// table.load()?;
    /// assert_eq!(table.data().expect("it was loaded")["ItemCount"], 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn data(&self) -> Option<Arc<Value>> {
        sync::read(&self.0.data).clone()
    }

    /// Asks for the attributes; what was known is replaced. `action("load", …)` does so with parameters of the caller's.
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().answer(200, &[("content-length", "5")], "")
    /// #     .answer(200, &[("content-length", "6")], ""))?;
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
    /// The type has no such call, or it fails.
    pub fn load(&self) -> Result<()> {
        self.load_with(json!({})).map(drop)
    }

    /// The same as [`Resource::load`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn reload(&self) -> Result<()> {
        self.load()
    }

    /// Asks for the attributes, with more parameters, and gives them: another thread may have made the resource forget them by
    /// then. That the service knows nothing shows when an attribute is read.
    pub(super) fn load_with(&self, params: Value) -> Result<Option<Arc<Value>>> {
        let data = match (self.injected("load"), &self.definition().load) {
            (Some(load), _) => load(self, params)?.value()?,
            (None, Some(load)) => {
                let params = self.params(&load.request.params, params)?;
                let answer = self.call(&load.request.operation, params)?;
                match &load.path {
                    Some(path) => self.search(path, &answer)?,
                    None => answer,
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

    /// Forgets attributes that can be asked for again.
    pub(super) fn forget(&self) {
        if self.has_load() {
            self.set_data(None);
        }
    }

    /// The attributes, asked for if they must be; none where the service does not know the resource.
    pub(super) fn known(&self) -> Result<Option<Arc<Value>>> {
        match self.data() {
            Some(data) => Ok(Some(data)),
            None => self.load_with(json!({})),
        }
    }

    /// The attributes, where nothing can be done without.
    pub(super) fn loaded(&self) -> Result<Arc<Value>> {
        self.known()?.ok_or_else(|| {
            let load = self.definition().load.as_ref();
            let operation = load.map(|load| load.request.operation.clone());
            ResourceError::NoData {
                resource: format!("{self:?}"),
                operation: operation.unwrap_or_else(|| "load".into()),
            }
            .into()
        })
    }

    fn set_data(&self, data: Option<Arc<Value>>) {
        let mut place = sync::write(&self.0.data);
        *place = data;
    }

    fn no_load(&self) -> crate::error::Error {
        let place = self.place();
        ResourceError::NoLoad { place }.into()
    }

    /// What an expression of the definition finds.
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
