//! What a fresh world holds, read from `fixtures/world.toml`, which is part of the binary.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// Users and clients by role, and the past of their accounts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    pub users: BTreeMap<String, UserSeed>,
    pub clients: BTreeMap<String, ClientSeed>,
    pub history: HistorySeed,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserSeed {
    pub name: String,
    pub email: String,
    /// Minor units.
    pub balance: i64,
    /// Four digits.
    pub pin: String,
}

/// A client as it was registered.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ClientSeed {
    pub name: String,
    /// Where its picture is.
    pub logo: Option<String>,
    #[serde(default)]
    pub description: String,
    pub confidential: bool,
    /// Absolute, at least one.
    pub redirect_uris: Vec<String>,
}

/// One transaction every `every_days`, from `days` ago on, in a repeating pattern.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistorySeed {
    pub days: u64,
    pub every_days: u64,
    pub pattern: Vec<EntrySeed>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntrySeed {
    pub description: String,
    /// Minor units, negative for spending.
    pub amount: i64,
}

/// Why a fixture can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FixtureError {
    #[error("the world's fixture is no valid TOML for a world: {0}")]
    Toml(#[from] toml::de::Error),
    #[error("the world's fixture has no {0}: add at least one")]
    Empty(&'static str),
    #[error("client `{client}` of the world's fixture: `{uri}` is no absolute URI: {reason}")]
    RedirectUri { client: String, uri: String, reason: url::ParseError },
    #[error("users `{0}` and `{1}` of the world's fixture share an email: give each user one of their own")]
    SharedEmail(String, String),
    #[error("user `{0}` of the world's fixture has a PIN that is not of four digits")]
    Pin(String),
}

impl Fixture {
    /// The embedded one.
    ///
    /// # Panics
    /// Never in a tested build: a test reads the same text.
    pub fn embedded() -> &'static Fixture {
        static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
            Fixture::parse(include_str!("../../../fixtures/world.toml"))
                .expect("the embedded fixture is read by a test")
        });
        &FIXTURE
    }

    /// Reads a fixture and checks that a world can be made of it.
    pub fn parse(text: &str) -> Result<Fixture, FixtureError> {
        let fixture: Fixture = toml::from_str(text)?;
        if fixture.users.is_empty() {
            return Err(FixtureError::Empty("users"));
        }
        if fixture.clients.is_empty() {
            return Err(FixtureError::Empty("clients"));
        }
        if fixture.history.pattern.is_empty() || fixture.history.every_days == 0 {
            return Err(FixtureError::Empty("history to repeat"));
        }
        fixture.check_emails()?;
        for (role, user) in &fixture.users {
            if user.pin.len() != 4 || !user.pin.bytes().all(|digit| digit.is_ascii_digit()) {
                return Err(FixtureError::Pin(role.clone()));
            }
        }
        for (role, client) in &fixture.clients {
            if client.redirect_uris.is_empty() {
                return Err(FixtureError::Empty("redirect URI for one of its clients"));
            }
            for uri in &client.redirect_uris {
                url::Url::parse(uri).map_err(|reason| FixtureError::RedirectUri {
                    client: role.clone(),
                    uri: uri.to_string(),
                    reason,
                })?;
            }
        }
        Ok(fixture)
    }

    fn check_emails(&self) -> Result<(), FixtureError> {
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for (role, user) in &self.users {
            if let Some(earlier) = seen.insert(&user.email, role) {
                return Err(FixtureError::SharedEmail(earlier.to_owned(), role.clone()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMBEDDED: &str = include_str!("../../../fixtures/world.toml");

    #[test]
    fn the_embedded_fixture_has_every_role_of_the_suites() {
        let fixture = Fixture::parse(EMBEDDED).expect("valid");
        for user in ["alice", "bob"] {
            assert!(fixture.users.contains_key(user), "{user}");
        }
        for client in ["server", "other", "public"] {
            assert!(fixture.clients.contains_key(client), "{client}");
        }
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        let misspelt = EMBEDDED.replacen("balance", "balnce", 1);
        let error = Fixture::parse(&misspelt).expect_err("unknown key").to_string();
        assert!(error.contains("line 6") && error.contains("balnce"), "{error}");
    }

    #[test]
    fn a_relative_redirect_uri_is_refused() {
        let relative = EMBEDDED.replacen("https://server-app.example/oauth/callback", "/cb", 1);
        let error = Fixture::parse(&relative).expect_err("relative").to_string();
        assert!(error.contains("`server`") && error.contains("`/cb`"), "{error}");
    }

    #[test]
    fn a_pin_has_four_digits() {
        for bad in ["492", "49211", "492x"] {
            let wrong = EMBEDDED.replacen("4921", bad, 1);
            assert!(
                matches!(Fixture::parse(&wrong), Err(FixtureError::Pin(role)) if role == "alice"),
                "{bad}"
            );
        }
    }

    #[test]
    fn two_users_cannot_share_an_email() {
        let shared = EMBEDDED.replacen("bob@example.com", "alice@example.com", 1);
        assert!(matches!(Fixture::parse(&shared), Err(FixtureError::SharedEmail(..))));
    }
}
