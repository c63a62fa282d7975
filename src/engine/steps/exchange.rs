//! `exchange`: an authorization code for tokens (RFC 6749 §4.1.3).

use super::Single;
use super::token_request::{Due, build, oddities, read};
use crate::engine::answer::Answer;
use crate::engine::redirects::redirect_uri;
use crate::engine::scene::{Held, NeverSaved, Scene};
use crate::suite::Exchange;
use crate::target::Reply;

pub async fn run(exchange: &Exchange, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let single = match request(exchange, scene)? {
        Ok(single) => single,
        Err(answer) => return Ok(answer),
    };
    let code = scene.code(&exchange.code)?;
    scene.space("exchange", &code.user, &code.client).await;
    let (number, reply) = scene.send(&single.actor, &single.purpose, single.request).await;
    settle(exchange, scene, number, &reply)
}

pub fn request(exchange: &Exchange, scene: &mut Scene<'_>) -> Result<Result<Single, Answer>, NeverSaved> {
    let code = scene.code(&exchange.code)?;
    let client = exchange.request.by.clone().unwrap_or_else(|| code.client.clone());
    let redirect = match exchange.redirect {
        None => Ok(code.redirect_uri.clone()),
        // The URI is the one of the client that asked for the code, whoever redeems it.
        Some(redirect) => redirect_uri(&scene.world, &code.client, redirect),
    };
    let redirect = match redirect {
        Ok(redirect) => redirect,
        Err(why) => return Ok(Err(Answer::not_applicable(why))),
    };
    let mut parameters = vec![("grant_type".to_owned(), "authorization_code".to_owned())];
    parameters.extend(redirect.map(|uri| ("redirect_uri".to_owned(), uri)));
    parameters.push(("code".to_owned(), code.code));
    parameters.extend(code.verifier.map(|verifier| ("code_verifier".to_owned(), verifier)));
    let route = scene.target.file().endpoints.token.clone();
    let request = build(&exchange.request, &client, &route, parameters, scene);
    Ok(request.map_err(|answer| *answer).map(|request| Single {
        actor: client.0,
        purpose: format!("exchange {}", exchange.code),
        request,
    }))
}

pub fn settle(
    exchange: &Exchange,
    scene: &mut Scene<'_>,
    number: usize,
    reply: &Reply,
) -> Result<Answer, NeverSaved> {
    let code = scene.code(&exchange.code)?;
    let client = exchange.request.by.clone().unwrap_or_else(|| code.client.clone());
    let due =
        Due { user: &code.user, client: &client, login: code.login, code: Some(code.code), refresh: None };
    let (answer, grant) = read(due, scene, number, reply);
    scene.save(exchange.save.as_ref().map(|save| save.0.as_str()), grant.map(Held::Grant));
    Ok(answer)
}

pub fn title(exchange: &Exchange) -> String {
    let by = exchange.request.by.as_ref().map_or("the client", |client| client.0.as_str());
    let redirect =
        exchange.redirect.map(|redirect| format!(", redirect URI: {redirect}")).unwrap_or_default();
    format!("{by} exchanges ‘{}’{}{redirect}", exchange.code, oddities(&exchange.request))
}
