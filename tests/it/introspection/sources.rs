//! Where models come from: several folders, versions and dialects.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use tucuxi::model::{Directory, Memory, Origin};
use tucuxi::transport::Replay;
use tucuxi::{Client, ConfigBuilder};

use crate::unsigned;

fn put(folder: &Path, path: &str, text: &str) {
    let file = folder.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// A model of botocore, whose operation has the version in its path.
fn c2j(version: &str) -> String {
    json!({
        "metadata": {"apiVersion": version, "protocol": "rest-json", "serviceId": "Tide"},
        "operations": {"Look": {"http": {"method": "GET", "requestUri": format!("/{version}/look")}}},
    })
    .to_string()
}

/// The same in Smithy's form.
fn smithy(version: &str) -> String {
    let http = json!({"method": "GET", "uri": format!("/{version}/look")});
    json!({"smithy": "2.0", "shapes": {
        "a#Look": {"type": "operation", "traits": {"smithy.api#http": http}},
        "a#Tide": {"type": "service", "version": version, "operations": [{"target": "a#Look"}], "traits": {
            "aws.api#service": {"sdkId": "Tide"}, "aws.protocols#restJson1": {}}}}})
    .to_string()
}

/// A folder with the service in four versions: of both dialects, in both layouts.
fn in_versions() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    put(
        folder.path(),
        "tide/2020-01-01/service-2.json",
        &c2j("2020-01-01"),
    );
    put(
        folder.path(),
        "tide/2021-01-01/service-2.json",
        &smithy("2021-01-01"),
    );
    put(
        folder.path(),
        "tide/2022-01-01/service-2.json",
        &c2j("2022-01-01"),
    );
    let published = "tide/service/2023-01-01/tide-2023-01-01.json";
    put(folder.path(), published, &smithy("2023-01-01"));
    folder
}

#[test]
fn a_folder_has_versions_in_both_dialects() {
    let folder = in_versions();
    let all = ["2020-01-01", "2021-01-01", "2022-01-01", "2023-01-01"];
    let client = |config: ConfigBuilder, replay: &Arc<Replay>| {
        let config = config.endpoint_url("http://tide").build().unwrap();
        Client::with_models(config, replay.clone(), Directory::new(folder.path())).unwrap()
    };
    for version in all {
        for is_setting in [true, false] {
            let replay = Arc::new(Replay::new().respond(200, &[], "{}"));
            let client = match is_setting {
                true => client(unsigned().api_version("tide", version), &replay),
                false => client(unsigned(), &replay),
            };
            let request = client.request("tide", "Look");
            let request = match is_setting {
                true => request,
                false => request.api_version(version),
            };
            request.send().unwrap();
            assert_eq!(replay.sent()[0].uri.path(), format!("/{version}/look"));
            let known = client.introspect();
            assert_eq!(known.api_versions("Tide").unwrap(), all);
            let view = known.service_in("tide", version).unwrap();
            assert_eq!(view.metadata().api_version, version);
            let newest = if is_setting { version } else { "2023-01-01" };
            let used = known.service("tide").unwrap();
            assert_eq!(used.metadata().api_version, newest);
        }
    }
    let client = client(unsigned(), &Arc::new(Replay::new()));
    let known = client.introspect();
    let error = known
        .service_in("tide", "2019-01-01")
        .unwrap_err()
        .to_string();
    assert!(error.contains("2020-01-01, 2021-01-01"), "{error}");
    let error = known.api_versions("tides").unwrap_err().to_string();
    assert!(error.contains("did you mean tide?"), "{error}");
}

#[test]
fn each_data_file_has_an_origin() {
    let (first, second) = (in_versions(), tempfile::tempdir().unwrap());
    put(
        second.path(),
        "tide/2020-01-01/service-2.json",
        &c2j("2020-01-01"),
    );
    put(
        second.path(),
        "tide/2023-01-01/waiters-2.json",
        r#"{"waiters": {}}"#,
    );
    let rules = "tide/2020-01-01/endpoint-rule-set-1.json.gz";
    put(second.path(), rules, "broken, but listed");
    let extras = "tide/2020-01-01/service-2.sdk-extras.json";
    put(second.path(), extras, r#"{"merge": {}}"#);
    let file = first.path().join("apart.json");
    fs::write(&file, c2j("2019-01-01")).unwrap();
    let models = Memory::new().with_file_of("tide", &file).unwrap();
    let models = models.with("tide/2023-01-01/examples-1", "{}");
    let home = second.path().join("home");
    let client = |config: ConfigBuilder| {
        let folders = std::env::join_paths([first.path(), second.path()]).unwrap();
        let variables = [("AWS_DATA_PATH", folders), ("HOME", home.clone().into())];
        let variables = variables.map(|(name, value)| (name, value.into_string().unwrap()));
        let config = config.environment(variables).build().unwrap();
        Client::with_models(config, Replay::new(), models.clone()).unwrap()
    };
    let list = |config: ConfigBuilder, name: &str| -> Vec<String> {
        let files = client(config).introspect().data_files(name).unwrap();
        let line = |file: tucuxi::model::DataFile| {
            let origin = file.origin.to_string();
            let origin = origin.replace(first.path().to_str().unwrap(), "FIRST");
            let origin = origin.replace(second.path().to_str().unwrap(), "SECOND");
            let mark = if file.is_used { "+" } else { "-" };
            format!("{mark} {} {} {origin}", file.version, file.kind)
        };
        files.into_iter().map(line).collect()
    };
    let newest = [
        "+ 2023-01-01 service-2 FIRST/tide/service/2023-01-01/tide-2023-01-01.json",
        "- 2022-01-01 service-2 FIRST/tide/2022-01-01/service-2.json",
        "- 2021-01-01 service-2 FIRST/tide/2021-01-01/service-2.json",
        "- 2020-01-01 service-2 FIRST/tide/2020-01-01/service-2.json",
        "- 2020-01-01 service-2 SECOND/tide/2020-01-01/service-2.json",
        "- 2019-01-01 service-2 FIRST/apart.json",
        "- 2020-01-01 service-2.sdk-extras SECOND/tide/2020-01-01/service-2.sdk-extras.json",
        // the Smithy model has no rules, but waiters and examples, if only none
        "+ 2020-01-01 endpoint-rule-set-1 SECOND/tide/2020-01-01/endpoint-rule-set-1.json.gz",
        "- 2023-01-01 examples-1 the program",
        "- 2023-01-01 waiters-2 SECOND/tide/2023-01-01/waiters-2.json",
    ];
    assert_eq!(list(unsigned(), "Tide"), newest);
    let is_used = |line: &String| line.starts_with('+');
    let mut older = list(unsigned().api_version("tide", "2020-01-01"), "tide");
    older.retain(is_used);
    assert_eq!(
        older,
        [newest[3], newest[6], newest[7]].map(|line| format!("+{}", &line[1..]))
    );
    let sqs = list(unsigned(), "sqs");
    let embedded = |line: &String| is_used(line) && line.ends_with(" embedded");
    assert!(sqs.len() > 2 && sqs.iter().all(embedded), "{sqs:?}");
}

#[test]
fn a_client_has_one_service_from_elsewhere() {
    let folder = in_versions();
    let file = folder.path().join("preview.json");
    let preview = json!({
        "metadata": {"apiVersion": "2013-04-01", "protocol": "json", "serviceId": "Route 53"},
        "operations": {"PreviewZone": {}},
    });
    fs::write(&file, preview.to_string()).unwrap();
    let models = Memory::new().with_file_of("route53", &file).unwrap();
    let overriding =
        Client::with_models(unsigned().build().unwrap(), Replay::new(), models).unwrap();
    let plain = Client::with_transport(unsigned().build().unwrap(), Replay::new()).unwrap();
    for name in ["route53", "Route 53", "route_53"] {
        let model = overriding.model(name).unwrap();
        assert!(model.operation_names().eq(["PreviewZone"]), "{name}");
        assert!(
            plain
                .model(name)
                .unwrap()
                .operation("ListHostedZones")
                .is_ok()
        );
    }
    let origin = |service: &str| {
        let files = overriding.introspect().data_files(service).unwrap();
        files.into_iter().find(|file| file.is_used).unwrap().origin
    };
    assert_eq!(origin("route53"), Origin::File(file.clone()));
    assert_eq!(origin("s3"), Origin::Embedded);
    let names = |client: &Client| client.introspect().services().unwrap();
    assert_eq!(names(&overriding), names(&plain));
    for bad in ["", "..", "a/b"] {
        let error = Memory::new()
            .with_file_of(bad, &file)
            .unwrap_err()
            .to_string();
        assert!(error.contains("is not valid in a path"), "{error}");
    }
}
