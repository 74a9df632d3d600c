//! What can be done with a resource.

use std::sync::Arc;

use serde_json::{Value, json};

use super::error::ResourceError;
use super::injected::{self, Run};
use super::replace::replace;
use super::{Action, Category, Outcome, Param, ParamSource, Resource};
use crate::client::RequestBuilder;
use crate::error::{Error, ErrorKind, Result};
use crate::names;

impl Resource {
    /// Does something. The parameters are those of the operation behind the action, less what the resource knows; what is
    /// given all the same replaces that. Attributes that can be asked for again are forgotten.
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().answer(200, &[], "").answer(204, &[], ""))?;
    /// let s3 = client.resource("s3")?;
    /// let bucket = s3.action("create_bucket", json!({"Bucket": "my-bucket"}))?.resource()?;
    /// bucket.action("delete", json!({}))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// There is no such action, or the call fails.
    pub fn action(&self, name: &str, params: Value) -> Result<Outcome> {
        if self.has_load() && is_load(name) {
            let data = self.load_with(params)?.unwrap_or_default();
            return Ok(Outcome::Value(Arc::unwrap_or_clone(data)));
        }
        let outcome = match self.injected(name) {
            Some(run) => run(self, params).map_err(|e| self.say_where(name, e))?,
            None => {
                let action = self.action_definition(name)?;
                let params = self.params(&action.request.params, params)?;
                // only resources of the answer have identifiers of the request
                let asked = action.resource.as_ref().map(|_| params.clone());
                let answer = self.call(&action.request.operation, params)?;
                self.outcome(action, &asked.unwrap_or_default(), answer)?
            }
        };
        self.forget();
        Ok(outcome)
    }

    /// The call of an action, with the parameters that the resource knows: for bodies that stream and for settings of one
    /// call. Attributes that can be asked for again are forgotten.
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().answer(200, &[("etag", "\"e\"")], "").answer(200, &[], "hello");
    /// # let client = Client::with_transport(config, replay)?;
    /// let object = client.resource("s3")?.sub("Object", ["my-bucket", "greeting"])?;
    /// object.request("put", json!({}))?.body("hello").send()?;
    /// let output = object.request("get", json!({}))?.send()?;
    /// assert_eq!(output.body.expect("it streams").read_to_vec()?, b"hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// There is no such action, it is more than a call, or an attribute that it needs cannot be had.
    pub fn request(&self, action: &str, params: Value) -> Result<RequestBuilder> {
        if self.injected(action).is_some() {
            let (place, name) = (self.place(), action.into());
            return Err(ResourceError::MoreThanACall { place, name }.into());
        }
        let request = match &self.definition().load {
            Some(load) if is_load(action) => &load.request,
            _ => &self.action_definition(action)?.request,
        };
        let params = self.params(&request.params, params)?;
        self.forget();
        let call = self.client().request(self.service(), &request.operation);
        Ok(call.params(params))
    }

    /// Faults of parameters that are no call's are this action's.
    fn say_where(&self, action: &str, error: Error) -> Error {
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

    /// The action of this name that the definition does not have.
    pub(super) fn injected(&self, name: &str) -> Option<Run> {
        let id = &self.definitions().model().metadata().service_id;
        injected::find(id, self.type_name(), name)
    }

    pub(super) fn call(&self, operation: &str, params: Value) -> Result<Value> {
        self.client().call(self.service(), operation, params)
    }

    /// What the resource knows, and what the caller gives in its place or beside it.
    pub(super) fn params(&self, known: &[Param], given: Value) -> Result<Value> {
        let mut params = json!({});
        self.fill(known, &mut params, None)?;
        Ok(replace(params, given))
    }

    /// Puts what the resource knows where it goes; `index` is its place among those of a batch.
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
            // what is not there is not given, and the checks of parameters say so
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
