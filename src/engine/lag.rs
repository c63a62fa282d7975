//! How long after a change another node has heard of it: told beside the verdict, never judged.

use std::time::{Duration, Instant};

use super::answer::{Answer, Came};
use super::scene::Scene;
use super::steps::ask;
use crate::results::Observation;
use crate::suite::{Check, Outcome, Step, Verb};

/// How long a node is asked again that has not heard.
const LONGEST: Duration = Duration::from_secs(3);
/// Between two questions, at first; then twice as long each time.
const PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// What a call tells that names a node and must be refused there. `patient`: whether to wait until it is.
pub async fn look(step: &Step, answer: &Answer, patient: bool, scene: &mut Scene<'_>) -> Option<Observation> {
    let (Verb::Call(call), Some(node), Some(changed)) = (&step.verb, step.node, scene.changed) else {
        return None;
    };
    step.expect.iter().find(|leaf| leaf.check == Check::Outcome(Outcome::Refused))?;
    let seen = match answer.came {
        Came::Refused => format!("it had, {} after the change was answered", told(changed)),
        Came::Granted if patient => heard(call.endpoint, &call.grant, changed, scene).await?,
        _ => return None,
    };
    Some(Observation { about: format!("whether node {node} had heard"), seen })
}

async fn heard(
    endpoint: crate::suite::Endpoint,
    grant: &crate::suite::Grant,
    changed: Instant,
    scene: &mut Scene<'_>,
) -> Option<String> {
    let held = scene.grant(grant).ok()?;
    let mut pause = PAUSE;
    loop {
        let before = told(changed);
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        match ask(endpoint, &held, scene).await.came {
            Came::Refused => {
                return Some(format!(
                    "it had not {before} after the change was answered, and had after {}",
                    told(changed)
                ));
            }
            Came::Granted if changed.elapsed() < LONGEST => {}
            Came::Granted => {
                return Some(format!("it had not {} after the change was answered", told(changed)));
            }
            _ => return None,
        }
    }
}

fn told(since: Instant) -> String {
    format!("{} ms", since.elapsed().as_millis())
}
