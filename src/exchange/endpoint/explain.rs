//! The explanation of how the endpoint of a call is resolved.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::super::Call;
use super::super::discovery::{self, Lookup};
use super::parameters::Facts;
use super::{given_url, resolve};
use crate::endpoint::{Endpoint, EndpointParams};
use crate::error::{Error, Result};
use crate::identity::Credentials;
use crate::{protocol, uri};

/// Explains how the endpoint of a call is resolved: by the rules, then by discovery, then with the operation's host prefix.
pub(crate) fn explain(
    call: &Call,
    params: &Value,
    credentials: Option<&Credentials>,
) -> Result<EndpointExplanation> {
    let params = &call.completed(params).map_err(|e| call.named(e))?;
    let mut explanation = by_rules(call, params, credentials)?;
    for step in &mut explanation.steps {
        *step = uri::without_passwords(step).into_owned();
    }
    let found = explanation.endpoint.and_then(|mut endpoint| {
        match discovery::look_up(call, params, call.config.now())? {
            Lookup::Ask(operation, _) => {
                explanation.steps.push(format!(
                    "{operation} is called first, and the endpoint that it returns is used instead"
                ));
                explanation.discovered_by = Some(operation.to_string());
            }
            Lookup::Rules => {}
            Lookup::Use(url) => {
                explanation
                    .steps
                    .push(format!("endpoint discovery has returned {url}"));
                endpoint.url = url.into();
            }
        }
        let (model, operation) = (&call.service.model, &call.operation);
        if let Some(prefix) = protocol::host_prefix(model, operation, params)?
            && call.config.injects_host_prefix()
            && let Some((scheme, rest)) = endpoint.url.split_once("://")
        {
            let step = format!("the operation has the host prefix {prefix}");
            explanation.steps.push(step);
            endpoint.url = format!("{scheme}://{prefix}{rest}");
        }
        Ok(endpoint)
    });
    explanation.endpoint = found;
    Ok(explanation)
}

fn by_rules(
    call: &Call,
    params: &Value,
    credentials: Option<&Credentials>,
) -> Result<EndpointExplanation> {
    let given = given_url(call)?;
    let Some(rules) = call.service.rules()? else {
        let step = match given {
            Some(_) => "the service has no rules; the configuration names the endpoint",
            None => "the service has no rules; the endpoints file has the endpoint",
        };
        return Ok(EndpointExplanation {
            parameters: EndpointParams::new(),
            steps: vec![step.into()],
            endpoint: resolve(call, params, credentials).map(Arc::unwrap_or_clone),
            discovered_by: None,
        });
    };
    let values = Facts::of(call, params, credentials, given)?.values(rules)?;
    let parameters = rules.named(&values);
    let (endpoint, steps) = rules.resolve_traced(&parameters);
    Ok(EndpointExplanation {
        parameters,
        steps,
        endpoint: endpoint.map_err(Error::from),
        discovered_by: None,
    })
}

/// How an endpoint is resolved: the parameters of the rules, their evaluation and the result.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new())?;
/// let params = serde_json::json!({"Bucket": "my-bucket"});
/// let explanation = client.introspect().explain_endpoint("s3", "ListObjectsV2", &params)?;
/// println!("{explanation}"); // every condition of the rules, and the endpoint
/// assert_eq!(explanation.endpoint?.url, "https://my-bucket.s3.eu-west-1.amazonaws.com");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct EndpointExplanation {
    /// The parameters of the rules, by name.
    pub parameters: EndpointParams,
    /// A line for each condition that was evaluated.
    pub steps: Vec<String>,
    /// The endpoint, or the error of the rules.
    pub endpoint: Result<Endpoint>,
    /// The operation that is called at this endpoint first, as the call goes to the endpoint that it returns.
    pub discovered_by: Option<String>,
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
