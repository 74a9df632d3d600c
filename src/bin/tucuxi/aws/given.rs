//! What a command line says: parameters, pagination, files. Each option adds to it.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};
use tucuxi::Body;
use tucuxi::internals::command::Limits;
use tucuxi::model::{Kind, Location, Member};

use super::custom::saved::Saved;
use super::custom::{self, Params};
use super::options::{Command, Document, Page, Sets};
use super::value::Reader;
use super::{check_choice, file};
use crate::failure::Failure;

/// What a command line says.
#[derive(Default)]
pub(super) struct Given {
    /// Whether the page of the command is requested instead of a call.
    pub(super) help: bool,
    pub(super) params: Params,
    pub(super) body: Option<Body>,
    /// The settings of the pagination, or `None` if a caller pages by hand.
    pub(super) pages: Option<Limits>,
    /// The file for the body of the result.
    pub(super) out_file: Option<String>,
    /// The files for parts of the result.
    pub(super) saved: Vec<(&'static Saved, String)>,
    /// What of the result is saved, if there is a choice.
    pub(super) choice: Option<String>,
    pub(super) skeleton: Option<Skeleton>,
}

impl Given {
    /// Puts the files to write into a folder, unless their paths are absolute.
    pub(super) fn place_files(&mut self, folder: &Path) {
        let saved = self.saved.iter_mut().map(|(_, path)| path);
        for path in saved.chain(&mut self.out_file) {
            *path = folder.join(&*path).to_string_lossy().into_owned();
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Skeleton {
    Input,
    Output,
    YamlInput,
}

pub(super) const SKELETONS: &[&str] = &["input", "yaml-input", "output"];

/// Adds the values of options to what is given.
pub(super) struct Setter<'c, 'g> {
    pub(super) command: &'c Command<'c>,
    pub(super) reader: &'c Reader<'c>,
    pub(super) given: &'g mut Given,
    pub(super) documents: &'g mut Vec<(Document, String)>,
}

/// Why a value is invalid.
pub(super) enum Wrong {
    /// It is no base64.
    Base64(String),
    Value(String),
}

impl From<String> for Wrong {
    fn from(text: String) -> Self {
        Self::Value(text)
    }
}

impl Wrong {
    /// The failure of an option. `aws` treats invalid base64 as a general error.
    pub(super) fn of_option(self, name: &str) -> Failure {
        match self {
            Self::Base64(text) => Failure::Other(format!("--{name}: {text}").into()),
            Self::Value(text) => Failure::Usage(format!("--{name}: {text}")),
        }
    }
}

impl Setter<'_, '_> {
    pub(super) fn set(
        &mut self,
        name: &str,
        sets: &Sets<'_>,
        mut values: Vec<String>,
    ) -> Result<(), Wrong> {
        match sets {
            Sets::Added(added) => {
                let values = custom::texts(self.reader, values)?;
                (added.put)(&mut self.given.params, &values)?;
            }
            Sets::Choice(choices) => {
                let value = values.pop().unwrap_or_default();
                check_choice(name, &value, choices).map_err(|e| e.to_string())?;
                self.given.choice = Some(value);
            }
            Sets::Document(form) => {
                let texts = custom::texts(self.reader, values)?;
                self.documents
                    .extend(texts.into_iter().map(|text| (*form, text)));
            }
            Sets::Flag(member, value) => self.insert(member, (*value).into()),
            Sets::Lone(member, inner) => self.lone(member, inner, &values)?,
            Sets::Member(member) => self.member(name, member, values)?,
            Sets::Nested { row, outer, inner } => {
                let value = self.reader.member(inner, &values)?;
                row.put(&mut self.given.params, outer, value)?;
            }
            Sets::Page(page, hidden) => self.page(name, *page, *hidden, values)?,
            Sets::Saved(row) => {
                let path = values.pop().unwrap_or_default();
                let path = file::expanded(&path, self.reader.env);
                self.given.saved.push((row, path));
            }
            Sets::Skeleton => {
                let value = values.pop().unwrap_or_else(|| "input".into());
                check_choice(name, &value, SKELETONS).map_err(|e| e.to_string())?;
                self.given.skeleton = Some(match &*value {
                    "output" => Skeleton::Output,
                    "yaml-input" => Skeleton::YamlInput,
                    _ => Skeleton::Input,
                });
            }
            Sets::Switch(member, value) => match values.is_empty() {
                true => {
                    let value = Map::from_iter([("Value".to_owned(), (*value).into())]);
                    self.insert(member, value.into());
                }
                false => self.member(name, member, values)?,
            },
        }
        Ok(())
    }

    fn insert(&mut self, member: &Member, value: Value) {
        self.given.params.insert(member.name.clone(), value);
    }

    fn lone(&mut self, list: &Member, inner: &Member, values: &[String]) -> Result<(), Wrong> {
        let is_json = values
            .first()
            .is_some_and(|text| text.trim_start().starts_with(['[', '{']));
        if is_json {
            return self.member("", list, values.to_vec());
        }
        let items = values.iter().map(|text| {
            let value = self.reader.member(inner, std::slice::from_ref(text))?;
            Ok(Map::from_iter([(inner.name.clone(), value)]).into())
        });
        let items = items.collect::<Result<Vec<Value>, String>>()?;
        self.insert(list, items.into());
        Ok(())
    }

    fn member(&mut self, name: &str, member: &Member, values: Vec<String>) -> Result<(), Wrong> {
        let shape = self
            .command
            .model
            .shape(member.target)
            .map_err(|e| e.to_string())?;
        let is_blob = matches!(shape.kind, Kind::Blob);
        if is_blob && member.streaming {
            let path = values.first().map_or("", String::as_str);
            self.given.body = Some(body_of_file(&file::expanded(path, self.reader.env))?);
            return Ok(());
        }
        let value = match self.command.is_literal(name) {
            true => self.reader.literal(member, &values)?,
            false => self.reader.member(member, &values)?,
        };
        if self.command.must_be_zip(name) && !custom::nested::is_zip(&value) {
            let text = "the value must be a zip file: write fileb://NAME.zip";
            return Err(Wrong::Value(text.into()));
        }
        match is_blob && member.location == Location::Payload {
            true => self.given.body = Some(body_of_base64(&value)?),
            false => self.insert(member, value),
        }
        Ok(())
    }

    fn page(
        &mut self,
        name: &str,
        page: Page,
        hidden: Option<&Member>,
        mut values: Vec<String>,
    ) -> Result<(), Wrong> {
        let Some(pages) = &mut self.given.pages else {
            return match hidden {
                Some(member) => self.member(name, member, values),
                None => Err(Wrong::Value(
                    "it does not go with --no-paginate, or an option that requests one page".into(),
                )),
            };
        };
        let value = values.pop().unwrap_or_default();
        let wrong = || format!("{value:?} is no whole number");
        match page {
            Page::MaxItems => pages.max_items = Some(value.trim().parse().map_err(|_| wrong())?),
            Page::Size => pages.page_size = Some(value.trim().parse().map_err(|_| wrong())?),
            Page::StartingToken => pages.starting_token = Some(value),
        }
        Ok(())
    }
}

fn body_of_file(path: &str) -> Result<Body, String> {
    let path = path.strip_prefix("fileb://").unwrap_or(path);
    let failed = |e| format!("{path}: {e}; the value is the name of a file");
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return Err(format!(
            "{path} is a folder; the value is the name of a file"
        ));
    }
    Body::file(path).map_err(failed)
}

pub(super) fn body_of_base64(value: &Value) -> Result<Body, Wrong> {
    let bytes = BASE64_STANDARD.decode(value.as_str().unwrap_or_default());
    let wrong = |e| format!("not base64: {e}; see --cli-binary-format raw-in-base64-out");
    Ok(Body::from(bytes.map_err(|e| Wrong::Base64(wrong(e)))?))
}
