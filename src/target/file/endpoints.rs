//! `[endpoints]`: where the server has what, and in which of the usual ways each answers.

use url::Url;

use super::people::ClientRole;
use super::route::{AddressOr, ClientAuthentication, Route, RouteForm, Short, under};
use super::value::{Pointer, choices};
use crate::suite::code::Code;
use crate::suite::read::form::{Lenient, form};
use crate::suite::read::{Reader, Written};
use crate::suite::{Client, Endpoint};

/// The endpoints that the server has.
#[derive(Clone, Debug)]
pub struct Endpoints {
    pub authorize: Route,
    pub token: Route,
    /// Where refresh tokens go, if not to `token`.
    pub refresh: Option<Route>,
    pub whoami: Whoami,
    pub logout: Option<Logout>,
    pub accounts: Option<Data>,
    pub balance: Option<Data>,
    /// Always in the bundled bank's form, because its entries are looked into.
    pub transactions: Option<Data>,
    /// Where mandates are set up; payments are taken under it.
    pub mandates: Option<Route>,
    /// The control API.
    pub control: Option<Route>,
}

/// What answers whether a token lives, and whose it is.
#[derive(Clone, Debug)]
pub struct Whoami {
    pub route: Route,
    pub kind: WhoamiKind,
    /// In whose name tokens are introspected; `None` stands for the token's own client.
    pub client: Option<Client>,
}

choices! {
    /// What answers whether a token lives, and whose it is.
    WhoamiKind: "kind of whoami" {
        /// A GET with the token in the Authorization header: whoami, userinfo, or any resource.
        Resource = "resource",
        /// Token introspection with a client's credentials (RFC 7662).
        Introspection = "introspection",
    }
}

/// How a client gives its access up.
#[derive(Clone, Debug)]
pub struct Logout {
    pub route: Route,
    pub kind: LogoutKind,
    /// Which tokens a revocation sends, one request each.
    pub tokens: Vec<Revoked>,
    /// Whether a revocation says what kind of token it sends.
    pub hint: bool,
}

choices! {
    /// How a client gives its access up.
    LogoutKind: "kind of logout" {
        /// A POST with the access token in the Authorization header.
        Bearer = "bearer",
        /// Token revocation with the client's credentials (RFC 7009).
        Revocation = "revocation",
    }
}

choices! {
    /// A token that a revocation sends.
    Revoked: "token that can be revoked" {
        /// The access token.
        Access = "access",
        /// The refresh token, or the access token where there is none.
        Refresh = "refresh",
    }
}

/// A data endpoint.
#[derive(Clone, Debug)]
pub struct Data {
    pub route: Route,
    /// Where its JSON has what it is for; `None` for what the bundled bank has.
    pub gives: Option<Pointer>,
}

impl Endpoints {
    /// The bundled bank's, all of them.
    pub fn usual(base: &Url) -> Endpoints {
        let at = |path: &str| Route::at(under(base, path).expect("a path under a base makes an address"));
        let data = |path: &str| Some(Data { route: at(path), gives: None });
        Endpoints {
            authorize: at("/oauth2/authorize"),
            token: at("/oauth2/token"),
            refresh: None,
            whoami: Whoami { route: at("/ping/whoami"), kind: WhoamiKind::Resource, client: None },
            logout: Some(Logout {
                route: at("/oauth2/logout"),
                kind: LogoutKind::Bearer,
                tokens: vec![Revoked::Access],
                hint: true,
            }),
            accounts: data("/accounts"),
            balance: data("/balance"),
            transactions: data("/transactions"),
            mandates: Some(at("/mandates")),
            control: Some(at("/control")),
        }
    }

    /// A data endpoint; `None` for whoami, which is none, and where the server has none.
    pub fn data(&self, endpoint: Endpoint) -> Option<&Data> {
        match endpoint {
            Endpoint::Whoami => None,
            Endpoint::Accounts => self.accounts.as_ref(),
            Endpoint::Balance => self.balance.as_ref(),
            Endpoint::Transactions | Endpoint::History => self.transactions.as_ref(),
        }
    }

    /// Every route that a case's requests go by.
    pub fn all(&self) -> impl Iterator<Item = &Route> {
        let data =
            [&self.accounts, &self.balance, &self.transactions].into_iter().flatten().map(|data| &data.route);
        let others =
            [self.refresh.as_ref(), self.mandates.as_ref(), self.logout.as_ref().map(|logout| &logout.route)];
        [&self.authorize, &self.token, &self.whoami.route]
            .into_iter()
            .chain(others.into_iter().flatten())
            .chain(data)
    }

    /// The route of an endpoint, if the server has it.
    pub fn of(&self, endpoint: Endpoint) -> Option<&Route> {
        match endpoint {
            Endpoint::Whoami => Some(&self.whoami.route),
            other => self.data(other).map(|data| &data.route),
        }
    }
}

form! {
    /// Where the server has what: each a path under the base, a whole address, or a table with `url` and more. With this
    /// table, the server has what it names and nothing else; without it, everything that the bundled bank has, at the same
    /// paths.
    struct EndpointsForm {
        /// The authorization endpoint (RFC 6749 §3.1).
        authorize: Lenient<AddressOr<RouteForm>>,
        /// The token endpoint (RFC 6749 §3.2).
        token: Lenient<AddressOr<RouteForm>>,
        /// Where refresh tokens go, if not to `token`.
        refresh: Lenient<Option<AddressOr<RouteForm>>>,
        /// What answers whether a token lives, and whose it is: whoami, userinfo, another resource, or introspection.
        whoami: Lenient<AddressOr<WhoamiForm>>,
        /// Where a client gives its access up: by a POST with the token, or by revocation.
        logout: Lenient<Option<AddressOr<LogoutForm>>>,
        /// The list of accounts.
        accounts: Lenient<Option<AddressOr<DataForm>>>,
        /// The balance of an account.
        balance: Lenient<Option<AddressOr<DataForm>>>,
        /// The transactions of an account, as `{"transactions": [{"created": …}]}`.
        transactions: Lenient<Option<AddressOr<RouteForm>>>,
        /// Where a client sets a payment mandate up, and, under it, takes payments.
        mandates: Lenient<Option<AddressOr<RouteForm>>>,
        /// The control API, as the bundled bank has it.
        control: Lenient<Option<AddressOr<RouteForm>>>,
    }
}

form! {
    /// What answers whether a token lives, and whose it is.
    struct WhoamiForm {
        with route: RouteForm;
        /// How it is asked. Default `resource`.
        kind: Option<WhoamiKind>,
        /// In whose name tokens are introspected. Default: the token's own client.
        client: Option<ClientRole>,
    }
}

form! {
    /// How a client gives its access up.
    struct LogoutForm {
        with route: RouteForm;
        /// How. Default `bearer`.
        kind: Option<LogoutKind>,
        /// Which tokens a revocation sends, one request each, in this order. Default `["access"]`.
        tokens: Option<Vec<Revoked>>,
        /// Whether a revocation says what kind of token it sends. Default true.
        token_type_hint: Option<bool>,
    }
}

form! {
    /// A data endpoint.
    struct DataForm {
        with route: RouteForm;
        /// Where its JSON has what it is for, by a JSON pointer. Default: `/accounts` or `/balance`.
        gives: Option<Pointer>,
    }
}

impl Short for WhoamiForm {
    fn short(url: Written) -> Self {
        Self { route: RouteForm::short(url), kind: None, client: None }
    }
}

impl Short for LogoutForm {
    fn short(url: Written) -> Self {
        Self { route: RouteForm::short(url), kind: None, tokens: None, token_type_hint: None }
    }
}

impl Short for DataForm {
    fn short(url: Written) -> Self {
        Self { route: RouteForm::short(url), gives: None }
    }
}

impl EndpointsForm {
    /// The endpoints, once every mistake in any of them is noted.
    pub fn endpoints(self, base: &Url, reader: &mut Reader) -> Option<Endpoints> {
        let authorize = self.authorize.0.map(|form| form.0.route(base, reader));
        let token = self.token.0.map(|form| form.0.route(base, reader));
        let whoami = self.whoami.0.map(|form| form.0.whoami(base, reader));
        let logout = optional(self.logout.0, |form| form.logout(base, reader));
        let route = |form: Option<Option<AddressOr<RouteForm>>>, reader: &mut Reader| {
            optional(form, |form| form.route(base, reader))
        };
        let refresh = route(self.refresh.0, reader);
        let mandates = route(self.mandates.0, reader);
        let control = route(self.control.0, reader);
        let accounts = optional(self.accounts.0, |form| form.data(base, reader));
        let balance = optional(self.balance.0, |form| form.data(base, reader));
        let transactions = optional(self.transactions.0, |form| {
            Some(Data { route: form.route(base, reader)?, gives: None })
        });
        Some(Endpoints {
            authorize: authorize??,
            token: token??,
            refresh: refresh?,
            whoami: whoami??,
            logout: logout?,
            accounts: accounts?,
            balance: balance?,
            transactions: transactions?,
            mandates: mandates?,
            control: control?,
        })
    }
}

/// What a key gives that can be left out: `None` if it is broken, `Some(None)` if it is not there.
fn optional<F, T>(
    form: Option<Option<AddressOr<F>>>,
    build: impl FnOnce(F) -> Option<T>,
) -> Option<Option<T>> {
    match form? {
        None => Some(None),
        Some(AddressOr(form)) => build(form).map(Some),
    }
}

impl WhoamiForm {
    fn whoami(self, base: &Url, reader: &mut Reader) -> Option<Whoami> {
        let kind = self.kind.unwrap_or(WhoamiKind::Resource);
        if self.client.is_some() && kind == WhoamiKind::Resource {
            let span = self.route.url.span.clone();
            let mistake = reader.mistake(Code::OneOf, span, "only introspection is asked in a client's name");
            reader.note(mistake.help("add `kind = \"introspection\"`, or leave `client` out"));
        }
        Some(Whoami { route: self.route.route(base, reader)?, kind, client: self.client.map(|role| role.0) })
    }
}

impl LogoutForm {
    fn logout(self, base: &Url, reader: &mut Reader) -> Option<Logout> {
        let kind = self.kind.unwrap_or(LogoutKind::Bearer);
        if kind == LogoutKind::Bearer && (self.tokens.is_some() || self.token_type_hint.is_some()) {
            let span = self.route.url.span.clone();
            let message = "only a revocation chooses which tokens it sends, and says what they are";
            let mistake = reader.mistake(Code::OneOf, span, message);
            reader.note(
                mistake.help("add `kind = \"revocation\"`, or leave `tokens` and `token_type_hint` out"),
            );
        }
        if self.tokens.as_ref().is_some_and(Vec::is_empty) {
            let span = self.route.url.span.clone();
            let mistake = reader.mistake(Code::SaysNothing, span, "a revocation that sends no token");
            reader.note(mistake.help("give `tokens = [\"access\"]`, `[\"refresh\"]`, or both"));
        }
        let route = self.route.route(base, reader)?;
        let tokens = self.tokens.unwrap_or_else(|| vec![Revoked::Access]);
        Some(Logout { route, kind, tokens, hint: self.token_type_hint.unwrap_or(true) })
    }
}

impl DataForm {
    fn data(self, base: &Url, reader: &mut Reader) -> Option<Data> {
        Some(Data { route: self.route.route(base, reader)?, gives: self.gives })
    }
}

/// How a client shows itself: what the endpoint says goes before what the client says, and both before the file.
pub fn authentication(
    route: &Route,
    client: Option<ClientAuthentication>,
    file: ClientAuthentication,
) -> ClientAuthentication {
    route.authentication.or(client).unwrap_or(file)
}
