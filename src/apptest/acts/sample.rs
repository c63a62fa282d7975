//! Many logins that are only begun, for the states that the app makes up (RFC 6749 §10.10, §10.12).

use super::{Did, login};
use crate::apptest::stage::Stage;
use crate::engine::examine;
use crate::suite::app::Action;
use crate::suite::{USERS, User};

/// Logins that are begun where each is a program that starts, or a walk through pages in a real browser.
const SLOW: u32 = 40;

type Found = Option<(Vec<String>, Vec<String>)>;

/// Begins logins and examines their states: what makes them guessable, and what was looked at.
pub async fn states(count: u32, stage: &mut Stage) -> (Did, Found) {
    let is_quick = matches!(stage.app.connect, Action::Http { .. });
    let most = if is_quick { u32::MAX } else { SLOW };
    let count = count.min(stage.app.limits.sample).min(most);
    let mut states = Vec::new();
    let mut without = 0;
    for number in 0..count {
        let user = User(USERS[number as usize % USERS.len()].to_owned());
        let link = match login::begin(&user, stage).await {
            Ok(link) => link,
            Err(did) => return (did, None),
        };
        match link.query_pairs().find(|(key, _)| key == "state") {
            Some((_, state)) if !state.is_empty() => states.push(state.into_owned()),
            _ => without += 1,
        }
    }
    if without > 0 {
        let problem = format!("{without} of {count} logins had no state at all");
        return (Did::default(), Some((vec![problem.clone()], vec![problem])));
    }
    let examined = examine("states", &states);
    (Did::default(), Some((examined.problems, vec![examined.said])))
}
