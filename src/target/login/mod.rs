//! How a user gets through a target's login: from the page that the client sends them to, back to the client.
//!
//! A [`Driver`] has two moments, so that several logins can interleave: [`Driver::open`] sends the authorization request and
//! stops at the page that asks the user; [`Driver::land`] answers for the user and follows the way to where it leaves the
//! bank. Each opened login has a browser of its own: no cookie of one reaches another. Drivers say how far the way went
//! ([`Reached`]); what that means for a verdict is the engine's to say.

mod approval;
mod auto;
mod browser;
mod call;
mod command;
mod form;
mod forms;
mod jar;
mod manual;
mod outside;
mod plan;
mod read;
mod sheet;
pub mod tab;
mod values;
mod way;
mod webdriver;

pub use approval::{Approval, Asked, Decided};
pub use auto::login_of_page;
pub use browser::{Browser, Shared};
pub use command::Command;
pub use jar::Jar;
pub use manual::Manual;
pub use sheet::Sheet;
pub use values::Values;
pub use way::{Page, Way};
pub use webdriver::Session;

use std::path::Path;
use std::sync::Arc;

use url::Url;

use self::form::Opened;
pub(in crate::target) use self::read::{ReadApproval, ReadLogin};
use super::callback::Callback;
use super::wire::Outgoing;
use crate::results::Trouble;
use crate::suite::pages::Script;
use crate::suite::read::file::whole;
use crate::suite::read::value::Value;
use crate::suite::{Diagnostic, Need, Source, User};

/// How users log in at a target.
#[derive(Clone, Debug, Default)]
pub enum Driver {
    /// Through the control API, which stands for the user.
    #[default]
    Auto,
    /// By its pages, over HTTP alone.
    Form(Form),
    /// Nobody is asked: the server redirects at once, for one user. There is no step.
    None(Form),
    /// By its pages, in a browser.
    Browser(Box<Browser>),
    /// A program does it.
    Command(Command),
    /// A person does it.
    Manual(Manual),
    /// Nobody does: an access token for the client `server` is among each user's fields, as from an API playground.
    Token,
}

/// What the driver `token` calls the access token among a user's fields.
pub const GIVEN_TOKEN: &str = "access_token";

/// A login by pages.
#[derive(Clone, Debug, Default)]
pub struct Form {
    pub script: Script,
    /// Where pages of the bank are besides at its base and its authorization endpoint.
    pub origins: Vec<Url>,
}

/// A login whose page is open.
#[derive(Clone, Debug)]
pub struct Login {
    /// What the control API calls it, if the page says so.
    pub id: Option<String>,
    at: At,
}

/// What goes on from an open page.
#[derive(Clone, Debug)]
enum At {
    /// The control API does.
    Control,
    Page(Box<Opened>),
    /// Whoever is handed this address.
    Outside(Url),
}

/// How far a login went.
#[derive(Clone, Debug)]
pub enum Reached {
    /// To a page from which the driver can go on.
    Login(Login),
    /// Off the bank's own pages, where the client gets its answer.
    Callback(Callback),
    /// There too, with something granted to the client, though the user would have said no: no page had asked them.
    Unasked(Callback),
    /// To a page, whatever its status, from which the driver can't go on. A driver that goes by pages says why.
    Page(Option<Unknown>),
    /// To a page that the target file calls a refusal, in these words.
    Refused(String),
    /// To where nobody can go on, and that is no answer of the bank: why.
    Stuck(String),
    /// Nowhere: what the driver needs is not there, and what to do about it.
    Lacking(String),
    /// Nowhere: there was no answer.
    Trouble(Trouble),
    /// Nowhere: the bank's pages redirect to each other, so many times.
    Loop(usize),
}

/// A page that nothing in the target file knows.
#[derive(Clone, Debug)]
pub struct Unknown {
    /// What it is like, and what was looked for.
    pub why: String,
    /// Whether it asks for something, so that it may be a step of a login that the target file leaves out.
    pub asks: bool,
}

/// What a user answers when they are asked.
#[derive(Clone, Copy, Debug)]
pub struct Answering<'a> {
    pub user: &'a User,
    pub allow: bool,
}

impl Answering<'_> {
    /// A login that left the bank's pages. `said_no`: whether it came by a page on which the user said no.
    fn out(self, callback: Callback, said_no: bool) -> Reached {
        if self.allow || said_no || callback.grants().is_empty() {
            Reached::Callback(callback)
        } else {
            Reached::Unasked(callback)
        }
    }
}

const NOBODY: &str = "tokens are given, and nobody logs in";

impl Approval {
    /// Reads a file that holds the keys of `[approval]` and nothing else; `path` is only for messages.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn parse(path: &str, text: &str) -> Result<Approval, Vec<Diagnostic>> {
        let source = Arc::new(Source::new(path, text));
        whole(source, text, ReadApproval::read).map(|ReadApproval(approval)| approval)
    }
}

impl Driver {
    /// Reads a file that holds the keys of `[login]` and nothing else; `path` is only for messages.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn parse(path: &str, text: &str) -> Result<Driver, Vec<Diagnostic>> {
        let source = Arc::new(Source::new(path, text));
        whole(source, text, ReadLogin::read).map(|ReadLogin(driver)| driver)
    }

    /// With programs run in this folder.
    #[must_use]
    pub fn within(self, folder: &Path) -> Driver {
        match self {
            Driver::Command(command) => Driver::Command(command.within(folder)),
            other => other,
        }
    }

    /// Why a capability is missing where users log in so.
    pub fn lacks(&self, need: Need) -> Option<&'static str> {
        const GIVEN: &str = "tokens are given, and nobody logs in (`login.driver` is `token`)";
        const NO_DENY: &str = "no step of the login in the target file says how to say no (`deny`)";
        match (self, need) {
            (Driver::Token, Need::Login | Need::Approval | Need::Denial) => Some(GIVEN),
            (Driver::Token, Need::OtherClient | Need::PublicClient) => {
                Some("the tokens that are given are the client `server`'s (`login.driver` is `token`)")
            }
            (Driver::Token, Need::Refresh) => Some(
                "whether a given refresh token lives can't be seen without spending it (`login.driver` is `token`)",
            ),
            (Driver::None(_), Need::TwoUsers | Need::Denial) => {
                Some("the server asks nobody who they are (`login.driver` is `none`)")
            }
            (Driver::Form(Form { script, .. }), Need::Denial) if !script.denies() => Some(NO_DENY),
            (Driver::Browser(browser), Need::Denial) if !browser.script.denies() => Some(NO_DENY),
            _ => None,
        }
    }

    /// The steps by which it goes, if it goes by pages.
    pub fn script(&self) -> Option<&Script> {
        match self {
            Driver::Form(form) => Some(&form.script),
            Driver::Browser(browser) => Some(&browser.script),
            _ => None,
        }
    }

    /// Where pages of the bank are besides at its base and its authorization endpoint.
    pub fn origins(&self) -> &[Url] {
        match self {
            Driver::Auto | Driver::Command(_) | Driver::Manual(_) | Driver::Token => &[],
            Driver::Form(form) | Driver::None(form) => &form.origins,
            Driver::Browser(browser) => &browser.origins,
        }
    }

    /// Sends the authorization request and follows the bank's own redirects to the page that asks the user.
    pub async fn open(&self, request: Outgoing, way: &mut Way<'_>) -> Reached {
        match self {
            Driver::Auto => auto::open(request, way).await,
            Driver::Form(form) | Driver::None(form) => form::open(&form.script, request, way).await,
            Driver::Browser(_) | Driver::Command(_) | Driver::Manual(_) => outside::open(request, way).await,
            Driver::Token => Reached::Lacking(NOBODY.to_owned()),
        }
    }

    /// Lets the user answer, and follows the way to where it leaves the bank.
    pub async fn land(&self, login: &Login, answering: Answering<'_>, way: &mut Way<'_>) -> Reached {
        match (self, &login.at, &login.id) {
            (Driver::Token, ..) => Reached::Lacking(NOBODY.to_owned()),
            (Driver::Form(form), At::Page(opened), _) => {
                form::land(&form.script, opened, answering, way).await
            }
            (Driver::Browser(browser), At::Outside(begun), _) => {
                browser::land(browser, begun, answering, way).await
            }
            (Driver::Command(command), At::Outside(begun), _) => {
                command::land(command, begun, answering, way).await
            }
            (Driver::Manual(manual), At::Outside(begun), _) => {
                manual::land(manual, begun, answering, way).await
            }
            (_, _, Some(id)) => auto::land(id, answering, way).await,
            (_, _, None) => {
                Reached::Stuck("the login was opened in another way than it is landed".to_owned())
            }
        }
    }
}
