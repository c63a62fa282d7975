//! What users do about logins: they log in and answer, and approve in the app.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{find, read, unknown_role};
use crate::reference::bank::Bank;
use crate::reference::http::{Problem, land};
use crate::reference::ledger::Answer;

pub async fn login(
    State(bank): State<Arc<Bank>>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Login {
        login: String,
        user: String,
        allow: bool,
    }
    let asked: Login = read(&body)?;
    let world = find(&bank, &name)?;
    let landing = bank.turn(world, |turn| {
        let login = turn.find_login(&asked.login)?;
        Ok(match (turn.user_by_role(&asked.user), asked.allow) {
            (None, _) => None,
            (Some(user), true) => Some(turn.allow(login, user)?),
            (Some(user), false) => Some(turn.refuse(login, Some(user))?),
        })
    })?;
    let landing = landing.ok_or_else(|| unknown_role("user", &asked.user))?;
    Ok(land(&bank, StatusCode::SEE_OTHER, &landing))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    login: String,
    user: String,
}

pub async fn approve(
    State(bank): State<Arc<Bank>>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    decide(&bank, &name, &read(&body)?, Answer::Approve)
}

pub async fn deny(
    State(bank): State<Arc<Bank>>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    decide(&bank, &name, &read(&body)?, Answer::Deny)
}

fn decide(bank: &Bank, name: &str, asked: &Decision, answer: Answer) -> Result<Json<Value>, Problem> {
    let world = find(bank, name)?;
    let user = bank.turn(world, |turn| Ok(turn.user_by_role(&asked.user)))?;
    let user = user.ok_or_else(|| unknown_role("user", &asked.user))?;
    let mut sitting = bank.sit(world);
    let ruling = sitting.step(|turn| {
        let login = turn.find_login(&asked.login)?;
        turn.check_decision(login, user, answer)
    })?;
    sitting.pause(bank.rules.sca.decide_gap);
    sitting.pause(bank.rules.sca.write_back_gap);
    sitting.step(|turn| {
        turn.settle(ruling);
        Ok(())
    })?;
    Ok(Json(json!({})))
}
