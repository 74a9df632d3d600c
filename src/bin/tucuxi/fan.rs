//! `--regions`, `--profiles` and `--roles`: one call over many regions and accounts.

use std::io::{self, Write};

use serde_json::{Map, Value};
use tucuxi::fan_out::{Account, FanOut, Target};
use tucuxi::internals::command::{Limits, PrintableLines, check, complete_pages, merge_page};
use tucuxi::{Client, Pages, RequestBuilder};

use crate::failure::Failure;
use crate::output::Rows;

/// The names of the options.
pub(crate) const OPTIONS: [(&str, &str, &str); 3] = [
    (
        "regions",
        "REGIONS",
        "calls these regions, or all that the account has enabled; each result is printed with its region",
    ),
    (
        "profiles",
        "PROFILES",
        "calls the accounts of these profiles; each result is printed with its profile",
    ),
    (
        "roles",
        "ARNS",
        "calls the accounts of these roles, which are assumed; each result is printed with its account and role",
    ),
];

/// The exit code if some targets failed, and others did not.
const SOME_FAILED: u8 = 1;

/// The regions and accounts of a command line.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Fan {
    /// What each of [`OPTIONS`] lists.
    lists: [Vec<String>; 3],
}

impl Fan {
    /// Takes the options out of a line. Names that the operation has itself are left to it.
    ///
    /// # Errors
    ///
    /// Returns an error if an option has no value.
    pub(crate) fn take(
        args: &mut Vec<String>,
        is_own: impl Fn(&str) -> bool,
    ) -> Result<Option<Self>, Failure> {
        let mut fan = Self::default();
        for (at, (name, ..)) in OPTIONS.iter().enumerate() {
            if !is_own(name) {
                fan.lists[at] = take(args, name)?;
            }
        }
        fan.checked()
    }

    /// The values of options, in the order of [`OPTIONS`].
    ///
    /// # Errors
    ///
    /// Returns an error if a value is invalid.
    pub(crate) fn of(lists: [Vec<String>; 3]) -> Result<Option<Self>, Failure> {
        Self { lists }.checked()
    }

    fn checked(self) -> Result<Option<Self>, Failure> {
        for ((name, ..), list) in OPTIONS.iter().zip(&self.lists) {
            if list.iter().any(|value| value.trim().is_empty()) {
                return Err(Failure::Usage(format!("--{name}: a value is empty")));
            }
        }
        let [regions, ..] = &self.lists;
        if regions.len() > 1 && regions.iter().any(|region| region == "all") {
            let what = "--regions: \"all\" stands for all regions, so no other can be named";
            return Err(Failure::Usage(what.into()));
        }
        let is_given = self.lists.iter().any(|list| !list.is_empty());
        Ok(is_given.then_some(self))
    }

    fn of_client(&self, client: &Client) -> FanOut {
        let [regions, profiles, roles] = &self.lists;
        let mut fan_out = client.fan_out();
        // an option that is not given leaves the accounts as they are
        if !profiles.is_empty() {
            fan_out = fan_out.profiles(profiles);
        }
        if !roles.is_empty() {
            fan_out = fan_out.roles(roles);
        }
        match regions.first().map(String::as_str) {
            None => fan_out,
            Some("all") => fan_out.all_regions(),
            Some(_) => fan_out.regions(regions),
        }
    }

    /// Waits for a state of each target. A failure is reported on stderr.
    ///
    /// # Errors
    ///
    /// Returns an error if a target failed.
    pub(crate) fn wait(
        &self,
        client: &Client,
        service: &str,
        waiter: &str,
        params: Value,
    ) -> Result<(), Failure> {
        let mut outcome = Outcome::default();
        for tagged in self.of_client(client).wait(service, waiter, params)? {
            match tagged.result {
                Ok(_) => outcome.has_result = true,
                Err(error) => outcome.failed(&tagged.target, error.into()),
            }
        }
        outcome.end()
    }

    /// Calls each target, and prints its results. A failure is reported on stderr.
    ///
    /// # Errors
    ///
    /// Returns an error if the call is invalid, if a target failed, or if nothing can be printed.
    pub(crate) fn call<W: Write>(
        &self,
        client: &Client,
        call: Call,
        mut rows: Rows<'_, W>,
    ) -> Result<(), Failure> {
        let (service, by_page) = (call.service.clone(), rows.is_by_page());
        // faults that all targets would have
        let request = call.request(client);
        match call.limits {
            Some(_) => drop(request.pages()?),
            None => check(request)?,
        }
        let change = call.change;
        let results = self
            .of_client(client)
            .stream(&service, move |client, send| {
                let request = call.request(client);
                match &call.limits {
                    None => drop(send(request.send_buffered()?.to_value()?)),
                    Some(limits) => list(limited(request.pages()?, limits), by_page, send)?,
                }
                Ok(())
            })?;
        let mut outcome = Outcome::default();
        for tagged in results {
            match tagged.result {
                Ok(value) => {
                    let value = match change {
                        Some(change) => change(value),
                        None => value,
                    };
                    let selected = match rows.select(value) {
                        Ok(selected) => selected,
                        Err(failure) => {
                            outcome.failed(&tagged.target, failure);
                            continue;
                        }
                    };
                    outcome.has_result = true;
                    rows.add(tags(&tagged.target), selected)?;
                }
                Err(error) => outcome.failed(&tagged.target, error.into()),
            }
        }
        rows.end()?;
        outcome.end()
    }
}

/// What is called for each target.
pub(crate) struct Call {
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) params: Value,
    /// The limits of a listing, of which all pages are requested.
    pub(crate) limits: Option<Limits>,
    /// What changes a result before it is printed.
    pub(crate) change: Option<fn(Value) -> Value>,
}

impl Call {
    fn request(&self, client: &Client) -> RequestBuilder {
        let request = client.request(&self.service, &self.operation);
        request.params(self.params.clone())
    }
}

fn limited(mut pages: Pages, limits: &Limits) -> Pages {
    if let Some(number) = limits.max_items {
        pages = pages.max_items(number);
    }
    if let Some(size) = limits.page_size {
        pages = pages.page_size(size);
    }
    pages
}

/// Passes on each page, or all pages as one result.
fn list(
    mut pages: Pages,
    by_page: bool,
    send: &mut dyn FnMut(Value) -> bool,
) -> tucuxi::Result<()> {
    let mut full = Value::Object(Map::new());
    let mut is_first = true;
    while let Some(page) = pages.next() {
        merge_page(&pages, &mut full, page?)?;
        if by_page {
            if std::mem::take(&mut is_first) {
                complete_pages(&pages, &mut full);
            }
            if !send(std::mem::replace(&mut full, Value::Object(Map::new()))) {
                return Ok(());
            }
        }
    }
    if !by_page {
        complete_pages(&pages, &mut full);
        send(full);
    }
    Ok(())
}

/// The members that name a target in its rows.
fn tags(target: &Target) -> Map<String, Value> {
    let mut tags = Map::new();
    if let Some(region) = &target.region {
        tags.insert("Region".into(), (&**region).into());
    }
    match &target.account {
        Account::Profile(name) => drop(tags.insert("Profile".into(), (&**name).into())),
        Account::Role(arn) => {
            let role = arn.split_once(":role/").map_or(&**arn, |(_, role)| role);
            tags.insert("Account".into(), target.account.id().into());
            tags.insert("Role".into(), role.into());
        }
        _ => {}
    }
    tags
}

/// What became of the targets.
#[derive(Default)]
struct Outcome {
    has_result: bool,
    /// The exit code of the first failure.
    failed: Option<u8>,
}

impl Outcome {
    fn failed(&mut self, target: &Target, failure: Failure) {
        let text = PrintableLines(format!("{target}: {failure}"));
        // if the terminal is gone, there is no place to report it
        let _ = writeln!(io::stderr(), "tucuxi: {text}");
        self.failed.get_or_insert_with(|| failure.code());
    }

    fn end(self) -> Result<(), Failure> {
        match self.failed {
            None => Ok(()),
            Some(_) if self.has_result => Err(Failure::Reported(SOME_FAILED)),
            Some(code) => Err(Failure::Reported(code)),
        }
    }
}

/// Takes an option with the values that follow it out of a line.
fn take(args: &mut Vec<String>, name: &str) -> Result<Vec<String>, Failure> {
    let option = format!("--{name}");
    let with_value = format!("{option}=");
    let end = args.iter().position(|arg| arg == "--");
    let find = |args: &[String]| {
        let known = &args[..end.unwrap_or(args.len()).min(args.len())];
        known
            .iter()
            .position(|arg| *arg == option || arg.starts_with(&with_value))
    };
    let mut found = Vec::new();
    while let Some(at) = find(args) {
        let count = match args[at].strip_prefix(&with_value) {
            Some(value) => {
                found = vec![value.to_owned()];
                0
            }
            None => {
                let values = args[at + 1..]
                    .iter()
                    .take_while(|arg| !arg.starts_with('-'));
                found = values.cloned().collect();
                found.len()
            }
        };
        args.drain(at..=at + count);
        found = found
            .iter()
            .flat_map(|value| value.split(','))
            .map(|value| value.trim().to_owned())
            .collect();
        found.retain(|value| !value.is_empty());
        if found.is_empty() {
            return Err(Failure::Usage(format!("{option} needs at least one value")));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_taken_out_of_a_line() {
        let cases: [(&str, &str, [&str; 3]); 6] = [
            (
                "--filters a b --regions all",
                "--filters a b",
                ["all", "", ""],
            ),
            (
                "--regions=x,y --profiles a b --max-items 3",
                "--max-items 3",
                ["x y", "a b", ""],
            ),
            (
                "--regions x, y --regions z --dry-run",
                "--dry-run",
                ["z", "", ""],
            ),
            ("--roles arn:a,arn:b", "", ["", "", "arn:a arn:b"]),
            ("--a 1 -- --regions x", "--a 1 -- --regions x", ["", "", ""]),
            (
                "--region x --role-name y",
                "--region x --role-name y",
                ["", "", ""],
            ),
        ];
        for (line, rest, expected) in cases {
            let mut args: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let fan = Fan::take(&mut args, |_| false).unwrap().unwrap_or_default();
            assert_eq!(
                (args.join(" "), fan.lists.map(|list| list.join(" "))),
                (rest.to_owned(), expected.map(str::to_owned)),
                "{line}"
            );
        }
    }

    #[test]
    fn an_operation_keeps_options_of_its_own() {
        let line = ["--regions", "x", "--profiles", "a"].map(str::to_owned);
        let mut args = line.to_vec();
        let fan = Fan::take(&mut args, |name| name == "regions")
            .unwrap()
            .unwrap();
        assert_eq!(args, ["--regions", "x"]);
        assert_eq!(fan.lists[1], ["a"]);
    }

    #[test]
    fn invalid_values_are_named() {
        for (line, expected) in [
            ("--regions", "--regions needs at least one value"),
            ("--profiles --x", "--profiles needs at least one value"),
            (
                "--regions all,x",
                "--regions: \"all\" stands for all regions, so no other can be named",
            ),
        ] {
            let mut args: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let error = Fan::take(&mut args, |_| false).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
}
