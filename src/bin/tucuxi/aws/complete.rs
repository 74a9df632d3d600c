//! The words that may come next in a command line of a service: commands, options, and values where the model has a list of them.

use tucuxi::Client;
use tucuxi::model::names::kebab_case;
use tucuxi::model::{Kind, Member, Operation, Paginator, ServiceModel};

use super::flag::Flag;
use super::grammar::Takes;
use super::options::{Command, CommandOption, Sets};
use super::procedure;
use super::{commands, globals, model_of, s3};
use crate::fan;

/// A word that may come next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) text: String,
    /// What it is, for shells that show it.
    pub(crate) about: String,
}

impl Candidate {
    pub(crate) fn new(text: impl Into<String>, about: impl Into<String>) -> Self {
        let (text, about) = (text.into(), about.into());
        Self { text, about }
    }
}

/// Returns the words that may follow others, of which `typed` is the beginning. `words` do not have the name of the program.
pub(crate) fn complete(words: &[String], typed: &str, client: &Client) -> Vec<Candidate> {
    let positionals = positionals(words);
    let model = positionals
        .first()
        .and_then(|command| model_of(client, command, &[]).ok());
    let target = model
        .as_deref()
        .and_then(|model| Target::find(&positionals, model, client));
    let table = Table {
        model: model.as_deref(),
        flags: flags(&positionals),
        options: target.as_ref().map(Target::options).unwrap_or_default(),
    };
    let (open, must_be_value) = table.open_option(words);
    let mut found = open.map(|option| option.values(client)).unwrap_or_default();
    if !must_be_value {
        if !typed.starts_with('-') {
            found.extend(names(&positionals, model.as_deref(), client));
        }
        let may_follow = found.is_empty() && typed.is_empty() && !table.is_empty();
        if typed.starts_with('-') || may_follow {
            found.extend(table.options_after(words));
        }
    }
    found.retain(|candidate| candidate.text.starts_with(typed));
    found
}

/// The options of a command that is not one operation.
fn flags(positionals: &[&str]) -> Vec<&'static Flag> {
    match positionals {
        [s3::NAME, name, ..] => s3::command(name).map_or(Vec::new(), s3::Command::options),
        [service, rest @ ..] => {
            let found = procedure::find(service, rest.first().unwrap_or(&""));
            found.map_or(Vec::new(), |procedure| procedure.flags.iter().collect())
        }
        _ => Vec::new(),
    }
}

/// The words that are neither global options nor their values.
pub(crate) fn positionals(words: &[String]) -> Vec<&str> {
    let mut found = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.strip_prefix("--") {
            None => found.push(&**word),
            Some(name) if !name.contains('=') => {
                if globals::takes(name) == Some(Takes::One) {
                    words.next();
                }
            }
            Some(_) => {}
        }
    }
    found
}

/// The commands that may follow.
fn names(positionals: &[&str], model: Option<&ServiceModel>, client: &Client) -> Vec<Candidate> {
    let waiters = |model: &ServiceModel| {
        let known = client.introspect().service(model.name());
        known.and_then(|known| known.waiters()).unwrap_or_default()
    };
    match (positionals, model) {
        ([], _) => {
            let services = client.introspect().services().unwrap_or_default();
            let services = services.iter().map(|name| commands::command_of(name));
            let services = services.map(|name| Candidate::new(name, "service"));
            let groups = procedure::groups().map(|name| {
                let about = procedure::find(name, "").map_or("commands", |found| found.about);
                Candidate::new(name, about)
            });
            let s3 = Candidate::new(s3::NAME, s3::ABOUT);
            services.chain(groups).chain([s3]).collect()
        }
        ([s3::NAME], _) => {
            let all = s3::COMMANDS.iter();
            let all = all.map(|command| Candidate::new(command.name, command.about));
            all.chain([Candidate::new("help", "lists the commands")])
                .collect()
        }
        ([group], None) => {
            let procedures = procedure::of_service(group);
            procedures
                .filter(|procedure| !procedure.name.is_empty())
                .map(|procedure| Candidate::new(procedure.name, procedure.about))
                .collect()
        }
        ([service], Some(model)) => {
            let operations = commands::of_service(model, service);
            let mut names: Vec<_> = operations
                .into_iter()
                .map(|name| Candidate::new(name, "operation"))
                .collect();
            if !waiters(model).is_empty() {
                names.push(Candidate::new("wait", "waits for a condition"));
            }
            names.push(Candidate::new("help", "lists the operations"));
            names
        }
        ([_, "wait"], Some(model)) => {
            let waiters = waiters(model);
            let names = waiters.iter().map(|name| kebab_case(name));
            names.map(|name| Candidate::new(name, "waiter")).collect()
        }
        _ => Vec::new(),
    }
}

/// The options of a command line.
struct Table<'m> {
    model: Option<&'m ServiceModel>,
    flags: Vec<&'static Flag>,
    options: Vec<CommandOption<'m>>,
}

/// An option of either kind.
enum Known<'t, 'm> {
    Flag(&'static Flag),
    Global(String),
    Own(&'t ServiceModel, &'t CommandOption<'m>),
}

impl<'m> Table<'m> {
    fn is_empty(&self) -> bool {
        self.options.is_empty() && self.flags.is_empty()
    }

    fn find(&self, name: &str) -> Option<(Known<'_, 'm>, Takes)> {
        if let Some(flag) = self.flags.iter().find(|flag| flag.name == name) {
            return Some((Known::Flag(flag), flag.takes));
        }
        let own = self.options.iter().find(|option| option.name == name);
        if let (Some(option), Some(model)) = (own, self.model) {
            return Some((Known::Own(model, option), option.takes));
        }
        let takes = globals::takes(name)?;
        Some((Known::Global(name.to_owned()), takes))
    }

    /// The option whose value may come next, and whether nothing else may.
    fn open_option(&self, words: &[String]) -> (Option<Known<'_, 'm>>, bool) {
        let last = words.iter().rposition(|word| word.starts_with("--"));
        let Some(last) = last else {
            return (None, false);
        };
        let values = words.len() - last - 1;
        let name = words[last].trim_start_matches('-');
        match self.find(name) {
            Some((option, Takes::One | Takes::Some | Takes::Two)) if values == 0 => {
                (Some(option), true)
            }
            Some((option, Takes::Two)) if values == 1 => (Some(option), true),
            Some((option, Takes::Optional)) if values == 0 => (Some(option), false),
            Some((option, Takes::Any | Takes::Some)) => (Some(option), false),
            _ => (None, false),
        }
    }

    /// The options that were not given yet, with the required ones first.
    fn options_after(&self, words: &[String]) -> Vec<Candidate> {
        let is_new = |name: &str| {
            !words
                .iter()
                .any(|word| word.strip_prefix("--") == Some(name))
        };
        let (required, rest): (Vec<_>, Vec<_>) =
            self.options.iter().partition(|option| option.required);
        let mut found = Vec::new();
        for option in required.into_iter().chain(rest) {
            let about = if option.required { "required" } else { "" };
            found.push((option.name.clone(), about));
        }
        let flags = self.flags.iter().copied();
        let (required, rest): (Vec<&Flag>, Vec<&Flag>) = flags.partition(|flag| flag.required);
        for flag in required.into_iter().chain(rest) {
            found.push((flag.name.to_owned(), flag.help));
        }
        for (name, about) in globals::all() {
            // an operation's own option has precedence
            if !found.iter().any(|(known, _)| known == name) {
                found.push((name.to_owned(), about));
            }
        }
        if !self.options.is_empty() {
            for (name, _, about) in fan::OPTIONS {
                if !found.iter().any(|(known, _)| known == name) {
                    found.push((name.to_owned(), about));
                }
            }
        }
        found.retain(|(name, _)| is_new(name));
        let found = found.into_iter();
        found
            .map(|(name, about)| Candidate::new(format!("--{name}"), about))
            .collect()
    }
}

/// The operation that a line names.
struct Target<'m> {
    /// The command of the service, or `None` for a waiter.
    service: Option<&'m str>,
    name: &'m str,
    model: &'m ServiceModel,
    operation: &'m Operation,
    paginator: Option<Paginator>,
}

impl<'m> Target<'m> {
    fn find(positionals: &[&'m str], model: &'m ServiceModel, client: &Client) -> Option<Self> {
        let known = client.introspect().service(model.name()).ok()?;
        let (service, name, operation): (_, _, &Operation) = match positionals {
            [_, "wait", name, ..] => {
                let waiters = known.waiters().ok()?;
                let waiter = waiters.iter().find(|known| kebab_case(known) == *name)?;
                let (_, waiter) = known.waiter(waiter).ok()?;
                (None, *name, model.operation(&waiter.operation).ok()?)
            }
            [service, name, ..] => {
                let operation = commands::operation(model, service, name)?;
                (Some(*service), *name, operation)
            }
            _ => return None,
        };
        let paginator = match service {
            Some(_) => known.paginator(&operation.name).ok()?,
            None => None,
        };
        Some(Self {
            service,
            name,
            model,
            operation,
            paginator,
        })
    }

    fn options(&self) -> Vec<CommandOption<'_>> {
        let command = Command {
            service: self.service,
            name: self.name,
            model: self.model,
            operation: self.operation,
            paginator: self.paginator.as_ref(),
        };
        command.options()
    }
}

impl Known<'_, '_> {
    /// The values that an option may have, if there is a list of them.
    fn values(&self, client: &Client) -> Vec<Candidate> {
        let all = |values: &[&str]| -> Vec<Candidate> {
            values
                .iter()
                .map(|value| Candidate::new(*value, ""))
                .collect()
        };
        match self {
            Self::Flag(flag) if flag.value == "REGION" => regions(client),
            Self::Flag(flag) => all(flag.choices),
            Self::Global(name) => match &**name {
                "profile" => {
                    let names = client.config().profile_names().into_iter();
                    names.map(|name| Candidate::new(name, "profile")).collect()
                }
                "region" => regions(client),
                name => all(globals::choices(name)),
            },
            Self::Own(model, option) => match &option.sets {
                Sets::Member(member)
                | Sets::Nested { inner: member, .. }
                | Sets::Lone(_, member) => values_of(model, member),
                Sets::Choice(values) => all(values),
                Sets::Skeleton => all(super::given::SKELETONS),
                _ => Vec::new(),
            },
        }
    }
}

fn values_of(model: &ServiceModel, member: &Member) -> Vec<Candidate> {
    let shape = model.shape(member.target).ok();
    let shape = shape.and_then(|shape| match &shape.kind {
        Kind::List(item) => model.shape(item.target).ok(),
        _ => Some(shape),
    });
    let values = shape.into_iter().flat_map(|shape| &shape.values);
    values.map(|value| Candidate::new(value, "")).collect()
}

/// The regions of EC2, which is in all of them.
fn regions(client: &Client) -> Vec<Candidate> {
    let known = client.introspect();
    let partitions = known.partitions().unwrap_or_default();
    let regions = partitions.iter().flat_map(|partition| {
        let regions = known.regions("ec2", partition).unwrap_or_default();
        let candidate = |region| Candidate::new(region, partition);
        regions.into_iter().map(candidate).collect::<Vec<_>>()
    });
    regions.collect()
}
