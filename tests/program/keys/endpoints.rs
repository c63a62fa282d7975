//! `[endpoints]`: what every request to one has besides what it needs, how clients show themselves there, PKCE, introspection
//! in place of whoami, and clients that are registered by a request first.

use std::collections::BTreeMap;
use std::future::ready;

use axum::body::{Body, Bytes};
use axum::response::Response;
use grantspec::results::Exit;
use http::request::Parts;

use super::all_pass;
use super::server::{REGISTRAR, Server};
use crate::common::proxy::Proxy;
use crate::common::stage::Stage;

/// Cases that between them use every endpoint of the file below.
const CASES: [&str; 5] = [
    "refresh/rotates[server]",
    "whoami/identity[alice]",
    "logout/kills-access[server]",
    "logout/kills-refresh",
    "code/single-use-at-once",
];

/// What a front desk wants of requests to a path: a parameter, in the query or the form, and a header line.
const WANTED: [(&str, &str, &str); 5] = [
    ("/oauth2/authorize", "audience=accounts", ""),
    ("/oauth2/token", "audience=accounts", "blue"),
    ("/ping/whoami", "verbose=no", "blue"),
    ("/oauth2/logout", "reason=by+the+user", "blue"),
    ("/accounts", "account_type=uk_retail", ""),
];

/// The bank's endpoints, each with what is wanted there, one a line.
const ENDPOINTS: &str = "[endpoints]
authorize = { url = '/oauth2/authorize', params = { audience = 'accounts' } }
token = { url = '/oauth2/token', params = { audience = 'accounts' }, headers = { x-tenant = 'blue' } }
whoami = { url = '/ping/whoami', params = { verbose = 'no' }, headers = { x-tenant = 'blue' } }
logout = { url = '/oauth2/logout', params = { reason = 'by the user' }, headers = { x-tenant = 'blue' } }
accounts = { url = '/accounts', params = { account_type = 'uk_retail' } }
control = '/control'
";

#[test]
fn what_an_endpoint_wants_goes_with_every_request_to_it_and_to_no_other() {
    let stage = Stage::new();
    let bank = stage.bank(&[]);
    let strict = |parts: &Parts, body: &Bytes| {
        let said = format!("&{}&{}&", parts.uri.query().unwrap_or_default(), String::from_utf8_lossy(body));
        let tenant = parts.headers.get("x-tenant").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (path, others) = (parts.uri.path(), WANTED.iter().map(|(_, parameter, _)| parameter));
        let wanted = WANTED.iter().find(|(at, ..)| *at == path);
        let right = match wanted {
            Some((_, parameter, header)) => said.contains(&format!("&{parameter}&")) && tenant == *header,
            None => tenant.is_empty() && !others.into_iter().any(|parameter| said.contains(parameter)),
        };
        let refusal = || {
            let answer = Response::builder().status(400).body(Body::from("not as it is wanted here"));
            ready(answer.expect("it is a response"))
        };
        (!right).then(refusal)
    };
    let front = stage.start(Proxy::start(bank.address(), strict));
    let cases = ["refresh/rotates[server]", "logout/kills-access[server]", "sca/approval-opens[server]"];
    let ended = stage.run(&stage.target(&front.address, ENDPOINTS), &cases);
    all_pass(&ended, &cases);
    for (path, ..) in WANTED {
        let seen = front.passed().iter().any(|passed| passed.target.starts_with(path));
        assert!(seen, "nobody asked {path}");
        // Without its line's extras, the same run can't pass.
        let line = ENDPOINTS.lines().find(|line| line.contains(path)).expect("each has a line");
        let (name, _) = line.split_once(" = ").expect("each has a key");
        let bare = ENDPOINTS.replace(line, &format!("{name} = '{path}'"));
        let ended = stage.run(&stage.target(&front.address, &bare), &cases);
        assert_eq!(ended.code, Some(Exit::NotConformant as i32), "{name}\n{ended}");
    }
}

/// A target file for the server that insists, each of whose lines it insists on.
const INSISTING: &str = "client_authentication = 'basic'
pkce = 'S256'
[endpoints]
authorize = '/authorize'
token = '/token'
refresh = { url = '/refresh', authentication = 'body' }
whoami = { url = '/introspect', kind = 'introspection', client = 'other' }
logout = { url = '/revoke', kind = 'revocation', tokens = ['refresh', 'access'], token_type_hint = true, authentication = 'body' }
[identity]
user = '/sub'
client = '/client_id'
authenticated = '/active'
[token_answer]
[login]
driver = 'none'
[users.alice]
[clients.server]
redirect_uris = ['https://server.example/callback']
register = { url = '/register', headers = { x-registrar = { env = 'REGISTRAR' } }, id = '/registered/id', secret = '/registered/secret' }
[clients.other]
redirect_uris = ['https://other.example/callback']
register = { url = '/register', headers = { x-registrar = { env = 'REGISTRAR' } }, id = '/registered/id', secret = '/registered/secret' }
";

#[test]
fn pkce_introspection_revocation_and_clients_that_register_first_are_as_the_file_says() {
    let stage = Stage::new();
    let server = Server::default();
    let base = stage.start(server.start());
    let env = [("REGISTRAR", REGISTRAR)];
    let ended = stage.run_with(&env, &stage.target(&base, INSISTING), &CASES);
    all_pass(&ended, &CASES);
    let once: BTreeMap<String, usize> =
        ["grantspec other", "grantspec server"].map(|name| (name.to_owned(), 1)).into();
    assert_eq!(server.registered(), once, "each client registers once, however many cases need it");

    for (line, instead) in [
        ("client_authentication = 'basic'", "client_authentication = 'body'"),
        ("pkce = 'S256'\n", ""),
        ("url = '/refresh', authentication = 'body'", "url = '/refresh'"),
        ("refresh = { url = '/refresh', authentication = 'body' }\n", ""),
        (", client = 'other'", ", client = 'server'"),
        (", kind = 'introspection', client = 'other'", ""),
        ("token_type_hint = true", "token_type_hint = false"),
        ("authenticated = '/active'\n", "authenticated = '/sub'\n"),
        ("id = '/registered/id'", "id = '/id'"),
    ] {
        let text = INSISTING.replace(line, instead);
        assert_ne!(text, INSISTING, "{line} stands in the file");
        let ended = stage.run_with(&env, &stage.target(&base, &text), &CASES);
        assert_ne!(ended.code, Some(Exit::Conformant as i32), "{instead:?} for {line:?}\n{ended}");
    }
}

#[test]
fn a_registration_that_is_refused_is_named_and_judges_nobody() {
    let stage = Stage::new();
    let server = Server::default();
    let base = stage.start(server.start());
    let ended = stage.run_with(&[("REGISTRAR", "another key")], &stage.target(&base, INSISTING), &CASES);
    assert_eq!(ended.code, Some(Exit::Trouble as i32), "{ended}");
    for part in ["failed to register the client other", "403", "`register` of clients.other"] {
        assert!(ended.stderr.contains(part), "{part}\n{ended}");
    }
}
