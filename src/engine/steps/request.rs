//! `request`: any request at all, as it is written. The only verb that writes values into texts.

use http::{HeaderName, Method};
use url::Url;

use super::call::given;
use crate::engine::answer::{Answer, access_token, of_reply};
use crate::engine::scene::{NeverSaved, Scene};
use crate::suite::{Address, Destination, Endpoint, Piece, Request, RequestBody, Template};
use crate::target::{Incoming, Outgoing, TargetFile};

pub async fn run(request: &Request, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let outgoing = match outgoing(request, scene)? {
        Ok(outgoing) => outgoing,
        Err(answer) => return Ok(answer),
    };
    let (number, reply) = scene.send(&request.client.0, &purpose(request), outgoing).await;
    let file = scene.target.file();
    Ok(of_reply(&reply, |response| gave(&request.to, response, file)).at(number))
}

pub fn title(request: &Request) -> String {
    format!("{} sends {}", request.client, purpose(request))
}

fn purpose(request: &Request) -> String {
    match &request.to {
        Destination::Address(address) => format!("{} to {address}", request.method),
        Destination::Path(path) => format!("{} {path}", request.method),
    }
}

/// What an answer gives: what the endpoint is for; behind a path, whatever a 2xx has. A token is one wherever it stands.
fn gave(to: &Destination, response: &Incoming, file: &TargetFile) -> Option<String> {
    if access_token(response).is_some() {
        return Some("an access token".to_owned());
    }
    let endpoint = match to {
        Destination::Address(Address::Token) => return None,
        Destination::Address(Address::Whoami) => Endpoint::Whoami,
        Destination::Address(Address::Accounts) => Endpoint::Accounts,
        Destination::Address(Address::Balance) => Endpoint::Balance,
        Destination::Address(Address::Transactions) => Endpoint::Transactions,
        Destination::Address(Address::Authorize | Address::Logout | Address::Mandates)
        | Destination::Path(_) => {
            return (200..300).contains(&response.status).then(|| "an answer".to_owned());
        }
    };
    given(endpoint, response, file)
}

/// The request with every value filled in. An error answer says why there is none.
fn outgoing(request: &Request, scene: &mut Scene<'_>) -> Result<Result<Outgoing, Answer>, NeverSaved> {
    let url = match url(&request.to, scene)? {
        Ok(url) => url,
        Err(answer) => return Ok(Err(answer)),
    };
    let Ok(method) = Method::from_bytes(request.method.as_bytes()) else {
        return Ok(Err(Answer::broken(format!("{} is no HTTP method", request.method))));
    };
    let (headers, query) = match (filled(&request.headers, scene)?, filled(&request.query, scene)?) {
        (Ok(headers), Ok(query)) => (headers, query),
        (Err(why), _) | (_, Err(why)) => return Ok(Err(Answer::unclear(why))),
    };
    let mut outgoing = Outgoing::new(method, url).query(&query);
    match &request.body {
        RequestBody::None => {}
        RequestBody::Form(form) => match filled(form, scene)? {
            Ok(form) => outgoing = outgoing.form(&form),
            Err(why) => return Ok(Err(Answer::unclear(why))),
        },
        RequestBody::Text(text) => match text_of(text, scene)? {
            Ok(text) => outgoing.body = text.into(),
            Err(why) => return Ok(Err(Answer::unclear(why))),
        },
    }
    // What the author says goes before what would be sent otherwise. A header in two spellings is sent twice.
    let said = |known: &HeaderName| headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(known.as_str()));
    outgoing.headers.retain(|(known, _)| !said(known));
    for (name, value) in &headers {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
            return Ok(Err(Answer::broken(format!("{name} is no name of a header"))));
        };
        outgoing = outgoing.header(name, value);
    }
    Ok(Ok(outgoing))
}

fn url(to: &Destination, scene: &mut Scene<'_>) -> Result<Result<Url, Answer>, NeverSaved> {
    let file = scene.target.file();
    let endpoints = &file.endpoints;
    let route = match to {
        Destination::Path(path) => {
            let path = match text_of(path, scene)? {
                Ok(path) => path,
                Err(why) => return Ok(Err(Answer::unclear(why))),
            };
            let url = file.url(&path);
            return Ok(
                url.ok_or_else(|| Answer::broken(format!("{path} makes no address under the target's base")))
            );
        }
        Destination::Address(address) => match address {
            Address::Authorize => Some(&endpoints.authorize),
            Address::Token => Some(&endpoints.token),
            Address::Whoami => Some(&endpoints.whoami.route),
            Address::Logout => endpoints.logout.as_ref().map(|logout| &logout.route),
            Address::Accounts => endpoints.of(Endpoint::Accounts),
            Address::Balance => endpoints.of(Endpoint::Balance),
            Address::Transactions => endpoints.of(Endpoint::Transactions),
            Address::Mandates => endpoints.mandates.as_ref(),
        },
    };
    let missing = || Answer::not_applicable("the target does not have what the request goes to");
    Ok(route.map(|route| route.url.clone()).ok_or_else(missing))
}

type Pairs = Vec<(String, String)>;

fn filled(pairs: &[(String, Template)], scene: &Scene<'_>) -> Result<Result<Pairs, String>, NeverSaved> {
    let mut filled = Vec::new();
    for (name, template) in pairs {
        match text_of(template, scene)? {
            Ok(text) => filled.push((name.clone(), text)),
            Err(why) => return Ok(Err(why)),
        }
    }
    Ok(Ok(filled))
}

/// A text with its values. An inner error says what a grant lacks.
fn text_of(template: &Template, scene: &Scene<'_>) -> Result<Result<String, String>, NeverSaved> {
    let mut text = String::new();
    for piece in &template.0 {
        match piece {
            Piece::Text(plain) => text.push_str(plain),
            Piece::Access(grant) => text.push_str(&scene.grant(grant)?.access),
            Piece::Refresh(grant) => match scene.grant(grant)?.refresh {
                Some(refresh) => text.push_str(&refresh),
                None => return Ok(Err(format!("{grant} has no refresh token: none was issued with it"))),
            },
            Piece::Code(code) => text.push_str(&scene.code(code)?.code),
            Piece::UserId(user) => match scene.world.user(user).user_id() {
                Some(id) => text.push_str(id),
                None => return Ok(Err(format!("nobody knows {user}'s id yet: whoami never showed it"))),
            },
            Piece::ClientId(client) => text.push_str(&scene.world.client(client).client_id),
            Piece::ClientSecret(client) => match &scene.world.client(client).client_secret {
                Some(secret) => text.push_str(secret),
                None => return Ok(Err(format!("{client} has no secret"))),
            },
        }
    }
    Ok(Ok(text))
}
