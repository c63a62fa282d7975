//! The keys of a target file, and what they say together.

use std::path::Path;

use url::Url;

use super::endpoints::{Endpoints, EndpointsForm};
use super::people::{ClientForm, PoolForm, UserForm, pools};
use super::route::{ClientAuthentication, IdentityForm, Naming, TokenAnswerForm, address};
use super::settings::{Control, ControlForm, Limits, LimitsForm, Refusal, RefusalForm, Tls, TlsForm};
use super::value::{Headers, blank, choices};
use super::{Pool, TargetFile, lacks};
use crate::suite::Span;
use crate::suite::code::Code;
use crate::suite::read::form::{Lenient, form};
use crate::suite::read::keyed::{Keyed, Loose};
use crate::suite::read::value::{Defs, Prose, Value};
use crate::suite::read::{Node, Reader, Written};
use crate::target::login::{Approval, Driver, GIVEN_TOKEN, ReadApproval, ReadLogin};
use crate::target::readings::{ChoiceForm, Pinned, choices as chosen};

form! {
    /// A server under test, for `grantspec run --target`: everything that is particular to it.
    struct TargetForm {
        /// What reports call the server.
        name: Lenient<Prose>,
        /// Where it is: http or https, with a host, without a query. Paths of endpoints stand under it.
        base: Lenient<Written>,
        /// Further nodes of the same server, each an address in place of the base.
        nodes: Lenient<Option<Vec<Written>>>,
        /// How a client shows its secret where nothing else is being probed. Default `body`.
        client_authentication: Lenient<Option<ClientAuthentication>>,
        /// Whether logins have a PKCE challenge (RFC 7636). Default: none.
        pkce: Lenient<Option<Pkce>>,
        /// The edition of the catalogue to judge by. Default: the newest.
        edition: Lenient<Option<Written>>,
        /// What stands in the `code`, the `error` or another text of a refusal when the user has disconnected the client.
        /// Without any, a refusal counts whose words say so.
        disconnected_errors: Lenient<Option<Vec<Written>>>,
        /// Where the server has what.
        endpoints: Lenient<Option<EndpointsForm>>,
        /// Where whoami's answer says who it is.
        identity: Lenient<Option<IdentityForm>>,
        /// Where a token answer says whose tokens it gives.
        token_answer: Lenient<Option<TokenAnswerForm>>,
        /// What counts as a refusal besides a 4xx.
        refusal: Lenient<Option<RefusalForm>>,
        /// How TLS is spoken.
        tls: Lenient<Option<Placed<TlsForm>>>,
        /// What all requests go through: the address of an HTTP proxy.
        proxy: Lenient<Option<Written>>,
        /// Header lines of every request.
        headers: Lenient<Option<Headers>>,
        /// What keeps a run within what the server can take.
        limits: Lenient<Option<LimitsForm>>,
        /// Users by role: `alice`, `bob`.
        users: Lenient<Option<Keyed<Loose<UserForm>>>>,
        /// Clients by role: `server` (confidential), `other` (a second confidential one), `public`.
        clients: Lenient<Option<Keyed<Loose<ClientForm>>>>,
        /// What the control API calls the world that they live in.
        world: Lenient<Option<Written>>,
        /// Several sets of users and clients, one `[[pool]]` each: so many cases run at a time.
        pool: Lenient<Option<Vec<Placed<PoolForm>>>>,
        /// What the server, or who runs it, does for tests.
        control: Lenient<Option<Placed<ControlForm>>>,
        /// How users log in. Without it, through the control API.
        login: Lenient<Option<ReadLogin>>,
        /// How owners approve in the bank's app. Without it, through the control API.
        approval: Lenient<Option<ReadApproval>>,
        /// What the server can't do: capability = "reason". Cases that need it are skipped.
        lacks: Lenient<Option<Keyed<Prose>>>,
        /// How the documents are read where they leave room: requirement = { reading, reason }.
        readings: Lenient<Option<Keyed<ChoiceForm>>>,
    }
}

choices! {
    /// Proof Key for Code Exchange (RFC 7636).
    Pkce: "method of PKCE" {
        /// A fresh verifier for each login, its SHA-256 as the challenge.
        S256 = "S256",
    }
}

/// A table, and where it stands.
pub struct Placed<F>(pub F, pub Span);

impl<F: Value> Value for Placed<F> {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        F::read(node, reader).map(|form| Placed(form, node.span()))
    }

    fn schema(defs: &mut Defs) -> serde_json::Value {
        F::schema(defs)
    }
}

impl TargetForm {
    /// The target, once every mistake that can be seen is noted. `folder`: where the file stands.
    pub fn file(self, folder: &Path, reader: &mut Reader) -> Option<TargetFile> {
        let base = self.base.0.and_then(|base| address(&base, None, reader));
        let lacked = self.lacks.0.map(|lacks| lacks::said(lacks.unwrap_or_default(), reader));
        let choices = self.readings.0.map(|readings| chosen(readings.unwrap_or_default(), reader));
        let disconnected =
            self.disconnected_errors.0.and_then(|names| named(names.unwrap_or_default(), reader));
        // What an address under the base means, and what may stand in the file, depends on the base. Where that is broken, the
        // rest is read as if it were on this machine: no mistake is told that may be none.
        let given = base;
        let base = given.clone().unwrap_or_else(|| Url::parse("http://127.0.0.1").expect("it is an address"));
        let endpoints = self.endpoints.0.and_then(|form| match form {
            Some(form) => form.endpoints(&base, reader),
            None => Some(Endpoints::usual(&base)),
        });
        let refusal = self.refusal.0.and_then(|form| match form {
            Some(form) => form.refusal(&base, reader),
            None => Some(Refusal::default()),
        });
        let tls = self.tls.0.and_then(|form| match form {
            Some(Placed(form, span)) => form.tls(span, reader),
            None => Some(Tls::default()),
        });
        let control = self.control.0.and_then(|form| match form {
            Some(Placed(form, span)) => form.control(&span, &base, reader),
            None => Some(Control::default()),
        });
        let proxy = self.proxy.0.and_then(|proxy| match proxy {
            Some(proxy) => address(&proxy, None, reader).map(Some),
            None => Some(None),
        });
        let nodes = self.nodes.0.and_then(|nodes| {
            let nodes: Vec<Option<Url>> =
                nodes.unwrap_or_default().iter().map(|node| address(node, None, reader)).collect();
            nodes.into_iter().collect::<Option<Vec<Url>>>()
        });
        let all_read = self.users.0.is_some()
            && self.clients.0.is_some()
            && self.world.0.is_some()
            && self.pool.0.is_some();
        let (users, clients) = (self.users.0.flatten(), self.clients.0.flatten());
        let top = PoolForm { users, clients, world: self.world.0.flatten() };
        let mut forms = vec![(top, 0..0)];
        let more = self.pool.0.flatten().unwrap_or_default();
        forms.extend(more.into_iter().map(|Placed(form, span)| (form, span)));
        let pools = pools(forms, all_read, &base, reader);
        let (base, endpoints, control, pools) = (given?, endpoints?, control?, pools?);
        if pools.is_empty() && endpoints.control.is_none() && control.make_world.is_none() {
            let mistake = reader.mistake(Code::NoWorld, 0..0, "no users and clients to judge with");
            reader.note(mistake.help(
                "give `[users.alice]` and `[clients.server]`; or, if the server can make users and clients for each case, \
                 `endpoints.control` or `control.make_world`",
            ));
        }
        let login = self.login.0?.map_or_else(Driver::default, |ReadLogin(driver)| driver);
        let approval = self.approval.0?.map_or_else(Approval::default, |ReadApproval(approval)| approval);
        let mut file = TargetFile {
            name: self.name.0?.0,
            nodes: nodes?,
            client_authentication: self.client_authentication.0?.unwrap_or(ClientAuthentication::Body),
            pkce: self.pkce.0?.is_some(),
            disconnected_errors: disconnected?,
            endpoints,
            identity: self.identity.0?.map_or_else(Naming::of_whoami, IdentityForm::naming),
            token_answer: self.token_answer.0?.map_or_else(Naming::of_tokens, TokenAnswerForm::naming),
            refusal: refusal?,
            tls: tls?.within(folder),
            proxy: proxy?,
            headers: self.headers.0?.unwrap_or_default().within(folder).0,
            limits: self.limits.0?.map_or_else(|| Limits::usual(&base), |form| form.limits(&base)),
            pools: pools.into_iter().map(|pool| pool.within(folder)).collect(),
            control: control.within(folder),
            login: login.within(folder),
            approval: approval.within(folder),
            lacks: lacked??,
            pinned: self
                .edition
                .0?
                .map(|edition| Pinned { at: reader.source.place(&edition.span), edition: edition.text }),
            choices: choices?,
            base,
        };
        if matches!(file.login, Driver::Auto) && !file.pools.is_empty() && !file.has_control_api() {
            let mistake = reader.mistake(Code::NoLogin, 0..0, "no way for the users to log in");
            reader.note(mistake.help(
                "say how in `[login]`; or, if the server has the control API, name it in `endpoints.control` and the users' \
                 world in `world`",
            ));
        }
        let given =
            |pool: &Pool| pool.users.get("alice").is_some_and(|user| user.fields.contains_key(GIVEN_TOKEN));
        if matches!(file.login, Driver::Token) && (file.pools.is_empty() || !file.pools.iter().all(given)) {
            let mistake = reader.mistake(Code::NoLogin, 0..0, "no token is given for the user `alice`");
            reader.note(mistake.help(
                "name the environment variable that holds it: `access_token_env = \"…\"` in `[users.alice]`, and in each \
                 set if there are several",
            ));
        }
        lacks::derive(&mut file);
        Some(file)
    }
}

fn named(names: Vec<Written>, reader: &mut Reader) -> Option<Vec<String>> {
    let mut whole = true;
    for name in &names {
        if let Some(mistake) = blank(name, "a name that every refusal would contain: it", reader) {
            reader.note(mistake);
            whole = false;
        }
    }
    whole.then(|| names.into_iter().map(|name| name.text).collect())
}
