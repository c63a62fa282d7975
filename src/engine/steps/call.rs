//! `call`: a request that needs an access token, to whoami or to data (RFC 6750 §2).

use chrono::{DateTime, Utc};
use http::header::{AUTHORIZATION, COOKIE};
use serde_json::Value;

use super::Single;
use crate::engine::answer::{Answer, Facts, identity, of_reply};
use crate::engine::scene::{GrantHeld, NeverSaved, Scene};
use crate::engine::secrets::token;
use crate::suite::{Call, Carrier, Endpoint, Token};
use crate::target::{Incoming, Outgoing, Reply};

pub async fn run(call: &Call, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let single = match request(call, scene)? {
        Ok(single) => single,
        Err(answer) => return Ok(answer),
    };
    let (number, reply) = scene.send(&single.actor, &single.purpose, single.request).await;
    settle(call, scene, number, &reply)
}

pub fn request(call: &Call, scene: &mut Scene<'_>) -> Result<Result<Single, Answer>, NeverSaved> {
    let grant = scene.grant(&call.grant)?;
    let shown = match token(scene, &grant, call.token) {
        Ok(shown) => shown,
        Err(why) => return Ok(Err(Answer::unclear(why))),
    };
    let request = carried(address(call.endpoint, &grant, scene), shown, call.send, &call.scheme);
    let purpose = format!("ask {}", call.endpoint);
    Ok(Ok(Single { actor: grant.client.0, purpose, request }))
}

pub fn settle(
    call: &Call,
    scene: &mut Scene<'_>,
    number: usize,
    reply: &Reply,
) -> Result<Answer, NeverSaved> {
    let grant = scene.grant(&call.grant)?;
    Ok(read(call.endpoint, &grant, scene, number, reply))
}

/// Asks an endpoint with a grant's access token, the right way. What `grid` and races look with.
pub async fn ask(endpoint: Endpoint, grant: &GrantHeld, scene: &mut Scene<'_>) -> Answer {
    let request = address(endpoint, grant, scene);
    let request = carried(request, Some(grant.access.clone()), Carrier::Header, "Bearer");
    let (number, reply) = scene.send(&grant.client.0, &format!("ask {endpoint}"), request).await;
    read(endpoint, grant, scene, number, &reply)
}

fn read(endpoint: Endpoint, grant: &GrantHeld, scene: &Scene<'_>, number: usize, reply: &Reply) -> Answer {
    let mut answer = of_reply(reply, |response| given(endpoint, response)).at(number);
    let Some(response) = &answer.response else { return answer };
    match endpoint {
        Endpoint::Whoami => {
            if let Some(identity) = identity(response) {
                let who = |id: Option<&String>, due: &str, name: &str| match id {
                    Some(id) if id == due => name.to_owned(),
                    Some(_) => format!("somebody else than {name}"),
                    None => "nobody".to_owned(),
                };
                let user =
                    who(identity.user_id.as_ref(), &scene.world.user(&grant.user).user_id, &grant.user.0);
                let client = who(
                    identity.client_id.as_ref(),
                    &scene.world.client(&grant.client).client_id,
                    &grant.client.0,
                );
                answer.said = format!("{}: user is {user}, client is {client}", answer.said);
                answer.facts = Facts::Identity(identity);
            }
        }
        Endpoint::Transactions | Endpoint::History => {
            let now = scene.world.now + i64::try_from(scene.clock).unwrap_or(i64::MAX / 2);
            answer.facts = Facts::Transactions { oldest_days: oldest_days(response, now) };
        }
        Endpoint::Accounts | Endpoint::Balance => {}
    }
    answer
}

/// What an answer gives of what the endpoint is for. Also how a raw `request` looks at it.
pub fn given(endpoint: Endpoint, response: &Incoming) -> Option<String> {
    let json = response.json()?;
    let has = |key: &str| json.get(key).is_some();
    match endpoint {
        Endpoint::Whoami => identity(response).map(|_| "an identity".into()),
        Endpoint::Accounts => has("accounts").then(|| "accounts".into()),
        Endpoint::Balance => has("balance").then(|| "a balance".into()),
        Endpoint::Transactions | Endpoint::History => has("transactions").then(|| "transactions".into()),
    }
}

/// A request to an endpoint, without a token.
pub fn address(endpoint: Endpoint, grant: &GrantHeld, scene: &Scene<'_>) -> Outgoing {
    let request = Outgoing::get(scene.target.url(scene.target.file().endpoints.of(endpoint)));
    let account = ("account_id".to_owned(), scene.world.user(&grant.user).account_id.clone());
    match endpoint {
        Endpoint::Whoami | Endpoint::Accounts => request,
        Endpoint::Balance | Endpoint::Transactions => request.query(&[account]),
        // From before the bank was founded: whatever history the token may see.
        Endpoint::History => {
            request.query(&[account, ("since".to_owned(), "2015-01-01T00:00:00Z".to_owned())])
        }
    }
}

/// Puts a token into a request. Also how `logout` shows its token.
pub fn carried(request: Outgoing, token: Option<String>, send: Carrier, scheme: &str) -> Outgoing {
    let Some(token) = token else { return request };
    let field = [("access_token".to_owned(), token.clone())];
    let header = format!("{scheme} {token}");
    match send {
        Carrier::Header => request.header(AUTHORIZATION, header.trim_start()),
        Carrier::TwoHeaders => request.header(AUTHORIZATION, &header).header(AUTHORIZATION, &header),
        Carrier::Query => request.query(&field),
        Carrier::Form => request.form(&field),
        Carrier::Cookie => request.header(COOKIE, &format!("access_token={token}")),
    }
}

/// The age of the oldest transaction listed, in whole days at `now` (Unix seconds).
fn oldest_days(response: &Incoming, now: i64) -> Option<i64> {
    let json = response.json()?;
    let listed = json.get("transactions")?.as_array()?;
    let created = |entry: &Value| {
        let text = entry.get("created")?.as_str()?;
        Some(DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc).timestamp())
    };
    listed.iter().filter_map(created).min().map(|oldest| (now - oldest) / 86_400)
}

pub fn title(call: &Call) -> String {
    let mut how = Vec::new();
    if call.token != Token::Access {
        how.push(format!("token: {}", call.token));
    }
    if call.send != Carrier::Header {
        how.push(format!("sent by {}", call.send));
    }
    if call.scheme != "Bearer" {
        how.push(format!("scheme: {:?}", call.scheme));
    }
    let how = if how.is_empty() { String::new() } else { format!(" ({})", how.join(", ")) };
    format!("the client asks {} with ‘{}’{how}", call.endpoint, call.grant)
}
