//! `approve` and `deny`: the owner's word in the bank's app, on a login or on a mandate.

use super::Single;
use crate::engine::answer::{Answer, Came, of_reply};
use crate::engine::scene::{Asking, Decidable, NeverSaved, Scene};
use crate::suite::{Approve, Origin, User};
use crate::target::Reply;
use crate::target::login::{Answering, Asked, Decided, Way};

pub async fn run(approve: &Approve, yes: bool, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let (owner, asked) = scene.origin(&approve.of)?;
    let user = approve.user.clone().unwrap_or(owner);
    Ok(send(&asked, &user, yes, scene).await)
}

/// `user` approves what they are asked, or denies it.
pub async fn send(decidable: &Decidable, user: &User, yes: bool, scene: &mut Scene<'_>) -> Answer {
    match decidable {
        Decidable::Login(asking) => decide(asking, user, yes, scene).await,
        Decidable::Mandate(id) => {
            let single = on_mandate(id, user, yes, scene);
            match scene.control(&single.actor, &single.purpose, single.request).await {
                Ok((number, reply)) => settle(number, &reply),
                Err(answer) => answer,
            }
        }
    }
}

async fn decide(asking: &Asking, user: &User, yes: bool, scene: &mut Scene<'_>) -> Answer {
    let asked = Asked { login: asking.login.as_deref(), access: asking.access.as_deref() };
    let mut way = Way::new(scene.target, &scene.world, &mut scene.tape, &asking.client, &[]);
    let decided = scene.target.approval().decide(asked, Answering { user, allow: yes }, &mut way).await;
    let number = way.last;
    let answer = match decided {
        // What is not done there is the harness's trouble, not the bank's fault.
        Decided::Answered(answer) if answer.status >= 500 || answer.status == 429 => {
            Answer::broken(format!("the approval was answered {}", answer.status))
        }
        Decided::Answered(answer) => done(&Ok(answer)),
        Decided::Taken => Answer::new(Came::Granted, "done, says whoever did it"),
        Decided::Refused => Answer::new(Came::Refused, "refused, says whoever tried"),
        Decided::Stuck(why) => Answer::broken(why),
        Decided::Lacking(why) => Answer::not_applicable(why),
    };
    Answer { exchange: number, ..answer }
}

pub fn request(
    approve: &Approve,
    yes: bool,
    scene: &mut Scene<'_>,
) -> Result<Result<Single, Answer>, NeverSaved> {
    let (owner, asked) = scene.origin(&approve.of)?;
    let user = approve.user.clone().unwrap_or(owner);
    Ok(decision(&asked, &user, yes, scene).map_err(Answer::not_applicable))
}

/// Done is any 2xx.
pub fn settle(number: usize, reply: &Reply) -> Answer {
    done(reply).at(number)
}

fn done(reply: &Reply) -> Answer {
    of_reply(reply, |response| (200..300).contains(&response.status).then(|| "done".into()))
}

/// The one request of a decision; an error says why there is none.
fn decision(decidable: &Decidable, user: &User, yes: bool, scene: &mut Scene<'_>) -> Result<Single, String> {
    match decidable {
        Decidable::Login(asking) => {
            let asked = Asked { login: asking.login.as_deref(), access: asking.access.as_deref() };
            let way = Way::new(scene.target, &scene.world, &mut scene.tape, &asking.client, &[]);
            let request = scene.target.approval().request(asked, Answering { user, allow: yes }, &way);
            Ok(Single { actor: user.0.clone(), purpose: purpose(yes).to_owned(), request: request? })
        }
        Decidable::Mandate(id) => Ok(on_mandate(id, user, yes, scene)),
    }
}

fn on_mandate(id: &str, user: &User, yes: bool, scene: &Scene<'_>) -> Single {
    let action = if yes { "approve" } else { "deny" };
    let request = scene.target.mandate_request(&scene.world, id, user, action);
    Single { actor: user.0.clone(), purpose: purpose(yes).to_owned(), request }
}

fn purpose(yes: bool) -> &'static str {
    if yes { "approve in the app" } else { "deny in the app" }
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
