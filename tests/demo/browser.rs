//! A browser with a cookie of its own: what a user does at the app, and at the bank.

use serde_json::json;
use url::Url;

use crate::stage::{Stage, reqwest_client};

#[derive(Clone)]
pub struct Browser {
    http: reqwest::Client,
    app: String,
    cookie: Option<String>,
}

/// A page of the app.
#[derive(Clone, Debug)]
pub struct Page {
    pub status: u16,
    pub location: Option<String>,
    pub text: String,
}

/// A login that the bank has sent back, not yet given to the app.
#[derive(Clone, Debug)]
pub struct Return {
    pub state: Option<String>,
    pub code: Option<String>,
    pub query: String,
    /// The bank's name for the login, to approve it by.
    pub login: String,
}

impl Browser {
    pub fn new(stage: &Stage) -> Browser {
        Browser { http: reqwest_client(), app: stage.app(), cookie: None }
    }

    pub async fn get(&mut self, path: &str) -> Page {
        self.ask(reqwest::Method::GET, path).await
    }

    pub async fn post(&mut self, path: &str) -> Page {
        self.ask(reqwest::Method::POST, path).await
    }

    async fn ask(&mut self, method: reqwest::Method, path: &str) -> Page {
        self.try_to(method, path).await.expect("the app answers")
    }

    /// `None` if the app hangs up.
    pub async fn try_get(&mut self, path: &str) -> Option<Page> {
        self.try_to(reqwest::Method::GET, path).await
    }

    /// `None` if the app hangs up.
    pub async fn try_post(&mut self, path: &str) -> Option<Page> {
        self.try_to(reqwest::Method::POST, path).await
    }

    async fn try_to(&mut self, method: reqwest::Method, path: &str) -> Option<Page> {
        let mut request = self.http.request(method, format!("{}{path}", self.app));
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let response = request.send().await.ok()?;
        let header = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        if let Some(cookie) = header("set-cookie") {
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        let (status, location) = (response.status().as_u16(), header("location"));
        let text = String::from_utf8_lossy(&response.bytes().await.ok()?).into_owned();
        Some(Page { status, location, text })
    }

    /// Goes to the bank, and says yes or no there.
    pub async fn go(&mut self, stage: &Stage, user: &str, allow: bool) -> Return {
        let to_bank = self.get("/connect").await.location.expect("the app sends its user to the bank");
        self.at_the_bank(stage, &to_bank, user, allow).await
    }

    pub async fn at_the_bank(&self, stage: &Stage, address: &str, user: &str, allow: bool) -> Return {
        let page =
            self.http.get(address).send().await.expect("the bank answers").text().await.expect("a page");
        let login = page.split("name=\"login\" value=\"").nth(1).expect("the login page has its login");
        let login = login.split('"').next().expect("there is always a first part").to_owned();
        let back = stage.control("login", json!({ "login": login, "user": user, "allow": allow })).await;
        let location = back.headers()["location"].to_str().expect("a plain address").to_owned();
        let url = Url::parse(&location).expect("an address");
        let one =
            |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let query = url.query().unwrap_or_default().to_owned();
        Return { state: one("state"), code: one("code"), query, login }
    }

    pub async fn come_back(&mut self, query: &str) -> Page {
        self.get(&format!("/callback?{query}")).await
    }

    /// Logs in, comes back, and approves.
    pub async fn connect(&mut self, stage: &Stage, user: &str) -> Page {
        let back = self.go(stage, user, true).await;
        let page = self.come_back(&back.query).await;
        self.approve(stage, user, &back).await;
        page
    }

    pub async fn approve(&self, stage: &Stage, user: &str, back: &Return) {
        let approved = stage.control("approve", json!({ "login": back.login, "user": user })).await;
        assert_eq!(approved.status(), 200);
    }
}

impl Page {
    /// How it stands, in the page's own word.
    pub fn standing(&self) -> &str {
        let after = self.text.split("data-state=\"").nth(1).unwrap_or_default();
        after.split('"').next().unwrap_or_default()
    }
}
