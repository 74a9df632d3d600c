//! Start URLs of one's own domain, which redirect to the one at AWS.

use std::time::{Duration, Instant};

use http::{Method, Uri, header};

use super::LoginError;
use crate::body::Body;
use crate::client::Client;
use crate::error::Result;
use crate::transport::{Limits, Request, Response};

/// The domains of start URLs at AWS.
const DOMAINS: [&str; 5] = [
    "app.aws",
    "portal.amazonaws.com",
    "portal.amazonaws.com.cn",
    "awsapps.com",
    "awsapps.cn",
];
const HOSTS: [&str; 2] = [
    "identitycenter.amazonaws.com",
    "identitycenter.amazonaws.com.cn",
];
/// What follows the region in a host, and what precedes it.
const REGIONS: [(&str, &str); 3] = [
    ("portal.", ".app.aws"),
    ("", ".portal.amazonaws.com"),
    ("", ".portal.amazonaws.com.cn"),
];
const TIMEOUT: Duration = Duration::from_secs(10);

/// Whether the region of a start URL must be configured: it is one at AWS.
pub(super) fn needs_region(start_url: &str) -> bool {
    host(start_url).is_some_and(|host| is_at_aws(&host))
}

/// Returns the start URL at AWS, and its region.
pub(super) fn resolve(client: &Client, start_url: &str, region: &str) -> Result<(String, String)> {
    let config = |what: String| LoginError::Config(format!("sso_start_url: {what}"));
    if !is_https(start_url) {
        return Err(config(format!("{start_url:?} is not an https URL")).into());
    }
    if needs_region(start_url) {
        return Ok((start_url.to_owned(), region.to_owned()));
    }
    let leads_to = follow(client, start_url)?;
    let host = host(&leads_to).filter(|host| is_at_aws(host) && is_https(&leads_to));
    let host = host.ok_or_else(|| {
        config(format!(
            "{start_url} does not lead to IAM Identity Center, but to {leads_to}"
        ))
    })?;
    let found = region_of(&host).map(str::to_owned);
    let found = found.or_else(|| (!region.is_empty()).then(|| region.to_owned()));
    let found = found.ok_or_else(|| {
        config(format!(
            "the region of {leads_to} is unknown; set sso_region"
        ))
    })?;
    Ok((leads_to, found))
}

fn is_https(url: &str) -> bool {
    url.get(..8)
        .is_some_and(|start| start.eq_ignore_ascii_case("https://"))
        && host(url).is_some()
}

fn host(url: &str) -> Option<String> {
    let url: Uri = url.parse().ok()?;
    let host = url.host()?.trim_end_matches('.');
    (!host.is_empty()).then(|| host.to_lowercase())
}

fn is_at_aws(host: &str) -> bool {
    let is_in = |domain: &&str| {
        let before = host.strip_suffix(*domain);
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    HOSTS.contains(&host) || DOMAINS.iter().any(is_in)
}

fn region_of(host: &str) -> Option<&str> {
    let (_, rest) = host.split_once('.')?;
    REGIONS.iter().find_map(|(before, after)| {
        let region = rest.strip_suffix(after)?.strip_prefix(before)?;
        let is_region = |c: char| c.is_ascii_alphanumeric() || c == '-';
        (!region.is_empty() && region.chars().all(is_region)).then_some(region)
    })
}

/// Returns where a URL redirects to, without a query.
fn follow(client: &Client, url: &str) -> Result<String> {
    let mut response = send(client, Method::HEAD, url)?;
    if matches!(response.status().as_u16(), 405 | 501) {
        response = send(client, Method::GET, url)?;
    }
    let status = response.status();
    let failed = |what: String| LoginError::Config(format!("sso_start_url: {url}: {what}"));
    let to = match status.as_u16() {
        200..=299 => url.to_owned(),
        301 | 302 | 303 | 307 | 308 => {
            let to = response.headers().get(header::LOCATION);
            let to = to.and_then(|to| to.to_str().ok());
            let to = to.ok_or_else(|| failed("it redirects to nowhere".into()))?;
            joined(url, to)
        }
        _ => return Err(failed(format!("its server responds with {status}")).into()),
    };
    let end = to.find(['?', '#']).unwrap_or(to.len());
    Ok(to[..end].trim_end_matches('/').to_owned())
}

/// The URL to which a location of a response leads.
fn joined(base: &str, location: &str) -> String {
    match location {
        location if location.contains("://") => location.to_owned(),
        location if location.starts_with("//") => format!("https:{location}"),
        location => {
            let origin = super::pkce::origin(base);
            format!("{origin}/{}", location.trim_start_matches('/'))
        }
    }
}

fn send(client: &Client, method: Method, url: &str) -> Result<Response> {
    let failed = |error: &dyn std::fmt::Display| {
        LoginError::Config(format!("sso_start_url: {url}: {error}"))
    };
    let request: Request = http::Request::builder()
        .method(method)
        .uri(url)
        .body(Body::empty())
        .map_err(|error| failed(&error))?;
    let config = client.config();
    let end = Instant::now() + TIMEOUT;
    let limits = Limits {
        connect: config.connect_timeout(),
        read: config.read_timeout(),
        deadline: Some(end),
        body_deadline: Some(end),
        ..Limits::default()
    };
    let response = client.env().transport.send(request, &limits);
    Ok(response.map_err(|error| failed(&error))?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::Config;
    use crate::transport::Replay;

    #[test]
    fn hosts_at_aws_are_known() {
        for (url, expected) in [
            ("https://d-1.awsapps.com/start", true),
            ("https://AWSAPPS.com./start", true),
            ("https://x.awsapps.cn/start", true),
            ("https://ssoins-1.portal.eu-west-1.app.aws", true),
            ("https://identitycenter.amazonaws.com/ssoins-1", true),
            ("https://evilawsapps.com/start", false),
            ("https://awsapps.com.evil.example/start", false),
            ("https://x.identitycenter.amazonaws.com/", false),
            ("https://login.example.com", false),
        ] {
            assert_eq!(needs_region(url), expected, "{url}");
        }
        for (host, expected) in [
            ("i.portal.eu-west-1.app.aws", Some("eu-west-1")),
            ("i.eu-west-1.portal.amazonaws.com", Some("eu-west-1")),
            ("i.cn-north-1.portal.amazonaws.com.cn", Some("cn-north-1")),
            ("d-1.awsapps.com", None),
            ("a.b.eu-west-1.portal.amazonaws.com", None),
        ] {
            assert_eq!(region_of(host), expected, "{host}");
        }
    }

    /// Where a start URL leads if its server responds like this.
    fn resolved(region: &str, responses: &[(u16, &str)]) -> Result<(String, String), String> {
        let replay = responses
            .iter()
            .fold(Replay::new(), |replay, (status, location)| {
                replay.respond(*status, &[("location", location)], "")
            });
        let config = Config::builder().isolated().build().unwrap();
        let client = Client::with_transport(config, Arc::new(replay)).unwrap();
        resolve(&client, "https://login.example.com/start", region).map_err(|e| e.to_string())
    }

    #[test]
    fn a_domain_of_ones_own_redirects() {
        let portal = "https://i.portal.eu-west-1.app.aws/?x=1";
        let found = Ok((
            "https://i.portal.eu-west-1.app.aws".into(),
            "eu-west-1".into(),
        ));
        assert_eq!(resolved("", &[(302, portal)]), found);
        assert_eq!(resolved("us-east-1", &[(405, ""), (301, portal)]), found);
        let apps = "https://d-1.awsapps.com/start/";
        let found = Ok(("https://d-1.awsapps.com/start".into(), "us-east-1".into()));
        assert_eq!(resolved("us-east-1", &[(302, apps)]), found);
        for (region, response, expected) in [
            ("", (302, apps), "set sso_region"),
            ("r", (302, "http://d-1.awsapps.com"), "does not lead to"),
            ("r", (302, "https://evil.example"), "does not lead to"),
            ("r", (302, "/other"), "does not lead to"),
            ("r", (200, ""), "does not lead to"),
            ("r", (404, ""), "responds with 404"),
        ] {
            let error = resolved(region, &[response]).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        let config = Config::builder().isolated().build().unwrap();
        let client = Client::with_transport(config, Replay::new()).unwrap();
        let error = resolve(&client, "http://d-1.awsapps.com", "r").unwrap_err();
        assert!(error.to_string().contains("not an https URL"));
    }
}
