//! For tests: a browser at the bank's pages, without a network: it keeps its cookie and the form key of the page it saw
//! last, and follows nothing. And an app beside it, which logs in by the control API.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE};
use axum::http::{HeaderMap, Method, Request};
use serde_json::{Value, json};
use tower_service::Service;
use url::form_urlencoded::{self, Serializer};

use crate::reference::{Options, routes};

pub struct Browser {
    routes: Router,
    /// `name=value`, or empty.
    pub cookie: String,
    form_key: String,
}

pub struct Seen {
    pub status: u16,
    pub text: String,
    headers: HeaderMap,
}

impl Browser {
    /// At a bank of its own.
    pub fn new() -> Browser {
        Browser::at(routes(&Options::default(), &[]).remove(0))
    }

    pub fn at(routes: Router) -> Browser {
        Browser { routes, cookie: String::new(), form_key: String::new() }
    }

    pub async fn logged_in(email: &str) -> Browser {
        let mut browser = Browser::new();
        browser.log_in(email).await;
        browser
    }

    /// Another browser at the same bank.
    pub fn another(&self) -> Browser {
        Browser::at(self.routes.clone())
    }

    pub async fn get(&mut self, path: &str) -> Seen {
        self.get_with(path, &[("accept", "text/html,*/*;q=0.8")]).await
    }

    pub async fn get_with(&mut self, path: &str, headers: &[(&'static str, &str)]) -> Seen {
        self.send(Method::GET, path, headers, String::new()).await
    }

    /// Sends a form with the key of the last page, unless `fields` has another.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let mut form = Serializer::new(String::new());
        if fields.iter().all(|(name, _)| *name != "form_key") {
            form.append_pair("form_key", &self.form_key);
        }
        form.extend_pairs(fields);
        let kind = (CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded");
        self.send(Method::POST, path, &[kind, ("accept", "text/html")], form.finish()).await
    }

    pub async fn delete(&mut self, path: &str) -> Seen {
        self.send(Method::DELETE, path, &[], String::new()).await
    }

    async fn send(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: String) -> Seen {
        let mut request = Request::builder().method(method).uri(path);
        if !self.cookie.is_empty() {
            request = request.header(COOKIE, &self.cookie);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let seen = self.route(request.body(Body::from(body)).expect("a request")).await;
        if let Some(set) = seen.headers.get("set-cookie") {
            let set = set.to_str().expect("ASCII");
            self.cookie = set.split(';').next().expect("a first part").to_owned();
        }
        if seen.text.contains("name=\"form_key\"") {
            self.form_key = seen.field("form_key");
        }
        seen
    }

    async fn route(&self, request: Request<Body>) -> Seen {
        let answer = self.routes.clone().call(request).await.expect("it never fails");
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a whole body");
        Seen {
            status: parts.status.as_u16(),
            text: String::from_utf8_lossy(&bytes).into_owned(),
            headers: parts.headers,
        }
    }

    /// The newest link in the outbox.
    pub async fn newest_link(&mut self) -> String {
        let page = self.get("/outbox").await.text;
        let at = page.find("/login/link/").expect("a link");
        page[at..].split('"').next().expect("its end").to_owned()
    }

    /// By mail. Gives the page that it led to.
    pub async fn log_in(&mut self, email: &str) -> String {
        self.get("/login").await;
        self.post("/login", &[("email", email)]).await;
        let link = self.newest_link().await;
        let followed = self.get(&link).await;
        assert_eq!(followed.status, 303, "{}", followed.text);
        let page = followed.header("location").to_owned();
        // For the form key of the new session.
        self.get("/phone").await;
        self.get("/login").await;
        page
    }

    /// Approves by face what waits longest.
    pub async fn approve_first(&mut self) {
        let ask = self.get("/phone").await.field("ask");
        let answered = self.post("/phone/answer", &[("ask", &ask), ("answer", "face")]).await;
        assert_eq!(answered.status, 303, "{}", answered.text);
        self.get("/phone").await;
    }

    pub async fn control(&self, verb: &str, body: Value) -> Seen {
        let path = format!("/control/worlds/standing/{verb}");
        let request = Request::builder().method(Method::POST).uri(path);
        self.route(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    pub async fn advance(&self, seconds: u64) {
        assert_eq!(self.control("advance", json!({ "seconds": seconds })).await.status, 200);
    }

    async fn client(&self, role: &str, key: &str) -> String {
        let request = Request::builder().uri("/control/worlds/standing").body(Body::empty());
        let world: Value =
            serde_json::from_str(&self.route(request.expect("a request")).await.text).expect("JSON");
        world["clients"][role][key]
            .as_str()
            .or(world["clients"][role][key][0].as_str())
            .expect("a text")
            .to_owned()
    }

    pub async fn client_id(&self, role: &str) -> String {
        self.client(role, "client_id").await
    }

    /// The address at which the login of a client begins.
    pub async fn authorize(&self, role: &str, state: &str) -> String {
        let mut query = Serializer::new(String::new());
        query.append_pair("client_id", &self.client_id(role).await);
        query.append_pair("redirect_uri", &self.client(role, "redirect_uris").await);
        query.append_pair("response_type", "code").append_pair("state", state);
        format!("/oauth2/authorize?{}", query.finish())
    }

    pub async fn app_code(&self, user: &str, role: &str) -> String {
        let page = self.another().get(&self.authorize(role, "s").await).await;
        let asked = json!({ "login": page.field("login"), "user": user, "allow": true });
        let landed = self.control("login", asked).await;
        let query = landed.header("location").split_once('?').expect("a query").1.to_owned();
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(name, _)| name == "code").expect("a code").1.into_owned()
    }

    pub async fn exchange(&self, role: &str, code: &str) -> Seen {
        let (id, secret) = (self.client_id(role).await, self.client(role, "client_secret").await);
        let uri = self.client(role, "redirect_uris").await;
        let fields = [("grant_type", "authorization_code"), ("redirect_uri", &uri), ("code", code)];
        self.token_request(&id, &secret, &fields).await
    }

    pub async fn token_request(&self, id: &str, secret: &str, fields: &[(&str, &str)]) -> Seen {
        let mut form = Serializer::new(String::new());
        form.append_pair("client_id", id).append_pair("client_secret", secret).extend_pairs(fields);
        let request = Request::builder()
            .method(Method::POST)
            .uri("/oauth2/token")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.finish()));
        self.route(request.expect("a request")).await
    }

    /// An app's access token, not approved.
    pub async fn app_token(&self, user: &str, role: &str) -> String {
        let code = self.app_code(user, role).await;
        let answer = self.exchange(role, &code).await;
        let answer: Value = serde_json::from_str(&answer.text).expect("JSON");
        answer["access_token"].as_str().expect("a token").to_owned()
    }

    /// An app's access token, approved here.
    pub async fn approved_token(&mut self, user: &str, role: &str) -> String {
        let token = self.app_token(user, role).await;
        self.approve_first().await;
        token
    }

    pub async fn call(&self, path: &str, token: &str) -> Seen {
        self.with_token(Method::GET, path, token, String::new()).await
    }

    pub async fn logout(&self, token: &str) {
        let out = self.with_token(Method::POST, "/oauth2/logout", token, String::new()).await;
        assert_eq!(out.status, 200);
    }

    /// Asks for a monthly mandate; gives its id.
    pub async fn mandate(&self, token: &str, payee: &str, amount: u64) -> String {
        let terms = json!({ "payee": payee, "amount": amount, "currency": "GBP", "period": "monthly" });
        let made = self.with_token(Method::POST, "/mandates", token, terms.to_string()).await;
        let made: Value = serde_json::from_str(&made.text).expect("JSON");
        made["mandate_id"].as_str().expect("an id").to_owned()
    }

    pub async fn pay(&self, token: &str, mandate: &str, amount: u64) -> Seen {
        let body = json!({ "amount": amount, "currency": "GBP" }).to_string();
        self.with_token(Method::POST, &format!("/mandates/{mandate}/payments"), token, body).await
    }

    async fn with_token(&self, method: Method, path: &str, token: &str, body: String) -> Seen {
        let request = Request::builder().method(method).uri(path).header(ACCEPT, "*/*");
        let request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        self.route(request.body(Body::from(body)).expect("a request")).await
    }
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }

    /// The value of the first field of this name.
    #[track_caller]
    pub fn field(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let rest = self.text.split_once(&start).unwrap_or_else(|| panic!("no {name} in {}", self.text)).1;
        rest.split('"').next().expect("its end").to_owned()
    }

    /// The text of the `<code>` with this id.
    #[track_caller]
    pub fn code(&self, id: &str) -> String {
        let start = format!("<code id=\"{id}\"");
        let rest = self.text.split_once(&start).unwrap_or_else(|| panic!("no {id} in {}", self.text)).1;
        rest.split_once('>').expect("its end").1.split('<').next().expect("its end").to_owned()
    }
}
