//! `overload`: the next request to an endpoint is turned away with 429, because the control API was asked for it, or
//! because of a burst of requests that change nothing.

use std::time::Duration;

use futures_util::future::join_all;
use http::Method;
use serde_json::json;

use super::call::{asking, carried};
use super::login::right_token_request;
use super::mandate::mandates;
use super::refresh;
use crate::engine::answer::{Answer, Came};
use crate::engine::scene::{GrantHeld, NeverSaved, Scene};
use crate::suite::{Carrier, Check, Door, Endpoint, Leaf, Outcome, Overload, Refresh, Step, Token};
use crate::target::{LogoutKind, Outgoing};

/// Requests of a burst, and how many of them are under way at a time.
const BURST: usize = 200;
const AT_A_TIME: usize = 10;
/// Seconds that are waited after a 429 that doesn't say how long, or says it as a date, and those that are waited at most.
const WITHOUT_A_WORD: u64 = 1;
const LONGEST_WAIT: u64 = 60;

pub async fn run(overload: &Overload, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let grant = scene.grant(&overload.grant)?;
    let Some(request) = scene.target.throttle_request(&scene.world, overload.of) else {
        return burst(overload, &grant, scene).await;
    };
    let purpose = format!("turn the next request to {} away", overload.of);
    Ok(match scene.control("the operator", &purpose, request).await {
        // It knows no such thing.
        Err(answer) if matches!(answer.came, Came::NotApplicable(_)) => {
            burst(overload, &grant, scene).await?
        }
        Err(answer) => answer,
        Ok((number, Ok(answer))) if (200..300).contains(&answer.status) => {
            Answer::new(Came::Granted, "the next request is turned away").at(number)
        }
        Ok((number, Ok(answer))) if !matches!(answer.status, 404 | 405) => {
            Answer::broken(format!("the control API answered {}", answer.status)).at(number)
        }
        // It knows no such thing.
        Ok(_) => burst(overload, &grant, scene).await?,
    })
}

/// Waits after a request that was to be turned away, for as long as the answer says (RFC 6585 §4). An error says why that
/// is too long; `None` if there was no such request.
pub async fn calm(step: &Step, answer: &Answer) -> Option<Result<(), String>> {
    let throttled = |leaf: &Leaf| leaf.check == Check::Outcome(Outcome::Throttled);
    let response = answer.response.as_ref().filter(|_| step.given.iter().any(throttled))?;
    let asked = response.header("retry-after").next();
    let seconds = asked.and_then(|text| text.trim().parse::<u64>().ok()).unwrap_or(WITHOUT_A_WORD);
    if seconds > LONGEST_WAIT {
        return Some(Err(format!(
            "it asks to wait for {seconds} s, and {LONGEST_WAIT} s at most are waited"
        )));
    }
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    Some(Ok(()))
}

async fn burst(overload: &Overload, grant: &GrantHeld, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let mut sent = 0;
    while sent < BURST {
        let mut requests = Vec::new();
        for _ in 0..AT_A_TIME {
            match harmless(overload, grant, scene)? {
                Ok(request) => requests.push(request),
                Err(answer) => return Ok(answer),
            }
        }
        let target = scene.target;
        let replies = join_all(requests.iter().map(|request| target.send(request))).await;
        sent += replies.len();
        for reply in replies {
            match reply {
                Ok(answer) if answer.status == 429 => {
                    let said = format!("429 came among {sent} requests to {}", overload.of);
                    return Ok(Answer::new(Came::Granted, said));
                }
                Ok(answer) if answer.status < 500 => {}
                Ok(answer) => {
                    let why = format!("{} stood where a 429 was due, after {sent} requests", answer.status);
                    return Ok(Answer::unclear(why));
                }
                Err(trouble) => {
                    let why = format!("{}: {}", trouble.kind.as_str(), trouble.detail);
                    return Ok(Answer::unclear(format!("after {sent} requests: {why}")));
                }
            }
        }
    }
    let why = format!("{sent} requests to {} at once, and none was answered 429", overload.of);
    Ok(Answer::new(Came::NotApplicable(why), ""))
}

/// A request that a rate counts, and that changes nothing: what it shows is no token at all, or only looks.
fn harmless(
    overload: &Overload,
    grant: &GrantHeld,
    scene: &mut Scene<'_>,
) -> Result<Result<Outgoing, Answer>, NeverSaved> {
    let endpoint = match overload.of {
        Door::Whoami => Endpoint::Whoami,
        Door::Accounts => Endpoint::Accounts,
        Door::Balance => Endpoint::Balance,
        Door::Transactions => Endpoint::Transactions,
        Door::Token => {
            let refresh = Refresh {
                grant: overload.grant.clone(),
                token: Token::Random,
                request: right_token_request(),
                save: None,
            };
            return Ok(refresh::request(&refresh, scene)?.map(|single| single.request));
        }
        Door::Logout => {
            let nobodys = scene.fresh();
            return Ok(match &scene.target.file().endpoints.logout {
                Some(logout) if logout.kind == LogoutKind::Bearer => {
                    Ok(carried(logout.route.request(Method::POST), Some(nobodys), Carrier::Header, "Bearer"))
                }
                _ => Err(Answer::not_applicable("the target has no logout that takes a token in a header")),
            });
        }
        Door::Mandates => {
            // Terms that no mandate can have.
            let request = mandates(scene)?.request(Method::POST).json(&json!({ "payee": "", "amount": 0 }));
            return Ok(Ok(carried(request, Some(grant.access.clone()), Carrier::Header, "Bearer")));
        }
    };
    let request = asking(endpoint, grant, Some(grant.access.clone()), Carrier::Header, "Bearer", scene);
    Ok(request.ok_or_else(|| Answer::not_applicable(format!("the target has no {endpoint}"))))
}
