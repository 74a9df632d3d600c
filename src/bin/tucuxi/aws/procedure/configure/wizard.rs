//! `configure`

use std::io::{self, IsTerminal as _, Write as _};

use tucuxi::config::FileEdit;

use super::{COMMON, Place, Procedure, Task, masked};
use crate::failure::Failure;

pub(in super::super) const CONFIGURE: Procedure = Procedure {
    about: "asks for keys, region and output format, and saves them in a profile",
    notes: &[
        "The access key and the secret key are saved in ~/.aws/credentials, the others in ~/.aws/config. An empty answer keeps what is there, which is shown in brackets. --profile names the profile, which is created if it does not exist.",
    ],
    run,
    ..COMMON
};

/// The keys and their questions.
const QUESTIONS: [(&str, &str); 4] = [
    ("aws_access_key_id", "AWS Access Key ID"),
    (SECRET, "AWS Secret Access Key"),
    ("region", "Default region name"),
    ("output", "Default output format"),
];

const SECRET: &str = "aws_secret_access_key";

/// How many of the keys are in the credentials file.
const CREDENTIALS: usize = 2;

fn run(task: &mut Task<'_, '_>) -> Result<(), Failure> {
    let place = Place::of(task)?;
    let name = &place.profile.value;
    let profile = place.files.profile(name);
    let mut changed = Vec::new();
    for (at, (key, question)) in QUESTIONS.into_iter().enumerate() {
        let present = profile.text(key);
        let shown = match present {
            Some(text) if at < CREDENTIALS => masked(text),
            Some(text) => text.to_owned(),
            None => "None".into(),
        };
        let text = format!("{question} [{shown}]: ");
        let answer = match key == SECRET {
            true => ask_secret(task, &text)?,
            false => ask(task, &text)?,
        };
        if !answer.is_empty() && present != Some(&answer) {
            changed.push((at, key, answer));
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    let of_file = |edit: FileEdit, is_credentials: bool| {
        let own = changed
            .iter()
            .filter(|(at, ..)| (*at < CREDENTIALS) == is_credentials);
        own.fold(edit.profile(name), |edit, (_, key, value)| {
            edit.set(key, value)
        })
    };
    if changed.iter().any(|(at, ..)| *at < CREDENTIALS) {
        place.save_credentials(&of_file(FileEdit::credentials(), true))?;
    }
    // the profile is in this file in any case
    place.save(&of_file(FileEdit::config(), false))
}

/// Asks a question. The answer is a line of stdin.
pub(in super::super) fn ask(task: &mut Task<'_, '_>, question: &str) -> Result<String, Failure> {
    task.print(question)?;
    let mut line = String::new();
    let read = io::stdin().read_line(&mut line);
    match read.map_err(|error| Failure::Other(format!("stdin: {error}").into()))? {
        0 => Err(no_answer()),
        _ => Ok(line.trim_end_matches(['\n', '\r']).to_owned()),
    }
}

/// Asks for a secret, which a terminal does not show.
pub(in super::super) fn ask_secret(
    task: &mut Task<'_, '_>,
    question: &str,
) -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        return ask(task, question);
    }
    task.print(question)?;
    io::stdout().flush()?;
    rpassword::read_password().map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => no_answer(),
        _ => Failure::Other(format!("stdin: {error}").into()),
    })
}

fn no_answer() -> Failure {
    Failure::Other("stdin ended before all questions were answered; nothing is changed".into())
}
