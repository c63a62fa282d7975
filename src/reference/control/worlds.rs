//! Making worlds, describing them and throwing them away; and the one that is there from the start.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::pin::{Wanted, pin};
use super::{find, read, unknown_role, unknown_world};
use crate::reference::bank::{Bank, wall};
use crate::reference::http::Problem;
use crate::reference::ledger::{APPROVAL_SECONDS, Seconds, Secret, WorldView};

/// How many worlds there may be at a time.
const MOST_WORLDS: usize = 20_000;
/// A world that nobody has used for so long goes when others are made: whoever made it has forgotten it.
const IDLE: Seconds = 6 * 3600;
/// The name of the world that is there from the start.
const STANDING: &str = "standing";

pub async fn create(State(bank): State<Arc<Bank>>, body: Bytes) -> Result<Response, Problem> {
    let wanted = if body.is_empty() { Wanted::default() } else { read(&body)? };
    for gone in bank.close_idle_worlds(IDLE) {
        bank.throttles().forget(gone);
    }
    if bank.ledger().len() >= MOST_WORLDS {
        let message = format!("there are {MOST_WORLDS} worlds: delete some that are done with");
        return Err(Problem::new(503, "internal_service.too_many_worlds", message));
    }
    let name = Secret::random("world_", &mut rand::rng());
    let name = name.expose().to_owned();
    let (world, view) = bank.ledger().open(name.clone(), bank.fixture(), wall(), &mut rand::rng());
    let mut said = describe(&name, &view, bank.addresses());
    if let Err(problem) = pin(&bank, world, wanted, &mut said) {
        bank.ledger().close(world);
        return Err(problem);
    }
    Ok((StatusCode::CREATED, Json(said)).into_response())
}

pub async fn remove(State(bank): State<Arc<Bank>>, Path(name): Path<String>) -> Response {
    let mut ledger = bank.ledger();
    match ledger.named(&name) {
        Some(world) => {
            ledger.close(world);
            bank.throttles().forget(world);
            StatusCode::NO_CONTENT.into_response()
        }
        None => unknown_world(&name).into_response(),
    }
}

/// Makes the standing world, unless the ledger has it from before.
pub fn open_standing(bank: &Bank) {
    let mut ledger = bank.ledger();
    let world = ledger.named(STANDING).unwrap_or_else(|| {
        let (world, view) = ledger.open(STANDING.to_owned(), bank.fixture(), wall(), &mut rand::rng());
        for client in view.clients {
            if let Some(secret) = client.secret {
                bank.know_secret(client.id, secret);
            }
        }
        world
    });
    bank.let_stand(world);
}

pub async fn standing(State(bank): State<Arc<Bank>>) -> Result<Json<Value>, Problem> {
    let world = find(&bank, STANDING)?;
    let view = bank.ledger().view(world, wall());
    let mut view = view.ok_or_else(|| unknown_world(STANDING))?;
    for client in &mut view.clients {
        client.secret = bank.known_secret(&client.id);
    }
    Ok(Json(describe(STANDING, &view, bank.addresses())))
}

pub async fn secret(
    State(bank): State<Arc<Bank>>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Whose {
        client: String,
    }
    let Whose { client: role } = read(&body)?;
    let world = find(&bank, &name)?;
    let given = bank.turn(world, |turn| {
        let Some(client) = turn.client_by_role(&role) else { return Ok(None) };
        let secret = turn.renew_secret(client);
        Ok(Some((turn.client_id(client).to_owned(), secret)))
    })?;
    let (client_id, secret) = given.ok_or_else(|| unknown_role("client", &role))?;
    let answer = json!({ "client_secret": secret.expose() });
    if bank.standing() == Some(world) {
        bank.know_secret(client_id, secret);
    }
    Ok(Json(answer))
}

fn describe(name: &str, view: &WorldView, nodes: &[String]) -> Value {
    let users = view.users.iter().map(|user| {
        let row = json!({
            "user_id": user.id,
            "email": user.email,
            "account_id": user.account_id,
        });
        (user.role.to_owned(), row)
    });
    let clients = view.clients.iter().map(|client| {
        let row = json!({
            "client_id": client.id,
            "client_secret": client.secret.as_ref().map(Secret::expose),
            "confidential": client.confidential,
            "redirect_uris": client.redirect_uris,
        });
        (client.role.to_owned(), row)
    });
    json!({
        "world": name,
        "now": view.now,
        "approval_seconds": APPROVAL_SECONDS,
        "users": users.collect::<Map<String, Value>>(),
        "clients": clients.collect::<Map<String, Value>>(),
        "nodes": nodes,
    })
}
