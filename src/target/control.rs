//! Worlds: users and clients of a case's own, made through the target's control API.
//!
//! The control API is what the bundled bank offers, and what a bank may offer for its tests: JSON over HTTP, documented
//! at the bundled bank's `reference::control`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::redact::Secrets;
use super::tape::note_secrets;
use super::transport::Target;
use super::wire::{Outgoing, Reply};
use crate::suite::{Client, Door, User};

/// The users and clients that a case has for itself.
#[derive(Clone, Debug, Deserialize)]
pub struct World {
    /// Names it to the control API.
    pub world: String,
    /// Its clock when it was made: Unix seconds.
    pub now: i64,
    /// How long an approval can be given after the login, in seconds.
    pub approval_seconds: u64,
    /// Every address of the target's one state, the base's own among them, if the control API knows of several.
    #[serde(default)]
    pub nodes: Vec<Url>,
    users: BTreeMap<String, UserFacts>,
    clients: BTreeMap<String, ClientFacts>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct UserFacts {
    pub user_id: String,
    pub account_id: String,
    /// Whatever else is known of the user, such as their email: what a login asks for.
    #[serde(flatten)]
    pub fields: BTreeMap<String, serde_json::Value>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct ClientFacts {
    pub client_id: String,
    pub client_secret: String,
    pub confidential: bool,
    /// The first is the one that is used; one of the others may have a query.
    pub redirect_uris: Vec<String>,
}

/// Why a world could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    #[error(
        "failed to reach the control API at {url}: {detail}; is the target running, and is its address right?"
    )]
    Unreachable { url: String, detail: String },
    #[error(
        "the control API at {url} answered {status} where a new world was due; it must answer POST with 201 and the world as \
         JSON (try `grantspec serve` for a bank that does)"
    )]
    Refused { url: String, status: u16 },
    #[error("the control API at {url} gave a world that can't be used: {detail}")]
    Malformed { url: String, detail: String },
}

impl World {
    /// The user of a role. A world that lacks one was refused when it was made.
    pub fn user(&self, user: &User) -> &UserFacts {
        &self.users[&user.0]
    }

    /// The client of a role. A world that lacks one was refused when it was made.
    pub fn client(&self, client: &Client) -> &ClientFacts {
        &self.clients[&client.0]
    }

    /// Every client with its role.
    pub fn clients(&self) -> impl Iterator<Item = (&str, &ClientFacts)> {
        self.clients.iter().map(|(role, facts)| (role.as_str(), facts))
    }
}

impl Target {
    /// Makes a world.
    ///
    /// # Errors
    /// Whatever keeps the control API from giving a whole one.
    pub async fn make_world(&self) -> Result<World, ControlError> {
        let request = self.control("/worlds", json!({}));
        let url = request.url.to_string();
        let answer = self.send(&request).await.map_err(|trouble| ControlError::Unreachable {
            url: url.clone(),
            detail: format!("{}: {}", trouble.kind.as_str(), trouble.detail),
        })?;
        if !(200..300).contains(&answer.status) {
            return Err(ControlError::Refused { url, status: answer.status });
        }
        // What can't be read may be repeated in the complaint about it, and it was to hold clients' secrets.
        let malformed = |detail: String| {
            let mut secrets = Secrets::default();
            note_secrets(&mut secrets, &answer);
            ControlError::Malformed { url: url.clone(), detail: secrets.redactor().text(&detail) }
        };
        let world: World =
            serde_json::from_slice(&answer.body).map_err(|error| malformed(error.to_string()))?;
        for role in crate::suite::USERS {
            if !world.users.contains_key(role) {
                return Err(malformed(format!("it has no user {role}")));
            }
        }
        for role in crate::suite::CLIENTS {
            match world.clients.get(role) {
                None => return Err(malformed(format!("it has no client {role}"))),
                Some(client) if client.redirect_uris.is_empty() => {
                    return Err(malformed(format!("its client {role} has no redirect URI")));
                }
                Some(_) => {}
            }
        }
        Ok(world)
    }

    /// Throws a world away. That it could not be is no finding: the world is the target's to expire.
    pub async fn drop_world(&self, world: &World) {
        let mut request = self.control(&format!("/worlds/{}", world.world), json!({}));
        request.method = http::Method::DELETE;
        let _: Reply = self.send(&request).await;
    }

    /// A user follows the login link and answers. The answer to this request is the redirect that the browser would get.
    pub fn login_request(&self, world: &World, login: &str, user: &User, allow: bool) -> Outgoing {
        self.of_world(world, "login", json!({ "login": login, "user": user.0, "allow": allow }))
    }

    /// A user approves (or denies) a login in the app.
    pub fn approval_request(&self, world: &World, login: &str, user: &User, approve: bool) -> Outgoing {
        let action = if approve { "approve" } else { "deny" };
        self.of_world(world, action, json!({ "login": login, "user": user.0 }))
    }

    /// A user disconnects a client in the app.
    pub fn disconnect_request(&self, world: &World, user: &User, client: &Client) -> Outgoing {
        self.of_world(world, "disconnect", json!({ "user": user.0, "client": client.0 }))
    }

    /// A user looks at the third parties that they have connected.
    pub fn connected_request(&self, world: &World, user: &User) -> Outgoing {
        self.looks(world, user, "connected")
    }

    /// A user looks at their mandates.
    pub fn mandates_request(&self, world: &World, user: &User) -> Outgoing {
        self.looks(world, user, "mandates")
    }

    /// A user decides on a mandate: `approve`, `deny` or `cancel`.
    pub fn mandate_request(&self, world: &World, id: &str, user: &User, action: &str) -> Outgoing {
        let body = json!({ "mandate": id, "user": user.0 });
        self.of_world(world, &format!("mandates/{action}"), body)
    }

    /// Moves the world's clock.
    pub fn advance_request(&self, world: &World, seconds: u64) -> Outgoing {
        self.of_world(world, "advance", json!({ "seconds": seconds }))
    }

    /// The target is started anew, as far as this world can see.
    pub fn restart_request(&self, world: &World) -> Outgoing {
        self.of_world(world, "restart", json!({}))
    }

    /// The next request of this world to an endpoint is to be answered 429, and may be sent again at once.
    pub fn throttle_request(&self, world: &World, door: Door) -> Outgoing {
        let asked = json!({ "endpoint": door.word(), "requests": 1, "retry_after": 0 });
        self.of_world(world, "throttle", asked)
    }

    fn looks(&self, world: &World, user: &User, at: &str) -> Outgoing {
        Outgoing::get(self.control_url(&format!("/worlds/{}/users/{user}/{at}", world.world)))
    }

    fn of_world(&self, world: &World, action: &str, body: serde_json::Value) -> Outgoing {
        self.control(&format!("/worlds/{}/{action}", world.world), body)
    }

    fn control(&self, path: &str, body: serde_json::Value) -> Outgoing {
        Outgoing::new(http::Method::POST, self.control_url(path)).json(&body)
    }

    fn control_url(&self, path: &str) -> url::Url {
        let mut url = self.url(&self.file().endpoints.control);
        let whole = format!("{}{path}", url.path().trim_end_matches('/'));
        url.set_path(&whole);
        url
    }
}
