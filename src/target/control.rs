//! What is asked of a target beside its OAuth endpoints: that users log in, approve and disconnect, that clocks move.
//!
//! The control API is what the bundled bank offers, and what a bank may offer for its tests: JSON over HTTP, documented
//! at the bundled bank's `reference::control`. Hooks of the target file stand in for parts of it.

use http::header::AUTHORIZATION;
use serde_json::json;

use super::hooks::{Deed, Values};
use super::transport::Target;
use super::wire::Outgoing;
use super::world::World;
use crate::suite::{Client, Door, Need, User};

impl Target {
    /// A user follows the login link and answers. The answer to this request is the redirect that the browser would get.
    pub fn login_request(&self, world: &World, login: &str, user: &User, allow: bool) -> Outgoing {
        self.of_world(world, "login", json!({ "login": login, "user": user.0, "allow": allow }))
    }

    /// A user approves (or denies) a login in the app.
    pub fn approval_request(&self, world: &World, login: &str, user: &User, approve: bool) -> Outgoing {
        let action = if approve { "approve" } else { "deny" };
        self.of_world(world, action, json!({ "login": login, "user": user.0 }))
    }

    /// A user disconnects a client in the app. `None` if the target says no way to.
    pub fn disconnect_deed(&self, world: &World, user: &User, client: &Client) -> Option<Deed> {
        if let Some(hook) = &self.file().control.disconnect {
            let mut values = of_world(world);
            values.extend(of_user(world, user));
            values.push(("client.id".to_owned(), world.client(client).client_id.clone()));
            return self.deed(hook, &values);
        }
        self.file().has_control_api().then(|| {
            Deed::Request(self.of_world(world, "disconnect", json!({ "user": user.0, "client": client.0 })))
        })
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

    /// Moves the world's clock. `None` if the target says no way to, or that it can't be.
    pub fn advance_deed(&self, world: &World, seconds: u64) -> Option<Deed> {
        if self.file().lacks.contains_key(Need::Clock.word()) {
            return None;
        }
        if let Some(hook) = &self.file().control.advance {
            let mut values = of_world(world);
            values.push(("seconds".to_owned(), seconds.to_string()));
            return self.deed(hook, &values);
        }
        self.file().has_control_api().then(|| Deed::Request(self.advance_request(world, seconds)))
    }

    pub(super) fn advance_request(&self, world: &World, seconds: u64) -> Outgoing {
        self.of_world(world, "advance", json!({ "seconds": seconds }))
    }

    /// The target is started anew, as far as this world can see. `None` if the target says no way to.
    pub fn restart_deed(&self, world: &World) -> Option<Deed> {
        if let Some(hook) = &self.file().control.restart {
            return self.deed(hook, &of_world(world));
        }
        self.file().has_control_api().then(|| Deed::Request(self.of_world(world, "restart", json!({}))))
    }

    /// The next request of this world to an endpoint is to be answered 429, and may be sent again at once. `None` if the
    /// target has no control API to ask for it.
    pub fn throttle_request(&self, world: &World, door: Door) -> Option<Outgoing> {
        let asked = json!({ "endpoint": door.word(), "requests": 1, "retry_after": 0 });
        self.file().has_control_api().then(|| self.of_world(world, "throttle", asked))
    }

    fn looks(&self, world: &World, user: &User, at: &str) -> Outgoing {
        let mut request = self.of_world(world, &format!("users/{user}/{at}"), json!(null));
        request.method = http::Method::GET;
        request.body = bytes::Bytes::new();
        request.headers.retain(|(name, _)| name != http::header::CONTENT_TYPE);
        request
    }

    fn of_world(&self, world: &World, action: &str, body: serde_json::Value) -> Outgoing {
        let name = world.name.as_deref().unwrap_or_default();
        self.control(&format!("/worlds/{name}/{action}"), body)
    }

    pub(super) fn control(&self, path: &str, body: serde_json::Value) -> Outgoing {
        let route = self.file().endpoints.control.as_ref();
        let route = route.expect("nobody calls the control API of a target without one");
        let mut request = route.request(http::Method::POST).json(&body);
        let whole = format!("{}{path}", request.url.path().trim_end_matches('/'));
        request.url.set_path(&whole);
        match self.control_key() {
            Some(key) => request.header(AUTHORIZATION, &format!("Bearer {key}")),
            None => request,
        }
    }
}

/// `{world}` is what the control API calls it.
pub(super) fn of_world(world: &World) -> Values {
    vec![("world".to_owned(), world.name.clone().unwrap_or_default())]
}

/// `{user}` is the role, `{user.id}` what whoami shows, and `{user.…}` each of the user's fields.
pub fn of_user(world: &World, user: &User) -> Values {
    let facts = world.user(user);
    let mut values = vec![("user".to_owned(), user.0.clone())];
    values.extend(facts.user_id().map(|id| ("user.id".to_owned(), id.to_owned())));
    values.extend(facts.fields.iter().map(|(name, value)| (format!("user.{name}"), value.clone())));
    values
}
