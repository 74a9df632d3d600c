//! Applies the settings of a case, which have the names of botocore's `Config`.

use std::time::Duration;

use serde_json::Value;
use tucuxi::ConfigBuilder;
use tucuxi::config::Proxies;

/// Applies all settings of a case. Unknown settings and invalid values are errors.
pub(crate) fn said(config: ConfigBuilder, settings: &Value) -> Result<ConfigBuilder, String> {
    let config = fold(config, settings, one)?;
    proxies(config, settings)
}

/// Applies each entry of an object. Does nothing for other values.
fn fold(
    config: ConfigBuilder,
    settings: &Value,
    apply: fn(ConfigBuilder, &str, &Value) -> Result<ConfigBuilder, String>,
) -> Result<ConfigBuilder, String> {
    let mut all = settings.as_object().into_iter().flatten();
    all.try_fold(config, |config, (name, value)| match value {
        Value::Null => Ok(config),
        value => apply(config, name, value).map_err(|what| format!("{name}: {what}")),
    })
}

fn one(config: ConfigBuilder, name: &str, value: &Value) -> Result<ConfigBuilder, String> {
    Ok(match name {
        "account_id_endpoint_mode" => config.account_id_endpoint_mode(word(value)?),
        "api_versions" => fold(config, value, |config, service, version| {
            Ok(config.api_version(service, text(version)?))
        })?,
        "auth_scheme_preference" => config.auth_scheme_preference(list(value)),
        "client_cert" => match value {
            Value::Array(pair) if pair.len() == 2 => {
                config.client_certificate(text(&pair[0])?, text(&pair[1])?)
            }
            one => config.client_certificate(text(one)?, text(one)?),
        },
        "client_context_params" => fold(config, value, |config, name, value| {
            Ok(match value {
                Value::Bool(yes) => config.client_context_param(name, *yes),
                other => config.client_context_param(name, text(other)?),
            })
        })?,
        "connect_timeout" => config.connect_timeout(seconds(value)?),
        "defaults_mode" => config.defaults_mode(word(value)?),
        "disable_request_compression" => config.disable_request_compression(yes(value)?),
        "endpoint_discovery_enabled" => config.endpoint_discovery(match value {
            Value::Bool(yes) => yes.to_string().parse().map_err(|_| "no word")?,
            other => word(other)?,
        }),
        "endpoint_url" => config.endpoint_url(text(value)?),
        "ignore_configured_endpoint_urls" => config.ignore_configured_endpoint_urls(yes(value)?),
        "inject_host_prefix" => config.inject_host_prefix(yes(value)?),
        "max_pool_connections" => config.max_idle_connections(number(value)?),
        "parameter_validation" => config.parameter_validation(yes(value)?.into()),
        // these are one setting in this crate
        "proxies" => config,
        "proxies_config" => fold(config, value, proxy)?,
        "read_timeout" => config.read_timeout(seconds(value)?),
        "region_name" => config.region(text(value)?),
        "request_checksum_calculation" => config.request_checksums(word(value)?),
        "request_min_compression_size_bytes" => config.request_min_compression_size(number(value)?),
        "response_checksum_validation" => config.response_checksums(word(value)?),
        "retries" => fold(config, value, retries)?,
        "s3" => fold(config, value, s3)?,
        "s3_disable_express_session_auth" => config.s3_disable_express_session_auth(yes(value)?),
        "signature_version" => match text(value)? {
            "UNSIGNED" => config.unsigned(),
            _ => config.signature_version(word(value)?),
        },
        "sigv4a_signing_region_set" => config.sigv4a_signing_region_set(list(value)),
        "tcp_keepalive" => config.tcp_keepalive(yes(value)?),
        "use_dualstack_endpoint" => config.use_dualstack(yes(value)?),
        "use_fips_endpoint" => config.use_fips(yes(value)?),
        "user_agent_appid" => config.app_id(text(value)?),
        "user_agent_extra" => config.user_agent_extra(text(value)?),
        _ => return Err("there is no such setting".into()),
    })
}

fn retries(config: ConfigBuilder, name: &str, value: &Value) -> Result<ConfigBuilder, String> {
    Ok(match name {
        // the first attempt is not a retry
        "max_attempts" => config.max_attempts(number::<u32>(value)?.saturating_add(1)),
        "total_max_attempts" => config.max_attempts(number(value)?),
        "mode" => config.retry_mode(word(value)?),
        _ => return Err("there is no such setting".into()),
    })
}

fn s3(config: ConfigBuilder, name: &str, value: &Value) -> Result<ConfigBuilder, String> {
    Ok(match name {
        "addressing_style" => config.addressing_style(word(value)?),
        "payload_signing_enabled" => config.s3_sign_payload(yes(value)?),
        "s3_disable_multiregion_access_points" => {
            config.s3_disable_multiregion_access_points(yes(value)?)
        }
        "us_east_1_regional_endpoint" => config.s3_us_east_1_endpoint(word(value)?),
        "use_accelerate_endpoint" => config.s3_use_accelerate_endpoint(yes(value)?),
        "use_arn_region" => config.s3_use_arn_region(yes(value)?),
        "use_dualstack_endpoint" => config.s3_use_dualstack(yes(value)?),
        _ => return Err("there is no such setting".into()),
    })
}

fn proxy(config: ConfigBuilder, name: &str, value: &Value) -> Result<ConfigBuilder, String> {
    Ok(match name {
        "proxy_ca_bundle" => config.proxy_ca_bundle(text(value)?),
        "proxy_client_cert" => match value.as_array().map(Vec::as_slice) {
            Some([chain, key]) => config.proxy_client_certificate(text(chain)?, text(key)?),
            _ => config.proxy_client_certificate(text(value)?, text(value)?),
        },
        "proxy_use_forwarding_for_https" => config.proxy_use_forwarding_for_https(yes(value)?),
        _ => return Err("there is no such setting".into()),
    })
}

fn proxies(config: ConfigBuilder, settings: &Value) -> Result<ConfigBuilder, String> {
    let Some(said) = settings.get("proxies").filter(|said| !said.is_null()) else {
        return Ok(config);
    };
    let mut proxies = Proxies::new();
    for (scheme, url) in said.as_object().into_iter().flatten() {
        proxies = match &**scheme {
            "http" => proxies.http(text(url)?),
            "https" => proxies.https(text(url)?),
            _ => return Err(format!("proxies: {scheme} is no scheme")),
        };
    }
    Ok(config.proxies(proxies))
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("{value} is no text"))
}

fn yes(value: &Value) -> Result<bool, String> {
    let found = value.as_bool();
    found.ok_or_else(|| format!("{value} is neither true nor false"))
}

fn number<T: TryFrom<i64>>(value: &Value) -> Result<T, String> {
    let found = value.as_i64().and_then(|number| T::try_from(number).ok());
    found.ok_or_else(|| format!("{value} is no number that fits"))
}

fn seconds(value: &Value) -> Result<Duration, String> {
    let found = value.as_f64().map(Duration::try_from_secs_f64);
    let found = found.and_then(Result::ok);
    found.ok_or_else(|| format!("{value} is no time in seconds"))
}

fn word<T: std::str::FromStr>(value: &Value) -> Result<T, String> {
    let parsed = text(value)?.parse();
    parsed.map_err(|_| format!("{value} is none of the words"))
}

/// Parses a list, or a text with commas.
fn list(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items = items.iter().filter_map(Value::as_str);
            items.collect::<Vec<_>>().join(",")
        }
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}
