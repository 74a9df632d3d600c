//! What the endpoint rules of a service are told of a call.
//!
//! Of each parameter that the rules define, the first of these that has a value gives it: the operation's static ones, the
//! input's members, expressions over the input, the built-ins of the client.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::discovery::{self, Lookup};
use super::{Call, Exchange, redirect};
use crate::endpoint::{
    Endpoint, EndpointAuthScheme, EndpointError, EndpointParams, EndpointResolver, EndpointValue,
    LegacyQuery,
};
use crate::error::{Error, ErrorKind, Result};
use crate::identity::Credentials;
use crate::model::Members;
use crate::protocol;
use crate::query::Query;
use crate::settings::{AccountIdEndpointMode, AddressingStyle, StsEndpoints};
use crate::uri;

/// Finds the endpoint of a call. `who` is needed by the few services whose endpoints are the account's.
pub(super) fn resolve(
    call: &Call<'_>,
    params: &Value,
    who: Option<&Credentials>,
) -> Result<Arc<Endpoint>> {
    let given = given_url(call)?;
    match (call.service.rules()?, given) {
        (Some(rules), given) => {
            let params = Facts::of(call, params, who, given)?.fill(rules)?;
            Ok(rules.resolve(&params)?)
        }
        (None, Some(url)) => Ok(Arc::new(bare(url.into(), Vec::new()))),
        (None, None) => legacy(call).map(Arc::new),
    }
}

/// How the endpoint of a call is found, step by step: by the rules, then by discovery, and last with the operation's host
/// prefix.
pub(crate) fn explain(
    call: &Call<'_>,
    params: &Value,
    who: Option<&Credentials>,
) -> Result<EndpointExplanation> {
    let mut explanation = by_rules(call, params, who)?;
    for step in &mut explanation.steps {
        *step = uri::without_passwords(step).into_owned();
    }
    let found = explanation.endpoint.and_then(|mut endpoint| {
        match discovery::look_up(call, params, call.config.now())? {
            Lookup::Ask(operation, _) => explanation.steps.push(format!(
                "{operation} is called first, and the endpoint that it gives is used instead"
            )),
            Lookup::Rules => {}
            Lookup::Use(url) => {
                explanation
                    .steps
                    .push(format!("the service has given the endpoint {url}"));
                endpoint.url = url;
            }
        }
        let (model, operation) = (&call.service.model, call.operation);
        if let Some(prefix) = protocol::host_prefix(model, operation, params)?
            && call.config.injects_host_prefix()
            && let Some((scheme, rest)) = endpoint.url.split_once("://")
        {
            let step = format!("the operation puts {prefix} before the host");
            explanation.steps.push(step);
            endpoint.url = format!("{scheme}://{prefix}{rest}").into();
        }
        Ok(endpoint)
    });
    explanation.endpoint = found;
    Ok(explanation)
}

fn by_rules(
    call: &Call<'_>,
    params: &Value,
    who: Option<&Credentials>,
) -> Result<EndpointExplanation> {
    let given = given_url(call)?;
    let Some(rules) = call.service.rules()? else {
        let step = match &given {
            Some(_) => "the service has no rules; the configuration names the endpoint",
            None => "the service has no rules; the endpoints file is asked",
        };
        return Ok(EndpointExplanation {
            parameters: EndpointParams::new(),
            steps: vec![step.into()],
            endpoint: resolve(call, params, who).map(Arc::unwrap_or_clone),
        });
    };
    let parameters = Facts::of(call, params, who, given)?.fill(rules)?;
    let (endpoint, steps) = rules.resolve_traced(&parameters);
    Ok(EndpointExplanation {
        parameters,
        steps,
        endpoint: endpoint.map_err(Error::from),
    })
}

/// What the rules were told, what they did, and what came of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct EndpointExplanation {
    /// The parameters of the rules, by name.
    pub parameters: EndpointParams,
    /// A line for each condition that was looked at.
    pub steps: Vec<String>,
    /// The endpoint, or why there is none.
    pub endpoint: Result<Endpoint>,
}

impl fmt::Display for EndpointExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "parameters")?;
        for (name, value) in self.parameters.iter() {
            let value = value.to_string();
            writeln!(f, "  {name} = {}", uri::without_passwords(&value))?;
        }
        writeln!(f, "rules")?;
        for step in &self.steps {
            writeln!(f, "  {step}")?;
        }
        match &self.endpoint {
            Ok(endpoint) => {
                writeln!(f, "endpoint\n  {}", uri::without_passwords(&endpoint.url))?;
                for (name, value) in &endpoint.headers {
                    writeln!(f, "  header {name}: {value}")?;
                }
                for scheme in &endpoint.auth_schemes {
                    write!(f, "  signed by {}", scheme.name)?;
                    if let Some(name) = &scheme.signing_name {
                        write!(f, " as {name}")?;
                    }
                    if let Some(region) = &scheme.signing_region {
                        write!(f, " for {region}")?;
                    }
                    writeln!(f)?;
                }
                Ok(())
            }
            Err(error) => writeln!(f, "no endpoint\n  {error}"),
        }
    }
}

impl Exchange<'_> {
    /// Reads what the data files say of the service's endpoints, which are kept. After it, the machine reads none.
    ///
    /// # Errors
    ///
    /// A file is broken.
    pub(super) fn load(&self) -> Result<()> {
        let service = self.call.service;
        service.rules()?;
        if needs_endpoints_file(&self.call)? {
            // what it lacks is an error where it is needed
            let _ = service.legacy();
        }
        Ok(())
    }

    /// Whether there is nothing to read any more.
    pub(super) fn is_loaded(&self) -> bool {
        let service = self.call.service;
        service.has_rules()
            && (service.has_legacy() || matches!(needs_endpoints_file(&self.call), Ok(false)))
    }
}

/// Whether [`region`], [`signing_region`] or [`resolve`] may look into the endpoints file.
fn needs_endpoints_file(call: &Call<'_>) -> Result<bool> {
    let has_region = call.config.region().is_some();
    Ok(!has_region || may_sign_elsewhere(call) || call.service.rules()?.is_none())
}

/// Whether the region that is signed for may not be the client's.
fn may_sign_elsewhere(call: &Call<'_>) -> bool {
    let config = call.config;
    let own = config.region().unwrap_or_default();
    let is_plain =
        !config.use_fips() && config.use_dualstack() != Some(true) && !own.ends_with("-global");
    !own.is_empty() && (!is_plain || call.service.quirks.signs_for_legacy_region)
}

/// The endpoint that the configuration names for this service.
pub(super) fn given_url(call: &Call<'_>) -> Result<Option<String>> {
    let key = call.service.model.metadata().service_key();
    Ok(call.config.endpoint_url(&key)?)
}

/// The region to sign for, where the rules name none: the client's, unless the endpoints file knows of another. That file
/// is only asked where it may.
pub(super) fn signing_region(call: &Call<'_>) -> Result<String> {
    let (config, metadata) = (call.config, call.service.model.metadata());
    let own = config.region().unwrap_or_default();
    if may_sign_elsewhere(call) && given_url(call)?.is_none() {
        let query = LegacyQuery {
            service: &metadata.endpoint_prefix,
            region: Some(own),
            dualstack: config.use_dualstack().unwrap_or(false),
            fips: config.use_fips(),
        };
        if let Ok(found) = call.service.legacy()?.resolve(&query) {
            return Ok(found.signing_region().into());
        }
    }
    Ok(config.required_region()?.into())
}

/// That of the bucket, if it was found elsewhere; else the client's.
fn region_of(call: &Call<'_>, params: &Value, given: Option<&str>) -> Result<Option<String>> {
    let found =
        redirect::bucket(call, params).and_then(|bucket| call.service.bucket_region(bucket));
    match found {
        Some(region) => Ok(Some(region.into())),
        None => region(call, given),
    }
}

/// The client's region. Without one, global services have one of their own.
pub(super) fn region(call: &Call<'_>, given: Option<&str>) -> Result<Option<String>> {
    match call.config.region() {
        Some(region) => Ok(Some(region.to_owned())),
        None => {
            let metadata = call.service.model.metadata();
            if given.is_some() && !call.service.quirks.has_region_at_any_url {
                return Ok(None);
            }
            let query = LegacyQuery {
                service: &metadata.endpoint_prefix,
                ..LegacyQuery::default()
            };
            match call.service.legacy()?.resolve(&query) {
                Ok(endpoint) if given.is_some() => Ok(Some(endpoint.signing_region().into())),
                Ok(endpoint) => Ok(Some(endpoint.name.into())),
                Err(EndpointError::NoRegion) => {
                    call.config.required_region()?;
                    Ok(None)
                }
                Err(error) => Err(error.into()),
            }
        }
    }
}

/// For models without rules: what the endpoints file says.
fn legacy(call: &Call<'_>) -> Result<Endpoint> {
    let metadata = call.service.model.metadata();
    let query = LegacyQuery {
        service: &metadata.endpoint_prefix,
        region: call.config.region(),
        dualstack: call.config.use_dualstack().unwrap_or(false),
        fips: call.config.use_fips(),
    };
    let found = match call.service.legacy()?.resolve(&query) {
        Err(EndpointError::NoRegion) => {
            call.config.required_region()?;
            return Err(EndpointError::NoRegion.into());
        }
        found => found?,
    };
    let scheme = EndpointAuthScheme {
        name: "sigv4".into(),
        signing_region: Some(found.signing_region().into()),
        signing_name: found.scope_service.clone(),
        ..EndpointAuthScheme::default()
    };
    Ok(bare(found.url(true).into(), vec![scheme]))
}

fn bare(url: Box<str>, auth_schemes: Vec<EndpointAuthScheme>) -> Endpoint {
    Endpoint {
        url,
        headers: Vec::new(),
        auth_schemes,
        backend: None,
        properties: serde_json::Map::new(),
    }
}

/// What may become a parameter.
struct Facts<'a> {
    call: &'a Call<'a>,
    params: &'a Value,
    who: Option<&'a Credentials>,
    region: Option<String>,
    given: Option<String>,
}

impl<'a> Facts<'a> {
    fn of(
        call: &'a Call<'a>,
        params: &'a Value,
        who: Option<&'a Credentials>,
        given: Option<String>,
    ) -> Result<Self> {
        Ok(Self {
            call,
            params,
            who,
            region: region_of(call, params, given.as_deref())?,
            given,
        })
    }

    /// In the order in which the rules define them, and nothing else.
    fn fill(&self, rules: &EndpointResolver) -> Result<EndpointParams> {
        let mut filled = EndpointParams::new();
        for definition in rules.ruleset().parameters() {
            let name = &*definition.name;
            let mut value = self.of_call(name)?;
            if let (None, Some(built_in)) = (&value, &definition.built_in) {
                value = self.built_in(built_in)?;
            }
            if let Some(value) = value {
                filled.set(name, value);
            }
        }
        Ok(filled)
    }

    /// From the operation and its input, or from the client.
    fn of_call(&self, name: &str) -> Result<Option<EndpointValue>> {
        let Call {
            operation, service, ..
        } = *self.call;
        let mut statics = operation.static_context_params.iter();
        if let Some(fixed) = statics.find(|param| *param.name == *name) {
            return Ok(value(&fixed.value));
        }
        let input = operation
            .input
            .map(|id| service.model.shape(id))
            .transpose()?;
        let mut members = input
            .and_then(|shape| shape.members())
            .map(Members::iter)
            .into_iter()
            .flatten();
        if let Some(member) = members.find(|m| m.context_param.as_deref() == Some(name))
            && let Some(found) = self.params.get(&*member.name).and_then(value)
        {
            return Ok(Some(found));
        }
        let mut paths = operation.operation_context_params.iter();
        let Some((_, path)) = paths.find(|(param, _)| **param == *name) else {
            let mut left_to_clients = service.model.metadata().client_context_params.iter();
            let is_left = left_to_clients.any(|(param, _)| **param == *name);
            return Ok(self
                .call
                .config
                .client_context_param(name)
                .filter(|_| is_left)
                .cloned());
        };
        let found = Query::compile(path).and_then(|query| Ok(value(&*query.search(self.params)?)));
        found.map_err(|e| Error::new(ErrorKind::Endpoint, e))
    }

    fn built_in(&self, name: &str) -> Result<Option<EndpointValue>> {
        let config = self.call.config;
        let (s3, region) = (config.s3(), self.region.as_deref());
        let is_given = self.given.is_some();
        Ok(match name {
            "AWS::Region" if self.is_global_url() => Some("aws-global".into()),
            "AWS::Region" => region.map(Into::into),
            "AWS::UseFIPS" => Some((config.use_fips() && !is_given).into()),
            "AWS::UseDualStack" => Some((self.uses_dualstack() && !is_given).into()),
            "SDK::Endpoint" => self.given.as_deref().map(Into::into),
            "AWS::Auth::AccountId" => match config.account_id_endpoint_mode() {
                AccountIdEndpointMode::Disabled => None,
                _ => self.who.and_then(Credentials::account_id).map(Into::into),
            },
            "AWS::Auth::AccountIdEndpointMode" => {
                Some(config.account_id_endpoint_mode().as_str().into())
            }
            "AWS::STS::UseGlobalEndpoint" => {
                let legacy = config.sts_endpoints() == StsEndpoints::Legacy;
                Some((legacy && region.is_some_and(|r| LEGACY_STS_REGIONS.contains(&r))).into())
            }
            "AWS::S3::UseGlobalEndpoint" => {
                let is_global = matches!(region, None | Some("us-east-1" | "aws-global"));
                Some((self.is_global_url() || (is_global && !s3.us_east_1_regional)).into())
            }
            "AWS::S3::ForcePathStyle" => Some(self.forces_path_style().into()),
            "AWS::S3::Accelerate" => Some(self.accelerates().into()),
            "AWS::S3::UseArnRegion" => Some(s3.use_arn_region.unwrap_or(true).into()),
            "AWS::S3Control::UseArnRegion" => Some(s3.use_arn_region.unwrap_or(false).into()),
            "AWS::S3::DisableMultiRegionAccessPoints" => {
                Some(s3.disable_multiregion_access_points.into())
            }
            "AWS::S3::DisableS3ExpressSessionAuth" => Some(s3.disable_express_session_auth.into()),
            _ => {
                let what =
                    format!("the endpoint rules need {name}, which this client does not know");
                return Err(Error::unsupported(what));
            }
        })
    }

    /// A presigned URL finds its bucket in any region, unless a setting says where it is.
    fn is_global_url(&self) -> bool {
        let (call, s3) = (self.call, self.call.config.s3());
        let bucket = self.params.get("Bucket").and_then(Value::as_str);
        let is_label = |name: &str| {
            let is_label = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            name.len() >= 3
                && name.bytes().all(is_label)
                && !name.starts_with('-')
                && !name.ends_with('-')
        };
        let region = self.region.as_deref().unwrap_or("aws-global");
        let rules = call.service.rules().ok().flatten();
        let partition = rules.and_then(|rules| rules.partitions().for_region(region));
        call.presign.is_some()
            && call.has(call.service.quirks.presigns_for_any_region)
            && self.given.is_none()
            && partition.is_some_and(|partition| &*partition.id == "aws")
            && !s3
                .use_dualstack
                .or_else(|| call.config.use_dualstack())
                .unwrap_or(false)
            && !(s3.us_east_1_regional && region == "us-east-1")
            && s3.addressing_style == AddressingStyle::Auto
            && bucket.is_none_or(|name| is_label(name) && !name.ends_with("--x-s3"))
            && !self.forces_path_style()
    }

    /// The section `s3` of a profile counts for the services that sign as S3 does.
    fn uses_dualstack(&self) -> bool {
        let config = self.call.config;
        let is_s3 = self
            .call
            .service
            .model
            .metadata()
            .signature_version
            .starts_with("s3")
            || &*self.call.service.model.metadata().signing_name == "s3";
        config
            .use_dualstack()
            .or_else(|| config.s3().use_dualstack.filter(|_| is_s3))
            .unwrap_or(false)
    }

    /// By the setting, or because the endpoint is given and is an accelerated one.
    fn accelerates(&self) -> bool {
        let rest = self
            .given
            .as_deref()
            .and_then(|url| url.split_once("://"))
            .map(|(_, rest)| rest);
        let host = rest
            .and_then(|rest| rest.split('/').next())
            .unwrap_or_default();
        self.call.config.s3().use_accelerate_endpoint
            || (host.starts_with("s3-accelerate.") && host.ends_with(".amazonaws.com"))
    }

    /// A server of one's own seldom answers for hosts with the bucket's name; an ARN is never a part of a path.
    fn forces_path_style(&self) -> bool {
        let Call {
            operation, service, ..
        } = *self.call;
        let bucket = self
            .params
            .get("Bucket")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if bucket.starts_with("arn:") {
            return false;
        }
        let quirks = service.quirks;
        if quirks.path_style.contains(&&*operation.name) && self.call.has(quirks.has_path_style) {
            return true;
        }
        match self.call.config.s3().addressing_style {
            _ if self.accelerates() => false,
            AddressingStyle::Virtual => false,
            AddressingStyle::Path => true,
            AddressingStyle::Auto => self.given.is_some(),
        }
    }
}

/// Regions that STS had when its endpoint was a global one.
const LEGACY_STS_REGIONS: [&str; 16] = [
    "ap-northeast-1",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "aws-global",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// A parameter's value; of a list its texts.
fn value(json: &Value) -> Option<EndpointValue> {
    match json {
        Value::Bool(yes) => Some((*yes).into()),
        Value::String(text) => Some(text.as_str().into()),
        Value::Array(items) => {
            let texts = items.iter().filter_map(Value::as_str).map(str::to_owned);
            Some(texts.collect::<Vec<_>>().into())
        }
        _ => None,
    }
}
