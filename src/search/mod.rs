//! Full-text search over services and operations.
//!
//! ```text
//!  models ──names, documentation──► Index     the words of each service and operation, as numbers
//!  query ──words──► Query ──scores──► hits    every operation is scored: twenty thousand take a millisecond
//! ```
//! The scan reads the names of operations and no shapes. `rank` describes what a score consists of.

mod rank;
mod words;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use crate::model::ServiceModel;

/// A service or an operation that a search found.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let hits = client.introspect().search("list buckets", 3)?;
/// assert_eq!((&*hits[0].service, hits[0].operation.as_deref()), ("s3", Some("ListBuckets")));
/// assert!(hits[0].score >= hits[1].score);
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SearchHit {
    /// The name of the service.
    pub service: String,
    /// The name of the operation, or `None` if the service itself was found.
    pub operation: Option<String>,
    /// How well it fits, in comparison with other hits of the same search: more is better.
    pub score: f64,
}

/// The number of a word.
type Term = u32;

/// The words of all services and operations.
#[derive(Default)]
pub(crate) struct Index {
    terms: Vec<Box<str>>,
    numbers: HashMap<Box<str>, Term>,
    services: Vec<Service>,
    operations: Vec<Operation>,
    /// The words of all operations: those of the name, in order, and those of the documentation.
    words: Vec<Term>,
}

struct Service {
    name: Box<str>,
    /// The words of its name and of its id, and both as a whole.
    own: Box<[Term]>,
    /// The words of its full name.
    full: Box<[Term]>,
    /// The words of its operations, and how many have each.
    vocabulary: Box<[(Term, u32)]>,
    operations: Range<usize>,
    /// How long it has existed, from 0 to 1, by the version of its API.
    age: f64,
    /// Whether it has definitions of resources.
    has_resources: bool,
}

struct Operation {
    name: Box<str>,
    /// The places in [`Index::words`].
    words: Range<u32>,
    documentation: Range<u32>,
}

/// The words of documentation that are kept of an operation. The first sentences say what it does.
const DOCUMENTATION: usize = 60;

impl Index {
    /// Adds a service and its operations.
    pub(crate) fn add(&mut self, model: &ServiceModel, has_resources: bool) {
        let metadata = model.metadata();
        let names = [model.name(), &*metadata.service_id];
        let whole = names.map(crate::names::plain);
        let own = names.into_iter().flat_map(words::split).chain(whole);
        let own: BTreeSet<Term> = own.map(|word| self.term(word)).collect();
        let full = words::split(&metadata.service_full_name);
        let full = full.filter(|word| !["amazon", "aws"].contains(&&**word));
        let full: BTreeSet<Term> = full.map(|word| self.term(word)).collect();
        let mut vocabulary: BTreeMap<Term, u32> = BTreeMap::new();
        let start = self.operations.len();
        for (name, documentation) in model.documented() {
            let words = self.push(words::split(name));
            let distinct: BTreeSet<Term> = self.slice(&words).iter().copied().collect();
            for term in distinct {
                *vocabulary.entry(term).or_default() += 1;
            }
            let text = documentation.map(|documentation| documentation.to_string());
            let documentation = words::split(text.as_deref().unwrap_or_default());
            let documentation = self.push(documentation.take(DOCUMENTATION));
            self.operations.push(Operation {
                name: name.into(),
                words,
                documentation,
            });
        }
        self.services.push(Service {
            name: model.name().into(),
            own: own.into_iter().collect(),
            full: full.into_iter().collect(),
            vocabulary: vocabulary.into_iter().collect(),
            operations: start..self.operations.len(),
            age: age(&metadata.api_version),
            has_resources,
        });
    }

    /// Adds words, and returns their places.
    fn push(&mut self, words: impl Iterator<Item = String>) -> Range<u32> {
        let start = self.words.len();
        for word in words {
            let term = self.term(word);
            self.words.push(term);
        }
        // the texts of models, which have more characters than words, are shorter than 4 GiB
        start as u32..self.words.len() as u32
    }

    fn term(&mut self, word: String) -> Term {
        if let Some(term) = self.numbers.get(&*word) {
            return *term;
        }
        let term = self.terms.len() as Term;
        self.terms.push((*word).into());
        self.numbers.insert(word.into(), term);
        term
    }

    fn slice(&self, places: &Range<u32>) -> &[Term] {
        &self.words[places.start as usize..places.end as usize]
    }
}

/// The age of a service from 0 to 1. A version that is not a date is in the middle.
fn age(api_version: &str) -> f64 {
    let year = api_version
        .get(..4)
        .and_then(|year| year.parse::<u32>().ok());
    let year = year.filter(|year| (2000..2100).contains(year));
    year.map_or(0.5, |year| {
        (f64::from(2030 - year.min(2030)) / 24.0).min(1.0)
    })
}
