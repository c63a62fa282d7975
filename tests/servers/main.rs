//! Servers that nobody here wrote: each is installed (pinned), started on loopback and judged by its target file, and the
//! verdicts are held against what driving it by hand has shown (`fixtures/servers/*/expected.toml`).
//!
//! Installing takes npm, pip or cargo and a network, which tests do without: each test passes and says that it was left out, unless
//! `GRANTSPEC_DEMAND_SERVERS=1` is set. It then fails where its server can't be installed.

mod expected;
mod server;

use expected::Expected;
use server::Server;

fn judge(name: &str) {
    let Some(server) = Server::start(name) else { return };
    let run = server.judged();
    let differences = Expected::of(name).differences(&run);
    assert!(
        differences.is_empty(),
        "{name}: {} verdicts differ from what is true of it:\n{}\nreports: {}",
        differences.len(),
        differences.join("\n"),
        server.reports().display(),
    );
}

#[test]
fn oidc_provider_is_judged_as_it_is() {
    judge("oidc-provider");
}

#[test]
fn express_oauth_server_is_judged_as_it_is() {
    judge("express-oauth-server");
}

#[test]
fn oauth2_mock_server_is_judged_as_it_is() {
    judge("oauth2-mock-server");
}

#[test]
fn django_oauth_toolkit_is_judged_as_it_is() {
    judge("django-oauth-toolkit");
}

#[test]
fn authlib_is_judged_as_it_is() {
    judge("authlib");
}

#[test]
fn oxide_auth_is_judged_as_it_is() {
    judge("oxide-auth");
}

#[test]
fn oidc_provider_mock_is_judged_as_it_is() {
    judge("oidc-provider-mock");
}

#[test]
fn better_auth_is_judged_as_it_is() {
    judge("better-auth");
}
