//! Getting to know users whose ids the target file does not give: each logs in once, before the first case that gets them, and
//! whoami tells.

use super::answer::Facts;
use super::scene::Scene;
use super::steps;
use crate::suite::{Client, Endpoint, User};

/// Learns the ids that are not known yet. An error says why the users are of no use.
pub async fn acquaint(scene: &mut Scene<'_>) -> Result<(), String> {
    if !scene.world.is_shared() || scene.target.file().identity.user.is_none() {
        return Ok(());
    }
    let strangers: Vec<User> = scene
        .world
        .users()
        .filter(|(_, facts)| facts.user_id().is_none())
        .map(|(role, _)| User(role.to_owned()))
        .collect();
    for user in strangers {
        // That a login fails here is a finding of every case that logs in; what needs the id is then inconclusive.
        let Ok((_, Some(grant))) = steps::log_in(&user, &Client("server".to_owned()), scene).await else {
            continue;
        };
        let answer = steps::ask(Endpoint::Whoami, &grant, scene).await;
        if let Facts::Identity(identity) = answer.facts
            && let Some(id) = identity.user_id
        {
            scene.world.user(&user).learn(&id);
        }
    }
    let mut known: Vec<(&str, &str)> = Vec::new();
    for (role, facts) in scene.world.users() {
        let Some(id) = facts.user_id() else { continue };
        if let Some((other, _)) = known.iter().find(|(_, known)| *known == id) {
            return Err(format!(
                "whoami shows the same id for {other} and {role}: if they are two users, the login mixed them up (see how each \
                 logs in); if it is one, leave the second out of the target file"
            ));
        }
        known.push((role, id));
    }
    Ok(())
}
