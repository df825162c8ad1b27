//! A map by lower-case id: the compact content of a file, with the later changes over it.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher as _, RandomState},
    ops::Range,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// The number of searches after which a hash table saves time.
const SEARCHES: usize = 512;

/// A sorted map from keys to values. Its initial content uses one allocation for all keys, is shared by clones and
/// never changes; changes are stored separately.
#[derive(Clone, Debug)]
pub(crate) struct Keyed<T> {
    stored: Arc<Stored<T>>,
    /// `None` for a removed key.
    changed: BTreeMap<Box<str>, Option<T>>,
}

#[derive(Debug)]
struct Stored<T> {
    keys: String,
    /// The range of each key in `keys`, in order of the keys.
    entries: Vec<(Range<usize>, T)>,
    searches: AtomicUsize,
    table: OnceLock<Table>,
}

/// The positions of keys by their hashes.
#[derive(Debug)]
struct Table {
    hasher: RandomState,
    places: HashMap<u64, usize>,
}

/// Collects keys and values in any order, and builds a map.
pub(crate) struct Builder<T>(Stored<T>);

impl<T> Default for Keyed<T> {
    fn default() -> Self {
        Builder::with_capacity(0).build_unchecked()
    }
}

impl<T> Builder<T> {
    pub(crate) fn with_capacity(count: usize) -> Self {
        let (keys, entries) = (String::new(), Vec::with_capacity(count));
        Self(Stored { keys, entries, searches: AtomicUsize::new(0), table: OnceLock::new() })
    }

    /// Adds a value like [`add`](Self::add). On an error, `write` appends nothing.
    pub(crate) fn push<E>(
        &mut self,
        value: T,
        write: impl FnOnce(&mut String) -> Result<(), E>,
    ) -> Result<(), E> {
        let start = self.0.keys.len();
        write(&mut self.0.keys)?;
        self.0.entries.push((start..self.0.keys.len(), value));
        Ok(())
    }

    /// Adds a value under the key that `write` appends to its argument.
    pub(crate) fn add(&mut self, value: T, write: impl FnOnce(&mut String)) {
        let start = self.0.keys.len();
        write(&mut self.0.keys);
        self.0.entries.push((start..self.0.keys.len(), value));
    }

    /// Returns the key that was added last.
    pub(crate) fn last_key(&self) -> &str {
        self.0.entries.last().map_or("", |(range, _)| &self.0.keys[range.clone()])
    }

    /// Returns the map. If two values have the same key, returns the key and the later value.
    pub(crate) fn build(mut self) -> Result<Keyed<T>, (String, T)> {
        let Stored { keys, entries, .. } = &mut self.0;
        entries.sort_by(|a, b| keys[a.0.clone()].cmp(&keys[b.0.clone()]));
        let twice = entries.windows(2).position(|pair| keys[pair[0].0.clone()] == keys[pair[1].0.clone()]);
        match twice {
            Some(at) => {
                let (key, value) = self.0.entries.swap_remove(at + 1);
                Err((self.0.keys[key].to_owned(), value))
            }
            None => Ok(self.build_unchecked()),
        }
    }

    fn build_unchecked(self) -> Keyed<T> {
        Keyed { stored: Arc::new(self.0), changed: BTreeMap::new() }
    }
}

impl<T> Stored<T> {
    fn key(&self, at: usize) -> &str {
        &self.keys[self.entries[at].0.clone()]
    }

    /// Returns the first position whose key is not less than `key`.
    fn place_of(&self, key: &str) -> usize {
        self.entries.partition_point(|(range, _)| self.keys[range.clone()] < *key)
    }

    fn get(&self, key: &str) -> Option<&T> {
        let at = match self.table() {
            Some(table) => *table.places.get(&table.hasher.hash_one(key))?,
            None => self.place_of(key),
        };
        if at < self.entries.len() && self.key(at) == key {
            return Some(&self.entries[at].1);
        }
        // if two keys have the same hash, the table has only one of them
        let at = self.table.get().map(|_| self.place_of(key))?;
        (at < self.entries.len() && self.key(at) == key).then(|| &self.entries[at].1)
    }

    /// Returns the table, after as many searches as make it worthwhile.
    fn table(&self) -> Option<&Table> {
        if let Some(table) = self.table.get() {
            return Some(table);
        }
        if self.searches.fetch_add(1, Relaxed) < SEARCHES {
            return None;
        }
        Some(self.table.get_or_init(|| {
            let hasher = RandomState::new();
            let places = (0..self.entries.len()).map(|at| (hasher.hash_one(self.key(at)), at)).collect();
            Table { hasher, places }
        }))
    }
}

impl<T> Keyed<T> {
    pub(crate) fn get(&self, key: &str) -> Option<&T> {
        match self.changed.get(key) {
            Some(changed) => changed.as_ref(),
            None => self.stored.get(key),
        }
    }

    /// Returns the number of keys in the initial content.
    pub(crate) fn stored_len(&self) -> usize {
        self.stored.entries.len()
    }

    pub(crate) fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(crate) fn insert(&mut self, key: &str, value: T) {
        self.changed.insert(key.into(), Some(value));
    }

    /// Removes a value, and returns whether it existed.
    pub(crate) fn remove(&mut self, key: &str) -> bool {
        let there = self.contains_key(key);
        if there {
            self.changed.insert(key.into(), None);
        }
        there
    }

    /// Returns every key and value, in order of the keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.merged(0..self.stored.entries.len(), self.changed.range::<str, _>(..))
    }

    /// Returns the keys and values from `start` up to but not including `end`, in order of the keys.
    pub(crate) fn between<'a>(
        &'a self,
        start: &str,
        end: &str,
    ) -> impl Iterator<Item = (&'a str, &'a T)> + use<'a, T> {
        let stored = self.stored.place_of(start)..self.stored.place_of(end);
        self.merged(
            stored,
            self.changed.range::<str, _>((std::ops::Bound::Included(start), std::ops::Bound::Excluded(end))),
        )
    }

    fn merged<'a>(
        &'a self,
        stored: Range<usize>,
        changed: std::collections::btree_map::Range<'a, Box<str>, Option<T>>,
    ) -> impl Iterator<Item = (&'a str, &'a T)> + use<'a, T> {
        let stored = stored.map(|at| (self.stored.key(at), &self.stored.entries[at].1));
        let untouched = |(key, _): &(&str, &T)| self.changed.is_empty() || !self.changed.contains_key(*key);
        let mut stored = stored.filter(untouched).peekable();
        let mut changed =
            changed.filter_map(|(key, value)| value.as_ref().map(|value| (&**key, value))).peekable();
        std::iter::from_fn(move || match (stored.peek(), changed.peek()) {
            (Some(old), Some(new)) if old.0.cmp(new.0) == Ordering::Greater => changed.next(),
            (Some(_), _) => stored.next(),
            (None, _) => changed.next(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keyed(pairs: &[(&str, u32)]) -> Result<Keyed<u32>, (String, u32)> {
        let mut builder = Builder::with_capacity(pairs.len());
        for (key, value) in pairs {
            let write = |keys: &mut String| {
                keys.push_str(key);
                Ok::<(), ()>(())
            };
            builder.push(*value, write).unwrap();
        }
        builder.build()
    }

    #[test]
    fn two_of_one_key_are_refused_with_the_later_one() {
        assert_eq!(keyed(&[("b", 1), ("a", 2), ("b", 3)]).map(|_| ()), Err(("b".to_owned(), 3)));
    }

    proptest! {
        #[test]
        fn it_behaves_as_a_sorted_map_under_random_operations(
            stored in prop::collection::btree_map("[a-c]{1,2}", any::<u32>(), 0..8),
            changes in prop::collection::vec(("[a-c]{1,2}", prop::option::of(any::<u32>())), 0..12),
            (start, end) in ("[a-d]{0,2}", "[a-d]{0,2}"),
        ) {
            let pairs: Vec<(&str, u32)> = stored.iter().rev().map(|(key, value)| (key.as_str(), *value)).collect();
            let (mut map, mut model) = (keyed(&pairs).unwrap(), stored.clone());
            for (key, change) in &changes {
                if let Some(value) = change {
                    map.insert(key, *value);
                    model.insert(key.clone(), *value);
                } else {
                    prop_assert_eq!(map.remove(key), model.remove(key).is_some());
                }
            }
            let all = |pairs: &BTreeMap<String, u32>| {
                pairs.iter().map(|(key, value)| (key.clone(), *value)).collect::<Vec<_>>()
            };
            let owned = |pairs: Vec<(&str, &u32)>| {
                pairs.into_iter().map(|(key, value)| (key.to_owned(), *value)).collect::<Vec<_>>()
            };
            prop_assert_eq!(owned(map.iter().collect()), all(&model));
            // first without the hash table, then with it
            for _ in 0..2 {
                for key in ["a", "b", "c", "aa", "ab", "ba", "cc", "d", ""] {
                    prop_assert_eq!(map.get(key), model.get(key));
                }
                map.stored.searches.store(SEARCHES, Relaxed);
            }
            if start <= end {
                let between: BTreeMap<_, _> = model.range(start.clone()..end.clone()).map(|(k, v)| (k.clone(), *v)).collect();
                prop_assert_eq!(owned(map.between(&start, &end).collect()), all(&between));
            }
        }
    }
}
