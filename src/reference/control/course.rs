//! What happens to a world from outside: its clock moves, the bank is started anew, requests are turned away.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{find, read};
use crate::reference::bank::Bank;
use crate::reference::http::Problem;
use crate::reference::ledger::Seconds;
use crate::reference::throttle::{Door, Limit};

/// By how much a clock moves at the most.
const TEN_YEARS: Seconds = 10 * 366 * 86_400;

pub async fn advance(
    State(bank): State<Arc<Bank>>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Advance {
        seconds: Seconds,
    }
    let Advance { seconds } = read(&body)?;
    if seconds > TEN_YEARS {
        let message = format!("`seconds` is more than ten years ({TEN_YEARS})");
        return Err(Problem::new(400, "bad_request.bad_param.seconds", message));
    }
    let now = bank.turn(find(&bank, &name)?, |turn| Ok(turn.advance(seconds)))?;
    Ok(Json(json!({ "now": now })))
}

pub async fn restart(
    State(bank): State<Arc<Bank>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Problem> {
    bank.turn(find(&bank, &name)?, |turn| {
        turn.restart();
        Ok(())
    })?;
    Ok(Json(json!({})))
}

pub async fn throttle(
    State(bank): State<Arc<Bank>>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Throttle {
        endpoint: String,
        requests: Option<u32>,
        per_second: Option<u32>,
        #[serde(default = "one_second")]
        retry_after: Seconds,
    }
    let asked: Throttle = read(&body)?;
    let limit = match (asked.requests, asked.per_second) {
        (Some(requests), None) => Limit::Next(requests),
        (None, Some(most)) => Limit::PerSecond(most),
        _ => {
            let message = "give either `requests` or `per_second`";
            return Err(Problem::new(400, "bad_request.bad_param", message));
        }
    };
    let door = Door::ALL.iter().find(|(_, word)| *word == asked.endpoint).ok_or_else(|| {
        let known = Door::ALL.map(|(_, word)| word).join(", ");
        let message = format!("`endpoint` is none of {known}");
        Problem::new(400, "bad_request.bad_param.endpoint", message)
    })?;
    bank.throttles().set(find(&bank, &name)?, door.0, limit, asked.retry_after);
    Ok(Json(json!({})))
}

fn one_second() -> Seconds {
    1
}
