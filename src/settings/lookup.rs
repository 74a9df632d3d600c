//! The lookup of credentials: its timeout, and the prompt for MFA codes.

use std::io::{self, IsTerminal};
use std::num::NonZero;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::chain::Chain;
use super::{ConfigError, Settings, rows};

/// Long enough for a user to enter a code or a password.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(120);
/// The longest delay between the cancellation of a prompt and its end.
const SLICE: Duration = Duration::from_millis(50);

pub(super) fn timeout(chain: &Chain<'_>) -> Result<Option<Duration>, ConfigError> {
    let expected = "a number of seconds from 1";
    let seconds = chain.parsed::<NonZero<u32>>(&rows::CREDENTIALS_TIMEOUT, expected)?;
    Ok(seconds.map(|seconds| Duration::from_secs(seconds.value.get().into())))
}

impl Settings {
    /// Returns the timeout of a lookup of credentials or of a bearer token, including all its requests and prompts.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// use std::time::Duration;
    ///
    /// let config = Config::builder().environment([("TUCUXI_CREDENTIALS_TIMEOUT", "30")]).build()?;
    /// assert_eq!(config.credentials_timeout(), Duration::from_secs(30));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn credentials_timeout(&self) -> Duration {
        self.value(|values| values.credentials_timeout)
            .unwrap_or(DEFAULT_TIMEOUT)
    }

    /// Prompts for the code of an MFA device. Gives up when `is_wanted` returns false.
    pub(crate) fn mfa_code(
        &self,
        serial: &str,
        is_wanted: impl Fn() -> bool,
    ) -> io::Result<String> {
        let (sender, receiver) = mpsc::channel();
        let (prompt, name) = (self.explicit.world.prompt(), serial.to_owned());
        let terminal = Terminal::now();
        // a prompt cannot be interrupted, so it runs on its own thread
        thread::Builder::new()
            .name("mfa prompt".into())
            .spawn(move || sender.send(prompt(&name)))?;
        loop {
            match receiver.recv_timeout(SLICE) {
                Ok(code) => return Ok(code?.trim().to_owned()),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(io::Error::other("the prompt panicked"));
                }
                Err(RecvTimeoutError::Timeout) if is_wanted() => {}
                Err(RecvTimeoutError::Timeout) => {
                    terminal.restore();
                    let what = "no code was entered in time";
                    return Err(io::Error::new(io::ErrorKind::TimedOut, what));
                }
            }
        }
    }
}

/// The state of the terminal, whose echo a prompt switches off.
struct Terminal {
    #[cfg(unix)]
    state: Option<rustix::termios::Termios>,
}

impl Terminal {
    fn now() -> Self {
        Self {
            #[cfg(unix)]
            state: rustix::termios::tcgetattr(io::stdin()).ok(),
        }
    }

    fn restore(&self) {
        #[cfg(unix)]
        if let Some(state) = &self.state {
            let now = rustix::termios::OptionalActions::Now;
            if let Err(error) = rustix::termios::tcsetattr(io::stdin(), now, state) {
                tracing::debug!(%error, "cannot restore the state of the terminal");
            }
        }
    }
}

/// Prompts on the terminal, without echo.
pub(super) fn ask_on_terminal(serial: &str) -> io::Result<String> {
    match io::stdin().is_terminal() {
        true => rpassword::prompt_password(format!("Enter MFA code for {serial}: ")),
        false => Err(io::Error::other(
            "there is no terminal for a prompt, and the program set no mfa_prompt",
        )),
    }
}
