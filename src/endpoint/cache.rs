//! A small LRU cache of resolved endpoints.

use super::params::EndpointValue;
use super::resolved::Endpoint;
use super::ruleset::ParameterDefinition;
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use crate::sync;

/// The maximum number of endpoints.
const CAPACITY: usize = 100;

/// Resolved endpoints, keyed by the values of the parameters that the rules read.
#[derive(Debug, Default)]
pub(super) struct Cache {
    /// By the hash of the key. Of two keys with the same hash, the last one is kept.
    entries: RwLock<HashMap<u64, Entry>>,
    hasher: RandomState,
    clock: AtomicU64,
}

#[derive(Debug)]
struct Entry {
    key: Box<[Option<EndpointValue>]>,
    endpoint: Arc<Endpoint>,
    used: AtomicU64,
}

/// A key of the cache: those of the bound parameters (see `Ruleset::bind`) that the rules read.
#[derive(Clone, Copy)]
pub(super) struct CacheKey<'a> {
    pub(super) definitions: &'a [ParameterDefinition],
    pub(super) bound: &'a [Option<&'a EndpointValue>],
}

impl<'a> CacheKey<'a> {
    fn values(self) -> impl Iterator<Item = Option<&'a EndpointValue>> {
        let pairs = self.definitions.iter().zip(self.bound);
        pairs.filter_map(|(definition, value)| definition.referenced.then_some(*value))
    }
}

impl Cache {
    /// Returns the endpoint of a key.
    pub(super) fn find(&self, key: CacheKey<'_>) -> Option<Arc<Endpoint>> {
        let entries = sync::read(&self.entries);
        let entry = entries.get(&self.hash(key))?;
        if !entry.key.iter().map(Option::as_ref).eq(key.values()) {
            return None;
        }
        entry.used.store(self.tick(), Ordering::Relaxed);
        Some(Arc::clone(&entry.endpoint))
    }

    /// Inserts an endpoint.
    pub(super) fn insert(&self, key: CacheKey<'_>, endpoint: &Arc<Endpoint>) {
        let hash = self.hash(key);
        let entry = Entry {
            key: key.values().map(Option::<&EndpointValue>::cloned).collect(),
            endpoint: Arc::clone(endpoint),
            used: AtomicU64::new(self.tick()),
        };
        let mut entries = sync::write(&self.entries);
        if entries.len() >= CAPACITY && !entries.contains_key(&hash) {
            let oldest = entries
                .iter()
                .min_by_key(|(_, entry)| entry.used.load(Ordering::Relaxed))
                .map(|(hash, _)| *hash);
            oldest.and_then(|oldest| entries.remove(&oldest));
        }
        entries.insert(hash, entry);
    }

    fn hash(&self, key: CacheKey<'_>) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        key.values().for_each(|value| value.hash(&mut hasher));
        hasher.finish()
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.read().unwrap().len()
    }
}
