//! What the copies of a race gave together.

use super::{Looked, holds_if};
use crate::engine::answer::{Answer, Facts, RaceFacts};

pub fn look_race(answer: &Answer, judge: impl Fn(&RaceFacts) -> Looked) -> Looked {
    match &answer.facts {
        Facts::Race(race) => judge(race),
        _ => Looked::Unclear(answer.said.clone()),
    }
}

pub fn tokens_at_most(most: u32, race: &RaceFacts, said: &str) -> Looked {
    let tokens = if most == 1 { "token" } else { "tokens" };
    let expected = format!("at most {most} distinct {tokens} given to all copies together");
    holds_if(race.given <= most, &expected, || said.to_owned())
}

pub fn live_at_most(most: u32, race: &RaceFacts, said: &str) -> Looked {
    match race.live {
        Some(live) => {
            let expected = format!("at most {most} of the tokens given live afterwards");
            holds_if(live <= most, &expected, || said.to_owned())
        }
        None => Looked::Unclear("it could not be told which tokens live afterwards".into()),
    }
}

pub fn live_exactly(count: u32, race: &RaceFacts, said: &str) -> Looked {
    match race.live {
        // The missing one may be what a copy without an answer was to be given.
        Some(live) if live < count && race.unanswered > 0 => Looked::Unclear(said.to_owned()),
        Some(live) => {
            let lives = if count == 1 { "lives" } else { "live" };
            let expected = format!("exactly {count} of the tokens given {lives} afterwards");
            holds_if(live == count, &expected, || said.to_owned())
        }
        None => Looked::Unclear("it could not be told which tokens live afterwards".into()),
    }
}

/// Whether the copies left what they leave one after the other.
pub fn serial(race: &RaceFacts, said: &str) -> Looked {
    match &race.state {
        None => Looked::Unclear(said.to_owned()),
        Some(Err(why)) => Looked::Unclear(format!("the end state could not be told: {why}")),
        Some(Ok(state)) => {
            let expected =
                format!("an end state that some order also leads to: {}", race.serial.join(" — or: "));
            holds_if(race.serial.contains(state), &expected, || state.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn a_token_that_is_missing_beside_copies_without_an_answer_shows_nothing() {
        let looked = |live, unanswered| {
            let race = RaceFacts { live: Some(live), unanswered, ..RaceFacts::default() };
            live_exactly(1, &race, "")
        };
        assert_eq!(looked(1, 0), Looked::Holds);
        assert_eq!(looked(1, 3), Looked::Holds);
        assert!(matches!(looked(0, 0), Looked::Breaks { .. }));
        assert!(matches!(looked(0, 3), Looked::Unclear(_)));
        assert!(matches!(looked(2, 3), Looked::Breaks { .. }), "whatever is still to come, two live");
    }
}
