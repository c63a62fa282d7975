//! The bank's pages, for people: logging in, the phone, connected apps, mandates, developer tools. They show one world,
//! the standing one, and work without a script.
//!
//! One page a file, its template beside it, all of them in `layout.html`:
//!
//! | page | what it is |
//! |---|---|
//! | `/` | who there is, what to try, and where |
//! | `/login` | asks for an email; the link in the mail logs this browser in |
//! | `/outbox` | the mails, which go no further |
//! | `/phone` | what waits for the owner's approval |
//! | `/apps` | who can read the account or take payments; disconnecting |
//! | `/mandates` | payment mandates; cancelling |
//! | `/developers` | registering clients |
//! | `/developers/playground` | a token for one's own account, and calls with it |
//!
//! The page of `/oauth2/authorize` is here too, for logins of the standing world.
//!
//! - `visit`, `form`: who asks, and that a form came from one of these pages.
//! - `sessions`, `mails`: what the bank remembers of people, in `lobby`; bounded, and gone when it stops.
//! - `frame`, `stop`, `words`: what pages have in common.

mod apps;
pub(super) mod authorize;
mod developers;
mod form;
mod frame;
mod front;
mod lobby;
mod login;
mod mails;
pub(super) mod mandates;
mod outbox;
mod phone;
mod playground;
#[cfg(test)]
pub mod scene;
mod sessions;
mod stop;
#[cfg(test)]
mod tests;
mod visit;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use super::bank::Bank;
use super::http::BODY_LIMIT;

pub(super) use lobby::Lobby;
pub(super) use stop::{Stop, wants_page};

/// The pages' routes. `/mandates` is not among them: it is shared with the API.
pub(super) fn router(bank: Arc<Bank>) -> Router {
    Router::new()
        .route("/", get(front::page))
        .route("/login", get(login::page).post(login::send))
        .route("/login/link/{link}", get(login::follow))
        .route("/logout", post(login::leave))
        .route("/outbox", get(outbox::page))
        .route("/phone", get(phone::page))
        .route("/phone/answer", post(phone::answer))
        .route("/apps", get(apps::page))
        .route("/apps/disconnect", post(apps::disconnect))
        .route("/apps/confirm", post(apps::confirm))
        .route("/mandates/cancel", post(mandates::cancel))
        .route("/developers", get(developers::page))
        .route("/developers/clients", post(developers::create))
        .route("/developers/secret", post(developers::replace_secret))
        .route("/developers/notifications", post(developers::notify))
        .route("/developers/playground", get(playground::page))
        .route("/developers/playground/token", post(playground::token))
        .route("/developers/playground/call", post(playground::call))
        .method_not_allowed_fallback(async || Stop::wrong_method())
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(bank)
}
