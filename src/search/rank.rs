//! The scores of services and operations.
//!
//! | part of a score | is |
//! | --- | --- |
//! | match, 0 to 1 | for each word of the query, how well it fits a word of the name, of the service, or of what the service is about; rare words count more |
//! | coverage | the match is reduced by words of the name that the query does not have |
//! | [`EXACT`], [`PHRASE`], [`FIRST`] | all words are in the name, in the same order; without others between them; the name begins with one |
//! | [`TOPIC`], [`AGE`], [`RESOURCES`] | whether the service is about these words, has existed for long, and has resources: most people mean S3 by buckets |

use super::words::{is_near, of_query, root, synonyms};
use super::{Index, Operation, SearchHit, Service, Term};

const EXACT: f64 = 0.06;
const PHRASE: f64 = 0.03;
const FIRST: f64 = 0.06;
const TOPIC: f64 = 0.12;
const AGE: f64 = 0.06;
const RESOURCES: f64 = 0.03;

/// The weights of words that are another form of a word of the query, that begin with it, and that may be meant by a misspelt one.
const FAMILY: f64 = 0.9;
const PREFIX: f64 = 0.6;
const MISSPELT: f64 = 0.6;

/// Words from this weight on are the same.
const SAME: f64 = 0.95;

/// The weights of a word that the full name of the service has, that the service is about, and that the documentation has.
const FULL_NAME: f64 = 0.7;
const ABOUT: f64 = 0.65;
const DOCUMENTED: f64 = 0.3;

/// The part of a match that does not depend on coverage.
const UNCOVERED: f64 = 0.65;

/// A service is found if its names have this part of the query. A hit has at least this part of the best score.
const SERVICE: f64 = 0.55;
const WORTH: f64 = 0.4;

/// A word of the query: how well each word of the index fits it.
struct Wanted {
    weights: Vec<f64>,
    /// How much it counts.
    rarity: f64,
}

/// How well the words of a service fit a word of the query.
#[derive(Clone, Copy, Default)]
struct Fit {
    /// Its names.
    named: f64,
    /// What its operations are about, from 0 to 1.
    about: f64,
    /// The same, also by the number of operations, so that services can be compared.
    topic: f64,
}

impl Index {
    /// Returns the services and operations that fit best, the best first.
    pub(crate) fn search(&self, text: &str, limit: usize) -> Vec<SearchHit> {
        let wanted: Vec<Wanted> = (of_query(text).iter())
            .map(|word| self.wanted(word))
            .collect();
        let all: f64 = wanted.iter().map(|word| word.rarity).sum();
        let mut fits: Vec<Vec<Fit>> = (self.services.iter())
            .map(|service| wanted.iter().map(|word| word.fit(service)).collect())
            .collect();
        for at in 0..wanted.len() {
            let most = fits.iter().map(|of| of[at].topic).fold(0.0, f64::max);
            for of in fits.iter_mut().filter(|_| most > 0.0) {
                of[at].topic /= most;
            }
        }
        let mut found: Vec<(f64, &Service, Option<&Operation>)> = Vec::new();
        for (service, fits) in self.services.iter().zip(&fits) {
            let prior = prior(&wanted, fits) / all;
            if let Some(score) = found_service(&wanted, fits, all) {
                found.push((score + TOPIC + AGE * service.age, service, None));
            }
            for operation in &self.operations[service.operations.clone()] {
                let score = self.score(operation, &wanted, fits, all);
                if score > 0.0 {
                    let base = AGE * service.age + RESOURCES * f64::from(service.has_resources);
                    found.push((score + TOPIC * prior + base, service, Some(operation)));
                }
            }
        }
        best(found, limit)
    }

    fn wanted(&self, word: &str) -> Wanted {
        let mut weights = vec![0.0; self.terms.len()];
        let mut set = |term: Term, weight: f64| {
            let old: &mut f64 = &mut weights[term as usize];
            *old = old.max(weight);
        };
        let exact = self.numbers.get(word).copied();
        let root_of = root(word);
        let mut is_found = exact.is_some();
        for (term, known) in self.terms.iter().enumerate() {
            let term = term as Term;
            if root(known) == root_of {
                set(term, FAMILY);
                is_found = true;
            } else if word.len() > 2 && known.starts_with(word) {
                set(term, PREFIX);
                is_found = true;
            }
        }
        for (synonym, weight) in synonyms(word) {
            if let Some(term) = self.numbers.get(synonym) {
                set(*term, weight);
                is_found = true;
            }
        }
        if let Some(term) = exact {
            set(term, 1.0);
        }
        if !is_found && word.len() > 3 {
            for (term, known) in self.terms.iter().enumerate() {
                if is_near(known, word) {
                    set(term as Term, MISSPELT);
                }
            }
        }
        let rarity = self.rarity(&weights, if exact.is_some() { 1.0 } else { PREFIX });
        Wanted { weights, rarity }
    }

    /// How much a word counts: more, the fewer operations have it or are of a service with that name.
    fn rarity(&self, weights: &[f64], from: f64) -> f64 {
        let fits = |term: Term| weights[term as usize] >= from;
        let (mut named, mut of_services) = (0, 0);
        for service in &self.services {
            let counts = service.vocabulary.iter().filter(|(term, _)| fits(*term));
            named += counts.map(|(_, count)| *count as usize).sum::<usize>();
            if service.own.iter().any(|term| fits(*term)) {
                of_services += service.operations.len();
            }
        }
        let count = match (named, of_services) {
            (0, 0) => 50, // an unknown word
            (0, of_services) => of_services,
            (named, _) => named,
        };
        ln(1.0 + self.operations.len() as f64 / count as f64)
    }

    fn score(&self, operation: &Operation, wanted: &[Wanted], fits: &[Fit], all: f64) -> f64 {
        let words = self.slice(&operation.words);
        let documentation = self.slice(&operation.documentation);
        let mut matched = 0.0;
        let mut is_exact = true;
        let mut is_phrase = wanted.len() > 1;
        let mut before: Option<usize> = None;
        for (word, fit) in wanted.iter().zip(fits) {
            let (at, weight) = word.best(words);
            let documented = match documentation {
                [] => 0.0,
                words => DOCUMENTED * word.best(words).1,
            };
            let of_service = (0.9 * fit.named).max(ABOUT * fit.about);
            matched += word.rarity * weight.max(of_service).max(documented);
            is_exact &= weight >= SAME && before.is_none_or(|before| at > before);
            is_phrase &= weight >= FAMILY && before.is_none_or(|before| at == before + 1);
            before = Some(at);
        }
        if matched == 0.0 {
            return 0.0;
        }
        let is_covered = |term: &Term| wanted.iter().any(|word| word.weights[*term as usize] > 0.0);
        let covered = words.iter().filter(|term| is_covered(term)).count();
        let coverage = covered as f64 / words.len().max(1) as f64;
        let is_first = |term: &Term| {
            wanted
                .iter()
                .any(|word| word.weights[*term as usize] >= SAME)
        };
        matched / all * (UNCOVERED + (1.0 - UNCOVERED) * coverage)
            + EXACT * f64::from(is_exact)
            + PHRASE * f64::from(is_phrase)
            + FIRST * f64::from(words.first().is_some_and(is_first))
    }
}

impl Wanted {
    /// The place and the weight of the word that fits best.
    fn best(&self, words: &[Term]) -> (usize, f64) {
        let mut best = (0, 0.0);
        for (at, term) in words.iter().enumerate() {
            let weight = self.weights[*term as usize];
            if weight > best.1 {
                best = (at, weight);
            }
        }
        best
    }

    fn fit(&self, service: &Service) -> Fit {
        let most = |words: &[Term]| self.best(words).1;
        let counts = service.vocabulary.iter();
        let counts = counts.map(|(term, count)| self.weights[*term as usize] * f64::from(*count));
        let count = counts.fold(0.0, f64::max);
        let about = (2.0 * count / service.operations.len().max(1) as f64).min(1.0);
        Fit {
            named: most(&service.own).max(FULL_NAME * most(&service.full)),
            about,
            topic: ln(1.0 + count) * (0.5 + 0.5 * about),
        }
    }
}

/// The natural logarithm of a number from 1 on. That of `std` is in a library of the system, which would be loaded whenever the
/// command starts, and the crate that has it makes the command 300 kB larger.
fn ln(number: f64) -> f64 {
    let (mut near_one, mut halved) = (number, 0.0);
    while near_one > 1.5 {
        near_one /= 2.0;
        halved += 1.0;
    }
    // the series of 2 artanh(part), which is the logarithm of (1 + part) / (1 - part)
    let part = (near_one - 1.0) / (near_one + 1.0);
    let (mut sum, mut power) = (0.0, part);
    for n in [1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 13.0, 15.0] {
        sum += power / n;
        power *= part * part;
    }
    halved * std::f64::consts::LN_2 + 2.0 * sum
}

/// How much a service is about the query.
fn prior(wanted: &[Wanted], fits: &[Fit]) -> f64 {
    let parts = wanted.iter().zip(fits);
    parts
        .map(|(word, fit)| word.rarity * fit.topic.max(fit.named))
        .sum()
}

/// The match of a service itself, if its names fit the query.
fn found_service(wanted: &[Wanted], fits: &[Fit], all: f64) -> Option<f64> {
    let parts = wanted.iter().zip(fits);
    let parts = parts.map(|(word, fit)| word.rarity * fit.named.max(0.5 * ABOUT * fit.about));
    let matched = parts.sum::<f64>() / all;
    (matched > SERVICE).then_some(matched)
}

/// The best of what was found.
fn best(mut found: Vec<(f64, &Service, Option<&Operation>)>, limit: usize) -> Vec<SearchHit> {
    let most = found.iter().map(|(score, ..)| *score).fold(0.0, f64::max);
    found.retain(|(score, ..)| *score >= most * WORTH);
    found.sort_by(|(one, service, operation), (two, other, other_operation)| {
        let names = (operation.map(|o| &o.name), other_operation.map(|o| &o.name));
        two.total_cmp(one)
            .then_with(|| service.name.cmp(&other.name))
            .then_with(|| names.0.cmp(&names.1))
    });
    let hit = |(score, service, operation): (f64, &Service, Option<&Operation>)| SearchHit {
        service: service.name.to_string(),
        operation: operation.map(|operation| operation.name.to_string()),
        score,
    };
    found.into_iter().take(limit).map(hit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_that_of_std() {
        for number in [1.0, 1.2, 1.49, 1.51, 2.0, 3.7, 440.0, 19_000.0, 1e18] {
            assert!((ln(number) - f64::ln(number)).abs() < 1e-9, "{number}");
        }
    }
}
