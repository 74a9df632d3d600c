//! Introspection: services and what their models contain, regions, partitions, endpoints and credentials.

mod service;

pub use self::service::ServiceView;

use serde_json::Value;

use crate::client::Client;
use crate::credentials::ProviderReport;
use crate::endpoint::EndpointError;
use crate::error::Result;
use crate::exchange::{Call, EndpointExplanation, explain};
use crate::model::DataFile;
use crate::search::SearchHit;

impl Client {
    /// Returns a view of the services, regions and settings that this client knows.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let known = client.introspect();
    /// assert!(known.services()?.contains(&"s3".to_owned()));
    /// assert!(known.service("s3")?.operation("ListObjectsV2")?.is_read_only());
    /// assert!(known.regions("ec2", "aws")?.contains(&"eu-west-1".to_owned()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn introspect(&self) -> Introspection {
        Introspection {
            client: self.clone(),
        }
    }
}

/// The services, regions and partitions that a client knows, and how it finds endpoints and credentials.
/// [`Client::introspect`] returns it. In boto3, most of this is on the session.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let known = client.introspect();
/// assert!(known.service("dynamodb")?.waiters()?.contains(&"TableExists".to_owned()));
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
    /// Returns an error if a folder of models cannot be read.
    pub fn services(&self) -> Result<Vec<String>> {
        self.client.all_services().names()
    }

    /// Returns the versions of a service's API that have a model, sorted.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// assert_eq!(client.introspect().api_versions("s3")?, ["2006-03-01"]);
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the service is unknown or a folder of models cannot be read.
    pub fn api_versions(&self, service: &str) -> Result<Vec<String>> {
        self.client.all_services().api_versions(service)
    }

    /// Returns the data files that a service has in all sources of models, with where they come from: those that calls use, and
    /// those that they do not use, because another version or an earlier source is used.
    ///
    /// ```
    /// use tucuxi::model::{Memory, Origin};
    /// # use tucuxi::{Client, Config, transport::Replay};
    ///
    /// let models = Memory::new().with("sqs/2012-11-05/waiters-2", r#"{"waiters": {}}"#);
    /// # let config = Config::builder().isolated().build()?;
    /// let client = Client::with_models(config, Replay::new(), models)?;
    /// for file in client.introspect().data_files("sqs")? {
    ///     println!("{} {}: {}", file.version, file.kind, file.origin); // 2012-11-05 service-2: embedded
    ///     assert_eq!(file.origin == Origin::Program, file.kind == "waiters-2");
    /// }
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the service is unknown or a source cannot be read. A broken file is listed like any other.
    pub fn data_files(&self, service: &str) -> Result<Vec<DataFile>> {
        self.client.all_services().data_files(service)
    }

    /// Searches the names of all services and operations, and their documentation where models have it, for a text such as
    /// `list buckets` or `rotate key`. The best hits come first, at most `limit`.
    ///
    /// Case and spelling do not matter, plurals, forms and synonyms of words are found, and so are words with one wrong letter. The first
    /// search reads all models, which takes a tenth of a second; the index is then kept for all clients with the same models.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// for hit in client.introspect().search("rotate key", 5)? {
    ///     println!("{} {}", hit.service, hit.operation.unwrap_or_default()); // kms RotateKeyOnDemand, …
    /// }
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a folder of models cannot be read. A model that is broken is not searched, with a warning in the log.
    pub fn search(&self, text: &str, limit: usize) -> Result<Vec<SearchHit>> {
        let index = self.client.all_services().index()?;
        Ok(index.search(text, limit))
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
    /// assert_eq!(explained.endpoint?.url, "https://logs.s3.eu-west-1.amazonaws.com");
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
