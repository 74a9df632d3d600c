//! Which operation of which service a request is.
//!
//! | protocol | recognised by |
//! | --- | --- |
//! | json | `X-Amz-Target: prefix.Operation` |
//! | rpc-v2 | the path `/service/prefix/operation/Operation` |
//! | query, ec2 | `Action` and `Version` in the form or the query |
//! | REST | method, path and query, among the services with the signing name, or among all if the request is not signed |
//!
//! If that fits several services (RDS, Neptune and DocumentDB have one API version and one signing name), those come first that
//! the host or the user agent names.

use std::sync::Arc;

use http::Method;
use http::header::USER_AGENT;

use super::catalogue::{Catalogue, Entry};
use super::message::{Incoming, pairs};
use super::route;
use crate::error::Result;
use crate::model::{Operation, Protocol, ServiceModel};
use crate::names::plain;

const FORM: &str = "application/x-www-form-urlencoded";

/// An operation that a request may be.
pub(super) struct Recognised {
    pub(super) model: Arc<ServiceModel>,
    pub(super) operation: Arc<Operation>,
    /// The labels of the path: wire names and values.
    pub(super) labels: Vec<(String, String)>,
}

/// The protocol of a request that no operation fits, and the problem.
pub(super) struct Unknown {
    pub(super) protocol: Protocol,
    pub(super) problem: String,
}

/// The operations that fit a request equally well, the likeliest first.
pub(super) fn recognise(
    catalogue: &Catalogue,
    request: &Incoming,
) -> Result<std::result::Result<Vec<Recognised>, Unknown>> {
    let search = Search {
        catalogue,
        request,
        signing_name: request.signing_name(),
        hints: hints(request),
    };
    let (protocol, found, problem) = if let Some(target) = request.header("x-amz-target") {
        let problem = format!("no service has the target {target}");
        (Protocol::AwsJson, search.by_target(target)?, problem)
    } else if let Some((protocol, service, operation)) = rpc_v2(request) {
        let problem = format!("no service {service} has an operation {operation}");
        (
            protocol,
            search.by_prefix(protocol, &service, &operation)?,
            problem,
        )
    } else if let Some((action, version)) = action(request) {
        let problem = format!("no service has the action {action} in API version {version}");
        let (protocol, found) = search.by_action(&action, &version)?;
        (protocol, found, problem)
    } else {
        let problem = format!("no operation has {} {}", request.method, request.path);
        let (protocol, found) = search.by_route()?;
        (protocol, found, problem)
    };
    Ok(match found.is_empty() {
        true => Err(Unknown { protocol, problem }),
        false => Ok(found),
    })
}

struct Search<'a> {
    catalogue: &'a Catalogue,
    request: &'a Incoming,
    signing_name: Option<String>,
    /// Names that host and user agent have, without separators.
    hints: Vec<String>,
}

impl<'a> Search<'a> {
    fn by_target(&self, target: &str) -> Result<Vec<Recognised>> {
        let (prefix, operation) = target.rsplit_once('.').unwrap_or(("", target));
        self.by_prefix(Protocol::AwsJson, prefix, operation)
    }

    fn by_prefix(&self, protocol: Protocol, prefix: &str, name: &str) -> Result<Vec<Recognised>> {
        let fits = |entry: &&Entry| entry.target_prefix == prefix && !prefix.is_empty();
        self.all(fits, |_| protocol, name)
    }

    fn by_action(&self, action: &str, version: &str) -> Result<(Protocol, Vec<Recognised>)> {
        let protocol = |entry: &Entry| match entry.protocol {
            Protocol::Ec2Query => Protocol::Ec2Query,
            _ => Protocol::AwsQuery,
        };
        let fits = |entry: &&Entry| entry.api_version == version && !entry.protocol.is_rest();
        let mut found = self.all(fits, protocol, action)?;
        if found.is_empty() {
            // another version of the API
            found = self.all(|entry| self.is_signed_for(entry), protocol, action)?;
        }
        let protocol = found.first().map(|first| first.model.metadata().protocol);
        Ok((protocol.unwrap_or(Protocol::AwsQuery), found))
    }

    /// The services that fit and have an operation of this name.
    fn all(
        &self,
        fits: impl Fn(&&'a Entry) -> bool,
        protocol: impl Fn(&Entry) -> Protocol,
        operation: &str,
    ) -> Result<Vec<Recognised>> {
        let mut found = Vec::new();
        for entry in self.sorted(fits)? {
            let model = self.catalogue.model(&entry.name, protocol(entry))?;
            if model.operation_names().any(|name| name == operation) {
                let operation = model.operation(operation)?.clone();
                found.push(Recognised {
                    model,
                    operation,
                    labels: Vec::new(),
                });
            }
        }
        Ok(found)
    }

    fn by_route(&self) -> Result<(Protocol, Vec<Recognised>)> {
        if !route::is_method(&self.request.method) {
            return Ok((Protocol::RestJson, Vec::new()));
        }
        let is_rest = |entry: &&Entry| entry.protocol.is_rest();
        let signers = self.sorted(|entry| is_rest(entry) && self.is_signed_for(entry))?;
        // S3 signs as s3express or s3-outposts for some buckets
        let is_variant = |entry: &&Entry| {
            let name = self.signing_name.as_deref();
            name.is_some_and(|name| {
                !entry.signing_name.is_empty() && name.starts_with(&entry.signing_name)
            })
        };
        let variants = self.sorted(|entry| is_rest(entry) && is_variant(entry))?;
        let others = match signers.is_empty() && variants.is_empty() {
            true => self.sorted(is_rest)?,
            false => Vec::new(),
        };
        let likeliest = signers.first().or_else(|| variants.first());
        let protocol = likeliest.map_or(Protocol::RestJson, |entry| entry.protocol);
        let mut found = Vec::new();
        for entries in [signers, variants, others] {
            if found.is_empty() {
                found = self.routed(&entries, self.request)?;
            }
            if found.is_empty()
                && let Some(moved) = form_as_query(self.request)
            {
                found = self.routed(&entries, &moved)?;
            }
        }
        Ok((protocol, found))
    }

    /// The operations of these services that fit best.
    fn routed(&self, entries: &[&Entry], request: &Incoming) -> Result<Vec<Recognised>> {
        let virtual_host = virtual_host(request.host());
        let mut matches = Vec::new();
        for entry in entries {
            let router = self.catalogue.router(entry)?;
            let mut fitting = router.matches(request, virtual_host);
            if fitting.is_empty() && virtual_host.is_some() {
                fitting = router.matches(request, None);
            }
            matches.extend(fitting.into_iter().map(|one| (entry, one)));
        }
        let best = matches.iter().map(|(_, one)| one.rank.clone()).min();
        matches.retain(|(_, one)| Some(&one.rank) == best.as_ref());
        matches.sort_by_key(|(_, one)| one.operation.deprecated);
        (matches.into_iter())
            .map(|(entry, one)| {
                Ok(Recognised {
                    model: self.catalogue.model(&entry.name, entry.protocol)?,
                    operation: one.operation,
                    labels: one.labels,
                })
            })
            .collect()
    }

    /// The entries that fit, the likeliest first.
    fn sorted(&self, fits: impl Fn(&&'a Entry) -> bool) -> Result<Vec<&'a Entry>> {
        let mut found: Vec<&Entry> = self.catalogue.entries()?.iter().filter(fits).collect();
        let is_named = |entry: &Entry| {
            let names = [&entry.name, &entry.endpoint_prefix].map(|name| plain(name));
            self.hints.iter().any(|hint| names.contains(hint))
        };
        found.sort_by_key(|entry| (!is_named(entry), !self.is_signed_for(entry)));
        Ok(found)
    }

    fn is_signed_for(&self, entry: &Entry) -> bool {
        (self.signing_name.as_deref()).is_some_and(|name| entry.signs_as(name))
    }
}

/// A form that SDKs send in place of a long query, as the search of CloudSearch.
pub(super) fn form_as_query(request: &Incoming) -> Option<Incoming> {
    let is_form = request.media_type() == FORM && request.method == Method::POST;
    is_form.then(|| {
        let mut moved = request.clone();
        moved.method = Method::GET;
        let form = String::from_utf8_lossy(&moved.body);
        moved.query = format!("{}&{form}", moved.query);
        moved.body = Vec::new();
        moved
    })
}

/// Protocol, service and operation in a path of RPC v2.
fn rpc_v2(request: &Incoming) -> Option<(Protocol, String, String)> {
    let (_, rest) = request.path.rsplit_once("/service/")?;
    let (service, operation) = rest.split_once("/operation/")?;
    let protocol = match request.header("smithy-protocol")? {
        "rpc-v2-json" => Protocol::RpcV2Json,
        _ => Protocol::RpcV2Cbor,
    };
    Some((protocol, service.into(), operation.into()))
}

/// The action and the API version of a request of the query protocols.
fn action(request: &Incoming) -> Option<(String, String)> {
    let find = |pairs: Vec<(String, String)>| {
        let value = |name| {
            let found = pairs.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone())
        };
        Some((value("Action")?, value("Version")?))
    };
    let is_form = request.media_type() == FORM;
    let form = is_form.then(|| String::from_utf8_lossy(&request.body));
    let form = form.and_then(|form| find(pairs(&form)));
    form.or_else(|| find(request.query_pairs()))
}

/// The names in the first labels of the host, and those of the service in the user agent: `api/rds#1.0` of the SDKs,
/// `md/command#rds.describe-db-instances` of `aws`.
fn hints(request: &Incoming) -> Vec<String> {
    let mut hints: Vec<String> = request.host().split('.').map(plain).collect();
    for word in request.header(USER_AGENT).unwrap_or_default().split(' ') {
        let api = word
            .strip_prefix("api/")
            .and_then(|rest| rest.split(['#', '/']).next());
        let command = word.strip_prefix("md/command#");
        let command = command.and_then(|rest| rest.split('.').next());
        hints.extend(api.or(command).map(plain));
    }
    hints
}

/// The label before the name of a host, if there is one: the bucket in `bucket.localhost` and `bucket.s3.eu-west-1.amazonaws.com`.
fn virtual_host(host: &str) -> Option<&str> {
    if let Some(label) = host.strip_suffix(".localhost") {
        return Some(label);
    }
    for end in [".s3.", ".s3-"] {
        if let Some(at) = host.find(end) {
            return Some(&host[..at]);
        }
    }
    // a bucket before an address
    let mut parts = host.rsplitn(5, '.');
    let is_address = parts
        .by_ref()
        .take(4)
        .filter(|part| part.parse::<u8>().is_ok())
        .count()
        == 4;
    parts.next().filter(|_| is_address)
}
