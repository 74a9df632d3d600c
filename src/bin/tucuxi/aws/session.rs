//! Sessions on machines and in containers. The Session Manager plugin of AWS, another program, has the terminal while they last.

use std::io;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tucuxi::Client;

use super::options::Command as CommandLine;
use crate::failure::Failure;

const PLUGIN: &str = "session-manager-plugin";

/// The variable in which a plugin after version 1.2.497 looks for the session, so that its token is not in the list of processes.
const VARIABLE: &str = "AWS_SSM_START_SESSION_RESPONSE";

/// What opens a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opener {
    ExecuteCommand,
    StartSession,
}

/// Returns how a command opens a session, if it does.
pub(super) fn opener(command: &CommandLine<'_>) -> Option<Opener> {
    match (command.service?, command.name) {
        ("ecs", "execute-command") => Some(Opener::ExecuteCommand),
        ("ssm", "start-session") => Some(Opener::StartSession),
        _ => None,
    }
}

/// Opens a session, and runs the plugin until it ends.
///
/// # Errors
///
/// Returns an error if a call or the plugin fails.
pub(super) fn run(
    opener: Opener,
    client: &Client,
    profile: &str,
    params: Value,
) -> Result<(), Failure> {
    match opener {
        Opener::ExecuteCommand => {
            // without the plugin, the command would run unseen
            version()?;
            let result = client.call("ecs", "ExecuteCommand", params)?;
            let target = json!({"Target": target(client, &result)?});
            let plugin = Plugin {
                client,
                service: "ecs",
                operation: "ExecuteCommand",
                profile,
            };
            plugin.run(&result["session"], &target)
        }
        Opener::StartSession => {
            let session = client.call("ssm", "StartSession", params.clone())?;
            let plugin = Plugin {
                client,
                service: "ssm",
                operation: "StartSession",
                profile,
            };
            let id = session["SessionId"].as_str().map(str::to_owned);
            plugin.run(&session, &params).inspect_err(|_| {
                // a session without a terminal would last until it expires
                if let Some(id) = id {
                    let _ = client.call("ssm", "TerminateSession", json!({"SessionId": id}));
                }
            })
        }
    }
}

/// The name of a container for Session Manager: its cluster, task and runtime id.
fn target(client: &Client, result: &Value) -> Result<String, Failure> {
    let last = |name: &str| {
        let arn = result[name].as_str().unwrap_or_default();
        arn.rsplit('/').next().unwrap_or_default().to_owned()
    };
    let (cluster, task) = (last("clusterArn"), last("taskArn"));
    let tasks = json!({"cluster": cluster, "tasks": [task]});
    let described = client.call("ecs", "DescribeTasks", tasks)?;
    let containers = described["tasks"][0]["containers"].as_array();
    let container = containers.into_iter().flatten();
    let container = container
        .filter(|container| container["name"] == result["containerName"])
        .find_map(|container| container["runtimeId"].as_str());
    let container = container
        .ok_or_else(|| Failure::Other(format!("there is no running task {task}").into()))?;
    Ok(format!("ecs:{cluster}_{task}_{container}"))
}

struct Plugin<'c> {
    client: &'c Client,
    service: &'c str,
    operation: &'c str,
    profile: &'c str,
}

impl Plugin<'_> {
    fn run(&self, session: &Value, params: &Value) -> Result<(), Failure> {
        let version = version()?;
        let known = self.client.introspect();
        let endpoint = known.explain_endpoint(self.service, self.operation, params)?;
        let session = session.to_string();
        let mut command = Command::new(PLUGIN);
        match version > [1, 2, 497, 0] {
            true => command.env(VARIABLE, &session).arg(VARIABLE),
            false => command.arg(&session),
        };
        command.arg(self.client.config().region().unwrap_or_default());
        command.args(["StartSession", self.profile, &params.to_string()]);
        command.arg(endpoint.endpoint?.url);
        // Ctrl-C is for the session
        let _ = ctrlc::set_handler(|| {});
        let status = command.status().map_err(missing)?;
        match status.success() {
            true => Ok(()),
            false => Err(Failure::Other(format!("{PLUGIN}: {status}").into())),
        }
    }
}

/// The version of the plugin, or zeros if it says none.
fn version() -> Result<[u32; 4], Failure> {
    let mut command = Command::new(PLUGIN);
    let output = command.arg("--version").stdin(Stdio::null()).output();
    let output = output.map_err(missing)?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut version = [0; 4];
    for (part, text) in version.iter_mut().zip(text.trim().split('.')) {
        *part = text.parse().unwrap_or_default();
    }
    Ok(version)
}

fn missing(error: io::Error) -> Failure {
    Failure::Other(
        format!("cannot run {PLUGIN}: {error}; install the Session Manager plugin of AWS").into(),
    )
}
