//! `disconnect`: the owner disconnects a client in the bank's app.

use super::Single;
use super::approve::settle;
use crate::engine::answer::Answer;
use crate::engine::scene::Scene;
use crate::suite::Disconnect;

pub async fn run(disconnect: &Disconnect, scene: &mut Scene<'_>) -> Answer {
    let single = request(disconnect, scene);
    match scene.control(&single.actor, &single.purpose, single.request).await {
        Ok((number, reply)) => settle(number, &reply),
        Err(answer) => answer,
    }
}

pub fn request(disconnect: &Disconnect, scene: &Scene<'_>) -> Single {
    Single {
        actor: disconnect.user.0.clone(),
        purpose: format!("disconnect {} in the app", disconnect.client),
        request: scene.target.disconnect_request(&scene.world, &disconnect.user, &disconnect.client),
    }
}
