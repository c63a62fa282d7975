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

mod notices;
mod owner;
mod pin;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::Options;
use super::bank::{Bank, wall};
use super::http::{Problem, land};
use super::ledger::{APPROVAL_SECONDS, Answer, Seconds, Secret, WorldId, WorldView};
use super::throttle::{Door, Limit};
use pin::{Wanted, pin};

/// How many worlds there may be at a time.
const MOST_WORLDS: usize = 20_000;
/// A world that nobody has used for so long goes when others are made: whoever made it has forgotten it.
const IDLE: Seconds = 6 * 3600;
/// The name of the world that is there from the start.
const STANDING: &str = "standing";
const TEN_YEARS: Seconds = 10 * 366 * 86_400;

/// What every node's control API says alike.
pub(super) struct Control {
    about: Value,
    /// What has to be shown, if anything.
    key: Option<Arc<Secret>>,
}

impl Control {
    /// Makes the standing world, unless the ledger has it from before.
    pub fn begin(bank: &Bank, options: &Options) -> Control {
        open_standing(bank);
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
            .route("/control/worlds", post(create))
            .route("/control/worlds/standing", get(standing))
            .route("/control/worlds/{world}/secret", post(secret))
            .route("/control/worlds/{world}", delete(remove))
            .route("/control/worlds/{world}/advance", post(advance))
            .route("/control/worlds/{world}/restart", post(restart))
            .route("/control/worlds/{world}/throttle", post(throttle))
            .route("/control/worlds/{world}/login", post(login))
            .route("/control/worlds/{world}/approve", post(approve))
            .route("/control/worlds/{world}/deny", post(deny))
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

async fn create(State(bank): State<Arc<Bank>>, body: Bytes) -> Result<Response, Problem> {
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

async fn remove(State(bank): State<Arc<Bank>>, Path(name): Path<String>) -> Response {
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

async fn advance(
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

async fn restart(State(bank): State<Arc<Bank>>, Path(name): Path<String>) -> Result<Json<Value>, Problem> {
    bank.turn(find(&bank, &name)?, |turn| {
        turn.restart();
        Ok(())
    })?;
    Ok(Json(json!({})))
}

async fn throttle(
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

async fn login(
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

async fn approve(
    State(bank): State<Arc<Bank>>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    decide(&bank, &name, &read(&body)?, Answer::Approve)
}

async fn deny(
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

/// Makes the standing world, unless the ledger has it from before.
fn open_standing(bank: &Bank) {
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

async fn standing(State(bank): State<Arc<Bank>>) -> Result<Json<Value>, Problem> {
    let world = find(&bank, STANDING)?;
    let view = bank.ledger().view(world, wall());
    let mut view = view.ok_or_else(|| unknown_world(STANDING))?;
    for client in &mut view.clients {
        client.secret = bank.known_secret(&client.id);
    }
    Ok(Json(describe(STANDING, &view, bank.addresses())))
}

async fn secret(
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
