//! A login by a link in a mail: the `form` driver asks for it, finds it in an outbox, and follows it.

use grantspec::results::{Exit, Verdict};
use serde_json::Value;

use super::all_pass;
use crate::common::stage::Stage;

/// The bundled bank's own users, who log in as people do: their email, the bank's outbox, the newest link there.
const BY_MAIL: &str = "
[login]
driver = 'form'
[[login.step]]
when = 'input[name=email]'
fill = { email = '{user.email}' }
allow = { press = 'Send me a link' }
deny = { press = 'Cancel' }
[[login.step]]
when = { text = 'Look into your mail' }
follow = 'Open the outbox'
[[login.step]]
when = { path = '/outbox' }
follow = { css = 'article.mail a.button' }
";

/// The users and clients of the bank's standing world.
fn standing(stage: &Stage, bank: &str) -> String {
    let given: Value = stage.start(async {
        let http = reqwest::Client::builder().no_proxy().build().expect("an HTTP client can be set up");
        let given =
            http.get(format!("{bank}/control/worlds/standing")).send().await.expect("the bank answers");
        serde_json::from_slice(&given.bytes().await.expect("it answers whole")).expect("it is JSON")
    });
    let mut text = "world = 'standing'\n".to_owned();
    for (role, user) in given["users"].as_object().expect("it has users") {
        let (id, account, email) = (&user["user_id"], &user["account_id"], &user["email"]);
        text.push_str(&format!("[users.{role}]\nid = {id}\naccount = {account}\nemail = {email}\n"));
    }
    for (role, client) in given["clients"].as_object().expect("it has clients") {
        let (id, secret, uris) = (&client["client_id"], &client["client_secret"], &client["redirect_uris"]);
        text.push_str(&format!("[clients.{role}]\nid = {id}\nredirect_uris = {uris}\n"));
        if secret.is_string() {
            text.push_str(&format!("secret = {secret}\n"));
        }
    }
    text
}

#[test]
fn a_link_that_comes_by_mail_is_found_and_followed() {
    let cases = ["state/on-denial", "code/bound-to-client", "refresh/rotates", "logout/kills-access"];
    let stage = Stage::new();
    let bank = stage.bank(&[]);
    let world = standing(&stage, bank.address());
    let ended = stage.run(&stage.target(bank.address(), &format!("{world}{BY_MAIL}")), &cases);
    all_pass(&ended, &["state/on-denial", "refresh/rotates", "logout/kills-access"]);

    // Somebody who does not look into the outbox waits there.
    let (before, _) = BY_MAIL.split_once("[[login.step]]\nwhen = { path").expect("it is the last step");
    let ended = stage.run(&stage.target(bank.address(), &format!("{world}{before}")), &cases[2..3]);
    assert_eq!(ended.code, Some(Exit::Trouble as i32), "{ended}");
    let results = ended.results();
    for case in &results.cases {
        let reason = case.reason.as_deref().unwrap_or_default();
        assert!(case.verdict == Verdict::Error && reason.contains("Outbox"), "{reason}\n{ended}");
    }
}
