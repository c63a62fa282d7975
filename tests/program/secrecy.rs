//! No secret of a run is in anything that the run leaves behind. What was secret is told by a proxy that watches the wire
//! and reads it by itself, not by what the program thinks is secret.

use std::collections::BTreeSet;
use std::future::{Ready, ready};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use axum::body::Body;
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

/// As JSON writers escape it that trust nothing but letters and digits.
fn escaped(secret: &str) -> String {
    let escape = |character: char| match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' => character.to_string(),
        other => format!("\\u{:04x}", other as u32),
    };
    secret.chars().map(escape).collect()
}

/// Forms that only a server's answer brings in, and the middle of a secret that was cut.
fn odd_forms(secret: &str) -> Vec<String> {
    let escaped = escaped(secret);
    let middle = secret[secret.len() / 4..secret.len() * 3 / 4].to_owned();
    vec![escaped.replace('\\', "\\\\"), escaped, middle]
}

#[test]
fn an_answer_that_repeats_a_token_gives_none_of_it_away() {
    let bodies: [fn(&str) -> String; 6] = [
        |token| format!(r#"{{"error":"invalid_token","error_description":"bad {token}"}}"#),
        // The token stands where a text is cut: on the console, and in the recorded body.
        |token| format!(r#"{{"error":"{}{token}"}}"#, "x".repeat(40)),
        |token| format!(r#"{{"error":"{} {token}"}}"#, "x".repeat(40)),
        |token| format!("{}{token}", "x".repeat((8 << 10) - 30)),
        |token| STANDARD.encode(format!("?{token}?")),
        |token| format!(r#"{{"error":"invalid_token","token":"{}"}}"#, escaped(token)),
    ];
    for body in bodies {
        let stage = Stage::new();
        let bank = stage.bank(&[]);
        let proxy = stage.start(Proxy::start(bank.address(), move |parts, _| {
            let header = parts.headers.get("authorization").filter(|_| parts.uri.path() == "/ping/whoami")?;
            let token = header.to_str().ok()?.strip_prefix("Bearer ")?;
            let answer = Response::builder().status(401).header("content-type", "application/json");
            Some(ready(answer.body(Body::from(body(token))).expect("it is an answer")))
        }));
        let ended = stage.run(&proxy.address, &["whoami.identity", "logout.kills-access"]);
        let secrets = secrets(&proxy.passed());
        assert!(secrets.len() > 5, "only {} secrets went by\n{ended}", secrets.len());
        let reports = ["results.json", "junit.xml", "index.html"];
        let written = reports.map(|name| text_of(&ended.reports.join(name))).join("\n");
        let all = format!("{written}\n{}\n{}", ended.stdout, ended.stderr);
        let found = found_in(&all, &secrets);
        assert!(found.is_empty(), "{found:?} was left behind");
        for secret in &secrets {
            let odd = odd_forms(secret).into_iter().find(|form| all.contains(form.as_str()));
            assert_eq!(odd, None, "a form of {secret} was left behind");
        }
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
