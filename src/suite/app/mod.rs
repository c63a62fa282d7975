//! The app file: everything that is particular to one app, as data. How it is told where the bank is, how it is started,
//! and how each thing is asked of it. Nothing is started here.
//!
//! `fixtures/apps/example.toml` is a complete one with a comment for every key; `read` is how it is written.

mod read;

use std::collections::BTreeMap;

use super::case::words;
use super::diagnostic::Diagnostic;
use super::pages::Step;

pub use read::schema;

words! {
    /// What an app can be asked for besides logging in and reading.
    Capability {
        /// It refreshes on demand.
        Refresh = "refresh",
        /// The user can disconnect the bank in the app.
        Disconnect = "disconnect",
        /// It shows the user how things stand.
        Status = "status",
        /// It can be ended and begun again.
        Restart = "restart",
        /// Several browsers have logins of their own.
        Browsers = "browsers",
        /// Several reads at once.
        Parallel = "parallel",
        /// It can be given a certificate authority to trust, and so a bank with TLS.
        Tls = "tls",
        /// Logins end in tokens that can be refreshed.
        RefreshTokens = "refresh-tokens",
        /// It is a confidential client.
        ClientSecret = "client-secret",
    }

    /// What a program finds at its standard input once it has read what it is given.
    Stdin {
        /// Its end.
        Closed = "closed",
        /// Nothing yet, for as long as the program lives.
        Open = "open",
    }

    /// Whether the app can keep a secret.
    Confidentiality {
        /// It has a secret, and is given refresh tokens.
        Confidential = "confidential",
        /// It has none that is worth the name, and is given no refresh tokens.
        Public = "public",
    }
}

/// What can stand in braces in the texts of an app file, beside [`FURTHER_PORT`] with a name.
pub const PLACEHOLDERS: [&str; 10] = [
    "bank",
    "client_id",
    "client_secret",
    "redirect_uri",
    "port",
    "folder",
    "ca_file",
    "proxy",
    "user",
    "grantspec",
];

/// How `{port.NAME}` begins, which stands for a further free port.
pub const FURTHER_PORT: &str = "port.";

/// An app, as its file describes it.
#[derive(Clone, Debug)]
pub struct AppFile {
    pub name: String,
    pub client: Confidentiality,
    /// Fixed, or made for each case.
    pub client_id: Option<String>,
    pub client_secret: Option<String>,
    pub redirect_uri: Text,
    pub bank: BankSide,
    pub start: Option<Start>,
    pub connect: Action,
    pub uses: Action,
    pub refresh: Option<Action>,
    pub disconnect: Option<Action>,
    pub status: Option<Action>,
    /// Files that the app writes for people: no token belongs there.
    pub logs: Vec<Text>,
    /// Files in which the app keeps what it stores: only looked at after a disconnection.
    pub state: Vec<Text>,
    /// Words by which the app says that access was ended by the user or the bank.
    pub ended_words: Vec<String>,
    /// Words by which it says that the user said no.
    pub refused_words: Vec<String>,
    pub limits: Limits,
    /// The WebDriver program, if it is not the first that is installed.
    pub webdriver: Option<String>,
    /// Capability → reason.
    pub lacks: BTreeMap<Capability, String>,
    /// The folder that the file stands in: relative paths and programs begin there. Set by whoever read it from disk.
    pub folder: std::path::PathBuf,
}

/// A text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(pub String);

/// How the app meets the bank.
#[derive(Clone, Debug, Default)]
pub struct BankSide {
    /// Fixed for apps that can't be told; then one case runs at a time.
    pub port: Option<u16>,
    pub tls: bool,
    /// Hosts that the proxy answers for.
    pub hosts: Vec<String>,
}

/// How the app is started for each case.
#[derive(Clone, Debug)]
pub struct Start {
    pub command: Vec<Text>,
    pub env: Vec<(String, Text)>,
    pub config: Option<(Text, Text)>,
    pub stdin: Stdin,
    /// An address that answers once the app is up.
    pub ready: Option<Text>,
}

/// How one thing is asked of the app.
#[derive(Clone, Debug)]
pub enum Action {
    /// By its user's browser.
    Http { method: &'static str, url: Text, form: Vec<(String, Text)> },
    /// In its user's own browser, driven by WebDriver, for pages that need scripts. `open`: where it goes first; without it, it stays
    /// where it is.
    Browser { open: Option<Text>, steps: Vec<Step> },
    /// By a command that is run for it. `link_after`: what stands right before the link to open.
    Command {
        command: Vec<Text>,
        env: Vec<(String, Text)>,
        input: Option<Text>,
        stdin: Stdin,
        link_after: Option<String>,
    },
}

/// How long things may take, and how much there may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until the app is up.
    pub start_ms: u64,
    /// Until one action is done.
    pub action_ms: u64,
    /// Silence that is watched at least, and at most.
    pub quiet_ms: u64,
    pub longest_quiet_ms: u64,
    /// Requests of one case after which a storm is stopped.
    pub requests: usize,
    /// Cases that run at a time.
    pub jobs: usize,
    /// Logins that a sample begins at most.
    pub sample: u32,
}

impl Text {
    /// The text with its placeholders replaced; what `value` does not know stays.
    pub fn fill(&self, value: impl Fn(&str) -> Option<String>) -> String {
        let mut filled = self.0.clone();
        let further = self.further_ports().map(|name| format!("{FURTHER_PORT}{name}"));
        for name in PLACEHOLDERS.map(str::to_owned).into_iter().chain(further) {
            let written = format!("{{{name}}}");
            if filled.contains(&written)
                && let Some(value) = value(&name)
            {
                filled = filled.replace(&written, &value);
            }
        }
        filled
    }

    /// The names of the further ports that it speaks of.
    fn further_ports(&self) -> impl Iterator<Item = &str> {
        let after = self.0.split("{port.").skip(1);
        after.filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
    }

    /// Whether it speaks of a port that is free.
    fn uses_a_port(&self) -> bool {
        self.uses("port") || self.further_ports().next().is_some()
    }

    pub fn uses(&self, placeholder: &str) -> bool {
        self.0.contains(&format!("{{{placeholder}}}"))
    }
}

impl AppFile {
    /// Reads an app file's text; `path` is the name it is shown under.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn read(path: &str, text: &str) -> Result<AppFile, Vec<Diagnostic>> {
        read::file(path, text)
    }

    /// Why the app can't be asked for something; `None` if it can.
    pub fn lacks(&self, need: Capability) -> Option<String> {
        if let Some(reason) = self.lacks.get(&need) {
            return Some(format!("the app lacks {need}: {reason}"));
        }
        let missing = match need {
            Capability::Refresh => self.refresh.is_none().then_some("its file has no [refresh]"),
            Capability::Disconnect => self.disconnect.is_none().then_some("its file has no [disconnect]"),
            Capability::Status => self.status.is_none().then_some("its file has no [status]"),
            Capability::Restart => {
                let commands = matches!(self.uses, Action::Command { .. });
                (self.start.is_none() && !commands).then_some("its file has no [start]")
            }
            Capability::Browsers => matches!(self.connect, Action::Command { .. })
                .then_some("logins are begun by a command, not in a browser"),
            Capability::Parallel => match self.uses {
                Action::Http { .. } => None,
                Action::Command { .. } => Some("its commands are run one at a time"),
                Action::Browser { .. } => Some("its user's browser does one thing at a time"),
            },
            Capability::Tls => (!self.bank.tls && self.bank.hosts.is_empty())
                .then_some("its file does not say that it takes a bank with TLS (bank.tls)"),
            Capability::RefreshTokens => (self.client == Confidentiality::Public)
                .then_some("a public client is given no refresh tokens"),
            Capability::ClientSecret => {
                (self.client == Confidentiality::Public).then_some("a public client keeps no secret")
            }
        };
        missing.map(|why| format!("the app lacks {need}: {why}"))
    }

    /// Whether cases have to run one after the other.
    pub fn one_at_a_time(&self) -> bool {
        let commands = matches!(self.connect, Action::Command { .. });
        self.bank.port.is_some() || (self.start.is_none() && !commands) || !self.redirect_uri.uses_a_port()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../../fixtures/apps/example.toml");

    #[test]
    fn the_example_is_right_and_names_everything() {
        let file = AppFile::read("fixtures/apps/example.toml", EXAMPLE).expect("it has no mistake");
        assert_eq!(format!("{:?}", file.limits), format!("{:?}", Limits::default()), "it says every default");
        for name in PLACEHOLDERS {
            assert!(EXAMPLE.contains(&format!("{{{name}}}")), "{name}");
        }
        for (_, word) in Capability::ALL {
            assert!(EXAMPLE.contains(&format!("{word},")) || EXAMPLE.contains(&format!("{word}.")), "{word}");
        }
    }

    #[test]
    fn what_an_app_lacks_is_told_from_its_file_or_by_its_own_words() {
        let file = AppFile::read("a.toml", EXAMPLE).expect("it has no mistake");
        assert_eq!(
            file.lacks(Capability::Parallel).as_deref(),
            Some("the app lacks parallel: it answers one request at a time")
        );
        assert!(file.lacks(Capability::Tls).is_some_and(|why| why.contains("bank.tls")));
        assert_eq!(file.lacks(Capability::Disconnect), None);
        let commands = "name = 'a'\nredirect_uri = 'http://127.0.0.1:{port}/'\nconnect = { command = ['a'] }\nuse = { command = ['a'] }";
        let file = AppFile::read("a.toml", commands).expect("it has no mistake");
        for need in [Capability::Browsers, Capability::Disconnect, Capability::Status] {
            assert!(file.lacks(need).is_some(), "{need}");
        }
        assert_eq!(file.lacks(Capability::Restart), None, "each command starts anew");
    }

    #[test]
    fn placeholders_are_filled_and_other_braces_stay() {
        let text = Text("{\"bank\": \"{bank}\", \"no\": \"{unknown}\"}".to_owned());
        let filled = text.fill(|name| (name == "bank").then(|| "http://b".to_owned()));
        assert_eq!(filled, "{\"bank\": \"http://b\", \"no\": \"{unknown}\"}");
        let text = Text("{port} {port.api} {port.web} {port.api}".to_owned());
        let filled = text.fill(|name| Some(name.to_uppercase()));
        assert_eq!(filled, "PORT PORT.API PORT.WEB PORT.API");
    }
}
