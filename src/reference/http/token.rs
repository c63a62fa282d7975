//! The token endpoint (RFC 6749 §3.2): who asks, for what, and the answer.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::BODY_LIMIT;
use super::params::Params;
use super::problem::Problem;
use super::token_request::{Caller, read, read_caller};
use crate::reference::bank::{Bank, Sitting};
use crate::reference::ledger::{Asked, ClientIx, Issued, Refusal, Seconds, Secret, Source, Turn};
use crate::reference::rules::{
    Caching, GrantTypes, PublicRefreshToken, RefreshRefusal, SecretRefusal, TokenFields, UnknownClient,
};

/// `POST /oauth2/token`
pub async fn token(State(bank): State<Arc<Bank>>, request: Request) -> Response {
    let (Parts { method, uri, headers, .. }, body) = request.into_parts();
    let params = match to_bytes(body, BODY_LIMIT).await {
        Err(_) => Err(Problem::too_long()),
        Ok(body) => read(&bank.rules.token, &method, uri.query().unwrap_or_default(), &headers, &body),
    };
    let refreshes = params.as_ref().is_ok_and(|params| wants(params) == Source::RefreshToken);
    let answer = params.and_then(|params| grant(&bank, &headers, &params));
    let granted = answer.is_ok();
    let unknown = answer.as_ref().is_err_and(Problem::is_about_the_client);
    let mut response = match answer {
        Ok(body) => {
            let json = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
            ([json], body.to_string()).into_response()
        }
        Err(problem) => problem.into_response(),
    };
    let stored = match bank.rules.token.caching {
        Caching::Never | Caching::TextPlain => false,
        Caching::Allowed => true,
        Caching::RefusalsAllowed => !granted,
        Caching::RefreshAllowed => granted && refreshes,
        Caching::ClientRefusalsAllowed => unknown,
    };
    if !stored {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    }
    if bank.rules.token.caching == Caching::TextPlain {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    }
    response
}

fn grant(bank: &Bank, headers: &HeaderMap, params: &Params) -> Result<Value, Problem> {
    let caller = read_caller(bank.rules.token.conflicting_auth, headers, params)?;
    let (mut sitting, client) = authenticated(bank, &caller, params)?;
    let asked = params.text("grant_type");
    let exchanges = match (asked.as_deref(), bank.rules.token.grant_type) {
        (Some("authorization_code"), _) | (None, GrantTypes::MissingIsExchange) => true,
        (Some("refresh_token"), _) => false,
        (Some(asked), GrantTypes::AnyCase) if asked.eq_ignore_ascii_case("authorization_code") => true,
        (Some(asked), GrantTypes::AnyCase) if asked.eq_ignore_ascii_case("refresh_token") => false,
        (None, GrantTypes::MissingIsGuessed) => params.text("refresh_token").is_none(),
        (Some(_), GrantTypes::UnknownIsExchange) => true,
        (Some(_), GrantTypes::UnknownIsInvalidClient) => return Err(Refusal::UnknownClient.into()),
        (Some(_), _) => {
            let message = "`grant_type` is neither authorization_code nor refresh_token";
            let problem = Problem::new(400, "bad_request.unsupported_grant_type", message);
            return Err(problem.error("unsupported_grant_type"));
        }
        (None, _) => return Err(Problem::invalid_request("`grant_type` is missing")),
    };
    let issued = if exchanges {
        exchange(bank, &mut sitting, client, params)?
    } else {
        refresh(bank, &mut sitting, client, params)?
    };
    let named = sitting.step(|turn| Ok(Named::of(bank, turn, &issued)))?;
    // Others wait for the ledger: the words are found without it.
    drop(sitting);
    Ok(answer(bank, named, &issued))
}

/// The client that has shown who it is, and a sitting in its world.
fn authenticated<'a>(
    bank: &'a Bank,
    caller: &Caller,
    params: &Params,
) -> Result<(Sitting<'a>, ClientIx), Problem> {
    let Some(mut sitting) = bank.sit_where(|ledger| ledger.world_of_client(&caller.client_id)) else {
        let passes = match bank.rules.token.unknown_client {
            UnknownClient::Refused => None,
            UnknownClient::Breaks => return Err(Problem::breakdown()),
            UnknownClient::PassesAsOwner => owner(bank, params),
            UnknownClient::PassesAtRefresh => {
                owner(bank, params).filter(|_| wants(params) == Source::RefreshToken)
            }
        };
        return passes.ok_or_else(|| {
            tried_by_stranger(bank, params);
            caller.refused(Refusal::UnknownClient)
        });
    };
    let client = sitting.step(|turn| {
        let named = turn.client(&caller.client_id)?;
        let token = params.text("refresh_token").unwrap_or_default();
        let client = turn.asked_for_secret(named, &token);
        Ok((client, turn.authenticate(client, caller.secret.as_deref(), wants(params))))
    });
    let (client, shown) = client.map_err(|refusal| caller.refused(refusal))?;
    match shown {
        Ok(()) => Ok((sitting, client)),
        Err(refusal) => {
            let leaked = after_failure(bank, &mut sitting, client, caller, params);
            let problem = caller.refused(refusal).leaking(leaked);
            Err(match bank.rules.token.secret_refusal {
                SecretRefusal::InvalidClient => problem,
                SecretRefusal::AccessDenied => problem.error("access_denied"),
            })
        }
    }
}

/// What a request wants tokens for, by its grant type; all that is not known wants them for a code.
fn wants(params: &Params) -> Source {
    match params.text("grant_type").as_deref() {
        Some("refresh_token") => Source::RefreshToken,
        _ => Source::Code,
    }
}

/// What a try by a client that nobody registered does to the code or token it was about: nothing.
fn tried_by_stranger(bank: &Bank, params: &Params) {
    for secret in [params.text("code"), params.text("refresh_token")].into_iter().flatten() {
        if let Some(mut sitting) = bank.sit_where(|ledger| ledger.world_of_secret(&secret)) {
            // It refuses nothing.
            let _ = sitting.step(|turn| {
                turn.tried_by_stranger(&secret);
                Ok(())
            });
        }
    }
}

/// What a failed authentication does to the code or token it was about: nothing.
fn after_failure(
    bank: &Bank,
    sitting: &mut Sitting<'_>,
    client: ClientIx,
    caller: &Caller,
    params: &Params,
) -> Option<Issued> {
    let leaks = !bank.rules.code.refusal_grants_nothing.kept();
    let leaked = sitting.step(|turn| {
        if let Some(token) = params.text("refresh_token") {
            turn.refresh_attempt_failed(&token, caller.secret.as_deref().is_some_and(|s| !s.is_empty()));
        }
        if let Some(code) = params.text("code") {
            turn.exchange_attempt_failed(&code);
        }
        match params.text("code").filter(|_| leaks) {
            None => Ok(None),
            Some(code) => {
                let redirect_uri = params.text("redirect_uri").unwrap_or_default();
                let redemption = turn.check_code(client, &code, &redirect_uri)?;
                turn.issue_unspent(redemption).map(Some)
            }
        }
    });
    leaked.ok().flatten()
}

/// The owner of the code or refresh token in the request.
fn owner<'a>(bank: &'a Bank, params: &Params) -> Option<(Sitting<'a>, ClientIx)> {
    let secret = params.text("code").or_else(|| params.text("refresh_token"))?;
    let mut sitting = bank.sit_where(|ledger| ledger.world_of_secret(&secret))?;
    let found = sitting.step(|turn| Ok(turn.owner_of(&secret)));
    Some((sitting, found.ok().flatten()?))
}

fn exchange(
    bank: &Bank,
    sitting: &mut Sitting<'_>,
    client: ClientIx,
    params: &Params,
) -> Result<Issued, Problem> {
    let code = params.text("code").ok_or_else(|| Problem::invalid_request("`code` is missing"))?;
    let redirect_uri = params.text("redirect_uri").unwrap_or_default();
    let redemption = sitting.step(|turn| turn.check_code(client, &code, &redirect_uri))?;
    let confidential = sitting.step(|turn| Ok(turn.confidential(client)))?;
    sitting.pause(match confidential {
        true => bank.rules.code.spend_gap,
        false => bank.rules.code.public_spend_gap,
    });
    let spent = sitting.step(|turn| turn.spend_code(redemption))?;
    sitting.pause(bank.rules.one.evict_gap);
    let issued = sitting.step(|turn| turn.issue(spent))?;
    sitting.pause(bank.rules.one.late_evict_gap);
    sitting.step(|turn| {
        turn.evict_late(&issued);
        Ok(())
    })?;
    Ok(issued)
}

fn refresh(
    bank: &Bank,
    sitting: &mut Sitting<'_>,
    client: ClientIx,
    params: &Params,
) -> Result<Issued, Problem> {
    let Some(token) = params.text("refresh_token") else {
        return Err(match bank.rules.refresh.refusal {
            RefreshRefusal::BreaksIfMissing => Problem::breakdown(),
            _ => Problem::invalid_request("`refresh_token` is missing"),
        });
    };
    let extras = ["user_id", "scope", "approved", "client_id"].map(|name| params.text(name));
    let [user_id, scope, approved, client_id] = extras.each_ref().map(|value| value.as_deref());
    let asked = Asked { refresh_token: &token, user_id, scope, approved, client_id };
    rotate(bank, sitting, client, asked).map_err(|refusal| {
        let bad = matches!(refusal, Refusal::BadRefreshToken | Refusal::EvictedRefreshToken);
        match bank.rules.refresh.refusal {
            RefreshRefusal::Bare if bad => Problem::from(refusal).bare(),
            RefreshRefusal::Breaks if bad => Problem::breakdown(),
            _ => refusal.into(),
        }
    })
}

fn rotate(
    bank: &Bank,
    sitting: &mut Sitting<'_>,
    client: ClientIx,
    asked: Asked<'_>,
) -> Result<Issued, Refusal> {
    let rotating = sitting.step(|turn| turn.check_refresh(client, asked))?;
    sitting.pause(match rotating.is_late() {
        true => bank.rules.refresh.late_spend_gap,
        false => bank.rules.refresh.spend_gap,
    });
    let claimed = sitting.step(|turn| turn.claim_refresh(rotating))?;
    sitting.pause(bank.rules.refresh.issue_gap);
    sitting.step(|turn| turn.rotate(claimed, &Secret::shown(asked.refresh_token)))
}

/// What an answer takes from the ledger.
struct Named {
    fields: TokenFields,
    client_id: String,
    user_id: String,
    expires_in: Seconds,
    /// Whether the client that asked is confidential.
    confidential: bool,
}

impl Named {
    fn of(bank: &Bank, turn: &Turn<'_>, issued: &Issued) -> Named {
        let fields = match (bank.rules.token.fields, issued.from) {
            (TokenFields::RefreshWithoutUserId, Source::RefreshToken) => TokenFields::NoUserId,
            (TokenFields::RefreshExpiresInAsText, Source::RefreshToken) => TokenFields::ExpiresInAsText,
            (TokenFields::RefreshOtherUsersId, Source::RefreshToken) => TokenFields::OtherUsersId,
            (_, Source::RefreshToken) => TokenFields::AsDocumented,
            (fields, Source::Code) => fields,
        };
        let (mut client, mut user) = (issued.client, issued.user);
        match fields {
            TokenFields::OtherUsersId => user = turn.another_user(user),
            TokenFields::FirstUsersId => user = turn.first_user_of(client).unwrap_or(user),
            TokenFields::OtherClientsId => client = turn.another_client(client),
            _ => {}
        }
        Named {
            fields,
            client_id: turn.client_id(client).to_owned(),
            user_id: turn.user_id(user).to_owned(),
            expires_in: turn.lifetime(),
            confidential: turn.confidential(issued.client),
        }
    }
}

/// The token answer (Monzo API docs, "Exchange the authorization code").
fn answer(bank: &Bank, named: Named, issued: &Issued) -> Value {
    let mut body = Map::new();
    body.insert("access_token".into(), issued.access.expose().into());
    body.insert("client_id".into(), named.client_id.into());
    let expires_in = match named.fields {
        TokenFields::ExpiresInAsText => Value::from(named.expires_in.to_string()),
        _ => Value::from(named.expires_in),
    };
    body.insert("expires_in".into(), expires_in);
    if let Some(refresh) = &issued.refresh {
        body.insert("refresh_token".into(), refresh.expose().into());
    } else if !named.confidential && bank.rules.public.refresh_token == PublicRefreshToken::EmptyText {
        body.insert("refresh_token".into(), "".into());
    }
    if named.fields != TokenFields::NoTokenType {
        body.insert("token_type".into(), "Bearer".into());
    }
    if named.fields != TokenFields::NoUserId {
        body.insert("user_id".into(), named.user_id.into());
    }
    Value::Object(body)
}
