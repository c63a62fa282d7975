//! The line to the bank: each request is sent once, on a connection of its own, and follows no redirect to elsewhere.

use std::time::Duration;

use reqwest::header::LOCATION;
use reqwest::{RequestBuilder, Response};
use url::{Url, form_urlencoded};

use super::Options;
use super::answer::Answer;
use super::rules::{Elsewhere, SecretPlace, SecretRules, TokenPlace};
use super::secret::Secret;
use super::tls;

/// No answer that the app needs is longer.
const LONGEST: usize = 256 * 1024;
/// So many redirects within the bank are followed.
const HOPS: usize = 3;

/// How the app reaches the bank, and as whom.
#[derive(Debug)]
pub struct Line {
    http: reqwest::Client,
    bank: Url,
    client_id: String,
    client_secret: Option<Secret>,
    redirect_uri: String,
    rules: SecretRules,
}

/// Why the bank can't be reached at all.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    #[error("failed to read the certificates in {}: {reason}; --ca takes a file of PEM certificates", path.display())]
    Certificates { path: std::path::PathBuf, reason: String },
    #[error("failed to set up HTTP: {0}")]
    Http(String),
}

/// No whole answer came, and nobody knows whether the bank has heard.
#[derive(Clone, Debug)]
pub struct Lost(pub String);

/// What a request to the bank came to.
pub type Heard = Result<Answer, Lost>;

impl Line {
    pub fn new(options: &Options, redirect_uri: &str, rules: SecretRules) -> Result<Line, LineError> {
        let mut http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            // A connection that was kept may be closing, and what is written to it may or may not arrive.
            .pool_max_idle_per_host(0)
            .connect_timeout(options.patience)
            .timeout(options.patience);
        if !options.proxies {
            http = http.no_proxy();
        }
        http = tls::trusting(http, &options.bank, options.ca.as_deref(), rules.tls)?;
        Ok(Line {
            http: http.build().map_err(|error| LineError::Http(whole(&error)))?,
            bank: options.bank.clone(),
            client_id: options.client_id.clone(),
            client_secret: options.client_secret.clone(),
            redirect_uri: redirect_uri.to_owned(),
            rules,
        })
    }

    /// The client's secret, for defects that show it.
    pub fn client_secret(&self) -> Option<&Secret> {
        self.client_secret.as_ref()
    }

    /// Where the user goes to log in (RFC 6749 §4.1.1).
    pub fn authorize(&self, state: Option<&str>) -> Url {
        let mut url = self.at("/oauth2/authorize");
        let mut query = url.query_pairs_mut();
        query.append_pair("client_id", &self.client_id);
        query.append_pair("redirect_uri", &self.redirect_uri);
        query.append_pair("response_type", "code");
        if let Some(state) = state {
            query.append_pair("state", state);
        }
        if let (SecretPlace::AuthorizeToo, Some(secret)) = (self.rules.client_secret, &self.client_secret) {
            query.append_pair("client_secret", secret.expose());
        }
        drop(query);
        url
    }

    /// Exchanges a code (Monzo API docs, "Exchange the authorization code").
    pub async fn exchange(&self, code: &str) -> Heard {
        let fields =
            [("grant_type", "authorization_code"), ("redirect_uri", &self.redirect_uri), ("code", code)];
        self.token_request(&fields, None).await
    }

    /// Refreshes (Monzo API docs, "Refreshing access"). `access_token` is the one to be replaced.
    pub async fn refresh(&self, refresh_token: &str, access_token: &Secret) -> Heard {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        let bearer = (self.rules.token == TokenPlace::HeaderOfRefreshToo).then_some(access_token);
        self.token_request(&fields, bearer).await
    }

    /// Asks for a token of the app's own: what no bank of this kind gives, and only a defective app wants.
    pub async fn client_credentials(&self) -> Heard {
        self.token_request(&[("grant_type", "client_credentials")], None).await
    }

    /// Reads.
    pub async fn call(&self, path: &str, access_token: &Secret) -> Heard {
        let mut url = self.at(path);
        if matches!(self.rules.token, TokenPlace::Query | TokenPlace::Both) {
            url.query_pairs_mut().append_pair("access_token", access_token.expose());
        }
        let get = |url: Url| {
            let request = self.http.get(url);
            match self.rules.token {
                TokenPlace::Query => request,
                _ => request.bearer_auth(access_token.expose()),
            }
        };
        let mut answer = self.send(get(url.clone())).await?;
        for _ in 0..HOPS {
            let Some(next) = answer.location.as_deref().and_then(|location| url.join(location).ok()) else {
                break;
            };
            if next.origin() != url.origin() && self.rules.elsewhere != Elsewhere::Calls {
                break;
            }
            url = next;
            answer = self.send(get(url.clone())).await?;
        }
        Ok(answer)
    }

    /// Ends a token at the bank (Monzo API docs, "Log Out").
    pub async fn logout(&self, access_token: &Secret) -> Heard {
        self.send(self.http.post(self.at("/oauth2/logout")).bearer_auth(access_token.expose())).await
    }

    /// Ends it as [`Line::logout`] does, but in some wrong way.
    pub async fn odd_logout(
        &self,
        path: &str,
        method: reqwest::Method,
        access_token: Option<&Secret>,
    ) -> Heard {
        let request = self.http.request(method, self.at(path));
        self.send(match access_token {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        })
        .await
    }

    async fn token_request(&self, fields: &[(&str, &str)], bearer: Option<&Secret>) -> Heard {
        let (url, form, basic) = self.written(fields);
        let post = |url: Url| {
            let mut request = self.http.post(url).body(form.clone());
            request = request.header("content-type", "application/x-www-form-urlencoded");
            if let Some(secret) = basic {
                request = request.basic_auth(&self.client_id, Some(secret.expose()));
            }
            match bearer {
                Some(token) => request.bearer_auth(token.expose()),
                None => request,
            }
        };
        let answer = self.send(post(url.clone())).await?;
        match answer.location.as_deref().and_then(|location| url.join(location).ok()) {
            Some(next) if self.rules.elsewhere == Elsewhere::TokenRequests => self.send(post(next)).await,
            _ => Ok(answer),
        }
    }

    /// Where a token request goes, its body, and the secret that goes along by HTTP Basic.
    fn written(&self, fields: &[(&str, &str)]) -> (Url, String, Option<&Secret>) {
        let mut url = self.at("/oauth2/token");
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let in_body = match (&self.client_secret, self.rules.client_secret) {
            (Some(secret), SecretPlace::Basic) => return (url, form.finish(), Some(secret)),
            (Some(secret), SecretPlace::QueryToo) => {
                url.query_pairs_mut().append_pair("client_secret", secret.expose());
                Some(secret)
            }
            (secret, _) => secret.as_ref(),
        };
        form.append_pair("client_id", &self.client_id);
        if let Some(secret) = in_body {
            form.append_pair("client_secret", secret.expose());
        }
        (url, form.finish(), None)
    }

    /// Sends once. Whatever the bank says is an answer; anything less is lost.
    async fn send(&self, request: RequestBuilder) -> Heard {
        let request = request.header("accept", "application/json");
        let mut response = request.send().await.map_err(|error| Lost(whole(&error)))?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| Lost(whole(&error)))? {
            if body.len() + chunk.len() > LONGEST {
                return Err(Lost(format!("the answer is longer than {} KiB", LONGEST / 1024)));
            }
            body.extend_from_slice(&chunk);
        }
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        Ok(Answer {
            status: response.status().as_u16(),
            retry_after: header(reqwest::header::RETRY_AFTER)
                .and_then(|text| text.trim().parse().ok())
                .map(Duration::from_secs),
            location: redirect(&response),
            body,
        })
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.bank.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}{path}"));
        url
    }
}

fn redirect(response: &Response) -> Option<String> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    response.status().is_redirection().then(|| location.to_owned())
}

/// The error with its causes, without the address: it can hold a secret where a defect puts one there.
fn whole(error: &reqwest::Error) -> String {
    let mut text = match error {
        error if error.is_timeout() => "no whole answer in time".to_owned(),
        error if error.is_connect() => "the bank can't be reached".to_owned(),
        _ => "the line broke".to_owned(),
    };
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
