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
use crate::reference::ledger::WorldId;

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
    let client_id = client_id(&bank, world, &wish.client)?;
    let secret = bank.notices().subscribe(world, &client_id, &wish.url).map_err(|bad| {
        Problem::new(400, "bad_request.bad_param.url", format!("`url` can't be told anything: {bad}"))
    })?;
    Ok(Json(json!({ "signing_secret": secret.expose() })))
}

/// `GET /control/worlds/{world}/notify/{client}`
pub(super) async fn look(
    State(bank): State<Arc<Bank>>,
    Path((world, client)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let world = find(&bank, &world)?;
    let client_id = client_id(&bank, world, &client)?;
    let Some((url, sent)) = bank.notices().of(world, &client_id) else {
        let message = format!("`{client}` has not said where it wants to be told");
        return Err(Problem::new(404, "not_found.notify", message));
    };
    let notices =
        sent.iter().map(|sent| json!({ "id": sent.id, "attempts": sent.attempts, "fate": sent.fate.word() }));
    Ok(Json(json!({ "url": url, "notices": notices.collect::<Vec<Value>>() })))
}

fn client_id(bank: &Bank, world: WorldId, role: &str) -> Result<String, Problem> {
    let found = bank
        .turn(world, |turn| Ok(turn.client_by_role(role).map(|client| turn.client_id(client).to_owned())))?;
    found.ok_or_else(|| unknown_role("client", role))
}
