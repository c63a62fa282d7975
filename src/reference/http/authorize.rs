//! The way to the login page and back (RFC 6749 §4.1.1, §4.1.2).
//!
//! What can't be trusted (which client, which redirect URI) is checked first and ends on a page; only after that may an
//! answer go to the client by redirect.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::page::{self, LoginPage};
use super::params::Params;
use super::problem::Problem;
use super::redirect;
use super::repeat;
use crate::reference::bank::Bank;
use crate::reference::ledger::{ClientIx, Landing, Outcome, Refusal, WorldId};
use crate::reference::pages;
use crate::reference::rules::{BadRequestLands, Duplicates, ResponseType};

const KNOWN: [&str; 4] = ["client_id", "redirect_uri", "response_type", "state"];

/// `GET /oauth2/authorize`
pub async fn open(State(bank): State<Arc<Bank>>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET {
        return Problem::wrong_method("GET").into_response();
    }
    let query = uri.query().unwrap_or_default().as_bytes();
    match Params::read(query, bank.rules.authorize.duplicates) {
        Ok(params) => {
            let response = begin(&bank, &headers, &params).unwrap_or_else(|stopped| *stopped);
            repeat::request(&bank.rules.authorize, &params, response)
        }
        Err(twice) => {
            let why = "The app's request names one thing twice.";
            stop(&bank, "bad_request.duplicate_parameter", why, Some(&twice.0))
        }
    }
}

/// `POST /oauth2/authorize/continue`: the page's form, which stands for the followed magic link too. In the standing world
/// it does not: there a mail is sent.
pub async fn resume(
    State(bank): State<Arc<Bank>>,
    method: Method,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if method != Method::POST {
        return Problem::wrong_method("POST").into_response();
    }
    let Ok(body) = body else {
        return Problem::too_long().into_response();
    };
    let Ok(form) = Params::read(&body, Duplicates::Refused) else {
        return stop(&bank, "bad_request.duplicate_parameter", "The form came garbled.", None);
    };
    let login = form.text("login").unwrap_or_default();
    let world = bank.ledger().world_of_secret(&login);
    if world.is_some() && world == bank.standing() {
        let resumed = pages::authorize::resume(&bank, &headers, form);
        return resumed.unwrap_or_else(IntoResponse::into_response);
    }
    let decided = world.ok_or(Refusal::UnknownLogin).and_then(|world| {
        decide(&bank, world, &login, form.text("action").as_deref(), form.text("email").as_deref())
    });
    match decided {
        Ok(response) => response,
        Err(refusal) => {
            let why = "This login is unknown, or over. Start again from the app.";
            let (status, code) = match refusal {
                Refusal::LoginOver => (StatusCode::CONFLICT, "precondition_failed.login_over"),
                _ => (StatusCode::NOT_FOUND, "not_found.login"),
            };
            page::error(bank.rules.authorize.headers, status, code, why, None)
        }
    }
}

/// Sends the browser back to the client.
pub fn land(bank: &Bank, status: StatusCode, landing: &Landing) -> Response {
    let address = redirect::location(&bank.rules.authorize, landing);
    let Ok(address) = HeaderValue::from_str(&address) else {
        let why = "The app's address can't be used.";
        return stop(bank, "bad_request.bad_param.redirect_uri", why, None);
    };
    let mut response = status.into_response();
    let headers = response.headers_mut();
    headers.insert(LOCATION, address);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// The checks, in the order in which they are made. The error is an answer too: the way ends there.
fn begin(bank: &Arc<Bank>, headers: &HeaderMap, params: &Params) -> Result<Response, Box<Response>> {
    let rules = &bank.rules.authorize;
    let unknown = params.names().find(|name| !KNOWN.contains(name));
    if let Some(unknown) = unknown.filter(|_| !rules.unknown_ignored.kept()) {
        let why = "The app's request names something unknown.";
        return Err(Box::new(stop(bank, "bad_request.bad_param", why, Some(unknown))));
    }
    let (world, client) = known_client(bank, params)?;
    let redirect_uri = known_redirect_uri(bank, params, world, client)?;
    let state = params.bytes("state").map(<[u8]>::to_vec);
    let asked = params.text("response_type");
    let error = match (asked.as_deref(), rules.response_type) {
        (Some("code"), _) | (_, ResponseType::Anything) => None,
        (Some(other), ResponseType::AnyCase) if other.eq_ignore_ascii_case("code") => None,
        (Some(other), ResponseType::CodeAmongOthers) if other.split(' ').any(|word| word == "code") => None,
        (None, ResponseType::MayBeAbsent) => None,
        (None, _) => Some("invalid_request"),
        (Some(_), _) => Some("unsupported_response_type"),
    };
    let opened = bank.turn(world, |turn| {
        if let Some(error) = error {
            return Ok(Err(turn.bounce(redirect_uri.clone(), error, state.clone())));
        }
        let login = turn.open_login(client, redirect_uri.clone(), state.clone());
        Ok(Ok((login, turn.client_name(client).to_owned())))
    });
    match opened.map_err(|refusal| Box::new(Problem::from(refusal).into_response()))? {
        Err(landing) => Ok(land(bank, StatusCode::FOUND, &landing)),
        Ok((login, name)) => {
            if bank.standing() == Some(world) {
                let page = pages::authorize::begin(bank, headers, login.expose());
                return Ok(page.unwrap_or_else(IntoResponse::into_response));
            }
            Ok(page::login(rules.headers, &LoginPage::new(&name, login.expose()), &redirect_uri))
        }
    }
}

fn known_client(bank: &Bank, params: &Params) -> Result<(WorldId, ClientIx), Box<Response>> {
    let id = params.text("client_id").unwrap_or_default();
    let world = bank.ledger().world_of_client(&id);
    let found = world.map(|world| (world, bank.turn(world, |turn| turn.client(&id))));
    if let Some((world, Ok(client))) = found {
        return Ok((world, client));
    }
    if bank.rules.authorize.bad_request_lands == BadRequestLands::OnUnknownClientsUri {
        let named = params.text("redirect_uri").unwrap_or_default().into_owned();
        return Err(Box::new(land_untrusted(bank, params, named, "unauthorized_client")));
    }
    let why = "The bank doesn't know the app that sent you here.";
    Err(Box::new(stop(bank, "bad_request.bad_param.client_id", why, Some(&id))))
}

fn known_redirect_uri(
    bank: &Bank,
    params: &Params,
    world: WorldId,
    client: ClientIx,
) -> Result<String, Box<Response>> {
    let given = params.text("redirect_uri").unwrap_or_default();
    let rules = &bank.rules.authorize;
    let known = bank.turn(world, |turn| {
        let (own, all) = (turn.redirect_uris(client), turn.all_redirect_uris());
        Ok(!given.is_empty() && redirect::registered(rules.redirect_match, &given, own, all))
    });
    if known == Ok(true) {
        return Ok(given.into_owned());
    }
    let wrong_type = params.text("response_type").is_none_or(|asked| asked != "code");
    let lands = match rules.bad_request_lands {
        BadRequestLands::OnErrorPage | BadRequestLands::OnUnknownClientsUri => None,
        BadRequestLands::OnBadRedirectUri => Some(given.to_string()),
        BadRequestLands::OnWrongResponseType => wrong_type.then(|| given.to_string()),
        BadRequestLands::OnMissingRedirectUri if !given.is_empty() => None,
        BadRequestLands::OnMissingRedirectUri => {
            bank.turn(world, |turn| Ok(turn.redirect_uris(client).first().cloned())).ok().flatten()
        }
    };
    if let Some(lands) = lands {
        return Err(Box::new(land_untrusted(bank, params, lands, "invalid_request")));
    }
    let why = "The app asked the bank to send you to an address that is not registered as its own.";
    Err(Box::new(stop(bank, "bad_request.bad_param.redirect_uri", why, Some(&given))))
}

/// What a bank must never do: redirect to an address that nobody vouches for.
fn land_untrusted(bank: &Bank, params: &Params, redirect_uri: String, error: &'static str) -> Response {
    let landing = Landing {
        redirect_uri,
        outcome: Outcome::Error(error),
        state: params.bytes("state").map(<[u8]>::to_vec),
    };
    land(bank, StatusCode::FOUND, &landing)
}

fn decide(
    bank: &Bank,
    world: WorldId,
    login: &str,
    action: Option<&str>,
    email: Option<&str>,
) -> Result<Response, Refusal> {
    let (landed, name, redirect_uri) = bank.turn(world, |turn| {
        let at = turn.find_login(login)?;
        let user = email.and_then(|email| turn.user_by_email(email));
        let name = turn.client_name(turn.login_client(at)).to_owned();
        let redirect_uri = turn.login_redirect_uri(at).to_owned();
        let landed = match (action, user) {
            (Some("cancel"), user) => Some(turn.refuse(at, user)?),
            (_, Some(user)) => Some(turn.allow(at, user)?),
            (_, None) => None,
        };
        Ok((landed, name, redirect_uri))
    })?;
    Ok(match landed {
        Some(landing) => land(bank, StatusCode::SEE_OTHER, &landing),
        None => {
            let mut page = LoginPage::new(&name, login);
            page.note = Some("Nobody here has this email. Look for a slip, or cancel.");
            page::login(bank.rules.authorize.headers, &page, &redirect_uri)
        }
    })
}

/// A page that ends the way: 400.
fn stop(bank: &Bank, code: &str, why: &str, said: Option<&str>) -> Response {
    page::error(bank.rules.authorize.headers, StatusCode::BAD_REQUEST, code, why, said)
}
