//! The bank's routes. They read requests, take a turn in the ledger, and word the answer; they decide nothing that the
//! ledger could decide.

mod authorize;
mod bearer;
mod calls;
mod mandates;
mod overload;
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
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use tower_service::Service;

use super::bank::Bank;
use super::pages::{self, Stop, wants_page};

pub(super) use authorize::land;
pub(super) use page::{Allowed, form_action, guard};
pub(super) use params::Params;
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
        .route("/mandates", any(mandates::set_up).get(pages::mandates::page))
        .route("/mandates/{mandate}", any(mandates::look))
        .route("/mandates/{mandate}/payments", any(mandates::pay))
        .fallback(unknown_route)
        .layer(middleware::from_fn_with_state(Arc::clone(&bank), overload::at_the_door))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(bank)
}

/// What the bank answers, asked from within: for the API playground.
pub(super) async fn answer(bank: Arc<Bank>, request: Request) -> Response {
    let Ok(response) = router(bank).call(request).await;
    response
}

async fn unknown_route(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if wants_page(&headers) {
        return Stop::not_found().into_response();
    }
    let message = format!("nothing here answers {method} {}", uri.path());
    Problem::new(404, "not_found.no_handler", message).into_response()
}
