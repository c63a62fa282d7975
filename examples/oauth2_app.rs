//! An app made with the `oauth2` crate, as its documentation shows it: what a third party might connect to the bank.
//!
//! It knows nothing of grantspec. `fixtures/apps/oauth2-crate.toml` says how it is driven:
//!
//! ```sh
//! cargo build --example oauth2_app
//! grantspec app --app fixtures/apps/oauth2-crate.toml
//! ```
//!
//! It is told by its environment who it is and where the bank is: `BANK_URL`, `CLIENT_ID`, `CLIENT_SECRET`, `REDIRECT_URI`
//! and `PORT`. Everything is kept in memory: whoever was connected before a restart connects again.

use std::collections::HashMap;
use std::env::{self, VarError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, ExtraTokenFields, HttpRequest, HttpResponse, RedirectUrl, RefreshToken, RequestTokenError,
    StandardRevocableToken, StandardTokenResponse, TokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The bank names the user beside the token.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct UserField {
    user_id: String,
}

impl ExtraTokenFields for UserField {}

type Tokens = StandardTokenResponse<UserField, BasicTokenType>;
type Bank = Client<
    BasicErrorResponse,
    Tokens,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;
type Shared = Arc<App>;

struct App {
    oauth: Bank,
    base: String,
    http: reqwest::Client,
    sessions: Mutex<HashMap<String, Arc<Session>>>,
}

/// One browser.
#[derive(Default)]
struct Session {
    /// States of logins that are under way.
    begun: Mutex<Vec<String>>,
    /// How it stands; whoever holds it is the only one who talks to the bank for this user.
    account: tokio::sync::Mutex<Account>,
}

#[derive(Default)]
struct Account {
    tokens: Option<Tokens>,
    /// Not before then may the bank be asked.
    not_before: Option<Instant>,
    shows: String,
}

#[tokio::main]
pub async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Another part of the process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let base = env::var("BANK_URL")?.trim_end_matches('/').to_owned();
    let mut oauth = Client::new(ClientId::new(env::var("CLIENT_ID")?))
        .set_auth_uri(AuthUrl::new(format!("{base}/oauth2/authorize"))?)
        .set_token_uri(TokenUrl::new(format!("{base}/oauth2/token"))?)
        .set_redirect_uri(RedirectUrl::new(env::var("REDIRECT_URI")?)?)
        // The bank wants the secret in the body.
        .set_auth_type(AuthType::RequestBody);
    match env::var("CLIENT_SECRET") {
        Ok(secret) => oauth = oauth.set_client_secret(ClientSecret::new(secret)),
        Err(VarError::NotPresent) => {}
        Err(error) => return Err(error.into()),
    }
    // "Following redirects opens the client up to SSRF vulnerabilities", says the crate.
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let http = http.retry(reqwest::retry::never()).timeout(Duration::from_secs(5)).build()?;
    let app = Arc::new(App { oauth, base, http, sessions: Mutex::default() });
    let routes = Router::new()
        .route("/", get(home))
        .route("/connect", get(connect))
        .route("/callback", get(callback))
        .route("/use", post(read))
        .route("/refresh", post(renew))
        .route("/disconnect", post(disconnect))
        .with_state(app);
    let port = env::var("PORT")?.parse()?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, routes).await?;
    Ok(())
}

async fn home(State(app): State<Shared>, headers: HeaderMap) -> Response {
    let (session, cookie) = app.session(&headers);
    let shows = session.account.lock().await.shows.clone();
    (cookie, page(&shows)).into_response()
}

async fn connect(State(app): State<Shared>, headers: HeaderMap) -> Response {
    let (session, cookie) = app.session(&headers);
    let (url, state) = app.oauth.authorize_url(CsrfToken::new_random).url();
    let mut begun = session.begun.lock().unwrap_or_else(PoisonError::into_inner);
    begun.push(state.into_secret());
    (cookie, Redirect::to(url.as_str())).into_response()
}

async fn callback(State(app): State<Shared>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let (session, cookie) = app.session(&headers);
    let query = query.unwrap_or_default();
    let one = |name: &str| {
        let mut values = url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) if !value.is_empty() => Some(value.into_owned()),
            _ => None,
        }
    };
    let ours = one("state").is_some_and(|state| {
        let mut begun = session.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let at = begun.iter().position(|known| *known == state);
        at.map(|at| begun.remove(at)).is_some()
    });
    if !ours {
        return (StatusCode::BAD_REQUEST, cookie, page("This login was not begun here.")).into_response();
    }
    if query.split('&').any(|pair| pair.starts_with("error=")) {
        let why = one("error_description").or_else(|| one("error")).unwrap_or_default();
        return (cookie, page(&format!("The bank said no: {why}"))).into_response();
    }
    let Some(code) = one("code").filter(|code| code.len() < 2_000) else {
        return (StatusCode::BAD_REQUEST, cookie, page("The login came back without a code."))
            .into_response();
    };
    // A code is good for one try, and a browser that hangs up must not end it half-way.
    let work = tokio::spawn(async move {
        let mut account = session.account.lock().await;
        let http = app.sender();
        let exchanged = app.oauth.exchange_code(AuthorizationCode::new(code)).request_async(&http).await;
        match exchanged {
            Ok(tokens) if sound(&tokens) => {
                account.shows = "Connected.".to_owned();
                account.tokens = Some(tokens);
                Redirect::to("/").into_response()
            }
            Ok(_) | Err(_) => page("The bank gave no access. Please connect again.").into_response(),
        }
    });
    (cookie, work.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())).into_response()
}

async fn read(State(app): State<Shared>, headers: HeaderMap) -> Response {
    talk(app, headers, Act::Read).await
}

async fn renew(State(app): State<Shared>, headers: HeaderMap) -> Response {
    talk(app, headers, Act::Renew).await
}

async fn disconnect(State(app): State<Shared>, headers: HeaderMap) -> Response {
    talk(app, headers, Act::Disconnect).await
}

enum Act {
    Read,
    Renew,
    Disconnect,
}

/// Something that one user's requests do one after the other, and to its end, also if the browser hangs up.
async fn talk(app: Shared, headers: HeaderMap, act: Act) -> Response {
    let (session, cookie) = app.session(&headers);
    let work = tokio::spawn(async move {
        let mut account = session.account.lock().await;
        let came = match act {
            Act::Read => app.read(&mut account).await,
            Act::Renew => app.refresh(&mut account).await,
            Act::Disconnect => app.disconnect(&mut account).await,
        };
        account.shows = came.unwrap_or_else(|trouble| trouble);
        page(&account.shows).into_response()
    });
    (cookie, work.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())).into_response()
}

impl App {
    async fn read(&self, account: &mut Account) -> Result<String, String> {
        let tokens = account.tokens.clone().ok_or_else(|| "Connect first.".to_owned())?;
        let whoami = match self.call(account, &tokens, "/ping/whoami").await? {
            Some(whoami) => whoami,
            // Refused: one refresh, one more try.
            None => {
                self.refresh(account).await?;
                let tokens = account.tokens.clone().ok_or_else(|| "Connect first.".to_owned())?;
                match self.call(account, &tokens, "/ping/whoami").await? {
                    Some(whoami) => whoami,
                    None => return Err(account.forget("The bank refuses the access. Please connect again.")),
                }
            }
        };
        let tokens = account.tokens.clone().ok_or_else(|| "Connect first.".to_owned())?;
        if whoami["user_id"] != tokens.extra_fields().user_id.as_str() {
            return Err(account.forget("The bank answered for somebody else. Please connect again."));
        }
        let Some(accounts) = self.call(account, &tokens, "/accounts").await? else {
            return Err(account.forget("The bank refuses the access. Please connect again."));
        };
        let ids = accounts["accounts"].as_array().into_iter().flatten().filter_map(|one| one["id"].as_str());
        let ids = ids.collect::<Vec<_>>().join(", ");
        Ok(format!("Connected as {}: {ids}", tokens.extra_fields().user_id))
    }

    /// `None`: the token is refused.
    async fn call(
        &self,
        account: &mut Account,
        tokens: &Tokens,
        path: &str,
    ) -> Result<Option<Value>, String> {
        account.may_ask()?;
        let request =
            self.http.get(format!("{}{path}", self.base)).bearer_auth(tokens.access_token().secret());
        let answer = request.send().await.map_err(|_| "The bank can't be reached.".to_owned())?;
        let status = answer.status().as_u16();
        let wait = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        let body: Value =
            serde_json::from_slice(&answer.bytes().await.unwrap_or_default()).unwrap_or_default();
        match status {
            200 => Ok(Some(body)),
            401 if body["code"].as_str().is_some_and(|code| code.ends_with("revoked_by_user")) => {
                Err(account.forget("You disconnected this app in your bank. Its access has ended."))
            }
            401 => Ok(None),
            403 => Err("Waiting for your approval in the bank's app.".to_owned()),
            429 | 500..=599 => {
                account.not_before = Some(Instant::now() + Duration::from_secs(wait.unwrap_or(1)));
                Err("The bank is busy. Please try again later.".to_owned())
            }
            _ => Err("The bank gave an answer that makes no sense.".to_owned()),
        }
    }

    async fn refresh(&self, account: &mut Account) -> Result<String, String> {
        account.may_ask()?;
        // Taken out: whatever happens, this token is not sent a second time.
        let tokens = account.tokens.take().ok_or_else(|| "Connect first.".to_owned())?;
        let Some(refresh_token) = tokens.refresh_token() else {
            return Err("Your access has ended. Please connect again.".to_owned());
        };
        let refresh_token = RefreshToken::new(refresh_token.secret().clone());
        let http = self.sender();
        match self.oauth.exchange_refresh_token(&refresh_token).request_async(&http).await {
            Ok(fresh) if sound(&fresh) => {
                account.tokens = Some(fresh);
                Ok("Connected; the access is renewed.".to_owned())
            }
            Err(RequestTokenError::ServerResponse(refusal)) => {
                let why = refusal.error_description().cloned().unwrap_or_else(|| refusal.error().to_string());
                Err(format!("Your bank has ended the access: {why}. Please connect again."))
            }
            _ => Err("Your access could not be renewed. Please connect again.".to_owned()),
        }
    }

    async fn disconnect(&self, account: &mut Account) -> Result<String, String> {
        let tokens = account.tokens.take().ok_or_else(|| "There is nothing to disconnect.".to_owned())?;
        for pause in [0, 1, 2, 4] {
            tokio::time::sleep(Duration::from_millis(100 * pause)).await;
            let logout = self.http.post(format!("{}/oauth2/logout", self.base));
            let told = logout.bearer_auth(tokens.access_token().secret()).send().await;
            if told.is_ok_and(|answer| matches!(answer.status().as_u16(), 200 | 401)) {
                return Ok("Disconnected. Nothing is kept.".to_owned());
            }
        }
        Ok("Disconnected. Nothing is kept. The bank could not be told; please look there too.".to_owned())
    }

    /// What the crate sends its requests by.
    fn sender(
        &self,
    ) -> impl Fn(HttpRequest) -> BoxFuture<'static, Result<HttpResponse, reqwest::Error>> + 'static {
        let http = self.http.clone();
        move |request| send(http.clone(), request).boxed()
    }

    /// The browser's session, and the cookie that it has still to be given.
    fn session(
        &self,
        headers: &HeaderMap,
    ) -> (Arc<Session>, AppendHeaders<Vec<(axum::http::HeaderName, String)>>) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = headers.get(COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut values = shown.split("; ").filter_map(|pair| pair.strip_prefix("session="));
        if let Some(session) = values.find_map(|id| sessions.get(id)) {
            return (Arc::clone(session), AppendHeaders(Vec::new()));
        }
        let id = CsrfToken::new_random_len(32).into_secret();
        let session = Arc::new(Session::default());
        sessions.insert(id.clone(), Arc::clone(&session));
        (session, AppendHeaders(vec![(SET_COOKIE, format!("session={id}; Path=/; HttpOnly; SameSite=Lax"))]))
    }
}

impl Account {
    fn may_ask(&self) -> Result<(), String> {
        match self.not_before {
            Some(then) if Instant::now() < then => {
                Err("The bank is busy. Please try again later.".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn forget(&mut self, why: &str) -> String {
        self.tokens = None;
        why.to_owned()
    }
}

/// The crate takes any type of token, and any answer with an access token.
fn sound(tokens: &Tokens) -> bool {
    *tokens.token_type() == BasicTokenType::Bearer && !tokens.access_token().secret().is_empty()
}

async fn send(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let answer = http.execute(request.try_into()?).await?;
    let mut response = http::Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        response = response.header(name, value);
    }
    let body = answer.bytes().await?.to_vec();
    Ok(response.body(body).expect("it came over HTTP"))
}

fn page(shows: &str) -> Html<String> {
    let escaped = shows.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    Html(format!(
        "<!doctype html><meta charset=utf-8><title>An app</title><p>{escaped}</p>\
         <p><a href=/connect>Connect</a></p>\
         <form method=post action=/use><button>Read</button></form>\
         <form method=post action=/disconnect><button>Disconnect</button></form>"
    ))
}
