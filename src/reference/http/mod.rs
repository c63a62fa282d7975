//! The bank's routes. They read requests, take a turn in the ledger, and word the answer; they decide nothing that the
//! ledger could decide.

mod authorize;
mod bearer;
mod calls;
mod description;
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
use axum::routing::{MethodRouter, any};
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
    let routes =
        table().into_iter().fold(Router::new(), |routes, (path, answers)| routes.route(path, answers));
    routes
        .fallback(unknown_route)
        .layer(middleware::from_fn_with_state(Arc::clone(&bank), overload::at_the_door))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(bank)
}

/// Every route, as `/openapi.json` describes it.
fn table() -> Vec<(&'static str, MethodRouter<Arc<Bank>>)> {
    vec![
        ("/oauth2/authorize", any(authorize::open)),
        ("/oauth2/authorize/continue", any(authorize::resume)),
        ("/oauth2/token", any(token::token)),
        ("/oauth2/logout", any(calls::logout)),
        ("/ping/whoami", any(calls::whoami)),
        ("/accounts", any(calls::accounts)),
        ("/balance", any(calls::balance)),
        ("/transactions", any(calls::transactions)),
        ("/mandates", any(mandates::set_up).get(pages::mandates::page)),
        ("/mandates/{mandate}", any(mandates::look)),
        ("/mandates/{mandate}/payments", any(mandates::pay)),
        ("/openapi.json", any(description::page)),
    ]
}

/// The paths of all routes.
#[cfg(test)]
fn described_routes() -> impl Iterator<Item = &'static str> {
    table().into_iter().map(|(path, _)| path)
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
