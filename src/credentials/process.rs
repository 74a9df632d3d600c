//! Credentials that another program prints.

use std::io::{self, IsTerminal, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::document::{self, absent, fault};
use super::{
    Credentials, CredentialsError, CredentialsProvider, CredentialsSource, ProviderContext,
};
use crate::settings::shell_words;
use crate::{read, sync};

/// Runs the profile's `credential_process`, without a shell, and reads its output.
///
/// The process may use the terminal, if there is one, to prompt for a password. It is killed when the lookup is
/// cancelled or reaches its deadline, and when it prints more than 1 MiB. Without a terminal, its child processes are
/// killed as well.
///
/// ```
/// use tucuxi::Config;
/// use tucuxi::credentials::Chain;
/// use tucuxi::credentials::process::ProcessProvider;
///
/// let chain = Chain::new().then(ProcessProvider::new());
/// let config = Config::builder().isolated().credentials_provider(chain).build()?;
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ProcessProvider;

const NAME: &str = "custom-process";
/// The maximum size of the output.
const MAX_STDOUT: usize = 1 << 20;
/// The maximum size of the part of stderr that an error shows.
const MAX_STDERR: usize = 2 << 10;
/// How often the process is checked.
const SLICE: Duration = Duration::from_millis(5);
/// How long the output of remaining child processes is read after the process has exited.
const GRACE: Duration = Duration::from_secs(1);

impl ProcessProvider {
    /// Creates the provider.
    pub fn new() -> Self {
        Self
    }
}

impl CredentialsProvider for ProcessProvider {
    fn name(&self) -> &'static str {
        NAME
    }

    fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        let Some((command, _)) = cx.config.profile_text("credential_process") else {
            return Err(absent("the profile has no credential_process"));
        };
        let words = shell_words::split(command).ok_or_else(|| {
            fault(
                NAME,
                "credential_process has a quote or a backslash that does not end",
            )
        })?;
        let Some((program, arguments)) = words.split_first() else {
            return Err(absent("the credential_process of the profile is blank"));
        };
        let printed = run(cx, program, arguments)?;
        let document = read(program, &printed)?;
        let credentials = document::credentials(NAME, &document, "SessionToken")?.with_sources(&[
            CredentialsSource::ProfileProcess,
            CredentialsSource::Process,
        ]);
        let account = cx
            .config
            .profile_text("aws_account_id")
            .map(|(account, _)| account);
        Ok(match (credentials.account_id(), account) {
            (None, Some(account)) => credentials.with_account_id(account),
            _ => credentials,
        })
    }
}

/// Parses the output. An error shows no part of it, because that may be part of a secret.
fn read(program: &str, printed: &[u8]) -> Result<Value, CredentialsError> {
    let broken = |what: &str| fault(NAME, format!("{program} printed {what}"));
    if printed.trim_ascii().is_empty() {
        return Err(broken("nothing"));
    }
    let text = std::str::from_utf8(printed).map_err(|_| broken("something that is not UTF-8"))?;
    let document: Value =
        serde_json::from_str(text).map_err(|_| broken("something that is not JSON"))?;
    let version = &document["Version"];
    match version {
        Value::Null => Err(broken("no Version; it must be 1")),
        Value::Number(number) if number.as_f64() == Some(1.0) => Ok(document),
        Value::Number(number) => Err(broken(&format!("Version {number}; it must be 1"))),
        _ => Err(broken("a Version that is not a number; it must be 1")),
    }
}

/// Returns the output of the process after it has exited successfully.
fn run(
    cx: &ProviderContext<'_>,
    program: &str,
    arguments: &[String],
) -> Result<Vec<u8>, CredentialsError> {
    cx.check()?;
    let failed = |e: io::Error| fault(NAME, format!("{program} cannot be run: {e}"));
    let mut running = Running::start(cx, program, arguments).map_err(failed)?;
    let stdout = Kept::of(running.child.stdout.take(), MAX_STDOUT + 1).map_err(failed)?;
    let stderr = Kept::of(running.child.stderr.take(), MAX_STDERR).map_err(failed)?;
    let mut ended: Option<(ExitStatus, Instant)> = None;
    let status = loop {
        if stdout.len() > MAX_STDOUT {
            let what = format!("{program} printed more than {MAX_STDOUT} bytes and was killed");
            return Err(fault(NAME, what));
        }
        match ended {
            None => {
                let status = running.child.try_wait().map_err(failed)?;
                ended = status.map(|status| (status, Instant::now()));
            }
            Some((status, since)) => {
                let is_whole = stdout.is_whole() && stderr.is_whole();
                if is_whole || since.elapsed() >= GRACE {
                    break status;
                }
            }
        }
        cx.check()?;
        cx.cancel.wait(SLICE);
    };
    running.has_ended = true;
    match status.success() {
        true => Ok(stdout.take()),
        false => {
            let said = match stderr.is_there {
                true => said(&stderr.take()),
                false => String::new(),
            };
            Err(fault(NAME, format!("{program} ended with {status}{said}")))
        }
    }
}

/// Returns stderr of a failed process for the error, unless it contains credentials.
fn said(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let secrets = [
        "SecretAccessKey",
        "SessionToken",
        "secret_access_key",
        "session_token",
    ];
    match text.trim() {
        "" => ": it wrote nothing to stderr".into(),
        text if secrets.iter().any(|name| text.contains(name)) => {
            ": its stderr contains credentials and is not shown".into()
        }
        text => {
            let shown = text.chars().map(|c| {
                if c.is_control() && c != '\n' {
                    '\u{fffd}'
                } else {
                    c
                }
            });
            format!(": {}", shown.collect::<String>())
        }
    }
}

/// A process that is killed on drop unless it has exited.
struct Running {
    child: Child,
    /// Whether the process and its children have a process group of their own.
    has_group: bool,
    has_ended: bool,
}

impl Running {
    fn start(cx: &ProviderContext<'_>, program: &str, arguments: &[String]) -> io::Result<Self> {
        let has_terminal = io::stdin().is_terminal();
        // a prompt for a password and Ctrl-C at a terminal both need the foreground group
        let has_group = !(has_terminal || io::stdout().is_terminal() || io::stderr().is_terminal());
        let mut command = Command::new(program);
        command.args(arguments).stdout(Stdio::piped());
        // a program may have changed some for its configuration
        command.envs(cx.config.environment().iter());
        command.stdin(if has_terminal {
            Stdio::inherit()
        } else {
            Stdio::null()
        });
        command.stderr(match io::stderr().is_terminal() {
            true => Stdio::inherit(),
            false => Stdio::piped(),
        });
        #[cfg(unix)]
        if has_group {
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        Ok(Self {
            child: command.spawn()?,
            has_group: cfg!(unix) && has_group,
            has_ended: false,
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        #[cfg(unix)]
        if self.has_group
            && let Ok(id) = i32::try_from(self.child.id())
            && let Some(group) = rustix::process::Pid::from_raw(id)
        {
            // one that has gone meanwhile needs no signal
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let killed = self.child.kill().and_then(|()| self.child.wait());
        if let Err(error) = killed {
            tracing::debug!(%error, "a credential_process could not be killed");
        }
    }
}

/// The output that is read from a pipe. Beyond a limit, only the newest part is kept.
#[derive(Clone)]
struct Kept {
    output: Arc<Mutex<Output>>,
    /// Whether the process has this pipe.
    is_there: bool,
}

#[derive(Default)]
struct Output {
    bytes: Vec<u8>,
    is_whole: bool,
}

impl Kept {
    /// Reads on another thread, so that neither of two pipes fills up.
    fn of(pipe: Option<impl Read + Send + 'static>, limit: usize) -> io::Result<Self> {
        let (output, is_there) = (Arc::default(), pipe.is_some());
        let kept = Self { output, is_there };
        let Some(mut pipe) = pipe else {
            kept.change(|output| output.is_whole = true);
            return Ok(kept);
        };
        let reader = kept.clone();
        let read = move || {
            let mut part = [0; 8 << 10];
            loop {
                match read::some(&mut pipe, &mut part) {
                    Ok(0) | Err(_) => break,
                    Ok(n) => reader.change(|output| {
                        output.bytes.extend(part.iter().take(n));
                        let surplus = output.bytes.len().saturating_sub(limit);
                        output.bytes.drain(..surplus);
                    }),
                }
            }
            reader.change(|output| output.is_whole = true);
        };
        thread::Builder::new()
            .name("credential_process".into())
            .spawn(read)?;
        Ok(kept)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Output) -> T) -> T {
        change(&mut sync::lock(&self.output))
    }

    fn len(&self) -> usize {
        self.change(|output| output.bytes.len())
    }

    fn is_whole(&self) -> bool {
        self.change(|output| output.is_whole)
    }

    fn take(&self) -> Vec<u8> {
        self.change(|output| std::mem::take(&mut output.bytes))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::cancel::CancelToken;
    use crate::config::Config;
    use crate::credentials::tests::{Calls, context, query};
    use crate::transport::Replay;

    /// A profile whose process is a shell with this script.
    fn profile(script: &str) -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(at("script"), script).unwrap();
        let command = format!("credential_process = sh '{}'", at("script"));
        let profile = format!("[default]\naws_account_id = 123456789012\n{command}\n");
        std::fs::write(at("config"), profile).unwrap();
        let config = at("config");
        (folder, config)
    }

    fn printed(script: &str) -> Result<Option<Credentials>, CredentialsError> {
        let (_folder, config) = profile(script);
        let variables = [("AWS_CONFIG_FILE", &*config)];
        let calls = Calls::default();
        query(&ProcessProvider::new(), &variables, &Replay::new(), &calls)
    }

    #[test]
    fn what_is_printed_is_read() {
        let document = r#"{"Version": 1, "AccessKeyId": "AKID", "SecretAccessKey": "s", "SessionToken": "t",
            "Expiration": "2030-01-01T00:00:00Z"}"#;
        let found = printed(&format!("echo '{document}'")).unwrap().unwrap();
        assert_eq!(
            (found.access_key_id(), found.session_token()),
            ("AKID", Some("t"))
        );
        assert_eq!(found.account_id(), Some("123456789012"));
        assert!(found.expires().is_some());
    }

    #[test]
    fn an_end_or_token_that_is_blank_is_none() {
        for blank in [r#""""#, "null", r#""  ""#] {
            let document = format!(
                r#"{{"Version": 1, "AccessKeyId": "AKID", "SecretAccessKey": "s", "Expiration": {blank}, "SessionToken": {blank}}}"#
            );
            let found = printed(&format!("cat <<END\n{document}\nEND\n"))
                .unwrap()
                .unwrap();
            assert_eq!(
                (found.expires(), found.session_token()),
                (None, None),
                "{blank}"
            );
        }
    }

    #[test]
    fn faults_say_what_happened_and_no_secret() {
        let with = |rest: &str| {
            format!(
                r#"echo '{{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "hidden"{rest}}}'"#
            )
        };
        let cases = [
            (
                "echo hidden; echo sorry >&2; exit 3".to_owned(),
                "ended with exit status: 3: sorry",
            ),
            (
                "echo hidden; exit 3".into(),
                "exit status: 3: it wrote nothing to stderr",
            ),
            (
                "echo '{\"SecretAccessKey\": \"hidden\"}' >&2; exit 3".into(),
                "is not shown",
            ),
            ("printf 'a\\033[2Jb' >&2; exit 3".into(), "3: a\u{fffd}[2Jb"),
            ("kill -9 $$".into(), "signal: 9"),
            ("echo hidden".into(), "not JSON"),
            ("true".into(), "printed nothing"),
            ("printf '\\377hidden'".into(), "not UTF-8"),
            ("echo '[\"hidden\"]'".into(), "no Version"),
            (r#"echo '{"Version": 2}'"#.into(), "Version 2"),
            (
                r#"echo '{"Version": "hidden"}'"#.into(),
                "a Version that is not a number",
            ),
            (
                r#"echo '{"Version": 1, "SecretAccessKey": "hidden"}'"#.into(),
                "no AccessKeyId",
            ),
            (
                with(r#", "Expiration": "soon""#),
                "Expiration that is not a time",
            ),
            (
                with(r#", "Expiration": -1"#),
                "Expiration that is not a time",
            ),
            (
                with(r#", "SessionToken": "hidden\u0000""#),
                "the SessionToken that it returned has a NUL as character 7",
            ),
            ("exec yes hidden".into(), "more than 1048576 bytes"),
        ];
        for (script, expected) in cases {
            let error = printed(&script).unwrap_err().to_string();
            assert!(
                error.contains(expected) && !error.contains("hidden"),
                "{script}: {error}"
            );
        }
    }

    #[test]
    fn a_cancelled_process_ends_with_all_that_it_started() {
        let (folder, config) = profile("cd \"$(dirname \"$0\")\"; sleep 600 & echo $! > id; wait");
        let config = Config::builder().environment([("AWS_CONFIG_FILE", config)]);
        let config = config.build().unwrap();
        let (transport, calls, cancel) = (Replay::new(), Calls::default(), CancelToken::default());
        let cx = ProviderContext {
            cancel: &cancel,
            ..context(&config, &transport, &calls)
        };
        let id = folder.path().join("id");
        let started = || std::fs::read_to_string(&id).is_ok_and(|text| text.ends_with('\n'));
        let result = thread::scope(|scope| {
            scope.spawn(|| {
                while !started() {
                    thread::sleep(SLICE);
                }
                cancel.cancel();
            });
            ProcessProvider::new().credentials(&cx)
        });
        assert!(
            matches!(result, Err(CredentialsError::Cancelled)),
            "{result:?}"
        );
        let id = std::fs::read_to_string(&id)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        let id = rustix::process::Pid::from_raw(id).unwrap();
        // a killed process may be a zombie until its new parent looks
        let is_gone = || match rustix::process::test_kill_process(id) {
            Err(_) => true,
            Ok(()) => std::fs::read_to_string(format!("/proc/{id}/stat"))
                .is_ok_and(|stat| stat.contains(") Z")),
        };
        let gone = (0..1000).any(|_| {
            thread::sleep(SLICE);
            is_gone()
        });
        assert!(gone, "what the process started lives on");
    }

    #[test]
    fn a_process_that_leaves_something_behind_is_not_waited_for() {
        let document = r#"{"Version": 1, "AccessKeyId": "AKID", "SecretAccessKey": "s"}"#;
        let began = Instant::now();
        let script = format!("sleep 20 & echo '{document}'");
        assert!(printed(&script).unwrap().is_some());
        assert!(began.elapsed() < Duration::from_secs(10));
    }
}
