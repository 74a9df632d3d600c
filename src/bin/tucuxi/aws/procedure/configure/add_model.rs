//! `configure add-model`

use std::path::{Component, Path};

use serde_json::Value;
use tucuxi::Client;
use tucuxi::config::Environment;
use tucuxi::internals::command::Writer;

use super::super::{required, value};
use super::{COMMON, Procedure, Task};
use crate::failure::Failure;

pub(in super::super) const ADD_MODEL: Procedure = Procedure {
    name: "add-model",
    about: "adds a service model to ~/.aws/models, so that its operations can be called",
    flags: &[
        required(
            "service-model",
            "JSON",
            "the model, or file:// and the file",
        ),
        value(
            "service-name",
            "NAME",
            "the name of the service, instead of that in the model",
        ),
    ],
    run,
    ..COMMON
};

fn run(task: &mut Task<'_, '_>) -> Result<(), Failure> {
    let failed = |what: String| Failure::Other(format!("--service-model: {what}").into());
    let text = task.required("service-model");
    let model: Value =
        serde_json::from_str(text).map_err(|error| failed(format!("not JSON: {error}")))?;
    let metadata = |name: &str| {
        let text = model["metadata"][name].as_str();
        text.ok_or_else(|| failed(format!("it has no metadata.{name}")))
    };
    let version = metadata("apiVersion")?;
    let service = match task.value("service-name") {
        Some(name) => name.to_owned(),
        None => service_of(&task.client, metadata("endpointPrefix")?),
    };
    for name in [&*service, version] {
        check(name)?;
    }
    let file = format!("service-{}.json", file_version(&model));
    let home = Environment::from_process().home();
    let home = home.ok_or_else(|| Failure::Other("HOME is not set".into()))?;
    let folder = home.join(".aws/models").join(&service).join(version);
    let path = folder.join(file);
    let shown = path.display().to_string();
    std::fs::create_dir_all(&folder).map_err(Failure::file(&shown))?;
    let writer = Writer::open(&path).map_err(Failure::file(&shown))?;
    writer
        .write_from(&mut text.as_bytes())
        .map_err(Failure::file(&shown))
}

/// The service that has the endpoints of this prefix, or else the prefix.
fn service_of(client: &Client, prefix: &str) -> String {
    let services = client.introspect().services().unwrap_or_default();
    let is_it = |service: &&String| {
        let model = client.model(service);
        model.is_ok_and(|model| model.metadata().endpoint_prefix == prefix)
    };
    // the last one, as aws finds it
    let found = services.iter().rev().find(is_it);
    found.cloned().unwrap_or_else(|| prefix.to_owned())
}

/// The version of the form of the model.
fn file_version(model: &Value) -> u32 {
    let text = model["version"].as_str().unwrap_or("2.0");
    let major = text.split('.').next().and_then(|major| major.parse().ok());
    major.unwrap_or(2)
}

/// Checks that a name is that of one folder.
fn check(name: &str) -> Result<(), Failure> {
    let mut parts = Path::new(name).components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(_)), None) => Ok(()),
        _ => Err(Failure::Usage(format!(
            "{name:?} cannot be the name of a folder"
        ))),
    }
}
