//! `refresh`: a refresh token for new tokens (RFC 6749 §6).

use super::Single;
use super::token_request::{Due, build, oddities, read};
use crate::engine::answer::Answer;
use crate::engine::scene::{Held, NeverSaved, Scene};
use crate::engine::secrets::token;
use crate::suite::{Refresh, Token};
use crate::target::Reply;

pub async fn run(refresh: &Refresh, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let single = match request(refresh, scene)? {
        Ok(single) => single,
        Err(answer) => return Ok(answer),
    };
    let (number, reply) = scene.send(&single.actor, &single.purpose, single.request).await;
    settle(refresh, scene, number, &reply)
}

pub fn request(refresh: &Refresh, scene: &mut Scene<'_>) -> Result<Result<Single, Answer>, NeverSaved> {
    let grant = scene.grant(&refresh.grant)?;
    let client = refresh.request.by.clone().unwrap_or_else(|| grant.client.clone());
    let shown = match token(scene, &grant, refresh.token) {
        Ok(shown) => shown,
        Err(why) => return Ok(Err(Answer::unclear(why))),
    };
    let mut parameters = vec![("grant_type".to_owned(), "refresh_token".to_owned())];
    parameters.extend(shown.map(|token| ("refresh_token".to_owned(), token)));
    let endpoints = &scene.target.file().endpoints;
    let route = endpoints.refresh.as_ref().unwrap_or(&endpoints.token).clone();
    let request = build(&refresh.request, &client, &route, parameters, scene);
    Ok(request.map_err(|answer| *answer).map(|request| Single {
        actor: client.0,
        purpose: format!("refresh ‘{}’", refresh.grant),
        request,
    }))
}

pub fn settle(
    refresh: &Refresh,
    scene: &mut Scene<'_>,
    number: usize,
    reply: &Reply,
) -> Result<Answer, NeverSaved> {
    let grant = scene.grant(&refresh.grant)?;
    let client = refresh.request.by.clone().unwrap_or_else(|| grant.client.clone());
    let due = Due {
        user: &grant.user,
        client: &client,
        login: grant.login.clone(),
        code: grant.code.clone(),
        refresh: grant.refresh.clone().filter(|_| shows_its_own(refresh)),
    };
    let (answer, given) = read(due, scene, number, reply);
    if shows_its_own(refresh) {
        scene.kept.note(&grant, &answer.came);
    }
    scene.save(refresh.save.as_ref().map(|save| save.0.as_str()), given.map(Held::Grant));
    Ok(answer)
}

/// Whether the grant's own refresh token is what is shown.
fn shows_its_own(refresh: &Refresh) -> bool {
    let changed = refresh.request.set.iter().any(|(name, _)| name == "refresh_token");
    matches!(refresh.token, Token::Refresh | Token::RefreshOrAccess) && !changed
}

pub fn title(refresh: &Refresh) -> String {
    let by = refresh.request.by.as_ref().map_or("the client", |client| client.0.as_str());
    let with = match refresh.token {
        Token::Refresh => String::new(),
        Token::RefreshOrAccess => " with its refresh token, or without one with its access token,".to_owned(),
        other => format!(" with its {other} token for a refresh token"),
    };
    format!("{by} refreshes ‘{}’{with}{}", refresh.grant, oddities(&refresh.request))
}
