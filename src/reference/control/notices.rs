//! The control API's side of notices: where a client wants to be told, and how that went.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{find, read, unknown_role};
use crate::reference::bank::Bank;
use crate::reference::http::Problem;
use crate::reference::ledger::{ClientIx, WorldId};

/// `POST /control/worlds/{world}/notify`
pub(super) async fn subscribe(
    State(bank): State<Arc<Bank>>,
    Path(world): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wish {
        client: String,
        url: String,
    }
    let wish: Wish = read(&body)?;
    let world = find(&bank, &world)?;
    let client = client(&bank, world, &wish.client)?;
    let url = bank.notices().read(&wish.url).map_err(|bad| {
        Problem::new(400, "bad_request.bad_param.url", format!("`url` can't be told anything: {bad}"))
    })?;
    let secret = bank.turn(world, |turn| Ok(turn.subscribe(client, url.into())))?;
    Ok(Json(json!({ "signing_secret": secret.expose() })))
}

/// `GET /control/worlds/{world}/notify/{client}`
pub(super) async fn look(
    State(bank): State<Arc<Bank>>,
    Path((world, role)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let world = find(&bank, &world)?;
    let client = client(&bank, world, &role)?;
    let told = bank.turn(world, |turn| {
        let url = turn.told_at(client).map(str::to_owned);
        Ok(url.map(|url| (url, turn.notices_of(client))))
    })?;
    let Some((url, sent)) = told else {
        let message = format!("`{role}` has not said where it wants to be told");
        return Err(Problem::new(404, "not_found.notify", message));
    };
    let notices =
        sent.iter().map(|sent| json!({ "id": sent.id, "attempts": sent.attempts, "fate": sent.fate.word() }));
    Ok(Json(json!({ "url": url, "notices": notices.collect::<Vec<Value>>() })))
}

fn client(bank: &Bank, world: WorldId, role: &str) -> Result<ClientIx, Problem> {
    let found = bank.turn(world, |turn| Ok(turn.client_by_role(role)))?;
    found.ok_or_else(|| unknown_role("client", role))
}
