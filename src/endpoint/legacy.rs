//! The endpoints file (`endpoints.json`): host templates by partition, service and region.
//!
//! It serves models that have no rules, it knows the region that a service signs for by default, and it lists the
//! regions of a service. Services go by their *endpoint prefix*.
//!
//! ```text
//! a partition answers for a region if   the service lists it, or the partition does, or its pattern matches
//! no partition does                     partition `aws` answers all the same
//! the entry                             its own members, then the service's defaults, then the partition's
//! fips, dual stack                      the variants with exactly these tags, merged in the same order, come first
//! ```
//!
//! The file is large and a client needs one service of it, so a service is only parsed when it is asked for.

use super::error::EndpointError;
use super::partition::{Pairs, Partitions};
use super::region_pattern::RegionPattern;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::ops::Range;

/// Partitions of which it is known that no dual-stack endpoints exist, whatever their templates say.
const WITHOUT_DUALSTACK: [&str; 2] = ["aws-iso", "aws-iso-b"];

/// The partition that answers when none knows the region.
const FALLBACK: &str = "aws";

/// An endpoints file.
#[derive(Debug)]
pub struct LegacyEndpoints {
    text: Cow<'static, str>,
    partitions: Box<[LegacyPartition]>,
}

/// What to look up.
#[derive(Clone, Copy, Debug, Default)]
pub struct LegacyQuery<'a> {
    /// The service's endpoint prefix.
    pub service: &'a str,
    /// The region or pseudo region; without one only global services resolve.
    pub region: Option<&'a str>,
    /// Whether a dual-stack endpoint is wanted.
    pub dualstack: bool,
    /// Whether a FIPS endpoint is wanted.
    pub fips: bool,
}

/// What the endpoints file says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LegacyEndpoint {
    /// The host name.
    pub hostname: Box<str>,
    /// `https`, `http`.
    pub protocols: Vec<Box<str>>,
    /// `v4`, `s3v4`, `v2` …
    pub signature_versions: Vec<Box<str>>,
    /// The region to sign for, if not [`LegacyEndpoint::name`].
    pub scope_region: Option<Box<str>>,
    /// The service name to sign with, if not that of the model.
    pub scope_service: Option<Box<str>>,
    /// The name in the server's certificate, where it is another than the host's.
    pub ssl_common_name: Option<Box<str>>,
    /// The partition.
    pub partition: Box<str>,
    /// The name of the entry: the region, or a pseudo region such as `aws-global`.
    pub name: Box<str>,
    /// Whether the file calls the entry deprecated.
    pub deprecated: bool,
}

impl LegacyEndpoint {
    /// The URL: https where the service has it and it is not unwanted.
    #[must_use]
    pub fn url(&self, use_ssl: bool) -> String {
        let https = use_ssl && self.protocols.iter().any(|known| &**known == "https");
        let scheme = if https { "https" } else { "http" };
        format!("{scheme}://{}", self.hostname)
    }

    /// The region to sign for.
    ///
    /// Where the user gives an endpoint URL this does not hold: then it is the client's region.
    #[must_use]
    pub fn signing_region(&self) -> &str {
        self.scope_region.as_deref().unwrap_or(&self.name)
    }
}

impl LegacyEndpoints {
    /// Reads an endpoints file; its services stay unread.
    ///
    /// # Errors
    /// [`EndpointError::Malformed`]
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

    /// Finds the endpoint of a service in a region.
    ///
    /// # Errors
    /// [`EndpointError::NoRegion`] without a region for a regional service, [`EndpointError::Variant`] where there is no
    /// FIPS or dual-stack endpoint, [`EndpointError::Malformed`] when the service's data are.
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

    /// Finds the endpoint of a service in a partition, for a region that need not be one of the partition's.
    ///
    /// # Errors
    /// As [`LegacyEndpoints::resolve`]; [`EndpointError::Malformed`] also for a partition that the file does not have.
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

    /// The names of the partitions.
    pub fn partitions(&self) -> impl Iterator<Item = &str> {
        self.partitions.iter().map(|partition| &*partition.name)
    }

    /// The name of the partition that a region belongs to.
    ///
    /// # Errors
    /// [`EndpointError::UnknownRegion`]
    pub fn partition_for_region(&self, region: &str) -> Result<&str, EndpointError> {
        let mut partitions = self.partitions.iter();
        match partitions.find(|partition| partition.has(region)) {
            Some(partition) => Ok(&partition.name),
            None => Err(EndpointError::UnknownRegion(region.into())),
        }
    }

    /// The regions of a partition, those that only `newer` knows behind the others.
    #[must_use]
    pub fn regions(&self, partition: &str, newer: Option<&Partitions>) -> Vec<Box<str>> {
        let mut regions = self
            .partition(partition)
            .map_or(Vec::new(), |known| known.regions.clone());
        regions.extend(self.newer_regions(partition, newer));
        regions
    }

    /// The regions in which a service has endpoints; none for an unknown service.
    ///
    /// The file lags behind: new regions come with `partitions.json` first. With `newer`, the regions that this file
    /// does not know at all are added for services that are regional. Pseudo regions (`aws-global`,
    /// `fips-us-gov-west-1`) come only where they are wanted.
    ///
    /// # Errors
    /// [`EndpointError::Malformed`] when the service's data are.
    pub fn service_regions(
        &self,
        service: &str,
        partition: &str,
        pseudo_regions: bool,
        newer: Option<&Partitions>,
    ) -> Result<Vec<Box<str>>, EndpointError> {
        let Some(known) = self.partition(partition) else {
            return Ok(Vec::new());
        };
        let Some(data) = self.service(known, service)? else {
            return Ok(Vec::new());
        };
        let mut is_regional = false;
        let mut regions = Vec::new();
        for (name, _) in data.endpoints.0 {
            let is_region = known.regions.contains(&name);
            is_regional |= is_region;
            if is_region || pseudo_regions {
                regions.push(name);
            }
        }
        if is_regional && data.is_regionalized != Some(false) {
            regions.extend(self.newer_regions(partition, newer));
        }
        Ok(regions)
    }

    /// The regions of a partition that this file does not know.
    fn newer_regions(&self, partition: &str, newer: Option<&Partitions>) -> Vec<Box<str>> {
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

    /// `None` where the partition does not answer for the region, unless it is forced to.
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

#[derive(Debug)]
struct LegacyPartition {
    name: Box<str>,
    dns_suffix: Box<str>,
    pattern: Option<RegionPattern>,
    regions: Vec<Box<str>>,
    defaults: Entry,
    /// Where in the text the services stand.
    services: Box<[(Box<str>, Range<usize>)]>,
}

impl LegacyPartition {
    fn new(partition: PartitionText<'_>, text: &str) -> Result<Self, EndpointError> {
        let pattern = partition.region_regex.as_deref();
        let pattern = pattern.map(RegionPattern::parse).transpose();
        let services = partition.services.0.into_iter().map(|(name, raw)| {
            let start = raw.get().as_ptr().addr() - text.as_ptr().addr();
            (name, start..start + raw.get().len())
        });
        let regions = partition.regions.0.into_iter();
        Ok(Self {
            pattern: pattern.map_err(|what| malformed(&partition.partition, &what))?,
            name: partition.partition,
            dns_suffix: partition.dns_suffix,
            regions: regions.map(|(name, _)| name).collect(),
            defaults: partition.defaults,
            services: services.collect(),
        })
    }

    fn has(&self, region: &str) -> bool {
        let pattern = self.pattern.as_ref();
        self.regions.iter().any(|known| **known == *region)
            || pattern.is_some_and(|pattern| pattern.matches(region))
    }

    fn is_without_dualstack(&self) -> bool {
        WITHOUT_DUALSTACK.contains(&&*self.name)
    }

    /// The endpoint `name` of a service: entry, service defaults and partition defaults, one behind the other.
    fn merge(
        &self,
        service: &ServiceText,
        name: &str,
        query: &LegacyQuery<'_>,
    ) -> Result<LegacyEndpoint, EndpointError> {
        let entry = service.endpoint(name).cloned().unwrap_or_default();
        let mut merged = Entry::default();
        if query.dualstack || query.fips {
            let mut exists = false;
            for level in [&entry, &service.defaults, &self.defaults] {
                if let Some(variant) = level.variant(query) {
                    exists = true;
                    merged.fill(variant);
                }
            }
            if !exists {
                return Err(no_variant(query, name));
            }
        }
        merged.fill(&entry);
        // the suffix in the defaults is not looked at, only that of a variant or of the entry itself
        let suffix = merged.dns_suffix.clone();
        let suffix = suffix.as_deref().unwrap_or(&self.dns_suffix);
        merged.fill(&service.defaults);
        merged.fill(&self.defaults);
        let expand = |template: &str| -> Box<str> {
            let text = template.replace("{service}", query.service);
            let text = text.replace("{region}", name);
            text.replace("{dnsSuffix}", suffix).into()
        };
        let Some(hostname) = merged.hostname else {
            return Err(malformed(&self.name, "an endpoint has no `hostname`"));
        };
        let scope = merged.credential_scope.unwrap_or_default();
        Ok(LegacyEndpoint {
            hostname: expand(&hostname),
            protocols: merged.protocols.unwrap_or_default(),
            signature_versions: merged.signature_versions.unwrap_or_default(),
            scope_region: scope.region,
            scope_service: scope.service,
            ssl_common_name: merged.ssl_common_name.as_deref().map(expand),
            partition: self.name.clone(),
            name: name.into(),
            deprecated: entry.deprecated,
        })
    }
}

/// Where no partition answers: the shape that most host names have.
fn assumed(query: &LegacyQuery<'_>) -> Result<LegacyEndpoint, EndpointError> {
    let region = query.region.ok_or(EndpointError::NoRegion)?;
    Ok(LegacyEndpoint {
        hostname: format!("{}.{region}.amazonaws.com", query.service).into(),
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
        at: format!("endpoints of partition {partition}").into(),
        what: what.into(),
    }
}

#[derive(Deserialize)]
struct FileText<'a> {
    #[serde(borrow)]
    partitions: Vec<PartitionText<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PartitionText<'a> {
    partition: Box<str>,
    dns_suffix: Box<str>,
    region_regex: Option<Box<str>>,
    #[serde(default)]
    regions: Pairs<serde::de::IgnoredAny>,
    #[serde(default)]
    defaults: Entry,
    #[serde(borrow, default)]
    services: Pairs<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ServiceText {
    endpoints: Pairs<Entry>,
    defaults: Entry,
    partition_endpoint: Option<Box<str>>,
    is_regionalized: Option<bool>,
}

impl ServiceText {
    fn endpoint(&self, name: &str) -> Option<&Entry> {
        let mut endpoints = self.endpoints.0.iter();
        endpoints.find_map(|(known, entry)| (**known == *name).then_some(entry))
    }
}

/// An endpoint, a variant of one, or defaults: all the same members.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Entry {
    hostname: Option<Box<str>>,
    dns_suffix: Option<Box<str>>,
    protocols: Option<Vec<Box<str>>>,
    signature_versions: Option<Vec<Box<str>>>,
    credential_scope: Option<Scope>,
    ssl_common_name: Option<Box<str>>,
    deprecated: bool,
    /// Of a variant: `dualstack`, `fips`.
    tags: Vec<Box<str>>,
    variants: Vec<Self>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Scope {
    region: Option<Box<str>>,
    service: Option<Box<str>>,
}

impl Entry {
    /// Takes over what `other` has and this has not.
    fn fill(&mut self, other: &Self) {
        fn fill<T: Clone>(mine: &mut Option<T>, other: &Option<T>) {
            if mine.is_none() {
                mine.clone_from(other);
            }
        }
        fill(&mut self.hostname, &other.hostname);
        fill(&mut self.dns_suffix, &other.dns_suffix);
        fill(&mut self.protocols, &other.protocols);
        fill(&mut self.signature_versions, &other.signature_versions);
        fill(&mut self.credential_scope, &other.credential_scope);
        fill(&mut self.ssl_common_name, &other.ssl_common_name);
    }

    /// The variant that has exactly the tags asked for.
    fn variant(&self, query: &LegacyQuery<'_>) -> Option<&Self> {
        self.variants.iter().find(|variant| {
            let has = |tag: &str| variant.tags.iter().any(|known| **known == *tag);
            let known = usize::from(has("dualstack")) + usize::from(has("fips"));
            has("dualstack") == query.dualstack
                && has("fips") == query.fips
                && variant.tags.len() == known
        })
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
            assert_eq!(endpoint.url(true), url);
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
        // aws-iso is passed over, and `aws` answers
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
            endpoints
                .service_regions(service, partition, pseudo, newer)
                .unwrap()
                .join(" ")
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
