//! Silence: how long nothing has to arrive before a step is over. Adaptive, bounded, and said in every report.

use std::time::{Duration, Instant};

use crate::apptest::stage::Stage;

/// How many times an app's reaction is watched: a machine that is busy with others may be so much slower.
const TIMES: u32 = 20;

/// After the last program of a command-line app has ended: what it sent has long been written to the socket.
const AFTER_THE_END: Duration = Duration::from_millis(50);

/// Waits until the app has been silent for long enough. Returns how long nothing had arrived then.
pub async fn silence(stage: &mut Stage) -> Duration {
    let window = window(stage);
    let limit = Instant::now() + Duration::from_millis(stage.app.limits.longest_quiet_ms) * 2;
    let began = Instant::now();
    loop {
        let (last, busy) = {
            let books = stage.hostile.books();
            let times = books.by_app().map(|(_, arrived)| arrived.done.unwrap_or(arrived.at));
            (times.max(), books.by_app().any(|(_, arrived)| arrived.done.is_none()))
        };
        let quiet_since = last.map_or(began, |last| last.max(began));
        let window = if stage.may_still_act() { window } else { AFTER_THE_END };
        let now = Instant::now();
        let over = quiet_since + window;
        if (now >= over && !busy) || now >= limit || stage.hostile.is_stormed() {
            return now.saturating_duration_since(quiet_since);
        }
        // A program that ends is not announced: look every now and then.
        let look = now + Duration::from_millis(50);
        stage.hostile.something(if busy { look } else { over.min(limit).min(look) }).await;
    }
}

/// Waits until a request to the token endpoint is under way, as long as silence would be watched at most.
pub async fn token_request_under_way(stage: &Stage) {
    let limit = Instant::now() + Duration::from_millis(stage.app.limits.longest_quiet_ms);
    let is_there = || {
        let books = stage.hostile.books();
        books.by_app().any(|(_, arrived)| arrived.kind.is_token() && arrived.done.is_none())
    };
    while !is_there() && Instant::now() < limit {
        stage.hostile.something(limit).await;
    }
}

/// Some times what the app took to react in its first login, within the app file's limits.
pub fn window(stage: &Stage) -> Duration {
    let limits = stage.app.limits;
    let (least, most) =
        (Duration::from_millis(limits.quiet_ms), Duration::from_millis(limits.longest_quiet_ms));
    stage.reaction.map_or(least, |reaction| (reaction * TIMES).clamp(least, most))
}
