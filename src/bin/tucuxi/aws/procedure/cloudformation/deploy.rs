//! `cloudformation deploy`: a change set, executed.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};
use tempfile::NamedTempFile;
use tucuxi::internals::command::rfc3339;
use tucuxi::{Tree, WaitError};

use super::super::{PLAIN, Procedure, Task, required, switch, value, values};
use super::template::{parse_text, read_text};
use super::uploader::Uploader;
use super::{KMS_KEY_ID, S3_PREFIX};
use crate::failure::Failure;
use crate::output::python_text;
use crate::yaml::Yaml;

pub(in super::super) const DEPLOY: Procedure = Procedure {
    service: "cloudformation",
    name: "deploy",
    about: "creates or updates a stack with a template, and waits until it is complete",
    flags: &[
        required("template-file", "FILE", "the template, in YAML or JSON"),
        required("stack-name", "NAME", "the stack"),
        value(
            "s3-bucket",
            "BUCKET",
            "the bucket to which the template is uploaded; one of more than 51,200 bytes needs it",
        ),
        switch("force-upload", "replaces a template that is there already"),
        S3_PREFIX,
        KMS_KEY_ID,
        values(
            "parameter-overrides",
            "NAME=VALUE",
            "parameters of the template, or JSON: [\"NAME=VALUE\"], [{\"ParameterKey\": .., \"ParameterValue\": ..}] or {\"Parameters\": {..}}. Others keep their value, or have their default in a new stack",
        ),
        values(
            "capabilities",
            "CAPABILITY",
            "what the stack may do, such as CAPABILITY_NAMED_IAM",
        ),
        switch(
            "no-execute-changeset",
            "creates the change set and does not execute it",
        ),
        switch(
            "disable-rollback",
            "keeps resources that were created if the execution fails",
        ),
        switch(
            "no-disable-rollback",
            "rolls back if the execution fails, which is the default",
        ),
        value("role-arn", "ARN", "the role that CloudFormation assumes"),
        values("notification-arns", "ARN", "the SNS topics of the stack"),
        switch(
            "fail-on-empty-changeset",
            "fails if the template changes nothing",
        ),
        switch(
            "no-fail-on-empty-changeset",
            "succeeds if the template changes nothing, which is the default",
        ),
        values(
            "tags",
            "NAME=VALUE",
            "the tags of the stack and its resources",
        ),
    ],
    run,
    ..PLAIN
};

/// The largest template that is sent with the request.
const LARGEST_BODY: usize = 51_200;

fn run(task: &mut Task<'_, '_>) -> Result<(), Failure> {
    let shown = task.required("template-file").to_owned();
    let text = read_text(&task.path(&shown), &shown)?;
    let overrides = overrides(task.values("parameter-overrides"))?;
    let tags = pairs("tags", &task.list("tags")?)?;
    let template = parse_text(&text, &shown)?;
    if text.len() > LARGEST_BODY && !task.has("s3-bucket") {
        return Err(Failure::Other(
            "a template of more than 51,200 bytes must be deployed from a bucket: --s3-bucket names it".into(),
        ));
    }
    let stack = task.required("stack-name").to_owned();
    let (change_set, is_new) = create(
        task,
        &stack,
        &text,
        &parameters(&template, &overrides),
        &tags,
    )?;
    task.print("\nWaiting for changeset to be created..\n")?;
    if !wait_for_change_set(task, &stack, &change_set)? {
        let text = format!("No changes to deploy. Stack {stack} is up to date");
        return match task.has("fail-on-empty-changeset") {
            true => Err(Failure::Other(text.into())),
            false => task.print(&format!("\n{text}\n")),
        };
    }
    if task.has("no-execute-changeset") {
        return task.print(&format!(
            "Changeset created successfully. Run the following command to review changes:\n\
             aws cloudformation describe-change-set --change-set-name {change_set}\n"
        ));
    }
    let execute = json!({
        "ChangeSetName": change_set,
        "StackName": stack,
        "DisableRollback": task.has("disable-rollback"),
    });
    task.call("cloudformation", "ExecuteChangeSet", execute)?;
    task.print("Waiting for stack create/update to complete\n")?;
    let waiter = match is_new {
        true => "StackCreateComplete",
        false => "StackUpdateComplete",
    };
    let wait = task
        .client
        .waiter("cloudformation", waiter, json!({"StackName": stack}))?;
    wait.delay(Duration::from_secs(30))
        .max_attempts(120)
        .run()
        .map_err(|error| match error.root().downcast_ref::<WaitError>() {
            Some(_) => Failure::Other(
                format!(
                    "the stack was not created or updated; its events say why:\n\
                     tucuxi cloudformation describe-stack-events --stack-name {stack}"
                )
                .into(),
            ),
            None => error.into(),
        })?;
    task.print(&format!("Successfully created/updated stack - {stack}\n"))
}

/// The parameters of a template: with a new value, or with the previous one.
fn parameters(template: &Yaml, overrides: &Map<String, Value>) -> Vec<Value> {
    let names = template.get("Parameters").map_or(&[][..], Yaml::entries);
    let names = names.iter().filter_map(|(name, _)| name.as_text());
    names
        .map(|name| match overrides.get(name) {
            Some(value) => json!({"ParameterKey": name, "ParameterValue": value}),
            None => json!({"ParameterKey": name, "UsePreviousValue": true}),
        })
        .collect()
}

/// Creates the change set, and returns its ARN and whether the stack is new.
fn create(
    task: &Task<'_, '_>,
    stack: &str,
    template: &str,
    parameters: &[Value],
    tags: &Map<String, Value>,
) -> Result<(String, bool), Failure> {
    let exists = exists(task, stack)?;
    let known = match exists {
        // a stack has no previous value of a parameter that is new
        true => {
            let summary = json!({"StackName": stack});
            let summary = task.call("cloudformation", "GetTemplateSummary", summary)?;
            let known = summary["Parameters"].as_array().into_iter().flatten();
            known
                .map(|parameter| parameter["ParameterKey"].clone())
                .collect()
        }
        false => Vec::new(),
    };
    let has_value = |parameter: &&Value| {
        parameter.get("UsePreviousValue").is_none() || known.contains(&parameter["ParameterKey"])
    };
    let parameters: Vec<&Value> = parameters.iter().filter(has_value).collect();
    let now = SystemTime::now();
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let tags: Vec<Value> = tags
        .iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect();
    let mut params = json!({
        // the name that `aws` gives it
        "ChangeSetName": format!("awscli-cloudformation-package-deploy-{seconds}"),
        "StackName": stack,
        "ChangeSetType": if exists { "UPDATE" } else { "CREATE" },
        "Parameters": parameters,
        "Capabilities": task.list("capabilities")?,
        "Description": format!("Created by tucuxi at {}", rfc3339(now)),
        "Tags": tags,
    });
    match task.has("s3-bucket") {
        false => params["TemplateBody"] = template.into(),
        true => {
            let file = NamedTempFile::new()?;
            fs::write(file.path(), template)?;
            let uploader = Uploader::new(task, None);
            let key = uploader.upload(file.path(), ".template")?;
            params["TemplateURL"] = uploader.https_url(&key)?.into();
        }
    }
    if let Some(role) = task.value("role-arn") {
        params["RoleARN"] = role.into();
    }
    if task.has("notification-arns") {
        params["NotificationARNs"] = task.list("notification-arns")?.into();
    }
    let created = task.call("cloudformation", "CreateChangeSet", params)?;
    let id = created["Id"].as_str().unwrap_or_default().to_owned();
    Ok((id, !exists))
}

/// Whether there is a stack. One that only has change sets does not count.
fn exists(task: &Task<'_, '_>, stack: &str) -> Result<bool, Failure> {
    let described = task.client.call(
        "cloudformation",
        "DescribeStacks",
        json!({"StackName": stack}),
    );
    match described {
        Ok(described) => {
            let stacks = described["Stacks"]
                .as_array()
                .map_or(&[][..], Vec::as_slice);
            Ok(matches!(stacks, [stack] if stack["StackStatus"] != "REVIEW_IN_PROGRESS"))
        }
        Err(error) => {
            let message = error.root().service_error().map(|error| &*error.message);
            let is_missing = message.is_some_and(|text| {
                text.contains(&format!("Stack with id {stack} does not exist"))
            });
            match is_missing {
                true => Ok(false),
                false => Err(error.into()),
            }
        }
    }
}

/// Waits for the change set, and returns whether it changes anything.
fn wait_for_change_set(task: &Task<'_, '_>, stack: &str, id: &str) -> Result<bool, Failure> {
    let params = json!({"ChangeSetName": id, "StackName": stack});
    let wait = task
        .client
        .waiter("cloudformation", "ChangeSetCreateComplete", params)?;
    let Err(error) = wait.delay(Duration::from_secs(5)).run() else {
        return Ok(true);
    };
    let Some(failure) = error.root().downcast_ref::<WaitError>() else {
        return Err(error.into());
    };
    let last = failure.last_response.clone().unwrap_or_default();
    let text = |name: &str| last[name].as_str().unwrap_or_default().to_owned();
    let (status, reason) = (text("Status"), text("StatusReason"));
    let is_empty = reason.contains("The submitted information didn't contain changes.")
        || reason.contains("No updates are to be performed");
    match status == "FAILED" && is_empty {
        true => Ok(false),
        false => Err(Failure::Other(
            format!("the change set was not created: {error}; status {status}, reason: {reason}")
                .into(),
        )),
    }
}

/// Reads `--parameter-overrides`, in the forms of the command line or of a file.
fn overrides(given: &[String]) -> Result<Map<String, Value>, Failure> {
    let json = given
        .first()
        .and_then(|text| serde_json::from_str::<Value>(text).ok());
    let found = match json.filter(|json| json.is_array() || json.is_object()) {
        None => return pairs("parameter-overrides", given),
        Some(Value::Object(mut map)) => match map.shift_remove("Parameters") {
            Some(Value::Object(parameters)) => Some(parameters),
            _ => None,
        },
        Some(list) => of_list(&list),
    };
    let found = found.ok_or_else(|| {
        Failure::Usage(
            "--parameter-overrides: JSON must have the form [\"Key=Value\", ..], [{\"ParameterKey\": \"Key\", \"ParameterValue\": \"Value\"}, ..] or {\"Parameters\": {\"Key\": \"Value\", ..}}".into(),
        )
    })?;
    let as_text = |(name, value): (String, Value)| {
        let value = Tree::from(&value);
        (name, python_text(value.root(), false).into())
    };
    Ok(found.into_iter().map(as_text).collect())
}

fn of_list(list: &Value) -> Option<Map<String, Value>> {
    let items = list.as_array()?.iter();
    items
        .map(|item| match item {
            Value::String(text) => {
                let (name, value) = text.split_once('=')?;
                Some((name.to_owned(), value.into()))
            }
            Value::Object(map) if map.len() == 2 => {
                let name = map.get("ParameterKey")?.as_str()?;
                Some((name.to_owned(), map.get("ParameterValue")?.clone()))
            }
            _ => None,
        })
        .collect()
}

/// Reads `NAME=VALUE` texts.
fn pairs(option: &str, texts: &[String]) -> Result<Map<String, Value>, Failure> {
    let pair = |text: &String| match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.into())),
        None => Err(Failure::Other(
            format!("--{option}: {text:?} must have the form NAME=VALUE").into(),
        )),
    };
    texts.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_have_several_forms() {
        let read = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            overrides(&texts)
                .map(Value::Object)
                .map_err(|error| error.code())
        };
        for (texts, expected) in [
            (
                &["a=1", "b=2=3", "c="][..],
                Ok(json!({"a": "1", "b": "2=3", "c": ""})),
            ),
            (&[r#"["a=1", "b=2"]"#], Ok(json!({"a": "1", "b": "2"}))),
            (
                &[r#"[{"ParameterKey": "a", "ParameterValue": true}]"#],
                Ok(json!({"a": "True"})),
            ),
            (
                &[r#"{"Parameters": {"a": 1, "b": "x"}}"#],
                Ok(json!({"a": "1", "b": "x"})),
            ),
            (&[], Ok(json!({}))),
            (&["a"], Err(255)),
            (&[r#"{"a": 1}"#], Err(252)),
            (&[r#"[{"ParameterKey": "a"}]"#], Err(252)),
            (&[r#"["a"]"#], Err(252)),
        ] {
            assert_eq!(read(texts), expected, "{texts:?}");
        }
    }
}
