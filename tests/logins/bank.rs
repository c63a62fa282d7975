//! Banks that differ in how their users log in. What they have in common: worlds are made by the control API, a code is the
//! user's name, and only the registered redirect URI is redirected to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{delete, get, post};
use grantspec::engine::{self, Options, Plan};
use grantspec::results::CaseResult;
use grantspec::suite::Library;
use grantspec::target::login::Driver;
use grantspec::target::{Target, TargetFile};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub const CALLBACK: &str = "https://app.example/callback";

pub type Fields = HashMap<String, String>;

/// What a bank remembers of its browsers: the session's key → what is known of it.
#[derive(Default)]
pub struct Sessions(pub HashMap<String, Fields>);

pub type Shared = Arc<Mutex<Sessions>>;

/// A bank on a port of its own.
pub struct Bank {
    pub address: String,
}

impl Bank {
    /// Serves these pages, and what all banks have.
    pub async fn serve(pages: Router<Shared>) -> Bank {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port of loopback is free");
        let address = format!("http://{}", listener.local_addr().expect("it has an address"));
        let routes = pages
            .route("/control/worlds", post(world))
            .route("/control/worlds/w", delete(async || StatusCode::NO_CONTENT))
            .with_state(Shared::default());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Bank { address }
    }

    /// Runs the cases of a suite, its users logging in as `login`, the keys of `[login]`, says.
    pub async fn judge(&self, login: &str, cases: &str) -> Vec<CaseResult> {
        let suite = format!("[suite]\nid = 'mine'\nabout = 'Logins'\n{cases}");
        let library = Library::read(&[("mine.toml", suite)]).expect("the suite is right");
        let mut file = TargetFile::at(&self.address).expect("it is an address");
        file.login = Driver::parse("target.toml", login).unwrap_or_else(|found| panic!("{found:?}"));
        let target = Target::open(file).expect("an HTTP client can be set up");
        let plan = Plan::select(&library, &[], Some(&target));
        let options = Options { jobs: 1, seed: 0, rerun: "grantspec run".to_owned(), evidence: true };
        let mut results = Vec::new();
        for selected in &plan.cases {
            results.push(engine::run_case(selected, &target, &options).await);
        }
        results
    }
}

async fn world() -> impl IntoResponse {
    let user = |name: &str| json!({ "user_id": name, "account_id": "a", "email": format!("{name}@example.com"), "password": format!("{name}-has-a-secret") });
    let client = |name: &str| json!({ "client_id": name, "client_secret": "the-client-secret", "confidential": name != "public", "redirect_uris": [CALLBACK] });
    let world = json!({
        "world": "w", "now": 0, "approval_seconds": 600,
        "users": { "alice": user("alice"), "bob": user("bob") },
        "clients": { "server": client("server"), "other": client("other"), "public": client("public") },
    });
    (StatusCode::CREATED, axum::Json(world))
}

/// What is wrong with an authorization request, if anything.
pub fn wrong(request: &Fields) -> Option<&'static str> {
    let said = |name: &str| request.get(name).map(String::as_str);
    match (said("redirect_uri"), said("response_type")) {
        (Some(CALLBACK), Some("code")) => None,
        (Some(CALLBACK), _) => Some("This response type is unknown here."),
        _ => Some("This redirect URI is not registered."),
    }
}

/// Back to the client: with a code, or with what went wrong.
pub fn back(request: &Fields, outcome: &str) -> Response {
    let mut to = url::Url::parse(&request["redirect_uri"]).expect("it was looked at");
    to.query_pairs_mut().extend_pairs([outcome.split_once('=').expect("a name and a value")]);
    if let Some(state) = request.get("state") {
        to.query_pairs_mut().append_pair("state", state);
    }
    (StatusCode::FOUND, [(LOCATION, to.to_string())]).into_response()
}

pub fn page(status: u16, body: &str) -> Response {
    let status = StatusCode::from_u16(status).expect("it is a status");
    (status, Html(format!("<!DOCTYPE html><title>A bank</title><body>{body}</body>"))).into_response()
}

/// The value of a cookie.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all =
        headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok()).collect::<Vec<_>>().join("; ");
    all.split("; ").find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
}

/// Two pages, each with a form and a CSRF field; relative redirects, a cookie for a path; a checkbox that must be ticked, and a
/// denial that is a button. A wrong password shows the page again, a bad request an error page with status 200.
pub fn two_pages() -> Router<Shared> {
    Router::new()
        .route("/oauth2/authorize", get(begin))
        .route("/oauth2/login", get(login_page).post(log_in))
        .route("/oauth2/consent", get(consent_page).post(consent))
        .route("/oauth2/refused", get(async || page(200, "<h1>Sorry</h1><p>That can't be done.</p>")))
}

async fn begin(State(shared): State<Shared>, Query(request): Query<Fields>) -> Response {
    if wrong(&request).is_some() {
        return (StatusCode::FOUND, [(LOCATION, "refused?why=request")]).into_response();
    }
    let key = format!("session-{}", shared.lock().expect("nobody panics").0.len());
    shared.lock().expect("nobody panics").0.insert(key.clone(), request);
    let set = format!("sid={key}; Path=/oauth2; HttpOnly");
    (StatusCode::FOUND, [(LOCATION, "login?step=1".to_owned()), (SET_COOKIE, set)]).into_response()
}

async fn login_page(headers: HeaderMap) -> Response {
    match cookie(&headers, "sid") {
        Some(sid) => page(
            200,
            &format!(
                "<form action='/search'><input name=q><button>Search</button></form>
                 <form method=post action='?step=2'><input type=hidden name=csrf value='for-{sid}'>
                 <label>Email <input name=email></label> <input name=password type=password>
                 <input type=checkbox name=remember value=yes>
                 <button name=go value=in>Sign   in</button></form>"
            ),
        ),
        None => page(400, "No session"),
    }
}

async fn log_in(State(shared): State<Shared>, headers: HeaderMap, Form(form): Form<Fields>) -> Response {
    let sid = cookie(&headers, "sid").expect("the browser keeps its cookie");
    let said = |name: &str| form.get(name).cloned().unwrap_or_default();
    assert_eq!(said("csrf"), format!("for-{sid}"), "a hidden field goes along");
    assert_eq!(said("go"), "in", "the pressed button goes along");
    assert!(!form.contains_key("remember") && !form.contains_key("q"), "{form:?}");
    assert!(headers.contains_key(ORIGIN));
    let user = said("email").trim_end_matches("@example.com").to_owned();
    if said("password") != format!("{user}-has-a-secret") {
        return login_page(headers).await;
    }
    shared.lock().expect("nobody panics").0.get_mut(&sid).expect("it began").insert("user".into(), user);
    (StatusCode::SEE_OTHER, [(LOCATION, "/oauth2/consent")]).into_response()
}

async fn consent_page() -> Response {
    page(
        200,
        "<p>An app wants to see your account</p>
         <form id=consent method=post><input type=checkbox name=agree>
         <select name=account><option value=1>Current</option><option value=2>Savings</option></select></form>
         <button form=consent name=decision value=allow>Allow</button>
         <button form=consent name=decision value=deny>No, thanks</button>",
    )
}

async fn consent(State(shared): State<Shared>, headers: HeaderMap, Form(form): Form<Fields>) -> Response {
    let sid = cookie(&headers, "sid").expect("the browser keeps its cookie");
    let request = shared.lock().expect("nobody panics").0[&sid].clone();
    match form["decision"].as_str() {
        "deny" => back(&request, "error=access_denied"),
        _ if !form.contains_key("agree") => consent_page().await,
        _ => back(&request, &format!("code={}-{}", request["user"], form["account"])),
    }
}

/// A page whose script logs in by JSON; then the first address is asked again, and so is the consent. A denial is a link.
pub fn by_json() -> Router<Shared> {
    async fn authorize(headers: HeaderMap, Query(request): Query<Fields>) -> Response {
        if let Some(why) = wrong(&request) {
            return (StatusCode::BAD_REQUEST, axum::Json(json!({ "error": why }))).into_response();
        }
        match cookie(&headers, "who") {
            None => {
                (StatusCode::UNAUTHORIZED, axum::Json(json!({ "error": "login_required" }))).into_response()
            }
            Some(_) => page(200, &format!("<a href='/no?{0}'>Not now</a>", query(&request))),
        }
    }
    async fn log_in(axum::Json(asked): axum::Json<Value>) -> Response {
        let user = asked["email"].as_str().unwrap_or_default().trim_end_matches("@example.com").to_owned();
        if asked["password"] != json!(format!("{user}-has-a-secret")) {
            return (StatusCode::UNAUTHORIZED, axum::Json(json!({ "error": "wrong password" })))
                .into_response();
        }
        let set = format!("who={user}; Path=/");
        ([(SET_COOKIE, set)], axum::Json(json!({ "csrf": { "token": "csrf-1" } }))).into_response()
    }
    async fn allow(headers: HeaderMap, axum::Json(asked): axum::Json<Value>) -> Response {
        if headers.get("x-csrf").is_none_or(|token| token != "csrf-1") {
            return (StatusCode::FORBIDDEN, "no token").into_response();
        }
        let began = url::Url::parse(asked["began"].as_str().unwrap_or_default()).expect("an address");
        // The script of a page hands on the query of its own.
        let asked = asked["asked"].as_str().unwrap_or_default();
        if began.query() != Some(asked) {
            return page(400, "another page asked");
        }
        let request: Fields = began.query_pairs().into_owned().collect();
        let user = cookie(&headers, "who").unwrap_or_default();
        let to = back(&request, &format!("code={user}"));
        let to = to.headers()[LOCATION].to_str().expect("text").to_owned();
        axum::Json(json!({ "redirect": to })).into_response()
    }
    async fn deny(Query(request): Query<Fields>) -> Response {
        back(&request, "error=access_denied")
    }
    Router::new()
        .route("/oauth2/authorize", get(authorize))
        .route("/api/login", post(log_in))
        .route("/api/allow", post(allow))
        .route("/no", get(deny))
}

/// Nobody is asked: there is one user.
pub fn at_once() -> Router<Shared> {
    async fn authorize(Query(request): Query<Fields>) -> Response {
        match wrong(&request) {
            Some(why) => page(403, why),
            None => back(&request, "code=the-one"),
        }
    }
    Router::new().route("/oauth2/authorize", get(authorize))
}

/// Asks who it is, and then, once only, whether they agree.
pub fn remembering() -> Router<Shared> {
    async fn ask(Query(request): Query<Fields>) -> Response {
        match wrong(&request) {
            Some(why) => page(400, why),
            None => page(200, "<form method=post><input name=who><button>Log in</button></form>"),
        }
    }
    async fn answer(
        State(shared): State<Shared>,
        Query(request): Query<Fields>,
        Form(form): Form<Fields>,
    ) -> Response {
        let known = &mut shared.lock().expect("nobody panics").0;
        match form.get("answer").map(String::as_str) {
            Some("no") => back(&request, "error=access_denied"),
            None if !known.contains_key(&form["who"]) => page(
                200,
                &format!(
                    "<form method=post id=consent><input type=hidden name=who value='{}'>
                     <button name=answer value=yes>Yes</button><button name=answer value=no>No</button></form>",
                    form["who"]
                ),
            ),
            _ => {
                known.insert(form["who"].clone(), Fields::new());
                back(&request, &format!("code={}", form["who"]))
            }
        }
    }
    Router::new().route("/oauth2/authorize", get(ask).post(answer))
}

/// One page and one button for both answers: a yes is a tick, a no is none. `denied` is what is answered to a no.
pub fn by_ticking(denied: fn(&Fields) -> Response) -> Router<Shared> {
    async fn ask(Query(request): Query<Fields>) -> Response {
        match wrong(&request) {
            Some(why) => page(400, why),
            None => page(
                200,
                "<form method=post><input name=who><label><input type=checkbox name=confirm>I agree</label>
                 <input type=radio name=for value=day checked><input type=radio name=for value=year>
                 <button>Submit</button></form>",
            ),
        }
    }
    let answer =
        async move |Query(request): Query<Fields>, Form(form): Form<Fields>| match form.get("confirm") {
            Some(_) => back(&request, &format!("code={}-{}", form["who"], form["for"])),
            None => denied(&request),
        };
    Router::new().route("/oauth2/authorize", get(ask).post(answer))
}

fn query(request: &Fields) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(request).finish()
}
