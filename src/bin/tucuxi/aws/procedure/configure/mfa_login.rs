//! `configure mfa-login`

use serde_json::{Value, json};
use tucuxi::config::FileEdit;
use tucuxi::internals::command::{PrintableLines, config};
use tucuxi::{Client, Credentials, ErrorKind};

use super::super::value;
use super::wizard::{ask, ask_secret};
use super::{COMMON, Place, Procedure, Task};
use crate::failure::{Failure, is_without_credentials};

pub(in super::super) const MFA_LOGIN: Procedure = Procedure {
    name: "mfa-login",
    about: "saves temporary credentials of a user with an MFA device in a profile",
    notes: &[
        "STS exchanges the credentials of the profile, with a code of the device, for temporary ones (GetSessionToken). The command asks for keys if the profile has none.",
    ],
    flags: &[
        value(
            "duration-seconds",
            "NUMBER",
            "how long the credentials are valid, from 900 to 129600; by default 43200",
        ),
        value(
            "serial-number",
            "TEXT",
            "the ARN or serial number of the device; by default mfa_serial of the profile",
        ),
        value(
            "update-profile",
            "NAME",
            "the profile that gets the credentials; without it, the command asks for a name",
        ),
    ],
    run,
    ..COMMON
};

fn run(task: &mut Task<'_, '_>) -> Result<(), Failure> {
    let place = Place::of(task)?;
    let duration: u32 = task.number("duration-seconds")?.unwrap_or(43200);
    let client = task.connect(task.globals.config(config())?)?;
    let serial = task.value("serial-number").map(str::to_owned);
    let (client, serial) = match client.credentials() {
        Ok(_) => {
            let profile = place.files.profile(&place.profile.value);
            let known = serial.or_else(|| profile.text("mfa_serial").map(str::to_owned));
            (client, known)
        }
        Err(error) if is_without_credentials(&error) => (with_asked_keys(task, &client)?, serial),
        Err(error) => return Err(error.into()),
    };
    let serial = match serial {
        Some(serial) => serial,
        None => answer(task, "MFA serial number or ARN", false)?,
    };
    let code = answer(task, "MFA token code", false)?;
    let target = match task.value("update-profile") {
        Some(name) => name.to_owned(),
        None => {
            let default = default_profile(&serial);
            let answer = ask(task, &format!("Profile to update [{default}]: "))?;
            if answer.is_empty() { default } else { answer }
        }
    };
    let params = json!({"DurationSeconds": duration, "SerialNumber": serial, "TokenCode": code});
    let response = client.call("sts", "GetSessionToken", params);
    let response = response.map_err(|error| match error.kind() {
        // the exit code of aws
        ErrorKind::Service => failed(&error.to_string()),
        _ => error.into(),
    })?;
    save(task, &place, &target, &response["Credentials"])
}

/// A client with keys that the person enters.
fn with_asked_keys(task: &mut Task<'_, '_>, client: &Client) -> Result<Client, Failure> {
    task.print("Please provide your AWS credentials:\n")?;
    let id = answer(task, "AWS Access Key ID", false)?;
    let secret = answer(task, "AWS Secret Access Key", true)?;
    let config = client
        .config()
        .with(|config| config.credentials(Credentials::new(id, secret)));
    task.connect(config.map_err(tucuxi::Error::from)?)
}

fn answer(task: &mut Task<'_, '_>, question: &str, is_secret: bool) -> Result<String, Failure> {
    let text = format!("{question}: ");
    let answer = match is_secret {
        true => ask_secret(task, &text)?,
        false => ask(task, &text)?,
    };
    match answer.is_empty() {
        true => Err(failed(&format!("{question} is required"))),
        false => Ok(answer),
    }
}

/// A failure that is printed already.
fn failed(what: &str) -> Failure {
    eprintln!("tucuxi: [ERROR]: {}", PrintableLines(what));
    Failure::Reported(1)
}

/// The name of the profile for a device: its account and name, if it has an ARN.
fn default_profile(serial: &str) -> String {
    let parts: Vec<&str> = serial.split(':').collect();
    match parts[..] {
        ["arn", _, "iam", _, account, resource] => {
            let name = resource.rsplit('/').next().unwrap_or_default();
            format!("{account}-{name}")
        }
        _ => format!("session-{serial}"),
    }
}

fn save(
    task: &mut Task<'_, '_>,
    place: &Place,
    target: &str,
    credentials: &Value,
) -> Result<(), Failure> {
    let mut edit = FileEdit::credentials().profile(target);
    for (key, name) in [
        ("aws_access_key_id", "AccessKeyId"),
        ("aws_secret_access_key", "SecretAccessKey"),
        ("aws_session_token", "SessionToken"),
    ] {
        let text = credentials[name].as_str();
        let text = text.ok_or_else(|| {
            Failure::Other(format!("the response of GetSessionToken has no {name}").into())
        })?;
        edit = edit.set(key, text);
    }
    place.save_credentials(&edit)?;
    let end = credentials["Expiration"].as_str().unwrap_or_default();
    let whole = end.split(['.', 'Z']).next().unwrap_or_default();
    let end = format!("{} UTC", whole.replace('T', " "));
    task.print(&format!(
        "Temporary credentials written to profile '{target}'\nCredentials will expire at {end}\n\
         To use these credentials, specify --profile {target} when running AWS CLI commands\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_names_the_profile() {
        for (serial, expected) in [
            ("arn:aws:iam::123456789012:mfa/ann", "123456789012-ann"),
            ("arn:aws-cn:iam::1:mfa/a/b", "1-b"),
            ("GAHT12345678", "session-GAHT12345678"),
        ] {
            assert_eq!(default_profile(serial), expected);
        }
    }
}
