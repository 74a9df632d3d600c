//! Documentation as resources, where the user's models have it. The embedded models have none.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tucuxi::ServiceView;
use tucuxi::model::Origin;
use tucuxi::transport::CancelToken;

use super::Session;
use super::message::Fault;
use super::tools::summary;
use super::version::Version;
use crate::describe;

const SCHEME: &str = "aws-docs://";
const TYPE: &str = "text/plain";

/// The result of `resources/templates/list`.
pub(super) fn templates() -> Value {
    json!({"resourceTemplates": [
        {
            "uriTemplate": format!("{SCHEME}{{service}}"),
            "name": "service",
            "title": "Documentation of an AWS service",
            "mimeType": TYPE,
        },
        {
            "uriTemplate": format!("{SCHEME}{{service}}/{{operation}}"),
            "name": "operation",
            "title": "Documentation of an AWS operation",
            "mimeType": TYPE,
        },
    ]})
}

/// Lists the services whose models have documentation: `resources/list`.
pub(super) fn list(
    session: &Session,
    _: &Value,
    _: Version,
    _: &CancelToken,
) -> Result<Value, Fault> {
    let known = session.client.introspect();
    let failed = |error: tucuxi::Error| Fault::internal(error.to_string());
    let mut resources = Vec::new();
    for service in known.services().map_err(failed)? {
        // a broken model has no documentation
        let files = known.data_files(&service).unwrap_or_default();
        let mut used = files
            .iter()
            .filter(|file| file.kind == "service-2" && file.is_used);
        if used.all(|file| file.origin == Origin::Embedded) {
            continue;
        }
        if let Ok(view) = known.service(&service)
            && view.documentation().is_some()
        {
            resources.push(json!({
                "uri": format!("{SCHEME}{service}"),
                "name": service,
                "title": view.metadata().service_full_name,
                "mimeType": TYPE,
            }));
        }
    }
    Ok(json!({"resources": resources}))
}

/// Reads the documentation of a service or an operation: `resources/read`.
pub(super) fn read(
    session: &Session,
    params: &Value,
    version: Version,
    _: &CancelToken,
) -> Result<Value, Fault> {
    let Some(uri) = params["uri"].as_str() else {
        return Err(Fault::params("\"uri\" must be a string"));
    };
    let unknown = |why: String| match version.is_of_request() {
        true => Fault::params(format!("{uri}: {why}")),
        false => Fault::resource(format!("{uri}: {why}")),
    };
    let Some(path) = uri.strip_prefix(SCHEME) else {
        return Err(unknown(format!(
            "the resources are {SCHEME}SERVICE and {SCHEME}SERVICE/OPERATION"
        )));
    };
    let (service, operation) = match path.split_once('/') {
        Some((service, operation)) => (service, Some(operation)),
        None => (path, None),
    };
    let view = session.client.introspect().service(service);
    let view = view.map_err(|error| unknown(error.to_string()))?;
    if view.documentation().is_none() {
        return Err(unknown(
            "the model has no documentation; tucuxi models import --with-docs imports models that have it".into(),
        ));
    }
    let text = match operation {
        None => of_service(&view),
        Some(operation) => {
            let described = view
                .describe(operation)
                .map_err(|error| unknown(error.to_string()))?;
            describe::text(&described)
        }
    };
    Ok(json!({"contents": [{"uri": uri, "mimeType": TYPE, "text": text}]}))
}

/// What a service is for, and its operations, each with its first sentence.
fn of_service(view: &ServiceView) -> String {
    let mut text = format!("{}\n\n", view.metadata().service_full_name);
    if let Some(documentation) = view.documentation() {
        // writing into a string cannot fail
        let _ = writeln!(text, "{documentation}\n");
    }
    for name in view.operation_names() {
        let notes = view.operation_notes(name).unwrap_or_default();
        let documentation = notes
            .documentation
            .map(|found| found.to_string())
            .unwrap_or_default();
        let _ = writeln!(text, "{name}: {}", summary(&documentation));
    }
    text
}
