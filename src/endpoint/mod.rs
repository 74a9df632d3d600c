//! Endpoint resolution: the rules engine, and the endpoints file for models without rules.
//!
//! ```text
//! parameters ──► bind (defaults, types, required) ──► cache ──► rules ──► Endpoint { url, headers, auth schemes }
//!                                                       │  hit            or the text of an error rule
//!                                                       └──────────────► Endpoint
//! ```
//!
//! A rule set is compiled once ([`Ruleset::parse`]) and shared by all calls to its service. [`EndpointResolver`] adds the
//! partitions and a cache. The language is specified as Smithy's *rules engine*: version 1.0, the functions
//! `coalesce`, `split` and `ite` of 1.1, and the functions of AWS. [`LegacyEndpoints`] is the predecessor: host templates by
//! partition, service and region. It is also the source of the default signing regions and of each service's list of regions.
//!
//! A resolved URL is a string. It must not pass through a URL parser, which would collapse dot segments.

mod cache;
mod diagram;
mod error;
mod eval;
mod explain;
mod expression;
mod functions;
mod legacy;
mod params;
mod partition;
mod read;
mod region_pattern;
mod resolved;
mod rule;
mod ruleset;
mod tree;
mod value;

pub use error::EndpointError;
pub use legacy::{LegacyEndpoint, LegacyEndpoints, LegacyQuery};
pub use params::{EndpointParams, EndpointValue};
pub use partition::{Partition, Partitions, Region};
#[cfg(feature = "cli")]
pub(crate) use read::outline;
pub use resolved::{Endpoint, EndpointAuthScheme};
pub use ruleset::{Deprecation, ParameterDefinition, ParameterType, Ruleset};

use cache::{Cache, CacheKey};
use std::sync::Arc;

/// Resolves the endpoints of a service, and caches the last hundred. No lock is held while rules are evaluated.
///
/// ```
/// # use std::sync::Arc;
/// use tucuxi::endpoint::{EndpointParams, EndpointResolver, Partitions, Ruleset};
///
/// let ruleset = Ruleset::parse(r#"{
///     "parameters": {"Region": {"type": "string", "builtIn": "AWS::Region", "required": true}},
///     "rules": [{
///         "type": "endpoint",
///         "conditions": [{"fn": "aws.partition", "argv": [{"ref": "Region"}], "assign": "partition"}],
///         "endpoint": {"url": "https://tower.{Region}.{partition#dnsSuffix}"}
///     }]
/// }"#)?;
/// let partitions = Partitions::parse(r#"{"partitions": [{
///     "id": "aws", "regionRegex": "^(us|eu)\\-\\w+\\-\\d+$", "regions": {},
///     "outputs": {"dnsSuffix": "amazonaws.com", "dualStackDnsSuffix": "api.aws",
///                 "supportsFIPS": true, "supportsDualStack": true}
/// }]}"#)?;
/// let resolver = EndpointResolver::new(ruleset, Arc::new(partitions));
/// let endpoint = resolver.resolve(&EndpointParams::new().with("Region", "eu-west-1"))?;
/// assert_eq!(endpoint.url, "https://tower.eu-west-1.amazonaws.com");
/// # Ok::<(), tucuxi::endpoint::EndpointError>(())
/// ```
#[derive(Debug)]
pub struct EndpointResolver {
    ruleset: Ruleset,
    partitions: Arc<Partitions>,
    cache: Cache,
}

impl EndpointResolver {
    /// Creates a resolver for the rules of a service.
    pub fn new(ruleset: Ruleset, partitions: Arc<Partitions>) -> Self {
        Self {
            ruleset,
            partitions,
            cache: Cache::default(),
        }
    }

    /// Returns the rules, which define the parameters.
    pub fn ruleset(&self) -> &Ruleset {
        &self.ruleset
    }

    /// Returns the partitions, for `aws.partition`.
    pub fn partitions(&self) -> &Arc<Partitions> {
        &self.partitions
    }

    /// Resolves an endpoint. Parameters that the rule set does not define are ignored.
    ///
    /// # Errors
    ///
    /// Returns [`EndpointError::Rule`] with the message of an error rule, [`EndpointError::MissingParameter`],
    /// [`EndpointError::WrongType`] or [`EndpointError::NoMatch`] for the parameters, and [`EndpointError::Malformed`] if a rule has a
    /// type error.
    pub fn resolve(&self, params: &EndpointParams) -> Result<Arc<Endpoint>, EndpointError> {
        let bound = self.ruleset.bind(params)?;
        self.resolve_bound(&bound, || no_match(params))
    }

    /// Resolves an endpoint from a value for each parameter of the rules, in their order.
    ///
    /// # Errors
    ///
    /// Returns an error as [`EndpointResolver::resolve`] does.
    pub(crate) fn resolve_values(
        &self,
        values: &[Option<EndpointValue>],
    ) -> Result<Arc<Endpoint>, EndpointError> {
        let bound = self.ruleset.bind_values(values)?;
        self.resolve_bound(&bound, || no_match(&self.named(values)))
    }

    /// Returns values for the parameters of the rules, in their order, with their names.
    pub(crate) fn named(&self, values: &[Option<EndpointValue>]) -> EndpointParams {
        let mut params = EndpointParams::new();
        for (definition, value) in self.ruleset.parameters().iter().zip(values) {
            if let Some(value) = value {
                params.set(&definition.name, value.clone());
            }
        }
        params
    }

    fn resolve_bound(
        &self,
        bound: &[Option<&EndpointValue>],
        no_match: impl FnOnce() -> EndpointError,
    ) -> Result<Arc<Endpoint>, EndpointError> {
        let key = CacheKey {
            definitions: self.ruleset.parameters(),
            bound,
        };
        if let Some(endpoint) = self.cache.find(key) {
            return Ok(endpoint);
        }
        let endpoint = eval::evaluate(&self.ruleset, &self.partitions, bound, None)?;
        let endpoint = Arc::new(endpoint.ok_or_else(no_match)?);
        self.cache.insert(key, &endpoint);
        Ok(endpoint)
    }

    /// Resolves an endpoint without the cache. Also returns a trace: a line for each evaluated condition, with its rule and its
    /// value, and one for the result.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use tucuxi::endpoint::{EndpointParams, EndpointResolver, Partitions, Ruleset};
    /// # let ruleset = Ruleset::parse(r#"{
    /// #     "parameters": {"Region": {"type": "string", "builtIn": "AWS::Region"}},
    /// #     "rules": [{"type": "endpoint", "conditions": [{"fn": "isSet", "argv": [{"ref": "Region"}]}],
    /// #         "endpoint": {"url": "https://tower.{Region}.amazonaws.com"}}]
    /// # }"#)?;
    /// # let partitions = Partitions::parse(r#"{"partitions": [{
    /// #     "id": "aws", "regionRegex": "^eu\\-\\w+\\-\\d+$", "regions": {},
    /// #     "outputs": {"dnsSuffix": "amazonaws.com", "dualStackDnsSuffix": "api.aws",
    /// #                 "supportsFIPS": true, "supportsDualStack": true}
    /// # }]}"#)?;
    /// # let resolver = EndpointResolver::new(ruleset, Arc::new(partitions));
    /// let (endpoint, trace) = resolver.resolve_traced(&EndpointParams::new().with("Region", "eu-west-1"));
    /// for line in &trace {
    ///     println!("{line}");
    /// }
    /// # assert_eq!((endpoint?.url.as_str(), trace.len()), ("https://tower.eu-west-1.amazonaws.com", 2));
    /// # Ok::<(), tucuxi::endpoint::EndpointError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The result is an error as from [`EndpointResolver::resolve`].
    pub fn resolve_traced(
        &self,
        params: &EndpointParams,
    ) -> (Result<Endpoint, EndpointError>, Vec<String>) {
        let mut trace = Vec::new();
        let result = self.ruleset.bind(params).and_then(|bound| {
            eval::evaluate(&self.ruleset, &self.partitions, &bound, Some(&mut trace))?
                .ok_or_else(|| no_match(params))
        });
        (result, trace)
    }
}

fn no_match(params: &EndpointParams) -> EndpointError {
    EndpointError::NoMatch(params.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::partition::tests::TWO;

    /// A resolver for rules over the string parameters A, B and U (which no rule reads) and the boolean F.
    fn resolver(rules: &str) -> EndpointResolver {
        let text = format!(
            r#"{{"parameters": {{"A": {{"type": "string"}}, "B": {{"type": "string"}}, "U": {{"type": "string"}},
                "L": {{"type": "stringArray"}}, "F": {{"type": "boolean", "default": false, "required": true}}}},
                "rules": {rules}}}"#
        );
        let partitions = Arc::new(Partitions::parse(TWO).unwrap());
        EndpointResolver::new(Ruleset::parse(&text).unwrap(), partitions)
    }

    /// Returns the result of an expression as the text of an error rule; `{a}` and `{b}` are parameters.
    fn evaluate(condition: &str, url: &str, params: &EndpointParams) -> String {
        let resolver = resolver(&format!(
            r#"[{{"type": "endpoint", "conditions": [{condition}], "endpoint": {{"url": {url}}}}}]"#
        ));
        match resolver.resolve(params) {
            Ok(endpoint) => endpoint.url.to_string(),
            Err(error) => error.to_string(),
        }
    }

    fn params() -> EndpointParams {
        EndpointParams::new()
            .with("A", "arn:aws-cn:s3:cn-north-1:1:kind:name/x")
            .with("B", "a.b-c")
            .with("L", vec!["one".to_owned(), "two".to_owned()])
    }

    #[test]
    fn functions_are_evaluated_with_their_arguments() {
        const NO_MATCH: &str = "no endpoint found";
        let cases = [
            (
                r#"{"fn": "isSet", "argv": [{"ref": "A"}]}"#,
                r#""{B}""#,
                "a.b-c",
            ),
            (
                r#"{"fn": "isSet", "argv": [{"ref": "U"}]}"#,
                r#""""#,
                NO_MATCH,
            ),
            (r#"{"fn": "not", "argv": [{"ref": "U"}]}"#, r#""y""#, "y"),
            (r#"{"fn": "not", "argv": [""]}"#, r#""y""#, "y"),
            (r#"{"fn": "not", "argv": ["x"]}"#, r#""y""#, NO_MATCH),
            // an empty string and zero are true as conditions
            (r#"{"fn": "ite", "argv": [true, "", "x"]}"#, r#""y""#, "y"),
            (
                r#"{"fn": "ite", "argv": [{"ref": "F"}, "x", 0], "assign": "z"}"#,
                r#""y""#,
                "y",
            ),
            (
                r#"{"fn": "ite", "argv": [{"ref": "F"}, "x", "w"], "assign": "z"}"#,
                r#"{"ref": "z"}"#,
                "w",
            ),
            (
                r#"{"fn": "coalesce", "argv": [{"ref": "U"}, {"ref": "B"}, "c"], "assign": "z"}"#,
                r#""{z}""#,
                "a.b-c",
            ),
            (
                r#"{"fn": "coalesce", "argv": [{"ref": "U"}, {"ref": "U"}]}"#,
                r#""y""#,
                NO_MATCH,
            ),
            (
                r#"{"fn": "split", "argv": [{"ref": "B"}, ".", 0], "assign": "z"}"#,
                r#"{"fn": "getAttr", "argv": [{"ref": "z"}, "[-1]"]}"#,
                "b-c",
            ),
            (
                r#"{"fn": "getAttr", "argv": [{"ref": "L"}, "[1]"], "assign": "z"}"#,
                r#""{z}""#,
                "two",
            ),
            (
                r#"{"fn": "getAttr", "argv": [{"ref": "L"}, "[2]"]}"#,
                r#""y""#,
                NO_MATCH,
            ),
            (
                r#"{"fn": "getAttr", "argv": [{"ref": "L"}, "[-3]"]}"#,
                r#""y""#,
                NO_MATCH,
            ),
            (
                r#"{"fn": "getAttr", "argv": [{"ref": "U"}, "name"]}"#,
                r#""y""#,
                NO_MATCH,
            ),
            (
                r#"{"fn": "aws.parseArn", "argv": [{"ref": "A"}], "assign": "z"}"#,
                r#""{z#service} {z#region} {z#accountId} {z#resourceId[1]}""#,
                "s3 cn-north-1 1 name",
            ),
            (
                r#"{"fn": "aws.parseArn", "argv": [{"ref": "U"}]}"#,
                r#""y""#,
                NO_MATCH,
            ),
            (
                r#"{"fn": "aws.partition", "argv": ["{B}"], "assign": "z"}"#,
                r#""{z#name} {z#dnsSuffix}""#,
                "aws amazonaws.com",
            ),
            (
                r#"{"fn": "aws.partition", "argv": [{"ref": "U"}], "assign": "z"}"#,
                r#""{z#implicitGlobalRegion}""#,
                "us-east-1",
            ),
            (
                r#"{"fn": "uriEncode", "argv": [{"ref": "A"}], "assign": "z"}"#,
                r#""{z}""#,
                "arn%3Aaws-cn%3As3%3Acn-north-1%3A1%3Akind%3Aname%2Fx",
            ),
            (
                r#"{"fn": "parseURL", "argv": ["https://{B}:443/p"], "assign": "z"}"#,
                r#""{z#scheme}://{z#authority}{z#normalizedPath}""#,
                "https://a.b-c:443/p/",
            ),
            (
                r#"{"fn": "substring", "argv": [{"ref": "B"}, 0, 2, true], "assign": "z"}"#,
                r#""{z}""#,
                "-c",
            ),
            (
                r#"{"fn": "isValidHostLabel", "argv": [{"ref": "U"}, true]}"#,
                r#""y""#,
                NO_MATCH,
            ),
            (
                r#"{"fn": "stringEquals", "argv": ["{B}", "a.b-c"]}"#,
                r#""y""#,
                "y",
            ),
            // type errors of rules have their position
            (
                r#"{"fn": "stringEquals", "argv": [{"ref": "U"}, "x"]}"#,
                r#""y""#,
                "malformed endpoint data at rules[0]: argument 1 of `stringEquals` must be a string, not null",
            ),
            (
                r#"{"fn": "booleanEquals", "argv": [true, "true"]}"#,
                r#""y""#,
                "argument 2 of `booleanEquals` must be a boolean",
            ),
            (
                r#"{"fn": "substring", "argv": [{"ref": "B"}, "0", 2, true]}"#,
                r#""y""#,
                "must be an integer, not a string",
            ),
            (
                r#"{"fn": "isSet", "argv": ["x"], "assign": "A"}"#,
                r#""y""#,
                "`A` has a value already",
            ),
            (
                r#"{"fn": "isSet", "argv": ["x"]}"#,
                r#""{U}""#,
                "`U` in a template must be a string, not null",
            ),
            (
                r#"{"fn": "isSet", "argv": ["x"]}"#,
                r#"7"#,
                "a URL must be a string, not an integer",
            ),
        ];
        for (condition, url, expected) in cases {
            let found = evaluate(condition, url, &params());
            assert!(found.contains(expected), "{condition} gave {found}");
        }
    }

    #[test]
    fn a_tree_without_a_match_falls_through_and_its_names_are_gone() {
        let resolver = resolver(
            r#"[{"type": "tree", "conditions": [{"fn": "coalesce", "argv": ["in"], "assign": "x"}], "rules": [
                    {"type": "endpoint", "conditions": [{"fn": "stringEquals", "argv": ["{x}{A}", "in1"]}],
                     "endpoint": {"url": "{x}"}}]},
                {"type": "endpoint", "conditions": [{"fn": "isSet", "argv": [{"ref": "x"}]}], "endpoint": {"url": "leaked"}},
                {"type": "error", "conditions": [{"fn": "coalesce", "argv": ["again"], "assign": "x"}],
                 "error": "{x}"}]"#,
        );
        let resolve = |a| resolver.resolve(&EndpointParams::new().with("A", a));
        assert_eq!(&*resolve("1").unwrap().url, "in");
        assert_eq!(resolve("2"), Err(EndpointError::Rule("again".into())));
    }

    #[test]
    fn headers_and_properties_come_out_resolved() {
        let resolver = resolver(
            r#"[{"type": "endpoint", "conditions": [], "endpoint": {
                "url": "https://{A}/a/../b//",
                "headers": {"x-a": ["{A}", {"ref": "A"}], "x-b": ["b"]},
                "properties": {"backend": "S3Express", "n": 1, "authSchemes": [
                    {"name": "sigv4a", "signingName": "s3", "signingRegionSet": ["*", "{A}"], "disableDoubleEncoding": true},
                    {"name": "sigv4", "signingRegion": "{A}", "disableNormalizePath": true, "new": {"k": ["{A}"]}}]}}}]"#,
        );
        let endpoint = resolver
            .resolve(&EndpointParams::new().with("A", "v"))
            .unwrap();
        assert_eq!(endpoint.url, "https://v/a/../b//");
        let headers: Vec<_> = endpoint
            .headers
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        assert_eq!(headers, ["x-a=v", "x-a=v", "x-b=b"]);
        assert_eq!(endpoint.backend.as_deref(), Some("S3Express"));
        let [sigv4a, sigv4] = &endpoint.auth_schemes[..] else {
            panic!("{endpoint:?}");
        };
        assert_eq!(
            sigv4a.signing_region_set.as_deref(),
            Some(&["*".into(), "v".into()][..])
        );
        assert!(sigv4a.disable_double_encoding && !sigv4a.disable_normalize_path);
        assert_eq!(sigv4.signing_region.as_deref(), Some("v"));
        assert!(sigv4.disable_normalize_path && sigv4.signing_name.is_none());
        assert_eq!(endpoint.properties["n"], 1);
        assert_eq!(endpoint.properties["authSchemes"][1]["new"]["k"][0], "v");
    }

    #[test]
    fn malformed_auth_schemes_are_an_error() {
        let resolver = resolver(
            r#"[{"type": "endpoint", "conditions": [],
                 "endpoint": {"url": "u", "properties": {"authSchemes": [{"signingName": "s"}]}}}]"#,
        );
        let error = resolver
            .resolve(&EndpointParams::new())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("rules[0]: authSchemes: missing field `name`"),
            "{error}"
        );
    }

    #[test]
    fn parameters_that_no_rule_reads_do_not_fill_the_cache() {
        let resolver =
            resolver(r#"[{"type": "endpoint", "conditions": [], "endpoint": {"url": "{A}"}}]"#);
        let first = resolver.resolve(&params().with("U", "1")).unwrap();
        let second = resolver
            .resolve(&params().with("U", "2").with("F", true))
            .unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        for n in 0..250 {
            let other = EndpointParams::new().with("A", format!("{n}"));
            assert_eq!(&*resolver.resolve(&other).unwrap().url, format!("{n}"));
            // kept in use, the first one stays
            assert!(Arc::ptr_eq(&first, &resolver.resolve(&params()).unwrap()));
        }
        assert_eq!(resolver.cache.len(), 100);
    }

    #[test]
    fn errors_are_not_cached_and_parameters_are_still_checked() {
        let resolver = resolver(
            r#"[{"type": "endpoint", "conditions": [{"fn": "isSet", "argv": [{"ref": "A"}]}], "endpoint": {"url": "{A}"}}]"#,
        );
        let error = resolver
            .resolve(&EndpointParams::new().with("B", "b"))
            .unwrap_err();
        assert_eq!(error.to_string(), "no endpoint found for parameters: B: b");
        assert_eq!(resolver.cache.len(), 0);
        assert!(
            resolver
                .resolve(&EndpointParams::new().with("U", true))
                .is_err()
        );
    }

    #[test]
    fn a_trace_names_each_condition_and_the_result() {
        let resolver = resolver(
            r#"[{"type": "error", "conditions": [{"fn": "isSet", "argv": [{"ref": "U"}]}], "error": "no"},
                {"type": "tree", "conditions": [{"fn": "aws.partition", "argv": ["{A}"], "assign": "p"}], "rules": [
                    {"type": "endpoint", "endpoint": {"url": "https://{p#dnsSuffix}"}, "conditions": [
                        {"fn": "stringEquals", "argv": [{"fn": "getAttr", "argv": [{"ref": "p"}, "name"]}, "aws"]}]}]}]"#,
        );
        let (result, trace) =
            resolver.resolve_traced(&EndpointParams::new().with("A", "us-east-1"));
        assert!(result.is_ok());
        assert_eq!(
            trace,
            [
                "rules[0]: isSet(U) = false",
                "rules[1]: p := aws.partition(\"{A}\") = partition aws",
                "rules[1].rules[0]: stringEquals(p#name, \"aws\") = true",
                "rules[1].rules[0]: endpoint https://amazonaws.com",
            ]
        );
    }

    #[test]
    fn rules_that_double_a_text_without_end_are_stopped() {
        let conditions: Vec<_> = (0..64)
            .map(|n| {
                let text = if n == 0 {
                    "xx".to_owned()
                } else {
                    format!("{{v{0}}}{{v{0}}}", n - 1)
                };
                format!(r#"{{"fn": "coalesce", "argv": ["{text}"], "assign": "v{n}"}}"#)
            })
            .collect();
        let found = evaluate(&conditions.join(","), r#""u""#, &EndpointParams::new());
        assert!(found.contains("longer than 64 KiB"), "{found}");
    }

    #[test]
    fn a_resolver_can_be_shared_between_threads() {
        fn shareable<T: Send + Sync>() {}
        shareable::<EndpointResolver>();
        shareable::<LegacyEndpoints>();
        shareable::<EndpointError>();
    }
}
