//! All that is known of a service.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::Introspection;
use crate::error::Result;
use crate::exchange::Service;
use crate::model::resource::Definitions;
use crate::model::{Example, Paginator, ServiceModel, Waiter};

impl Introspection {
    /// Returns a view of a service: its model, paginators, waiters, resources and examples.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let sqs = client.introspect().service("sqs")?;
    /// for name in sqs.operation_names() {
    ///     println!("{name} {}", if sqs.operation(name)?.is_read_only() { "reads" } else { "may write" });
    /// }
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the service is unknown or its model is invalid.
    pub fn service(&self, name: &str) -> Result<ServiceView> {
        let service = self.client.all_services().service(name)?;
        Ok(ServiceView(service))
    }

    /// Returns a view of a service in this version of its API, whichever version calls use.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let known = client.introspect();
    /// for version in known.api_versions("sqs")? {
    ///     let count = known.service_in("sqs", &version)?.operation_names().count();
    ///     println!("{version}: {count} operations");
    /// }
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the service or the version is unknown, or if the model is invalid.
    pub fn service_in(&self, name: &str, version: &str) -> Result<ServiceView> {
        let service = self.client.all_services().service_in(name, Some(version))?;
        Ok(ServiceView(service))
    }
}

/// A service: its model, to which this derefs, and what else is known of it. [`Introspection::service`] returns it.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let s3 = client.introspect().service("s3")?;
/// let operation = s3.operation("PutObject")?;
/// let input = s3.shape(operation.input.expect("PutObject has parameters"))?;
/// for member in input.members().into_iter().flatten() {
///     let kind = s3.shape(member.target)?.kind.name();
///     println!("{}: {kind}{}", member.name, if member.required { ", required" } else { "" });
/// }
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone)]
pub struct ServiceView(Arc<Service>);

impl ServiceView {
    /// Returns the model.
    pub fn model(&self) -> &Arc<ServiceModel> {
        &self.0.model
    }

    /// Returns the names of the paginated operations, sorted.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// assert!(client.introspect().service("s3")?.paginators()?.contains(&"ListObjectsV2".to_owned()));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the data is invalid.
    pub fn paginators(&self) -> Result<Vec<String>> {
        Ok(self.0.paginators()?.names().map(Into::into).collect())
    }

    /// Returns the paginator of an operation, or `None` if the operation is not paginated.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let dynamodb = client.introspect().service("dynamodb")?;
    /// let paginator = dynamodb.paginator("ListTables")?.expect("it is paginated");
    /// assert_eq!(paginator.result_keys[0].text(), "TableNames");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such operation, or if the data is invalid.
    pub fn paginator(&self, operation: &str) -> Result<Option<Paginator>> {
        let name = &self.operation(operation)?.name;
        let text = self.0.paginators()?.text(name);
        text.map(|text| Paginator::parse(name, text)).transpose()
    }

    /// Returns the names of the waiters, sorted.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// assert!(client.introspect().service("s3")?.waiters()?.contains(&"BucketExists".to_owned()));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the data is invalid.
    pub fn waiters(&self) -> Result<Vec<String>> {
        Ok(self.0.waiters()?.names().map(Into::into).collect())
    }

    /// Returns a waiter's name, as the service spells it, and its definition.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let (name, waiter) = client.introspect().service("s3")?.waiter("bucket_exists")?;
    /// assert_eq!((&*name, &*waiter.operation), ("BucketExists", "HeadBucket"));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such waiter, or if the data is invalid.
    pub fn waiter(&self, name: &str) -> Result<(String, Waiter)> {
        let (name, text) = self.0.waiters()?.find("waiter", name, self.name())?;
        Ok((name.into(), Waiter::parse(name, text)?))
    }

    /// Returns the names of the types of resources, sorted; none if the service has no resources.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// assert_eq!(client.introspect().service("sqs")?.resources()?, ["Message", "Queue"]);
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the data is invalid.
    pub fn resources(&self) -> Result<Vec<String>> {
        let definitions = self.0.resources()?;
        let types = definitions.iter().flat_map(|found| found.types());
        Ok(types.map(Into::into).collect())
    }

    /// Returns the definitions of the service's resources: their identifiers, actions, collections and waiters; `None` if the service
    /// has no resources.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let sqs = client.introspect().service("sqs")?;
    /// let definitions = sqs.resource_definitions()?.expect("SQS has resources");
    /// for (name, action) in &definitions.get("Queue")?.actions {
    ///     println!("{name} calls {}", action.request.operation); // Purge calls PurgeQueue, …
    /// }
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the data is invalid.
    pub fn resource_definitions(&self) -> Result<Option<&Definitions>> {
        Ok(self.0.resources()?.map(|definitions| &**definitions))
    }

    /// Returns examples of an operation, if the models have any: Smithy's may, and so may a file `examples-1` next to a model of
    /// botocore. The embedded models have none.
    ///
    /// ```
    /// use tucuxi::model::Memory;
    /// # use tucuxi::{Client, Config, transport::Replay};
    ///
    /// let models = Memory::new()
    ///     .with("tower/1/service-2", r#"{"metadata": {"protocol": "json"}, "operations": {"RingBell": {}}}"#)
    ///     .with("tower/1/examples-1", r#"{"examples": {"RingBell": [{"title": "To ring a bell"}]}}"#);
    /// # let config = Config::builder().isolated().build()?;
    /// let client = Client::with_models(config, Replay::new(), models)?;
    /// let examples = client.introspect().service("tower")?.examples("RingBell")?;
    /// assert_eq!(examples[0].title, "To ring a bell");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such operation, or if the data is invalid.
    pub fn examples(&self, operation: &str) -> Result<Vec<Example>> {
        let name = &self.operation(operation)?.name;
        let text = self.0.examples()?.text(name);
        text.map_or(Ok(Vec::new()), |text| Example::parse(name, text))
    }
}

impl Deref for ServiceView {
    type Target = ServiceModel;
    fn deref(&self) -> &ServiceModel {
        &self.0.model
    }
}

impl fmt::Debug for ServiceView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServiceView").field(&self.name()).finish()
    }
}
