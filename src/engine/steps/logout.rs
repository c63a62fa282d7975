//! `logout`: the client gives its access up, by a POST with the token (Monzo API docs, "Log Out") or by revocation (RFC 7009).

use http::Method;

use super::Single;
use super::call::carried;
use super::token_request::signed;
use crate::engine::answer::{Answer, Came, of_reply};
use crate::engine::scene::{GrantHeld, NeverSaved, Scene};
use crate::engine::secrets::token;
use crate::suite::{Carrier, Logout, Token};
use crate::target::{Logout as LogoutAt, LogoutKind, Outgoing, Reply, Revoked};

pub async fn run(logout: &Logout, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let singles = match requests(logout, scene)? {
        Ok(singles) => singles,
        Err(answer) => return Ok(answer),
    };
    let mut answer = Answer::unclear("nothing was sent");
    for single in singles {
        let (number, reply) = scene.send(&single.actor, &single.purpose, single.request).await;
        answer = settle(number, &reply);
        if answer.came != Came::Granted {
            break;
        }
    }
    let is_missing = answer.response.as_ref().is_some_and(|response| matches!(response.status, 404 | 405));
    // A server that has logged somebody out has a logout, and says something about the token.
    if is_usual(logout) && is_missing && !scene.has_logged_out {
        answer.said.push_str(
            "; nothing may be at that address: is `endpoints.logout` in the target file right? Without it, the server lacks a logout",
        );
    }
    scene.has_logged_out |= answer.came == Came::Granted;
    Ok(answer)
}

/// Whether it is a logout as clients send it.
fn is_usual(logout: &Logout) -> bool {
    logout.token == Token::Access && logout.send == Carrier::Header && logout.method == "POST"
}

/// It as a lane of a race.
pub fn single(logout: &Logout, scene: &mut Scene<'_>) -> Result<Result<Single, Answer>, NeverSaved> {
    let mut singles = match requests(logout, scene)? {
        Ok(singles) => singles,
        Err(answer) => return Ok(Err(answer)),
    };
    Ok(match (singles.pop(), singles.is_empty()) {
        (Some(only), true) => Ok(only),
        _ => Err(Answer::not_applicable(
            "logging out takes several requests here (endpoints.logout), so it can't race",
        )),
    })
}

/// The requests that log a grant out as the target has it, the right way. What a case leaves behind is cleared by them.
pub fn usual(grant: &GrantHeld, scene: &Scene<'_>) -> Vec<Outgoing> {
    let Some(at) = &scene.target.file().endpoints.logout else { return Vec::new() };
    match at.kind {
        LogoutKind::Bearer => {
            vec![bearer(at, Method::POST, Some(grant.access.clone()), Carrier::Header)]
        }
        LogoutKind::Revocation => revocations(at, grant, scene),
    }
}

fn requests(logout: &Logout, scene: &mut Scene<'_>) -> Result<Result<Vec<Single>, Answer>, NeverSaved> {
    let grant = scene.grant(&logout.grant)?;
    let Some(at) = scene.target.file().endpoints.logout.clone() else {
        return Ok(Err(Answer::not_applicable("the target has no logout endpoint")));
    };
    let single = |request| Single { actor: grant.client.0.clone(), purpose: "log out".to_owned(), request };
    if at.kind == LogoutKind::Revocation {
        if !is_usual(logout) {
            return Ok(Err(Answer::not_applicable("a revocation takes no token in a header")));
        }
        return Ok(Ok(revocations(&at, &grant, scene).into_iter().map(single).collect()));
    }
    let shown = match token(scene, &grant, logout.token) {
        Ok(shown) => shown,
        Err(why) => return Ok(Err(Answer::unclear(why))),
    };
    let Ok(method) = Method::from_bytes(logout.method.as_bytes()) else {
        return Ok(Err(Answer::broken(format!("{} is no HTTP method", logout.method))));
    };
    Ok(Ok(vec![single(bearer(&at, method, shown, logout.send))]))
}

/// One request with the token, and with the parameters that the target file says: in the query of a GET, else in the form.
fn bearer(at: &LogoutAt, method: Method, token: Option<String>, send: Carrier) -> Outgoing {
    let mut own = at.route.with_own(&[]);
    let request = at.route.request(method);
    match (own.is_empty(), send) {
        (true, _) => carried(request, token, send, "Bearer"),
        (false, _) if request.method == Method::GET => carried(request.query(&own), token, send, "Bearer"),
        (false, Carrier::Form) => {
            own.extend(token.map(|token| ("access_token".to_owned(), token)));
            request.form(&own)
        }
        (false, _) => carried(request.form(&own), token, send, "Bearer"),
    }
}

/// One request for each token that the target file says (RFC 7009 §2.1).
fn revocations(at: &LogoutAt, grant: &GrantHeld, scene: &Scene<'_>) -> Vec<Outgoing> {
    let revocation = |which: &Revoked| {
        let (token, kind) = match (which, &grant.refresh) {
            (Revoked::Refresh, Some(refresh)) => (refresh, "refresh_token"),
            _ => (&grant.access, "access_token"),
        };
        let mut parameters = vec![("token".to_owned(), token.clone())];
        if at.hint {
            parameters.push(("token_type_hint".to_owned(), kind.to_owned()));
        }
        signed(&at.route, &grant.client, parameters, scene)
    };
    at.tokens.iter().map(revocation).collect()
}

pub fn settle(number: usize, reply: &Reply) -> Answer {
    of_reply(reply, |response| {
        let done = (200..300).contains(&response.status) && !response.refuses;
        done.then(|| "logged out".into())
    })
    .at(number)
}

pub fn title(logout: &Logout) -> String {
    let mut how = Vec::new();
    if logout.token != Token::Access {
        how.push(format!("token: {}", logout.token));
    }
    if logout.send != Carrier::Header {
        how.push(format!("sent by {}", logout.send));
    }
    if logout.method != "POST" {
        how.push(format!("by {}", logout.method));
    }
    let how = if how.is_empty() { String::new() } else { format!(" ({})", how.join(", ")) };
    format!("the client logs ‘{}’ out{how}", logout.grant)
}
