//! The bank's routes. They read requests, take a turn in the ledger, and word the answer; they decide nothing that the
//! ledger could decide.

mod authorize;
mod bearer;
mod calls;
mod mandates;
mod page;
mod params;
mod problem;
mod redirect;
mod repeat;
#[cfg(test)]
mod tests;
mod token;
mod token_request;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::routing::any;

use super::bank::Bank;

pub(super) use authorize::land;
pub(super) use problem::Problem;

/// The longest request body that is read, in bytes.
pub(super) const BODY_LIMIT: usize = 64 * 1024;

/// Everything but the control API.
pub(super) fn router(bank: Arc<Bank>) -> Router {
    Router::new()
        .route("/oauth2/authorize", any(authorize::open))
        .route("/oauth2/authorize/continue", any(authorize::resume))
        .route("/oauth2/token", any(token::token))
        .route("/oauth2/logout", any(calls::logout))
        .route("/ping/whoami", any(calls::whoami))
        .route("/accounts", any(calls::accounts))
        .route("/balance", any(calls::balance))
        .route("/transactions", any(calls::transactions))
        .route("/mandates", any(mandates::set_up))
        .route("/mandates/{mandate}", any(mandates::look))
        .route("/mandates/{mandate}/payments", any(mandates::pay))
        .fallback(unknown_route)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(bank)
}

async fn unknown_route(method: Method, uri: Uri) -> Problem {
    let message = format!("nothing here answers {method} {}", uri.path());
    Problem::new(404, "not_found.no_handler", message)
}
