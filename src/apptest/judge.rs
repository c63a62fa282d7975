//! What a step comes to: whether its expectations hold, and whether anything can be concluded from it at all.

use super::acts::{Facts, since};
use super::checks::{Looked, contract, look};
use super::hostile::By;
use super::misled::misled;
use super::stage::Stage;
use crate::engine::Break;
use crate::results::{Level, Standing, Verdict};
use crate::suite::client::{Check, Counted, Step, Verb};

/// How a case ended.
#[derive(Debug)]
pub enum End {
    Met,
    Broken(String),
    Inconclusive(String),
    Trouble(String),
    NotApplicable(String),
}

/// What a step comes to.
pub struct Judged {
    pub standing: Standing,
    /// How the case ends with it, if it does.
    pub ended: Option<End>,
    pub breaks: Vec<Break>,
    /// The number at the bank of the request that broke the first of them, if one did.
    pub deciding: Option<usize>,
}

/// Holds a step's expectations against what came of it.
pub fn judged(step: &Step, facts: &Facts, stage: &Stage) -> Judged {
    let come_to = |standing, ended| Judged { standing, ended, breaks: Vec::new(), deciding: None };
    let inconclusive = |why: String| come_to(Standing::Unprepared, Some(End::Inconclusive(why)));
    let not_applicable = |why: String| come_to(Standing::NotRun, Some(End::NotApplicable(why)));
    let did = &facts.did;
    if let Some(why) = &did.broken {
        return come_to(Standing::Unprepared, Some(End::Trouble(why.clone())));
    }
    if let Some(why) = &did.not_applicable {
        return not_applicable(why.clone());
    }
    if let Some(why) = turned_away(step, facts, stage) {
        return inconclusive(why);
    }
    let misled = || misled(&step.verb, facts, stage);
    let unprepared = |why: String| inconclusive(format!("could not prepare the probe: {why}"));
    let (mut breaks, mut requests) = (Vec::new(), Vec::new());
    let mut unclear = None;
    // What arrived is a fact whatever came back to the browser.
    for leaf in &step.expect {
        match look(&leaf.check, facts, stage) {
            Looked::Holds => {}
            Looked::Breaks { expected, got, request } => {
                breaks.push(Break { span: leaf.span.clone(), expected, got });
                requests.push(request);
            }
            Looked::Unclear(why) => unclear = unclear.or(Some(why)),
            Looked::NotApplicable(why) => {
                return misled().map_or_else(|| not_applicable(why), inconclusive);
            }
        }
    }
    // A step that judges what it did not prepare would judge something else.
    for leaf in &step.given {
        match look(&leaf.check, facts, stage) {
            Looked::Holds => {}
            Looked::Breaks { .. } if never_refreshed(&leaf.check, facts, stage) => {
                let why =
                    "the app did not refresh when its access token had ended, and its file has no [refresh]";
                return not_applicable(why.to_owned());
            }
            Looked::Breaks { .. } if kept_none(&leaf.check, facts, stage) => {
                return not_applicable("the app had none of its tokens any more, as one that keeps them in memory has none after a restart".to_owned());
            }
            Looked::Breaks { expected, got, .. } => {
                return unprepared(misled().unwrap_or_else(|| format!("due was: {expected}; came: {got}")));
            }
            Looked::Unclear(why) => return unprepared(why),
            Looked::NotApplicable(why) => {
                return misled().map_or_else(|| not_applicable(why), unprepared);
            }
        }
    }
    if let (Some(crashed), Some(first)) = (&facts.crashed, step.expect.first())
        && !breaks.iter().any(|broken| broken.got == *crashed)
    {
        breaks.push(Break {
            span: first.span.clone(),
            expected: "the app goes on".to_owned(),
            got: crashed.clone(),
        });
        requests.push(None);
    }
    if !breaks.is_empty() {
        if let Some(why) = misled() {
            return inconclusive(why);
        }
        let first = &breaks[0];
        let why = format!("expected {}; got {}", first.expected, first.got);
        let ended = Some(End::Broken(why));
        return Judged { standing: Standing::Broken, ended, breaks, deciding: requests[0] };
    }
    if let Some(crashed) = &facts.crashed {
        return inconclusive(crashed.clone());
    }
    if let Some(why) = &did.trouble {
        return inconclusive(why.clone());
    }
    if let Some(why) = unclear {
        return inconclusive(why);
    }
    if let Some(what) = facts.unasked.iter().find(|what| ["asked whoami", "called logout"].contains(what)) {
        let why = format!("the app never {what} here");
        return not_applicable(why);
    }
    if let Some(what) = facts.unasked.first() {
        return inconclusive(format!(
            "the app never {what} here, so that the bank's answer could not be delivered; if it never does, say so under [lacks] \
             in the app file"
        ));
    }
    if step.observe.is_none()
        && step.expect.is_empty()
        && step.given.is_empty()
        && let Err(why) = contract(&step.verb, facts, stage)
    {
        return unprepared(misled().unwrap_or(why));
    }
    come_to(Standing::Met, None)
}

/// What a case's end weighs, and its reason.
pub fn verdict(end: &End, level: Level) -> (Verdict, Option<String>) {
    match end {
        End::Met => (Verdict::Pass, None),
        End::Inconclusive(why) => (Verdict::Inconclusive, Some(why.clone())),
        End::Trouble(why) => (Verdict::Error, Some(why.clone())),
        End::NotApplicable(why) => (Verdict::Skipped, Some(why.clone())),
        End::Broken(why) => match level {
            Level::Must => (Verdict::Fail, Some(why.clone())),
            Level::Should => (Verdict::Warn, Some(why.clone())),
            Level::Info => (Verdict::Pass, Some(why.clone())),
        },
    }
}

/// Why a disconnection never came about: the app refused to be asked, as one does that guards its forms, and did nothing.
fn turned_away(step: &Step, facts: &Facts, stage: &Stage) -> Option<String> {
    let status = facts.did.status.filter(|status| (400..500).contains(status))?;
    let books = stage.hostile.books();
    let did_nothing = since(facts, &books.arrived).all(|(_, one)| one.by != By::App);
    (matches!(step.verb, Verb::Disconnect(_)) && did_nothing).then(|| {
        format!(
            "the app answered {status} when it was asked to disconnect, and did nothing: is [disconnect] right in the app file? \
             An app that guards its forms may have to be asked in a browser (disconnect.browser)"
        )
    })
}

/// Whether a token from before was due of this app, which is in no trouble, and it asked the bank for nothing: it keeps none.
fn kept_none(check: &Check, facts: &Facts, stage: &Stage) -> bool {
    let books = stage.hostile.books();
    matches!(check, Check::Number(Counted::KnownTokens, _))
        && facts.did.trouble.is_none()
        && facts.crashed.is_none()
        && !since(facts, &books.arrived).any(|(_, one)| one.by == By::App)
}

/// Whether a refresh was due that this app, which is in no trouble, seems never to make.
fn never_refreshed(due: &Check, facts: &Facts, stage: &Stage) -> bool {
    let in_trouble = facts.did.trouble.is_some() || facts.crashed.is_some() || facts.stormed;
    let is_due = matches!(due, Check::Number(Counted::Refreshes | Counted::GrantedRefreshes, _));
    let books = stage.hostile.books();
    is_due
        && !in_trouble
        && stage.app.refresh.is_none()
        && !since(facts, &books.arrived).any(|(_, one)| one.kind.is_token())
}
