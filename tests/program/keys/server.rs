//! A small OAuth server that insists on what few do: PKCE, an address of its own for refreshing, introspection by one client
//! only, and clients that register first. It keeps its promises.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use axum::extract::{Form, Json, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, body::Bytes};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::header::{AUTHORIZATION, CACHE_CONTROL, LOCATION};
use http::{HeaderMap, StatusCode};
use rand::Rng;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

/// What registering takes.
pub const REGISTRAR: &str = "the registrar's own key";

type Fields = HashMap<String, String>;

#[derive(Clone, Default)]
pub struct Server(Arc<Mutex<Books>>);

#[derive(Default)]
struct Books {
    clients: HashMap<String, Client>,
    codes: HashMap<String, Code>,
    /// Tokens that live, each with its client.
    access: HashMap<String, String>,
    refresh: HashMap<String, String>,
}

struct Client {
    name: String,
    secret: Option<String>,
    redirect_uris: Vec<String>,
}

struct Code {
    client: String,
    redirect_uri: String,
    challenge: String,
}

impl Server {
    /// Its address is `http://127.0.0.1:…`.
    pub async fn start(&self) -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port of loopback is free");
        let address = format!("http://{}", listener.local_addr().expect("it has an address"));
        let routes = Router::new()
            .route("/register", post(register))
            .route("/authorize", get(authorize))
            .route("/token", post(exchange))
            .route("/refresh", post(refresh))
            .route("/introspect", post(introspect))
            .route("/revoke", post(revoke))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        address
    }

    /// Names of the registered clients, each with how often one of that name registered.
    pub fn registered(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for client in self.books().clients.values() {
            *counts.entry(client.name.clone()).or_default() += 1;
        }
        counts
    }

    fn books(&self) -> std::sync::MutexGuard<'_, Books> {
        self.0.lock().expect("nobody panics holding it")
    }
}

impl Books {
    /// Whose id and secret these are.
    fn knows(&self, id: &str, secret: Option<&str>) -> bool {
        self.clients.get(id).is_some_and(|client| client.secret.as_deref() == secret)
    }

    fn end(&mut self, client: &str) {
        self.access.retain(|_, owner| owner != client);
        self.refresh.retain(|_, owner| owner != client);
    }

    /// New tokens for a client, in place of all that it had.
    fn issue(&mut self, client: &str) -> Response {
        self.end(client);
        let (access, refresh) = (random(), random());
        self.access.insert(access.clone(), client.to_owned());
        let mut given = json!({ "access_token": access, "token_type": "Bearer", "expires_in": 3600 });
        if self.clients[client].secret.is_some() {
            self.refresh.insert(refresh.clone(), client.to_owned());
            given["refresh_token"] = json!(refresh);
        }
        ([(CACHE_CONTROL, "no-store")], Json(given)).into_response()
    }
}

async fn register(State(server): State<Server>, headers: HeaderMap, body: Bytes) -> Response {
    let key = headers.get("x-registrar").and_then(|value| value.to_str().ok());
    if key != Some(REGISTRAR) {
        return no(403, "access_denied");
    }
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let uris = asked["redirect_uris"].as_array().into_iter().flatten();
    let redirect_uris: Vec<String> = uris.filter_map(Value::as_str).map(str::to_owned).collect();
    let name = asked["client_name"].as_str().unwrap_or_default().to_owned();
    let secret = (asked["token_endpoint_auth_method"] != "none").then(random);
    let id = random();
    let given = json!({ "registered": { "id": id, "secret": secret } });
    server.books().clients.insert(id, Client { name, secret, redirect_uris });
    (StatusCode::CREATED, Json(given)).into_response()
}

async fn authorize(State(server): State<Server>, Query(asked): Query<Fields>) -> Response {
    let said = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let mut books = server.books();
    let (client, redirect_uri) = (said("client_id"), said("redirect_uri"));
    let known = books.clients.get(&client).is_some_and(|known| known.redirect_uris.contains(&redirect_uri));
    if !known || said("code_challenge_method") != "S256" {
        return no(400, "invalid_request");
    }
    let code = random();
    let to = url::Url::parse_with_params(&redirect_uri, [("code", &code), ("state", &said("state"))]);
    books.codes.insert(code, Code { client, redirect_uri, challenge: said("code_challenge") });
    (StatusCode::FOUND, [(LOCATION, String::from(to.expect("it is registered")))]).into_response()
}

/// Confidential clients show themselves by Basic here, and nowhere else.
async fn exchange(State(server): State<Server>, headers: HeaderMap, Form(form): Form<Fields>) -> Response {
    let said = |name: &str| form.get(name).cloned().unwrap_or_default();
    let mut books = server.books();
    let (client, secret) =
        basic(&headers).map_or((said("client_id"), None), |(id, secret)| (id, Some(secret)));
    if !books.knows(&client, secret.as_deref()) {
        return no(401, "invalid_client");
    }
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(said("code_verifier")));
    let right = |code: &Code| {
        code.client == client && code.redirect_uri == said("redirect_uri") && code.challenge == challenge
    };
    match books.codes.remove(&said("code")).filter(right) {
        Some(_) if said("grant_type") == "authorization_code" => books.issue(&client),
        _ => no(400, "invalid_grant"),
    }
}

async fn refresh(State(server): State<Server>, Form(form): Form<Fields>) -> Response {
    let mut books = server.books();
    let Some(client) = by_body(&books, &form) else { return no(401, "invalid_client") };
    let shown = form.get("refresh_token").map_or("", String::as_str);
    match books.refresh.get(shown).is_some_and(|owner| *owner == client) {
        true => books.issue(&client),
        false => no(400, "invalid_grant"),
    }
}

/// Only the client that is called `grantspec other` may ask.
async fn introspect(State(server): State<Server>, headers: HeaderMap, Form(form): Form<Fields>) -> Response {
    let books = server.books();
    let asks = basic(&headers).filter(|(id, secret)| books.knows(id, Some(secret)));
    if asks.is_none_or(|(id, _)| books.clients[&id].name != "grantspec other") {
        return no(401, "invalid_client");
    }
    Json(match form.get("token").and_then(|token| books.access.get(token)) {
        Some(client) => json!({ "active": true, "sub": "the only user", "client_id": client }),
        None => json!({ "active": false }),
    })
    .into_response()
}

async fn revoke(State(server): State<Server>, Form(form): Form<Fields>) -> Response {
    let mut books = server.books();
    let Some(client) = by_body(&books, &form) else { return no(401, "invalid_client") };
    let token = form.get("token").map_or("", String::as_str);
    let tokens = match form.get("token_type_hint").map(String::as_str) {
        Some("access_token") => &books.access,
        Some("refresh_token") => &books.refresh,
        _ => return no(400, "invalid_request"),
    };
    if tokens.get(token).is_some_and(|owner| *owner == client) {
        books.end(&client);
    }
    StatusCode::OK.into_response()
}

fn by_body(books: &Books, form: &Fields) -> Option<String> {
    let (id, secret) = (form.get("client_id")?, form.get("client_secret").map(String::as_str));
    books.knows(id, secret).then(|| id.clone())
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let line = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let pair = String::from_utf8(STANDARD.decode(line).ok()?).ok()?;
    pair.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned()))
}

fn no(status: u16, error: &'static str) -> Response {
    let status = StatusCode::from_u16(status).expect("it is a status");
    (status, Json(json!({ "error": error }))).into_response()
}

/// Letters and digits, so that form encoding changes nothing.
fn random() -> String {
    let mut random = rand::rng();
    format!("{:016x}{:016x}", random.next_u64(), random.next_u64())
}
