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
        let path = request.url.path().trim_end_matches('/');
        let asks_for_login =
            || request.url.query_pairs().any(|(key, _)| key == "response_type" || key == "client_id");
        match path {
            "/oauth2/token" => match parameter(request, "grant_type").as_deref() {
                Some("authorization_code") => Kind::Exchange,
                Some("refresh_token") => Kind::Refresh,
                _ => Kind::OtherGrant,
            },
            "/ping/whoami" => Kind::Whoami,
            "/oauth2/logout" => Kind::Logout,
            "/accounts" | "/balance" | "/transactions" => Kind::Data,
            "" | "/oauth2/authorize" if request.method == Method::GET && asks_for_login() => Kind::Authorize,
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
        let found = self.request.headers.iter().find(|(known, _)| known.as_str() == name);
        found.map(|(_, value)| String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    /// The token in its `Authorization: Bearer`.
    pub fn bearer(&self) -> Option<String> {
        let header = self.header("authorization")?;
        let (scheme, token) = header.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
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
        format!("{} {} ({answered})", self.request.method, self.request.url.path())
    }
}

/// A parameter of a request's form.
pub fn parameter(request: &Outgoing, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(&request.body);
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
