//! `advance`: time passes at the bank.

use std::time::Duration;

use crate::engine::answer::{Answer, Came, of_reply};
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
            // What a token may live longer or shorter than it says, it may; the case looks beyond that.
            let tolerance = i64::try_from(scene.target.file().limits.expiry_tolerance_s).unwrap_or(i64::MAX);
            let offset = if *offset < 0 { (*offset).min(-tolerance) } else { (*offset).max(tolerance) };
            let moment = grant.given.saturating_add(lifetime).saturating_add_signed(offset);
            match moment.checked_sub(scene.clock) {
                Some(seconds) => seconds,
                None => {
                    return Ok(Answer::unclear(format!("that moment in the life of {of} is over already")));
                }
            }
        }
    };
    let Some(deed) = scene.target.advance_deed(&scene.world, seconds) else {
        return Ok(wait(seconds, scene).await);
    };
    Ok(match scene.does("the clock", &format!("move on by {seconds} s"), deed).await {
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

/// Time passes by itself, where it is wanted so and does not take too long.
async fn wait(seconds: u64, scene: &mut Scene<'_>) -> Answer {
    let longest = scene.target.file().limits.longest_wait_s;
    if !scene.target.is_patient() {
        return Answer::not_applicable(
            "the target lacks clock: it says no way to let time pass (control.advance)",
        );
    }
    if seconds > longest {
        return Answer::not_applicable(format!(
            "the target lacks clock, and {seconds} s are longer than what is waited for ({longest} s, limits.longest_wait_s)"
        ));
    }
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    scene.clock += seconds;
    Answer::new(Came::Granted, format!("{seconds} s were waited for"))
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
