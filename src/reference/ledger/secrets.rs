//! What a secret is found by: an index of all digests of all worlds, for what a request shows says which world it is for.
//!
//! With a million grants it is by far the largest thing in memory, and fetching an entry is most of what finding one costs:
//! an entry is 32 bytes, half a line of a cache. Access tokens have a part of their own: almost every request shows one, and
//! it is found sooner where codes and logins that are long over don't stand in between.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use super::rows::{Entry, LoginIx};
use super::{Digest, WorldId};

/// Which login, code or token has a digest, and in which world.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    access: Index,
    /// Logins, codes and refresh tokens.
    others: Index,
}

type Index = HashMap<Half, (WorldId, Packed), BuildHasherDefault<Itself>>;

impl Secrets {
    /// The world of what has this digest.
    pub fn world(&self, digest: Digest) -> Option<WorldId> {
        self.found(digest).map(|(world, _)| *world)
    }

    /// The world of the access token that has this digest.
    pub fn world_of_access(&self, digest: Digest) -> Option<WorldId> {
        self.access.get(&Half::of(digest)).map(|(world, _)| *world)
    }

    /// What has this digest in this world.
    pub fn entry(&self, world: WorldId, digest: Digest) -> Option<Entry> {
        in_world(world, self.found(digest))
    }

    /// The access token that has this digest in this world.
    pub fn access(&self, world: WorldId, digest: Digest) -> Option<Entry> {
        in_world(world, self.access.get(&Half::of(digest)))
    }

    fn found(&self, digest: Digest) -> Option<&(WorldId, Packed)> {
        let digest = Half::of(digest);
        self.others.get(&digest).or_else(|| self.access.get(&digest))
    }

    pub fn insert(&mut self, digest: Digest, world: WorldId, entry: Entry) {
        let index = if matches!(entry, Entry::Access(_)) { &mut self.access } else { &mut self.others };
        index.insert(Half::of(digest), (world, Packed::new(entry)));
    }

    pub fn remove(&mut self, digest: &Digest) {
        let digest = Half::of(*digest);
        self.access.remove(&digest);
        self.others.remove(&digest);
    }

    #[cfg(test)]
    pub fn contents(&self) -> impl Iterator<Item = String> {
        self.access.iter().chain(&self.others).map(|entry| format!("{entry:?}"))
    }

    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.access.is_empty() && self.others.is_empty()
    }
}

fn in_world(world: WorldId, found: Option<&(WorldId, Packed)>) -> Option<Entry> {
    found.filter(|(of, _)| *of == world).map(|(_, entry)| entry.unpacked())
}

/// Half of a digest. Whoever wants to be taken for somebody else has to find a text with the same 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Half(u64, u64);

impl Half {
    fn of(digest: Digest) -> Half {
        let (first, second) = digest.first_half();
        Half(first, second)
    }
}

impl Hash for Half {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0);
    }
}

/// What a digest hashes to: its own first bytes, which are as random as any. Whoever wants to crowd the index has to have
/// the bank make the secrets: nothing else gets into it.
#[derive(Default)]
struct Itself(u64);

impl Hasher for Itself {
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

/// An [`Entry`]: which kind in the two lowest bits, and the place of its row in the others.
#[derive(Clone, Copy)]
struct Packed(u64);

impl Packed {
    fn new(entry: Entry) -> Packed {
        let (kind, at) = match entry {
            Entry::Login(login) => (0, login.at()),
            Entry::Code(login) => (1, login.at()),
            Entry::Access(at) => (2, at),
            Entry::Refresh(at) => (3, at),
        };
        Packed((at as u64) << 2 | kind)
    }

    fn unpacked(self) -> Entry {
        let at = (self.0 >> 2) as usize;
        match self.0 & 3 {
            0 => Entry::Login(LoginIx::new(at)),
            1 => Entry::Code(LoginIx::new(at)),
            2 => Entry::Access(at),
            _ => Entry::Refresh(at),
        }
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.unpacked().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_what_it_was_before_it_was_packed() {
        for at in [0, 1, 2, 3, 4, u32::MAX as usize] {
            for entry in [
                Entry::Login(LoginIx::new(at)),
                Entry::Code(LoginIx::new(at)),
                Entry::Access(at),
                Entry::Refresh(at),
            ] {
                assert_eq!(format!("{:?}", Packed::new(entry)), format!("{entry:?}"));
            }
        }
    }

    #[test]
    fn an_entry_fills_half_a_line() {
        assert_eq!(size_of::<(Half, (WorldId, Packed))>(), 32);
    }
}
