//! `disconnect`: the owner disconnects a client in the bank's app.

use super::Single;
use super::approve::settle;
use crate::engine::answer::Answer;
use crate::engine::scene::Scene;
use crate::suite::Disconnect;
use crate::target::Deed;

pub async fn run(disconnect: &Disconnect, scene: &mut Scene<'_>) -> Answer {
    let Some(deed) = deed(disconnect, scene) else {
        return Answer::not_applicable("the target says no way for a user to disconnect a client");
    };
    match scene.does(&disconnect.user.0, &purpose(disconnect), deed).await {
        Ok((number, reply)) => settle(number, &reply),
        Err(answer) => answer,
    }
}

/// It as a lane of a race: only a request can be one.
pub fn request(disconnect: &Disconnect, scene: &Scene<'_>) -> Option<Single> {
    match deed(disconnect, scene) {
        Some(Deed::Request(request)) => {
            Some(Single { actor: disconnect.user.0.clone(), purpose: purpose(disconnect), request })
        }
        _ => None,
    }
}

fn deed(disconnect: &Disconnect, scene: &Scene<'_>) -> Option<Deed> {
    scene.target.disconnect_deed(&scene.world, &disconnect.user, &disconnect.client)
}

fn purpose(disconnect: &Disconnect) -> String {
    format!("disconnect {} in the app", disconnect.client)
}
