//! Target files: made from what a server publishes, and tried before a run.

use std::fs;

use grantspec::target::TargetFile;
use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::common::stage::Stage;

#[test]
fn what_a_server_publishes_becomes_a_target_file_without_a_mistake() {
    let stage = Stage::new();
    let server = stage.start(MockServer::start());
    let at = |path: &str| format!("{}{path}", server.uri());
    let metadata = json!({
        "issuer": server.uri(),
        "authorization_endpoint": at("/o/authorize/"),
        "token_endpoint": at("/o/token/"),
        "userinfo_endpoint": at("/o/userinfo/"),
        "revocation_endpoint": "https://elsewhere.example/revoke",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
        "code_challenge_methods_supported": ["plain", "S256"],
        "scopes_supported": ["openid", "profile"],
    });
    let published = ResponseTemplate::new(200).set_body_json(metadata);
    let mock = Mock::given(method("GET")).and(path("/.well-known/oauth-authorization-server"));
    stage.start(mock.respond_with(published).mount(&server));

    let ended = stage.grantspec(&["target", "init", &server.uri(), "--public-client"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("/.well-known/oauth-authorization-server"), "{}", ended.stdout);
    let text = fs::read_to_string(stage.path("target.toml")).expect("it is written");
    for part in [
        "authorize = { url = \"/o/authorize/\", params = { scope = \"openid\" } }",
        "token = \"/o/token/\"",
        "whoami = \"/o/userinfo/\"",
        "logout = { url = \"https://elsewhere.example/revoke\", kind = \"revocation\"",
        "client_authentication = \"basic\"",
        "pkce = \"S256\"",
        "user = \"/sub\"",
        "secret_env = \"SERVER_CLIENT_SECRET\"",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    TargetFile::parse("target.toml", &text).expect("it has no mistake");

    let again = stage.grantspec(&["target", "init", &server.uri()]);
    assert!(again.code == Some(2) && again.stderr.contains("--replace"), "{}", again.stderr);
}

#[test]
fn a_server_that_publishes_nothing_gets_guesses_that_are_called_so() {
    let stage = Stage::new();
    let bank = stage.bank(&[]);
    for login in ["form", "auto", "none"] {
        let ended = stage.grantspec(&["target", "init", bank.address(), "--login", login, "--replace"]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(ended.stdout.contains("guesses"), "{}", ended.stdout);
        let text = fs::read_to_string(stage.path("target.toml")).expect("it is written");
        TargetFile::parse("target.toml", &text).unwrap_or_else(|error| panic!("{login}: {error}\n{text}"));
    }
    let ended = stage.grantspec(&["target", "init", "bank.example", "--replace"]);
    assert!(ended.code == Some(2) && ended.stderr.contains("bank.example"), "{}", ended.stderr);
}

#[test]
fn a_check_says_what_it_found_and_what_a_run_will_judge() {
    let stage = Stage::new();
    let bank = stage.bank(&[]);
    let file = stage.target(bank.address(), "[lacks]\nclock = 'it runs on real time'");
    let ended = stage.grantspec(&["target", "check", &file]);
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    for part in [
        "✓ alice logs in",
        "✓ a refresh token gives",
        "cases will run",
        "the target lacks clock: it runs on real time",
    ] {
        assert!(ended.stdout.contains(part), "{part}\n{}", ended.stdout);
    }
    assert!(ended.stdout.contains("token.expiry-honest"), "{}", ended.stdout);
}

#[test]
fn a_check_of_a_server_that_is_not_there_or_breaks_its_tokens_says_so() {
    let stage = Stage::new();
    let file = stage.target("http://127.0.0.1:9", "");
    let ended = stage.grantspec(&["target", "check", &file]);
    assert_eq!(ended.code, Some(3), "{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("✗ alice logs in"), "{}", ended.stdout);
    let ended = stage.grantspec(&["target", "check", "nothing.toml"]);
    assert!(ended.code == Some(2) && ended.stderr.contains("nothing.toml"), "{}", ended.stderr);
}
