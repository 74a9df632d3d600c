//! Paginators, from `paginators-1`.

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::query::Query;

/// The rules by which an operation's result is requested page by page.
///
/// ```
/// use tucuxi::model::Paginator;
///
/// let text = r#"{"input_token": "Marker", "output_token": "NextMarker", "result_key": "Items"}"#;
/// let paginator = Paginator::parse("ListItems", text)?;
/// assert_eq!(&*paginator.input_tokens[0], "Marker");
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Paginator {
    /// The parameters of a request that take the tokens of a page.
    pub input_tokens: Box<[Box<str>]>,
    /// The expressions of those tokens in the previous page, in the same order.
    pub output_tokens: Box<[Query]>,
    /// The expressions of the elements. The first is the primary one, by which limits count.
    pub result_keys: Box<[Query]>,
    /// The parameter that limits the number of elements of a page.
    pub limit_key: Option<Box<str>>,
    /// The expression that is true if there is another page. Without one, the tokens decide.
    pub more_results: Option<Query>,
    /// The expressions of members that are the same on each page.
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
    /// Parses an entry of the file.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a paginator, or if one of its expressions is invalid.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let of = |what: String| Error::model(format!("paginator {name}: {what}"));
        let raw: Raw = serde_json::from_str(text).map_err(|e| of(e.to_string()))?;
        let query = |text: Box<str>| Query::compile(&text).map_err(|e| of(e.to_string()));
        let queries =
            |list: Vec<Box<str>>| list.into_iter().map(query).collect::<Result<Box<[_]>>>();
        let input_tokens = raw.input_token.list().into_boxed_slice();
        let output_tokens = queries(raw.output_token.list())?;
        if input_tokens.len() != output_tokens.len() {
            return Err(of("input_token and output_token differ in number".into()));
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

    /// The primary expression.
    pub(crate) fn primary(&self) -> &Query {
        &self.result_keys[0] // not empty, see parse
    }
}
