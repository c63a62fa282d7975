//! Worlds whose clients have the ids, secrets and redirect URIs that somebody's app is configured with already.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::unknown_role;
use crate::reference::bank::Bank;
use crate::reference::http::Problem;
use crate::reference::ledger::{Pinned, WorldId};

/// The body of a request for a world: `{}` for one in which everything is made up.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    #[serde(default)]
    clients: BTreeMap<String, Client>,
}

/// What one client shall have; the rest is made up.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Client {
    client_id: Option<String>,
    client_secret: Option<String>,
    redirect_uris: Option<Vec<String>>,
}

/// Pins what is wanted, in the world and in what is said of it.
pub(super) fn pin(bank: &Bank, world: WorldId, wanted: Wanted, said: &mut Value) -> Result<(), Problem> {
    for (role, client) in wanted.clients {
        if let Some(uris) = &client.redirect_uris
            && (uris.is_empty() || uris.iter().any(|uri| url::Url::parse(uri).is_err()))
        {
            let message = "`redirect_uris` holds at least one, and each is an absolute URI";
            return Err(Problem::new(400, "bad_request.bad_param.redirect_uris", message));
        }
        let told = &mut said["clients"][&role];
        for (key, value) in [("client_id", &client.client_id), ("client_secret", &client.client_secret)] {
            if let Some(value) = value {
                told[key] = Value::from(value.as_str());
            }
        }
        if let Some(uris) = &client.redirect_uris {
            told["redirect_uris"] = Value::from(uris.clone());
        }
        let Client { client_id, client_secret, redirect_uris } = client;
        let pinned = Pinned { client_id, client_secret, redirect_uris };
        let done =
            bank.turn(world, |turn| Ok(turn.client_by_role(&role).map(|client| turn.pin(client, pinned))))?;
        match done {
            Some(true) => {}
            Some(false) => {
                let message = "another world has a client with this id: delete that world first";
                return Err(Problem::new(409, "bad_request.client_id_taken", message));
            }
            None => return Err(unknown_role("client", &role)),
        }
    }
    Ok(())
}
