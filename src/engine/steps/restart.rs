//! `restart`: the target is started anew.

use super::approve::settle;
use crate::engine::answer::{Answer, Came};
use crate::engine::scene::Scene;

pub async fn run(scene: &mut Scene<'_>) -> Answer {
    let Some(deed) = scene.target.restart_deed(&scene.world) else {
        return Answer::not_applicable("the target says no way to start it anew (control.restart)");
    };
    match scene.does("the operator", "start the bank anew", deed).await {
        Ok((number, Ok(answer))) if matches!(answer.status, 404 | 405) => {
            Answer::new(Came::NotApplicable("the control API can't start the target anew".into()), "")
                .at(number)
        }
        Ok((number, reply)) => settle(number, &reply),
        Err(answer) => answer,
    }
}
