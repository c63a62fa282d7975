//! How an endpoint is reached: its address, and what every request to it has besides.

use std::net::IpAddr;

use http::{HeaderName, Method};
use serde_json::{Value as Json, json};
use toml::de::DeValue;
use url::Url;

use super::value::{Pointer, choices};
use crate::suite::code::Code;
use crate::suite::read::form::{Form, form};
use crate::suite::read::keyed::Keyed;
use crate::suite::read::value::{Defs, Value};
use crate::suite::read::wording::shown;
use crate::suite::read::{Node, Reader, Written};
use crate::target::wire::Outgoing;

/// An endpoint.
#[derive(Clone, Debug)]
pub struct Route {
    pub url: Url,
    /// What goes with every request besides what it needs: into the query of a GET, into the form of a POST.
    pub parameters: Vec<(String, String)>,
    pub headers: Vec<(HeaderName, String)>,
    /// How a client shows itself here; `None` leaves it to the client and the file.
    pub authentication: Option<ClientAuthentication>,
    /// Whether a GET follows one redirect to the same address with or without a slash at its end.
    pub follows_slash: bool,
}

choices! {
    /// How a client shows its secret where nothing else is being probed (RFC 6749 §2.3.1).
    ClientAuthentication: "way for a client to show its secret" {
        /// `client_id` and `client_secret` among the form fields.
        Body = "body",
        /// The Authorization header, with both form encoded.
        Basic = "basic",
        /// `client_id` among the form fields, and no secret.
        None = "none",
    }
}

impl Route {
    /// An endpoint about which nothing is known but its address.
    pub fn at(url: Url) -> Route {
        Route { url, parameters: Vec::new(), headers: Vec::new(), authentication: None, follows_slash: false }
    }

    /// A GET with these parameters, then the endpoint's own.
    pub fn get(&self, parameters: &[(String, String)]) -> Outgoing {
        let mut request = self.request(Method::GET).query(&self.with_own(parameters));
        request.follows_slash = self.follows_slash;
        request
    }

    /// A request with the endpoint's headers and none of its parameters: see [`Route::with_own`].
    pub fn request(&self, method: Method) -> Outgoing {
        let request = Outgoing::new(method, self.url.clone());
        self.headers.iter().fold(request, |request, (name, value)| request.header(name.clone(), value))
    }

    /// These parameters and the endpoint's own, but for those of its own that are there already.
    pub fn with_own(&self, parameters: &[(String, String)]) -> Vec<(String, String)> {
        let own =
            self.parameters.iter().filter(|(name, _)| parameters.iter().all(|(known, _)| known != name));
        parameters.iter().chain(own).cloned().collect()
    }
}

form! {
    /// An endpoint.
    struct RouteForm {
        /// A path under the base, or a whole address.
        url: Written,
        /// Parameters that every request has besides what it needs, such as `scope` or `audience`.
        params: Option<Keyed<String>>,
        /// Header lines that every request has.
        headers: Option<Keyed<String>>,
        /// How a client shows itself here. Default: as it does elsewhere.
        authentication: Option<ClientAuthentication>,
        /// Whether a GET follows one redirect to the same address with or without a slash at its end. Default false.
        follow_slash: Option<bool>,
    }
}

/// A form that can be written as an address alone.
pub trait Short: Form + Value {
    fn short(url: Written) -> Self;
}

/// An address, or a table with more.
pub struct AddressOr<F>(pub F);

impl<F: Short> Value for AddressOr<F> {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        match node.get_ref() {
            DeValue::String(_) => reader.text(node).map(F::short).map(Self),
            DeValue::Table(_) => F::read(node, reader).map(Self),
            _ => {
                reader.wrong_type(node, "an address, or a table with `url` and more");
                None
            }
        }
    }

    fn schema(defs: &mut Defs) -> Json {
        json!({ "anyOf": [{ "type": "string" }, F::schema(defs)] })
    }
}

impl Short for RouteForm {
    fn short(url: Written) -> Self {
        Self { url, params: None, headers: None, authentication: None, follow_slash: None }
    }
}

impl RouteForm {
    pub fn route(self, base: &Url, reader: &mut Reader) -> Option<Route> {
        let url = address(&self.url, Some(base), reader);
        let headers =
            self.headers.unwrap_or_default().0.into_iter().map(|(name, value)| match HeaderName::from_bytes(
                name.text.as_bytes(),
            ) {
                Ok(known) if http::HeaderValue::from_str(&value).is_ok() => Some((known, value)),
                _ => {
                    let message = format!("`{}` is no header that HTTP can carry", shown(&name.text));
                    let mistake = reader.mistake(Code::BadHeader, name.span, message);
                    reader.note(mistake);
                    None
                }
            });
        let headers = headers.collect::<Option<Vec<_>>>();
        Some(Route {
            url: url?,
            headers: headers?,
            parameters: self.params.unwrap_or_default().pairs(),
            authentication: self.authentication,
            follows_slash: self.follow_slash.unwrap_or(false),
        })
    }
}

/// An address that can be called: a whole one, or a path under `base`, whose end is kept as it is written.
pub fn address(written: &Written, base: Option<&Url>, reader: &mut Reader) -> Option<Url> {
    let text = written.text.as_str();
    let whole =
        text.split_once(':').is_some_and(|(scheme, _)| scheme.bytes().all(|b| b.is_ascii_alphanumeric()));
    let parsed = match base {
        _ if text.trim().is_empty() => None,
        Some(base) if !whole => under(base, text),
        _ => Url::parse(text).ok(),
    };
    let (code, message, help) = match &parsed {
        Some(url) if !url.username().is_empty() || url.password().is_some() => (
            Code::OpenSecret,
            "an address with a user name or a password, which every report would show".to_owned(),
            "leave out what is before the `@`; if the server asks for it, send it by `[headers]`",
        ),
        Some(url) if url.query().is_some() || url.fragment().is_some() => (
            Code::BadAddress,
            "an address with a query or a fragment".to_owned(),
            "parameters that every request has go into the endpoint's `params`",
        ),
        Some(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => return parsed,
        _ => (
            Code::BadAddress,
            format!("`{}` is not an address that can be called", shown(text)),
            if base.is_some() {
                "give a path under the base, such as `/oauth2/token`, or a whole address with http:// or https://"
            } else {
                "give http:// or https:// with a host, such as `https://bank.example`"
            },
        ),
    };
    let mistake = reader.mistake_in(written, code, message).help(help);
    reader.note(mistake);
    None
}

/// A path under the base. A slash at its end stays one, and none is added.
pub fn under(base: &Url, path: &str) -> Option<Url> {
    let base = base.as_str().trim_end_matches('/');
    Url::parse(&format!("{base}/{}", path.trim_start_matches('/'))).ok()
}

/// Whether the address is on this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(url::Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}

/// Where in a JSON answer it is said whom a token belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    pub user: Option<Pointer>,
    pub client: Option<Pointer>,
    /// Must be `true` where it is there: an answer that says `false` identifies nobody.
    pub authenticated: Option<Pointer>,
}

form! {
    /// Where whoami's answer says who it is, by JSON pointers. What is left out can't be asked of this server, and is not
    /// judged. Without the table: `/user_id`, `/client_id` and `/authenticated`.
    struct IdentityForm {
        /// The user's id.
        user: Option<Pointer>,
        /// The client's id.
        client: Option<Pointer>,
        /// What is `true` for a token that lives, and `false` for none or a dead one.
        authenticated: Option<Pointer>,
    }
}

form! {
    /// Where a token answer says whose tokens it gives, by JSON pointers. What is left out is not judged. Without the table:
    /// `/user_id` and `/client_id`.
    struct TokenAnswerForm {
        /// The user's id.
        user: Option<Pointer>,
        /// The client's id.
        client: Option<Pointer>,
    }
}

impl IdentityForm {
    pub fn naming(self) -> Naming {
        Naming { user: self.user, client: self.client, authenticated: self.authenticated }
    }
}

impl TokenAnswerForm {
    pub fn naming(self) -> Naming {
        Naming { user: self.user, client: self.client, authenticated: None }
    }
}

impl Naming {
    /// Where the bundled bank's whoami says it (Monzo API docs, "Authenticating requests").
    pub fn of_whoami() -> Naming {
        let at = |key: &str| Some(Pointer(format!("/{key}")));
        Naming { user: at("user_id"), client: at("client_id"), authenticated: at("authenticated") }
    }

    /// Where the bundled bank's token answers say it (Monzo API docs, "Exchange the authorization code").
    pub fn of_tokens() -> Naming {
        Naming { authenticated: None, ..Naming::of_whoami() }
    }
}
