//! `[users]`, `[clients]` and `[[pool]]`: the users and clients that a target has for good. One set of them serves one case
//! at a time.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value as Json, json};
use toml::de::DeValue;
use url::Url;

use super::register::{Register, RegisterForm};
use super::route::{ClientAuthentication, is_loopback};
use super::secret::{Kept, is_secret_name};
use super::value::blank;
use crate::suite::code::Code;
use crate::suite::read::form::form;
use crate::suite::read::keyed::{Keyed, Loose};
use crate::suite::read::value::{Defs, Value};
use crate::suite::read::wording::{listed, meant_or_list, shown};
use crate::suite::read::{Node, Reader, Written, in_file_order};
use crate::suite::{CLIENTS, Client, Span, USERS};

/// Users and clients that a case has for itself while it runs.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    /// By role.
    pub users: BTreeMap<String, UserEntry>,
    /// By role.
    pub clients: BTreeMap<String, ClientEntry>,
    /// What the control API calls the world that they live in.
    pub world: Option<String>,
}

/// A user as the file has them.
#[derive(Clone, Debug)]
pub struct UserEntry {
    /// What whoami shows; `None` if the first login is to tell.
    pub id: Option<String>,
    /// What data endpoints are asked for.
    pub account: Option<String>,
    /// What a login fills in.
    pub fields: BTreeMap<String, Kept>,
}

/// A client as the file has it.
#[derive(Clone, Debug)]
pub struct ClientEntry {
    /// `None` if it is registered first.
    pub id: Option<String>,
    /// `None` for a client without one, and for one that is registered first.
    pub secret: Option<Kept>,
    pub register: Option<Register>,
    /// At least one. The first is the one that is used.
    pub redirect_uris: Vec<String>,
    pub authentication: Option<ClientAuthentication>,
}

/// A client by role.
pub struct ClientRole(pub Client);

impl Value for ClientRole {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let written = reader.text(node)?;
        Client::of(&written, &written.text, reader).map(Self)
    }

    fn schema(_: &mut Defs) -> Json {
        json!({ "enum": CLIENTS })
    }
}

impl Pool {
    /// With programs run, and files found, in this folder.
    #[must_use]
    pub fn within(mut self, folder: &Path) -> Pool {
        for user in self.users.values_mut() {
            let fields = std::mem::take(&mut user.fields);
            user.fields = fields.into_iter().map(|(name, kept)| (name, kept.within(folder))).collect();
        }
        for client in self.clients.values_mut() {
            client.secret = client.secret.take().map(|secret| secret.within(folder));
            client.register = client
                .register
                .take()
                .map(|register| Register { hook: register.hook.within(folder), ..register });
        }
        self
    }
}

form! {
    /// A set of users and clients. It serves one case at a time; several sets serve several.
    struct PoolForm {
        /// Users by role: `alice`, `bob`.
        users: Option<Keyed<Loose<UserForm>>>,
        /// Clients by role: `server` (confidential), `other` (a second confidential one), `public`.
        clients: Option<Keyed<Loose<ClientForm>>>,
        /// What the control API calls the world that they live in.
        world: Option<Written>,
    }
}

/// A user: `id`, `account`, and whatever else a login fills in.
pub struct UserForm(UserEntry, Vec<Written>);

form! {
    /// A client.
    struct ClientForm {
        /// Its `client_id`.
        id: Option<Written>,
        /// Its secret. Only where the server is on this machine.
        secret: Option<Written>,
        /// The environment variable that holds its secret.
        secret_env: Option<Written>,
        /// The file that holds its secret, relative to this one.
        secret_file: Option<Written>,
        /// Its registered redirect URIs, at least one. The first is used; one of the others may have a query.
        redirect_uris: Vec<Written>,
        /// How it shows itself. Default: as the file says.
        authentication: Option<ClientAuthentication>,
        /// How it is registered before the first case, in place of `id` and a secret.
        register: Option<RegisterForm>,
    }
}

impl Value for UserForm {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let DeValue::Table(entries) = node.get_ref() else {
            reader.wrong_type(node, "a table with `id`, `account` and what a login fills in");
            return None;
        };
        let mut user = UserEntry { id: None, account: None, fields: BTreeMap::new() };
        let mut open = Vec::new();
        let mut whole = true;
        for (key, value) in in_file_order(entries) {
            let Some(written) = reader.text(value) else {
                whole = false;
                continue;
            };
            let key = key.get_ref().as_ref();
            let text = written.text.clone();
            match key {
                "id" => user.id = Some(text),
                "account" => user.account = Some(text),
                _ => {
                    let (name, kept) = if let Some(name) = key.strip_suffix("_env") {
                        (name, Kept::Env(text))
                    } else if let Some(name) = key.strip_suffix("_file") {
                        (name, Kept::File(text.into()))
                    } else if is_secret_name(key) {
                        open.push(written);
                        (key, Kept::Hushed(text))
                    } else {
                        (key, Kept::Told(text))
                    };
                    user.fields.insert(name.to_owned(), kept);
                }
            }
        }
        whole.then_some(Self(user, open))
    }

    fn schema(_: &mut Defs) -> Json {
        json!({
            "description": "A user: `id` is what whoami shows (without it, the first login tells), `account` what data \
                            endpoints are asked for; everything else is what a login fills in, by name. What ends with \
                            `_env` comes from an environment variable, and with `_file` from a file.",
            "type": "object",
            "properties": { "id": { "type": "string" }, "account": { "type": "string" } },
            "additionalProperties": { "type": "string" },
        })
    }
}

/// The sets of a file: what stands at its top, and each `[[pool]]`. `whole`: whether all that the file says of them is in the
/// forms, so that what is missing there is missing.
pub fn pools(
    forms: Vec<(PoolForm, Span)>,
    whole: bool,
    base: &Url,
    reader: &mut Reader,
) -> Option<Vec<Pool>> {
    let forms = forms.into_iter().filter(|(form, _)| form.users.is_some() || form.clients.is_some());
    let read: Vec<Option<(Pool, Span)>> =
        forms.map(|(form, span)| Some((pool(form, &span, whole, base, reader)?, span))).collect();
    let pools = read.into_iter().collect::<Option<Vec<_>>>().filter(|_| whole)?;
    if let Some((first, rest)) = pools.split_first() {
        for (pool, span) in rest {
            let roles = |pool: &Pool| -> Vec<String> {
                pool.users.keys().chain(pool.clients.keys()).cloned().collect()
            };
            if roles(pool) != roles(&first.0) {
                let message = format!(
                    "this set has {}, and the first one {}",
                    listed(&roles(pool)),
                    listed(&roles(&first.0))
                );
                let mistake = reader.mistake(Code::UnevenPools, span.clone(), message);
                reader.note(mistake.help("give every set the same users and clients"));
            }
        }
    }
    Some(pools.into_iter().map(|(pool, _)| pool).collect())
}

fn pool(form: PoolForm, span: &Span, mut whole: bool, base: &Url, reader: &mut Reader) -> Option<Pool> {
    let mut pool = Pool { world: form.world.map(|world| world.text), ..Pool::default() };
    for (role, Loose(user)) in form.users.unwrap_or_default().0 {
        whole &= known(&role, "user", &USERS, reader);
        let Some(UserForm(user, open)) = user else {
            whole = false;
            continue;
        };
        for secret in open {
            whole &= may_stand_there(&secret, base, reader);
        }
        pool.users.insert(role.text, user);
    }
    for (role, Loose(form)) in form.clients.unwrap_or_default().0 {
        whole &= known(&role, "client", &CLIENTS, reader);
        match form.and_then(|form| form.client(&role, base, reader)) {
            Some(client) => drop(pool.clients.insert(role.text, client)),
            None => whole = false,
        }
    }
    for (what, is_there) in [
        ("user `alice`", pool.users.contains_key(USERS[0])),
        ("client `server`", pool.clients.contains_key(CLIENTS[0])),
    ] {
        if !is_there && whole {
            let mistake =
                reader.mistake(Code::NoWorld, span.clone(), format!("users and clients without the {what}"));
            reader.note(
                mistake
                    .help("`alice` and `server` must be there; `bob`, `other` and `public` can be left out"),
            );
            whole = false;
        }
    }
    whole.then_some(pool)
}

fn known(role: &Written, what: &str, roles: &[&str], reader: &mut Reader) -> bool {
    let known = roles.contains(&role.text.as_str());
    if !known {
        let message = format!("no case knows a {what} `{}`", shown(&role.text));
        let help = meant_or_list(&role.text, roles);
        let mistake = reader.mistake(Code::UnknownRole, role.span.clone(), message).help(help);
        reader.note(mistake);
    }
    known
}

/// Whether a secret may stand in the file.
fn may_stand_there(secret: &Written, base: &Url, reader: &mut Reader) -> bool {
    let may = is_loopback(base);
    if !may {
        let message = "a secret in the file of a server that is not on this machine";
        let mistake = reader.mistake(Code::OpenSecret, secret.span.clone(), message);
        reader.note(mistake.help(
            "put it into an environment variable and name that with `…_env`, or into a file of its own with `…_file`",
        ));
    }
    may
}

impl ClientForm {
    fn client(self, role: &Written, base: &Url, reader: &mut Reader) -> Option<ClientEntry> {
        let mut whole = true;
        let mut given = Vec::new();
        if let Some(secret) = self.secret {
            whole &= may_stand_there(&secret, base, reader);
            given.push(Kept::Hushed(secret.text));
        }
        given.extend(self.secret_env.map(|name| Kept::Env(name.text)));
        given.extend(self.secret_file.map(|path| Kept::File(path.text.into())));
        let at = role.span.clone();
        if given.len() > 1 {
            let message = "expected one of `secret_env`, `secret_file` and `secret`";
            let mistake = reader.mistake(Code::OneOf, at.clone(), message);
            reader.note(mistake);
            whole = false;
        }
        if self.register.is_some() && (self.id.is_some() || !given.is_empty()) {
            let message = "a client that is registered first gets its id and secret then";
            let mistake = reader.mistake(Code::OneOf, at.clone(), message);
            reader.note(mistake.help("leave out `register`, or `id` and the secret"));
            whole = false;
        }
        if self.register.is_none() && self.id.is_none() {
            let mistake = reader.mistake(Code::MissingKey, at.clone(), "a client without `id`");
            reader.note(mistake.help("give its `client_id`, or say with `register` how to get one"));
            whole = false;
        }
        let needs_secret = role.text != "public"
            && self.register.is_none()
            && self.authentication != Some(ClientAuthentication::None);
        if needs_secret && given.is_empty() && whole {
            let message = format!("the client `{}` is confidential and has no secret", shown(&role.text));
            let mistake = reader.mistake(Code::NoSecret, at.clone(), message);
            reader.note(mistake.help("name the environment variable that holds it: `secret_env = \"…\"`"));
            whole = false;
        }
        if self.redirect_uris.is_empty() {
            let mistake = reader.mistake(Code::SaysNothing, at, "a client without a redirect URI");
            reader.note(mistake.help("give at least one that is registered: `redirect_uris = [\"…\"]`"));
            whole = false;
        }
        for mistake in self.id.iter().filter_map(|id| blank(id, "it", reader)).collect::<Vec<_>>() {
            reader.note(mistake);
            whole = false;
        }
        for uri in &self.redirect_uris {
            whole &= is_redirect_uri(uri, reader);
        }
        let register = match self.register {
            Some(form) => Some(form.register(base, reader)?),
            None => None,
        };
        whole.then(|| ClientEntry {
            id: self.id.map(|id| id.text),
            secret: given.pop(),
            register,
            redirect_uris: self.redirect_uris.into_iter().map(|uri| uri.text).collect(),
            authentication: self.authentication,
        })
    }
}

/// Whether it is one to which a bank can redirect: a whole address without a fragment, of any scheme (RFC 6749 §3.1.2).
fn is_redirect_uri(uri: &Written, reader: &mut Reader) -> bool {
    let parsed = Url::parse(&uri.text);
    let (message, help) = match &parsed {
        _ if uri.text.trim().is_empty() => {
            ("a redirect URI that is blank".to_owned(), "give it as it is registered")
        }
        Ok(url) if url.fragment().is_some() => (
            "a redirect URI with a fragment, which no redirect can have (RFC 6749 §3.1.2)".to_owned(),
            "leave out what is after the `#`",
        ),
        Ok(_) => return true,
        Err(_) => (
            format!("`{}` is no redirect URI", shown(&uri.text)),
            "give a whole address as it is registered, such as `https://app.example/callback`",
        ),
    };
    let mistake = reader.mistake_in(uri, Code::BadAddress, message).help(help);
    reader.note(mistake);
    false
}
