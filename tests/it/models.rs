//! The embedded models as a whole: every operation of every service, and the source files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use tucuxi::model::{Directory, Embedded, Memory, ModelSource, ServiceModel, names};
use tucuxi::transport::Replay;
use tucuxi::{Client, Config};

use crate::support::client::IntoClient;
use crate::unsigned;

fn services() -> Vec<String> {
    let mut services = Embedded.services().unwrap();
    services.sort();
    services
}

fn model(service: &str) -> ServiceModel {
    let version = Embedded
        .versions(service, "service-2")
        .unwrap()
        .into_iter()
        .max()
        .unwrap();
    let text = Embedded
        .load(&format!("{service}/{version}/service-2"))
        .unwrap()
        .unwrap();
    ServiceModel::parse(service, text).unwrap()
}

#[test]
fn there_are_439_services() {
    assert_eq!(services().len(), 439);
}

#[test]
fn all_operations_resolve_and_can_be_described() {
    let mut operations = 0;
    for service in services() {
        let model = model(&service);
        for name in model.operation_names() {
            let operation = model.operation(name).unwrap();
            assert_eq!(&*operation.name, name);
            model.describe(name).unwrap();
            operations += 1;
        }
        for name in model.shape_names() {
            model.shape(model.shape_id(name).unwrap()).unwrap();
        }
    }
    assert_eq!(operations, 19_796);
}

#[test]
fn every_operation_is_found_in_all_spellings() {
    for service in services() {
        let model = model(&service);
        let mut seen = BTreeSet::new();
        for name in model.operation_names() {
            for called in [names::snake_case(name), names::kebab_case(name)] {
                assert_eq!(
                    &*model.operation(&called).unwrap().name,
                    name,
                    "{service} {called}"
                );
                seen.insert(called);
            }
        }
    }
}

/// The folder is in the repository, but not in the package.
fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/models");
    folder.is_dir().then_some(folder)
}

#[test]
fn the_pack_has_what_the_folder_has() {
    let Some(root) = folder() else {
        eprintln!("skipped: there is no data/models");
        return;
    };
    let directory = Directory::new(&root);
    let mut in_folder = directory.services().unwrap();
    in_folder.sort();
    assert_eq!(in_folder, services());
    for service in &in_folder {
        for kind in [
            "service-2",
            "paginators-1",
            "waiters-2",
            "endpoint-rule-set-1",
            "resources-1",
        ] {
            let versions = directory.versions(service, kind).unwrap();
            assert_eq!(
                versions,
                Embedded.versions(service, kind).unwrap(),
                "{service} {kind}"
            );
            for version in versions {
                same(&directory, &format!("{service}/{version}/{kind}"));
            }
        }
    }
    for common in ["endpoints", "partitions", "sdk-default-configuration"] {
        same(&directory, common);
    }
}

fn same(directory: &Directory, path: &str) {
    let expected = directory.load(path).unwrap();
    assert!(
        expected.is_some() && expected == Embedded.load(path).unwrap(),
        "{path}"
    );
}

/// The first member that an expression refers to.
fn first_name(expression: &str) -> Option<&str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut rest = expression;
    loop {
        rest = &rest[rest.find(is_name)?..];
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let (name, behind) = rest.split_at(end);
        // a function is not a member
        if !behind.starts_with('(') {
            return Some(name);
        }
        rest = behind;
    }
}

fn members(model: &ServiceModel, shape: Option<tucuxi::model::ShapeId>) -> Vec<String> {
    let Some(shape) = shape.map(|id| model.shape(id).unwrap()) else {
        return Vec::new();
    };
    let members = shape
        .members()
        .into_iter()
        .flat_map(|members| members.iter());
    members.map(|member| member.name.to_string()).collect()
}

#[test]
fn every_paginator_parses_and_its_members_exist() {
    let client = unsigned().over(Replay::new());
    let mut count = 0;
    for service in services() {
        let model = model(&service);
        let known = client.introspect().service(&service).unwrap();
        for name in known.paginators().unwrap() {
            let paginator = known.paginator(&name).unwrap().unwrap();
            let operation = model.operation(&name).unwrap();
            let (input, output) = (
                members(&model, operation.input),
                members(&model, operation.output),
            );
            let given = paginator.input_tokens.iter().chain(&paginator.limit_key);
            for key in given {
                assert!(
                    input.contains(&key.to_string()),
                    "{service}.{name}: {key} is no parameter"
                );
            }
            let found = paginator.output_tokens.iter().chain(&paginator.result_keys);
            for query in found
                .chain(&paginator.more_results)
                .chain(&paginator.non_aggregate_keys)
            {
                let first = first_name(query.text()).unwrap();
                assert!(
                    output.contains(&first.to_owned()),
                    "{service}.{name}: {first} is no result"
                );
            }
            assert!(client.can_paginate(&service, &name).unwrap());
            count += 1;
        }
    }
    assert_eq!(count, 3449);
}

#[test]
fn every_waiter_parses_and_its_members_exist() {
    use tucuxi::model::Matcher;
    let client = unsigned().over(Replay::new());
    let mut count = 0;
    for service in services() {
        let model = model(&service);
        let known = client.introspect().service(&service).unwrap();
        for name in known.waiters().unwrap() {
            let (_, waiter) = known.waiter(&names::snake_case(&name)).unwrap();
            let operation = model.operation(&waiter.operation).unwrap();
            let output = members(&model, operation.output);
            for acceptor in &waiter.acceptors {
                let (Matcher::Path(query, _)
                | Matcher::PathAll(query, _)
                | Matcher::PathAny(query, _)) = &acceptor.matcher
                else {
                    continue;
                };
                let first = first_name(query.text()).unwrap();
                assert!(
                    output.contains(&first.to_owned()),
                    "{service}.{name}: {first} is no result"
                );
            }
            count += 1;
        }
    }
    assert_eq!(count, 410);
}

/// A service whose operation has a different path in each version.
fn in_versions() -> Memory {
    let model = |version: &str| {
        json!({
            "version": "2.0",
            "metadata": {
                "apiVersion": version, "endpointPrefix": "tide", "protocol": "rest-json", "protocols": ["rest-json"],
                "serviceId": "Tide", "serviceFullName": "Tide", "signatureVersion": "v4", "uid": "tide",
            },
            "operations": {"Look": {"name": "Look", "http": {"method": "GET", "requestUri": format!("/{version}/look")}}},
            "shapes": {},
        })
        .to_string()
    };
    Memory::new()
        .with("tide/2020-01-01/service-2", model("2020-01-01"))
        .with("tide/2021-01-01/service-2", model("2021-01-01"))
        .with("tide/2022-01-01/service-2", model("2022-01-01"))
}

#[test]
fn a_service_is_called_in_the_requested_version() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    let file = "[default]\napi_versions =\n    tide = 2020-01-01\n";
    std::fs::write(home.path().join(".aws/config"), file).unwrap();
    let plain = || Config::builder().isolated();
    let filed = || Config::builder().environment([("HOME", home.path().to_str().unwrap())]);
    let cases = [
        (plain(), None, "2022-01-01"),
        (
            plain().api_version("tide", "2021-01-01"),
            None,
            "2021-01-01",
        ),
        (
            plain().api_version("tide", "2021-01-01"),
            Some("2020-01-01"),
            "2020-01-01",
        ),
        (plain().api_version("ebb", "2020-01-01"), None, "2022-01-01"),
        (filed(), None, "2020-01-01"),
        (
            filed().api_version("tide", "2021-01-01"),
            None,
            "2021-01-01",
        ),
    ];
    for (config, asked, expected) in cases {
        let config = config
            .region("eu-west-1")
            .unsigned()
            .endpoint_url("http://h");
        let replay = Arc::new(
            Replay::new()
                .respond(200, &[], "{}")
                .respond(200, &[], "{}"),
        );
        let client = Client::with_models(config.build().unwrap(), replay.clone(), in_versions());
        let client = client.unwrap();
        // under any spelling of the service's name
        for name in ["tide", "Tide"] {
            let request = client.request(name, "Look");
            let request = match asked {
                Some(version) => request.api_version(version),
                None => request,
            };
            request.send().unwrap();
        }
        for sent in replay.sent() {
            assert_eq!(sent.uri.path(), format!("/{expected}/look"));
        }
        for version in ["2019-01-01", "../2020-01-01", ""] {
            let request = client.request("tide", "Look").api_version(version);
            let error = request.send().unwrap_err().to_string();
            assert!(
                error.contains("2020-01-01, 2021-01-01, 2022-01-01"),
                "{error}"
            );
        }
    }
}

#[test]
fn spellings_of_other_tools_are_accepted() {
    let former = [
        (
            "mturk",
            "list_hi_ts_for_qualification_type",
            "ListHITsForQualificationType",
        ),
        (
            "socialmessaging",
            "delete_whatsapp_media_message",
            "DeleteWhatsAppMessageMedia",
        ),
        ("cloudwatch", "get_o_tel_enrichment", "GetOTelEnrichment"),
        (
            "cloudwatch",
            "start_o_tel_enrichment",
            "StartOTelEnrichment",
        ),
        ("cloudwatch", "stop_o_tel_enrichment", "StopOTelEnrichment"),
        (
            "cloudwatch",
            "update-o-tel-enrichment",
            "UpdateOTelEnrichment",
        ),
        ("signin", "create_o_auth2_token", "CreateOAuth2Token"),
        ("signin", "create-oauth2-token", "CreateOAuth2Token"),
    ];
    for (service, name, operation) in former {
        assert_eq!(
            &*model(service).operation(name).unwrap().name,
            operation,
            "{name}"
        );
    }
    for service in services() {
        let model = model(&service);
        for operation in model.operation_names() {
            for name in [names::snake_case(operation), names::kebab_case(operation)] {
                let found = model.operation(&name).unwrap();
                assert_eq!(&*found.name, operation, "{service} {name}");
            }
        }
    }
}

/// The model of a service with these operations.
fn tower(operations: &[&str]) -> String {
    let operations: serde_json::Map<String, Value> = (operations.iter())
        .map(|name| {
            (
                (*name).to_owned(),
                json!({"name": name, "http": {"method": "POST", "requestUri": "/"}}),
            )
        })
        .collect();
    json!({
        "version": "2.0",
        "metadata": {
            "apiVersion": "2024-01-01", "endpointPrefix": "tower", "protocol": "json", "jsonVersion": "1.1",
            "serviceId": "Tower", "signatureVersion": "v4", "targetPrefix": "Tower",
        },
        "operations": operations,
        "shapes": {},
    })
    .to_string()
}

/// Replaces a file at one stroke, as tools that update models do.
fn put(file: &Path, text: &str) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let new = file.with_extension("new");
    std::fs::write(&new, text).unwrap();
    std::fs::rename(new, file).unwrap();
}

#[test]
fn a_watched_model_is_read_again_and_a_broken_one_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tower/2024-01-01/service-2.json");
    put(&file, &tower(&["Build"]));
    let client = |watches: bool| {
        let config = Config::builder()
            .environment([("AWS_DATA_PATH", folder.path().to_str().unwrap())])
            .region("eu-west-1")
            .unsigned();
        let config = if watches {
            config.watch_models()
        } else {
            config
        };
        let replay = Replay::new();
        config.over((0..20).fold(replay, |replay, _| replay.respond(200, &[], "{}")))
    };
    let (watching, other) = (client(true), client(false));
    let is_known =
        |client: &Client, operation: &str| client.call("tower", operation, json!({})).is_ok();
    for client in [&watching, &other] {
        assert!(is_known(client, "Build") && !is_known(client, "Climb"));
    }
    // called by another name, and by a client that shares the models
    let relative = watching.with(|config| config.region("us-east-1")).unwrap();
    let by_id = |client: &Client| client.call("Tower", "Climb", json!({})).is_ok();
    assert!(!by_id(&watching) && !is_known(&relative, "Climb"));
    put(&file, &tower(&["Build", "Climb", "Fall"]));
    assert!(is_known(&watching, "Climb") && is_known(&watching, "Build"));
    let younger = watching.with(|config| config.region("us-east-2")).unwrap();
    assert!(by_id(&watching) && is_known(&relative, "Climb") && is_known(&younger, "Climb"));
    assert!(!is_known(&other, "Climb"), "a model is read once");
    for broken in [
        "",
        "{",
        r#"{"version": "2.0", "metadata": {"protocol": "smoke"}}"#,
    ] {
        put(&file, broken);
        assert!(is_known(&watching, "Climb"), "{broken}");
        assert!(is_known(&watching, "Climb"), "{broken}");
    }
    let shape = r#""shapes":{"Bad":{"type":"list"}}"#;
    put(
        &file,
        &tower(&["Run", "Jump"]).replace(r#""shapes":{}"#, shape),
    );
    assert!(is_known(&watching, "Climb"), "a model is checked whole");
    std::fs::remove_file(&file).unwrap();
    assert!(is_known(&watching, "Climb"));
    put(&file, &tower(&["Descend"]));
    assert!(is_known(&watching, "Descend") && !is_known(&watching, "Climb"));
}

#[test]
fn models_come_from_files_and_from_the_layout_in_which_aws_publishes_them() {
    let folder = tempfile::tempdir().unwrap();
    let smithy = |service: &str| {
        json!({"smithy": "2.0", "shapes": {
            "a#Ring": {"type": "operation", "traits": {"smithy.api#http": {"method": "GET", "uri": "/"}}},
            "a#Bell": {"type": "service", "version": "2024-02-02", "operations": [{"target": "a#Ring"}], "traits": {
                "aws.api#service": {"sdkId": service}, "aws.protocols#restJson1": {}}}}})
        .to_string()
    };
    let config = || {
        Config::builder()
            .isolated()
            .region("eu-west-1")
            .unsigned()
            .build()
            .unwrap()
    };
    let replay = || Replay::new().respond(200, &[], "{}");
    put(
        &folder
            .path()
            .join("bell-tower/service/2024-02-02/bell-tower-2024-02-02.json"),
        &smithy("Bell Tower"),
    );
    let client = Client::with_models(config(), replay(), Directory::new(folder.path())).unwrap();
    assert!(
        client
            .introspect()
            .services()
            .unwrap()
            .contains(&"bell-tower".to_owned())
    );
    client.call("BellTower", "Ring", json!({})).unwrap();
    let file = folder.path().join("anything.json");
    put(&file, &smithy("Bell Foundry"));
    let models = Memory::new().with_file(&file).unwrap();
    let client = Client::with_models(config(), replay(), models).unwrap();
    client.call("bell-foundry", "Ring", json!({})).unwrap();
    for (text, expected) in [
        ("", "anything.json"),
        ("[]", "anything.json"),
        (&*smithy("../up"), "not valid in a path"),
        (
            &smithy("Bell").replace("2024-02-02", "../1"),
            "not valid in a path",
        ),
    ] {
        put(&file, text);
        let error = Memory::new().with_file(&file).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
