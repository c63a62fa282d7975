//! What a step sends: requests that differ from the right one where their author says so, and raw ones.

use std::fmt;

use super::{Address, Client, Code, Credentials, Encoding, Grant, Redirect, Secret, User};

/// An authorization request. All keys but `client` are optional.
#[derive(Clone, Debug)]
pub struct AuthorizeRequest {
    pub client: Client,
    pub state: StateSent,
    pub redirect: Redirect,
    /// `set = { response_type = "token" }`: parameters replaced or added.
    pub set: Vec<(String, Text)>,
    /// `omit = ["response_type"]`
    pub omit: Vec<String>,
    /// `twice = { client_id = "client:other" }`: sent once more, after the right one.
    pub twice: Vec<(String, Text)>,
}

/// The state that an authorization request carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateSent {
    /// Key absent: a fresh random one.
    Fresh,
    /// `state = "…"`, this very string.
    Exactly(String),
    /// `omit = ["state"]`
    Omitted,
}

/// A parameter's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    Plain(String),
    /// `user:bob`: that user's id.
    UserId(User),
    /// `client:other`: that client's id.
    ClientId(Client),
    /// `same`: the value that the request already has. Only in `twice`.
    Same,
}

/// What a token request differs in from the right one. Every key is optional.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// `by = "other"`: another client than the handle's own sends it, with its own credentials.
    pub by: Option<Client>,
    pub secret: Secret,
    pub credentials: Credentials,
    /// `method = "GET"`. Default POST.
    pub method: String,
    pub encoding: Encoding,
    /// `set = { grant_type = "x" }`: parameters replaced or added.
    pub set: Vec<(String, Text)>,
    pub omit: Vec<String>,
    pub twice: Vec<(String, Text)>,
}

/// `request = { client, method = "GET", to = "whoami", headers = { … }, query = { … }, form = { … } }`, or `body = "…"` for
/// `form`. Nothing is added to it: no credentials, no token.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who sends it, in the report's eyes.
    pub client: Client,
    pub method: String,
    pub to: Destination,
    /// In the order of the file.
    pub headers: Vec<(String, Template)>,
    pub query: Vec<(String, Template)>,
    pub body: RequestBody,
}

impl Request {
    /// Every text of it that can hold values.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let path = match &self.to {
            Destination::Path(path) => Some(path),
            Destination::Address(_) => None,
        };
        let (form, text) = match &self.body {
            RequestBody::None => (&[][..], None),
            RequestBody::Form(form) => (form.as_slice(), None),
            RequestBody::Text(text) => (&[][..], Some(text)),
        };
        let pairs = self.headers.iter().chain(&self.query).chain(form);
        pairs.map(|(_, template)| template).chain(path).chain(text)
    }
}

/// Where a raw request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// `to = "token"`
    Address(Address),
    /// `to = "/accounts/{alice.id}"`: under the target's base.
    Path(Template),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestBody {
    None,
    /// `form = { … }`: form encoded, with that content type unless `headers` says another.
    Form(Vec<(String, Template)>),
    /// `body = "…"`, as it stands.
    Text(Template),
}

/// A text with values in it: `Bearer {first.access}`. Only raw requests have any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template(pub Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    /// `{first.access}`
    Access(Grant),
    /// `{first.refresh}`
    Refresh(Grant),
    /// `{landed.code}`
    Code(Code),
    /// `{alice.id}`
    UserId(User),
    /// `{server.id}`
    ClientId(Client),
    /// `{server.secret}`
    ClientSecret(Client),
}

/// As it was written, but for what was doubled.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| match piece {
            Piece::Text(text) => f.write_str(text),
            Piece::Access(grant) => write!(f, "{{{grant}.access}}"),
            Piece::Refresh(grant) => write!(f, "{{{grant}.refresh}}"),
            Piece::Code(code) => write!(f, "{{{code}.code}}"),
            Piece::UserId(user) => write!(f, "{{{user}.id}}"),
            Piece::ClientId(client) => write!(f, "{{{client}.id}}"),
            Piece::ClientSecret(client) => write!(f, "{{{client}.secret}}"),
        })
    }
}
