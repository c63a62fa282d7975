//! The target file: everything that is particular to one server, as data.
//!
//! It is read with the same machinery as suites: all mistakes at once, each with its line, a caret and what was probably meant.
//! Reading does no I/O; secrets are fetched when the target is opened. `fixtures/targets/example.toml` explains every key.
//!
//! A table that is there says all of it: with `[endpoints]`, the server has the endpoints that it names and no others. A table
//! that is not there means what the bundled bank has.

mod endpoints;
mod hook;
mod lacks;
mod people;
mod register;
mod route;
mod secret;
mod settings;
mod top;
mod value;

use std::collections::BTreeMap;
use std::path::Path;

use http::HeaderName;
use url::Url;

pub use endpoints::{Data, Endpoints, Logout, LogoutKind, Revoked, Whoami, WhoamiKind, authentication};
pub use hook::{CommandHook, Hook, HookBody, RequestHook, filled};
pub use people::Pool;
pub use register::{Register, metadata};
pub use route::{ClientAuthentication, Naming, Route, is_loopback};
pub use secret::{Kept, SecretError};
pub use settings::{Control, Limits, Refusal, Tls, TlsVersion};
pub use value::Pointer;

use super::login::{Approval, Driver};
use super::readings::{Choice, Pinned};
use crate::suite::read::file::whole;
use crate::suite::read::form::of_file;
use crate::suite::read::value::Value;
use crate::suite::{Diagnostic, render};

/// A target as its file describes it.
#[derive(Clone, Debug)]
pub struct TargetFile {
    pub name: String,
    /// `http` or `https`, without a query.
    pub base: Url,
    /// Further nodes of the same server, each in place of the base.
    pub nodes: Vec<Url>,
    pub client_authentication: ClientAuthentication,
    /// Whether every login has a challenge, S256, and its exchange the verifier (RFC 7636).
    pub pkce: bool,
    /// The server's own names for "the user has disconnected you". With any, only these count; without, its words do.
    pub disconnected_errors: Vec<String>,
    pub endpoints: Endpoints,
    /// Where whoami's answer says who it is.
    pub identity: Naming,
    /// Where a token answer says whose tokens it gives.
    pub token_answer: Naming,
    pub refusal: Refusal,
    pub tls: Tls,
    /// What all requests go through.
    pub proxy: Option<Url>,
    /// Header lines of every request.
    pub headers: Vec<(HeaderName, Kept)>,
    pub limits: Limits,
    /// Users and clients that are there for good. With none, worlds are made for each case.
    pub pools: Vec<Pool>,
    pub control: Control,
    /// How users log in.
    pub login: Driver,
    /// How owners approve.
    pub approval: Approval,
    /// Capability word → reason: those that the file says, and those that follow from what it does not have.
    pub lacks: BTreeMap<String, String>,
    /// The edition of the catalogue to judge by.
    pub pinned: Option<Pinned>,
    /// The readings that are judged instead of the catalogue's defaults.
    pub choices: Vec<Choice>,
}

/// What can be wrong with a target file, or with an address given in its place.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    #[error(
        "failed to read {path}: {cause}; give the path of a target file, or an address such as http://127.0.0.1:8080"
    )]
    Unreadable { path: String, cause: std::io::Error },
    #[error("{}", render(.0, crate::suite::Paint::Colour))]
    Mistakes(Vec<Diagnostic>),
    #[error(
        "--target: {value} is not an address that can be called; give http:// or https:// with a host, without a query"
    )]
    Address { value: String },
    /// Addresses go into every report; the text leaves this one out for the same reason.
    #[error(
        "--target: the address holds a user name or a password, and would show it in every report; leave them out"
    )]
    Credentials,
}

impl TargetFile {
    /// Every hook, with where it stands.
    pub fn hooks_mut(&mut self) -> impl Iterator<Item = (String, &mut Hook)> {
        let of_control = self.control.hooks_mut().map(|(key, hook)| (key.to_owned(), hook));
        let clients = self.pools.iter_mut().flat_map(|pool| &mut pool.clients);
        let of_clients = clients.filter_map(|(role, client)| {
            Some((format!("clients.{role}.register"), &mut client.register.as_mut()?.hook))
        });
        of_control.chain(of_clients)
    }

    /// A server that keeps to the bundled bank's paths and control API, at this address.
    pub fn at(address: &str) -> Result<TargetFile, TargetError> {
        let wrong = || TargetError::Address { value: address.to_owned() };
        let base = Url::parse(address).map_err(|_| wrong())?;
        if !base.username().is_empty() || base.password().is_some() {
            return Err(TargetError::Credentials);
        }
        let callable = matches!(base.scheme(), "http" | "https") && base.has_host();
        if !callable || base.query().is_some() || base.fragment().is_some() {
            return Err(wrong());
        }
        Ok(TargetFile {
            name: base.to_string().trim_end_matches('/').to_owned(),
            nodes: Vec::new(),
            client_authentication: ClientAuthentication::Body,
            pkce: false,
            disconnected_errors: Vec::new(),
            endpoints: Endpoints::usual(&base),
            identity: Naming::of_whoami(),
            token_answer: Naming::of_tokens(),
            refusal: Refusal::default(),
            tls: Tls::default(),
            proxy: None,
            headers: Vec::new(),
            limits: Limits::usual(&base),
            pools: Vec::new(),
            control: Control::default(),
            login: Driver::default(),
            approval: Approval::default(),
            lacks: BTreeMap::new(),
            pinned: None,
            choices: Vec::new(),
            base,
        })
    }

    /// Reads a target file's text. `path` is for messages, and paths in the file are relative to its folder.
    pub fn parse(path: &str, text: &str) -> Result<TargetFile, TargetError> {
        let shown = std::sync::Arc::new(secret::covered(path, text));
        let folder = Path::new(path).parent().unwrap_or(Path::new(""));
        whole(shown, text, |node, reader| top::TargetForm::read(node, reader)?.file(folder, reader))
            .map_err(TargetError::Mistakes)
    }

    /// The address of a path under the base. `None` if it makes none.
    pub fn url(&self, path: &str) -> Option<Url> {
        route::under(&self.base, path)
    }

    /// Whether the control API can be called about a case's users and clients.
    pub fn has_control_api(&self) -> bool {
        self.endpoints.control.is_some() && self.pools.iter().all(|pool| pool.world.is_some())
    }
}

/// JSON Schema (2020-12) of a target file. It knows keys, types, words and ranges; what several keys say together, only reading
/// the file tells.
pub fn schema() -> serde_json::Value {
    of_file::<top::TargetForm>("grantspec target file", None)
}
