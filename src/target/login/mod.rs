//! How a user gets through a target's login: from the page that the client sends them to, back to the client.
//!
//! A [`Driver`] has two moments, so that several logins can interleave: [`Driver::open`] sends the authorization request and
//! stops at the page that asks the user; [`Driver::land`] answers for the user and follows the way to where it leaves the
//! bank. Each opened login has a browser of its own: no cookie of one reaches another. Drivers say how far the way went
//! ([`Reached`]); what that means for a verdict is the engine's to say.

mod auto;
mod jar;
mod way;

pub use auto::login_of_page;
pub use jar::Jar;
pub use way::{Page, Way};

use super::callback::Callback;
use super::wire::Outgoing;
use crate::results::Trouble;
use crate::suite::User;

/// How users log in at a target.
#[derive(Clone, Debug, Default)]
pub enum Driver {
    /// Through the control API, which stands for the user.
    #[default]
    Auto,
}

/// A login whose page is open.
#[derive(Clone, Debug)]
pub struct Login {
    /// What the control API calls it, if the page says so.
    pub id: Option<String>,
}

/// How far a login went.
#[derive(Clone, Debug)]
pub enum Reached {
    /// To a page from which the driver can go on.
    Login(Login),
    /// Off the bank's own pages, where the client gets its answer.
    Callback(Callback),
    /// To a page, whatever its status, from which the driver can't go on.
    Page,
    /// Nowhere: there was no answer.
    Trouble(Trouble),
    /// Nowhere: the bank's pages redirect to each other, so many times.
    Loop(usize),
}

/// What a user answers when they are asked.
#[derive(Clone, Copy, Debug)]
pub struct Answering<'a> {
    pub user: &'a User,
    pub allow: bool,
}

impl Driver {
    /// Sends the authorization request and follows the bank's own redirects to the page that asks the user.
    pub async fn open(&self, request: Outgoing, way: &mut Way<'_>) -> Reached {
        match self {
            Driver::Auto => auto::open(request, way).await,
        }
    }

    /// Lets the user answer, and follows the way to where it leaves the bank.
    pub async fn land(&self, login: &Login, answering: Answering<'_>, way: &mut Way<'_>) -> Reached {
        match self {
            Driver::Auto => auto::land(login, answering, way).await,
        }
    }
}
