//! `advance`: time passes at the bank.

use crate::engine::answer::{Answer, of_reply};
use crate::engine::scene::{NeverSaved, Scene};
use crate::suite::Advance;

pub async fn run(advance: &Advance, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let seconds = match advance {
        Advance::Seconds(seconds) => *seconds,
        Advance::PastApproval => scene.world.approval_seconds + 1,
        Advance::Expiry { of, offset } => {
            let grant = scene.grant(of)?;
            let Some(lifetime) = grant.lifetime else {
                return Ok(Answer::unclear(format!("{of} came without a usable expires_in")));
            };
            let moment = grant.given.saturating_add(lifetime).saturating_add_signed(*offset);
            match moment.checked_sub(scene.clock) {
                Some(seconds) => seconds,
                None => {
                    return Ok(Answer::unclear(format!("that moment in the life of {of} is over already")));
                }
            }
        }
    };
    let request = scene.target.advance_request(&scene.world, seconds);
    Ok(match scene.control("the clock", &format!("move on by {seconds} s"), request).await {
        Ok((number, reply)) => {
            let done = |status: u16| (200..300).contains(&status);
            let answer = of_reply(&reply, |response| done(response.status).then(|| "time passed".into()));
            if answer.response.as_ref().is_some_and(|response| done(response.status)) {
                scene.clock += seconds;
            }
            answer.at(number)
        }
        Err(answer) => answer,
    })
}

pub fn title(advance: &Advance) -> String {
    match advance {
        Advance::Seconds(seconds) => format!("{seconds} seconds pass"),
        Advance::PastApproval => "time passes until it is too late to approve".to_owned(),
        Advance::Expiry { of, offset } if *offset < 0 => {
            format!("time passes until {} seconds before ‘{of}’ expires", offset.unsigned_abs())
        }
        Advance::Expiry { of, offset } => format!("time passes until {offset} seconds after ‘{of}’ expires"),
    }
}
