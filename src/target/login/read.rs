//! Reading `[login]` and `[approval]` of a target file: which driver, and what it goes by.

use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use url::Url;

use super::approval::PATIENCE;
use super::{Approval, Browser, Command, Driver, Form, Manual};
use crate::suite::Span;
use crate::suite::code::Code;
use crate::suite::pages::{CallForm, Placed, Script, Step, calls};
use crate::suite::read::form::form;
use crate::suite::read::value::{Defs, Value, Whole};
use crate::suite::read::wording::{listed, shown};
use crate::suite::read::{Node, Reader, Written};

form! {
    /// How users log in.
    struct LoginForm {
        /// Who gets a user through: one of the words below.
        driver: Word<Logins>,
        /// Where pages of the bank are besides at its base and its authorization endpoint, such as `https://login.bank.example`.
        origins: Option<Vec<Written>>,
        /// What is done on each page, one `[[login.step]]` each; the first that knows the page is done.
        step: Option<Vec<Placed>>,
        /// The program that logs users in, and its arguments; the login's address comes after them. Not a shell's line: each is
        /// passed on as it stands.
        command: Option<Vec<String>>,
        /// The WebDriver program, if it is not chromedriver or geckodriver on the PATH.
        webdriver: Option<String>,
        /// How long a browser, a program or a person may take for one login: 1 to 3600. Default 120.
        seconds: Option<Seconds>,
    }
}

form! {
    /// How owners approve in the bank's app.
    struct ApprovalForm {
        /// Who answers for an owner: one of the words below.
        driver: Word<Approvals>,
        /// The requests that approve, in their order.
        approve: Option<Vec<CallForm>>,
        /// The requests that deny. Without any, there is no way to deny.
        deny: Option<Vec<CallForm>>,
        /// The program that approves or denies, and its arguments.
        command: Option<Vec<String>>,
        /// How long a program or a person may take: 1 to 3600. Default 120.
        seconds: Option<Seconds>,
    }
}

/// How long something outside may take.
type Seconds = Whole<1, 3600>;

/// Drivers, each a word with its meaning and the keys that belong to it.
type Drivers = [(&'static str, &'static str, &'static [&'static str])];

/// Drivers to choose from.
pub trait Choice {
    const WHAT: &'static str;
    const ALL: &'static Drivers;
}

/// Drivers of logins.
pub struct Logins;

impl Choice for Logins {
    const WHAT: &'static str = "login driver";
    const ALL: &'static Drivers = &[
        ("auto", "the control API logs users in", &[]),
        ("form", "the bank's own pages, over HTTP: no browser and no scripts", &["origins", "step"]),
        (
            "browser",
            "the bank's own pages, in a browser that a WebDriver program drives",
            &["origins", "step", "webdriver", "seconds"],
        ),
        ("none", "the server asks nobody: it redirects at once, for one user", &["origins"]),
        (
            "command",
            "a program gets the address, and prints the one that the login ended at, or `refused`",
            &["command", "seconds"],
        ),
        ("manual", "a person at the terminal does it", &["seconds"]),
        (
            "token",
            "nobody logs in: each user's `access_token`, for the client `server`, is there already",
            &[],
        ),
    ];
}

/// Drivers of approvals.
pub struct Approvals;

impl Choice for Approvals {
    const WHAT: &'static str = "approval driver";
    const ALL: &'static Drivers = &[
        ("auto", "the control API answers for the owner", &[]),
        ("none", "a token works without an approval", &[]),
        ("request", "requests answer for the owner", &["approve", "deny"]),
        (
            "command",
            "a program does what `GRANTSPEC_LOGIN_ANSWER` says; it prints `refused` where the bank does not let it",
            &["command", "seconds"],
        ),
        ("manual", "a person at the terminal does it", &["seconds"]),
    ];
}

/// The word for a driver, and where it stands.
pub struct Word<C>(Written, PhantomData<C>);

impl<C: Choice> Value for Word<C> {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let written = reader.text(node)?;
        if C::ALL.iter().any(|(word, ..)| *word == written.text) {
            return Some(Word(written, PhantomData));
        }
        reader.unknown_word(&written, C::WHAT, C::ALL.iter().map(|(word, ..)| *word));
        None
    }

    fn schema(_: &mut Defs) -> Json {
        let words: Vec<&str> = C::ALL.iter().map(|(word, ..)| *word).collect();
        let meanings: String =
            C::ALL.iter().map(|(word, meaning, _)| format!("\n- `{word}`: {meaning}")).collect();
        json!({ "description": format!("A {}.{meanings}", C::WHAT), "enum": words })
    }
}

impl<C: Choice> Word<C> {
    /// Whether all keys that were given belong to the driver; if not, that is noted.
    fn takes(&self, given: &[(&str, bool)], reader: &mut Reader) -> bool {
        let Word(word, _) = self;
        let own = C::ALL.iter().find(|(known, ..)| *known == word.text).map_or(&[][..], |(.., keys)| *keys);
        let strays: Vec<&str> =
            given.iter().filter_map(|(key, given)| (*given && !own.contains(key)).then_some(*key)).collect();
        if !strays.is_empty() {
            let message = format!("the {} `{}` has no use for {}", C::WHAT, word.text, listed(&strays));
            let mistake = reader.mistake_in(word, Code::OneOf, message);
            reader.note(mistake.help("leave that out, or choose the driver that it belongs to"));
        }
        strays.is_empty()
    }
}

/// `[login]`, read.
pub struct ReadLogin(pub Driver);

impl Value for ReadLogin {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        LoginForm::read(node, reader)?.driver(node.span(), reader).map(ReadLogin)
    }

    fn schema(defs: &mut Defs) -> Json {
        LoginForm::schema(defs)
    }
}

/// `[approval]`, read.
pub struct ReadApproval(pub Approval);

impl Value for ReadApproval {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        ApprovalForm::read(node, reader)?.approval(node.span(), reader).map(ReadApproval)
    }

    fn schema(defs: &mut Defs) -> Json {
        ApprovalForm::schema(defs)
    }
}

impl LoginForm {
    fn driver(self, span: Span, reader: &mut Reader) -> Option<Driver> {
        let given = [
            ("origins", self.origins.is_some()),
            ("step", self.step.is_some()),
            ("webdriver", self.webdriver.is_some()),
            ("command", self.command.is_some()),
            ("seconds", self.seconds.is_some()),
        ];
        if !self.driver.takes(&given, reader) {
            return None;
        }
        let limit = limit(self.seconds);
        let origins = origins(self.origins.unwrap_or_default(), reader);
        match self.driver.0.text.as_str() {
            "auto" => Some(Driver::Auto),
            "none" => Some(Driver::None(Form { script: Script::default(), origins: origins? })),
            "command" => command(self.command, limit, span, reader).map(Driver::Command),
            "manual" => Some(Driver::Manual(Manual { limit })),
            "token" => Some(Driver::Token),
            word => {
                let is_browser = word == "browser";
                let script = script(self.step.unwrap_or_default(), span, reader);
                let (script, origins) = (script?, origins?);
                Some(if is_browser {
                    let (webdriver, shared) = (self.webdriver, Arc::default());
                    Driver::Browser(Box::new(Browser { script, origins, webdriver, limit, shared }))
                } else {
                    Driver::Form(Form { script, origins })
                })
            }
        }
    }
}

impl ApprovalForm {
    fn approval(self, span: Span, reader: &mut Reader) -> Option<Approval> {
        let given = [
            ("approve", self.approve.is_some()),
            ("deny", self.deny.is_some()),
            ("command", self.command.is_some()),
            ("seconds", self.seconds.is_some()),
        ];
        if !self.driver.takes(&given, reader) {
            return None;
        }
        let limit = limit(self.seconds);
        match self.driver.0.text.as_str() {
            "auto" => Some(Approval::Auto),
            "none" => Some(Approval::None),
            "command" => command(self.command, limit, span, reader).map(Approval::Command),
            "manual" => Some(Approval::Manual(Manual { limit })),
            _ => {
                let approve = calls(self.approve, reader);
                let deny = calls(self.deny, reader)?;
                let approve = approve?;
                if approve.is_empty() {
                    missing(
                        "approve",
                        "such as `approve = [{ url = \"/app/approve\", json = '…' }]`",
                        span,
                        reader,
                    );
                    return None;
                }
                Some(Approval::Request { approve, deny })
            }
        }
    }
}

fn limit(seconds: Option<Seconds>) -> Duration {
    seconds.map_or(PATIENCE, |seconds| Duration::from_secs(seconds.0))
}

fn command(words: Option<Vec<String>>, limit: Duration, span: Span, reader: &mut Reader) -> Option<Command> {
    let mut words = words.unwrap_or_default().into_iter();
    let Some(program) = words.next().filter(|program| !program.is_empty()) else {
        missing("command", "such as `command = [\"./log-in\"]`", span, reader);
        return None;
    };
    Some(Command { program, arguments: words.collect(), folder: PathBuf::new(), limit })
}

fn missing(key: &str, help: &str, span: Span, reader: &mut Reader) {
    let mistake = reader.mistake(Code::MissingKey, span, format!("the key `{key}` is missing"));
    reader.note(mistake.help(help));
}

fn origins(written: Vec<Written>, reader: &mut Reader) -> Option<Vec<Url>> {
    let read: Vec<Option<Url>> = written
        .iter()
        .map(|written| {
            let url = Url::parse(&written.text).ok().filter(|url| {
                matches!(url.scheme(), "http" | "https")
                    && url.has_host()
                    && url.path() == "/"
                    && url.query().is_none()
                    && url.username().is_empty()
            });
            if url.is_none() {
                let message = format!("`{}` is no origin", shown(&written.text));
                let mistake = reader.mistake_in(written, Code::BadText, message);
                reader.note(mistake.help(
                    "scheme and host, and a port if it is not the usual one: `https://login.bank.example`",
                ));
            }
            url
        })
        .collect();
    read.into_iter().collect()
}

/// The steps of a login, at least one.
fn script(forms: Vec<Placed>, span: Span, reader: &mut Reader) -> Option<Script> {
    if forms.is_empty() {
        let mistake = reader.mistake(Code::MissingKey, span, "a login by pages without a step");
        reader
            .note(mistake.help("add a `[[login.step]]` for each page; `driver = \"none\"` if there is none"));
        return None;
    }
    let steps: Vec<Option<Step>> = forms.into_iter().map(|placed| placed.step(reader)).collect();
    steps.into_iter().collect::<Option<Vec<Step>>>().map(|steps| Script { steps })
}
