//! `eks get-token`

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tucuxi::internals::command::rfc3339;

use super::{PLAIN, Procedure, Task, value};
use crate::failure::Failure;

pub(super) const GET_TOKEN: Procedure = Procedure {
    service: "eks",
    name: "get-token",
    about: "prints a token for the Kubernetes API of a cluster, as kubectl expects it",
    notes: &[
        "tucuxi eks update-kubeconfig makes kubectl run this command.",
        "The credentials object has the API version that KUBERNETES_EXEC_INFO names, by default client.authentication.k8s.io/v1beta1.",
    ],
    flags: &[
        value("cluster-name", "NAME", "the name of the cluster"),
        value(
            "cluster-id",
            "ID",
            "the id of the cluster, if it is a local one on an Outpost",
        ),
        value(
            "role-arn",
            "ARN",
            "the role whose credentials sign the token",
        ),
    ],
    exclusive: &[[&["cluster-name"], &["cluster-id"]]],
    run,
    ..PLAIN
};

/// How long clients use a token.
const VALID: Duration = Duration::from_secs(14 * 60);

fn run(task: &mut Task<'_, '_>) -> Result<(), Failure> {
    let cluster = task
        .value("cluster-id")
        .or_else(|| task.value("cluster-name"));
    let Some(cluster) = cluster.map(str::to_owned) else {
        // `aws` fails in this way too
        let text = "--cluster-name or --cluster-id is required";
        return Err(Failure::Code(1, text.into()));
    };
    let client = match task.value("role-arn") {
        Some(role) => task.as_role(&task.others, role, "EKSGetTokenAuth")?,
        None => task.others.clone(),
    };
    let token = client.presigner().eks_token(&cluster)?;
    let expires = rfc3339(SystemTime::now() + VALID);
    let whole_seconds = expires.split('.').next().unwrap_or_default();
    let credential = json!({
        "kind": "ExecCredential",
        "apiVersion": api_version(task),
        "spec": {},
        "status": {
            "expirationTimestamp": format!("{}Z", whole_seconds.trim_end_matches('Z')),
            "token": token,
        },
    });
    task.result(&credential)
}

const V1_BETA1: &str = "client.authentication.k8s.io/v1beta1";

/// The version of the object that kubectl reads.
fn api_version(task: &Task<'_, '_>) -> String {
    let info = task.config().environment().get("KUBERNETES_EXEC_INFO");
    let Some(info) = info.filter(|info| !info.is_empty()) else {
        return V1_BETA1.into();
    };
    let version = match serde_json::from_str::<Value>(info) {
        Ok(info) => info["apiVersion"].as_str().unwrap_or_default().to_owned(),
        Err(error) => {
            task.remark(&format!(
                "KUBERNETES_EXEC_INFO is no JSON ({error}); {V1_BETA1} is used"
            ));
            return V1_BETA1.into();
        }
    };
    match version.strip_prefix("client.authentication.k8s.io/") {
        Some("v1" | "v1beta1") => version,
        Some("v1alpha1") => {
            task.remark(&format!(
                "{version} is deprecated; tucuxi eks update-kubeconfig replaces it"
            ));
            version
        }
        _ => {
            task.remark(&format!(
                "KUBERNETES_EXEC_INFO has the unknown API version {version:?}; {V1_BETA1} is used"
            ));
            V1_BETA1.into()
        }
    }
}
