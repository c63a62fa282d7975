//! A login for which a token is given that somebody got elsewhere, as from an API playground (`login.driver` is `token`).
//!
//! There is one token, and earlier cases may have ended it: so each case first looks whether it lives, and what can't be tried
//! with a dead one is skipped. A case that would need a second one is not run at all (see `suite::needs`).

use super::call::ask;
use crate::engine::answer::{Answer, Came, Facts};
use crate::engine::scene::{GrantHeld, Scene};
use crate::suite::{Client, Endpoint, User};
use crate::target::login::GIVEN_TOKEN;

/// The given token of this user, if it lives and is theirs.
pub async fn tokens(user: &User, client: &Client, scene: &mut Scene<'_>) -> (Answer, Option<GrantHeld>) {
    let Some(access) = scene.world.user(user).fields.get(GIVEN_TOKEN).cloned() else {
        let why =
            format!("the target lacks login: no token is given for {user} (users.{user}.access_token_env)");
        return (Answer::not_applicable(why), None);
    };
    let grant = GrantHeld {
        client: client.clone(),
        user: user.clone(),
        login: None,
        code: None,
        access,
        refresh: None,
        kept: false,
        lifetime: None,
        given: scene.clock,
    };
    let answer = ask(Endpoint::Whoami, &grant, scene).await;
    let at = |told: Answer| Answer { exchange: answer.exchange, ..told };
    match answer.came {
        Came::Granted => match strangers(&answer.facts, &grant, scene) {
            Some(why) => (at(Answer::broken(why)), None),
            None => (at(Answer::new(Came::Granted, "the token that is given, which lives")), Some(grant)),
        },
        Came::Refused => {
            let why = format!(
                "the target lacks login: the token that is given for {user} does not work, or no longer: it is out of date, or \
                 an earlier case ended it; give a fresh one, or more sets of users ([[pool]])"
            );
            (at(Answer::not_applicable(why)), None)
        }
        _ => (answer, None),
    }
}

/// Why the token is not the one that it should be.
fn strangers(facts: &Facts, grant: &GrantHeld, scene: &Scene<'_>) -> Option<String> {
    let Facts::Identity(seen) = facts else { return None };
    let is_other = |seen: &Option<String>, due: Option<&str>| matches!((seen, due), (Some(seen), Some(due)) if seen != due);
    let (user, client) = (scene.world.user(&grant.user), scene.world.client(&grant.client));
    if is_other(&seen.user_id, user.user_id()) {
        return Some(format!("the token that is given for {} is another user's", grant.user));
    }
    is_other(&seen.client_id, Some(&client.client_id)).then(|| {
        format!("the token that is given for {} is another client's than `{}`", grant.user, grant.client)
    })
}
