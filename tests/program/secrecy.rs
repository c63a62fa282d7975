//! No secret of a run is in anything that the run leaves behind. What was secret is told by a proxy that watches the wire
//! and reads it by itself, not by what the program thinks is secret.

use std::collections::BTreeSet;
use std::future::Ready;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::common::proxy::{Passed, Proxy};
use crate::common::stage::{Stage, text_of};

/// Every token, code, client secret and login id that went by.
fn secrets(passed: &[Passed]) -> BTreeSet<String> {
    let mut secrets = BTreeSet::new();
    for exchange in passed {
        if let Ok(json) = serde_json::from_slice::<Value>(&exchange.answer) {
            gather(&json, &mut secrets);
        }
        let location =
            exchange.headers.get("location").and_then(|value| value.to_str().ok()).unwrap_or_default();
        for (key, value) in
            url::form_urlencoded::parse(location.split(['?', '#']).nth(1).unwrap_or_default().as_bytes())
        {
            if matches!(&*key, "code" | "access_token") {
                secrets.insert(value.into_owned());
            }
        }
        let login = exchange.headers.get("grantspec-login").and_then(|value| value.to_str().ok());
        secrets.extend(login.map(str::to_owned));
    }
    secrets.retain(|secret| secret.len() >= 12);
    secrets
}

fn gather(json: &Value, secrets: &mut BTreeSet<String>) {
    match json {
        Value::Object(members) => {
            for (key, value) in members {
                match (key.as_str(), value) {
                    ("access_token" | "refresh_token" | "client_secret", Value::String(secret)) => {
                        secrets.insert(secret.clone());
                    }
                    (_, value) => gather(value, secrets),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, secrets)),
        _ => {}
    }
}

/// A secret as it may stand in a text: as it is, percent-encoded, in JSON, and what base64 makes of its middle.
fn forms(secret: &str) -> Vec<String> {
    let percent: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let json = Value::from(secret).to_string();
    let mut forms = vec![secret.to_owned(), percent, json.trim_matches('"').to_owned()];
    for offset in 0..3 {
        let encoded = STANDARD.encode(format!("{}{secret}xxx", &"abc"[..offset]));
        forms.push(encoded[4..encoded.len() - 8].to_owned());
    }
    forms
}

fn found_in(text: &str, secrets: &BTreeSet<String>) -> Vec<String> {
    let forms: Vec<String> = secrets.iter().flat_map(|secret| forms(secret)).collect();
    let search = AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .build(&forms)
        .expect("a few thousand forms are no trouble");
    search.find_iter(text).map(|found| text[found.range()].to_owned()).collect()
}

#[test]
fn no_artefact_of_a_run_holds_a_secret() {
    // A good bank, and one that takes tokens where they don't belong and gives one with a refusal.
    let odd = ["code.failed-exchange-grants-nothing", "refresh.single-use", "client.credentials-not-in-url"];
    for defects in [&[][..], &odd] {
        let stage = Stage::new();
        let bank = stage.bank(defects);
        let proxy = stage.start(Proxy::start(bank.address(), |_, _| None::<Ready<Response>>));
        let ended = stage.run(
            &proxy.address,
            &["client.", "refresh.bound", "refresh.single-use", "whoami.", "logout.kills"],
        );
        let secrets = secrets(&proxy.passed());
        assert!(secrets.len() > 200, "only {} secrets went by\n{ended}", secrets.len());
        for name in ["results.json", "junit.xml", "index.html"] {
            let found = found_in(&text_of(&ended.reports.join(name)), &secrets);
            assert!(found.is_empty(), "{name} holds {found:?}, with {defects:?}");
        }
        let found = found_in(&format!("{}{}", ended.stdout, ended.stderr), &secrets);
        assert!(found.is_empty(), "the console shows {found:?}, with {defects:?}");
    }
}

#[test]
fn a_secret_that_is_there_would_be_found() {
    let secret = "q9Zk_W4-sTr4nGe+/é".to_owned();
    let secrets = BTreeSet::from([secret.clone()]);
    let basic = STANDARD.encode(format!("client:{secret}:more"));
    let percent: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    for text in [format!("<b>{secret}</b>"), format!("a={percent}&b"), basic] {
        assert!(!found_in(&text, &secrets).is_empty(), "{text}");
    }
    assert!(found_in("nothing of it", &secrets).is_empty());
}
