//! One request that came to the bank, and what it was.

use std::time::Instant;

use http::Method;
use url::form_urlencoded;

use crate::suite::client::To;
use crate::target::{Outgoing, Reply};

/// Who sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    App,
    Browser,
}

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Authorize,
    Exchange,
    Refresh,
    /// Another grant, or none.
    OtherGrant,
    Whoami,
    Data,
    Logout,
    /// At another origin than the bank's, where a redirect led.
    Elsewhere,
    /// No address that a bank has.
    Other,
}

/// A request that came, and what was answered.
#[derive(Clone, Debug)]
pub struct Arrived {
    pub by: By,
    pub kind: Kind,
    pub at: Instant,
    /// When the answer had left; `None` while it is under way.
    pub done: Option<Instant>,
    pub request: Outgoing,
    pub reply: Option<Reply>,
    /// Whether the answer was prepared by the case.
    pub scripted: bool,
}

/// Tokens that the bank gave.
#[derive(Clone, Debug)]
pub struct Given {
    pub access: Option<String>,
    pub refresh: Option<String>,
    pub user_id: Option<String>,
    /// Whether the whole answer left for the app.
    pub received: bool,
    pub at: Instant,
}

impl Kind {
    pub fn of(request: &Outgoing) -> Kind {
        let path = path_of(request);
        let asks_for_login =
            || request.url.query_pairs().any(|(key, _)| key == "response_type" || key == "client_id");
        match path.trim_end_matches('/') {
            "/oauth2/token" => match parameter(request, "grant_type").as_deref() {
                Some("authorization_code") => Kind::Exchange,
                Some("refresh_token") => Kind::Refresh,
                _ => Kind::OtherGrant,
            },
            "/ping/whoami" => Kind::Whoami,
            "/oauth2/logout" => Kind::Logout,
            "/accounts" | "/balance" | "/transactions" => Kind::Data,
            "" | "/oauth2/authorize" if request.method == Method::GET && asks_for_login() => Kind::Authorize,
            // An endpoint of a real bank that this one does not have.
            _ if bearer(request).is_some() => Kind::Data,
            _ => Kind::Other,
        }
    }

    pub fn is_token(self) -> bool {
        matches!(self, Kind::Exchange | Kind::Refresh | Kind::OtherGrant)
    }

    pub fn is_call(self) -> bool {
        matches!(self, Kind::Whoami | Kind::Data)
    }

    /// Whether an answer that is prepared for `to` is for such a request.
    pub fn is_for(self, to: To) -> bool {
        match to {
            To::Token => self.is_token(),
            To::Exchange => self == Kind::Exchange,
            To::Refresh => self == Kind::Refresh,
            To::Whoami => self == Kind::Whoami,
            To::Data => self == Kind::Data,
            To::Calls => self.is_call(),
            To::Logout => self == Kind::Logout,
        }
    }

    /// What it is, in a few words for reports.
    pub fn about(self) -> &'static str {
        match self {
            Kind::Authorize => "ask for a login",
            Kind::Exchange => "exchange the code",
            Kind::Refresh => "refresh",
            Kind::OtherGrant => "ask for tokens by another grant",
            Kind::Whoami => "ask who is there",
            Kind::Data => "read data",
            Kind::Logout => "log out",
            Kind::Elsewhere => "follow to another origin",
            Kind::Other => "ask for something that the bank does not have",
        }
    }
}

impl Arrived {
    pub fn new(by: By, kind: Kind, request: Outgoing) -> Arrived {
        Arrived { by, kind, at: Instant::now(), done: None, request, reply: None, scripted: false }
    }

    /// The status of the answer, if one left whole.
    pub fn status(&self) -> Option<u16> {
        self.reply.as_ref().and_then(|reply| reply.as_ref().ok()).map(|incoming| incoming.status)
    }

    pub fn header(&self, name: &str) -> Option<String> {
        header(&self.request, name)
    }

    /// The token in its `Authorization: Bearer`.
    pub fn bearer(&self) -> Option<String> {
        bearer(&self.request)
    }

    /// A parameter of its form.
    pub fn parameter(&self, name: &str) -> Option<String> {
        parameter(&self.request, name)
    }

    /// Everything that it says, as one text: address, headers and body.
    pub fn text(&self) -> String {
        let mut text = self.request.url.to_string();
        for (name, value) in &self.request.headers {
            text.push_str(&format!("\n{name}: {}", String::from_utf8_lossy(value.as_bytes())));
        }
        text.push('\n');
        text.push_str(&String::from_utf8_lossy(&self.request.body));
        text
    }

    /// Its method and path, as findings name it.
    pub fn shown(&self) -> String {
        let answered = match &self.reply {
            Some(Ok(incoming)) => format!("answered {}", incoming.status),
            Some(Err(_)) => "its answer did not arrive".to_owned(),
            None => "not answered yet".to_owned(),
        };
        let grant = match (self.kind, self.parameter("grant_type").as_deref()) {
            (Kind::OtherGrant, None) => "without a grant_type, ",
            (Kind::OtherGrant, Some("client_credentials")) => "with grant_type=client_credentials, ",
            (Kind::OtherGrant, Some("password")) => "with grant_type=password, ",
            (Kind::OtherGrant, Some(_)) => "with another grant_type, ",
            _ => "",
        };
        format!("{} {} ({grant}{answered})", self.request.method, self.request.url.path())
    }
}

/// A request's path, with one slash where a client that joins addresses without care has two: most servers take it so.
pub fn path_of(request: &Outgoing) -> String {
    let mut path = request.url.path().to_owned();
    while path.contains("//") {
        path = path.replace("//", "/");
    }
    path
}

fn header(request: &Outgoing, name: &str) -> Option<String> {
    let found = request.headers.iter().find(|(known, _)| known.as_str() == name);
    found.map(|(_, value)| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn bearer(request: &Outgoing) -> Option<String> {
    let header = header(request, "authorization")?;
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// A parameter of a request's form.
pub fn parameter(request: &Outgoing, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(&request.body);
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn asked(path: &str, token: bool) -> Kind {
        let mut request =
            Outgoing::get(Url::parse(&format!("https://bank.example{path}")).expect("an address"));
        if token {
            request = request.header(http::header::AUTHORIZATION, "bearer a-token");
        }
        Kind::of(&request)
    }

    #[test]
    fn whatever_is_asked_with_a_token_is_a_call() {
        assert!(asked("/pots", true).is_call(), "the real bank has it");
        assert!(!asked("/favicon.ico", false).is_call());
        assert_eq!(asked("/ping/whoami", true), Kind::Whoami);
    }

    #[test]
    fn two_slashes_are_taken_for_one() {
        assert_eq!(asked("//ping/whoami", true), Kind::Whoami);
        assert_eq!(asked("/oauth2//logout", false), Kind::Logout);
    }
}
