//! What `paginators-1` says of an operation that gives its result in pages.

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::query::Query;

/// How one page leads to the next.
#[derive(Debug)]
#[non_exhaustive]
pub struct Paginator {
    /// The parameters that tell where a page begins.
    pub input_tokens: Box<[Box<str>]>,
    /// Where each of them is in the page before.
    pub output_tokens: Box<[Query]>,
    /// Where the elements are; the first counts.
    pub result_keys: Box<[Query]>,
    /// The parameter that tells how long a page may be.
    pub limit_key: Option<Box<str>>,
    /// Whether there is another page, where a page says that apart.
    pub more_results: Option<Query>,
    /// What is the same on each page.
    pub non_aggregate_keys: Box<[Query]>,
}

/// One or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    More(Vec<Box<str>>),
    One(Box<str>),
}

impl OneOrMore {
    fn list(self) -> Vec<Box<str>> {
        match self {
            Self::More(list) => list,
            Self::One(one) => vec![one],
        }
    }
}

#[derive(Deserialize)]
struct Raw {
    input_token: OneOrMore,
    output_token: OneOrMore,
    result_key: OneOrMore,
    #[serde(default)]
    limit_key: Option<Box<str>>,
    #[serde(default)]
    more_results: Option<Box<str>>,
    #[serde(default)]
    non_aggregate_keys: Vec<Box<str>>,
}

impl Paginator {
    /// Reads an entry of the file.
    ///
    /// # Errors
    ///
    /// It is no paginator, or one of its expressions does not parse.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let of = |what: String| Error::model(format!("paginator {name}: {what}"));
        let raw: Raw = serde_json::from_str(text).map_err(|e| of(e.to_string()))?;
        let query = |text: Box<str>| Query::compile(&text).map_err(|e| of(e.to_string()));
        let queries =
            |list: Vec<Box<str>>| list.into_iter().map(query).collect::<Result<Box<[_]>>>();
        let input_tokens = raw.input_token.list().into_boxed_slice();
        let output_tokens = queries(raw.output_token.list())?;
        if input_tokens.len() != output_tokens.len() {
            return Err(of(
                "input_token and output_token are not equally many".into()
            ));
        }
        let result_keys = queries(raw.result_key.list())?;
        if result_keys.is_empty() {
            return Err(of("it has no result_key".into()));
        }
        Ok(Self {
            input_tokens,
            output_tokens,
            result_keys,
            limit_key: raw.limit_key,
            more_results: raw.more_results.map(query).transpose()?,
            non_aggregate_keys: queries(raw.non_aggregate_keys)?,
        })
    }

    /// The expression of what counts.
    pub(crate) fn primary(&self) -> &Query {
        &self.result_keys[0] // there is one: parse
    }
}
