//! The contents of an endpoints file.

use super::WITHOUT_DUALSTACK;
use super::{LegacyEndpoint, LegacyQuery, malformed, no_variant};
use crate::endpoint::error::EndpointError;
use crate::endpoint::partition::Pairs;
use crate::endpoint::region_pattern::RegionPattern;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::ops::Range;

#[derive(Debug)]
pub(super) struct LegacyPartition {
    pub(super) name: String,
    pub(super) dns_suffix: String,
    pub(super) pattern: Option<RegionPattern>,
    pub(super) regions: Vec<String>,
    pub(super) defaults: Entry,
    /// The names of services, and the positions of their data in the text.
    pub(super) services: Box<[(String, Range<usize>)]>,
}

impl LegacyPartition {
    pub(super) fn new(partition: PartitionText<'_>, text: &str) -> Result<Self, EndpointError> {
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

    pub(super) fn has(&self, region: &str) -> bool {
        let pattern = self.pattern.as_ref();
        self.regions.iter().any(|known| **known == *region)
            || pattern.is_some_and(|pattern| pattern.matches(region))
    }

    pub(super) fn is_without_dualstack(&self) -> bool {
        WITHOUT_DUALSTACK.contains(&&*self.name)
    }

    /// Merges the endpoint `name` of a service with the defaults of the service and of the partition.
    pub(super) fn merge(
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
        // the suffix of a variant or of the entry overrides that of the partition, the suffix of the defaults does not
        let suffix = merged.dns_suffix.clone();
        let suffix = suffix.as_deref().unwrap_or(&self.dns_suffix);
        merged.fill(&service.defaults);
        merged.fill(&self.defaults);
        let expand = |template: &str| -> String {
            let text = template.replace("{service}", query.service);
            let text = text.replace("{region}", name);
            text.replace("{dnsSuffix}", suffix)
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

#[derive(Deserialize)]
pub(super) struct FileText<'a> {
    #[serde(borrow)]
    pub(super) partitions: Vec<PartitionText<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PartitionText<'a> {
    partition: String,
    dns_suffix: String,
    region_regex: Option<String>,
    #[serde(default)]
    regions: Pairs<serde::de::IgnoredAny>,
    #[serde(default)]
    defaults: Entry,
    #[serde(borrow, default)]
    services: Pairs<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ServiceText {
    pub(super) endpoints: Pairs<Entry>,
    defaults: Entry,
    pub(super) partition_endpoint: Option<String>,
    pub(super) is_regionalized: Option<bool>,
}

impl ServiceText {
    pub(super) fn endpoint(&self, name: &str) -> Option<&Entry> {
        let mut endpoints = self.endpoints.0.iter();
        endpoints.find_map(|(known, entry)| (**known == *name).then_some(entry))
    }
}

/// An endpoint, a variant of one, or the defaults of endpoints: all have the same members.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Entry {
    hostname: Option<String>,
    dns_suffix: Option<String>,
    protocols: Option<Vec<String>>,
    signature_versions: Option<Vec<String>>,
    credential_scope: Option<Scope>,
    ssl_common_name: Option<String>,
    deprecated: bool,
    /// The tags of a variant: `dualstack`, `fips`.
    tags: Vec<String>,
    variants: Vec<Self>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Scope {
    region: Option<String>,
    service: Option<String>,
}

impl Entry {
    /// Fills the members that are missing from `other`.
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

    /// Returns the variant with exactly the required tags.
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
