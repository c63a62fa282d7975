//! An app whose pages need scripts, judged by `grantspec app` through its user's real browser.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use grantspec::report;
use grantspec::results::{Run, Verdict};
use tokio::runtime::Runtime;
use url::form_urlencoded;

use crate::chromium::left_out;

/// One browser of the app.
#[derive(Clone, Debug, Default)]
struct Visitor {
    state: String,
    token: Option<String>,
}

#[derive(Debug)]
struct App {
    checks_state: bool,
    base: String,
    http: reqwest::Client,
    /// Where the bank is and who the app is there, as its first page was told.
    told: Mutex<HashMap<String, String>>,
    visitors: Mutex<HashMap<String, Visitor>>,
}

type Told = Query<HashMap<String, String>>;

impl App {
    fn told(&self, name: &str) -> String {
        self.told.lock().expect("nobody panics with it").get(name).cloned().unwrap_or_default()
    }

    fn visitors(&self) -> MutexGuard<'_, HashMap<String, Visitor>> {
        self.visitors.lock().expect("nobody panics with it")
    }
}

const FRONT: &str = "<!doctype html><title>App</title><div id=app></div><script>
const button = document.createElement('button');
button.id = 'connect';
button.textContent = 'Connect your bank';
button.onclick = async () => { location = await (await fetch('/begin', { method: 'POST' })).text(); };
setTimeout(() => document.getElementById('app').append(button), 50);
</script>";

const HOME: &str = "<!doctype html><title>App</title><button id=read>Read</button><p id=shown></p><script>
document.getElementById('read').onclick = async () => {
  document.getElementById('shown').textContent = await (await fetch('/use', { method: 'POST' })).text();
};
</script>";

async fn front(State(app): State<Arc<App>>, Query(told): Told, headers: HeaderMap) -> Response {
    app.told.lock().expect("nobody panics with it").extend(told);
    match visitor(&headers) {
        Some(_) => Html(FRONT).into_response(),
        None => {
            let id = format!("v{}", app.visitors().len());
            app.visitors().insert(id.clone(), Visitor::default());
            ([(SET_COOKIE, format!("visitor={id}; HttpOnly; SameSite=Lax"))], Html(FRONT)).into_response()
        }
    }
}

fn visitor(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get(COOKIE)?.to_str().ok()?;
    cookies.split("; ").find_map(|pair| pair.strip_prefix("visitor=")).map(str::to_owned)
}

async fn begin(State(app): State<Arc<App>>, headers: HeaderMap) -> String {
    let id = visitor(&headers).expect("scripts of this origin carry the cookie");
    let mut visitors = app.visitors();
    let visitor = visitors.entry(id.clone()).or_default();
    visitor.state = format!("{id}-{}", visitor.state.len());
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", &app.told("client"))
        .append_pair("redirect_uri", &format!("{}/callback", app.base))
        .append_pair("state", &visitor.state)
        .finish();
    format!("{}/oauth2/authorize?{query}", app.told("bank"))
}

async fn callback(State(app): State<Arc<App>>, Query(came): Told, headers: HeaderMap) -> Response {
    let one = |name: &str| came.get(name).cloned().unwrap_or_default();
    let Some(id) = visitor(&headers) else { return StatusCode::FORBIDDEN.into_response() };
    if one("code").len() > 4_096 {
        // As servers do that read headers of some length only: a status, and no page.
        return StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.into_response();
    }
    let begun = app.visitors().get(&id).cloned().unwrap_or_default().state;
    if app.checks_state && one("state") != begun {
        return (StatusCode::FORBIDDEN, "This login was not begun here.").into_response();
    }
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("client_id", &app.told("client"))
        .append_pair("client_secret", &app.told("secret"))
        .append_pair("redirect_uri", &format!("{}/callback", app.base))
        .append_pair("code", &one("code"))
        .finish();
    let request = app.http.post(format!("{}/oauth2/token", app.told("bank"))).body(body);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let answer = request.send().await.expect("the bank answers").text().await.expect("a whole body");
    let tokens: serde_json::Value = serde_json::from_str(&answer).unwrap_or_default();
    let token = tokens["access_token"].as_str().map(str::to_owned);
    app.visitors().entry(id).or_default().token = token;
    Redirect::to("/home").into_response()
}

async fn read(State(app): State<Arc<App>>, headers: HeaderMap) -> String {
    let visitors = app.visitors().clone();
    let token = visitor(&headers).and_then(|id| visitors.get(&id)?.token.clone());
    let Some(token) = token else { return "Connect first.".to_owned() };
    let call = app.http.get(format!("{}/ping/whoami", app.told("bank"))).bearer_auth(token);
    call.send().await.expect("the bank answers").text().await.expect("a whole body")
}

async fn serve(checks_state: bool) -> String {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("it is bound"));
    let http = reqwest::Client::builder().no_proxy().build().expect("a plain client");
    let (told, visitors) = (Mutex::default(), Mutex::default());
    let app = App { checks_state, base: base.clone(), http, told, visitors };
    let routes = Router::new()
        .route("/", get(front))
        .route("/begin", post(begin))
        .route("/callback", get(callback))
        .route("/home", get(async || Html(HOME)))
        .route("/use", post(read))
        .with_state(Arc::new(app));
    tokio::spawn(async { axum::serve(listener, routes).await });
    base
}

/// Judges the app by these cases.
fn judged(folder: &Path, checks_state: bool, filters: &[&str]) -> Run {
    let runtime = Runtime::new().expect("a runtime starts");
    let base = runtime.block_on(serve(checks_state));
    let file = format!(
        "name = 'Scripted'\nredirect_uri = '{base}/callback'\n[connect]\n\
         browser = '{base}/?bank={{bank}}&client={{client_id}}&secret={{client_secret}}'\n\
         step = [{{ when = '#connect', press = 'Connect your bank' }}]\n\
         [use]\nbrowser = '{base}/home'\nstep = [{{ press = 'Read' }}]\n[limits]\naction_ms = 60000\n"
    );
    std::fs::write(folder.join("app.toml"), file).expect("the folder is writable");
    let mut command = Command::new(env!("CARGO_BIN_EXE_grantspec"));
    command
        .current_dir(folder)
        .args(["app", "--app", "app.toml", "--quiet", "--report", "out", "--jobs", "2"])
        .args(filters);
    let ended = command.output().expect("the program starts");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    report::read(&folder.join("out")).unwrap_or_else(|error| panic!("{error}: {said}"))
}

#[test]
fn an_app_that_needs_scripts_is_judged_in_a_browser() {
    if left_out() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder for the test");
    let filters = [
        "app-login/state-bound-to-browser",
        "app-login/abort-on-mismatch[state-flipped]",
        "app-login/giant-code",
        "app-secrets/tokens",
    ];
    let run = judged(folder.path(), true, &filters);
    let verdicts: Vec<(&str, Verdict, Option<&str>)> =
        run.cases.iter().map(|case| (case.id.as_str(), case.verdict, case.reason.as_deref())).collect();
    let told = |id: &str| verdicts.iter().find(|(known, ..)| *known == id).copied();
    for id in [filters[0], filters[1], filters[2], "app-secrets/tokens-stay-in-place"] {
        assert_eq!(told(id), Some((id, Verdict::Pass, None)), "{verdicts:?}");
    }
    // All that came to the bank is the app's own: its user's browser never got there.
    let of_browser = run.cases.iter().flat_map(|case| &case.steps).flat_map(|step| &step.exchanges);
    assert!(of_browser.into_iter().all(|one| !(one.actor == "app" && one.purpose.contains("login"))));
}

#[test]
fn an_app_that_needs_scripts_and_checks_no_state_fails() {
    if left_out() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder for the test");
    let run = judged(folder.path(), false, &["app-login/abort-on-mismatch[state-flipped]"]);
    assert_eq!(run.cases[0].verdict, Verdict::Fail, "{:?}", run.cases[0].reason);
}
