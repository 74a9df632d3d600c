//! `login` and `logout`

use std::io::IsTerminal as _;

use tucuxi::config::FileEdit;
use tucuxi::internals::shared_files::Section;
use tucuxi::login::{
    Authorization, ConsoleLogin, ConsoleSession, console_logout, console_logout_all,
};
use tucuxi::transport::CancelToken;
use tucuxi::{Client, Config};

use super::configure::{Place, ask};
use super::sso::{REDIRECT_PORT, failure, redirect_port, until_ctrl_c};
use super::{PLAIN, Procedure, Task, browser, switch};
use crate::failure::Failure;

pub(super) const LOGIN: Procedure = Procedure {
    service: "login",
    about: "logs in with the credentials of the AWS console, and saves temporary ones for a profile",
    notes: &[
        "The profile that --profile names gets the key login_session; it is created if it does not exist. The credentials are saved in ~/.aws/login/cache, or in the folder that AWS_LOGIN_CACHE_DIRECTORY names, where aws and other tools find them; they are refreshed as long as the session lasts.",
        "BROWSER names the browser, if it is not that of the system.",
    ],
    flags: &[
        switch(
            "remote",
            "shows the page, which may be opened on another machine, and asks for the code that it shows at the end",
        ),
        REDIRECT_PORT,
    ],
    is_local: true,
    run: log_in,
    ..PLAIN
};

pub(super) const LOGOUT: Procedure = Procedure {
    service: "logout",
    about: "removes the credentials that login saved for a profile",
    flags: &[switch("all", "removes those of all profiles")],
    is_local: true,
    run: log_out,
    ..PLAIN
};

/// Other credentials, which would have precedence: a key of the profile, and what it stands for.
const OTHERS: [(&str, &str); 6] = [
    ("web_identity_token_file", "web identity"),
    ("sso_role_name", "SSO"),
    ("sso_account_id", "SSO"),
    ("aws_access_key_id", "access key"),
    ("role_arn", "role"),
    ("credential_process", "credential process"),
];

fn log_in(task: &mut Task<'_, '_>) -> Result<(), Failure> {
    let port = redirect_port(task)?;
    let place = Place::of(task)?;
    let name = place.profile.value.clone();
    let profile = place.files.profile(&name);
    check_others(&name, profile)?;
    let (region, is_asked) = region(task, &place)?;
    let client = client(task, &place, &region)?;
    let session = session(task, &client, port)?;
    let present = profile.text("login_session");
    if let Some(present) = present.filter(|present| *present != session.name()) {
        let question = format!(
            "\nProfile {name} is already configured to use session {present}. Do you want to overwrite it to use {} instead? (y/n): ",
            session.name()
        );
        if !agrees(task, &question)? {
            return Ok(());
        }
    }
    session.save(&place.env)?;
    let mut edit = FileEdit::config()
        .profile(&name)
        .set("login_session", session.name());
    if is_asked {
        edit = edit.set("region", &region);
    }
    place.save(&edit)?;
    task.print(&format!(
        "\nUpdated profile {name} to use {} credentials.\n",
        session.name()
    ))?;
    match name == "default" {
        true => Ok(()),
        false => task.print(&format!(
            "Use \"--profile {name}\" to use the new credentials, such as \"tucuxi sts get-caller-identity --profile {name}\"\n"
        )),
    }
}

fn check_others(name: &str, profile: Section<'_>) -> Result<(), Failure> {
    let other = OTHERS.iter().find(|(key, _)| profile.value(key).is_some());
    match other {
        None => Ok(()),
        Some((key, kind)) => Err(Failure::Setting(format!(
            "profile {name:?} already has {kind} credentials ({key}); use another with --profile, or remove them from the files"
        ))),
    }
}

/// The region to log in, and whether it was asked for.
fn region(task: &mut Task<'_, '_>, place: &Place) -> Result<(String, bool), Failure> {
    let profile = place.files.profile(&place.profile.value);
    let variables = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    let variable = variables.iter().find_map(|name| place.env.get(name));
    let given = task.globals.region.as_deref();
    if let Some(region) = given.or(variable).or_else(|| profile.text("region")) {
        return Ok((region.to_owned(), false));
    }
    task.print("No region is configured. It is where your resources are; the list is on https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html\nconfigure set region changes it later.\n")?;
    let answer = ask(task, "AWS Region [us-east-1]: ")?;
    let region = match answer.trim() {
        "" => "us-east-1",
        region => region,
    };
    Ok((region.to_owned(), true))
}

/// A client of the region, for a profile that need not exist.
fn client(task: &Task<'_, '_>, place: &Place, region: &str) -> Result<Client, Failure> {
    let name = &*place.profile.value;
    let profile = place.files.profile(name).exists().then_some(name);
    let url = task.globals.endpoint_url.as_deref();
    let config = Config::builder().environment(place.variables());
    let config = task.globals.config_with(config, profile, url)?;
    let config = config.with(|config| config.region(region));
    task.connect(config.map_err(tucuxi::Error::from)?)
}

fn session(
    task: &mut Task<'_, '_>,
    client: &Client,
    port: Option<u16>,
) -> Result<ConsoleSession, Failure> {
    let mut login = ConsoleLogin::new();
    if let Some(port) = port {
        login = login.redirect_port(port);
    }
    if task.has("remote") {
        let mut asked = Ok(());
        // Ctrl-C ends the process while it asks
        let result = login.run_remote(client, &CancelToken::default(), |authorization| {
            let text = browser::instructions(authorization, false);
            let question =
                format!("{text}\nEnter the authorization code displayed in your browser: ");
            let answer = ask(task, &question);
            let answer = answer.map_err(|failure| asked = Err(failure));
            Ok(answer.unwrap_or_default())
        });
        asked?;
        return result.map_err(failure);
    }
    let env = client.config().environment().clone();
    let mut printed = Ok(());
    let authorize = |authorization: &Authorization<'_>| {
        printed = task.print(&browser::instructions(authorization, true));
        browser::open(authorization.url, &env);
    };
    let result = until_ctrl_c(|cancel| login.run(client, cancel, authorize));
    printed?;
    result.map_err(failure)
}

fn agrees(task: &mut Task<'_, '_>, question: &str) -> Result<bool, Failure> {
    loop {
        match &*ask(task, question)?.trim().to_lowercase() {
            "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ if std::io::stdin().is_terminal() => {}
            other => return Err(Failure::Other(format!("{other:?} must be y or n").into())),
        }
    }
}

fn log_out(task: &mut Task<'_, '_>) -> Result<(), Failure> {
    let place = Place::of(task)?;
    if task.has("all") {
        return match console_logout_all(&place.env)? {
            0 => task.print("No cached login session tokens found.\n"),
            count => {
                let plural = if count == 1 { "" } else { "s" };
                task.print(&format!(
                    "Removed {count} cached login credential{plural}. Note, any local developer tools that have already loaded access tokens may continue to use them until their expiration. Access tokens expire in 15 minutes.\n"
                ))
            }
        };
    }
    let name = &place.profile.value;
    match place.files.profile(name).text("login_session") {
        None => {
            eprintln!("tucuxi: [WARNING]: no login session found for profile '{name}'");
            Ok(())
        }
        Some(session) => {
            console_logout(&place.env, session)?;
            task.print(&format!(
                "Removed cached login credentials for profile '{name}'. Note, any local developer tools that have already loaded the access token may continue to use it until its expiration. Access tokens expire in 15 minutes.\n"
            ))
        }
    }
}
