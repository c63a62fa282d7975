//! `logout`: the client gives its access up (Monzo API docs, "Log Out").

use http::Method;

use super::Single;
use super::call::carried;
use crate::engine::answer::{Answer, of_reply};
use crate::engine::scene::{NeverSaved, Scene};
use crate::engine::secrets::token;
use crate::suite::{Carrier, Logout, Token};
use crate::target::{Outgoing, Reply};

pub async fn run(logout: &Logout, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let single = match request(logout, scene)? {
        Ok(single) => single,
        Err(answer) => return Ok(answer),
    };
    let (number, reply) = scene.send(&single.actor, &single.purpose, single.request).await;
    Ok(settle(number, &reply))
}

pub fn request(logout: &Logout, scene: &mut Scene<'_>) -> Result<Result<Single, Answer>, NeverSaved> {
    let grant = scene.grant(&logout.grant)?;
    let shown = match token(scene, &grant, logout.token) {
        Ok(shown) => shown,
        Err(why) => return Ok(Err(Answer::unclear(why))),
    };
    let Ok(method) = Method::from_bytes(logout.method.as_bytes()) else {
        return Ok(Err(Answer::broken(format!("{} is no HTTP method", logout.method))));
    };
    let url = scene.target.url(&scene.target.file().endpoints.logout);
    let request = carried(Outgoing::new(method, url), shown, logout.send, "Bearer");
    Ok(Ok(Single { actor: grant.client.0, purpose: "log out".to_owned(), request }))
}

pub fn settle(number: usize, reply: &Reply) -> Answer {
    of_reply(reply, |response| (200..300).contains(&response.status).then(|| "logged out".into())).at(number)
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
