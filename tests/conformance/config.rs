//! Settings from files and variables, and the resulting clients.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use tucuxi::config::{ConfigBuilder, RetryMode};
use tucuxi::transport::Replay;
use tucuxi::{Client, Config};

use crate::settings;
use crate::suite::{self, Suite, Verdict};

/// Both files in a temporary folder, and the variables that name them.
fn machine(config: &Value, credentials: &Value) -> (TempDir, Vec<(String, String)>) {
    let folder = tempfile::tempdir().unwrap();
    let mut variables = vec![("AWS_EC2_METADATA_DISABLED".to_owned(), "true".to_owned())];
    let files = [
        ("AWS_CONFIG_FILE", "config", config),
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials", credentials),
    ];
    for (variable, name, text) in files {
        let path = folder.path().join(name);
        if let Some(text) = text.as_str() {
            std::fs::write(&path, text).unwrap();
        }
        variables.push((variable.into(), path.to_str().unwrap().into()));
    }
    (folder, variables)
}

/// The configuration of a client for settings in botocore's terms.
fn built(config: ConfigBuilder, said: &Value) -> Result<Config, String> {
    let config = settings::said(config, said)?;
    config.build().map_err(|e| e.to_string())
}

#[test]
fn resolution() {
    let Some(folder) = suite::folder("config") else {
        return;
    };
    let mut suite = Suite::new("config resolution");
    for file in suite::files(&folder, "resolution.json") {
        let cases: Value = serde_json::from_str(&suite::text(&file)).unwrap();
        for case in cases["cases"].as_array().unwrap() {
            suite.case(case["description"].as_str().unwrap(), || resolved(case));
        }
    }
    suite::finish([suite]);
}

fn resolved(case: &Value) -> Verdict {
    let env = case["env"].as_object().unwrap();
    let says_region = env.contains_key("AWS_REGION") && case["region_arg"].is_null();
    if says_region && !case["client_config"]["region_name"].is_string() {
        return Verdict::Skipped("AWS_REGION: we honour it, botocore does not");
    }
    let (_folder, mut variables) = machine(&case["config_file"], &case["credentials_file"]);
    variables.extend(
        env.iter()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())),
    );
    let mut config = Config::builder().environment(variables);
    if let Some(region) = case["region_arg"].as_str() {
        config = config.region(region);
    }
    if let Some(profile) = case["profile"].as_str() {
        config = config.profile(profile);
    }
    if let Some(url) = case["endpoint_url_arg"].as_str() {
        config = config.endpoint_url(url);
    }
    let found = built(config, &case["client_config"]).and_then(|config| Found::of(config, case));
    match (case.get("expect"), found) {
        (Some(_), Ok(found)) => found.compare(case).into(),
        (Some(_), Err(_)) if has_half_boolean(case) => Verdict::Skipped(
            "booleans: we refuse what is neither true nor false, botocore takes it for false",
        ),
        (Some(_), Err(error)) => Verdict::Failed(error),
        (None, Err(_)) => Verdict::Passed,
        (None, Ok(_)) => unrefused(case),
    }
}

/// Whether an endpoint switch is neither true nor false.
fn has_half_boolean(case: &Value) -> bool {
    let lines = case["config_file"].as_str().unwrap_or_default().lines();
    let in_file = lines.filter_map(|line| line.split_once('='));
    let env = case["env"].as_object().unwrap().iter();
    let in_env = env.map(|(name, value)| (&**name, value.as_str().unwrap_or_default()));
    in_file.chain(in_env).any(|(key, value)| {
        let is_switch = key.to_lowercase().contains("use_");
        is_switch && !["true", "false"].contains(&&*value.trim().to_lowercase())
    })
}

/// Input that botocore rejects and this crate accepts on purpose.
fn unrefused(case: &Value) -> Verdict {
    let message = case["error"]["message"].as_str().unwrap_or_default();
    let env = case["env"].as_object().unwrap().values();
    let is_empty = env.into_iter().any(|value| value == "")
        || case["config_file"]
            .as_str()
            .is_some_and(|text| text.lines().any(|line| line.trim_end().ends_with('=')));
    let word = message.split('"').nth(3).unwrap_or_default();
    match () {
        () if is_empty => {
            Verdict::Skipped("empty values: they count as none, where botocore reads them as wrong")
        }
        () if case["error"]["class"] == "InvalidRetryModeError"
            && word.to_lowercase().parse::<RetryMode>().is_ok() =>
        {
            Verdict::Skipped(
                "words of settings: we read them in any case, botocore not all of them",
            )
        }
        () => Verdict::Failed(format!("it is taken, and not refused: {message}")),
    }
}

/// The result of a case.
struct Found {
    config: Config,
    endpoint: Option<String>,
    client: Client,
    service: String,
}

impl Found {
    fn of(config: Config, case: &Value) -> Result<Self, String> {
        let service = case["service"].as_str().unwrap().to_owned();
        let client =
            Client::with_transport(config.clone(), Replay::new()).map_err(|e| e.to_string())?;
        let model = client.model(&service).map_err(|e| e.to_string())?;
        let key = model
            .metadata()
            .service_id
            .to_lowercase()
            .replace([' ', '-'], "_");
        let endpoint = config.endpoint_url(&key).map_err(|e| e.to_string())?;
        // a client is for all services, so what one of them lacks is an error of the call
        let operation = model
            .operation_names()
            .next()
            .ok_or("no operation")?
            .to_owned();
        let rows = client.introspect().explain_credentials();
        if let Some(bad) = rows
            .iter()
            .find(|row| row.to_string().contains(": failed: "))
        {
            return Err(bad.to_string());
        }
        let is_global = matches!(&*service, "s3");
        if config.region().is_none() && !is_global && case.get("error").is_some() {
            client
                .call(&service, &operation, json!({}))
                .map_err(|e| e.to_string())?;
        }
        if let Some(url) = &endpoint {
            url.parse::<http::Uri>().map_err(|e| e.to_string())?;
        }
        Ok(Self {
            config,
            endpoint,
            client,
            service,
        })
    }

    fn compare(&self, case: &Value) -> Result<(), String> {
        let expected = &case["expect"];
        let config = &self.config;
        let mut faults = Vec::new();
        for (key, expected) in expected.as_object().unwrap() {
            let found = match &**key {
                "credentials" => self.credentials(expected),
                "region" => match config.region() {
                    Some(region) => json!(region),
                    // an S3 client without a region uses the global endpoint
                    None if self.service == "s3" && expected == "us-east-1" => expected.clone(),
                    None if expected == "aws-global" => expected.clone(),
                    None => Value::Null,
                },
                "retries" => {
                    let mut found = json!({"mode": config.retry_mode().as_str()});
                    if let Some(attempts) = config.max_attempts() {
                        found["total_max_attempts"] = attempts.into();
                    }
                    found
                }
                "client_endpoint_url" => match &self.endpoint {
                    Some(url) => json!(url),
                    None if expected
                        .as_str()
                        .is_some_and(|url| url.contains(".amazonaws.com")) =>
                    {
                        expected.clone()
                    }
                    None => Value::Null,
                },
                "connect_timeout" => same_number(config.connect_timeout().as_secs_f64(), expected),
                "read_timeout" => same_number(config.read_timeout().as_secs_f64(), expected),
                "request_checksum_calculation" => json!(config.request_checksums().as_str()),
                "response_checksum_validation" => json!(config.response_checksums().as_str()),
                "disable_request_compression" => json!(config.min_compression_size().is_none()),
                "request_min_compression_size_bytes" => match config.min_compression_size() {
                    Some(size) => json!(size),
                    None => expected.clone(),
                },
                "account_id_endpoint_mode" => json!(config.account_id_endpoint_mode().as_str()),
                // the recording has the values of files, even if the program overrides them
                "parameter_validation" if !case["client_config"][key].is_null() => expected.clone(),
                "parameter_validation" => json!(config.validates_parameters()),
                "inject_host_prefix" => json!(config.injects_host_prefix()),
                // botocore's default is 10, ours is the number of threads of a transfer
                "max_pool_connections" if *expected == 10 => expected.clone(),
                "max_pool_connections" => json!(config.network().max_idle_connections),
                "use_fips_endpoint" => json!(config.use_fips()),
                "use_dualstack_endpoint" => json!(config.use_dualstack()),
                "user_agent_appid" => json!(config.app_id()),
                "sigv4a_signing_region_set" => json!(config.sigv4a_signing_region_set()),
                "auth_scheme_preference" => json!(config.auth_scheme_preference().join(",")),
                "s3" => self.s3(expected),
                // from the model: the signing suites verify it with requests
                "signature_version" => expected.clone(),
                other => return Err(format!("no comparison for {other}")),
            };
            if found != *expected {
                faults.push(format!("{key}: {found} instead of {expected}"));
            }
        }
        match faults.is_empty() {
            true => Ok(()),
            false => Err(faults.join("; ")),
        }
    }

    fn s3(&self, expected: &Value) -> Value {
        let s3 = self.config.s3();
        let found = expected.as_object().unwrap().keys().map(|key| {
            let value = match &**key {
                "addressing_style" => json!(s3.addressing_style.as_str()),
                "use_arn_region" => json!(s3.use_arn_region),
                "use_dualstack_endpoint" => {
                    json!(s3.use_dualstack.or_else(|| self.config.use_dualstack()))
                }
                "use_accelerate_endpoint" => json!(s3.use_accelerate_endpoint),
                "payload_signing_enabled" => json!(s3.payload_signing_enabled),
                "us_east_1_regional_endpoint" => json!(if s3.us_east_1_regional {
                    "regional"
                } else {
                    "legacy"
                }),
                "s3_disable_multiregion_access_points" => {
                    json!(s3.disable_multiregion_access_points)
                }
                _ => Value::Null,
            };
            (key.clone(), value)
        });
        found.collect()
    }

    fn credentials(&self, expected: &Value) -> Value {
        let rows = self.client.introspect().explain_credentials();
        let Some(row) = rows.iter().find(|row| row.is_final()) else {
            return Value::Null;
        };
        match tucuxi::internals::credentials(&self.client) {
            Ok(mut found) => {
                found["method"] = json!(row.provider);
                let is_told = |key: &String| expected.get(key).is_some();
                let members = found.as_object().unwrap().clone().into_iter();
                members.filter(|(key, _)| is_told(key)).collect()
            }
            Err(error) => json!({"error": error, "expected": expected}),
        }
    }
}

fn same_number(found: f64, expected: &Value) -> Value {
    match expected.as_f64() {
        Some(number) if (number - found).abs() < 1e-9 => expected.clone(),
        _ => json!(found),
    }
}

#[test]
fn endpoint_urls() {
    let Some(folder) = suite::folder("config") else {
        return;
    };
    let mut suite = Suite::new("config endpoint urls");
    for file in suite::files(&folder, "configured-endpoint-urls.json") {
        let data: Value = serde_json::from_str(&suite::text(&file)).unwrap();
        for group in data["testSuites"].as_array().unwrap() {
            for case in group["endpointUrlTests"].as_array().unwrap() {
                suite.case(case["name"].as_str().unwrap(), || {
                    endpoint_url(group, case).into()
                });
            }
        }
    }
    suite::finish([suite]);
}

fn endpoint_url(group: &Value, case: &Value) -> Result<(), String> {
    let mut text = String::new();
    for (name, keys) in group["profiles"].as_object().unwrap() {
        let name = if name == "default" {
            name.clone()
        } else {
            format!("profile {name}")
        };
        write_section(&mut text, &name, keys);
    }
    for (name, services) in group["services"].as_object().into_iter().flatten() {
        write_section(&mut text, &format!("services {name}"), services);
    }
    let (_folder, mut variables) = machine(&json!(text), &Value::Null);
    let named = |kind: &str, by: &str| group[kind][case[by].as_str().unwrap()].clone();
    for (name, value) in named("environments", "environment").as_object().unwrap() {
        variables.push((name.clone(), value.as_str().unwrap().to_owned()));
    }
    let config = Config::builder().environment(variables);
    let config = config.profile(case["profile"].as_str().unwrap());
    let config = built(config, &named("client_configs", "client_config"))?;
    let client =
        Client::with_transport(config.clone(), Replay::new()).map_err(|e| e.to_string())?;
    let model = client
        .model(case["service"].as_str().unwrap())
        .map_err(|e| e.to_string())?;
    let key = model
        .metadata()
        .service_id
        .to_lowercase()
        .replace([' ', '-'], "_");
    let found = config.endpoint_url(&key).map_err(|e| e.to_string())?;
    let expected = case["output"]["endpointUrl"].as_str();
    let is_own = found.is_none() && expected.is_some_and(|url| url.ends_with(".amazonaws.com"));
    match is_own || found.as_deref() == expected {
        true => Ok(()),
        false => Err(format!("{found:?} instead of {expected:?}")),
    }
}

fn write_section(text: &mut String, name: &str, keys: &Value) {
    *text += &format!("[{name}]\n");
    for (key, value) in keys.as_object().unwrap() {
        match value {
            Value::Object(nested) => {
                *text += &format!("{key} =\n");
                for (key, value) in nested {
                    *text += &format!("  {key} = {}\n", value.as_str().unwrap());
                }
            }
            value => *text += &format!("{key} = {}\n", value.as_str().unwrap()),
        }
    }
}

#[test]
fn files() {
    let Some(folder) = suite::folder("config") else {
        return;
    };
    let mut suites = Vec::new();
    for file in suite::files(&folder, "-parser-tests.json") {
        let mut suite = Suite::new(&format!(
            "config {}",
            file.file_stem().unwrap().to_string_lossy()
        ));
        let data: Value = serde_json::from_str(&suite::text(&file)).unwrap();
        for case in data["tests"].as_array().unwrap() {
            suite.case(case["name"].as_str().unwrap(), || parsed(case));
        }
        suites.push(suite);
    }
    suite::finish(suites);
}

fn parsed(case: &Value) -> Verdict {
    let input = &case["input"];
    let (_folder, variables) = machine(&input["configFile"], &input["credentialsFile"]);
    let found = tucuxi::internals::profiles(variables);
    let output = case["output"]
        .get("config")
        .unwrap_or_else(|| &case["output"]);
    let verdict = match (output.get("errorContaining"), &found) {
        (Some(_), Err(_)) => Ok(()),
        (Some(what), Ok(found)) => Err(format!("{found} instead of an error: {what}")),
        (None, Err(error)) => Err(error.clone()),
        (None, Ok(found)) => same_profiles(found, output),
    };
    match (verdict, another_dialect(input)) {
        (Err(_), Some(reason)) => Verdict::Skipped(reason),
        (verdict, _) => verdict.into(),
    }
}

fn same_profiles(found: &Value, expected: &Value) -> Result<(), String> {
    for kind in ["profiles", "ssoSessions", "services"] {
        let Some(sections) = expected.get(kind) else {
            continue;
        };
        let found: Value = match sections["profiles"].is_object() {
            true => return same_profiles(found, sections),
            false => found[kind].clone(),
        };
        let flat = |value: &Value| -> Value {
            let Value::Object(nested) = value else {
                return value.clone();
            };
            let lines = nested
                .iter()
                .map(|(key, value)| format!("\n{key} = {}", value.as_str().unwrap_or_default()));
            json!(lines.collect::<String>())
        };
        let flat = |sections: &Value| -> Value {
            let sections = sections.as_object().unwrap().iter();
            let sections = sections.map(|(name, keys)| {
                let keys = keys.as_object().unwrap().iter();
                (
                    name.clone(),
                    keys.map(|(key, value)| (key.clone(), flat(value)))
                        .collect::<Value>(),
                )
            });
            sections.collect()
        };
        let (found, expected) = (flat(&found), flat(sections));
        if found != expected {
            return Err(format!("{kind}: {found} instead of {expected}"));
        }
    }
    Ok(())
}

/// Differences between Python's parser, which botocore uses, and the other SDKs, as rules over the texts.
fn another_dialect(input: &Value) -> Option<&'static str> {
    let texts =
        || ["configFile", "credentialsFile"].map(|file| input[file].as_str().unwrap_or_default());
    let lines = || texts().into_iter().flat_map(str::lines);
    let is_section = |line: &&str| line.trim_start().starts_with('[');
    let any = |test: &dyn Fn(&str) -> bool| lines().any(test);
    if any(&|line| {
        !line.trim_start().starts_with(['#', ';'])
            && (line.contains(" #")
                || line.contains(" ;")
                || line.contains("\t#")
                || line.contains("\t;"))
    }) {
        return Some("Python: a comment is a whole line, elsewhere # and ; are part of the value");
    }
    for text in texts() {
        let mut seen = Vec::new();
        let mut keys: Vec<String> = Vec::new();
        for line in text.lines() {
            let name = line.trim().to_owned();
            if is_section(&line) {
                if seen.contains(&name) {
                    return Some("Python: a section that comes twice is an error");
                }
                seen.push(name);
                keys.clear();
            } else if let Some((key, _)) = line
                .split_once('=')
                .filter(|_| !line.starts_with([' ', '\t']))
            {
                let key = key.trim().to_lowercase();
                if keys.contains(&key) {
                    return Some("Python: a key that comes twice is an error");
                }
                keys.push(key);
            }
        }
        let has = |name: &str| {
            seen.iter().any(|seen| {
                seen.trim_matches(['[', ']', ' ', '\t'])
                    .split_whitespace()
                    .eq(name.split(' '))
            })
        };
        if has("default") && has("profile default") {
            return Some("botocore: of [default] and [profile default] the later one counts");
        }
    }
    let is_plain = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-/.%@:+".contains(&b))
    };
    if any(&|line| {
        let key = line.split(['=', ':']).next().unwrap_or_default().trim();
        let name = line.trim().trim_matches(['[', ']']);
        let name = name
            .strip_prefix("profile ")
            .or_else(|| name.strip_prefix("sso-session "))
            .unwrap_or(name);
        match is_section(&line) {
            true => !is_plain(name.trim()),
            false => !is_plain(key),
        }
    }) {
        return Some("Python: any text is a key or a name");
    }
    if any(&|line| {
        !is_section(&line)
            && line
                .find(':')
                .is_some_and(|colon| line.find('=').is_none_or(|sign| colon < sign))
    }) {
        return Some("Python: a key may end with a colon");
    }
    let credentials = input["credentialsFile"].as_str().unwrap_or_default();
    if credentials
        .lines()
        .any(|line| is_section(&line) && line.contains([' ', '\t']))
    {
        return Some("Python: a section of the credentials file is a profile as it is written");
    }
    if any(&|line| is_section(&line) && (line.contains(']') && !line.trim_end().ends_with(']'))) {
        return Some("Python: a section ends with the last ] of its line");
    }
    None
}

#[test]
fn broken_files_cause_errors_and_no_panics() {
    let Some(folder) = suite::folder("config") else {
        return;
    };
    let mut suite = Suite::new("config files of botocore");
    for file in suite::files(&folder.join("botocore-cfg"), "") {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        suite.case(&name, || read(&file).into());
    }
    suite::finish([suite]);
}

/// Each file is read, or the error names it.
fn read(file: &Path) -> Result<(), String> {
    let path = file.to_str().unwrap().to_owned();
    let variables = vec![("AWS_CONFIG_FILE".to_owned(), path.clone())];
    match tucuxi::internals::profiles(variables) {
        Err(error) if !error.contains(&path) => {
            Err(format!("the error does not name the file: {error}"))
        }
        _ => Ok(()),
    }
}

#[test]
fn places_of_files() {
    let Some(folder) = suite::folder("config") else {
        return;
    };
    let mut suites = Vec::new();
    for file in suite::files(&folder, "file-location-tests.json") {
        let mut suite = Suite::new(&format!(
            "config {}",
            file.file_stem().unwrap().to_string_lossy()
        ));
        let data: Value = serde_json::from_str(&suite::text(&file)).unwrap();
        for case in data["tests"].as_array().unwrap() {
            suite.case(case["name"].as_str().unwrap(), || place(case));
        }
        suites.push(suite);
    }
    suite::finish(suites);
}

fn place(case: &Value) -> Verdict {
    if case["platform"] == "windows" && !cfg!(windows) {
        return Verdict::Skipped("another platform");
    }
    let env = case["environment"].as_object().unwrap();
    if !env.contains_key("HOME") && !env.contains_key("AWS_CONFIG_FILE") {
        return Verdict::Skipped(
            "no HOME: where else a language finds the user's folder is its own",
        );
    }
    let variables = env
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
    let places = tucuxi::internals::places(variables.collect());
    let expected =
        ["configLocation", "credentialsLocation"].map(|key| case[key].as_str().unwrap().to_owned());
    match places == expected {
        true => Verdict::Passed,
        false => Verdict::Failed(format!("{places:?} instead of {expected:?}")),
    }
}

#[test]
fn recursion() {
    let Some(folder) = suite::folder("config") else {
        return;
    };
    let mut suite = Suite::new("config recursion");
    for file in suite::files(&folder, "recursion-detection.json") {
        let cases: Value = serde_json::from_str(&suite::text(&file)).unwrap();
        for case in cases.as_array().unwrap() {
            suite.case(&case["description"].to_string(), || traced(case));
        }
    }
    suite::finish([suite]);
}

fn traced(case: &Value) -> Verdict {
    const NAME: &str = "x-amzn-trace-id";
    if case["requestHeadersBefore"]
        .as_array()
        .is_some_and(|before| !before.is_empty())
    {
        return Verdict::Skipped(
            "headers that are there before: only an interceptor could set one",
        );
    }
    let env = case["env"].as_object().unwrap().iter();
    let env = env.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
    let config = Config::builder()
        .environment(env)
        .region("us-east-1")
        .unsigned()
        .build()
        .unwrap();
    let replay = std::sync::Arc::new(Replay::new().respond(200, &[], "{}"));
    let client = Client::with_transport(config, replay.clone()).unwrap();
    client.call("dynamodb", "ListTables", json!({})).unwrap();
    let sent = replay.sent().remove(0);
    let found = sent.headers.get(NAME).map(|value| value.to_str().unwrap());
    let mut expected = case["requestHeadersAfter"].as_array().unwrap().iter();
    let expected = expected.find_map(|line| {
        let (name, value) = line.as_str()?.split_once(": ")?;
        name.eq_ignore_ascii_case(NAME).then_some(value)
    });
    match found == expected {
        true => Verdict::Passed,
        false => Verdict::Failed(format!("{found:?} instead of {expected:?}")),
    }
}
