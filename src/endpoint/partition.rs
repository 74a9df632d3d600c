//! Partitions: groups of regions that share DNS suffixes (`partitions.json`).

use super::error::EndpointError;
use super::region_pattern::RegionPattern;
use crate::names;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// All partitions.
///
/// ```
/// use tucuxi::endpoint::Partitions;
///
/// let partitions = Partitions::parse(r#"{"partitions": [{
///     "id": "aws", "regionRegex": "^(us|eu)\\-\\w+\\-\\d+$",
///     "regions": {"us-east-1": {"description": "US East (N. Virginia)"}},
///     "outputs": {"dnsSuffix": "amazonaws.com", "dualStackDnsSuffix": "api.aws",
///                 "supportsFIPS": true, "supportsDualStack": true}
/// }]}"#)?;
/// // a region that is not listed, but matches the pattern
/// assert_eq!(partitions.for_region("eu-new-7").unwrap().id, "aws");
/// assert!(partitions.for_region("nowhere").is_none());
/// # Ok::<(), tucuxi::endpoint::EndpointError>(())
/// ```
#[derive(Debug)]
pub struct Partitions(Box<[Partition]>);

/// A partition, such as `aws` or `aws-cn`.
///
/// ```
/// # use tucuxi::endpoint::Partitions;
/// # let partitions = Partitions::parse(r#"{"partitions": [{
/// #     "id": "aws-cn", "regionRegex": "^cn\\-\\w+\\-\\d+$", "regions": {"cn-north-1": {}},
/// #     "outputs": {"dnsSuffix": "amazonaws.com.cn", "dualStackDnsSuffix": "api.amazonwebservices.com.cn",
/// #                 "supportsFIPS": true, "supportsDualStack": true}
/// # }]}"#)?;
/// let china = partitions.partition("aws-cn").unwrap();
/// assert!(china.has("cn-north-1"));
/// assert_eq!(china.dns_suffix, "amazonaws.com.cn");
/// # Ok::<(), tucuxi::endpoint::EndpointError>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Partition {
    /// The name, such as `aws-cn`.
    pub id: String,
    /// The domain of the endpoints, such as `amazonaws.com`.
    pub dns_suffix: String,
    /// The domain of the dual-stack endpoints.
    pub dual_stack_dns_suffix: String,
    /// Whether there are FIPS endpoints.
    pub supports_fips: bool,
    /// Whether there are dual-stack endpoints.
    pub supports_dual_stack: bool,
    /// The signing region of global services.
    pub implicit_global_region: Option<String>,
    /// The regions in the order of the file, including the pseudo-region (`aws-global`).
    pub regions: Vec<Region>,
    pattern: RegionPattern,
}

/// A region of a partition.
///
/// ```
/// # use tucuxi::endpoint::Partitions;
/// # let partitions = Partitions::parse(r#"{"partitions": [{
/// #     "id": "aws", "regionRegex": "^(us|eu)\\-\\w+\\-\\d+$",
/// #     "regions": {"eu-west-1": {"description": "Europe (Ireland)"}},
/// #     "outputs": {"dnsSuffix": "amazonaws.com", "dualStackDnsSuffix": "api.aws",
/// #                 "supportsFIPS": true, "supportsDualStack": true}
/// # }]}"#)?;
/// let region = &partitions.partition("aws").unwrap().regions[0];
/// assert_eq!(region.name, "eu-west-1");
/// assert_eq!(region.description.as_deref(), Some("Europe (Ireland)"));
/// # Ok::<(), tucuxi::endpoint::EndpointError>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Region {
    /// The name, such as `eu-west-1`.
    pub name: String,
    /// The description, such as `Europe (Ireland)`.
    pub description: Option<String>,
}

impl Partitions {
    /// Parses a `partitions.json`.
    ///
    /// # Errors
    ///
    /// Returns [`EndpointError::Malformed`] if the text is not a partitions file, contains no partition, or has an invalid region
    /// pattern.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        Self::read(text, RegionPattern::parse)
    }

    /// Parses the embedded file, whose patterns are valid: a test parses it as any other.
    pub(crate) fn parse_embedded(text: &str) -> Result<Self, EndpointError> {
        Self::read(text, |pattern| Ok(RegionPattern::valid(pattern)))
    }

    fn read(text: &str, pattern: ReadPattern) -> Result<Self, EndpointError> {
        let file: FileText = serde_json::from_str(text)
            .map_err(|error| EndpointError::in_file("partitions", &error))?;
        if file.partitions.is_empty() {
            return Err(malformed("partitions", "there must be at least one".into()));
        }
        let partitions = file.partitions.into_iter();
        let list: Result<_, _> = partitions
            .map(|text| Partition::new(text, pattern))
            .collect();
        Ok(Self(list?))
    }

    /// Returns the partition that lists `region`, or whose pattern matches it.
    pub fn for_region(&self, region: &str) -> Option<&Partition> {
        self.iter().find(|partition| partition.has(region))
    }

    /// Returns the partition of a region, as [`Partitions::for_region`] does, or the first partition if the region is unknown.
    pub fn for_region_or_default(&self, region: &str) -> &Partition {
        // `parse` rejects an empty list
        self.for_region(region).unwrap_or(&self.0[0])
    }

    /// Returns a hint for an error if no partition lists `region` and the name of a known region is similar.
    pub(crate) fn misspelt_region(&self, region: &str) -> Option<String> {
        let known = self.iter().flat_map(|partition| &partition.regions);
        let known: Vec<&str> = known.map(|region| &*region.name).collect();
        if known.contains(&region) {
            return None;
        }
        let near = names::nearest(region, known);
        let near = near.first()?;
        Some(format!(
            "no known region is named {region}; did you mean {near}?"
        ))
    }

    /// Returns the partition with a name.
    pub fn partition(&self, id: &str) -> Option<&Partition> {
        self.iter().find(|partition| &*partition.id == id)
    }

    /// Returns all partitions, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Partition> {
        self.0.iter()
    }
}

impl Partition {
    /// Whether the partition lists `region` or its pattern matches it.
    pub fn has(&self, region: &str) -> bool {
        self.regions.iter().any(|known| &*known.name == region) || self.pattern.matches(region)
    }

    /// Whether `region` is a region of the partition, and not a pseudo-region such as `aws-global`.
    pub(super) fn is_regional(&self, region: &str) -> bool {
        self.pattern.matches(region)
    }

    fn new(text: PartitionText, pattern: ReadPattern) -> Result<Self, EndpointError> {
        let pattern = pattern(&text.region_regex)
            .map_err(|what| malformed(&format!("partition {}", text.id), what))?;
        let regions = text.regions.0.into_iter().map(|(name, region)| Region {
            name,
            description: region.description,
        });
        Ok(Self {
            id: text.id,
            dns_suffix: text.outputs.dns_suffix,
            dual_stack_dns_suffix: text.outputs.dual_stack_dns_suffix,
            supports_fips: text.outputs.supports_fips,
            supports_dual_stack: text.outputs.supports_dual_stack,
            implicit_global_region: text.outputs.implicit_global_region,
            regions: regions.collect(),
            pattern,
        })
    }
}

/// Makes a pattern from its text.
type ReadPattern = fn(&str) -> Result<RegionPattern, String>;

fn malformed(at: &str, what: String) -> EndpointError {
    EndpointError::Malformed {
        at: at.into(),
        what,
    }
}

#[derive(Deserialize)]
struct FileText {
    partitions: Vec<PartitionText>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PartitionText {
    id: String,
    outputs: OutputsText,
    region_regex: String,
    regions: Pairs<RegionText>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OutputsText {
    dns_suffix: String,
    dual_stack_dns_suffix: String,
    implicit_global_region: Option<String>,
    supports_dual_stack: bool,
    #[serde(rename = "supportsFIPS")]
    supports_fips: bool,
}

#[derive(Deserialize)]
struct RegionText {
    description: Option<String>,
}

/// A JSON object as a list, in the order of the file.
pub(super) struct Pairs<T>(pub(super) Vec<(String, T)>);

impl<T> Default for Pairs<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pairs<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for PairsVisitor<T> {
            type Value = Pairs<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<T>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(PairsVisitor(PhantomData))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) const TWO: &str = r#"{"version": "1.1", "partitions": [
        {"id": "aws", "regionRegex": "^(us|eu)\\-\\w+\\-\\d+$",
         "regions": {"us-east-1": {"description": "Virginia"}, "eu-new-7": {}, "aws-global": {}},
         "outputs": {"name": "aws", "dnsSuffix": "amazonaws.com", "dualStackDnsSuffix": "api.aws",
                     "supportsFIPS": true, "supportsDualStack": true, "implicitGlobalRegion": "us-east-1"}},
        {"id": "aws-cn", "regionRegex": "^cn\\-\\w+\\-\\d+$", "regions": {"cn-north-1": {}, "odd": {}},
         "outputs": {"dnsSuffix": "amazonaws.com.cn", "dualStackDnsSuffix": "api.cn",
                     "supportsFIPS": true, "supportsDualStack": false}}]}"#;

    #[test]
    fn a_region_is_found_by_list_then_by_pattern_then_defaults_to_the_first_partition() {
        let partitions = Partitions::parse(TWO).unwrap();
        for (region, id) in [
            ("us-east-1", Some("aws")),
            ("us-future-9", Some("aws")),
            ("odd", Some("aws-cn")),
            ("cn-west-3", Some("aws-cn")),
            ("mars-1", None),
        ] {
            let found = partitions.for_region(region).map(|found| &*found.id);
            assert_eq!(found, id, "{region}");
            assert_eq!(
                &*partitions.for_region_or_default(region).id,
                id.unwrap_or("aws")
            );
        }
        for (region, hint) in [
            (
                "us-esat-1",
                Some("no known region is named us-esat-1; did you mean us-east-1?"),
            ),
            ("us-east-1", None),
            ("mars-1", None),
        ] {
            assert_eq!(
                partitions.misspelt_region(region).as_deref(),
                hint,
                "{region}"
            );
        }
        let aws = partitions.partition("aws").unwrap();
        assert_eq!(aws.regions[0].description.as_deref(), Some("Virginia"));
        assert!(!aws.is_regional("aws-global"));
    }

    #[test]
    #[cfg(feature = "embedded")]
    fn the_embedded_patterns_are_valid() {
        use crate::model::{Embedded, ModelSource};
        let text = Embedded.load("partitions").unwrap().unwrap();
        let checked = Partitions::parse(&text).unwrap();
        let read = Partitions::parse_embedded(&text).unwrap();
        let has = |partitions: &Partitions, region: &str| {
            partitions
                .for_region(region)
                .map(|partition| partition.id.clone())
        };
        for region in [
            "us-east-1",
            "us-new-9",
            "cn-new-2",
            "us-gov-new-1",
            "nowhere",
        ] {
            assert_eq!(has(&read, region), has(&checked, region), "{region}");
        }
    }

    #[test]
    fn a_partitions_file_without_partitions_or_with_an_invalid_pattern_is_an_error() {
        for (text, expected) in [
            (r#"{"partitions": []}"#.to_owned(), "at least one"),
            (TWO.replace("^cn", "^[cn"), "partition aws-cn"),
            (TWO.replace("supportsFIPS", "fips"), "supportsFIPS"),
            (TWO[..300].to_owned(), "EOF"),
        ] {
            let error = Partitions::parse(&text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
