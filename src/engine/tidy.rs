//! What a case leaves behind with users and clients that others get after it: every connection that it made is ended, in
//! whatever way the target has. Nothing of it is judged.

use std::collections::BTreeSet;

use super::scene::{GrantHeld, Held, Scene};
use super::steps;
use crate::suite::{Client, User};

/// Ends every connection that the case made, if its users and clients are shared.
pub async fn tidy(scene: &mut Scene<'_>) {
    if !scene.world.is_shared() {
        return;
    }
    let mut grants = std::mem::take(&mut scene.grants);
    let codes = scene.held.values().filter_map(|held| match held {
        Held::Code(code) => Some((code.user.clone(), code.client.clone())),
        _ => None,
    });
    let pairs: BTreeSet<(User, Client)> =
        grants.iter().map(|grant| (grant.user.clone(), grant.client.clone())).chain(codes).collect();
    // The newest first: where only the newest lives, the rest is dead already.
    grants.reverse();
    for (user, client) in pairs {
        match scene.target.disconnect_deed(&scene.world, &user, &client) {
            Some(deed) => {
                let _ = scene.target.does(&deed).await;
            }
            None => log_out(&grants, &user, &client, scene).await,
        }
    }
}

async fn log_out(grants: &[GrantHeld], user: &User, client: &Client, scene: &Scene<'_>) {
    for grant in grants.iter().filter(|grant| grant.user == *user && grant.client == *client) {
        for request in steps::usual_logout(grant, scene) {
            let _ = scene.target.send(&request).await;
        }
    }
}
