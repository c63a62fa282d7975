//! `approve`, `deny` and `disconnect`: what the owner does in the bank's app.

use super::Single;
use crate::engine::answer::{Answer, of_reply};
use crate::engine::scene::{NeverSaved, Scene};
use crate::suite::{Approve, Disconnect, Origin, User};
use crate::target::Reply;

pub async fn run(approve: &Approve, yes: bool, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let (owner, login) = scene.origin(&approve.of)?;
    let user = approve.user.clone().unwrap_or(owner);
    Ok(send(login.as_deref(), &user, yes, scene).await)
}

/// `user` approves a login, or denies it.
pub async fn send(login: Option<&str>, user: &User, yes: bool, scene: &mut Scene<'_>) -> Answer {
    let single = match decision(login, user, yes, scene) {
        Ok(single) => single,
        Err(why) => return Answer::broken(why),
    };
    match scene.control(&single.actor, &single.purpose, single.request).await {
        Ok((number, reply)) => settle(number, &reply),
        Err(answer) => answer,
    }
}

pub fn request(
    approve: &Approve,
    yes: bool,
    scene: &mut Scene<'_>,
) -> Result<Result<Single, Answer>, NeverSaved> {
    let (owner, login) = scene.origin(&approve.of)?;
    let user = approve.user.clone().unwrap_or(owner);
    Ok(decision(login.as_deref(), &user, yes, scene).map_err(Answer::broken))
}

pub async fn disconnect(disconnect: &Disconnect, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let request = scene.target.disconnect_request(&scene.world, &disconnect.user, &disconnect.client);
    let purpose = format!("disconnect {} in the app", disconnect.client);
    Ok(match scene.control(&disconnect.user.0, &purpose, request).await {
        Ok((number, reply)) => settle(number, &reply),
        Err(answer) => answer,
    })
}

/// Done is any 2xx.
pub fn settle(number: usize, reply: &Reply) -> Answer {
    of_reply(reply, |response| (200..300).contains(&response.status).then(|| "done".into())).at(number)
}

/// The request of a decision; an error says why there is none.
fn decision(login: Option<&str>, user: &User, yes: bool, scene: &Scene<'_>) -> Result<Single, &'static str> {
    let login =
        login.ok_or("there is no login to decide on: the bank gave a code without showing a login page")?;
    let purpose = if yes { "approve in the app" } else { "deny in the app" };
    let request = scene.target.approval_request(&scene.world, login, user, yes);
    Ok(Single { actor: user.0.clone(), purpose: purpose.to_owned(), request })
}

pub fn title(approve: &Approve, does: &str) -> String {
    let of = match &approve.of {
        Origin::Grant(grant) => &grant.0,
        Origin::Code(code) => &code.0,
    };
    let who = approve.user.as_ref().map_or("the owner", |user| user.0.as_str());
    format!("{who} {does} {of} in the app")
}
