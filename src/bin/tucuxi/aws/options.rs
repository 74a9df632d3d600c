//! The options of one operation's command: the members of its input by their names in `aws`, and the options that it adds.

use tucuxi::model::names::kebab_case;
use tucuxi::model::{Kind, Member, Operation, Paginator, ServiceModel};

use super::custom::nested::{self, Nested};
use super::custom::saved::{self, Saved};
use super::custom::{self, Added, Custom};
use super::grammar::{Syntax, Takes};
use super::renames::{FORMER, LITERAL, LONE, RENAMED};

/// An option of a command.
pub(super) struct CommandOption<'m> {
    pub(super) name: String,
    pub(super) takes: Takes,
    pub(super) required: bool,
    pub(super) sets: Sets<'m>,
}

impl Syntax for CommandOption<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    fn takes(&self) -> Takes {
        self.takes
    }
}

/// What an option sets.
#[derive(Clone)]
pub(super) enum Sets<'m> {
    Added(&'static Added),
    /// The choice of what an option of [`saved`] writes.
    Choice(&'static [&'static str]),
    /// All parameters, as JSON or YAML.
    Document(Document),
    /// A boolean member.
    Flag(&'m Member, bool),
    /// A list of structures with this one member.
    Lone(&'m Member, &'m Member),
    Member(&'m Member),
    /// A member of a structure.
    Nested {
        row: &'static Nested,
        outer: &'m Member,
        inner: &'m Member,
    },
    /// An option of the pagination, and the member that it hides.
    Page(Page, Option<&'m Member>),
    Saved(&'static Saved),
    Skeleton,
    /// A structure with a boolean `Value`.
    Switch(&'m Member, bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Document {
    Json,
    Yaml,
}

impl Document {
    pub(super) fn help(self) -> &'static str {
        match self {
            Self::Json => {
                "all parameters as JSON, or file:// and a file with them; other options come on top"
            }
            Self::Yaml => {
                "all parameters as YAML, or file:// and a file with them; other options come on top"
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    MaxItems,
    Size,
    StartingToken,
}

impl Page {
    pub(super) fn help(self) -> &'static str {
        match self {
            Self::MaxItems => {
                "paging: prints at most this many items, and NextToken if there are more"
            }
            Self::Size => "paging: the number of items that each request asks for",
            Self::StartingToken => {
                "paging: continues after the items of an earlier command, whose NextToken this is"
            }
        }
    }
}

/// The command of one operation.
pub(super) struct Command<'m> {
    /// The command of the service, or `None` for a waiter, which has none of the changes of [`custom`].
    pub(super) service: Option<&'m str>,
    pub(super) name: &'m str,
    pub(super) model: &'m ServiceModel,
    pub(super) operation: &'m Operation,
    pub(super) paginator: Option<&'m Paginator>,
}

impl<'m> Command<'m> {
    /// Returns the changes to the operation's options.
    pub(super) fn custom(&self) -> Option<&'static Custom> {
        custom::of(self.service?, self.name)
    }

    /// Returns the options, in the order of their effect.
    pub(super) fn options(&self) -> Vec<CommandOption<'m>> {
        let mut options = Vec::new();
        for member in self.members() {
            self.add_member(&mut options, member);
        }
        self.add_custom(&mut options);
        self.rename(&mut options);
        self.add_pagination(&mut options);
        if !self.streams() {
            options.extend([
                option("cli-input-json", Takes::One, Sets::Document(Document::Json)),
                option("cli-input-yaml", Takes::One, Sets::Document(Document::Yaml)),
                option("generate-cli-skeleton", Takes::Optional, Sets::Skeleton),
            ]);
        }
        options
    }

    fn members(&self) -> impl Iterator<Item = &'m Member> + use<'m> {
        let shape = self
            .operation
            .input
            .and_then(|input| self.model.shape(input).ok());
        shape
            .and_then(|shape| shape.members())
            .into_iter()
            .flat_map(|members| members.iter())
    }

    fn add_member(&self, options: &mut Vec<CommandOption<'m>>, member: &'m Member) {
        let name = kebab_case(&member.name);
        let Ok(shape) = self.model.shape(member.target) else {
            return; // the call reports it
        };
        let negative = format!("no-{name}");
        if matches!(shape.kind, Kind::Boolean) {
            options.push(option(name, Takes::None, Sets::Flag(member, true)));
            options.push(option(negative, Takes::None, Sets::Flag(member, false)));
            return;
        }
        if self.service == Some("ec2") && self.is_switch(member) {
            options.push(option(name, Takes::Optional, Sets::Switch(member, true)));
            options.push(option(negative, Takes::None, Sets::Switch(member, false)));
            return;
        }
        let lone = LONE.contains(&(self.service.unwrap_or_default(), self.name, &name));
        let sets = match lone.then(|| self.only_member(member)).flatten() {
            Some(inner) => Sets::Lone(member, inner),
            None => Sets::Member(member),
        };
        options.push(CommandOption {
            name,
            takes: member_takes(&shape.kind),
            required: member.required && !member.idempotency_token,
            sets,
        });
    }

    /// Whether a member is a structure that only holds a boolean.
    fn is_switch(&self, member: &Member) -> bool {
        let shape = self.model.shape(member.target).ok();
        let members = shape.and_then(|shape| shape.members());
        let value = members.filter(|members| members.len() == 1);
        let value = value.and_then(|members| members.get("Value"));
        let shape = value.and_then(|value| self.model.shape(value.target).ok());
        shape.is_some_and(|shape| matches!(shape.kind, Kind::Boolean))
    }

    /// Returns the only member of the structures of a list.
    fn only_member(&self, list: &Member) -> Option<&'m Member> {
        let Kind::List(item) = &self.model.shape(list.target).ok()?.kind else {
            return None;
        };
        let members = self.model.shape(item.target).ok()?.members()?;
        members.iter().next().filter(|_| members.len() == 1)
    }

    fn add_custom(&self, options: &mut Vec<CommandOption<'m>>) {
        let Some(service) = self.service else { return };
        for row in nested::of(service, self.name) {
            let found = options.iter_mut().find_map(|option| {
                let Sets::Member(outer) = option.sets else {
                    return None;
                };
                let inner = row.member(self.model, &option.name, outer)?;
                option.required = row.outer_required;
                Some((outer, inner))
            });
            if let Some((outer, inner)) = found {
                let takes = row.takes(self.model, inner);
                let sets = Sets::Nested { row, outer, inner };
                let mut added = option(row.name, takes, sets);
                added.required = row.required;
                options.push(added);
            }
        }
        for row in saved::of(service, self.name) {
            let mut added = option(row.name, Takes::One, Sets::Saved(row));
            added.required = row.required;
            options.push(added);
            if let saved::Part::Chosen { by, members, .. } = row.part {
                let mut added = option(by, Takes::One, Sets::Choice(members));
                added.required = row.required;
                options.push(added);
            }
        }
        if let Some(custom) = self.custom() {
            options.retain(|option| !custom.removed.contains(&&*option.name));
            for option in options.iter_mut() {
                option.required &= !custom.optional.contains(&&*option.name);
            }
            for row in custom.added {
                let mut added = option(row.name, row.takes, Sets::Added(row));
                added.required = row.required;
                options.retain(|option| option.name != row.name);
                options.push(added);
            }
        }
    }

    fn rename(&self, options: &mut Vec<CommandOption<'m>>) {
        let Some(service) = self.service else { return };
        let is_here = |of: &str, operation: &str| {
            of == service && (operation == self.name || operation == "*")
        };
        for (of, operation, regular, name) in RENAMED {
            // switches of structures keep their names
            let is_it = |option: &&mut CommandOption<'_>| {
                option.name == *regular && !matches!(option.sets, Sets::Switch(..))
            };
            if is_here(of, operation)
                && let Some(option) = options.iter_mut().find(is_it)
            {
                option.name = (*name).into();
            }
        }
        for (of, operation, present, former) in FORMER {
            if is_here(of, operation)
                && let Some(known) = options.iter_mut().find(|option| option.name == *present)
            {
                // either of them will do
                known.required = false;
                let alias = option(*former, known.takes, known.sets.clone());
                options.push(alias);
            }
        }
    }

    fn add_pagination(&self, options: &mut Vec<CommandOption<'m>>) {
        let Some(paginator) = self.paginator else {
            return;
        };
        let mut add = |name: &str, page: Page| {
            let hidden = options.iter().position(|option| option.name == name);
            let hidden = hidden.map(|at| options.remove(at));
            let hidden = hidden.and_then(|hidden| match hidden.sets {
                Sets::Member(member) => Some(member),
                _ => None,
            });
            options.push(option(name, Takes::One, Sets::Page(page, hidden)));
        };
        add("starting-token", Page::StartingToken);
        if paginator.limit_key.is_some() {
            add("page-size", Page::Size);
        }
        add("max-items", Page::MaxItems);
    }

    /// Whether the value of an option is not the name of a file, even if it looks like one.
    pub(super) fn is_literal(&self, option: &str) -> bool {
        LITERAL.contains(&(self.service.unwrap_or_default(), self.name, option))
    }

    /// Whether the value of an option must be a zip file.
    pub(super) fn must_be_zip(&self, option: &str) -> bool {
        let row = (self.service.unwrap_or_default(), self.name, option);
        row == ("lambda", "update-function-code", "zip-file")
    }

    /// Whether the result has a body, which the command writes to a file.
    pub(super) fn streams(&self) -> bool {
        self.body_name().is_some() || self.events_file().is_some()
    }

    /// Returns the name of the result's member that is written to a file.
    pub(super) fn body_name(&self) -> Option<&'m str> {
        let shape = self.model.shape(self.operation.output?).ok()?;
        let payload = shape.members()?.payload()?;
        let shape = self.model.shape(payload.target).ok()?;
        matches!(shape.kind, Kind::Blob).then_some(&*payload.name)
    }

    /// Returns what of the events is written to a file: the event and its member.
    pub(super) fn events_file(&self) -> Option<(&'static str, &'static str)> {
        let is_select = (self.service, self.name) == (Some("s3api"), "select-object-content");
        is_select.then_some(("Records", "Payload"))
    }
}

fn option<'m>(name: impl Into<String>, takes: Takes, sets: Sets<'m>) -> CommandOption<'m> {
    CommandOption {
        name: name.into(),
        takes,
        required: false,
        sets,
    }
}

/// Returns how many values an option of a shape takes.
pub(super) fn member_takes(kind: &Kind) -> Takes {
    match kind {
        Kind::List(_) => Takes::Any,
        _ => Takes::One,
    }
}

/// Returns the members with which a caller pages by hand.
pub(super) fn raw_page_members(paginator: &Paginator) -> impl Iterator<Item = &str> {
    let tokens = paginator.input_tokens.iter().map(|name| &**name);
    tokens.chain(paginator.limit_key.as_deref())
}
