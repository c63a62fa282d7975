//! Calls with an access token: whoami, the data behind the owner's approval, logging out.

use std::sync::Arc;

use axum::Json;
use axum::body::{Bytes, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::BODY_LIMIT;
use super::bearer::{self, Carriers};
use super::params::Params;
use super::problem::Problem;
use crate::reference::bank::{Bank, Sitting};
use crate::reference::ledger::{Bearer, Endpoint, Listing, Refusal, Seconds, Since, Turn};
use crate::reference::rules::{BadToken, Carrier, Duplicates, LogoutWay, NoToken};

/// How many transactions a listing holds at most, and if it doesn't say.
const MOST_LISTED: usize = 100;

/// `GET /ping/whoami`
pub async fn whoami(State(bank): State<Arc<Bank>>, call: Call) -> Result<Json<Value>, Problem> {
    let asked = call.token(&bank, Method::GET, Wanted::Identity)?;
    let Some(token) = asked else {
        return Ok(Json(json!({ "authenticated": false })));
    };
    let identity = turn(&bank, &token, |turn| {
        let bearer = turn.bearer(&token)?;
        turn.used(bearer);
        Ok(turn.identity(bearer))
    })?;
    Ok(Json(json!({
        "authenticated": identity.authenticated,
        "client_id": identity.client_id,
        "user_id": identity.user_id,
    })))
}

/// `GET /accounts`
pub async fn accounts(State(bank): State<Arc<Bank>>, call: Call) -> Result<Json<Value>, Problem> {
    let account = permitted(&bank, &call, Endpoint::Accounts, |turn, bearer, _| {
        Ok(json!({
            "id": turn.account_id(bearer.user),
            "description": turn.user_name(bearer.user),
            "created": timestamp(turn.opened()),
            // The bank's own API says these, too, and programs made for it rely on them.
            "closed": false,
            "type": "uk_retail",
            "currency": "GBP",
        }))
    })?;
    Ok(Json(json!({ "accounts": [account] })))
}

/// `GET /balance?account_id`
pub async fn balance(State(bank): State<Arc<Bank>>, call: Call) -> Result<Json<Value>, Problem> {
    let params = call.params()?;
    permitted(&bank, &call, Endpoint::Balance, |turn, bearer, _| {
        own_account(turn, bearer, &params)?;
        let (balance, spent_today) = turn.balance(bearer.user);
        Ok(json!({
            "balance": balance,
            "total_balance": balance,
            "currency": "GBP",
            "spend_today": spent_today,
        }))
    })
    .map(Json)
}

/// `GET /transactions?account_id&since&before&limit`
pub async fn transactions(State(bank): State<Arc<Bank>>, call: Call) -> Result<Json<Value>, Problem> {
    let params = call.params()?;
    let listing = listing(&params)?;
    permitted(&bank, &call, Endpoint::Transactions, |turn, bearer, approved| {
        let account_id = own_account(turn, bearer, &params)?.to_owned();
        let entries = turn.history(bearer.user, approved, &listing)?;
        let entries = entries.into_iter().map(|entry| {
            json!({
                "id": entry.id,
                "account_id": account_id,
                "created": timestamp(entry.created),
                "amount": entry.amount,
                "currency": "GBP",
                "description": entry.description,
            })
        });
        Ok(json!({ "transactions": entries.collect::<Vec<Value>>() }))
    })
    .map(Json)
}

/// `POST /oauth2/logout`
pub async fn logout(State(bank): State<Arc<Bank>>, call: Call) -> Result<Response, Problem> {
    let way = bank.rules.logout.way;
    let right = match way {
        LogoutWay::AnyVerb => true,
        LogoutWay::GetToo => [Method::POST, Method::GET].contains(&call.method),
        _ => call.method == Method::POST,
    };
    if !right {
        return Err(Problem::wrong_method("POST"));
    }
    let carrier = match way {
        LogoutWay::BodyToo => Carrier::FormToo,
        LogoutWay::QueryToo => Carrier::QueryToo,
        LogoutWay::CookieToo => Carrier::CookieToo,
        LogoutWay::PostWithHeader | LogoutWay::GetToo | LogoutWay::AnyVerb | LogoutWay::TokenOptional => {
            Carrier::HeaderOnly
        }
    };
    let token = bearer::token(&call.carriers(), carrier, bank.rules.whoami.scheme)?;
    let Some(token) = token else {
        return match way {
            LogoutWay::TokenOptional => Ok(StatusCode::OK.into_response()),
            _ => Err(no_token(&bank, Wanted::Logout)),
        };
    };
    let mut sitting = sit(&bank, &token)?;
    let leaving = sitting.step(|turn| turn.check_logout(&token));
    let leaving = leaving.map_err(|refusal| bad_token(&bank, &token, refusal))?;
    sitting.pause(bank.rules.logout.reach_gap);
    sitting.step(|turn| {
        turn.leave(leaving);
        Ok(())
    })?;
    Ok(Json(json!({})).into_response())
}

/// What a call is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Identity,
    Data,
    Logout,
}

/// A call as it came.
pub struct Call {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

impl<S: Send + Sync> axum::extract::FromRequest<S> for Call {
    type Rejection = Problem;

    async fn from_request(request: axum::extract::Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, BODY_LIMIT).await.map_err(|_| Problem::too_long())?;
        Ok(Call { method: parts.method, uri: parts.uri, headers: parts.headers, body })
    }
}

impl Call {
    fn carriers(&self) -> Carriers<'_> {
        Carriers { headers: &self.headers, query: self.uri.query().unwrap_or_default(), body: &self.body }
    }

    /// The token of a call by this method; `None` only in a bank that answers without.
    pub fn token(&self, bank: &Bank, method: Method, wanted: Wanted) -> Result<Option<String>, Problem> {
        if self.method != method {
            return Err(Problem::wrong_method(if method == Method::POST { "POST" } else { "GET" }));
        }
        let rules = &bank.rules.whoami;
        let token = bearer::token(&self.carriers(), rules.carrier, rules.scheme)?;
        match (token, rules.no_token) {
            (None, NoToken::Answered) => Ok(None),
            (None, _) => Err(no_token(bank, wanted)),
            (token, _) => Ok(token),
        }
    }

    /// The body, which is to be JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let message = format!("the body is not the JSON that is due here: {error}");
            Problem::new(400, "bad_request.bad_json", message)
        })
    }

    fn params(&self) -> Result<Params, Problem> {
        let query = self.uri.query().unwrap_or_default();
        Params::read(query.as_bytes(), Duplicates::Refused)
            .map_err(|twice| Problem::invalid_request(format!("`{}` is given twice", twice.0)))
    }
}

fn permitted<T>(
    bank: &Bank,
    call: &Call,
    endpoint: Endpoint,
    read: impl FnOnce(&mut Turn<'_>, Bearer, Seconds) -> Result<T, Refusal>,
) -> Result<T, Problem> {
    let token = call.token(bank, Method::GET, Wanted::Data)?.ok_or_else(Problem::no_token)?;
    turn(bank, &token, |turn| {
        let bearer = turn.reader(&token).map_err(|refusal| match refusal {
            Refusal::DisconnectedAccessToken if !bank.rules.consent.data_reason.kept() => {
                Refusal::BadAccessToken
            }
            refusal => refusal,
        })?;
        turn.used(bearer);
        let approved = turn.permit(bearer, endpoint)?;
        read(turn, bearer, approved)
    })
}

/// A turn in the world of a token.
pub fn turn<T>(
    bank: &Bank,
    token: &str,
    act: impl FnOnce(&mut Turn<'_>) -> Result<T, Refusal>,
) -> Result<T, Problem> {
    let given = sit(bank, token)?.step(act);
    given.map_err(|refusal| bad_token(bank, token, refusal))
}

/// A sitting in the world of a token.
fn sit<'a>(bank: &'a Bank, token: &str) -> Result<Sitting<'a>, Problem> {
    let sitting = bank.sit_where(|ledger| ledger.world_of_access(token));
    sitting.ok_or_else(|| bad_token(bank, token, Refusal::BadAccessToken))
}

fn no_token(bank: &Bank, wanted: Wanted) -> Problem {
    match bank.rules.whoami.no_token {
        NoToken::ForbiddenForData if wanted == Wanted::Data => Problem::no_token().forbidden(),
        NoToken::Challenged | NoToken::Answered | NoToken::ForbiddenForData => Problem::no_token(),
        NoToken::Unchallenged => Problem::no_token().unchallenged(),
        NoToken::Breaks => Problem::breakdown(),
    }
}

fn bad_token(bank: &Bank, token: &str, refusal: Refusal) -> Problem {
    let about_the_token = matches!(
        refusal,
        Refusal::BadAccessToken
            | Refusal::ExpiredAccessToken
            | Refusal::EvictedAccessToken
            | Refusal::DisconnectedAccessToken
    );
    let strange =
        || token.len() != 43 || !token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    match bank.rules.whoami.bad_token {
        BadToken::NoErrorKey if about_the_token => Problem::from(refusal).without_error(),
        BadToken::Breaks if about_the_token && strange() => Problem::breakdown(),
        BadToken::ExpiredIsForbidden if refusal == Refusal::ExpiredAccessToken => {
            Problem::from(refusal).forbidden()
        }
        BadToken::EvictedIsForbidden if refusal == Refusal::EvictedAccessToken => {
            Problem::from(refusal).forbidden()
        }
        _ => refusal.into(),
    }
}

fn own_account<'a>(turn: &'a Turn<'_>, bearer: Bearer, params: &Params) -> Result<&'a str, Refusal> {
    let own = turn.account_id(bearer.user);
    let same = params.text("account_id").is_some_and(|asked| asked == own);
    same.then_some(own).ok_or(Refusal::UnknownAccount)
}

fn listing(params: &Params) -> Result<Listing, Problem> {
    let time = |name: &str, text: &str| {
        let message = format!("`{name}` is no RFC 3339 time: write it like 2026-01-31T12:00:00Z");
        DateTime::parse_from_rfc3339(text)
            .ok()
            .and_then(|time| Seconds::try_from(time.timestamp()).ok())
            .ok_or_else(|| Problem::new(400, "bad_request.bad_param", message))
    };
    let since = match params.text("since") {
        None => None,
        Some(id) if id.starts_with("tx_") => Some(Since::Transaction(id.into_owned())),
        Some(text) => Some(Since::Time(time("since", &text)?)),
    };
    let before = params.text("before").map(|text| time("before", &text)).transpose()?;
    let limit = match params.text("limit") {
        None => MOST_LISTED,
        Some(text) => {
            let number = text.parse().ok().filter(|limit| (1..=MOST_LISTED).contains(limit));
            let message = format!("`limit` is no number from 1 to {MOST_LISTED}");
            number.ok_or_else(|| Problem::new(400, "bad_request.bad_param.limit", message))?
        }
    };
    Ok(Listing { since, before, limit })
}

/// RFC 3339, in UTC.
pub fn timestamp(seconds: Seconds) -> String {
    let time = i64::try_from(seconds).ok().and_then(|s| DateTime::from_timestamp(s, 0));
    time.map_or_else(String::new, |time| time.to_rfc3339_opts(SecondsFormat::Millis, true))
}
