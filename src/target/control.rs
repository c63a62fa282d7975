//! Where worlds come from: the control API, a hook of the target file, or a pool.
//!
//! The control API is what the bundled bank offers, and what a bank may offer for its tests: JSON over HTTP, documented
//! at the bundled bank's `reference::control`.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use http::header::AUTHORIZATION;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::file::{ClientAuthentication, Hook, HookBody, metadata};
use super::hooks::{Deed, Values};
use super::pool::{PooledClient, Pools};
use super::redact::Secrets;
use super::tape::note_secrets;
use super::transport::Target;
use super::wire::{Outgoing, Reply};
use super::world::{ClientFacts, UserFacts, World};
use crate::results::Trouble;
use crate::suite::{Client, Door, User};

/// How long an approval can be given, in seconds, where nobody says.
const APPROVAL_SECONDS: u64 = 600;

/// Why a world could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    #[error("failed to reach {what} at {url}: {detail}; {}", hint.unwrap_or("is the target running, and is its address right?"))]
    Unreachable { what: &'static str, url: String, detail: String, hint: Option<&'static str> },
    #[error(
        "{what} at {url} answered {status} where a new world was due; it must answer POST with 201 and the world as \
         JSON (try `grantspec serve` for a bank that does)"
    )]
    Refused { what: &'static str, url: String, status: u16 },
    #[error("{what} at {url} gave a world that can't be used: {detail}")]
    Malformed { what: &'static str, url: String, detail: String },
    #[error(
        "failed to register the client {role}: {detail}; see `register` of clients.{role} in the target file"
    )]
    Unregistered { role: String, detail: String },
}

/// A world as the control API gives it.
#[derive(Debug, Deserialize)]
struct Given {
    world: String,
    now: i64,
    approval_seconds: u64,
    #[serde(default)]
    nodes: Vec<Url>,
    users: BTreeMap<String, GivenUser>,
    clients: BTreeMap<String, GivenClient>,
}

#[derive(Debug, Deserialize)]
struct GivenUser {
    user_id: String,
    account_id: Option<String>,
    /// Whatever else a login may fill in.
    #[serde(flatten)]
    fields: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Deserialize)]
struct GivenClient {
    client_id: String,
    client_secret: Option<String>,
    confidential: bool,
    redirect_uris: Vec<String>,
}

impl Given {
    fn world(self) -> Result<World, String> {
        for role in crate::suite::USERS {
            if !self.users.contains_key(role) {
                return Err(format!("it has no user {role}"));
            }
        }
        for role in crate::suite::CLIENTS {
            match self.clients.get(role) {
                None => return Err(format!("it has no client {role}")),
                Some(client) if client.redirect_uris.is_empty() => {
                    return Err(format!("its client {role} has no redirect URI"));
                }
                Some(_) => {}
            }
        }
        let user = |(role, user): (String, GivenUser)| {
            let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
            let fields = user.fields.iter().filter_map(|(name, value)| Some((name.clone(), text(value)?)));
            let id = Arc::new(OnceLock::from(user.user_id));
            let facts = UserFacts {
                id,
                account_id: user.account_id,
                fields: fields.collect(),
                secret_fields: Vec::new(),
            };
            (role, facts)
        };
        let client = |(role, client): (String, GivenClient)| {
            let GivenClient { client_id, client_secret, confidential, redirect_uris } = client;
            (
                role,
                ClientFacts { client_id, client_secret, confidential, redirect_uris, authentication: None },
            )
        };
        Ok(World {
            name: Some(self.world),
            now: self.now,
            approval_seconds: self.approval_seconds,
            nodes: self.nodes,
            users: self.users.into_iter().map(user).collect(),
            clients: self.clients.into_iter().map(client).collect(),
            lease: None,
        })
    }
}

impl World {
    /// A world of the JSON that the control API gives for one. An error says what is wrong with it.
    pub fn given(json: &[u8]) -> Result<World, String> {
        serde_json::from_slice::<Given>(json).map_err(|error| error.to_string())?.world()
    }
}

impl Target {
    /// Makes a world, or waits for a set of users and clients that nobody uses.
    ///
    /// # Errors
    /// Whatever keeps it from being whole.
    pub async fn make_world(&self) -> Result<World, ControlError> {
        if let Some(pools) = self.pools() {
            return self.leased(pools).await;
        }
        let (what, deed) = match &self.file().control.make_world {
            Some(hook) => {
                let deed = self.deed(hook, &Values::new());
                (
                    "control.make_world",
                    deed.expect("a hook without values was checked when the file was read"),
                )
            }
            None => ("the control API", Deed::Request(self.control("/worlds", json!({})))),
        };
        let url = match &deed {
            Deed::Request(request) => request.url.to_string(),
            Deed::Command { program, .. } => program.clone(),
        };
        let answer = self
            .does(&deed)
            .await
            .map_err(|trouble| ControlError::unreachable(what, url.clone(), &trouble))?;
        if !(200..300).contains(&answer.status) {
            return Err(ControlError::Refused { what, url, status: answer.status });
        }
        // What can't be read may be repeated in the complaint about it, and it was to hold clients' secrets.
        let malformed = |detail: String| {
            let mut secrets = Secrets::default();
            note_secrets(&mut secrets, &answer);
            ControlError::Malformed { what, url: url.clone(), detail: secrets.redactor().text(&detail) }
        };
        let mut world = World::given(&answer.body).map_err(malformed)?;
        world.nodes.extend(self.file().nodes.iter().cloned());
        Ok(world)
    }

    /// Throws a world away. That it could not be is no finding: the world is the target's to expire.
    pub async fn drop_world(&self, world: &World) {
        if world.is_shared() {
            return;
        }
        if let Some(hook) = &self.file().control.drop_world {
            if let Some(deed) = self.deed(hook, &of_world(world)) {
                let _: Reply = self.does(&deed).await;
            }
        } else if let (Some(name), true) = (&world.name, self.file().has_control_api()) {
            let mut request = self.control(&format!("/worlds/{name}"), json!({}));
            request.method = http::Method::DELETE;
            let _: Reply = self.send(&request).await;
        }
    }

    /// Whether the server answers at all: the first thing that a run does.
    ///
    /// # Errors
    /// If it does not, or does not give the users and clients that every case needs.
    pub async fn first_contact(&self) -> Result<(), ControlError> {
        let whoami = self.file().endpoints.whoami.route.request(http::Method::GET);
        if self.pools().is_some() {
            let trouble =
                |trouble: Trouble| ControlError::unreachable("the target", whoami.url.to_string(), &trouble);
            self.send(&whoami).await.map_err(trouble)?;
        }
        let world = self.make_world().await?;
        self.drop_world(&world).await;
        Ok(())
    }

    async fn leased(&self, pools: &Arc<Pools>) -> Result<World, ControlError> {
        let lease = Arc::new(pools.lease().await);
        let set = lease.set();
        let mut clients = BTreeMap::new();
        for (role, client) in &set.clients {
            self.register(role, client).await?;
            clients.insert(role.clone(), client.facts().expect("it has just been registered"));
        }
        let mut world = World {
            name: set.world.clone(),
            now: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .ok()
                .and_then(|since| i64::try_from(since.as_secs()).ok())
                .unwrap_or_default(),
            approval_seconds: self.file().control.approval_seconds.unwrap_or(APPROVAL_SECONDS),
            nodes: self.file().nodes.clone(),
            users: set.users.clone(),
            clients,
            lease: Some(lease.clone()),
        };
        if self.file().has_control_api() {
            // The clock of a world that others have had may have been moved.
            let request = self.advance_request(&world, 0);
            let url = request.url.to_string();
            let what = "the control API";
            let answer = self
                .send(&request)
                .await
                .map_err(|trouble| ControlError::unreachable(what, url.clone(), &trouble))?;
            let now = answer.json().and_then(|json| json.get("now")?.as_i64());
            let none = || ControlError::Malformed {
                what,
                url,
                detail: format!("status {} and no time; is `world` right in the target file?", answer.status),
            };
            world.now = now.ok_or_else(none)?;
        }
        Ok(world)
    }

    async fn register(&self, role: &str, client: &PooledClient) -> Result<(), ControlError> {
        let Some(register) = &client.register else { return Ok(()) };
        let failed = |detail: String| ControlError::Unregistered { role: role.to_owned(), detail };
        let credentials = async {
            let values = vec![
                ("role".to_owned(), role.to_owned()),
                ("redirect_uri".to_owned(), client.redirect_uris[0].clone()),
            ];
            let authentication = client.authentication.unwrap_or(self.file().client_authentication);
            let method = match (authentication, client.confidential) {
                (ClientAuthentication::None, _) | (_, false) => "none",
                (ClientAuthentication::Basic, true) => "client_secret_basic",
                (ClientAuthentication::Body, true) => "client_secret_post",
            };
            let hook = match &register.hook {
                Hook::Request(request) if matches!(request.body, HookBody::Nothing) => {
                    Hook::Request(metadata(request, &client.redirect_uris, method, role))
                }
                other => other.clone(),
            };
            let deed = self.deed(&hook, &values);
            let deed = deed.ok_or_else(|| failed("what is filled in makes no request".to_owned()))?;
            let answer = self
                .does(&deed)
                .await
                .map_err(|trouble| failed(format!("{}: {}", trouble.kind.as_str(), trouble.detail)))?;
            let json = answer.json().filter(|_| (200..300).contains(&answer.status));
            let json =
                json.ok_or_else(|| failed(format!("the answer is a {} without JSON", answer.status)))?;
            let id = register.id.text(&json);
            let id = id.ok_or_else(|| failed(format!("the answer has no id at {}", register.id.0)))?;
            let secret = register.secret.text(&json);
            if client.confidential && secret.is_none() && authentication != ClientAuthentication::None {
                return Err(failed(format!("the answer has no secret at {}", register.secret.0)));
            }
            Ok((id, secret))
        };
        client.credentials.get_or_try_init(|| credentials).await.map(drop)
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

    /// Moves the world's clock. `None` if the target says no way to.
    pub fn advance_deed(&self, world: &World, seconds: u64) -> Option<Deed> {
        if let Some(hook) = &self.file().control.advance {
            let mut values = of_world(world);
            values.push(("seconds".to_owned(), seconds.to_string()));
            return self.deed(hook, &values);
        }
        self.file().has_control_api().then(|| Deed::Request(self.advance_request(world, seconds)))
    }

    fn advance_request(&self, world: &World, seconds: u64) -> Outgoing {
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

    fn control(&self, path: &str, body: serde_json::Value) -> Outgoing {
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

fn of_world(world: &World) -> Values {
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

impl ControlError {
    fn unreachable(what: &'static str, url: String, trouble: &Trouble) -> ControlError {
        let detail = format!("{}: {}", trouble.kind.as_str(), trouble.detail);
        let hint = hint(&trouble.detail);
        ControlError::Unreachable { what, url, detail, hint }
    }
}

/// What to do about a certificate that is not accepted.
fn hint(detail: &str) -> Option<&'static str> {
    let detail = detail.to_ascii_lowercase();
    let has = |word: &str| detail.contains(word);
    if !has("certificate") && !has("tls") {
        return None;
    }
    Some(if has("expired") {
        "its certificate has expired: renew it"
    } else if has("unknownissuer") || has("unknown issuer") || has("self-signed") || has("selfsigned") {
        "nobody whom this machine trusts has signed its certificate: if it is the right server, name the certificate that \
         signs it in the target file (tls.ca_file)"
    } else if has("notvalidforname") || has("not valid for name") {
        "its certificate is for another host: give the name that it was made for"
    } else if has("certificaterequired") || has("certificate required") {
        "it asks for a client certificate: name one in the target file (tls.certificate_file and tls.key_file)"
    } else {
        "TLS could not be agreed on: see `[tls]` of the target file"
    })
}
