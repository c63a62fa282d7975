//! A world as the control API gives it, or a program in its place: JSON.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;
use url::Url;

use super::{ClientFacts, UserFacts, World};
use crate::suite::{CLIENTS, USERS};

impl World {
    /// A world of the JSON that the control API gives for one. An error says what is wrong with it.
    pub fn given(json: &[u8]) -> Result<World, String> {
        serde_json::from_slice::<Given>(json).map_err(|error| error.to_string())?.world()
    }
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
        for role in USERS {
            if !self.users.contains_key(role) {
                return Err(format!("it has no user {role}"));
            }
        }
        for role in CLIENTS {
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
