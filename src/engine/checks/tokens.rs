//! What a token answer gives, and whom an answer names.

use super::{Looked, breaks, holds_if, sound_answer};
use crate::engine::answer::{Answer, Facts};
use crate::suite::RefreshRule;

pub fn look_refresh_token(rule: RefreshRule, answer: &Answer) -> Looked {
    let Facts::Tokens(tokens) = &answer.facts else { return Looked::Unclear(answer.said.clone()) };
    let shown = || match &tokens.refresh {
        None => "no refresh_token".to_owned(),
        Some(serde_json::Value::String(text)) if text.is_empty() => "an empty refresh_token".to_owned(),
        Some(serde_json::Value::String(text)) => format!("refresh_token {text}"),
        Some(other) => format!("refresh_token {other}"),
    };
    match rule {
        RefreshRule::Present => holds_if(tokens.refresh_text().is_some(), "a refresh token", shown),
        RefreshRule::Absent => {
            let absent = matches!(tokens.refresh, None | Some(serde_json::Value::Null));
            holds_if(absent, "no refresh_token in the answer", shown)
        }
        RefreshRule::New => {
            let new = tokens.refresh_text().is_some_and(|new| tokens.used_refresh.as_deref() != Some(new));
            holds_if(new, "a new refresh token, other than the one used", || {
                if tokens.refresh_text().is_some() { "the same refresh token again".into() } else { shown() }
            })
        }
    }
}

pub fn look_identity(
    what: &str,
    role: &str,
    due: &str,
    answer: &Answer,
    named: impl Fn(&Facts) -> Option<String>,
) -> Looked {
    match sound_answer(answer) {
        Err(unclear) => return unclear,
        Ok(response) if response.json().is_none_or(|json| !json.is_object()) => {
            return Looked::Unclear(format!("{}, and no JSON object that could name a {what}", answer.said));
        }
        Ok(_) => {}
    }
    let expected = format!("the {what} is {role}, {due}");
    match named(&answer.facts) {
        Some(id) => holds_if(id == due, &expected, || format!("the {what} is {id}")),
        None => breaks(expected, format!("no {what} is named")),
    }
}

pub fn look_token_fields(answer: &Answer) -> Looked {
    let Facts::Tokens(tokens) = &answer.facts else { return Looked::Unclear(answer.said.clone()) };
    let mut wrong = Vec::new();
    let text = |value: &Option<serde_json::Value>| {
        value.as_ref().and_then(|value| value.as_str().map(str::to_owned))
    };
    if !text(&tokens.token_type).is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")) {
        wrong.push("token_type is not Bearer");
    }
    if tokens.lifetime().is_none() {
        wrong.push("expires_in is not a positive whole number");
    }
    let mut due = vec!["access_token", "expires_in (a positive whole number)", "token_type Bearer"];
    if let Some(known) = &tokens.due_user {
        due.push("the user_id of the user who logged in");
        if tokens.user_id.is_none() || known.as_ref().is_some_and(|_| tokens.user_id != *known) {
            wrong.push("user_id is not the user who logged in");
        }
    }
    if tokens.due_client.is_some() {
        due.push("the client_id of the client that asked");
        if tokens.client_id != tokens.due_client {
            wrong.push("client_id is not the client that asked");
        }
    }
    if wrong.is_empty() && tokens.due_user == Some(None) {
        return Looked::Unclear("nobody knows the user's id yet: whoami never showed it".to_owned());
    }
    holds_if(wrong.is_empty(), &due.join(", "), || wrong.join(", "))
}
