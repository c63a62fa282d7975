//! Turning requests away with 429 and `Retry-After` (RFC 6585 §4): before anything else is done with them, so that they
//! consume nothing.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::BODY_LIMIT;
use super::bearer::{self, Carriers};
use super::params::Params;
use super::problem::Problem;
use super::token_request::read_caller;
use crate::reference::bank::Bank;
use crate::reference::ledger::WorldId;
use crate::reference::rules::{Carrier, ConflictingAuth, Duplicates, Scheme, Throttled};
use crate::reference::throttle::Door;

/// Turns a request away, or lets it go on to `next`.
pub async fn at_the_door(State(bank): State<Arc<Bank>>, request: Request, next: Next) -> Response {
    let Some(door) = Door::of(request.uri().path()).filter(|_| !bank.throttles().is_empty()) else {
        return next.run(request).await;
    };
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return Problem::too_long().into_response();
    };
    let world = world_of(&bank, door, &parts.headers, &body);
    let away = world.and_then(|world| bank.throttles().turns_away(world, door, Instant::now()));
    let Some(retry_after) = away else {
        return next.run(Request::from_parts(parts, Body::from(body))).await;
    };
    let handled = times_handled(bank.rules.node.throttled, door, &parts, &body);
    for _ in 0..handled {
        // What it comes to is thrown away.
        next.clone().run(Request::from_parts(parts.clone(), Body::from(body.clone()))).await;
    }
    if bank.rules.node.throttled == Throttled::LogsOut
        && let (Some(world), Some(token)) = (world, shown_token(&parts.headers))
    {
        // A token that names nobody is logged out already.
        let _ = bank.turn(world, |turn| {
            let leaving = turn.check_logout(&token)?;
            turn.leave(leaving);
            Ok(())
        });
    }
    Problem::too_many(retry_after).into_response()
}

/// How often a request that is turned away is dealt with all the same: never.
fn times_handled(rule: Throttled, door: Door, parts: &Parts, body: &[u8]) -> usize {
    let asks = |wanted: &str| {
        door == Door::Token
            && form(body).is_some_and(|form| form.text("grant_type").as_deref() == Some(wanted))
    };
    let pays = door == Door::Mandates && parts.method == Method::POST;
    match rule {
        Throttled::Nothing | Throttled::LogsOut => 0,
        Throttled::Everything => 1,
        Throttled::Refreshes => usize::from(asks("refresh_token")),
        Throttled::CountsAsReuse => 2 * usize::from(asks("refresh_token")),
        Throttled::Exchanges => usize::from(asks("authorization_code")),
        Throttled::Logouts => usize::from(door == Door::Logout),
        Throttled::Payments => usize::from(pays && parts.uri.path().ends_with("/payments")),
    }
}

/// The world that a request is about, if it shows a client or a token of one.
fn world_of(bank: &Bank, door: Door, headers: &HeaderMap, body: &[u8]) -> Option<WorldId> {
    match door {
        Door::Token => {
            let caller = read_caller(ConflictingAuth::BodyWins, headers, &form(body)?).ok()?;
            bank.ledger().world_of_client(&caller.client_id)
        }
        _ => bank.ledger().world_of_access(&shown_token(headers)?),
    }
}

fn form(body: &[u8]) -> Option<Params> {
    Params::read(body, Duplicates::LastWins).ok()
}

fn shown_token(headers: &HeaderMap) -> Option<String> {
    let seen = Carriers { headers, query: "", body: &[] };
    bearer::token(&seen, Carrier::HeaderOnly, Scheme::Bearer).ok()?
}
