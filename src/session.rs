//! What a client can tell of where it is and what there is: for that boto3 has a session. The README holds the two side by side.

use crate::client::Client;
use crate::credentials::Asked;
use crate::endpoint::EndpointError;
use crate::error::Result;
use crate::identity::Credentials;

impl Client {
    /// The names of all services that there are models of, sorted.
    ///
    /// # Errors
    ///
    /// A folder of models cannot be read.
    pub fn services(&self) -> Result<Vec<Box<str>>> {
        self.all_services().names()
    }

    /// The names of all partitions, such as `aws` and `aws-cn`.
    ///
    /// # Errors
    ///
    /// The partitions cannot be read.
    pub fn partitions(&self) -> Result<Vec<Box<str>>> {
        let partitions = self.all_services().partitions()?;
        Ok(partitions
            .iter()
            .map(|partition| partition.id.clone())
            .collect())
    }

    /// The partition that a region is in; one that no list has is known by its form.
    ///
    /// # Errors
    ///
    /// No partition has such regions.
    pub fn partition_of(&self, region: &str) -> Result<Box<str>> {
        let partitions = self.all_services().partitions()?;
        let found = partitions
            .for_region(region)
            .map(|partition| partition.id.clone());
        found.ok_or_else(|| EndpointError::UnknownRegion(region.into()).into())
    }

    /// The regions of a partition in which a service has endpoints.
    ///
    /// # Errors
    ///
    /// There is no such service, or the endpoints file cannot be read.
    pub fn regions(&self, service: &str, partition: &str) -> Result<Vec<Box<str>>> {
        self.service_regions(service, partition, false)
    }

    /// The names of all of a service's endpoints in a partition: its regions, and what is none (`aws-global`,
    /// `fips-us-east-1`).
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// assert!(client.regions("iam", "aws")?.is_empty());
    /// assert!(client.endpoint_names("iam", "aws")?.contains(&"aws-global".into()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// There is no such service, or the endpoints file cannot be read.
    pub fn endpoint_names(&self, service: &str, partition: &str) -> Result<Vec<Box<str>>> {
        self.service_regions(service, partition, true)
    }

    fn service_regions(
        &self,
        service: &str,
        partition: &str,
        pseudo_regions: bool,
    ) -> Result<Vec<Box<str>>> {
        let prefix = self.model(service)?.metadata().endpoint_prefix.clone();
        let services = self.all_services();
        let newer = services.partitions()?;
        let regions =
            services
                .legacy()?
                .service_regions(&prefix, partition, pseudo_regions, Some(newer));
        Ok(regions?)
    }

    /// The services that have an endpoint in a region, as far as the endpoints file knows.
    ///
    /// # Errors
    ///
    /// The endpoints file or a model cannot be read.
    pub fn services_in(&self, region: &str) -> Result<Vec<Box<str>>> {
        let partition = self.partition_of(region)?;
        let mut found = self.services()?;
        let mut fault = None;
        found.retain(|service| match self.regions(service, &partition) {
            Ok(regions) => regions.iter().any(|known| **known == *region),
            Err(error) => {
                fault = Some(error);
                false
            }
        });
        fault.map_or(Ok(found), Err)
    }

    /// The credentials that calls are signed with, now: those that end are other ones later.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # let config = Config::builder().isolated().credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// assert_eq!(client.credentials()?.access_key_id(), "AKIDEXAMPLE");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// There are none, or a provider failed.
    pub fn credentials(&self) -> Result<Credentials> {
        self.env().credentials()
    }

    /// Asks every provider of credentials for them, up to the first that has some or fails, and says what each answered.
    /// Nothing in it is secret.
    ///
    /// ```
    /// use tucuxi::{Client, Config, Credentials, transport::Replay};
    ///
    /// let config = Config::builder().isolated().credentials(Credentials::new("AKIDEXAMPLE1", "secret")).build()?;
    /// let client = Client::with_transport(config, Replay::new())?;
    /// let asked = client.explain_credentials();
    /// assert_eq!(asked[0].to_string(), "given by the program: found: ****************PLE1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn explain_credentials(&self) -> Vec<Asked> {
        self.env().explain_credentials()
    }
}
