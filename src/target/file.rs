//! The target file: everything that is particular to one server.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::login::Driver;
use super::readings::{self, Choice, Pinned};
use crate::suite::{Endpoint, Need};

/// A target as its file describes it. Unknown keys are mistakes.
///
/// ```toml
/// name = "Our test system"
/// base = "http://127.0.0.1:8080"
/// client_authentication = "body"        # or "basic"
/// edition = "2026.1"                     # of the catalogue: what is newer is not judged. Without it, the newest
/// disconnected_errors = []               # what a refusal says when the user has disconnected the client
///
/// [endpoints]                            # each under the base, or absolute; these are the defaults
/// authorize = "/oauth2/authorize"
/// token = "/oauth2/token"
/// whoami = "/ping/whoami"
/// logout = "/oauth2/logout"
/// accounts = "/accounts"
/// balance = "/balance"
/// transactions = "/transactions"
/// mandates = "/mandates"
/// control = "/control"
///
/// [limits]
/// request_ms = 10000                     # how long one answer may take
/// body_bytes = 1048576                   # how long one answer may be
/// jobs = 32                              # cases at a time
///
/// [lacks]                                # a capability, and the reason that the report gives
/// clock = "the test system runs on real time"
///
/// [readings]                             # how the documents are read where they leave room, and why
/// "one.new-login-kills-refresh" = { reading = "access-only", reason = "our contract says so in section 4" }
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetFile {
    pub name: String,
    /// `http` or `https`, without a query.
    pub base: Url,
    #[serde(default)]
    pub client_authentication: ClientAuthentication,
    /// The server's own names for "the user has disconnected you". With any, only these count; without, its words do.
    #[serde(default)]
    pub disconnected_errors: Vec<String>,
    #[serde(default)]
    pub endpoints: Endpoints,
    #[serde(default)]
    pub limits: Limits,
    /// How users log in.
    #[serde(skip)]
    pub login: Driver,
    /// Capability word → reason.
    #[serde(default)]
    pub lacks: BTreeMap<String, String>,
    /// The edition as it was written, until [`TargetFile::parse`] has made [`TargetFile::pinned`] of it.
    #[serde(default)]
    edition: Option<toml::Spanned<String>>,
    /// The edition of the catalogue to judge by.
    #[serde(skip)]
    pub pinned: Option<Pinned>,
    /// `[readings]` as it was written, until [`TargetFile::parse`] has made [`TargetFile::choices`] of it.
    #[serde(default)]
    readings: readings::Written,
    /// The readings that are judged instead of the catalogue's defaults.
    #[serde(skip)]
    pub choices: Vec<Choice>,
}

/// How a client shows its secret when nothing else is being probed (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientAuthentication {
    #[default]
    Body,
    Basic,
}

/// Addresses under the base, or absolute ones.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Endpoints {
    pub authorize: String,
    pub token: String,
    pub whoami: String,
    pub logout: String,
    pub accounts: String,
    pub balance: String,
    pub transactions: String,
    /// Where mandates are set up; payments are taken under it.
    pub mandates: String,
    pub control: String,
}

impl Default for Endpoints {
    fn default() -> Self {
        Endpoints {
            authorize: "/oauth2/authorize".into(),
            token: "/oauth2/token".into(),
            whoami: "/ping/whoami".into(),
            logout: "/oauth2/logout".into(),
            accounts: "/accounts".into(),
            balance: "/balance".into(),
            transactions: "/transactions".into(),
            mandates: "/mandates".into(),
            control: "/control".into(),
        }
    }
}

impl Endpoints {
    /// The address of a data endpoint or of whoami.
    pub fn of(&self, endpoint: Endpoint) -> &str {
        match endpoint {
            Endpoint::Whoami => &self.whoami,
            Endpoint::Accounts => &self.accounts,
            Endpoint::Balance => &self.balance,
            Endpoint::Transactions | Endpoint::History => &self.transactions,
        }
    }

    /// Every one of them.
    pub fn all(&self) -> [&String; 9] {
        let Endpoints {
            authorize,
            token,
            whoami,
            logout,
            accounts,
            balance,
            transactions,
            mandates,
            control,
        } = self;
        [authorize, token, whoami, logout, accounts, balance, transactions, mandates, control]
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Milliseconds until an answer must be there, whole; 1 to 600,000.
    pub request_ms: u64,
    /// Bytes that an answer's body may have; at least 1,024.
    pub body_bytes: usize,
    /// Cases that run at a time; 1 to 1,024.
    pub jobs: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { request_ms: 10_000, body_bytes: 1 << 20, jobs: 32 }
    }
}

impl Limits {
    pub fn request(&self) -> Duration {
        Duration::from_millis(self.request_ms)
    }
}

/// What can be wrong with a target file, or with an address given in its place.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    #[error(
        "failed to read {path}: {cause}; give the path of a target file, or an address such as http://127.0.0.1:8080"
    )]
    Unreadable { path: String, cause: std::io::Error },
    /// The text names the line and shows it.
    #[error("{path} is not a target file: {cause}")]
    Malformed { path: String, cause: String },
    #[error(
        "{path}: {value} is not an address that can be called; give http:// or https:// with a host, without a query"
    )]
    Address { path: String, value: String },
    /// Addresses go into every report; the text leaves this one out for the same reason.
    #[error(
        "{path}: an address holds a user name or a password, and would show it in every report; leave them out"
    )]
    Credentials { path: String },
    #[error("{path}: {key} is {value}, and must be {allowed}")]
    Range { path: String, key: &'static str, value: u64, allowed: &'static str },
    #[error("{path}: lacks names {word}, which is no capability; those are {known}")]
    UnknownCapability { path: String, word: String, known: String },
    #[error(
        "{path}: disconnected_errors holds a blank name, which every refusal would contain; leave it out"
    )]
    BlankName { path: String },
    #[error("{path}: lacks.{word} gives no reason; say in a few words why the server can't do it")]
    NoReason { path: String, word: String },
    /// `at`: file, line and column, and the line itself.
    #[error(
        "{}: the reading of {requirement} gives no reason; add `reason = \"…\"` with a few words on why the documents are \
         read so{}", at.0, at.1
    )]
    ReadingWithoutReason { at: Box<(String, String)>, requirement: String },
}

impl TargetFile {
    /// A server that keeps to the bundled bank's paths and control API, at this address.
    pub fn at(base: &str) -> Result<TargetFile, TargetError> {
        let address = || TargetError::Address { path: "--target".into(), value: base.into() };
        let base = Url::parse(base).map_err(|_| address())?;
        let file = TargetFile {
            name: base.to_string().trim_end_matches('/').to_owned(),
            base,
            client_authentication: ClientAuthentication::Body,
            disconnected_errors: Vec::new(),
            endpoints: Endpoints::default(),
            limits: Limits::default(),
            login: Driver::default(),
            lacks: BTreeMap::new(),
            edition: None,
            pinned: None,
            readings: readings::Written::new(),
            choices: Vec::new(),
        };
        file.checked("--target")
    }

    /// Reads a target file's text; `path` is only for messages.
    pub fn parse(path: &str, text: &str) -> Result<TargetFile, TargetError> {
        let mut file = toml::from_str::<TargetFile>(text)
            .map_err(|cause| TargetError::Malformed { path: path.into(), cause: cause.to_string() })?;
        file.pinned = file.edition.take().map(|edition| readings::pinned(edition, path, text));
        file.choices = readings::choices(std::mem::take(&mut file.readings), path, text)?;
        file.checked(path)
    }

    /// The address of an endpoint: under the base, or as it is if it is absolute. `None` if neither makes an address.
    pub fn url(&self, endpoint: &str) -> Option<Url> {
        match Url::parse(endpoint) {
            Ok(url) if url.has_host() => Some(url),
            _ => {
                let base = self.base.as_str().trim_end_matches('/');
                Url::parse(&format!("{base}/{}", endpoint.trim_start_matches('/'))).ok()
            }
        }
    }

    fn checked(self, path: &str) -> Result<TargetFile, TargetError> {
        let address = |value: &str| TargetError::Address { path: path.into(), value: value.into() };
        let callable =
            |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none();
        let secretive = |url: &Url| !url.username().is_empty() || url.password().is_some();
        if secretive(&self.base) {
            return Err(TargetError::Credentials { path: path.into() });
        }
        if !callable(&self.base) {
            return Err(address(self.base.as_str()));
        }
        for endpoint in self.endpoints.all() {
            let url = self.url(endpoint).ok_or_else(|| address(endpoint))?;
            if secretive(&url) {
                return Err(TargetError::Credentials { path: path.into() });
            }
            if !callable(&url) {
                return Err(address(endpoint));
            }
        }
        let Limits { request_ms, body_bytes, jobs } = self.limits;
        for (key, value, low, high, allowed) in [
            ("limits.request_ms", request_ms, 1, 600_000, "1 to 600000"),
            ("limits.body_bytes", body_bytes as u64, 1024, u64::MAX, "at least 1024"),
            ("limits.jobs", jobs as u64, 1, 1024, "1 to 1024"),
        ] {
            if !(low..=high).contains(&value) {
                return Err(TargetError::Range { path: path.into(), key, value, allowed });
            }
        }
        if self.disconnected_errors.iter().any(|name| name.trim().is_empty()) {
            return Err(TargetError::BlankName { path: path.into() });
        }
        for (word, reason) in &self.lacks {
            if !Need::ALL.iter().any(|(_, known)| known == word) {
                let known = Need::ALL.iter().map(|(_, known)| *known).collect::<Vec<_>>().join(", ");
                return Err(TargetError::UnknownCapability { path: path.into(), word: word.clone(), known });
            }
            if reason.trim().is_empty() {
                return Err(TargetError::NoReason { path: path.into(), word: word.clone() });
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<TargetFile, TargetError> {
        TargetFile::parse("t.toml", text)
    }

    #[test]
    fn endpoints_stand_under_the_base_or_are_absolute() {
        let file = parse(
            "name = 'x'\nbase = 'http://127.0.0.1:1/api/'\n[endpoints]\ntoken = 'http://127.0.0.1:2/t'\nlogout = 'out'",
        )
        .expect("it is right");
        assert_eq!(file.url(&file.endpoints.token).expect("absolute").as_str(), "http://127.0.0.1:2/t");
        assert_eq!(
            file.url(&file.endpoints.logout).expect("relative").as_str(),
            "http://127.0.0.1:1/api/out"
        );
    }

    #[test]
    fn a_choice_knows_where_it_stands() {
        let file = parse(
            "name = 'x'\nbase = 'http://h'\n[readings]\n\"b.c\" = { reason = \"so\", reading = \"d\" }\n\"a.b\" = { reading = \"c\", reason = \"why\" }",
        )
        .expect("it is right");
        let choices: Vec<_> = file
            .choices
            .iter()
            .map(|choice| (choice.requirement.as_str(), choice.requirement_at.line, choice.reading_at.column))
            .collect();
        assert_eq!(choices, [("b.c", 4, 36), ("a.b", 5, 21)]);
    }

    #[test]
    fn the_example_says_every_default_and_names_every_capability() {
        let text = include_str!("../../fixtures/targets/example.toml");
        let example = TargetFile::parse("fixtures/targets/example.toml", text).expect("it is right");
        let short = parse("name = 'Our test system'\nbase = 'http://127.0.0.1:8080'").expect("it is right");
        assert_eq!(format!("{example:?}"), format!("{short:?}"));
        let written: toml::Table = text.parse().expect("it is TOML");
        let keys = |table: &str| written[table].as_table().map_or(0, toml::Table::len);
        assert!(text.contains("\n# edition = "), "the one key whose default is not a value");
        assert_eq!((written.len(), keys("endpoints"), keys("limits")), (8, 9, 3), "a key is left out");
        for (_, word) in Need::ALL {
            assert!(text.contains(&format!("{word},")) || text.contains(&format!("{word}.")), "{word}");
        }
    }

    #[test]
    fn every_mistake_says_where_it_is() {
        for (text, part) in [
            ("nme = 'x'", "unknown field `nme`"),
            ("name = 'x'\nbase = 'ftp://h'", "not an address"),
            ("name = 'x'\nbase = 'http://h/?q=1'", "not an address"),
            ("name = 'x'\nbase = 'http://me:hush@h'", "a user name or a password"),
            (
                "name = 'x'\nbase = 'http://h'\n[endpoints]\ntoken = 'http://me@h/t'",
                "a user name or a password",
            ),
            ("name = 'x'\nbase = 'http://h'\ndisconnected_errors = ['gone', ' ']", "a blank name"),
            ("name = 'x'\nbase = 'http://h'\n[limits]\njobs = 0", "limits.jobs is 0"),
            ("name = 'x'\nbase = 'http://h'\n[lacks]\nclok = 'y'", "lacks names clok"),
            ("name = 'x'\nbase = 'http://h'\n[lacks]\nclock = ' '", "lacks.clock gives no reason"),
            (
                "name = 'x'\nbase = 'http://h'\n[readings]\n\"a.b\" = { reading = \"c\" }",
                "t.toml:4:9: the reading of a.b gives no reason",
            ),
        ] {
            let error = parse(text).expect_err("it is wrong").to_string();
            assert!(error.contains(part) && error.contains("t.toml") && !error.contains("hush"), "{error}");
        }
    }
}
