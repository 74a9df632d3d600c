//! The parameters of a service's endpoint rules.
//!
//! The sources of a value, the highest precedence first: the operation's static parameters, the input's members, expressions over
//! the input, the client's settings (built-ins).

use std::borrow::Cow;

use serde_json::Value;

use super::super::Call;
use super::region_of;
use crate::endpoint::{EndpointResolver, EndpointValue};
use crate::error::{Error, ErrorKind, Result};
use crate::identity::Credentials;
use crate::model::{Members, Shape};
use crate::query::Query;
use crate::settings::{AccountIdEndpointMode, AddressingStyle, RegionalEndpoints};

/// The sources of parameters.
pub(super) struct Facts<'a> {
    call: &'a Call,
    params: &'a Value,
    credentials: Option<&'a Credentials>,
    /// The members of the input.
    members: Option<&'a Members>,
    region: Option<Cow<'a, str>>,
    given: Option<&'a str>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(
        call: &'a Call,
        params: &'a Value,
        credentials: Option<&'a Credentials>,
        given: Option<&'a str>,
    ) -> Result<Self> {
        let model = &call.service.model;
        let input = call.operation.input.map(|id| model.shape(id)).transpose()?;
        Ok(Self {
            call,
            params,
            credentials,
            members: input.and_then(Shape::members),
            region: region_of(call, params, given)?,
            given,
        })
    }

    /// Returns the values of the parameters that the rules define, in their order.
    pub(super) fn values(&self, rules: &EndpointResolver) -> Result<Vec<Option<EndpointValue>>> {
        let definitions = rules.ruleset().parameters();
        let mut values = Vec::with_capacity(definitions.len());
        for definition in definitions {
            values.push(
                match (self.of_call(&definition.name)?, &definition.built_in) {
                    (None, Some(built_in)) => self.built_in(built_in)?,
                    (value, _) => value,
                },
            );
        }
        Ok(values)
    }

    /// The value from the operation, its input or the client's context parameters.
    fn of_call(&self, name: &str) -> Result<Option<EndpointValue>> {
        let Call {
            operation, service, ..
        } = self.call;
        let mut statics = operation.static_context_params.iter();
        if let Some(fixed) = statics.find(|param| *param.name == *name) {
            return Ok(value(&fixed.value));
        }
        let mut members = self.members.map(Members::iter).into_iter().flatten();
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
        let config = &self.call.config;
        let (s3, region) = (config.s3(), self.region.as_deref());
        let is_given = self.given.is_some();
        Ok(match name {
            "AWS::Region" if self.is_global_url() => Some("aws-global".into()),
            "AWS::Region" => region.map(Into::into),
            "AWS::UseFIPS" => Some((config.use_fips() && !is_given).into()),
            "AWS::UseDualStack" => Some((self.uses_dualstack() && !is_given).into()),
            "SDK::Endpoint" => self.given.map(Into::into),
            "AWS::Auth::AccountId" => match config.account_id_endpoint_mode() {
                AccountIdEndpointMode::Disabled => None,
                _ => self
                    .credentials
                    .and_then(Credentials::account_id)
                    .map(Into::into),
            },
            "AWS::Auth::AccountIdEndpointMode" => {
                Some(config.account_id_endpoint_mode().as_str().into())
            }
            "AWS::STS::UseGlobalEndpoint" => {
                let legacy = config.sts_endpoints() == RegionalEndpoints::Legacy;
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
                let what = format!(
                    "the endpoint rules need the built-in {name}, which this version does not support"
                );
                return Err(Error::unsupported(what));
            }
        })
    }

    /// Whether a presigned URL is for the global endpoint, which finds a bucket in any region.
    fn is_global_url(&self) -> bool {
        let (call, s3) = (self.call, self.call.config.s3());
        if call.presign.is_none() || self.given.is_some() {
            return false;
        }
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
        call.has(call.service.quirks.presigns_for_any_region)
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

    /// Whether dual-stack endpoints are used. The profile's section `s3` applies to all services with S3's signing name.
    fn uses_dualstack(&self) -> bool {
        let config = &self.call.config;
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

    /// Whether S3 Transfer Acceleration is used: by the setting, or by an endpoint URL.
    fn accelerates(&self) -> bool {
        let rest = self
            .given
            .and_then(|url| url.split_once("://"))
            .map(|(_, rest)| rest);
        let host = rest
            .and_then(|rest| rest.split('/').next())
            .unwrap_or_default();
        self.call.config.s3().use_accelerate_endpoint
            || (host.starts_with("s3-accelerate.") && host.ends_with(".amazonaws.com"))
    }

    /// Whether the bucket is in the path. This is the default for custom endpoints; an ARN is never in the path.
    fn forces_path_style(&self) -> bool {
        let Call {
            operation, service, ..
        } = self.call;
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

/// The regions in which STS used its global endpoint before it had regional ones.
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

/// The value of a parameter. A list becomes the list of its strings.
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
