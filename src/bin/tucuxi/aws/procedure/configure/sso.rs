//! `configure sso` and `configure sso-session`

use tucuxi::config::FileEdit;
use tucuxi::login::SsoLogin;
use tucuxi::{Client, Config};

use super::super::sso::{self, NO_BROWSER, REDIRECT_PORT, USE_DEVICE_CODE};
use super::questions::{self, Question};
use super::sso_role::account_and_role;
use super::{COMMON, Place, Procedure, Task};
use crate::failure::Failure;

pub(in super::super) const SSO: Procedure = Procedure {
    name: "sso",
    about: "asks for what a profile needs to log in to IAM Identity Center, and logs in",
    notes: &[
        "An empty answer keeps what is there, which is shown in brackets. --profile names the profile; without it, the name is asked for. The answers are saved in ~/.aws/config.",
    ],
    flags: &[NO_BROWSER, USE_DEVICE_CODE, REDIRECT_PORT],
    run: configure_profile,
    ..COMMON
};

pub(in super::super) const SSO_SESSION: Procedure = Procedure {
    name: "sso-session",
    about: "asks for what a session of IAM Identity Center needs, which profiles share",
    notes: &[
        "An empty answer keeps what is there, which is shown in brackets. The answers are saved in ~/.aws/config.",
    ],
    run: configure_session,
    ..COMMON
};

const SCOPE: &str = "sso:account:access";

/// The answers about a session.
struct Answers {
    start_url: String,
    region: String,
    scopes: String,
}

fn configure_session(task: &mut Task<'_, '_>) -> Result<(), Failure> {
    let place = Place::of(task)?;
    let name = Question::of("SSO session name")
        .without_brackets()
        .required();
    let name = name.ask(task)?;
    let answers = ask_about(task, &place, Some(&name), None)?;
    let edit = FileEdit::config().sso_session(&name);
    place.save(&set_session(edit, &answers))?;
    task.print(&format!(
        "\nCompleted configuring SSO session: {name}\nRun the following to login and refresh access token for this session:\n\ntucuxi sso login --sso-session {name}\n"
    ))
}

fn set_session(edit: FileEdit, answers: &Answers) -> FileEdit {
    edit.set("sso_start_url", &answers.start_url)
        .set("sso_region", &answers.region)
        .set("sso_registration_scopes", &answers.scopes)
}

/// Asks about a session, or about a profile without one.
fn ask_about(
    task: &mut Task<'_, '_>,
    place: &Place,
    session: Option<&str>,
    profile: Option<&str>,
) -> Result<Answers, Failure> {
    let known = |key: &str| {
        let section = session.and_then(|name| place.files.sso_session(name).text(key));
        let section = section.or_else(|| place.files.profile(profile?).text(key));
        section.map(str::to_owned)
    };
    let start_url = Question::of("SSO start URL").with(known("sso_start_url"));
    let start_url = start_url.checked(questions::url).ask(task)?;
    let region = match region_of_own_domain(task, &start_url) {
        Some(region) => region,
        None => {
            let region = Question::of("SSO region").with(known("sso_region"));
            region.required().ask(task)?
        }
    };
    let scopes = match session {
        None => String::new(),
        Some(_) => {
            let present = known("sso_registration_scopes");
            let present = present.unwrap_or_else(|| SCOPE.to_owned());
            let scopes = Question::of("SSO registration scopes").with(Some(present));
            scopes.checked(questions::scopes).ask(task)?
        }
    };
    Ok(Answers {
        start_url,
        region,
        scopes,
    })
}

/// The region to which a start URL of one's own domain leads, so that it need not be asked for.
fn region_of_own_domain(task: &Task<'_, '_>, start_url: &str) -> Option<String> {
    let mut login = SsoLogin::new(start_url, "");
    let resolved = login.resolve(&task.client);
    if let Err(error) = resolved {
        tracing::debug!(%error, "the start URL is not resolved");
    }
    let region = login.region().to_owned();
    (!region.is_empty()).then_some(region)
}

fn configure_profile(task: &mut Task<'_, '_>) -> Result<(), Failure> {
    let place = Place::of(task)?;
    let chosen = &place.profile;
    let is_named = chosen.source != tucuxi::config::Source::Default;
    let profile = place.files.profile(&chosen.value);
    let present = profile.text("sso_session").map(str::to_owned);
    let session = match &present {
        Some(_) => Question::of("SSO session name").with(present),
        None => Question::of("SSO session name (Recommended)").without_brackets(),
    };
    let session = session.ask(task)?;
    let session = Some(session).filter(|name| !name.is_empty());
    if session.is_none() {
        task.print("WARNING: Configuring using legacy format (e.g. without an SSO session).\nConsider re-running \"configure sso\" command and providing a session name.\n")?;
    }
    let is_known = session
        .as_deref()
        .is_some_and(|name| place.files.sso_session(name).exists());
    let client = client(task, &place)?;
    let mut answers = None;
    let login = match &session {
        Some(name) if is_known => SsoLogin::of_session(client.config(), name)
            .map_err(sso::failure)?
            .keep_valid(true),
        _ => {
            let given = ask_about(task, &place, session.as_deref(), Some(&chosen.value))?;
            let login = SsoLogin::new(&given.start_url, &given.region);
            let login = match &session {
                Some(name) => {
                    let scopes = given.scopes.split(',').map(str::trim);
                    let scopes = scopes.filter(|scope| !scope.is_empty());
                    login.session(name).scopes(scopes)
                }
                None => login.keep_valid(true),
            };
            answers = Some(given);
            login
        }
    };
    let mut login = login.device_code(task.has("use-device-code"));
    if let Some(port) = sso::redirect_port(task)? {
        login = login.redirect_port(port);
    }
    let token = sso::run(task, &mut login, &client)?;
    let role = account_and_role(task, &client, login.region(), token.token())?;
    let region =
        Question::of("Default client Region").with(profile.text("region").map(str::to_owned));
    let region = region.ask(task)?;
    let output = Question::of("CLI default output format (json if not specified)");
    let output = output
        .with(profile.text("output").map(str::to_owned))
        .ask(task)?;
    let name = match is_named {
        true => chosen.value.clone(),
        false => {
            let default = role
                .as_ref()
                .map(|(account, role)| format!("{role}-{account}"));
            Question::of("Profile name")
                .with(default)
                .required()
                .ask(task)?
        }
    };
    let mut edit = FileEdit::config().profile(&name);
    if let Some(session) = &session {
        edit = edit.set("sso_session", session);
    } else if let Some(answers) = &answers {
        edit = edit
            .set("sso_start_url", &answers.start_url)
            .set("sso_region", &answers.region);
    }
    if let Some((account, role)) = &role {
        edit = edit
            .set("sso_account_id", account)
            .set("sso_role_name", role);
    }
    for (key, value) in [("region", &region), ("output", &output)] {
        if !value.is_empty() {
            edit = edit.set(key, value);
        }
    }
    if let (Some(session), Some(answers)) = (&session, &answers) {
        edit = set_session(edit.sso_session(session), answers);
    }
    place.save(&edit)?;
    conclude(task, &name, role.is_some())
}

fn conclude(task: &mut Task<'_, '_>, name: &str, has_role: bool) -> Result<(), Failure> {
    let text = match (has_role, name) {
        (false, name) => format!("Successfully configured SSO for profile: {name}\n"),
        (true, "default") => "The default profile is now configured.\nRun the following command to verify your configuration:\n\ntucuxi sts get-caller-identity\n".into(),
        (true, name) => format!(
            "To use this profile, specify the profile name using --profile, as shown:\n\ntucuxi sts get-caller-identity --profile {name}\n"
        ),
    };
    task.print(&text)
}

/// A client whose profile need not exist.
fn client(task: &Task<'_, '_>, place: &Place) -> Result<Client, Failure> {
    let config = Config::builder().environment(place.variables());
    task.connect(task.globals.config_with(config, None, None)?)
}
