//! For tests: the bank on a loopback port, and a client that follows nothing and repeats nothing.

mod authorize;
mod calls;
mod consent;
mod control;
mod description;
mod nodes;
mod notices;
mod races;
mod token;

use std::collections::HashMap;
use std::time::Duration;

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use url::form_urlencoded::{self, Serializer};

use crate::reference::{Options, defects, routes, serve};

/// A bank that is served, and one world of it.
struct Served {
    base: String,
    http: reqwest::Client,
    world: Value,
    /// Dropped, it stops the bank, if it is this one's own.
    _stop: Option<oneshot::Sender<()>>,
}

/// An answer, read whole.
struct Seen {
    status: u16,
    headers: HeaderMap,
    text: String,
}

/// What a login gave: its id, its code, and, once exchanged, its tokens.
struct Tokens {
    login: String,
    access: String,
    refresh: String,
}

impl Served {
    async fn right() -> Self {
        Served::with(&[], Duration::ZERO).await
    }

    async fn wrong(defect: &str) -> Self {
        Served::with(&[defect], Duration::ZERO).await
    }

    async fn with(ids: &[&str], window: Duration) -> Self {
        let defects = ids.iter().map(|id| defects::find(id).expect("a defect")).collect();
        let notice_pause = Duration::from_millis(1);
        Served::by(Options { defects, window, notice_pause, ..Options::default() }).await
    }

    async fn by(options: Options) -> Self {
        // Another test may have installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("it is bound"));
        let (stop, stopped) = oneshot::channel::<()>();
        let routes = routes(&options, &[]).remove(0);
        tokio::spawn(serve(listener, routes, async {
            let _ = stopped.await;
        }));
        Served { _stop: Some(stop), ..Served::at(base).await }
    }

    /// A bank that is served already.
    async fn at(base: String) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a plain client");
        let mut served = Served { base, http, world: Value::Null, _stop: None };
        let made = served.post_json("/control/worlds", json!({})).await;
        assert_eq!(made.status, 201, "{}", made.text);
        served.world = made.json();
        served
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    async fn get(&self, path: &str) -> Seen {
        Seen::of(self.request(Method::GET, path)).await
    }

    async fn post_json(&self, path: &str, body: Value) -> Seen {
        Seen::of(self.request(Method::POST, path).body(body.to_string())).await
    }

    async fn control(&self, verb: &str, body: Value) -> Seen {
        let world = self.world["world"].as_str().expect("a name");
        self.post_json(&format!("/control/worlds/{world}/{verb}"), body).await
    }

    async fn advance(&self, seconds: u64) {
        assert_eq!(self.control("advance", json!({ "seconds": seconds })).await.status, 200);
    }

    fn of_client(&self, client: &str, key: &str) -> String {
        self.world["clients"][client][key].as_str().expect("a text").to_owned()
    }

    fn redirect_uri(&self, client: &str) -> String {
        self.world["clients"][client]["redirect_uris"][0].as_str().expect("a text").to_owned()
    }

    fn of_user(&self, user: &str, key: &str) -> String {
        self.world["users"][user][key].as_str().expect("a text").to_owned()
    }

    /// The right authorization request of a client, with `changes` put over it (an empty value takes a name away).
    async fn authorize(&self, client: &str, changes: &[(&str, &str)]) -> Seen {
        let (id, uri) = (self.of_client(client, "client_id"), self.redirect_uri(client));
        let right = [("client_id", &*id), ("redirect_uri", &uri), ("response_type", "code")];
        self.get(&format!("/oauth2/authorize?{}", form(&right, changes))).await
    }

    /// Opens a login page and gives the login's id.
    async fn open(&self, client: &str, changes: &[(&str, &str)]) -> String {
        let page = self.authorize(client, changes).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let field = "name=\"login\" value=\"";
        let rest = page.text.split_once(field).expect("the field").1;
        rest.split('"').next().expect("its end").to_owned()
    }

    /// Lands by the control API and gives the redirect's parameters.
    async fn land(&self, login: &str, user: &str, allow: bool) -> HashMap<String, String> {
        let asked = json!({ "login": login, "user": user, "allow": allow });
        self.control("login", asked).await.landing()
    }

    /// The login's id and the code.
    async fn code(&self, user: &str, client: &str) -> (String, String) {
        let login = self.open(client, &[]).await;
        let landing = self.land(&login, user, true).await;
        (login, landing["code"].clone())
    }

    /// A token request with the client's right credentials, with `changes` put over it.
    fn token(&self, client: &str, right: &[(&str, &str)], changes: &[(&str, &str)]) -> RequestBuilder {
        let (id, secret) = (self.of_client(client, "client_id"), self.of_client(client, "client_secret"));
        let mut all = vec![("client_id", &*id), ("client_secret", &*secret)];
        all.extend_from_slice(right);
        self.request(Method::POST, "/oauth2/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form(&all, changes))
    }

    fn exchanging(&self, client: &str, code: &str, changes: &[(&str, &str)]) -> RequestBuilder {
        let uri = self.redirect_uri(client);
        let right = [("grant_type", "authorization_code"), ("redirect_uri", &uri), ("code", code)];
        self.token(client, &right, changes)
    }

    async fn exchange(&self, client: &str, code: &str, changes: &[(&str, &str)]) -> Seen {
        Seen::of(self.exchanging(client, code, changes)).await
    }

    fn refreshing(&self, client: &str, token: &str, changes: &[(&str, &str)]) -> RequestBuilder {
        self.token(client, &[("grant_type", "refresh_token"), ("refresh_token", token)], changes)
    }

    async fn refresh(&self, client: &str, token: &str) -> Seen {
        Seen::of(self.refreshing(client, token, &[])).await
    }

    async fn login(&self, user: &str, client: &str) -> Tokens {
        let (login, code) = self.code(user, client).await;
        let answer = self.exchange(client, &code, &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let answer = answer.json();
        Tokens {
            login,
            access: answer["access_token"].as_str().expect("a token").to_owned(),
            refresh: answer["refresh_token"].as_str().unwrap_or_default().to_owned(),
        }
    }

    async fn approved(&self, user: &str, client: &str) -> Tokens {
        let tokens = self.login(user, client).await;
        let decision = json!({ "login": tokens.login, "user": user });
        assert_eq!(self.control("approve", decision).await.status, 200);
        tokens
    }

    async fn call(&self, path: &str, token: &str) -> Seen {
        Seen::of(self.request(Method::GET, path).bearer_auth(token)).await
    }

    async fn logout(&self, token: &str) -> Seen {
        Seen::of(self.request(Method::POST, "/oauth2/logout").bearer_auth(token)).await
    }
}

impl Seen {
    async fn of(request: RequestBuilder) -> Seen {
        let answer = request.send().await.expect("an answer");
        Seen {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            text: answer.text().await.expect("a whole body"),
        }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }

    /// The parameters of a redirect.
    fn landing(&self) -> HashMap<String, String> {
        let location = self.headers.get(LOCATION).expect("a redirect").to_str().expect("ASCII");
        let query = location.split_once('?').expect("a query").1;
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    /// Status, `code` and `error` of a refusal.
    #[track_caller]
    fn refuses(&self, status: u16, code: &str, error: Option<&str>) {
        assert_eq!(self.status, status, "{}", self.text);
        let body = self.json();
        assert_eq!(body["code"], code);
        assert_eq!(body["error"].as_str(), error);
        assert!(body["message"].is_string());
        assert!(body.get("access_token").is_none());
    }
}

/// `right` with `changes` put over it; an empty value takes a name away; a name that begins with `+` is added.
fn form(right: &[(&str, &str)], changes: &[(&str, &str)]) -> String {
    let mut out = Serializer::new(String::new());
    for (name, value) in right {
        match changes.iter().find(|(changed, _)| changed == name) {
            Some((_, "")) => {}
            Some((_, other)) => {
                out.append_pair(name, other);
            }
            None => {
                out.append_pair(name, value);
            }
        }
    }
    for (name, value) in changes {
        if let Some(name) = name.strip_prefix('+') {
            out.append_pair(name, value);
        }
    }
    out.finish()
}
