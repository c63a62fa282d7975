//! What a secret is found by: one index of all digests of all worlds, for what a request shows says which world it is for.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::rows::Entry;
use super::{Digest, WorldId};

/// Which login, code or token has a digest, and in which world.
#[derive(Debug, Default)]
pub(super) struct Secrets(HashMap<Digest, (WorldId, Entry), BuildHasherDefault<FirstBytes>>);

impl Secrets {
    /// The world of what has this digest.
    pub fn world(&self, digest: Digest) -> Option<WorldId> {
        self.0.get(&digest).map(|(world, _)| *world)
    }

    /// What has this digest in this world.
    pub fn entry(&self, world: WorldId, digest: Digest) -> Option<Entry> {
        self.0.get(&digest).filter(|(of, _)| *of == world).map(|(_, entry)| *entry)
    }

    pub fn insert(&mut self, digest: Digest, world: WorldId, entry: Entry) {
        self.0.insert(digest, (world, entry));
    }

    pub fn remove(&mut self, digest: &Digest) {
        self.0.remove(digest);
    }

    #[cfg(test)]
    pub fn contents(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|entry| format!("{entry:?}"))
    }

    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What a digest hashes to: its own first bytes, which are as random as any. Whoever wants to crowd the index has to have
/// the bank make the secrets: nothing else gets into it.
#[derive(Default)]
struct FirstBytes(u64);

impl Hasher for FirstBytes {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, first: u64) {
        self.0 = first;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
