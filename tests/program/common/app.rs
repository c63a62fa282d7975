//! An app inside the test: right, or in one kind of trouble. It is told where the bank is by the address that begins a login.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use url::form_urlencoded;

use super::stage::Stage;

/// What is wrong with an app.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trouble {
    None,
    /// It takes its callback and does nothing with it.
    NeverCalls,
    /// It does not answer.
    Hangs,
    /// It sends its user in circles.
    RedirectsForEver,
    /// It has another address for its callback than it is registered with.
    ListensElsewhere,
    /// When it is refused it tries again, at once and for ever.
    Storms,
    /// None: what it gets after a disconnection it ends a second later, by a job of its own.
    TidiesUpLate,
    /// None: after a refusal its page has a link to the bank, for another try.
    OffersAnotherTry,
}

#[derive(Debug)]
struct App {
    trouble: Trouble,
    callback: String,
    known: Mutex<Known>,
    http: reqwest::Client,
}

/// What it was told, and what it got.
#[derive(Clone, Debug, Default)]
struct Known {
    bank: String,
    client: String,
    secret: String,
    state: String,
    /// The way to the bank.
    link: String,
    token: Option<String>,
    refresh_token: String,
}

const UNREACHABLE: &str = "the bank can't be reached";

type Pairs = Query<Vec<(String, String)>>;

/// Starts the app, and gives its app file, with these further lines.
pub fn start(stage: &Stage, trouble: Trouble, lines: &str) -> String {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let base = stage.start(serve(trouble));
    let callback = match trouble {
        Trouble::ListensElsewhere => format!("http://127.0.0.1:{}/callback", free_port()),
        _ => format!("{base}/callback"),
    };
    let leaves = if trouble == Trouble::TidiesUpLate { "disconnect" } else { "not-there" };
    let path = stage.path("app.toml");
    let text = format!(
        "name = 'App'\nredirect_uri = '{callback}'\n\
         [connect]\nget = '{base}/connect?bank={{bank}}&client={{client_id}}&secret={{client_secret}}&callback={callback}'\n\
         [use]\npost = '{base}/use'\n[disconnect]\npost = '{base}/{leaves}'\n{lines}\n"
    );
    std::fs::write(&path, text).expect("the folder is writable");
    path.display().to_string()
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it is bound").port()
}

async fn serve(trouble: Trouble) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("it is bound"));
    let http = reqwest::Client::builder().no_proxy().build().expect("a plain client");
    let app = App { trouble, callback: format!("{base}/callback"), known: Mutex::default(), http };
    let routes = Router::new()
        .route("/connect", get(connect))
        .route("/callback", get(callback))
        .route("/use", post(read))
        .route("/disconnect", post(disconnect))
        .with_state(Arc::new(app));
    tokio::spawn(async { axum::serve(listener, routes).await });
    base
}

fn one(Query(pairs): &Pairs, name: &str) -> String {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
}

impl App {
    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().expect("nobody panics with it")
    }
}

async fn connect(State(app): State<Arc<App>>, told: Pairs) -> Response {
    match app.trouble {
        Trouble::Hangs => {
            tokio::time::sleep(Duration::from_secs(3_600)).await;
            "too late".into_response()
        }
        Trouble::RedirectsForEver => Redirect::to("/connect").into_response(),
        _ => {
            let mut known = app.known();
            let begun = known.state.len();
            *known = Known {
                bank: one(&told, "bank"),
                client: one(&told, "client"),
                secret: one(&told, "secret"),
                // Good enough here: each login has another.
                state: "s".repeat(begun + 1),
                token: known.token.clone(),
                refresh_token: String::new(),
                link: String::new(),
            };
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("response_type", "code")
                .append_pair("client_id", &known.client)
                .append_pair("redirect_uri", &one(&told, "callback"))
                .append_pair("state", &known.state)
                .finish();
            known.link = format!("{}/oauth2/authorize?{query}", known.bank);
            Redirect::to(&known.link).into_response()
        }
    }
}

async fn callback(State(app): State<Arc<App>>, came: Pairs) -> Response {
    let known = app.known().clone();
    if app.trouble == Trouble::OffersAnotherTry && !one(&came, "error").is_empty() {
        let link = known.link.replace('&', "&amp;");
        return Html(format!("<p>You cancelled.</p><a href='{link}'>Try again</a>")).into_response();
    }
    exchange(&app, &known, &came).await.into_response()
}

async fn exchange(app: &App, known: &Known, came: &Pairs) -> String {
    if app.trouble == Trouble::NeverCalls || one(came, "state") != known.state {
        return "thanks".to_owned();
    }
    let code = one(came, "code");
    let asked = [("grant_type", "authorization_code"), ("redirect_uri", &app.callback), ("code", &code)];
    let Some(tokens) = tokens(app, known, &asked).await else { return UNREACHABLE.to_owned() };
    let mut known = app.known();
    known.token = tokens["access_token"].as_str().map(str::to_owned);
    known.refresh_token = tokens["refresh_token"].as_str().unwrap_or_default().to_owned();
    "connected".to_owned()
}

/// What the token endpoint answers; `None` if nobody is there.
async fn tokens(app: &App, known: &Known, asked: &[(&str, &str)]) -> Option<serde_json::Value> {
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", &known.client)
        .append_pair("client_secret", &known.secret)
        .extend_pairs(asked)
        .finish();
    let request = app.http.post(format!("{}/oauth2/token", known.bank)).body(body);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let answer = request.send().await.ok()?;
    Some(serde_json::from_str(&answer.text().await.unwrap_or_default()).unwrap_or_default())
}

async fn read(State(app): State<Arc<App>>) -> String {
    let known = app.known().clone();
    let Some(token) = known.token.clone() else { return "connect first".to_owned() };
    loop {
        let call = app.http.get(format!("{}/ping/whoami", known.bank)).bearer_auth(&token).send().await;
        let Ok(answer) = call else { return UNREACHABLE.to_owned() };
        if app.trouble == Trouble::TidiesUpLate && answer.status() == 401 {
            return refresh(&app, known).await;
        }
        if answer.status().is_success() || app.trouble != Trouble::Storms {
            return answer.status().to_string();
        }
    }
}

async fn refresh(app: &Arc<App>, known: Known) -> String {
    let asked = [("grant_type", "refresh_token"), ("refresh_token", &known.refresh_token)];
    let Some(tokens) = tokens(app, &known, &asked).await else { return UNREACHABLE.to_owned() };
    let token = tokens["access_token"].as_str().unwrap_or_default().to_owned();
    if app.known().token.is_some() {
        app.known().token = Some(token);
        return "refreshed".to_owned();
    }
    let app = Arc::clone(app);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        app.http.post(format!("{}/oauth2/logout", known.bank)).bearer_auth(token).send().await
    });
    "disconnected meanwhile".to_owned()
}

async fn disconnect(State(app): State<Arc<App>>) -> &'static str {
    app.known().token = None;
    "disconnected"
}
