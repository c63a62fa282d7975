//! A small OAuth server of another make: RFC 6749, RFC 7009 and userinfo, users and clients that are there for good, one login page. It
//! keeps its promises, but for the quirks that it is started with.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Form, Query, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, DATE, LOCATION, WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use rand::Rng;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What it does otherwise than promised.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quirks {
    pub refusals: Refusals,
    pub rotation: Rotation,
    pub reuse: Reuse,
    pub public: Public,
    pub trouble: Trouble,
    pub front: Front,
    pub life: Life,
}

/// How long an access token lives.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Life {
    #[default]
    Long,
    /// Two seconds from its first use: a slow machine finds it alive then.
    Brief,
    /// Two seconds are said, and it goes on living.
    SaidToBeBrief,
}

const BRIEF: Duration = Duration::from_secs(2);

/// How it says no.
#[derive(Clone, Copy, Debug, Default)]
pub enum Refusals {
    #[default]
    Json,
    PlainText,
    /// By a redirect to `/error`.
    Redirect,
    /// By a page with status 200.
    PageWith200,
    /// In JSON, with status 200.
    JsonWith200,
}

/// What a refresh gives beside an access token.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Rotation {
    #[default]
    New,
    /// Nothing: the old one goes on working (RFC 6749 §6).
    Kept,
    /// Nothing, and the old one works once.
    Spent,
}

/// What becomes of a code or a refresh token that is shown again.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Reuse {
    #[default]
    Refused,
    /// The database is locked while it is used for the first time: 500.
    Locked,
    /// While it is used for the first time, it gives what the first use gives.
    Shared,
    /// It gives tokens of its own, but only this time of all, counted from 1.
    WorksAtThe(u32),
}

/// What it has for public clients.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Public {
    #[default]
    NoRefreshToken,
    /// A refresh token that is refused.
    Unusable,
    Usable,
}

/// Where it is in trouble.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Trouble {
    #[default]
    None,
    /// Each refresh answers 500.
    RefreshBreaks,
    /// A refresh with a wrong secret ends the token.
    RefreshBurns,
    /// Two exchanges of one user and client within a second: 500.
    NotTwiceASecond,
    /// The login page asks for other fields than it used to.
    NewPage,
    /// What a denial adds to the redirect URI begins with a question mark, whatever stands there.
    SecondQuestionMark,
}

/// What stands before all of its answers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Front {
    #[default]
    None,
    /// A page with status 200 instead of any answer.
    Page,
    /// A redirect to a login page instead of any answer but that page.
    Login,
    /// A clock that is an hour ahead.
    Ahead,
    /// JSON is called HTML.
    JsonAsHtml,
    /// Every connection serves one request.
    OneRequest,
}

/// Its address is `http://127.0.0.1:…`.
pub async fn start(quirks: Quirks) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port of loopback is free");
    let address = format!("http://{}", listener.local_addr().expect("it has an address"));
    let server = Arc::new(Server { quirks, books: Mutex::default() });
    let routes = Router::new()
        .route("/authorize", get(page))
        .route("/login", post(log_in))
        .route("/token", post(token))
        .route("/userinfo", get(userinfo))
        .route("/revoke", post(revoke))
        .route("/error", get(async || Html("<title>Error</title><p>That can't be done.")))
        .layer(from_fn_with_state(server.clone(), front))
        .with_state(server);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

/// What its target file says, but for its name and its base. `secret` is the client server's.
pub fn target(secret: &str) -> String {
    format!(
        "[endpoints]
authorize = '/authorize'
token = '/token'
whoami = '/userinfo'
logout = {{ url = '/revoke', kind = 'revocation', tokens = ['refresh'] }}
[identity]
user = '/sub'
[token_answer]
[login]
driver = 'form'
[[login.step]]
when = {{ path = '/authorize', css = 'input[name=name]' }}
fill = {{ name = '{{user.id}}', password = '{{user.password}}' }}
allow = {{ press = 'Let them' }}
deny = {{ press = 'No' }}
[users.alice]
id = 'alice'
password = 'password of alice'
[users.bob]
id = 'bob'
password = 'password of bob'
[clients.server]
id = 'server-app'
secret = '{secret}'
redirect_uris = ['https://server.example/callback', 'https://server.example/callback?tenant=blue']
[clients.other]
id = 'other-app'
secret = 'secret of other-app'
redirect_uris = ['https://other.example/callback']
[clients.public]
id = 'public-app'
redirect_uris = ['https://public.example/callback']
"
    )
}

type Fields = HashMap<String, String>;

struct Server {
    quirks: Quirks,
    books: Mutex<Books>,
}

#[derive(Default)]
struct Books {
    codes: HashMap<String, Code>,
    access: HashMap<String, Grant>,
    refresh: HashMap<String, Grant>,
    /// Codes and refresh tokens that are used, and what they gave as soon as it is there.
    used: HashMap<String, watch::Receiver<Option<Option<Value>>>>,
    burned: HashSet<String>,
    /// Logins that were logged out from.
    ended: HashSet<u32>,
    reuses: u32,
    logins: u32,
    exchanged: HashMap<(String, String), Instant>,
    /// When an access token was used for the first time.
    first_used: HashMap<String, Instant>,
}

#[derive(Clone, PartialEq)]
struct Grant {
    user: String,
    client: String,
    login: u32,
}

struct Code {
    grant: Grant,
    redirect_uri: String,
}

/// A client's secret and redirect URI.
fn client(id: &str) -> Option<(Option<&'static str>, &'static str)> {
    match id {
        "server-app" => Some((Some("secret of server-app"), "https://server.example/callback")),
        "other-app" => Some((Some("secret of other-app"), "https://other.example/callback")),
        "public-app" => Some((None, "https://public.example/callback")),
        _ => None,
    }
}

fn random(kind: &str) -> String {
    let mut random = rand::rng();
    format!("{kind}{:016x}{:016x}", random.next_u64(), random.next_u64())
}

fn said(fields: &Fields, name: &str) -> String {
    fields.get(name).cloned().unwrap_or_default()
}

async fn front(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let front = server.quirks.front;
    let welcome = || Html("<!doctype html><title>Welcome</title><p>Welcome.").into_response();
    match front {
        Front::Page => return welcome(),
        Front::Login if request.uri().path() == "/sign-in" => return welcome(),
        Front::Login => return (StatusCode::FOUND, [(LOCATION, "/sign-in")]).into_response(),
        _ => {}
    }
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    match front {
        Front::Ahead => {
            let hour = chrono::TimeDelta::hours(1);
            let ahead = (chrono::Utc::now() + hour).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
            headers.insert(DATE, HeaderValue::from_str(&ahead).expect("a plain text"));
        }
        Front::JsonAsHtml => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        }
        Front::OneRequest => {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        _ => {}
    }
    answer
}

async fn page(State(server): State<Arc<Server>>, Query(asked): Query<Fields>) -> Response {
    let wanted = said(&asked, "redirect_uri");
    let known = client(&said(&asked, "client_id"))
        .filter(|(_, uri)| wanted.strip_suffix("?tenant=blue").unwrap_or(&wanted) == *uri);
    if known.is_none() || said(&asked, "response_type") != "code" {
        return (StatusCode::BAD_REQUEST, Html("<title>Unknown app</title>")).into_response();
    }
    let name = if server.quirks.trouble == Trouble::NewPage { "account" } else { "name" };
    let hidden = ["client_id", "redirect_uri", "state"].map(|name| {
        let value = said(&asked, name).replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
        format!("<input type=hidden name={name} value=\"{value}\">")
    });
    Html(format!(
        "<!doctype html><title>Sign in</title><form method=post action=/login>{}<input name={name}><input name=password \
         type=password><button name=answer value=yes>Let them</button><button name=answer value=no>No</button></form>",
        hidden.concat()
    ))
    .into_response()
}

async fn log_in(State(server): State<Arc<Server>>, Form(form): Form<Fields>) -> Response {
    let user = said(&form, "name");
    if said(&form, "password") != format!("password of {user}") {
        return (StatusCode::FORBIDDEN, Html("<title>Wrong password</title>")).into_response();
    }
    let redirect_uri = said(&form, "redirect_uri");
    let mut to = url::Url::parse(&redirect_uri).expect("it was looked at");
    if said(&form, "answer") == "no" && server.quirks.trouble == Trouble::SecondQuestionMark {
        return (StatusCode::FOUND, [(LOCATION, format!("{redirect_uri}?error=access_denied"))])
            .into_response();
    }
    if said(&form, "answer") == "no" {
        to.query_pairs_mut().append_pair("error", "access_denied");
    } else {
        let code = random("c");
        to.query_pairs_mut().append_pair("code", &code);
        let mut books = server.books.lock().expect("nobody panics");
        books.logins += 1;
        let grant = Grant { user, client: said(&form, "client_id"), login: books.logins };
        books.codes.insert(code, Code { grant, redirect_uri });
    }
    if let Some(state) = form.get("state").filter(|state| !state.is_empty()) {
        to.query_pairs_mut().append_pair("state", state);
    }
    (StatusCode::FOUND, [(LOCATION, to.to_string())]).into_response()
}

async fn token(State(server): State<Arc<Server>>, Form(form): Form<Fields>) -> Response {
    let (id, secret) = (said(&form, "client_id"), form.get("client_secret").map(String::as_str));
    let shown = said(&form, "refresh_token");
    if client(&id).is_none_or(|(right, _)| right != secret) {
        if server.quirks.trouble == Trouble::RefreshBurns {
            server.books.lock().expect("nobody panics").burned.insert(shown);
        }
        return server.refusal(401, "invalid_client");
    }
    match said(&form, "grant_type").as_str() {
        "authorization_code" => {
            let code = said(&form, "code");
            let known = server.code(&code, &id, &said(&form, "redirect_uri"));
            let Some(grant) = known else { return server.refusal(400, "invalid_grant") };
            if server.quirks.trouble == Trouble::NotTwiceASecond && server.is_too_soon(&grant) {
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
            server.once(&code, grant, true).await
        }
        "refresh_token" => {
            if server.quirks.trouble == Trouble::RefreshBreaks {
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
            let refused = secret.is_none() && server.quirks.public != Public::Usable;
            let known = {
                let books = server.books.lock().expect("nobody panics");
                let burned = books.burned.contains(&shown);
                books.refresh.get(&shown).filter(|known| known.client == id && !refused && !burned).cloned()
            };
            match known {
                Some(grant) => server.once(&shown, grant, false).await,
                None => server.refusal(400, "invalid_grant"),
            }
        }
        _ => server.refusal(400, "unsupported_grant_type"),
    }
}

impl Server {
    fn refusal(&self, status: u16, error: &'static str) -> Response {
        let status = StatusCode::from_u16(status).expect("it is a status");
        match self.quirks.refusals {
            Refusals::Json => (status, axum::Json(json!({ "error": error }))).into_response(),
            Refusals::JsonWith200 => axum::Json(json!({ "error": error })).into_response(),
            Refusals::PlainText => (status, error).into_response(),
            Refusals::Redirect => (StatusCode::FOUND, [(LOCATION, "/error")]).into_response(),
            Refusals::PageWith200 => {
                Html("<!doctype html><title>Error</title><p>That can't be done.").into_response()
            }
        }
    }

    /// What a code stands for, for this client and redirect URI.
    fn code(&self, code: &str, client: &str, redirect_uri: &str) -> Option<Grant> {
        let books = self.books.lock().expect("nobody panics");
        let known = books.codes.get(code)?;
        let right = known.grant.client == client && known.redirect_uri == redirect_uri;
        right.then(|| known.grant.clone())
    }

    fn is_too_soon(&self, grant: &Grant) -> bool {
        let pair = (grant.user.clone(), grant.client.clone());
        let before = self.books.lock().expect("nobody panics").exchanged.insert(pair, Instant::now());
        before.is_some_and(|before| before.elapsed() < Duration::from_secs(1))
    }

    /// What a code or a refresh token gives that works once. `exchanged`: it is a code.
    async fn once(&self, key: &str, grant: Grant, exchanged: bool) -> Response {
        if !exchanged && self.quirks.rotation == Rotation::Kept {
            return self.given(self.issue(&grant, exchanged));
        }
        let (send, receive) = watch::channel(None);
        let again = {
            let mut books = self.books.lock().expect("nobody panics");
            let known = books.used.get(key).cloned();
            books.reuses += u32::from(known.is_some());
            books.used.entry(key.to_owned()).or_insert(receive);
            known.map(|known| (known, books.reuses))
        };
        let Some((mut first, number)) = again else {
            // The time that others take to meet it.
            tokio::time::sleep(Duration::from_millis(20)).await;
            let given = self.issue(&grant, exchanged);
            send.send_replace(Some(given.clone()));
            return self.given(given);
        };
        let under_way = first.borrow().is_none();
        match self.quirks.reuse {
            Reuse::Locked if under_way => {
                (StatusCode::INTERNAL_SERVER_ERROR, "database is locked").into_response()
            }
            Reuse::Shared if under_way => match first.wait_for(Option::is_some).await {
                Ok(given) => self.given(given.clone().flatten()),
                Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            },
            Reuse::WorksAtThe(this) if this == number => self.given(self.issue(&grant, exchanged)),
            _ => self.refusal(400, "invalid_grant"),
        }
    }

    fn given(&self, given: Option<Value>) -> Response {
        given.map_or_else(|| self.refusal(400, "invalid_grant"), |given| axum::Json(given).into_response())
    }

    /// New tokens: a login ends what there was of the user and the client, a refresh the access token before it. `None` if it
    /// was logged out from meanwhile.
    fn issue(&self, grant: &Grant, exchanged: bool) -> Option<Value> {
        let Quirks { rotation, public, reuse, life, .. } = self.quirks;
        let mut books = self.books.lock().expect("nobody panics");
        if books.ended.contains(&grant.login) {
            return None;
        }
        let ends = |old: &Grant| match exchanged {
            true => old.user == grant.user && old.client == grant.client && old.login != grant.login,
            false => old == grant && !matches!(reuse, Reuse::WorksAtThe(_)),
        };
        books.access.retain(|_, old| !ends(old));
        if exchanged {
            books.refresh.retain(|_, old| !ends(old));
        }
        let access = random("a");
        books.access.insert(access.clone(), grant.clone());
        let mut given = json!({ "access_token": access, "token_type": "bearer", "expires_in": 3600 });
        if life != Life::Long {
            given["expires_in"] = json!(BRIEF.as_secs());
        }
        let wanted = exchanged || rotation == Rotation::New;
        if wanted && (grant.client != "public-app" || public != Public::NoRefreshToken) {
            let refresh = random("r");
            books.refresh.insert(refresh.clone(), grant.clone());
            given["refresh_token"] = json!(refresh);
        }
        Some(given)
    }
}

async fn userinfo(State(server): State<Arc<Server>>, headers: HeaderMap) -> Response {
    let line = headers.get(AUTHORIZATION).and_then(|line| line.to_str().ok()).unwrap_or_default();
    let shown = line.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let mut books = server.books.lock().expect("nobody panics");
    if let Some((_, token)) = shown {
        let first = *books.first_used.entry(token.to_owned()).or_insert_with(Instant::now);
        if server.quirks.life == Life::Brief && first.elapsed() >= BRIEF {
            books.access.remove(token);
        }
    }
    match shown.and_then(|(_, token)| books.access.get(token)) {
        Some(grant) => axum::Json(json!({ "sub": grant.user })).into_response(),
        None => {
            let mut answer = server.refusal(401, "invalid_token");
            answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            answer
        }
    }
}

async fn revoke(State(server): State<Arc<Server>>, Form(form): Form<Fields>) -> Response {
    let id = said(&form, "client_id");
    let secret = form.get("client_secret").map(String::as_str);
    if client(&id).is_none_or(|(right, _)| right != secret) {
        return server.refusal(401, "invalid_client");
    }
    let token = said(&form, "token");
    let mut books = server.books.lock().expect("nobody panics");
    let known = books.refresh.get(&token).or_else(|| books.access.get(&token)).cloned();
    if let Some(ended) = known.filter(|known| known.client == id) {
        books.ended.insert(ended.login);
        books.access.retain(|_, grant| *grant != ended);
        books.refresh.retain(|_, grant| *grant != ended);
    }
    StatusCode::OK.into_response()
}
