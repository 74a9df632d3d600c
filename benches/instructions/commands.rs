//! Paths of the command. The count is that of a whole process, from its start to its end.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::process::{Command, Stdio};

use crate::paths::USERS;
use crate::{count, null_server, responses};

/// A run of the command.
pub(crate) struct Run {
    pub(crate) name: &'static str,
    /// In thousands of instructions.
    pub(crate) budget: f64,
    arguments: &'static [&'static str],
    input: &'static str,
}

const fn run(name: &'static str, budget: f64, arguments: &'static [&'static str]) -> Run {
    Run {
        name,
        budget,
        arguments,
        input: "",
    }
}

/// What a client of the Model Context Protocol sends first.
const GREETING: &str = concat!(
    r#"{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "#,
    r#""clientInfo": {"name": "bench", "version": "1"}}}"#,
    "\n",
    r#"{"jsonrpc": "2.0", "method": "notifications/initialized"}"#,
    "\n",
);

/// The budgets are the counts of 2026-11-29 plus 3 %.
#[rustfmt::skip] // a path a line
pub(crate) const COMMANDS: &[Run] = &[
    run("command sts get-caller-identity", 2_211.0, &["sts", "get-caller-identity"]),
    run("command help", 5_407.0, &["help"]),
    run("command ec2 help", 13_002.0, &["ec2", "help"]),
    run("command s3api list-objects-v2", 23_020.0, &["s3api", "list-objects-v2", "--bucket", "bench"]),
    run("command s3 ls", 37_298.0, &["s3", "ls", "s3://bench"]),
    run("command dynamodb query", 67_847.0, &["dynamodb", "query", "--table-name", "orders"]),
    run("command iam list-users", 4_116.0, &["iam", "list-users"]),
    run("command ec2 describe-instances as JSON", 62_123.0, &["ec2", "describe-instances"]),
    run("command ec2 describe-instances as text", 80_708.0, &["ec2", "describe-instances", "--output", "text"]),
    run("command ec2 describe-instances as a table", 98_118.0, &["ec2", "describe-instances", "--output", "table"]),
    Run { input: GREETING, ..run("command mcp, first answer", 1_417.0, &["mcp"]) },
];

/// What the runs share: the program, and a server on the loopback interface.
pub(crate) struct Commands {
    program: OsString,
    url: String,
}

impl Commands {
    /// Starts the server. Without the feature `cli` there is no program, unless `TUCUXI_BENCH_COMMAND` names one.
    pub(crate) fn start() -> Option<Self> {
        let built = option_env!("CARGO_BIN_EXE_tucuxi").map(OsString::from);
        let program = std::env::var_os("TUCUXI_BENCH_COMMAND").or(built)?;
        let identity = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/bench</Arn>\
            <UserId>AIDACKCEVSQ6C2EXAMPLE</UserId><Account>123456789012</Account></GetCallerIdentityResult>\
            </GetCallerIdentityResponse>";
        let responses = [
            ("GetCallerIdentity", identity.into()),
            ("ListObjectsV2", responses::objects()),
            ("DescribeInstances", responses::instances()),
            ("Query", responses::items()),
            ("ListUsers", USERS.into()),
        ];
        let responses =
            responses.map(|(name, body)| (name, null_server::response("200 OK", "", &body)));
        let address = null_server::start_with(responses.into()).unwrap();
        let url = format!("http://{address}");
        Some(Self { program, url })
    }

    pub(crate) fn program(&self) -> &OsStr {
        &self.program
    }

    /// What callgrind writes about such a process. Names are as the linker has them.
    pub(crate) fn profile(&self, run: &Run) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("profile");
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--demangle=no"]);
        command.arg(format!("--callgrind-out-file={}", file.display()));
        command.arg(&self.program);
        self.output(run, command);
        std::fs::read_to_string(file).unwrap()
    }

    /// Runs the command, which must succeed.
    pub(crate) fn run(&self, run: &Run) {
        self.output(run, Command::new(&self.program));
    }

    /// Thousands of instructions of such a process.
    pub(crate) fn count(&self, run: &Run) -> f64 {
        let said = self.output(run, count::counted(&self.program));
        count::instructions(&said) as f64 / 1e3
    }

    /// Runs the command, and returns what is on stderr.
    fn output(&self, run: &Run, mut command: Command) -> String {
        let variables = [
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_ENDPOINT_URL", &self.url),
        ];
        let mut child = command
            .args(run.arguments)
            .env_clear()
            .envs(variables)
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(run.input.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && !output.stdout.is_empty(),
            "{}: {said}",
            run.name
        );
        said.into_owned()
    }
}
