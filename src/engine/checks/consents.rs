//! What an owner's lists show, and whether a refusal says that the user has disconnected the client.

use serde_json::Value;

use super::{Looked, breaks, holds_if, sound_answer};
use crate::engine::answer::{Answer, Came, ConnectionSeen, Facts, MandateSeen, describe};
use crate::engine::scene::{Held, Scene};
use crate::suite::{Grant, Listed, Trait};
use crate::target::Incoming;

/// How long before and after a login its connection may be dated, in seconds: clocks differ, and between the login and
/// its approval time passes.
const EARLIEST: i64 = 60;
const LATEST: i64 = 900;

/// Whether everything in `listed` is on the list, or, for `on = false`, nothing of it.
pub fn look_listed(listed: &Listed, on: bool, answer: &Answer, scene: &Scene<'_>) -> Looked {
    let shown: Vec<(&str, bool)> = match (&answer.facts, listed) {
        (Facts::Connections(seen), Listed::Clients(clients)) => {
            let is_on = |id: &str| seen.iter().any(|one| one.client_id.as_deref() == Some(id));
            let named = clients
                .iter()
                .map(|client| (client.0.as_str(), is_on(&scene.world.client(client).client_id)));
            named.collect()
        }
        (Facts::Mandates(seen), Listed::Mandates(mandates)) => {
            let mut named = Vec::new();
            for mandate in mandates {
                let Ok(held) = scene.mandate(mandate) else {
                    return Looked::Unclear(format!("{mandate} was never set up"));
                };
                let is_it = |one: &&MandateSeen| one.id.as_deref() == Some(&held.id) && one.active;
                named.push((mandate.0.as_str(), seen.iter().find(is_it).is_some()));
            }
            named
        }
        _ => return Looked::Unclear(answer.said.clone()),
    };
    let wrong: Vec<&str> = shown.iter().filter(|(_, is_on)| *is_on != on).map(|(name, _)| *name).collect();
    let names: Vec<&str> = shown.iter().map(|(name, _)| *name).collect();
    let (due, came) = if on { ("on", "not on") } else { ("not on", "on") };
    let what = match listed {
        Listed::Clients(_) => "the list of connected third parties",
        Listed::Mandates(_) => "the list of active mandates",
    };
    holds_if(wrong.is_empty(), &format!("{} {due} {what}", names.join(" and ")), || {
        format!("{} {came} it: {}", wrong.join(" and "), answer.said)
    })
}

/// Whether the grant's client is listed as connected since the grant was given.
pub fn look_since(grant: &Grant, answer: &Answer, scene: &Scene<'_>) -> Looked {
    let Facts::Connections(seen) = &answer.facts else { return Looked::Unclear(answer.said.clone()) };
    let Ok(held) = scene.grant(grant) else {
        return Looked::Unclear(format!("{grant} was never given"));
    };
    let id = &scene.world.client(&held.client).client_id;
    let Some(entry) = seen.iter().find(|one| one.client_id.as_ref() == Some(id)) else {
        return Looked::Unclear(format!("{} is not on the list", held.client));
    };
    let given = scene.world.now + i64::try_from(held.given).unwrap_or(i64::MAX / 2);
    let expected = format!("{} is connected since {grant} was given, {given} (Unix seconds)", held.client);
    match entry.since {
        Some(since) => {
            let right = (given - EARLIEST..=given + LATEST).contains(&since);
            holds_if(right, &expected, || format!("since {since}, {} s after that", since - given))
        }
        None => breaks(expected, "no time in seconds is named"),
    }
}

/// The traits that are about lists and disconnections.
pub fn look_consent(having: Trait, answer: &Answer, scene: &Scene<'_>) -> Looked {
    match having {
        Trait::AccessNamed => look_access(answer),
        Trait::TermsNamed => look_terms(answer, scene),
        _ => look_reason(having, answer, scene),
    }
}

fn look_access(answer: &Answer) -> Looked {
    let Facts::Connections(seen) = &answer.facts else { return Looked::Unclear(answer.said.clone()) };
    if seen.is_empty() {
        return Looked::Unclear("nobody is on the list".into());
    }
    let silent = |one: &&ConnectionSeen| one.may_read == 0;
    let silent = seen.iter().filter(silent).count();
    holds_if(silent == 0, "of every listed third party, what it may read", || {
        format!("{silent} of {} without anything in may_read", seen.len())
    })
}

fn look_terms(answer: &Answer, scene: &Scene<'_>) -> Looked {
    let Facts::Mandates(seen) = &answer.facts else { return Looked::Unclear(answer.said.clone()) };
    let mut wrong: Vec<String> = Vec::new();
    let mut known = 0;
    for held in scene.held.values() {
        let Held::Mandate(held) = held else { continue };
        let Some(one) = seen.iter().find(|one| one.id.as_deref() == Some(&held.id)) else { continue };
        known += 1;
        let client = &scene.world.client(&held.grant.client).client_id;
        for (what, right) in [
            ("payee", one.payee.as_deref() == Some(&held.payee)),
            ("amount", one.amount == Some(held.amount)),
            ("currency", one.currency.as_deref() == Some("GBP")),
            ("period", one.period.as_deref() == Some(held.period.word())),
            ("client_id", one.client_id.as_ref() == Some(client)),
        ] {
            if !right {
                wrong.push(format!("the {what} of the mandate to {}", held.payee));
            }
        }
    }
    if known == 0 {
        return Looked::Unclear("none of the case's mandates is on the list".into());
    }
    // The order of what is held is nobody's choice; two runs shall say the same.
    wrong.sort();
    let expected = "every mandate with the payee, amount, currency, period and third party that were agreed";
    holds_if(wrong.is_empty(), expected, || format!("missing or another: {}", wrong.join(", ")))
}

fn look_reason(having: Trait, answer: &Answer, scene: &Scene<'_>) -> Looked {
    let response = match sound_answer(answer) {
        Ok(response) => response,
        Err(unclear) => return unclear,
    };
    let names = &scene.target.file().disconnected_errors;
    match (having, said(response, names)) {
        (Trait::NoDisconnectReason, Said::Told) => {
            breaks("nothing about a disconnection by the user", describe(response))
        }
        (Trait::NoDisconnectReason, _) => Looked::Holds,
        (_, _) if answer.came != Came::Refused => {
            Looked::Unclear(format!("{}: no refusal that could say why", answer.said))
        }
        (_, Said::Told) => Looked::Holds,
        (_, Said::Half) => Looked::Unclear(format!(
            "{}: it can't be told whether that says that the user did it; if it does, name the error in the target \
             file (disconnected_errors)",
            describe(response)
        )),
        (_, Said::Nothing) => breaks(
            "an error that says that the user disconnected the client (a name of the server's own goes into the target \
             file, disconnected_errors)",
            describe(response),
        ),
    }
}

/// What an answer says of a disconnection.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Told,
    /// Something ended, but not by whom.
    Half,
    Nothing,
}

/// `names`: the server's own names for it; without any, its words count.
fn said(response: &Incoming, names: &[String]) -> Said {
    const WHO: [&str; 6] = ["user", "customer", "owner", "holder", "consumer", "psu"];
    const DEED: [&str; 7] = ["revok", "revoc", "withdr", "remov", "cancel", "terminat", "disabl"];
    // Only a user does these.
    const BY_ITSELF: [&str; 4] = ["disconnect", "deauthor", "unlink", "opted out"];
    let texts = texts(response);
    if !names.is_empty() {
        let named = texts.iter().any(|text| names.iter().any(|name| text.contains(&name.to_lowercase())));
        return if named { Said::Told } else { Said::Nothing };
    }
    let has = |text: &String, words: &[&str]| words.iter().any(|word| text.contains(word));
    // A consent is a user's, and so is its end.
    let told = |text: &String| {
        has(text, &BY_ITSELF) || (has(text, &DEED) && (has(text, &WHO) || text.contains("consent")))
    };
    let half = |text: &String| has(text, &DEED) || text.contains("consent");
    match texts.iter().any(told) {
        true => Said::Told,
        false if texts.iter().any(half) => Said::Half,
        false => Said::Nothing,
    }
}

/// Every text of an answer, in lower case: those of a JSON body, or the body itself, and what challenges say.
fn texts(response: &Incoming) -> Vec<String> {
    let mut texts: Vec<String> = response.header("www-authenticate").collect();
    match response.json() {
        Some(json) => gather(&json, &mut texts),
        None => texts.push(String::from_utf8_lossy(&response.body).into_owned()),
    }
    texts.iter().map(|text| text.to_lowercase()).collect()
}

fn gather(json: &Value, texts: &mut Vec<String>) {
    match json {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| gather(item, texts)),
        Value::Object(members) => members.values().for_each(|member| gather(member, texts)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn said_by(body: &'static str, names: &[&str]) -> Said {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        said(&Incoming::new(401, HeaderMap::new(), body.into()), &names)
    }

    #[test]
    fn a_refusal_that_names_the_user_and_the_deed_is_understood() {
        for body in [
            r#"{"code":"unauthorized.bad_access_token.revoked_by_user","error":"invalid_token"}"#,
            r#"{"error":"invalid_grant","error_description":"The user disconnected your app"}"#,
            r#"{"errors":[{"detail":"Consent withdrawn"}]}"#,
            r#"{"message":"The customer has removed your access"}"#,
            r#"{"error":"app_disconnected"}"#,
            "revoked by the account holder",
        ] {
            assert_eq!(said_by(body, &[]), Said::Told, "{body}");
        }
    }

    #[test]
    fn a_refusal_that_gives_no_reason_is_not() {
        for body in [
            "",
            r#"{"message":"Unauthorized"}"#,
            r#"{"code":"unauthorized.bad_access_token","error":"invalid_token"}"#,
            r#"{"error":"invalid_token","error_description":"Access token has expired"}"#,
            r#"{"code":"unauthorized.bad_access_token.evicted","message":"evicted due to a login elsewhere"}"#,
            r#"{"error":"invalid_grant","params":{"user_id":"user_0001"}}"#,
        ] {
            assert_eq!(said_by(body, &[]), Said::Nothing, "{body}");
        }
    }

    #[test]
    fn a_refusal_that_may_mean_anything_decides_nothing() {
        for body in [
            r#"{"error":"invalid_grant","error_description":"invalid, expired or revoked"}"#,
            r#"{"code":"token_revoked"}"#,
            r#"{"error":"consent_required"}"#,
        ] {
            assert_eq!(said_by(body, &[]), Said::Half, "{body}");
        }
    }

    #[test]
    fn names_that_the_target_file_gives_are_the_only_ones() {
        assert_eq!(said_by(r#"{"code":"grant.gone"}"#, &["grant.gone"]), Said::Told);
        assert_eq!(said_by(r#"{"message":"The user disconnected it"}"#, &["grant.gone"]), Said::Nothing);
    }
}
