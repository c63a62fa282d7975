//! `cancel`: the owner cancels a mandate in the bank's app.

use super::Single;
use super::approve::settle;
use crate::engine::answer::Answer;
use crate::engine::scene::{NeverSaved, Scene};
use crate::suite::Cancel;

pub async fn run(cancel: &Cancel, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let single = request(cancel, scene)?;
    Ok(match scene.control(&single.actor, &single.purpose, single.request).await {
        Ok((number, reply)) => settle(number, &reply),
        Err(answer) => answer,
    })
}

pub fn request(cancel: &Cancel, scene: &Scene<'_>) -> Result<Single, NeverSaved> {
    let mandate = scene.mandate(&cancel.mandate)?;
    let user = cancel.user.clone().unwrap_or(mandate.grant.user);
    let request = scene.target.mandate_request(&scene.world, &mandate.id, &user, "cancel");
    Ok(Single { actor: user.0, purpose: "cancel a mandate in the app".to_owned(), request })
}

pub fn title(cancel: &Cancel) -> String {
    let who = cancel.user.as_ref().map_or("the owner", |user| user.0.as_str());
    format!("{who} cancels ‘{}’ in the app", cancel.mandate)
}
