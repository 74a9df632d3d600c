//! The endpoints file (`endpoints.json`): host templates by partition, service and region.
//!
//! It resolves the endpoints of models without rules, and is the source of the default signing regions and of each service's
//! list of regions. Services are identified by their *endpoint prefix*.
//!
//! ```text
//! the partition of a region   the first where the service or the partition lists the region, or the pattern matches; else `aws`
//! the entry                   its own members, then the defaults of the service, then those of the partition
//! fips, dual-stack            the variants with exactly these tags take precedence, merged in the same order
//! ```
//!
//! The file is large, and a client needs few services, so each service is parsed when it is used.

mod file;

use self::file::{FileText, LegacyPartition, ServiceText};
use super::error::EndpointError;
use super::partition::Partitions;
use std::borrow::Cow;

/// Partitions without dual-stack endpoints, whatever their templates contain.
const WITHOUT_DUALSTACK: [&str; 2] = ["aws-iso", "aws-iso-b"];

/// The partition of unknown regions.
const FALLBACK: &str = "aws";

/// An endpoints file.
///
/// ```
/// use tucuxi::endpoint::{LegacyEndpoints, LegacyQuery};
///
/// let endpoints = LegacyEndpoints::parse(r#"{"partitions": [{
///     "partition": "aws", "dnsSuffix": "amazonaws.com", "regions": {"eu-west-1": {}},
///     "defaults": {"hostname": "{service}.{region}.{dnsSuffix}", "protocols": ["https"]}
/// }]}"#)?;
/// let endpoint = endpoints.resolve(&LegacyQuery::new("tower").region("eu-west-1"))?;
/// assert_eq!(endpoint.url(), "https://tower.eu-west-1.amazonaws.com");
/// # Ok::<(), tucuxi::endpoint::EndpointError>(())
/// ```
#[derive(Debug)]
pub struct LegacyEndpoints {
    text: Cow<'static, str>,
    partitions: Box<[LegacyPartition]>,
}

/// The arguments of an endpoint lookup.
///
/// ```
/// use tucuxi::endpoint::{LegacyEndpoints, LegacyQuery};
///
/// let endpoints = LegacyEndpoints::parse(r#"{"partitions": [{
///     "partition": "aws", "dnsSuffix": "amazonaws.com", "regions": {"eu-west-1": {}},
///     "defaults": {
///         "hostname": "{service}.{region}.{dnsSuffix}", "protocols": ["https"],
///         "variants": [{"tags": ["fips"], "hostname": "{service}-fips.{region}.{dnsSuffix}"}]
///     }
/// }]}"#)?;
/// let mut query = LegacyQuery::new("tower").region("eu-west-1");
/// query.fips = true;
/// assert_eq!(endpoints.resolve(&query)?.hostname, "tower-fips.eu-west-1.amazonaws.com");
/// # Ok::<(), tucuxi::endpoint::EndpointError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct LegacyQuery<'a> {
    /// The endpoint prefix of the service.
    pub service: &'a str,
    /// The region or pseudo-region. Without one, only global services have an endpoint.
    pub region: Option<&'a str>,
    /// Whether a dual-stack endpoint is required.
    pub dualstack: bool,
    /// Whether a FIPS endpoint is required.
    pub fips: bool,
}

impl<'a> LegacyQuery<'a> {
    /// Creates a lookup for a service, by its endpoint prefix.
    pub fn new(service: &'a str) -> Self {
        Self {
            service,
            ..Self::default()
        }
    }

    /// Sets the region or pseudo-region.
    pub fn region(self, region: &'a str) -> Self {
        let region = Some(region);
        Self { region, ..self }
    }
}

/// An endpoint of the endpoints file.
///
/// ```
/// use tucuxi::endpoint::{LegacyEndpoints, LegacyQuery};
///
/// let endpoints = LegacyEndpoints::parse(r#"{"partitions": [{
///     "partition": "aws", "dnsSuffix": "amazonaws.com", "regions": {"eu-west-1": {}},
///     "defaults": {"hostname": "{service}.{region}.{dnsSuffix}", "protocols": ["https"]},
///     "services": {"tower": {
///         "isRegionalized": false, "partitionEndpoint": "aws-global",
///         "endpoints": {"aws-global": {
///             "hostname": "tower.amazonaws.com", "credentialScope": {"region": "us-east-1"}
///         }}
///     }}
/// }]}"#)?;
/// // a global service has one endpoint, whatever the region
/// let endpoint = endpoints.resolve(&LegacyQuery::new("tower").region("eu-west-1"))?;
/// assert_eq!(endpoint.url(), "https://tower.amazonaws.com");
/// assert_eq!((&*endpoint.name, endpoint.signing_region()), ("aws-global", "us-east-1"));
/// # Ok::<(), tucuxi::endpoint::EndpointError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct LegacyEndpoint {
    /// The host name.
    pub hostname: String,
    /// The protocols: `https`, `http`.
    pub protocols: Vec<String>,
    /// The signature versions: `v4`, `s3v4`, `v2` …
    pub signature_versions: Vec<String>,
    /// The signing region, if it is not [`LegacyEndpoint::name`].
    pub scope_region: Option<String>,
    /// The signing name, if it is not the model's.
    pub scope_service: Option<String>,
    /// The name in the server's certificate, if it is not the host name.
    pub ssl_common_name: Option<String>,
    /// The partition.
    pub partition: String,
    /// The name of the entry: the region, or a pseudo-region such as `aws-global`.
    pub name: String,
    /// Whether the entry is deprecated.
    pub deprecated: bool,
}

impl LegacyEndpoint {
    /// Returns the URL, with https if the service supports it.
    pub fn url(&self) -> String {
        let https = self.protocols.iter().any(|known| known == "https");
        let scheme = if https { "https" } else { "http" };
        format!("{scheme}://{}", self.hostname)
    }

    /// Returns the URL with http.
    pub fn http_url(&self) -> String {
        format!("http://{}", self.hostname)
    }

    /// Returns the signing region.
    ///
    /// It does not apply to a client with a configured endpoint URL, whose requests are signed for the client's region.
    pub fn signing_region(&self) -> &str {
        self.scope_region.as_deref().unwrap_or(&self.name)
    }
}

impl LegacyEndpoints {
    /// Parses an endpoints file. Its services are parsed when they are first used.
    ///
    /// # Errors
    ///
    /// Returns [`EndpointError::Malformed`] if the file, apart from its services, is malformed.
    pub fn parse(text: impl Into<Cow<'static, str>>) -> Result<Self, EndpointError> {
        let text = text.into();
        let file: FileText<'_> = serde_json::from_str(&text)
            .map_err(|error| EndpointError::in_file("endpoints", &error))?;
        let partitions: Result<_, _> = file
            .partitions
            .into_iter()
            .map(|partition| LegacyPartition::new(partition, &text))
            .collect();
        Ok(Self {
            partitions: partitions?,
            text,
        })
    }

    /// Returns the endpoint of a service in a region.
    ///
    /// # Errors
    ///
    /// Returns [`EndpointError::NoRegion`] if a regional service is looked up without a region, [`EndpointError::Variant`] if there is
    /// no FIPS or dual-stack endpoint, and [`EndpointError::Malformed`] if the data of the service are malformed.
    pub fn resolve(&self, query: &LegacyQuery<'_>) -> Result<LegacyEndpoint, EndpointError> {
        for partition in &self.partitions {
            if query.dualstack && partition.is_without_dualstack() {
                continue;
            }
            if let Some(endpoint) = self.resolve_in(partition, query, false)? {
                return Ok(endpoint);
            }
        }
        if let Some(partition) = self.partition(FALLBACK)
            && let Some(endpoint) = self.resolve_in(partition, query, true)?
        {
            return Ok(endpoint);
        }
        assumed(query)
    }

    /// Returns the endpoint of a service in a partition, for any region.
    ///
    /// # Errors
    ///
    /// Returns an error as [`LegacyEndpoints::resolve`] does, and [`EndpointError::Malformed`] for an unknown partition.
    pub fn resolve_in_partition(
        &self,
        partition: &str,
        query: &LegacyQuery<'_>,
    ) -> Result<LegacyEndpoint, EndpointError> {
        let known = self.partition(partition);
        let known = known.ok_or_else(|| malformed(partition, "there is no such partition"))?;
        match self.resolve_in(known, query, true)? {
            Some(endpoint) => Ok(endpoint),
            None => assumed(query),
        }
    }

    /// Returns the names of the partitions.
    pub fn partitions(&self) -> impl Iterator<Item = &str> {
        self.partitions.iter().map(|partition| &*partition.name)
    }

    /// Returns the name of the partition of a region.
    ///
    /// # Errors
    ///
    /// Returns [`EndpointError::UnknownRegion`] if no partition has the region.
    pub fn partition_for_region(&self, region: &str) -> Result<&str, EndpointError> {
        let mut partitions = self.partitions.iter();
        match partitions.find(|partition| partition.has(region)) {
            Some(partition) => Ok(&partition.name),
            None => Err(EndpointError::UnknownRegion(region.into())),
        }
    }

    /// Returns the regions of a partition, followed by those that only `newer` has.
    pub fn regions(&self, partition: &str, newer: Option<&Partitions>) -> Vec<String> {
        let mut regions = self
            .partition(partition)
            .map_or(Vec::new(), |known| known.regions.clone());
        regions.extend(self.newer_regions(partition, newer));
        regions
    }

    /// Returns the regions in which a service has endpoints. The list is empty for an unknown service.
    ///
    /// AWS adds new regions to `partitions.json` first, so regional services are assumed to have endpoints in the regions that
    /// only `newer` has.
    ///
    /// # Errors
    ///
    /// Returns [`EndpointError::Malformed`] if the data of the service are malformed.
    pub fn service_regions(
        &self,
        service: &str,
        partition: &str,
        newer: Option<&Partitions>,
    ) -> Result<Vec<String>, EndpointError> {
        self.entry_names(service, partition, newer, |known, name| {
            known.regions.iter().any(|region| region == name)
        })
    }

    /// Returns the names of all endpoints of a service: its regions, as [`LegacyEndpoints::service_regions`] does, and
    /// pseudo-regions such as `aws-global` and `fips-us-gov-west-1`.
    ///
    /// # Errors
    ///
    /// Returns [`EndpointError::Malformed`] if the data of the service are malformed.
    pub fn service_endpoint_names(
        &self,
        service: &str,
        partition: &str,
        newer: Option<&Partitions>,
    ) -> Result<Vec<String>, EndpointError> {
        self.entry_names(service, partition, newer, |_, _| true)
    }

    fn entry_names(
        &self,
        service: &str,
        partition: &str,
        newer: Option<&Partitions>,
        is_included: impl Fn(&LegacyPartition, &str) -> bool,
    ) -> Result<Vec<String>, EndpointError> {
        let Some(known) = self.partition(partition) else {
            return Ok(Vec::new());
        };
        let Some(data) = self.service(known, service)? else {
            return Ok(Vec::new());
        };
        let mut is_regional = false;
        let mut regions = Vec::new();
        for (name, _) in data.endpoints.0 {
            is_regional |= known.regions.contains(&name);
            if is_included(known, &name) {
                regions.push(name);
            }
        }
        if is_regional && data.is_regionalized != Some(false) {
            regions.extend(self.newer_regions(partition, newer));
        }
        Ok(regions)
    }

    /// Returns the regions of a partition that this file does not have.
    fn newer_regions(&self, partition: &str, newer: Option<&Partitions>) -> Vec<String> {
        let known = self.partition(partition).map(|known| &known.regions);
        let Some(newer) = newer.and_then(|newer| newer.partition(partition)) else {
            return Vec::new();
        };
        let names = newer.regions.iter().map(|region| &region.name);
        names
            .filter(|name| newer.is_regional(name))
            .filter(|name| known.is_none_or(|known| !known.contains(name)))
            .cloned()
            .collect()
    }

    fn partition(&self, name: &str) -> Option<&LegacyPartition> {
        let mut partitions = self.partitions.iter();
        partitions.find(|partition| &*partition.name == name)
    }

    fn service(
        &self,
        partition: &LegacyPartition,
        service: &str,
    ) -> Result<Option<ServiceText>, EndpointError> {
        let mut services = partition.services.iter();
        let Some((_, range)) = services.find(|(name, _)| **name == *service) else {
            return Ok(None);
        };
        let text = self.text.get(range.clone()).unwrap_or_default();
        let place = format!("endpoints of {service} in {}", partition.name);
        serde_json::from_str(text).map_err(|error| EndpointError::in_file(&place, &error))
    }

    /// Returns `None` if the region is not one of the partition, unless `forced`.
    fn resolve_in(
        &self,
        partition: &LegacyPartition,
        query: &LegacyQuery<'_>,
        forced: bool,
    ) -> Result<Option<LegacyEndpoint>, EndpointError> {
        if query.dualstack && partition.is_without_dualstack() {
            return Err(no_variant(query, &partition.name));
        }
        let service = self.service(partition, query.service)?.unwrap_or_default();
        let global = service.partition_endpoint.as_deref();
        let region = query.region.or(global).ok_or(EndpointError::NoRegion)?;
        let name = if service.endpoint(region).is_some() {
            region
        } else if forced || partition.has(region) {
            match global {
                Some(global) if service.is_regionalized == Some(false) => global,
                _ => region,
            }
        } else {
            return Ok(None);
        };
        partition.merge(&service, name, query).map(Some)
    }
}

/// Returns an endpoint with the usual host name, for a file without partitions.
fn assumed(query: &LegacyQuery<'_>) -> Result<LegacyEndpoint, EndpointError> {
    let region = query.region.ok_or(EndpointError::NoRegion)?;
    Ok(LegacyEndpoint {
        hostname: format!("{}.{region}.amazonaws.com", query.service),
        protocols: vec!["http".into(), "https".into()],
        signature_versions: vec!["v4".into()],
        scope_region: None,
        scope_service: None,
        ssl_common_name: None,
        partition: FALLBACK.into(),
        name: region.into(),
        deprecated: false,
    })
}

fn no_variant(query: &LegacyQuery<'_>, place: &str) -> EndpointError {
    let variant = match (query.dualstack, query.fips) {
        (true, true) => "dual-stack FIPS",
        (true, false) => "dual-stack",
        _ => "FIPS",
    };
    EndpointError::Variant {
        variant,
        service: query.service.into(),
        place: place.into(),
    }
}

fn malformed(partition: &str, what: &str) -> EndpointError {
    EndpointError::Malformed {
        at: format!("endpoints of partition {partition}"),
        what: what.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::partition::tests::TWO;

    const FILE: &str = r#"{"version": 3, "partitions": [
        {"partition": "aws", "dnsSuffix": "amazonaws.com", "regionRegex": "^(us|eu)\\-\\w+\\-\\d+$",
         "regions": {"us-east-1": {}, "eu-west-1": {}},
         "defaults": {"hostname": "{service}.{region}.{dnsSuffix}", "protocols": ["https"], "signatureVersions": ["v4"],
             "variants": [{"tags": ["fips"], "hostname": "{service}-fips.{region}.{dnsSuffix}"},
                          {"tags": ["dualstack", "fips"], "dnsSuffix": "api.aws",
                           "hostname": "{service}-fips.{region}.{dnsSuffix}"}]},
         "services": {
            "tower": {"defaults": {"credentialScope": {"service": "towers"}, "dnsSuffix": "unused.com"},
                      "endpoints": {"us-east-1": {}, "eu-west-1": {"protocols": ["http"],
                          "sslCommonName": "{region}.tower.{dnsSuffix}"},
                       "fips-us-east-1": {"hostname": "tower-fips.us-east-1.amazonaws.com", "deprecated": true,
                                          "credentialScope": {"region": "us-east-1"}}}},
            "world": {"isRegionalized": false, "partitionEndpoint": "aws-global",
                      "endpoints": {"aws-global": {"hostname": "world.amazonaws.com",
                          "credentialScope": {"region": "us-east-1"}}}},
            "broken": {"endpoints": 7}}},
        {"partition": "aws-iso", "dnsSuffix": "c2s.ic.gov", "regionRegex": "^us\\-iso\\-\\w+\\-\\d+$",
         "regions": {"us-iso-east-1": {}}, "defaults": {"hostname": "{service}.{region}.{dnsSuffix}"},
         "services": {}}]}"#;

    fn query<'a>(service: &'a str, region: &'a str) -> LegacyQuery<'a> {
        LegacyQuery {
            service,
            region: Some(region),
            ..LegacyQuery::default()
        }
    }

    #[test]
    fn endpoints_are_merged_from_entry_service_and_partition() {
        let endpoints = LegacyEndpoints::parse(FILE).unwrap();
        let cases = [
            (
                "tower",
                "us-east-1",
                "https://tower.us-east-1.amazonaws.com",
                "us-east-1",
            ),
            (
                "tower",
                "eu-west-1",
                "http://tower.eu-west-1.amazonaws.com",
                "eu-west-1",
            ),
            (
                "tower",
                "fips-us-east-1",
                "https://tower-fips.us-east-1.amazonaws.com",
                "us-east-1",
            ),
            (
                "tower",
                "us-new-9",
                "https://tower.us-new-9.amazonaws.com",
                "us-new-9",
            ),
            (
                "tower",
                "mars-1",
                "https://tower.mars-1.amazonaws.com",
                "mars-1",
            ),
            (
                "world",
                "eu-west-1",
                "https://world.amazonaws.com",
                "us-east-1",
            ),
            (
                "world",
                "mars-1",
                "https://world.amazonaws.com",
                "us-east-1",
            ),
            (
                "new",
                "us-iso-west-1",
                "http://new.us-iso-west-1.c2s.ic.gov",
                "us-iso-west-1",
            ),
        ];
        for (service, region, url, signing_region) in cases {
            let endpoint = endpoints.resolve(&query(service, region)).unwrap();
            assert_eq!(endpoint.url(), url);
            assert_eq!(endpoint.signing_region(), signing_region, "{url}");
        }
        let endpoint = endpoints.resolve(&query("tower", "eu-west-1")).unwrap();
        assert_eq!(endpoint.scope_service.as_deref(), Some("towers"));
        assert_eq!(
            endpoint.ssl_common_name.as_deref(),
            Some("eu-west-1.tower.amazonaws.com")
        );
        assert!(!endpoint.deprecated);
    }

    #[test]
    fn without_a_region_only_global_services_resolve() {
        let endpoints = LegacyEndpoints::parse(FILE).unwrap();
        let nowhere = |service| {
            endpoints.resolve(&LegacyQuery {
                region: None,
                ..query(service, "")
            })
        };
        assert_eq!(&*nowhere("world").unwrap().name, "aws-global");
        assert_eq!(nowhere("tower"), Err(EndpointError::NoRegion));
    }

    #[test]
    fn variants_need_exactly_the_tags_asked_for() {
        let endpoints = LegacyEndpoints::parse(FILE).unwrap();
        let resolve = |region, dualstack, fips| {
            let query = LegacyQuery {
                dualstack,
                fips,
                ..query("tower", region)
            };
            let endpoint = endpoints.resolve(&query);
            endpoint
                .map(|found| found.hostname)
                .map_err(|error| error.to_string())
        };
        assert_eq!(
            &*resolve("us-east-1", false, true).unwrap(),
            "tower-fips.us-east-1.amazonaws.com"
        );
        assert_eq!(
            &*resolve("us-east-1", true, true).unwrap(),
            "tower-fips.us-east-1.api.aws"
        );
        let error = resolve("us-east-1", true, false).unwrap_err();
        assert!(
            error.starts_with("no dual-stack endpoint exists for tower in us-east-1"),
            "{error}"
        );
        // aws-iso has no dual-stack endpoints, so the endpoint is that of `aws`
        assert!(
            resolve("us-iso-east-1", true, true)
                .unwrap()
                .ends_with("api.aws")
        );
        let query = LegacyQuery {
            dualstack: true,
            ..query("tower", "us-iso-east-1")
        };
        assert!(endpoints.resolve_in_partition("aws-iso", &query).is_err());
        assert!(endpoints.resolve_in_partition("mars", &query).is_err());
    }

    #[test]
    fn regions_are_listed_by_service_with_newer_ones_from_the_partitions() {
        let endpoints = LegacyEndpoints::parse(FILE).unwrap();
        let newer = Partitions::parse(TWO).unwrap();
        let list = |service, partition, pseudo, newer| {
            let names = match pseudo {
                true => endpoints.service_endpoint_names(service, partition, newer),
                false => endpoints.service_regions(service, partition, newer),
            };
            names.unwrap().join(" ")
        };
        assert_eq!(list("tower", "aws", false, None), "us-east-1 eu-west-1");
        assert_eq!(
            list("tower", "aws", true, None),
            "us-east-1 eu-west-1 fips-us-east-1"
        );
        assert_eq!(
            list("tower", "aws", false, Some(&newer)),
            "us-east-1 eu-west-1 eu-new-7"
        );
        assert_eq!(list("world", "aws", true, Some(&newer)), "aws-global");
        assert_eq!(list("nothing", "aws", true, Some(&newer)), "");
        assert_eq!(list("tower", "mars", true, Some(&newer)), "");
        assert_eq!(
            endpoints.regions("aws", Some(&newer)).join(" "),
            "us-east-1 eu-west-1 eu-new-7"
        );
        assert_eq!(
            endpoints.partitions().collect::<Vec<_>>(),
            ["aws", "aws-iso"]
        );
        assert_eq!(
            endpoints.partition_for_region("us-iso-west-7").unwrap(),
            "aws-iso"
        );
        assert!(endpoints.partition_for_region("mars-1").is_err());
    }

    #[test]
    fn a_broken_service_is_an_error_only_for_itself() {
        let endpoints = LegacyEndpoints::parse(FILE).unwrap();
        let error = endpoints
            .resolve(&query("broken", "us-east-1"))
            .unwrap_err();
        assert!(
            error.to_string().contains("endpoints of broken in aws"),
            "{error}"
        );
        assert!(LegacyEndpoints::parse(&FILE[..FILE.len() / 2]).is_err());
        assert!(LegacyEndpoints::parse(FILE.replace("^us", "[us")).is_err());
    }
}
