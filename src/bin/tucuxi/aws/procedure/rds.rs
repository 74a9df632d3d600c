//! `rds generate-db-auth-token`, `dsql generate-db-connect-auth-token` and `dsql generate-db-connect-admin-auth-token`

use std::time::Duration;

use super::{Flag, PLAIN, Procedure, Task, required, value};
use crate::failure::Failure;

pub(super) const GENERATE_DB_AUTH_TOKEN: Procedure = Procedure {
    service: "rds",
    name: "generate-db-auth-token",
    about: "prints a token that is the password of a database user for 15 minutes",
    flags: &[
        required("hostname", "HOST", "the host of the database"),
        required("port", "PORT", "the port of the database"),
        required("username", "USER", "the user of the database"),
    ],
    run: |task| {
        let port = task.number("port")?.unwrap_or_default();
        let (host, user) = (task.required("hostname"), task.required("username"));
        let token = task.client.presigner().rds_auth_token(host, port, user)?;
        task.print(&format!("{token}\n"))
    },
    ..PLAIN
};

const DSQL: &[Flag] = &[
    required("hostname", "HOST", "the endpoint of the cluster"),
    value(
        "expires-in",
        "SECONDS",
        "how long the token is valid; by default 900",
    ),
];

pub(super) const GENERATE_DB_CONNECT_AUTH_TOKEN: Procedure = Procedure {
    service: "dsql",
    name: "generate-db-connect-auth-token",
    about: "prints a token that is the password of a custom database role",
    flags: DSQL,
    run: |task| {
        let token = task.client.presigner();
        let token = token.dsql_auth_token(task.required("hostname"), expires(task)?)?;
        task.print(&format!("{token}\n"))
    },
    ..PLAIN
};

pub(super) const GENERATE_DB_CONNECT_ADMIN_AUTH_TOKEN: Procedure = Procedure {
    service: "dsql",
    name: "generate-db-connect-admin-auth-token",
    about: "prints a token that is the password of the admin role",
    flags: DSQL,
    run: |task| {
        let token = task.client.presigner();
        let token = token.dsql_admin_auth_token(task.required("hostname"), expires(task)?)?;
        task.print(&format!("{token}\n"))
    },
    ..PLAIN
};

fn expires(task: &Task<'_, '_>) -> Result<Duration, Failure> {
    let seconds = task.number("expires-in")?.unwrap_or(900);
    Ok(Duration::from_secs(seconds))
}
