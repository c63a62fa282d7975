//! What each verb does: to the app, to the bank, in the user's browser. Nothing is judged here.

mod ask;
mod login;
mod pages;
mod sample;
pub mod watch;

use std::time::{Duration, Instant};

use super::hostile::{Arrived, Given};
use super::process::Ended;
use super::stage::Stage;
use super::{bank, canary};
use crate::suite::client::{Check, Counted, Leaf, Step, Verb};
use crate::target::{Outgoing, Reply};

/// How long an app may take, once nothing more came from it, to end the tokens that it leaves behind.
const LATE: Duration = Duration::from_secs(3);
/// How often that is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// What came of a step.
#[derive(Debug, Default)]
pub struct Facts {
    /// The first request at the bank that belongs to the step.
    pub from: usize,
    pub did: Did,
    /// How long nothing arrived before the step was over.
    pub watched: Duration,
    /// How the app crashed meanwhile.
    pub crashed: Option<String>,
    /// The storm was stopped.
    pub stormed: bool,
    /// Where secrets were found that don't belong there.
    pub leaks: Vec<String>,
    /// What a sample's tests found, and what they looked at.
    pub sample: Option<(Vec<String>, Vec<String>)>,
    /// Prepared answers that the app never asked for.
    pub unasked: Vec<&'static str>,
    /// Tokens that had been given before the step: how many of the bank's books.
    pub known: usize,
    /// TLS connections that had been begun before the step.
    pub handshakes: usize,
    /// Access tokens that the app was given and the bank still takes, if the step asks.
    pub alive: usize,
    /// Those that live and never came to the app, because it had gone before.
    pub unseen: usize,
}

/// What the app was seen to do.
#[derive(Clone, Debug, Default)]
pub struct Did {
    /// What it showed: a page, or what a command wrote.
    pub shown: String,
    pub is_html: bool,
    /// The status of its page.
    pub status: Option<u16>,
    /// How its command ended.
    pub ended: Option<Ended>,
    /// It sent the browser to the bank's login.
    pub to_bank: bool,
    /// Its command wrote a link to the bank's login, and waited for its user to follow it.
    pub asks_for_login: bool,
    /// Why it could not be done.
    pub trouble: Option<String>,
    /// Why it can't be done with this app at all.
    pub not_applicable: Option<String>,
    /// Why the harness could not do it.
    pub broken: Option<String>,
    /// The code that was on its way to the app.
    pub code: Option<String>,
}

impl Did {
    pub fn trouble(why: impl Into<String>) -> Did {
        Did { trouble: Some(why.into()), ..Did::default() }
    }

    pub fn broken(why: impl Into<String>) -> Did {
        Did { broken: Some(why.into()), ..Did::default() }
    }

    /// What it showed, as a user reads it.
    pub fn words(&self) -> String {
        let text = if self.is_html { visible_text(&self.shown) } else { self.shown.clone() };
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The same without what differs from one time to the next.
    pub fn gist(&self) -> String {
        let text = self.words();
        let words = text.split(' ').filter(|word| word.chars().all(|c| !c.is_ascii_digit()));
        words.collect::<Vec<_>>().join(" ")
    }
}

/// What of a page a user reads.
fn visible_text(html: &str) -> String {
    let page = scraper::Html::parse_document(html);
    let mut text = String::new();
    for node in page.tree.nodes() {
        let hidden = node.ancestors().any(|up| {
            up.value()
                .as_element()
                .is_some_and(|element| matches!(element.name(), "script" | "style" | "head"))
        });
        if let (Some(words), false) = (node.value().as_text(), hidden) {
            text.push_str(words);
            text.push(' ');
        }
    }
    text
}

/// Runs one step.
pub async fn run(step: &Step, number: usize, stage: &mut Stage) -> Facts {
    let mut facts = {
        let books = stage.hostile.books();
        let (from, known, handshakes) = (books.arrived.len(), books.given.len(), books.handshakes);
        Facts { from, known, handshakes, ..Facts::default() }
    };
    match &step.verb {
        Verb::Connect(connect) => facts.did = login::connect(connect, stage).await,
        Verb::Callback(callback) => facts.did = login::callback(callback, stage).await,
        Verb::Use(using) => facts.did = ask::uses(using, stage).await,
        Verb::Refresh(user) => {
            let action = stage.app.refresh.clone();
            facts.did = ask::action(action.as_ref(), "refresh", user, stage).await;
        }
        Verb::Disconnect(user) => {
            let action = stage.app.disconnect.clone();
            facts.did = ask::action(action.as_ref(), "disconnect", user, stage).await;
        }
        Verb::Status(user) => {
            let action = stage.app.status.clone();
            facts.did = ask::action(action.as_ref(), "show how things stand", user, stage).await;
        }
        Verb::Restart(how) => {
            if let Err(error) = stage.restart(*how).await {
                facts.did = Did::trouble(error.to_string());
            }
        }
        Verb::Wait(seconds) => wait(*seconds, stage).await,
        Verb::Approve(login) => facts.did = approve(&login.0, stage).await,
        Verb::Revoke(user) => {
            let request = bank::disconnect_request(&stage.world, user, &stage.client());
            facts.did = controlled(&user.0, "disconnect the app in the bank", request, stage).await;
        }
        Verb::Expire(by) => facts.did = expire(*by, stage).await,
        Verb::Answer(answer) => stage.hostile.prepare(answer.clone(), number),
        Verb::Certificate(kind) => stage.hostile.show(*kind).await,
        Verb::Search(secrets) => facts.leaks = canary::search(secrets, stage),
        Verb::Sample(count) => {
            let (did, sample) = sample::states(*count, stage).await;
            facts.did = did;
            facts.sample = sample;
        }
    }
    let in_the_background = matches!(&step.verb, Verb::Use(using) if !using.wait);
    if acts(&step.verb) && !in_the_background {
        stage.hostile.release();
    }
    if in_the_background {
        watch::token_request_under_way(stage).await;
        facts.unasked = stage.hostile.clear().into_iter().map(|(_, about)| about).collect();
    } else if acts(&step.verb) {
        if facts.did.broken.is_none() && facts.did.not_applicable.is_none() {
            facts.watched = watch::silence(stage).await;
        }
        facts.unasked = stage.hostile.clear().into_iter().map(|(_, about)| about).collect();
    }
    facts.crashed = stage.crashed().or_else(|| {
        let signal = facts.did.ended.filter(|ended| ended.code.is_none() && ended.signal.is_some());
        signal.map(|ended| format!("the app's command ended {ended}"))
    });
    facts.stormed = stage.hostile.is_stormed();
    let asks_for_life = |leaf: &Leaf| matches!(leaf.check, Check::Number(Counted::LiveTokens, _));
    if step.given.iter().chain(&step.expect).any(asks_for_life) {
        // An app may take its time to end what it got last: on a busy machine, or by a job of its own.
        let until = Instant::now() + LATE;
        loop {
            (facts.alive, facts.unseen) = living(stage).await;
            if facts.alive == 0 || Instant::now() >= until {
                break;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
    facts
}

/// How many access tokens live that the app was given: those whose answer it received, and those whose it did not.
async fn living(stage: &mut Stage) -> (usize, usize) {
    let (mut received, mut unseen) = (0, 0);
    let given: Vec<Given> = stage.hostile.books().given.clone();
    for one in given {
        let Some(access) = &one.access else { continue };
        let lives = usize::from(stage.lives(access).await);
        *(if one.received { &mut received } else { &mut unseen }) += lives;
    }
    (received, unseen)
}

/// Whether a verb makes the app act, so that what it sends is watched.
pub fn acts(verb: &Verb) -> bool {
    !matches!(
        verb,
        Verb::Approve(_)
            | Verb::Revoke(_)
            | Verb::Expire(_)
            | Verb::Answer(_)
            | Verb::Certificate(_)
            | Verb::Search(_)
    )
}

async fn wait(seconds: u64, stage: &Stage) {
    let until = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < until && !stage.hostile.is_stormed() {
        stage.hostile.something(until).await;
    }
}

async fn approve(login: &str, stage: &mut Stage) -> Did {
    let Some(held) = stage.logins.get(login).cloned() else {
        return Did::trouble("the login that was to be approved never came about");
    };
    login::approve(&held, stage).await
}

async fn controlled(actor: &str, purpose: &str, request: Outgoing, stage: &mut Stage) -> Did {
    let reply: Reply = stage.control(actor, purpose, request).await;
    match reply {
        Ok(answer) if (200..400).contains(&answer.status) => Did::default(),
        Ok(answer) => Did::broken(format!("the bank answered {} to: {purpose}", answer.status)),
        Err(trouble) => Did::broken(format!("{}: {}", trouble.kind.as_str(), trouble.detail)),
    }
}

/// An app that counts in whole seconds may take a token for good until so long after its end.
const WHOLE_SECOND: Duration = Duration::from_millis(1_100);

/// Past the end of every access token at the bank, and of the lifetime that the app was told.
async fn expire(by: u64, stage: &mut Stage) -> Did {
    let (told, given) = {
        let books = stage.hostile.books();
        let answered = books.by_app().filter(|(_, one)| one.kind.is_token()).filter_map(|(_, one)| one.done);
        (books.lifetime, answered.max())
    };
    let request = bank::advance_request(&stage.world, crate::reference::ledger::EXPIRES_IN + by);
    let did = controlled("harness", "let access tokens expire", request, stage).await;
    if let Some(seconds) = told.filter(|seconds| *seconds <= 5) {
        let ends = given.unwrap_or_else(Instant::now) + Duration::from_secs(seconds);
        tokio::time::sleep_until((ends + WHOLE_SECOND).into()).await;
    }
    did
}

/// What arrived since the step began, with each one's number.
pub fn since<'a>(facts: &Facts, arrived: &'a [Arrived]) -> impl Iterator<Item = (usize, &'a Arrived)> {
    let from = facts.from.min(arrived.len());
    arrived[from..].iter().enumerate().map(move |(at, one)| (from + at, one))
}
