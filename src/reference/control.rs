//! The control API: what tests need and no real bank has. JSON both ways.
//!
//! | request | answer |
//! |---|---|
//! | `GET /control` | `{"grantspec": "<version>", "defects": ["<id>", …], "nodes": ["http://…", …]}` |
//! | `POST /control/worlds` `{}` | 201 and a world, see below; 503 when there are 20,000. Those that nobody has used for six hours, by the clock outside, are forgotten when another one is made |
//! | the same with `{"clients": {"server": {"client_id", "client_secret", "redirect_uris"}}}` | a world in which that client has these, as far as they are given; 409 if another has the id |
//! | `GET /control/worlds/standing` | the world that is there from the start, for use by hand; a `client_secret` that the bank gave before it was restarted is null, for it is kept as a digest only |
//! | `POST /control/worlds/{world}/secret` `{"client"}` | `{"client_secret": "…"}`: another one, the one from before is dead at once |
//! | `DELETE /control/worlds/{world}` | 204 |
//! | `POST /control/worlds/{world}/advance` `{"seconds": n}` | `{"now": n}`; at most ten years at once |
//! | `POST /control/worlds/{world}/restart` `{}` | `{}`: for this world, the bank was started anew; a right one shows no difference |
//! | `POST /control/worlds/{world}/throttle` `{"endpoint", "requests": n}` | `{}`: the next n requests of this world to `token`, `logout`, `whoami`, `accounts`, `balance`, `transactions` or `mandates` are answered 429; 0 takes it back |
//! | … `{"endpoint", "per_second": n}` | `{}`: those above n a second are; either with `"retry_after": s`, 1 if it doesn't say |
//! | `POST /control/worlds/{world}/login` `{"login", "user", "allow"}` | 303, the redirect due to the user's browser; 404 unknown, 409 over |
//! | `POST /control/worlds/{world}/approve` `{"login", "user"}` | `{}`; 404 unknown, 403 not this user's, 409 over |
//! | `POST /control/worlds/{world}/deny` `{"login", "user"}` | the same |
//!
//! What its owner sees and does in the bank's app:
//!
//! | request | answer |
//! |---|---|
//! | `GET /control/worlds/{world}/users/{user}/connected` | `{"connected": […]}`: the third parties that the user has connected |
//! | `POST /control/worlds/{world}/disconnect` `{"user", "client"}` | `{}`: ends tokens, codes, pending approvals and mandates of both |
//! | `POST /control/worlds/{world}/confirm` `{"user", "client"}` | `{"confirm_by": n}`: the client may read for 90 more days; 404 if it is not connected |
//! | `GET /control/worlds/{world}/users/{user}/mandates` | `{"mandates": […]}`: those active, to be approved, or cancelled |
//! | `POST /control/worlds/{world}/mandates/approve` `{"mandate", "user"}` | `{}`; 404 unknown, 403 not this user's, 409 over |
//! | `POST /control/worlds/{world}/mandates/deny` `{"mandate", "user"}` | the same |
//! | `POST /control/worlds/{world}/mandates/cancel` `{"mandate", "user"}` | the same |
//!
//! A world remembers of what is over the newest 50,000 tokens of each kind; older ones are refused like unknown ones, and a
//! refresh token among them ends no family any more.
//!
//! `login` is the hidden field of that name on the login page; users and clients are named by role. `nodes` are the addresses that one state of the bank is reached at, if it
//! knows several: the whole API is at each. A world is
//!
//! ```json
//! { "world": "world_…", "now": 1793000000, "approval_seconds": 600,
//!   "users": { "alice": { "user_id": "user_…", "email": "…", "account_id": "acc_…" } },
//!   "clients": { "server": { "client_id": "oauth2client_…", "client_secret": "mnzconf.…", "confidential": true,
//!                            "redirect_uris": ["…"] } },
//!   "nodes": ["http://127.0.0.1:40123", "http://127.0.0.1:40124"] }
//! ```
//!
//! A third party on the list is
//!
//! ```json
//! { "client": "server", "client_id": "oauth2client_…", "name": "Server App",
//!   "may_read": ["accounts", "balance", "transactions"], "since": 1793000000,
//!   "last_used": 1793000060, "confirm_by": 1800776000 }
//! ```
//!
//! and a mandate, `mandate` being its `mandate_id`,
//!
//! ```json
//! { "mandate_id": "mandate_…", "client": "server", "client_id": "oauth2client_…", "name": "Server App",
//!   "payee": "Sky TV", "amount": 3000, "currency": "GBP", "period": "monthly", "status": "active",
//!   "created": 1793000000, "payments": [1793000060] }
//! ```
//!
//! with amounts in pence and times in Unix seconds. `may_read` is empty, and `confirm_by` null, before the approval;
//! `last_used` is null before the first call; `status` is `active`, `pending` or `cancelled`.
//!
//! Where a client wants to be told that its user disconnected it or cancelled its mandate, described at the top of
//! `reference::notices`:
//!
//! | request | answer |
//! |---|---|
//! | `POST /control/worlds/{world}/notify` `{"client", "url"}` | `{"signing_secret": "mnzsign.…"}`, shown this once; 400 for an address that can't be told |
//! | `GET /control/worlds/{world}/notify/{client}` | `{"url", "notices": [{"id", "attempts", "fate"}]}`, `fate` being `under_way`, `taken` or `given_up` |
//!
//! A bank that listens elsewhere than on loopback wants a key with every one of these requests, `Authorization: Bearer …`,
//! and answers 401 without. It prints the key when it is started.
//!
//! Errors have the bank's own error body, `{"code", "message"}`.

mod course;
mod logins;
mod notices;
mod owner;
mod pin;
mod worlds;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Options;
use super::bank::Bank;
use super::http::Problem;
use super::ledger::{Secret, WorldId};

/// What every node's control API says alike.
pub(super) struct Control {
    about: Value,
    /// What has to be shown, if anything.
    key: Option<Arc<Secret>>,
}

impl Control {
    /// Makes the standing world, unless the ledger has it from before.
    pub fn begin(bank: &Bank, options: &Options) -> Control {
        worlds::open_standing(bank);
        let defects: Vec<&str> = options.defects.iter().map(|defect| defect.id).collect();
        let about = json!({
            "grantspec": env!("CARGO_PKG_VERSION"),
            "defects": defects,
            "nodes": bank.addresses(),
        });
        Control { about, key: options.control_key.clone().map(Arc::new) }
    }

    /// The control routes of a node.
    pub fn router(&self, bank: Arc<Bank>) -> Router {
        let about = self.about.clone();
        let routes = Router::new()
            .route("/control", get(async move || Json(about)))
            .route("/control/worlds", post(worlds::create))
            .route("/control/worlds/standing", get(worlds::standing))
            .route("/control/worlds/{world}/secret", post(worlds::secret))
            .route("/control/worlds/{world}", delete(worlds::remove))
            .route("/control/worlds/{world}/advance", post(course::advance))
            .route("/control/worlds/{world}/restart", post(course::restart))
            .route("/control/worlds/{world}/throttle", post(course::throttle))
            .route("/control/worlds/{world}/login", post(logins::login))
            .route("/control/worlds/{world}/approve", post(logins::approve))
            .route("/control/worlds/{world}/deny", post(logins::deny))
            .route("/control/worlds/{world}/notify", post(notices::subscribe))
            .route("/control/worlds/{world}/notify/{client}", get(notices::look))
            .merge(owner::routes())
            .with_state(bank);
        match &self.key {
            None => routes,
            Some(key) => routes.layer(middleware::from_fn_with_state(Arc::clone(key), guard)),
        }
    }
}

/// Lets nobody in who doesn't show the key.
async fn guard(State(key): State<Arc<Secret>>, request: Request, next: Next) -> Response {
    let shown = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.and_then(|value| value.strip_prefix("Bearer "));
    if shown.is_some_and(|shown| key.same(&Secret::shown(shown.trim()))) {
        return next.run(request).await;
    }
    let message =
        "the control API needs the key that was printed when the bank was started: Authorization: Bearer …";
    Problem::new(401, "unauthorized.control_key", message).challenge("Bearer").into_response()
}

fn find(bank: &Bank, name: &str) -> Result<WorldId, Problem> {
    let world = bank.ledger().named(name);
    world.ok_or_else(|| unknown_world(name))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        Problem::new(400, "bad_request.bad_json", format!("the body is not what is due here: {error}"))
    })
}

fn unknown_world(name: &str) -> Problem {
    Problem::new(404, "not_found.world", format!("there is no world `{name}`"))
}

fn unknown_role(kind: &str, role: &str) -> Problem {
    Problem::new(404, "not_found.role", format!("the world has no {kind} `{role}`"))
}
