//! Single properties of an answer, each a check of its own.

use super::headers::look_headers;
use super::races::{look_race, serial};
use super::tokens::look_token_fields;
use super::{Looked, breaks, holds_if, is_declared_refusal, judged_answer, sound_answer};
use crate::engine::answer::{Answer, Came, Facts};
use crate::engine::page;
use crate::suite::Trait;

pub fn look_trait(having: Trait, answer: &Answer) -> Looked {
    match having {
        Trait::TokenFields => look_token_fields(answer),
        Trait::NewAccess => match &answer.facts {
            Facts::Tokens(tokens) => holds_if(!tokens.access_seen_before, "a new access token", || {
                "an access token that had been given before".into()
            }),
            _ => Looked::Unclear(answer.said.clone()),
        },
        Trait::NoInjection => match &answer.facts {
            Facts::Authorization(seen) => match seen.answers.iter().find_map(page::found) {
                Some(found) => breaks("what was sent in comes back as text, if at all", found),
                None => match &answer.came {
                    Came::Unclear(why) | Came::Broken(why) => Looked::Unclear(why.clone()),
                    _ => Looked::Holds,
                },
            },
            _ => Looked::Unclear(answer.said.clone()),
        },
        Trait::OldHistory | Trait::NoOldHistory => look_history(having, answer),
        Trait::Unguessable => match &answer.facts {
            Facts::Sample(sample) => {
                holds_if(sample.problems.is_empty(), "values that can't be guessed", || {
                    sample.problems.join("; ")
                })
            }
            _ => Looked::Unclear(answer.said.clone()),
        },
        Trait::Serial => look_race(answer, |race| serial(race, &answer.said)),
        // That a server breaks where it should refuse is what a client error is held against.
        Trait::ClientError => match judged_answer(answer) {
            Ok(response) if is_declared_refusal(answer, response) => Looked::Holds,
            Ok(response) => look_headers(having, response),
            Err(unclear) => unclear,
        },
        header => match (&answer.came, sound_answer(answer)) {
            // A page that neither gives nor refuses is no answer to hold a promise about answers against.
            (Came::Unclear(why), Ok(_)) => Looked::Unclear(why.clone()),
            (_, Ok(response)) => look_headers(header, response),
            (_, Err(unclear)) => unclear,
        },
    }
}

fn look_history(having: Trait, answer: &Answer) -> Looked {
    let oldest = match (&answer.came, &answer.facts) {
        (Came::Refused, _) if having == Trait::NoOldHistory => return Looked::Holds,
        (Came::Granted, Facts::Transactions { oldest_days }) => *oldest_days,
        _ => return Looked::Unclear(answer.said.clone()),
    };
    // A day more: banks count days in their own time zone.
    let old = oldest.is_some_and(|days| days > 91);
    let shown =
        || oldest.map_or("no transaction".into(), |days| format!("the oldest one is {days} days old"));
    match having {
        Trait::OldHistory => holds_if(old, "a transaction older than 90 days", shown),
        _ => holds_if(!old, "no transaction older than 90 days", shown),
    }
}
