//! The names of the commands: which service and which operation a command calls.

use tucuxi::model::names::kebab_case;
use tucuxi::model::{Operation, ServiceModel};

use super::procedure;

/// Services whose command has another name: the command and the service.
const SERVICES: &[(&str, &str)] = &[
    ("configservice", "config"),
    ("deploy", "codedeploy"),
    ("runtime.sagemaker", "sagemaker-runtime"),
    ("s3api", "s3"),
];

/// Returns the service that a command calls.
pub(super) fn service_of(command: &str) -> &str {
    let found = SERVICES.iter().find(|(name, _)| *name == command);
    found.map_or(command, |(_, service)| service)
}

/// Returns the command of a service.
pub(super) fn command_of(service: &str) -> &str {
    let found = SERVICES.iter().find(|(_, name)| *name == service);
    match found {
        // an alias beside the regular name
        Some(("runtime.sagemaker", _)) | None => service,
        Some((command, _)) => command,
    }
}

/// Operations with more names than one: the command of the service, the name, and the operation.
const OPERATIONS: &[(&str, &str, &str)] = &[
    ("cloudwatch", "get-o-tel-enrichment", "GetOTelEnrichment"),
    (
        "cloudwatch",
        "start-o-tel-enrichment",
        "StartOTelEnrichment",
    ),
    ("cloudwatch", "stop-o-tel-enrichment", "StopOTelEnrichment"),
    (
        "mturk",
        "list-hi-ts-for-qualification-type",
        "ListHITsForQualificationType",
    ),
    ("rds", "add-option-to-option-group", "ModifyOptionGroup"),
    (
        "rds",
        "remove-option-from-option-group",
        "ModifyOptionGroup",
    ),
    ("signin", "create-o-auth2-token", "CreateOAuth2Token"),
    (
        "signin",
        "create-o-auth2-token-with-token-exchange",
        "CreateOAuth2TokenWithTokenExchange",
    ),
    (
        "socialmessaging",
        "delete-whatsapp-media-message",
        "DeleteWhatsAppMessageMedia",
    ),
];

/// Operations for which `aws` has no command.
const REMOVED: &[(&str, &[&str])] = &[
    (
        "bedrock-agent-runtime",
        &[
            "agentic-retrieve-stream",
            "invoke-agent",
            "invoke-flow",
            "invoke-inline-agent",
            "optimize-prompt",
            "retrieve-and-generate-stream",
        ],
    ),
    (
        "bedrock-agentcore",
        &[
            "invoke-agent-runtime-command",
            "invoke-code-interpreter",
            "invoke-harness",
        ],
    ),
    (
        "bedrock-runtime",
        &[
            "converse-stream",
            "invoke-model-with-bidirectional-stream",
            "invoke-model-with-response-stream",
        ],
    ),
    ("connecthealth", &["start-medical-scribe-listening-session"]),
    ("devops-agent", &["send-message"]),
    ("ec2", &["import-instance", "import-volume"]),
    (
        "emr",
        &[
            "add-job-flow-steps",
            "describe-job-flows",
            "list-bootstrap-actions",
            "list-instance-groups",
            "run-job-flow",
            "set-keep-job-flow-alive-when-no-steps",
            "set-termination-protection",
            "set-unhealthy-node-replacement",
            "set-visible-to-all-users",
            "terminate-job-flows",
        ],
    ),
    ("iotsitewise", &["invoke-assistant"]),
    ("kinesis", &["subscribe-to-shard"]),
    ("lambda", &["invoke-with-response-stream"]),
    ("lexv2-runtime", &["start-conversation"]),
    ("logs", &["get-log-object", "start-live-tail"]),
    ("polly", &["start-speech-synthesis-stream"]),
    ("qbusiness", &["chat"]),
    ("rds", &["modify-option-group"]),
    (
        "sagemaker-runtime",
        &["invoke-endpoint-with-response-stream"],
    ),
    (
        "ses",
        &[
            "delete-verified-email-address",
            "list-verified-email-addresses",
            "verify-email-address",
        ],
    ),
];

/// Commands of `aws` that are more than one call and that this command lacks. The empty name is a whole service.
const LACKING: &[(&str, &[&str])] = &[
    (
        "cloudtrail",
        &[
            "create-subscription",
            "update-subscription",
            "verify-query-results",
        ],
    ),
    ("codecommit", &["credential-helper"]),
    ("configservice", &["get-status", "subscribe"]),
    ("datapipeline", &["create-default-roles", "list-runs"]),
    (
        "deploy",
        &["deregister", "install", "push", "register", "uninstall"],
    ),
    ("dlm", &["create-default-role"]),
    ("ec2-instance-connect", &["open-tunnel", "ssh"]),
    ("ecs", &["deploy", "monitor-express-gateway-service"]),
    (
        "emr",
        &[
            "add-instance-groups",
            "add-steps",
            "create-cluster",
            "create-default-roles",
            "create-hbase-backup",
            "describe-cluster",
            "disable-hbase-backups",
            "get",
            "install-applications",
            "modify-cluster-attributes",
            "put",
            "restore-from-hbase-backup",
            "schedule-hbase-backup",
            "socks",
            "ssh",
            "terminate-clusters",
        ],
    ),
    ("emr-containers", &["update-role-trust-policy"]),
    ("gamelift", &["get-game-session-log", "upload-build"]),
    ("history", &[""]),
    ("lightsail", &["push-container-image"]),
    ("logs", &["start-live-tail"]),
    ("servicecatalog", &["generate"]),
];

/// Finds the operation of a command; `None` for an unknown name or one that `aws` has no command for.
pub(super) fn operation<'m>(
    model: &'m ServiceModel,
    service: &str,
    command: &str,
) -> Option<&'m Operation> {
    if is_in(REMOVED, service, command) || is_lacking(service, command) {
        return None;
    }
    let other = OPERATIONS
        .iter()
        .find(|(of, name, _)| *of == service && *name == command);
    if let Some((_, _, name)) = other {
        return model.operation(name).ok().map(|found| &**found);
    }
    let found = model.operation(command).ok()?;
    (kebab_case(&found.name) == command).then_some(&**found)
}

/// Returns the commands of a service: those of operations, and procedures.
pub(super) fn of_service(model: &ServiceModel, service: &str) -> Vec<String> {
    let names = model.operation_names().map(kebab_case);
    let others = OPERATIONS.iter().filter(|(of, _, _)| *of == service);
    let names = names.chain(others.map(|(_, name, _)| (*name).to_owned()));
    let names = names.filter(|name| !is_in(REMOVED, service, name) && !is_lacking(service, name));
    // a procedure has precedence, as "sso logout"
    let names = names.filter(|name| procedure::find(service, name).is_none());
    let procedures = procedure::of_service(service).map(|procedure| procedure.name.to_owned());
    names.chain(procedures).collect()
}

/// Whether `aws` has a command that this command lacks.
pub(super) fn is_lacking(service: &str, command: &str) -> bool {
    is_in(LACKING, service, command)
}

fn is_in(table: &[(&str, &[&str])], service: &str, command: &str) -> bool {
    table
        .iter()
        .any(|(of, names)| *of == service && names.contains(&command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_one_command() {
        for (command, service) in [("s3api", "s3"), ("configservice", "config"), ("sts", "sts")] {
            assert_eq!(service_of(command), service);
            assert_eq!(command_of(service), command);
        }
        assert_eq!(service_of("runtime.sagemaker"), "sagemaker-runtime");
        assert_eq!(command_of("sagemaker-runtime"), "sagemaker-runtime");
    }
}
