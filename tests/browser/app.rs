//! An app that a user connects: the `oauth2` crate, which nobody wrote for this bank, and a page to come back to.

use std::time::Duration;

use oauth2::basic::BasicTokenResponse;
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, RedirectUrl, RefreshToken, RequestTokenError, TokenResponse, TokenUrl,
};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::time::timeout;
use url::Url;

/// More than anybody needs to come back.
const PATIENCE: Duration = Duration::from_secs(60);

type Client =
    oauth2::basic::BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// Where users come back to.
pub struct Callback {
    listener: TcpListener,
    pub address: String,
}

pub struct App {
    client: Client,
    bank: String,
    http: reqwest::Client,
}

impl Callback {
    pub async fn listen() -> Callback {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}/callback", listener.local_addr().expect("it is bound"));
        Callback { listener, address }
    }

    /// Waits for the user, greets them, and gives the code and the state that they bring.
    pub async fn user(&self) -> (AuthorizationCode, CsrfToken) {
        timeout(PATIENCE, self.greeted()).await.expect("the user comes back")
    }

    async fn greeted(&self) -> (AuthorizationCode, CsrfToken) {
        loop {
            let (mut socket, _) = self.listener.accept().await.expect("somebody comes");
            let mut line = String::new();
            let read = BufReader::new(&mut socket).read_line(&mut line).await;
            let target = line.split(' ').nth(1).filter(|target| target.starts_with("/callback?"));
            let page = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\nConnection: close\r\n\r\nWelcome back";
            // A browser that hangs up, or asks for more than the page, is no concern of the app's.
            let _ = socket.write_all(page.as_bytes()).await;
            if let (Ok(_), Some(target)) = (read, target) {
                let url = Url::parse(&self.address).and_then(|base| base.join(target)).expect("an address");
                let one = |name: &str| {
                    let mut pairs = url.query_pairs();
                    pairs.find(|(key, _)| key == name).expect("it is there").1.into_owned()
                };
                return (AuthorizationCode::new(one("code")), CsrfToken::new(one("state")));
            }
        }
    }
}

impl App {
    pub fn new(bank: &str, id: String, secret: String, callback: &Callback) -> App {
        let client = oauth2::basic::BasicClient::new(ClientId::new(id))
            .set_client_secret(ClientSecret::new(secret))
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(AuthUrl::new(format!("{bank}/oauth2/authorize")).expect("an address"))
            .set_token_uri(TokenUrl::new(format!("{bank}/oauth2/token")).expect("an address"))
            .set_redirect_uri(RedirectUrl::new(callback.address.clone()).expect("an address"));
        let http = reqwest::Client::builder().no_proxy().build().expect("a plain client");
        App { client, bank: bank.to_owned(), http }
    }

    /// Where the app sends its user, and the state that must come back.
    pub fn login(&self) -> (Url, CsrfToken) {
        self.client.authorize_url(CsrfToken::new_random).url()
    }

    pub async fn exchange(&self, code: AuthorizationCode) -> BasicTokenResponse {
        let http = async |request| self.send(request).await;
        self.client.exchange_code(code).request_async(&http).await.expect("the code is exchanged")
    }

    /// `error` and `error_description` of a refresh that is refused.
    pub async fn refused_refresh(&self, tokens: &BasicTokenResponse) -> (String, String) {
        let token =
            RefreshToken::new(tokens.refresh_token().expect("a confidential client's").secret().clone());
        let http = async |request| self.send(request).await;
        match self.client.exchange_refresh_token(&token).request_async(&http).await {
            Err(RequestTokenError::ServerResponse(refusal)) => {
                let why = refusal.error_description().cloned().unwrap_or_default();
                (refusal.error().to_string(), why)
            }
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("it is refreshed"),
        }
    }

    /// A call with the token: the status, and the text of the answer.
    pub async fn call(&self, path: &str, tokens: &BasicTokenResponse) -> (u16, String) {
        let request =
            self.http.get(format!("{}{path}", self.bank)).bearer_auth(tokens.access_token().secret());
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a whole body"))
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
        let answer = self.http.execute(request.try_into()?).await?;
        let mut response = http::Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            response = response.header(name, value);
        }
        let body = answer.bytes().await?.to_vec();
        Ok(response.body(body).expect("it came over HTTP"))
    }
}
