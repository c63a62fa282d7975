//! What the bank answers instead of its own answer, as a case says it.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use crate::suite::client::{Answer, To};
use crate::target::Incoming;

/// A prepared answer, and how often it was given.
#[derive(Debug)]
pub struct Script {
    pub answer: Answer,
    /// `None`: always.
    pub left: Option<u32>,
    pub given: u32,
    /// The step that prepared it.
    pub step: usize,
}

impl Script {
    pub fn new(answer: Answer, step: usize) -> Script {
        Script { left: answer.times, answer, given: 0, step }
    }

    pub fn to(&self) -> To {
        self.answer.to.unwrap_or(To::Calls)
    }

    /// The requests that it is for, in a few words.
    pub fn about(&self) -> &'static str {
        match self.to() {
            To::Token => "asked for tokens",
            To::Exchange => "exchanged a code",
            To::Refresh => "refreshed",
            To::Whoami => "asked whoami",
            To::Data => "read accounts, balance or transactions",
            To::Calls => "read anything",
            To::Logout => "called logout",
        }
    }
}

/// An answer that the bank has no part in.
pub fn own_answer(answer: &Answer, status: u16) -> Incoming {
    let content_type = answer.content_type.as_deref().unwrap_or("application/json");
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(content_type) {
        headers.insert(http::header::CONTENT_TYPE, value);
    }
    headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = answer.retry_after {
        headers.insert(http::header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    let body = answer.body.clone().unwrap_or_else(|| usual_body(status).to_string());
    Incoming { status, headers, body: body.into(), refuses: false }
}

/// As the bank words its errors.
fn usual_body(status: u16) -> Value {
    match status {
        401 => {
            json!({ "code": "unauthorized.bad_access_token", "error": "invalid_token", "message": "The access token is invalid" })
        }
        403 => {
            json!({ "code": "forbidden.insufficient_permissions", "message": "Access forbidden due to insufficient permissions" })
        }
        404 => json!({ "code": "not_found.no_handler", "message": "nothing here answers this" }),
        429 => json!({ "code": "rate_limited", "message": "Too many requests" }),
        504 => json!({ "code": "timeout", "message": "Something took too long" }),
        400..500 => {
            json!({ "code": "bad_request", "error": "invalid_request", "message": "That can't be done" })
        }
        500.. => json!({ "code": "internal_service", "message": "Something went wrong at the bank" }),
        _ => json!({}),
    }
}

pub fn redirect(status: u16, to: &str) -> Incoming {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(to) {
        headers.insert(http::header::LOCATION, value);
    }
    Incoming { status, headers, body: Bytes::new(), refuses: false }
}

/// The bank's own answer, with members of its JSON changed.
pub fn altered(answer: &Answer, mut own: Incoming, users: &[(String, String)]) -> Incoming {
    if answer.set.is_empty() && answer.omit.is_empty() {
        return own;
    }
    let Some(Value::Object(mut members)) = own.json() else {
        return own;
    };
    for name in &answer.omit {
        members.remove(name);
    }
    for (name, written) in &answer.set {
        let user = written.strip_prefix("user:");
        let value = match user.and_then(|role| users.iter().find(|(known, _)| known == role)) {
            Some((_, id)) => Value::from(id.as_str()),
            None => serde_json::from_str(written).unwrap_or_else(|_| Value::from(written.as_str())),
        };
        members.insert(name.clone(), value);
    }
    put_json(&mut own, &Value::Object(members));
    own
}

/// Replaces an answer's body.
pub fn put_json(answer: &mut Incoming, json: &Value) {
    answer.body = json.to_string().into();
    answer.headers.remove(http::header::CONTENT_LENGTH);
}
