//! The bank's API as the lanes use it. An error is an answer that never came: nobody knows what has happened.

use std::sync::Once;

use http::StatusCode;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};

#[derive(Clone)]
pub struct Api {
    base: String,
    client: reqwest::Client,
}

/// A world, as the control API described it once, secrets included.
pub struct World {
    name: String,
    description: Value,
}

/// What a token request gave.
#[derive(Clone, Debug)]
pub struct Pair {
    pub access: String,
    pub refresh: String,
}

/// No answer came.
#[derive(Clone, Copy, Debug)]
pub struct Silence;

impl From<reqwest::Error> for Silence {
    fn from(_: reqwest::Error) -> Self {
        Silence
    }
}

impl World {
    pub async fn make(api: &Api) -> World {
        let answer = api.client.post(format!("{}/control/worlds", api.base)).body("{}").send().await;
        let text = answer.expect("it answers").text().await.expect("it answers whole");
        let description: Value = serde_json::from_str(&text).expect("a world");
        World { name: description["world"].as_str().expect("a name").to_owned(), description }
    }

    fn client(&self, role: &str) -> (&str, &str, &str) {
        let client = &self.description["clients"][role];
        (
            client["client_id"].as_str().expect("an id"),
            client["client_secret"].as_str().expect("a secret"),
            client["redirect_uris"][0].as_str().expect("an address"),
        )
    }
}

impl Api {
    pub fn at(base: &str) -> Api {
        static TLS: Once = Once::new();
        TLS.call_once(|| {
            let provider = rustls::crypto::ring::default_provider();
            provider.install_default().expect("nobody else has");
        });
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .tcp_nodelay(true)
            .build()
            .expect("an HTTP client can be set up");
        Api { base: base.to_owned(), client }
    }

    /// From the login page to the tokens.
    pub async fn log_in(&self, world: &World, user: &str, client: &str) -> Result<Pair, Silence> {
        let (id, secret, uri) = world.client(client);
        let query = [("client_id", id), ("redirect_uri", uri), ("response_type", "code"), ("state", "s")];
        let page =
            self.client.get(with_query(&format!("{}/oauth2/authorize", self.base), &query)).send().await?;
        let login = page.headers().get("grantspec-login").expect("a login page").clone();
        let login = login.to_str().expect("ASCII").to_owned();
        page.bytes().await?;
        let asked = json!({ "login": login, "user": user, "allow": true });
        let landed = self.control(world, "login", asked).await?;
        let address = landed.headers().get("location").expect("a redirect").to_str().expect("ASCII");
        let address = url::Url::parse(address).expect("an address");
        let code = address.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", id),
            ("client_secret", secret),
            ("redirect_uri", uri),
            ("code", &code),
        ];
        let (status, pair) = self.token(&form).await?;
        Ok(pair.unwrap_or_else(|| panic!("an exchange was answered {status}")))
    }

    /// The new pair, or that it was refused.
    pub async fn refresh(&self, world: &World, client: &str, token: &str) -> Result<Option<Pair>, Silence> {
        let (id, secret, _) = world.client(client);
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", id),
            ("client_secret", secret),
            ("refresh_token", token),
        ];
        let (status, pair) = self.token(&form).await?;
        assert!(pair.is_some() || status == StatusCode::UNAUTHORIZED, "a refresh was answered {status}");
        Ok(pair)
    }

    /// Whether an access token lives.
    pub async fn lives(&self, token: &str) -> Result<bool, Silence> {
        let request = self.client.get(format!("{}/ping/whoami", self.base));
        let answer = request.header(AUTHORIZATION, format!("Bearer {token}")).send().await?;
        match answer.status() {
            StatusCode::OK => Ok(true),
            StatusCode::UNAUTHORIZED => Ok(false),
            status => panic!("whoami was answered {status}"),
        }
    }

    pub async fn log_out(&self, token: &str) -> Result<(), Silence> {
        let request = self.client.post(format!("{}/oauth2/logout", self.base));
        let answer = request.header(AUTHORIZATION, format!("Bearer {token}")).send().await?;
        assert_eq!(answer.status(), StatusCode::OK, "a logout with a token that lives");
        Ok(())
    }

    pub async fn disconnect(&self, world: &World, user: &str, client: &str) -> Result<(), Silence> {
        let answer = self.control(world, "disconnect", json!({ "user": user, "client": client })).await?;
        assert_eq!(answer.status(), StatusCode::OK, "a disconnection");
        Ok(())
    }

    async fn control(&self, world: &World, verb: &str, body: Value) -> Result<reqwest::Response, Silence> {
        let address = format!("{}/control/worlds/{}/{verb}", self.base, world.name);
        Ok(self.client.post(address).body(body.to_string()).send().await?)
    }

    async fn token(&self, form: &[(&str, &str)]) -> Result<(StatusCode, Option<Pair>), Silence> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.client.post(format!("{}/oauth2/token", self.base));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(body).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        let body: Value = serde_json::from_str(&text).map_err(|_| Silence)?;
        let field = |name: &str| body[name].as_str().expect("it is granted").to_owned();
        let granted = status == StatusCode::OK;
        let pair = granted.then(|| Pair { access: field("access_token"), refresh: field("refresh_token") });
        Ok((status, pair))
    }
}

fn with_query(address: &str, query: &[(&str, &str)]) -> url::Url {
    url::Url::parse_with_params(address, query).expect("an address")
}
