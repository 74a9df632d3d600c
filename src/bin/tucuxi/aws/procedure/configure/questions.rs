//! Questions to a person. An invalid answer is explained, and the question repeated.

use super::super::Task;
use super::wizard::ask;
use crate::failure::Failure;

/// A check of an answer. The error says what is wrong.
type Check = fn(&str) -> Result<(), &'static str>;

pub(super) struct Question {
    text: &'static str,
    present: Option<String>,
    has_brackets: bool,
    check: Check,
}

impl Question {
    pub(super) fn of(text: &'static str) -> Self {
        Self {
            text,
            present: None,
            has_brackets: true,
            check: |_| Ok(()),
        }
    }

    /// Sets the value that an empty answer keeps.
    pub(super) fn with(mut self, present: Option<String>) -> Self {
        self.present = present;
        self
    }

    /// Shows no value in brackets, as none is set.
    pub(super) fn without_brackets(mut self) -> Self {
        self.has_brackets = false;
        self
    }

    pub(super) fn required(self) -> Self {
        self.checked(|answer| match answer.is_empty() {
            true => Err("A value is required"),
            false => Ok(()),
        })
    }

    pub(super) fn checked(mut self, check: Check) -> Self {
        self.check = check;
        self
    }

    pub(super) fn ask(self, task: &mut Task<'_, '_>) -> Result<String, Failure> {
        let text = match self.has_brackets {
            true => {
                let present = self.present.as_deref().unwrap_or("None");
                format!("{} [{present}]: ", self.text)
            }
            false => format!("{}: ", self.text),
        };
        loop {
            let answer = ask(task, &text)?.trim().to_owned();
            if answer.is_empty()
                && let Some(present) = &self.present
            {
                return Ok(present.clone());
            }
            match (self.check)(&answer) {
                Ok(()) => return Ok(answer),
                Err(what) => task.print(&format!("{what}\n"))?,
            }
        }
    }
}

/// Checks that an answer is a URL.
pub(super) fn url(answer: &str) -> Result<(), &'static str> {
    let host = answer
        .strip_prefix("https://")
        .or_else(|| answer.strip_prefix("http://"));
    let host = host.and_then(|rest| rest.split(['/', '?', '#']).next());
    let is_host = |host: &str| {
        !host.is_empty()
            && host
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-._:[]".contains(c))
    };
    match host.is_some_and(is_host) {
        true => Ok(()),
        false => Err("Not a valid Start URL"),
    }
}

/// Checks that an answer is a list with commas.
pub(super) fn scopes(answer: &str) -> Result<(), &'static str> {
    match answer
        .split(',')
        .all(|scope| !scope.trim().contains(char::is_whitespace))
    {
        true => Ok(()),
        false => Err("Scope values must be separated by commas"),
    }
}

/// Lets the person choose one of several, by its number or by a part of what is shown. The second of each row is returned.
pub(super) fn choose(
    task: &mut Task<'_, '_>,
    what: &str,
    rows: &[(String, String)],
) -> Result<String, Failure> {
    let mut shown: Vec<&(String, String)> = rows.iter().collect();
    loop {
        let list = shown.iter().enumerate();
        let lines: String = list
            .map(|(at, (text, _))| format!("{:>4}  {text}\n", at + 1))
            .collect();
        task.print(&lines)?;
        let answer = ask(
            task,
            &format!("{what} (a number, or a part of the name) [1]: "),
        )?;
        let answer = answer.trim();
        let number = if answer.is_empty() {
            Some(1)
        } else {
            answer.parse::<usize>().ok()
        };
        let chosen = number.and_then(|number| shown.get(number.checked_sub(1)?));
        if let Some((_, value)) = chosen {
            return Ok(value.clone());
        }
        let part = answer.to_lowercase();
        let found = rows
            .iter()
            .filter(|(text, _)| text.to_lowercase().contains(&part));
        let found: Vec<_> = found.collect();
        match &found[..] {
            [] => task.print("No match found\n")?,
            [(_, value)] => return Ok(value.clone()),
            _ => shown = found,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_checked() {
        for (text, expected) in [
            ("https://x.awsapps.com/start", true),
            ("http://x", true),
            ("x.awsapps.com", false),
            ("https://", false),
            ("https://a b", false),
            ("", false),
        ] {
            assert_eq!(url(text).is_ok(), expected, "{text}");
        }
        assert!(scopes("a, b,c").is_ok() && scopes("a b").is_err());
    }
}
