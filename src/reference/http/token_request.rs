//! Reading a token request: its shape (RFC 6749 §3.2) and the client's credentials (§2.3.1). Checks nothing against the
//! ledger.

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Method};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::params::{Params, Twice};
use super::problem::Problem;
use crate::reference::ledger::Refusal;
use crate::reference::rules::{ConflictingAuth, Duplicates, RequestShape, TokenRules};

/// Who a request says it is from.
#[derive(Debug)]
pub struct Caller {
    pub client_id: String,
    /// `None` if there is no such parameter; an empty one stays empty.
    pub secret: Option<String>,
    by_basic: bool,
}

impl Caller {
    /// The refusal in the words due to this caller (RFC 6749 §5.2: whoever tried Basic is told to).
    pub fn refused(&self, refusal: Refusal) -> Problem {
        let problem = Problem::from(refusal);
        if self.by_basic { problem.challenge("Basic") } else { problem }
    }
}

/// The request's parameters, if it has the right shape.
pub fn read(
    rules: &TokenRules,
    method: &Method,
    query: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Params, Problem> {
    let shape = rules.request_shape;
    let duplicates = rules.duplicates;
    let from_query = match *method {
        Method::GET if shape == RequestShape::GetToo => true,
        Method::GET if shape == RequestShape::GetToRefreshToo => query.contains("grant_type=refresh_token"),
        Method::PUT if shape == RequestShape::PutToo => false,
        _ if shape == RequestShape::AnyVerb => false,
        Method::POST => shape == RequestShape::QueryToo && body.is_empty(),
        _ => return Err(Problem::wrong_method("POST")),
    };
    if from_query {
        return Params::read(query.as_bytes(), duplicates).map_err(twice);
    }
    let in_query = Params::read(query.as_bytes(), Duplicates::LastWins).map_err(twice)?;
    let stray = ["client_id", "client_secret"].map(|name| (name, in_query.bytes(name)));
    let accepted = !rules.query_credentials_refused.kept();
    if !accepted && stray.iter().any(|(_, value)| value.is_some()) {
        let message = "client credentials do not belong into the address: send them in the body";
        return Err(Problem::invalid_request(message));
    }
    let mut params = match content_type(headers).as_deref() {
        Some("application/x-www-form-urlencoded") => Params::read(body, duplicates).map_err(twice)?,
        Some("application/json") if shape == RequestShape::JsonToo => json(body)?,
        _ => {
            let message = "the body is not application/x-www-form-urlencoded";
            return Err(Problem::invalid_request(message));
        }
    };
    for (name, value) in stray {
        if let Some(value) = value {
            params.add(name.to_owned(), value.to_vec(), Duplicates::FirstWins).map_err(twice)?;
        }
    }
    Ok(params)
}

/// Who asks: by the body, or by Basic, but not by both.
pub fn read_caller(rule: ConflictingAuth, headers: &HeaderMap, params: &Params) -> Result<Caller, Problem> {
    let in_body = Caller {
        client_id: params.text("client_id").unwrap_or_default().into_owned(),
        secret: params.sent("client_secret").map(|secret| secret.into_owned()),
        by_basic: false,
    };
    let Some(basic) = basic(headers)? else {
        return Ok(in_body);
    };
    let same_id = in_body.client_id.is_empty() || in_body.client_id == basic.client_id;
    if same_id && in_body.secret.is_none() {
        return Ok(basic);
    }
    match rule {
        ConflictingAuth::Refused => {
            let message = "client credentials are given twice: by Basic and in the body";
            Err(Problem::invalid_request(message))
        }
        ConflictingAuth::BasicWins => Ok(basic),
        ConflictingAuth::BodyWins => Ok(in_body),
    }
}

/// Credentials by Basic. Another scheme's credentials are none.
fn basic(headers: &HeaderMap) -> Result<Option<Caller>, Problem> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = all.next() else {
        return Ok(None);
    };
    if all.next().is_some() {
        return Err(Problem::invalid_request("there is more than one Authorization header"));
    }
    let value = String::from_utf8_lossy(value.as_bytes());
    let (scheme, encoded) = value.split_once(' ').unwrap_or((&value, ""));
    if !scheme.eq_ignore_ascii_case("Basic") {
        return Ok(None);
    }
    let text = STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let pair = text.as_deref().and_then(|text| text.split_once(':'));
    let Some((id, secret)) = pair else {
        return Err(Problem::from(Refusal::BadClientSecret).challenge("Basic"));
    };
    // RFC 6749 §2.3.1: both are form-encoded before they are put together.
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    Ok(Some(Caller { client_id: decode(id), secret: Some(decode(secret)), by_basic: true }))
}

fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or(value);
    Some(essence.trim().to_ascii_lowercase())
}

/// What only a defective bank reads.
fn json(body: &[u8]) -> Result<Params, Problem> {
    let wrong = |_| Problem::invalid_request("the body is no JSON object");
    let object: serde_json::Map<String, Value> = serde_json::from_slice(body).map_err(wrong)?;
    let mut params = Params::default();
    for (name, value) in object {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        params.add(name, text.into_bytes(), Duplicates::LastWins).map_err(twice)?;
    }
    Ok(params)
}

fn twice(Twice(name): Twice) -> Problem {
    Problem::invalid_request(format!("`{name}` is given twice"))
}
