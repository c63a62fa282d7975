//! `approve` and `deny`: the owner's word in the bank's app, on a login or on a mandate.

use super::Single;
use crate::engine::answer::{Answer, of_reply};
use crate::engine::scene::{Decidable, NeverSaved, Scene};
use crate::suite::{Approve, Origin, User};
use crate::target::Reply;

pub async fn run(approve: &Approve, yes: bool, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let (owner, asked) = scene.origin(&approve.of)?;
    let user = approve.user.clone().unwrap_or(owner);
    Ok(send(&asked, &user, yes, scene).await)
}

/// `user` approves what they are asked, or denies it.
pub async fn send(asked: &Decidable, user: &User, yes: bool, scene: &mut Scene<'_>) -> Answer {
    let single = match decision(asked, user, yes, scene) {
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
    let (owner, asked) = scene.origin(&approve.of)?;
    let user = approve.user.clone().unwrap_or(owner);
    Ok(decision(&asked, &user, yes, scene).map_err(Answer::broken))
}

/// Done is any 2xx.
pub fn settle(number: usize, reply: &Reply) -> Answer {
    of_reply(reply, |response| (200..300).contains(&response.status).then(|| "done".into())).at(number)
}

/// The request of a decision; an error says why there is none.
fn decision(asked: &Decidable, user: &User, yes: bool, scene: &Scene<'_>) -> Result<Single, &'static str> {
    let request = match asked {
        Decidable::Login(Some(login)) => scene.target.approval_request(&scene.world, login, user, yes),
        Decidable::Login(None) => {
            return Err("there is no login to decide on: the bank gave a code without showing a login page");
        }
        Decidable::Mandate(id) => {
            scene.target.mandate_request(&scene.world, id, user, if yes { "approve" } else { "deny" })
        }
    };
    let purpose = if yes { "approve in the app" } else { "deny in the app" };
    Ok(Single { actor: user.0.clone(), purpose: purpose.to_owned(), request })
}

pub fn title(approve: &Approve, does: &str) -> String {
    let of = match &approve.of {
        Origin::Grant(grant) => &grant.0,
        Origin::Code(code) => &code.0,
        Origin::Mandate(mandate) => &mandate.0,
    };
    let who = approve.user.as_ref().map_or("the owner", |user| user.0.as_str());
    format!("{who} {does} ‘{of}’ in the app")
}
