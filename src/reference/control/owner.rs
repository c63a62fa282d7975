//! The owner's side of the control API: what a user sees and does in the bank's app about third parties and mandates.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{find, read, unknown_role};
use crate::reference::bank::Bank;
use crate::reference::http::Problem;
use crate::reference::ledger::{
    Answer, ClientIx, Connection, ListedMandate, MandateIx, Period, Refusal, Turn, UserIx, WorldId,
};

/// The routes, all under a world.
pub(super) fn routes() -> Router<Arc<Bank>> {
    Router::new()
        .route("/control/worlds/{world}/users/{user}/connected", get(connected))
        .route("/control/worlds/{world}/disconnect", post(disconnect))
        .route("/control/worlds/{world}/confirm", post(confirm))
        .route("/control/worlds/{world}/users/{user}/mandates", get(mandates))
        .route("/control/worlds/{world}/mandates/approve", post(approve))
        .route("/control/worlds/{world}/mandates/deny", post(deny))
        .route("/control/worlds/{world}/mandates/cancel", post(cancel))
}

async fn connected(
    State(bank): State<Arc<Bank>>,
    Path((world, user)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let listed = bank.turn(find(&bank, &world)?, |turn| {
        let Some(user) = turn.user_by_role(&user) else { return Ok(None) };
        let connections = turn.connections(user);
        Ok(Some(connections.iter().map(|one| connection(turn, one)).collect::<Vec<Value>>()))
    })?;
    let listed = listed.ok_or_else(|| unknown_role("user", &user))?;
    Ok(Json(json!({ "connected": listed })))
}

fn connection(turn: &Turn<'_>, connection: &Connection) -> Value {
    json!({
        "client": turn.client_role(connection.client),
        "client_id": turn.client_id(connection.client),
        "name": turn.client_name(connection.client),
        "may_read": connection.may_read,
        "since": connection.since,
        "last_used": connection.last_used,
        "confirm_by": connection.confirm_by,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    user: String,
    client: String,
}

async fn disconnect(
    State(bank): State<Arc<Bank>>,
    Path(world): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let pair: Pair = read(&body)?;
    let world = find(&bank, &world)?;
    let mut sitting = bank.sit(world);
    let (begun, user, client) = sitting.step(|turn| {
        let begun = |(user, client)| (turn.begin_disconnection(user, client), user, client);
        Ok(roles(turn, &pair).map(begun))
    })??;
    sitting.pause(bank.rules.consent.under_way.gap());
    let notice = sitting.step(|turn| {
        turn.disconnect(begun);
        Ok(turn.tell_of_disconnection(user, client))
    })?;
    drop(sitting);
    if let Some(notice) = notice {
        bank.send_notice(world, notice);
    }
    Ok(Json(json!({})))
}

async fn confirm(
    State(bank): State<Arc<Bank>>,
    Path(world): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let pair: Pair = read(&body)?;
    let confirm_by = bank.turn(find(&bank, &world)?, |turn| match roles(turn, &pair) {
        Ok((user, client)) => turn.confirm(user, client).map(Ok),
        Err(problem) => Ok(Err(problem)),
    })??;
    Ok(Json(json!({ "confirm_by": confirm_by })))
}

fn roles(turn: &Turn<'_>, pair: &Pair) -> Result<(UserIx, ClientIx), Problem> {
    let user = turn.user_by_role(&pair.user).ok_or_else(|| unknown_role("user", &pair.user))?;
    let client = turn.client_by_role(&pair.client).ok_or_else(|| unknown_role("client", &pair.client))?;
    Ok((user, client))
}

async fn mandates(
    State(bank): State<Arc<Bank>>,
    Path((world, user)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let listed = bank.turn(find(&bank, &world)?, |turn| {
        let Some(user) = turn.user_by_role(&user) else { return Ok(None) };
        let mandates = turn.mandates(user);
        Ok(Some(mandates.iter().map(|one| mandate(turn, one)).collect::<Vec<Value>>()))
    })?;
    let listed = listed.ok_or_else(|| unknown_role("user", &user))?;
    Ok(Json(json!({ "mandates": listed })))
}

fn mandate(turn: &Turn<'_>, mandate: &ListedMandate) -> Value {
    json!({
        "mandate_id": mandate.id,
        "client": mandate.client.map(|client| turn.client_role(client)),
        "client_id": mandate.client.map(|client| turn.client_id(client)),
        "name": mandate.client.map(|client| turn.client_name(client)),
        "payee": mandate.payee,
        "amount": mandate.amount,
        "currency": "GBP",
        "period": mandate.period.map(Period::word),
        "status": mandate.status,
        "created": mandate.created,
        "payments": mandate.payments,
    })
}

async fn approve(
    State(bank): State<Arc<Bank>>,
    Path(world): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let approve = |turn: &mut Turn<'_>, at, user| turn.decide_mandate(at, user, Answer::Approve);
    decide(&bank, find(&bank, &world)?, &body, approve)?;
    Ok(Json(json!({})))
}

async fn deny(
    State(bank): State<Arc<Bank>>,
    Path(world): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let deny = |turn: &mut Turn<'_>, at, user| turn.decide_mandate(at, user, Answer::Deny);
    decide(&bank, find(&bank, &world)?, &body, deny)?;
    Ok(Json(json!({})))
}

async fn cancel(
    State(bank): State<Arc<Bank>>,
    Path(world): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let world = find(&bank, &world)?;
    let notice = decide(&bank, world, &body, |turn, at, user| {
        turn.cancel_mandate(at, user)?;
        Ok(turn.tell_of_cancellation(at))
    })?;
    if let Some(notice) = notice {
        bank.send_notice(world, notice);
    }
    Ok(Json(json!({})))
}

fn decide<T>(
    bank: &Bank,
    world: WorldId,
    body: &[u8],
    act: impl FnOnce(&mut Turn<'_>, MandateIx, UserIx) -> Result<T, Refusal>,
) -> Result<T, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Decision {
        mandate: String,
        user: String,
    }
    let asked: Decision = read(body)?;
    let done = bank.turn(world, |turn| {
        let at = turn.find_mandate(&asked.mandate)?;
        let Some(user) = turn.user_by_role(&asked.user) else { return Ok(None) };
        act(turn, at, user).map(Some)
    })?;
    done.ok_or_else(|| unknown_role("user", &asked.user))
}
