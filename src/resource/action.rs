//! Actions of resources.

use std::sync::Arc;

use serde_json::{Value, json};

use super::error::ResourceError;
use super::injected::{self, Run};
use super::replace::replace;
use super::{Action, ActionOutput, Category, Param, ParamSource, Resource};
use crate::client::RequestBuilder;
use crate::error::{Error, ErrorKind, Result};
use crate::names;

impl Resource {
    /// Runs an action. The parameters are those of the action's operation; the resource provides its identifiers, unless `params`
    /// has them. Attributes that can be loaded again are discarded.
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], "").respond(204, &[], ""))?;
    /// let s3 = client.resource("s3")?;
    /// let bucket = s3.action("create_bucket", json!({"Bucket": "my-bucket"}))?.resource()?;
    /// bucket.action("delete", json!({}))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the action is unknown or the call fails.
    pub fn action(&self, name: &str, params: Value) -> Result<ActionOutput> {
        if self.has_load() && is_load(name) {
            let data = self.load_with(params)?.unwrap_or_default();
            return Ok(ActionOutput::Value(Arc::unwrap_or_clone(data)));
        }
        let output = match self.injected(name) {
            Some(run) => run(self, params).map_err(|e| self.in_action(name, e))?,
            None => {
                let action = self.action_definition(name)?;
                let params = self.params(&action.request.params, params)?;
                // the identifiers of resources in the response may come from the request
                let sent = action.resource.as_ref().map(|_| params.clone());
                let response = self.call(&action.request.operation, params)?;
                self.action_output(action, &sent.unwrap_or_default(), response)?
            }
        };
        self.discard_data();
        Ok(output)
    }

    /// Returns an action as a request, with the parameters that the resource provides, for streaming bodies and for settings of a
    /// single call. Attributes that can be loaded again are discarded.
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[("etag", "\"e\"")], "").respond(200, &[], "hello");
    /// # let client = Client::with_transport(config, replay)?;
    /// let object = client.resource("s3")?.sub("Object", ["my-bucket", "greeting"])?;
    /// object.request("put", json!({}))?.body("hello").send()?;
    /// let output = object.request("get", json!({}))?.send()?;
    /// assert_eq!(output.body.expect("GetObject streams").read_to_vec()?, b"hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the action is unknown, is not a single call, or needs an attribute that cannot be loaded.
    pub fn request(&self, action: &str, params: Value) -> Result<RequestBuilder> {
        if self.injected(action).is_some() {
            let (place, name) = (self.place(), action.into());
            return Err(ResourceError::NotACall { place, name }.into());
        }
        let request = match &self.definition().load {
            Some(load) if is_load(action) => &load.request,
            _ => &self.action_definition(action)?.request,
        };
        let params = self.params(&request.params, params)?;
        self.discard_data();
        let call = self.client().request(self.service(), &request.operation);
        Ok(call.params(params))
    }

    /// Names the action in parameter errors that do not come from a call.
    fn in_action(&self, action: &str, error: Error) -> Error {
        match error.kind() {
            ErrorKind::Params => {
                let action = format!("{}.{action}", self.type_name());
                error.of_call(self.service(), &action)
            }
            _ => error,
        }
    }

    fn action_definition(&self, name: &str) -> Result<&Action> {
        let key = &self.find(Category::Action, name)?.key;
        let action = self.definition().actions.get(key);
        action.ok_or_else(|| self.no_such(Category::Action, name))
    }

    /// The action of this name that this crate adds to the definition, if any.
    pub(super) fn injected(&self, name: &str) -> Option<Run> {
        let id = &self.definitions().model().metadata().service_id;
        injected::find(id, self.type_name(), name)
    }

    pub(super) fn call(&self, operation: &str, params: Value) -> Result<Value> {
        self.client().call(self.service(), operation, params)
    }

    /// The parameters that the resource provides, replaced and extended by the caller's.
    pub(super) fn params(&self, known: &[Param], given: Value) -> Result<Value> {
        let mut params = json!({});
        self.fill(known, &mut params, None)?;
        Ok(replace(params, given))
    }

    /// Sets the parameters that the resource provides. `index` is its position in a batch.
    pub(super) fn fill(
        &self,
        known: &[Param],
        params: &mut Value,
        index: Option<usize>,
    ) -> Result<()> {
        for param in known {
            let value = match &param.source {
                ParamSource::Data { path } => self.search(path, &*self.loaded()?)?,
                ParamSource::Identifier { name } => self.identifier_by_key(name)?.clone(),
                ParamSource::Input => continue,
                ParamSource::Literal { value } => value.clone(),
            };
            // the validation of parameters reports missing values
            if !value.is_null() {
                param.target.put(params, value, index);
            }
        }
        Ok(())
    }
}

fn is_load(name: &str) -> bool {
    ["load", "reload"].contains(&&*names::spelled(name))
}
