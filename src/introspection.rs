//! Introspection: services, operations, regions, partitions, endpoints and credentials.

use serde_json::Value;

use crate::client::Client;
use crate::credentials::ProviderReport;
use crate::endpoint::EndpointError;
use crate::error::Result;
use crate::exchange::{Call, EndpointExplanation, explain};
use crate::model::{Paginator, Waiter};

impl Client {
    /// Returns a view of the services, regions and settings that this client knows.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let known = client.introspect();
    /// assert!(known.services()?.contains(&"s3".to_owned()));
    /// assert!(known.operations("s3")?.contains(&"ListObjectsV2".to_owned()));
    /// assert!(known.regions("ec2", "aws")?.contains(&"eu-west-1".to_owned()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn introspect(&self) -> Introspection {
        Introspection {
            client: self.clone(),
        }
    }
}

/// The services, operations, regions and partitions that a client knows, and how it finds endpoints and credentials.
/// [`Client::introspect`] returns it. In boto3, most of this is on the session.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let known = client.introspect();
/// assert!(known.waiters("dynamodb")?.contains(&"TableExists".to_owned()));
/// assert_eq!(known.partition_of("eu-west-1")?, "aws");
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Introspection {
    client: Client,
}

impl Introspection {
    /// The client.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Returns the names of all services that have a model, sorted.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// assert!(client.introspect().services()?.contains(&"dynamodb".to_owned()));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a model directory cannot be read.
    pub fn services(&self) -> Result<Vec<String>> {
        self.client.all_services().names()
    }

    /// Returns the names of a service's operations, sorted.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// assert!(client.introspect().operations("sts")?.contains(&"GetCallerIdentity".to_owned()));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the service is unknown or its model is invalid.
    pub fn operations(&self, service: &str) -> Result<Vec<String>> {
        let model = self.client.model(service)?;
        Ok(model.operation_names().map(Into::into).collect())
    }

    /// Describes an operation as JSON: its HTTP binding, input, output, errors, and all shapes that they refer to.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let described = client.introspect().describe("s3", "HeadBucket")?;
    /// assert_eq!(described["http"]["method"], "HEAD");
    /// assert_eq!(described["shapes"]["HeadBucketRequest"]["required"][0], "Bucket");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the service or operation is unknown or its model is invalid.
    pub fn describe(&self, service: &str, operation: &str) -> Result<Value> {
        self.client.model(service)?.describe(operation)
    }

    /// Returns the names of a service's paginated operations, sorted.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// assert!(client.introspect().paginators("s3")?.contains(&"ListObjectsV2".to_owned()));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the service is unknown or its data is invalid.
    pub fn paginators(&self, service: &str) -> Result<Vec<String>> {
        let service = self.client.all_services().service(service)?;
        Ok(service.paginators()?.names().map(Into::into).collect())
    }

    /// Returns the paginator of an operation, or `None` if the operation is not paginated.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let paginator = client.introspect().paginator("dynamodb", "ListTables")?.expect("it is paginated");
    /// assert_eq!(paginator.result_keys[0].text(), "TableNames");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the service is unknown or its data is invalid.
    pub fn paginator(&self, service: &str, operation: &str) -> Result<Option<Paginator>> {
        self.client.paginator(service, operation)
    }

    /// Returns the names of a service's waiters, sorted.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// assert!(client.introspect().waiters("s3")?.contains(&"BucketExists".to_owned()));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the service is unknown or its data is invalid.
    pub fn waiters(&self, service: &str) -> Result<Vec<String>> {
        let service = self.client.all_services().service(service)?;
        Ok(service.waiters()?.names().map(Into::into).collect())
    }

    /// Returns a waiter's name, as the service spells it, and its definition.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let (name, waiter) = client.introspect().waiter("s3", "bucket_exists")?;
    /// assert_eq!((&*name, &*waiter.operation), ("BucketExists", "HeadBucket"));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the service or waiter is unknown or its data is invalid.
    pub fn waiter(&self, service: &str, waiter: &str) -> Result<(String, Waiter)> {
        let (name, waiter) = self.client.waiter_definition(service, waiter)?;
        Ok((name.into(), waiter))
    }

    /// Returns the names of all partitions, such as `aws` and `aws-cn`.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// assert!(client.introspect().partitions()?.contains(&"aws-cn".to_owned()));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the partitions cannot be read.
    pub fn partitions(&self) -> Result<Vec<String>> {
        let partitions = self.client.all_services().partitions()?;
        Ok(partitions
            .iter()
            .map(|partition| partition.id.to_string())
            .collect())
    }

    /// Returns the partition of a region. A region that no partition lists is assigned by the form of its name.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// assert_eq!(client.introspect().partition_of("cn-north-1")?, "aws-cn");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the form of the name is not that of any partition's regions.
    pub fn partition_of(&self, region: &str) -> Result<String> {
        let partitions = self.client.all_services().partitions()?;
        let found = partitions
            .for_region(region)
            .map(|partition| partition.id.to_string());
        found.ok_or_else(|| EndpointError::UnknownRegion(region.into()).into())
    }

    /// Returns the regions of a partition in which a service has endpoints.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// assert!(client.introspect().regions("s3", "aws-cn")?.contains(&"cn-north-1".to_owned()));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the service is unknown or the endpoints file cannot be read.
    pub fn regions(&self, service: &str, partition: &str) -> Result<Vec<String>> {
        self.endpoints(service, partition, Pseudo::Without)
    }

    /// Returns the names of all endpoints of a service in a partition: its regions, and pseudo-regions such as
    /// `aws-global` and `fips-us-east-1`.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let known = client.introspect();
    /// assert!(known.regions("iam", "aws")?.is_empty());
    /// assert!(known.endpoint_names("iam", "aws")?.contains(&"aws-global".to_owned()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the service is unknown or the endpoints file cannot be read.
    pub fn endpoint_names(&self, service: &str, partition: &str) -> Result<Vec<String>> {
        self.endpoints(service, partition, Pseudo::With)
    }

    fn endpoints(&self, service: &str, partition: &str, pseudo: Pseudo) -> Result<Vec<String>> {
        let model = self.client.model(service)?;
        let prefix = &model.metadata().endpoint_prefix;
        let services = self.client.all_services();
        let (endpoints, newer) = (services.legacy()?, services.partitions()?);
        let names = match pseudo {
            Pseudo::With => endpoints.service_endpoint_names(prefix, partition, Some(newer)),
            _ => endpoints.service_regions(prefix, partition, Some(newer)),
        };
        Ok(names?)
    }

    /// Returns the services that have an endpoint in a region, according to the endpoints file.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// assert!(client.introspect().services_in("eu-west-1")?.contains(&"s3".to_owned()));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the endpoints file or a model cannot be read.
    pub fn services_in(&self, region: &str) -> Result<Vec<String>> {
        let partition = self.partition_of(region)?;
        let mut found = Vec::new();
        for service in self.services()? {
            let regions = self.regions(&service, &partition)?;
            if regions.iter().any(|known| known == region) {
                found.push(service);
            }
        }
        Ok(found)
    }

    /// Explains how the endpoint of a call is resolved, without making the call: the inputs of the endpoint rules, the rules
    /// that match, and the resulting endpoint. Resolves credentials only if the rules need the account id.
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// let explained = client.introspect().explain_endpoint("s3", "ListObjectsV2", &json!({"Bucket": "logs"}))?;
    /// assert_eq!(&*explained.endpoint?.url, "https://logs.s3.eu-west-1.amazonaws.com");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the operation is unknown or no region is configured. An error from the rules themselves is part of
    /// the explanation.
    pub fn explain_endpoint(
        &self,
        service: &str,
        operation: &str,
        params: &Value,
    ) -> Result<EndpointExplanation> {
        let client = &self.client;
        let service = client.all_services().service(service)?;
        let reads_account_id = service.reads_account_id()?;
        let call = Call::new(client.config(), service, operation)?;
        let identity = match reads_account_id {
            true => client.env().credentials().ok(),
            false => None,
        };
        explain(&call, params, identity.as_ref())
    }

    /// Queries the credentials providers in their order, up to the first that has credentials or fails, and reports the
    /// outcome of each. The report contains no secrets.
    ///
    /// ```
    /// use tucuxi::{Client, Config, Credentials, transport::Replay};
    ///
    /// let config = Config::builder().isolated().credentials(Credentials::new("AKIDEXAMPLE1", "secret")).build()?;
    /// let client = Client::with_transport(config, Replay::new())?;
    /// let report = client.introspect().explain_credentials();
    /// assert!(report[0].to_string().ends_with("****************PLE1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn explain_credentials(&self) -> Vec<ProviderReport> {
        self.client.env().explain_credentials()
    }
}

/// Whether pseudo-regions are included.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pseudo {
    With,
    Without,
}
