//! Secrets: how they are made, and how they are kept, which is as digests only.

use std::fmt;
use std::hash::{Hash, Hasher};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use super::Seconds;
use crate::reference::rules::{BadToken, LogoutToken, Minting, SecretCheck};

/// A secret in the clear, on its way to whoever it is for. It can't be printed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret(String);

impl Secret {
    /// 256 random bits, base64url, after `prefix`.
    pub fn random(prefix: &str, rng: &mut dyn CryptoRng) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        Secret(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// One that somebody has shown.
    pub fn shown(text: &str) -> Self {
        Secret(text.to_owned())
    }

    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Compares without telling by its duration where the difference is.
    pub fn same(&self, other: &Secret) -> bool {
        Digest::of(&self.0).same(&Digest::of(&other.0))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// For the few secrets that have to be written down as they are.
pub(super) mod in_the_clear {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Secret;

    pub fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret)
    }
}

/// What the ledger keeps of a secret: its SHA-256. Written down as base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "&str", into = "String")]
pub struct Digest([u8; 32]);

impl Hash for Digest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let first = self.0.first_chunk().expect("there are 32 bytes");
        state.write_u64(u64::from_le_bytes(*first));
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        URL_SAFE_NO_PAD.encode(digest.0)
    }
}

impl TryFrom<&str> for Digest {
    type Error = &'static str;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let mut bytes = [0; 32];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(32) => Ok(Digest(bytes)),
            _ => Err("no digest: it has to be 32 bytes as base64url"),
        }
    }
}

impl Digest {
    pub fn of(secret: &str) -> Self {
        Digest(Sha256::digest(secret.as_bytes()).into())
    }

    /// Its first 128 bits.
    pub(super) fn first_half(&self) -> (u64, u64) {
        let (halves, _) = self.0.as_chunks();
        (u64::from_le_bytes(halves[0]), u64::from_le_bytes(halves[1]))
    }

    /// Enough of it to tell it from all others of a world.
    pub(super) fn short(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0[..12])
    }

    /// The digest that an access token is found by.
    pub(super) fn of_access(rule: BadToken, token: &str) -> Self {
        match rule {
            BadToken::FirstCharactersCount => Digest::of(first(token, 16)),
            BadToken::LastCharacterIgnored => Digest::of(first(token, 42)),
            BadToken::IgnoresCase => Digest::of(&token.to_ascii_lowercase()),
            _ => Digest::of(token),
        }
    }

    /// The digest that the beginning of an access token is found by, where that is enough to log out.
    pub(super) fn of_beginning(token: &str) -> Self {
        Digest::of(first(token, 16))
    }

    /// The digest that a client's secret is compared by.
    pub(super) fn of_client_secret(rule: SecretCheck, secret: &str) -> Self {
        match rule {
            SecretCheck::Truncated => Digest::of(first(secret, 40)),
            SecretCheck::IgnoresCase => Digest::of(&secret.to_ascii_lowercase()),
            _ => Digest::of(secret),
        }
    }

    /// Compares without telling by its duration where the difference is.
    pub fn same(&self, other: &Digest) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

fn first(text: &str, characters: usize) -> &str {
    let end = text.char_indices().nth(characters);
    end.map_or(text, |(at, _)| &text[..at])
}

/// Makes the secrets of one world.
pub(super) struct Mint<'a> {
    pub rng: &'a mut dyn CryptoRng,
    pub serial: &'a mut u64,
    pub style: Minting,
    pub logout: LogoutToken,
}

impl Mint<'_> {
    /// A login's id: unguessable, for the form on the page.
    pub fn login(&mut self) -> (Secret, Digest) {
        let secret = Secret::random("", self.rng);
        let digest = Digest::of(secret.expose());
        (secret, digest)
    }

    pub fn code(&mut self, now: Seconds) -> (Secret, Digest) {
        let mut code = self.make(now);
        if self.style == Minting::ShortCodes {
            code = Secret(first(code.expose(), 10).to_owned());
        }
        let digest = Digest::of(code.expose());
        (code, digest)
    }

    pub fn refresh(&mut self, now: Seconds) -> (Secret, Digest) {
        let secret = self.make(now);
        let digest = Digest::of(secret.expose());
        (secret, digest)
    }

    /// An access token, the digest that it is found by, and that of its beginning where it is found by this too.
    pub fn access(&mut self, rule: BadToken, now: Seconds) -> (Secret, Digest, Option<Digest>) {
        let secret = self.make(now);
        let digest = Digest::of_access(rule, secret.expose());
        let by_beginning = self.logout == LogoutToken::FirstCharacters;
        let beginning = by_beginning.then(|| Digest::of_beginning(secret.expose()));
        (secret, digest, beginning)
    }

    /// A random text that is no key to anything.
    pub fn noise(&mut self) -> String {
        Secret::random("", self.rng).0
    }

    fn make(&mut self, now: Seconds) -> Secret {
        *self.serial += 1;
        let random = Secret::random("", self.rng).0;
        Secret(match self.style {
            Minting::Random | Minting::ShortCodes => random,
            Minting::Counter => format!("{:043}", 1_000_000_007_u128 * u128::from(*self.serial)),
            Minting::CounterAtTheEnd => format!("7c1e0b52f4a94d06b3d8e2916a5f70c4{:08x}", *self.serial),
            Minting::Prefixed => format!("ZXhhbXBsZS1iYW5rLXRva2VuLW9mLW{}", &random[..12]),
            Minting::Clock => format!("{now:016x}{:011x}{}", *self.serial, &random[..16]),
            Minting::ConstantTail => format!("{}{}", &random[..12], "A".repeat(31)),
            Minting::CounterInside => format!("k3J9-fRz0QmX7aLp{:011}W2vN8sTyBcD4eGhU", *self.serial),
            Minting::EncodedNumber => URL_SAFE_NO_PAD.encode(format!("{:032}", *self.serial)),
            Minting::Overlapping => (0..43).map(|at| nth_hex_digit(2 * *self.serial + at)).collect(),
        })
    }
}

/// A digit of one endless random text, the same for every bank.
fn nth_hex_digit(at: u64) -> char {
    let block = Sha256::digest((at / 64).to_be_bytes());
    let byte = block[usize::try_from(at % 64 / 2).expect("it is less than 32")];
    let half = if at.is_multiple_of(2) { byte >> 4 } else { byte & 15 };
    char::from_digit(u32::from(half), 16).expect("it is less than 16")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_secret_has_256_bits_and_no_beginning_of_its_own() {
        let mut rng = StdRng::seed_from_u64(1);
        let many: Vec<Secret> = (0..500).map(|_| Secret::random("", &mut rng)).collect();
        assert!(many.iter().all(|secret| secret.expose().len() == 43));
        let firsts: HashSet<u8> = many.iter().map(|s| s.expose().as_bytes()[0]).collect();
        assert!(firsts.len() > 50, "only {} first characters", firsts.len());
    }

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::random("mnzconf.", &mut StdRng::seed_from_u64(1));
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }

    #[test]
    fn digests_differ_where_the_secrets_do() {
        assert!(Digest::of("a").same(&Digest::of("a")));
        assert!(!Digest::of("a").same(&Digest::of("A")));
        let exact = SecretCheck::Exact;
        assert_ne!(Digest::of_client_secret(exact, "a"), Digest::of_client_secret(exact, "A"));
    }
}
