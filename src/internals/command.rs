//! Functions that the command needs beyond the public API.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Number, Value};

use crate::cancel::CancelToken;
use crate::client::RequestBuilder;
use crate::config::{Config, ConfigBuilder, Environment};
use crate::error::Result;
use crate::model::{Operation, Paginator, ServiceModel, ShapeId};
use crate::output::{Output, listed};
use crate::paginate::Pages;
use crate::settings::{self, shell_words};
use crate::time::Timestamp;
use crate::tree::Tree;
use crate::{hash, names, new_file, paginate, printable, random, secrets, uri};

pub use crate::transfer::files::{File, Found, Reason, files};

/// Text with line breaks and tabs, whose other control characters are escaped.
#[derive(Clone, Copy, Debug)]
pub struct PrintableLines<T>(pub T);

impl<T: fmt::Display> fmt::Display for PrintableLines<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        printable::PrintableLines(&self.0).fmt(f)
    }
}

/// Whether a terminal would interpret or hide a character.
pub fn is_unprintable(c: char) -> bool {
    printable::is_unprintable(c)
}

/// A text whose URLs have no user names and passwords.
pub fn without_passwords(text: &str) -> Cow<'_, str> {
    uri::without_passwords(text)
}

/// Up to three names that are similar to `misspelt`, the most similar first.
pub fn nearest<'n>(misspelt: &str, known: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    names::nearest(misspelt, known)
}

/// The environment of the command. `AWS_PROFILE` comes before `AWS_DEFAULT_PROFILE`, as in version 2 of `aws`.
pub fn environment() -> Environment {
    let env = Environment::from_process();
    match env.get("AWS_PROFILE") {
        None => env,
        Some(_) => {
            let variables = env.iter();
            variables
                .filter(|(name, _)| *name != "AWS_DEFAULT_PROFILE")
                .collect()
        }
    }
}

/// The builder of a configuration with the environment of the command.
pub fn config() -> ConfigBuilder {
    Config::builder().environment(environment().iter())
}

/// The text of a key of the profile that a configuration uses.
pub fn profile_setting(config: &Config, key: &str) -> Option<String> {
    config.profile_text(key).map(|(text, _)| text.to_owned())
}

/// Blocks the thread for this time, or until the token is cancelled.
pub fn wait(token: &CancelToken, time: Duration) {
    token.wait(time);
}

/// A time as RFC 3339 in UTC.
pub fn rfc3339(time: SystemTime) -> String {
    Timestamp::of(time).rfc3339()
}

/// The parameters that fetch the next page, each with the expression of its value in this page.
///
/// # Errors
///
/// Returns an error if the page has no readable tokens.
pub fn next_page(page: &Value, paginator: &Paginator) -> Result<Vec<(String, String)>> {
    paginate::next_page(page, paginator)
}

/// Validates the parameters of a request, and sends nothing.
///
/// # Errors
///
/// Returns an error if a parameter is invalid.
pub fn check(request: RequestBuilder) -> Result<()> {
    request.check()
}

/// The parameters that request the next page; none after the last one.
///
/// # Errors
///
/// Returns an error if the listing cannot be continued.
pub fn next_page_params(pages: &mut Pages) -> Result<Option<Value>> {
    pages.next_params()
}

/// Adds a page to those before it.
///
/// # Errors
///
/// Returns an error if an expression of the paginator does not fit the page.
pub fn merge_page(pages: &Pages, full: &mut Value, page: Value) -> Result<()> {
    pages.merge(full, page)
}

/// Adds to merged pages the members that all pages share.
pub fn complete_pages(pages: &Pages, full: &mut Value) {
    pages.complete(full);
}

/// Replaces the secrets of a result, which may be that of an unknown operation, and returns their paths. With `keeps_marked`, those
/// that only the model marks as sensitive are kept.
pub fn remove_secrets(
    of: Option<(&ServiceModel, &Operation)>,
    result: &mut Value,
    keeps_marked: bool,
) -> Vec<String> {
    secrets::value::remove(of, result, keeps_marked)
}

/// A random text that cannot be guessed.
pub fn random_id() -> String {
    random::uuid()
}

/// The limits of a listing, as [`Pages`] has them.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    pub max_items: Option<usize>,
    pub page_size: Option<u64>,
    pub starting_token: Option<String>,
}

/// The pages of a listing, whose elements are JSON text or trees.
pub struct PrintedPages(paginate::PrintedPages);

impl fmt::Debug for PrintedPages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrintedPages").finish_non_exhaustive()
    }
}

impl PrintedPages {
    /// The pages of a request, whose elements are text with numbers as a function writes them.
    ///
    /// # Errors
    ///
    /// Returns an error as [`RequestBuilder::pages`] does.
    pub fn text(
        request: RequestBuilder,
        limits: Limits,
        number: fn(&Number) -> String,
    ) -> Result<Self> {
        Self::new(request, limits, paginate::Form::Text(number))
    }

    /// The pages of a request, whose elements are trees.
    ///
    /// # Errors
    ///
    /// Returns an error as [`RequestBuilder::pages`] does.
    pub fn trees(request: RequestBuilder, limits: Limits) -> Result<Self> {
        Self::new(request, limits, paginate::Form::Tree)
    }

    fn new(request: RequestBuilder, limits: Limits, form: paginate::Form) -> Result<Self> {
        let mut pages = request.printed_pages(form)?;
        pages.limit(limits.max_items, limits.page_size, limits.starting_token);
        Ok(Self(pages))
    }

    /// The name of the list whose items are apart.
    pub fn list(&self) -> Option<&str> {
        self.0.list()
    }

    /// Appends the rest of a page to those before it.
    ///
    /// # Errors
    ///
    /// Returns an error if an expression of the paginator does not fit the page.
    pub fn merge(&self, full: &mut Value, rest: Value) -> Result<()> {
        self.0.merge(full, rest)
    }

    /// Adds to merged pages the members that all pages share, and the token of the rest.
    pub fn complete(&self, full: &mut Value) {
        self.0.complete(full);
    }

    /// Makes one tree of the rest and the items of pages.
    ///
    /// # Errors
    ///
    /// Returns an error if the tree is too large.
    pub fn tree(&self, rest: &Value, items: Vec<Items>) -> Result<Tree> {
        self.0
            .tree(rest, items.into_iter().map(|items| items.0).collect())
    }

    /// The elements of a page, added to other members of it.
    ///
    /// # Errors
    ///
    /// Returns an error if an expression of the paginator does not fit the page.
    pub fn elements(&self, rest: Value, others: Map<String, Value>) -> Result<Value> {
        self.0.elements(rest, others)
    }

    /// The members that are the same on each page.
    pub fn shared_part(&self) -> &Map<String, Value> {
        self.0.shared_part()
    }

    /// The token of the rest of the listing, if its limits ended it.
    pub fn resume_token(&self) -> Option<String> {
        self.0.resume_token()
    }
}

impl Iterator for PrintedPages {
    /// The items of the list at a depth of two, if the page has it, and its other members.
    type Item = Result<(Option<Items>, Value)>;

    fn next(&mut self) -> Option<Self::Item> {
        let page = self.0.next()?;
        Some(page.map(|page| (page.items.map(Items), page.rest)))
    }
}

/// The items of a list as text or as a tree.
#[derive(Debug)]
pub struct Items(listed::Items);

impl Items {
    /// The text of each item.
    pub fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.0.texts()
    }
}

/// Splits a timestamp such as `2020-01-01T00:00:00.5Z` into that without fraction and zone, and the digits of the fraction. Returns
/// `None` for another form, for 29 February, and for the year 0.
pub fn plain_utc(text: &str) -> Option<(&str, &str)> {
    crate::time::plain_utc(text)
}

/// The result as JSON text, with numbers as a function writes them. Timestamps are those of [`set_printed`].
///
/// # Errors
///
/// Returns an error as [`Output::to_value`] does.
pub fn printed(output: &Output, number: fn(&Number) -> String) -> Result<Vec<u8>> {
    output.to_printed(number)
}

/// Gives an output's value the form for a person: a function makes the timestamps of the texts and numbers that were received.
pub fn set_printed(output: &mut Output, timestamp: fn(Value) -> Value) {
    output.set_printed(timestamp);
}

/// Gives the members of an output's value the order of the model.
pub fn set_ordered(output: &mut Output) {
    output.set_ordered();
}

/// The documentation of an operation, if the model has it.
pub fn operation_documentation(model: &ServiceModel, operation: &Operation) -> Option<String> {
    let notes = model.operation_notes(&operation.name).ok()?;
    Some(notes.documentation?.html().to_owned())
}

/// Describes one shape as [`ServiceModel::describe`] does, with its limits and documentation; null if the model is broken.
pub fn describe_shape(model: &ServiceModel, id: ShapeId) -> Value {
    let shape = model.shape(id).ok();
    shape.map_or(Value::Null, |shape| model.describe_shape(id, shape))
}

/// A new file that replaces an old one once it is complete.
#[derive(Debug)]
pub struct Writer(new_file::Writer);

impl Writer {
    /// Opens the new file.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be written.
    pub fn open(path: &Path) -> io::Result<Self> {
        new_file::Writer::open(path).map(Self)
    }

    /// Opens the new file, which only its owner may read.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be written.
    pub fn private(path: &Path) -> io::Result<Self> {
        new_file::Writer::private(path).map(Self)
    }

    /// Writes everything that the source has, and replaces the file.
    ///
    /// # Errors
    ///
    /// Returns an error if the source cannot be read or the file cannot be written. The old file is then unchanged.
    pub fn write_from(self, source: &mut impl Read) -> io::Result<()> {
        self.0.write_from(source)
    }

    /// Replaces the file with what was written.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be written. The old file is then unchanged.
    pub fn commit(mut self) -> io::Result<()> {
        self.0.commit()
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    hash::hex(bytes)
}

/// A text without percent-encoding.
pub fn percent_decoded(text: &str) -> String {
    uri::decode(text)
}

/// The words of a command line, split as by a shell; `None` if a quote is not closed.
pub fn shell_words(text: &str) -> Option<Vec<String>> {
    shell_words::split(text)
}

/// The name of a section, and its keys with their values.
pub type Section = (String, Vec<(String, String)>);

/// The sections of an INI file without nested sections: the name of each, and its keys in lower case with their values.
///
/// # Errors
///
/// Returns the line that is invalid, and why.
pub fn ini_sections(bytes: &[u8]) -> std::result::Result<Vec<Section>, String> {
    settings::parse_flat(bytes)
}
