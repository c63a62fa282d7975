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
fn what_was_said_of_a_server_goes_before_what_it_publishes() {
    let stage = Stage::new();
    let server = stage.start(MockServer::start());
    let metadata = json!({
        "authorization_endpoint": "https://elsewhere.example/authorize",
        "token_endpoint": "https://elsewhere.example/token",
        "userinfo_endpoint": "https://elsewhere.example/userinfo",
        "introspection_endpoint": "https://elsewhere.example/introspect",
        "revocation_endpoint": "https://elsewhere.example/revoke",
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic"],
        "introspection_endpoint_auth_methods_supported": ["client_secret_post"],
    });
    let published = ResponseTemplate::new(200).set_body_json(metadata);
    let mock = Mock::given(method("GET")).and(path("/published/.well-known/openid-configuration"));
    stage.start(mock.respond_with(published).mount(&server));
    let wrote = |arguments: &[&str]| {
        let ended = stage.grantspec(&[&["target", "init", "--replace"], arguments].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let text = fs::read_to_string(stage.path("target.toml")).expect("it is written");
        TargetFile::parse("target.toml", &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        (ended.stdout, text)
    };
    let published = format!("{}/published", server.uri());

    let (_, text) = wrote(&[&published, "--token", "/token", "--introspection", "/introspect"]);
    for part in [
        "authorize = \"https://elsewhere.example/authorize\"",
        "token = \"/token\"",
        "whoami = { url = \"/introspect\", kind = \"introspection\" }",
        "revoke\", kind = \"revocation\", tokens = [\"refresh\"], authentication = \"basic\" }",
        "client_authentication = \"body\"",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }

    let given =
        ["--authorize", "/a", "--token", "/t", "--whoami", "/me", "--logout", "/out", "--scope", "read all"];
    let (told, text) = wrote(&[&[server.uri().as_str(), "--authentication", "none"], &given[..]].concat());
    assert!(told.contains("endpoints as given") && !told.contains("guess"), "{told}");
    for part in [
        "authorize = { url = \"/a\", params = { scope = \"read all\" } }",
        "token = \"/t\"",
        "whoami = \"/me\"",
        "logout = \"/out\"",
        "client_authentication = \"none\"",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
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
        "✓ a user can say no",
        "cases will run",
        "the target lacks clock: it runs on real time",
    ] {
        assert!(ended.stdout.contains(part), "{part}\n{}", ended.stdout);
    }
    assert!(ended.stdout.contains("token.expiry-honest"), "{}", ended.stdout);
}

#[test]
fn a_check_that_fails_says_what_to_look_at_in_the_file() {
    let stage = Stage::new();
    let bank = stage.bank(&[]);
    let usual = "[endpoints]\nauthorize = '/oauth2/authorize'\ntoken = '/oauth2/token'\nwhoami = '/ping/whoami'\ncontrol = '/control'\n";
    for (from, to, hint) in [
        ("/oauth2/token'", "/oauth2/tokens'", "is `endpoints.token` right?"),
        ("/ping/whoami'", "/ping/who'", "is `endpoints.whoami` right?"),
        (
            "control = '/control'\n",
            "control = '/control'\n[identity]\nuser = '/sub'\n",
            "does `[identity]` say",
        ),
        (
            "token = '/oauth2/token'",
            "token = { url = '/oauth2/token', authentication = 'none' }",
            "is the client's secret right",
        ),
        (
            "control = '/control'\n",
            "control = '/control'\nlogout = '/oauth2/logot'\n",
            "is `endpoints.logout` right?",
        ),
    ] {
        let file = stage.target(bank.address(), &usual.replace(from, to));
        let ended = stage.grantspec(&["target", "check", &file]);
        assert!(ended.stdout.contains(hint), "{hint}\n{}\n{}", ended.stdout, ended.stderr);
    }
    let ended = stage.grantspec(&["target", "check", &stage.target(bank.address(), usual)]);
    assert!(!ended.stdout.contains('→'), "{}", ended.stdout);
}

#[test]
fn a_check_of_a_server_that_is_not_there_or_breaks_its_tokens_says_so() {
    let stage = Stage::new();
    let file = stage.target("http://127.0.0.1:9", "");
    let ended = stage.grantspec(&["target", "check", &file]);
    assert_eq!(ended.code, Some(3), "{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("✗ alice logs in"), "{}", ended.stdout);
    assert!(ended.stdout.contains("is not known: nobody has got in"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("cases will run"), "{}", ended.stdout);
    let ended = stage.grantspec(&["target", "check", "nothing.toml"]);
    assert!(ended.code == Some(2) && ended.stderr.contains("nothing.toml"), "{}", ended.stderr);
}
