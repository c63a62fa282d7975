//! `call`: a request that needs an access token, to whoami or to data (RFC 6750 §2).

use chrono::{DateTime, Utc};
use http::header::{AUTHORIZATION, COOKIE};
use serde_json::Value;

use super::Single;
use super::token_request::signed;
use crate::engine::answer::{Answer, Came, Facts, identity, is_inactive, of_reply};
use crate::engine::scene::{GrantHeld, NeverSaved, Scene};
use crate::engine::secrets::token;
use crate::suite::{Call, Carrier, Endpoint, Token};
use crate::target::{Incoming, Outgoing, Reply, TargetFile, WhoamiKind};

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
    let Some(request) = asking(call.endpoint, &grant, shown, call.send, &call.scheme, scene) else {
        return Ok(Err(Answer::not_applicable(format!("the target has no {}", call.endpoint))));
    };
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
    let token = Some(grant.access.clone());
    let Some(request) = asking(endpoint, grant, token, Carrier::Header, "Bearer", scene) else {
        return Answer::not_applicable(format!("the target has no {endpoint}"));
    };
    let (number, reply) = scene.send(&grant.client.0, &format!("ask {endpoint}"), request).await;
    read(endpoint, grant, scene, number, &reply)
}

fn read(endpoint: Endpoint, grant: &GrantHeld, scene: &Scene<'_>, number: usize, reply: &Reply) -> Answer {
    let file = scene.target.file();
    let mut answer = of_reply(reply, |response| given(endpoint, response, file)).at(number);
    let Some(response) = answer.response.clone() else { return answer };
    let response = &response;
    match endpoint {
        Endpoint::Whoami => {
            if let Some(identity) = identity(response, &file.identity) {
                let who = |id: &Option<String>, due: Option<&str>, name: &str| match (id, due) {
                    (Some(id), Some(due)) if id == due => name.to_owned(),
                    (Some(_), Some(_)) => format!("somebody else than {name}"),
                    (Some(_), None) => "somebody".to_owned(),
                    (None, _) => "nobody".to_owned(),
                };
                let mut named = Vec::new();
                if file.identity.user.is_some() {
                    let due = scene.world.user(&grant.user).user_id();
                    named.push(format!("user is {}", who(&identity.user_id, due, &grant.user.0)));
                }
                if file.identity.client.is_some() {
                    let due = Some(scene.world.client(&grant.client).client_id.as_str());
                    named.push(format!("client is {}", who(&identity.client_id, due, &grant.client.0)));
                }
                if !named.is_empty() {
                    answer.said = format!("{}: {}", answer.said, named.join(", "));
                }
                answer.facts = Facts::Identity(identity);
            }
            if answer.came != Came::Granted
                && file.endpoints.whoami.kind == WhoamiKind::Introspection
                && is_inactive(response)
            {
                answer.came = Came::Refused;
                answer.said = "refused: the token is not active".to_owned();
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
pub fn given(endpoint: Endpoint, response: &Incoming, file: &TargetFile) -> Option<String> {
    let (key, what) = match endpoint {
        Endpoint::Whoami => return identity(response, &file.identity).map(|_| "an identity".into()),
        Endpoint::Accounts => ("/accounts", "accounts"),
        Endpoint::Balance => ("/balance", "a balance"),
        Endpoint::Transactions | Endpoint::History => ("/transactions", "transactions"),
    };
    let own = file.endpoints.data(endpoint).and_then(|data| data.gives.as_ref());
    let pointer = own.map_or(key, |pointer| pointer.0.as_str());
    response.json()?.pointer(pointer).is_some().then(|| what.to_owned())
}

/// A request for what the endpoint is for, with this token. `None` if the target has no such endpoint.
pub fn asking(
    endpoint: Endpoint,
    grant: &GrantHeld,
    token: Option<String>,
    send: Carrier,
    scheme: &str,
    scene: &Scene<'_>,
) -> Option<Outgoing> {
    let endpoints = &scene.target.file().endpoints;
    let whoami = &endpoints.whoami;
    if endpoint == Endpoint::Whoami && whoami.kind == WhoamiKind::Introspection {
        return Some(introspection(grant, token, scene));
    }
    let mut parameters = Vec::new();
    if !matches!(endpoint, Endpoint::Whoami | Endpoint::Accounts) {
        let account = &scene.world.user(&grant.user).account_id;
        parameters.extend(account.iter().map(|account| ("account_id".to_owned(), account.clone())));
    }
    if endpoint == Endpoint::History {
        // From before the bank was founded: whatever history the token may see.
        parameters.push(("since".to_owned(), "2015-01-01T00:00:00Z".to_owned()));
    }
    Some(carried(endpoints.of(endpoint)?.get(&parameters), token, send, scheme))
}

/// A client asks whether a token is active (RFC 7662 §2.1).
fn introspection(grant: &GrantHeld, token: Option<String>, scene: &Scene<'_>) -> Outgoing {
    let whoami = &scene.target.file().endpoints.whoami;
    let client = whoami.client.as_ref().unwrap_or(&grant.client);
    let mut parameters: Vec<_> = token.map(|token| ("token".to_owned(), token)).into_iter().collect();
    parameters.push(("token_type_hint".to_owned(), "access_token".to_owned()));
    signed(&whoami.route, client, parameters, scene)
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
