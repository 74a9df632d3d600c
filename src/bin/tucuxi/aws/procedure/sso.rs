//! `sso login` and `sso logout`

use std::sync::atomic::{AtomicBool, Ordering};

use tucuxi::Client;
use tucuxi::config::FileEdit;
use tucuxi::credentials::BearerToken;
use tucuxi::internals::command::config;
use tucuxi::login::{Authorization, LoginError, SsoLogin, sso_logout};
use tucuxi::transport::CancelToken;

use super::{Flag, PLAIN, Procedure, Task, browser, switch, value};
use crate::failure::Failure;

pub(super) const LOGIN: Procedure = Procedure {
    service: "sso",
    name: "login",
    about: "logs in to IAM Identity Center with a browser, and saves the token",
    notes: &[
        "The profile, or its sso_session, must be set up with configure sso. The token is saved in ~/.aws/sso/cache, where aws and other tools find it; it is refreshed as long as the session lasts.",
        "A session logs in with a code that the browser passes on to a port of this machine. With --use-device-code, and for profiles without a session, the browser may be on another machine.",
        "BROWSER names the browser, if it is not that of the system.",
    ],
    flags: &[
        NO_BROWSER,
        USE_DEVICE_CODE,
        REDIRECT_PORT,
        value(
            "sso-session",
            "NAME",
            "the session, by default that of the profile",
        ),
    ],
    is_local: true,
    run: log_in,
    ..PLAIN
};

pub(super) const LOGOUT: Procedure = Procedure {
    service: "sso",
    name: "logout",
    about: "ends all sessions of IAM Identity Center, and removes their tokens and credentials",
    is_local: true,
    run: |task| {
        let client = task.connect(task.globals.config_of_others(config())?)?;
        Ok(sso_logout(&client)?)
    },
    ..PLAIN
};

pub(super) const NO_BROWSER: Flag = switch("no-browser", "shows the page instead of opening it");
pub(super) const USE_DEVICE_CODE: Flag = switch(
    "use-device-code",
    "logs in with a code that is entered in the page",
);
pub(super) const REDIRECT_PORT: Flag = value(
    "redirect-port",
    "PORT",
    "the port of this machine to which the browser returns, by default any; sso_redirect_port of the session sets it too",
);

fn log_in(task: &mut Task<'_, '_>) -> Result<(), Failure> {
    let config = task.globals.config_of_others(config())?;
    let login = match task.value("sso-session") {
        Some(name) => SsoLogin::of_session(&config, name),
        None => SsoLogin::of_profile(&config),
    };
    let mut login = login
        .map_err(failure)?
        .device_code(task.has("use-device-code"));
    if let Some(port) = redirect_port(task)? {
        login = login.redirect_port(port);
    }
    let configured = login.region().to_owned();
    let client = task.connect(config)?;
    run(task, &mut login, &client)?;
    if login.region() != configured {
        save_region(task, &login, &client)?;
    }
    let url = login.start_url().to_owned();
    task.print(&format!("Successfully logged into Start URL: {url}\n"))
}

/// The port of the option.
pub(super) fn redirect_port(task: &Task<'_, '_>) -> Result<Option<u16>, Failure> {
    let Some(text) = task.value("redirect-port") else {
        return Ok(None);
    };
    let port = text.trim().parse().ok().filter(|port| *port > 0);
    let port = port.ok_or_else(|| {
        Failure::Usage(format!(
            "--redirect-port: {text:?} must be a number from 1 to 65535"
        ))
    })?;
    Ok(Some(port))
}

/// Logs in, with the browser that the options of [`LOGIN`] select.
pub(super) fn run(
    task: &mut Task<'_, '_>,
    login: &mut SsoLogin,
    client: &Client,
) -> Result<BearerToken, Failure> {
    let opens = !task.has("no-browser");
    let env = client.config().environment().clone();
    let mut printed = Ok(());
    let authorize = |authorization: &Authorization<'_>| {
        printed = task.print(&browser::instructions(authorization, opens));
        if opens {
            browser::open(authorization.complete_url, &env);
        }
    };
    let result = until_ctrl_c(|cancel| login.run(client, cancel, authorize));
    printed?;
    result.map_err(failure)
}

/// Whether a login waits, which Ctrl-C ends. Otherwise Ctrl-C ends the process.
static IS_WAITING: AtomicBool = AtomicBool::new(false);

/// Does what Ctrl-C cancels.
pub(super) fn until_ctrl_c<T>(wait: impl FnOnce(&CancelToken) -> T) -> T {
    let cancel = CancelToken::default();
    let handled = cancel.clone();
    let _ = ctrlc::set_handler(move || match IS_WAITING.load(Ordering::SeqCst) {
        true => handled.cancel(),
        false => std::process::exit(130),
    });
    IS_WAITING.store(true, Ordering::SeqCst);
    let done = wait(&cancel);
    IS_WAITING.store(false, Ordering::SeqCst);
    done
}

/// The failure of a login.
pub(super) fn failure(error: tucuxi::Error) -> Failure {
    match error.root().downcast_ref() {
        _ if error.is_cancelled() => Failure::Reported(130),
        Some(LoginError::Config(what)) => Failure::Setting(what.clone()),
        Some(_) => Failure::Other(error.to_string().into()),
        None => error.into(),
    }
}

fn save_region(task: &mut Task<'_, '_>, login: &SsoLogin, client: &Client) -> Result<(), Failure> {
    let edit = match login.session_name() {
        Some(name) => FileEdit::config().sso_session(name),
        None => FileEdit::config().profile(&client.config().profile().value),
    };
    let edit = edit.set("sso_region", login.region());
    edit.save(client.config().environment())
        .map_err(tucuxi::Error::from)?;
    task.print(&format!("SSO region updated to {}\n", login.region()))
}
