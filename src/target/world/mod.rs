//! Worlds: the users and clients that a case has for itself, wherever they come from.

mod error;
mod given;
mod make;
mod register;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use url::Url;

use super::file::ClientAuthentication;
use super::pool::Lease;
use crate::suite::{Client, User};

pub use error::ControlError;

/// The users and clients that a case has for itself. Those of a pool are given back when the last copy is dropped.
#[derive(Clone, Debug)]
pub struct World {
    /// Names it to the control API, and to hooks.
    pub name: Option<String>,
    /// Its clock when the case got it: Unix seconds.
    pub now: i64,
    /// How long an approval can be given after the login, in seconds.
    pub approval_seconds: u64,
    /// Addresses of the target's one state; the base's own may be among them.
    pub nodes: Vec<Url>,
    pub(super) users: BTreeMap<String, UserFacts>,
    pub(super) clients: BTreeMap<String, ClientFacts>,
    pub(super) lease: Option<Arc<Lease>>,
}

#[derive(Clone, Debug)]
pub struct UserFacts {
    /// What whoami shows. For a user of a pool it may be learned only when they first log in.
    pub(super) id: Arc<OnceLock<String>>,
    /// What data endpoints are asked for.
    pub account_id: Option<String>,
    /// What a login fills in, by name.
    pub fields: BTreeMap<String, String>,
    /// Which of `fields` must not be shown.
    pub secret_fields: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct ClientFacts {
    pub client_id: String,
    /// A client that can't keep a secret may have none.
    pub client_secret: Option<String>,
    pub confidential: bool,
    /// The first is the one that is used; one of the others may have a query.
    pub redirect_uris: Vec<String>,
    /// How it shows itself, if not as the target file says of all.
    pub authentication: Option<ClientAuthentication>,
}

impl UserFacts {
    /// What whoami shows, if it is known yet.
    pub fn user_id(&self) -> Option<&str> {
        self.id.get().map(String::as_str)
    }

    /// Takes note of what whoami showed at this user's first login. What is known already stays.
    pub fn learn(&self, id: &str) {
        let _ = self.id.set(id.to_owned());
    }
}

impl World {
    /// The user of a role. What a case needs was seen to be there before it began.
    pub fn user(&self, user: &User) -> &UserFacts {
        &self.users[&user.0]
    }

    /// The client of a role. What a case needs was seen to be there before it began.
    pub fn client(&self, client: &Client) -> &ClientFacts {
        &self.clients[&client.0]
    }

    /// The client of a role, if the world has one.
    pub fn find_client(&self, client: &Client) -> Option<&ClientFacts> {
        self.clients.get(&client.0)
    }

    /// Every user with their role.
    pub fn users(&self) -> impl Iterator<Item = (&str, &UserFacts)> {
        self.users.iter().map(|(role, facts)| (role.as_str(), facts))
    }

    /// Every client with its role.
    pub fn clients(&self) -> impl Iterator<Item = (&str, &ClientFacts)> {
        self.clients.iter().map(|(role, facts)| (role.as_str(), facts))
    }

    /// Tells the sets of a pool apart, and worlds of their own.
    pub fn place(&self) -> String {
        match &self.lease {
            Some(lease) => format!("set {}", lease.number()),
            None => self.name.clone().unwrap_or_default(),
        }
    }

    /// Whether others get it afterwards, and find what is left in it.
    pub fn is_shared(&self) -> bool {
        self.lease.is_some()
    }
}
