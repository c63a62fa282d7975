//! The verbs, one a file: what each sends, and what it makes of the answer.

mod advance;
mod approve;
mod authorize;
mod call;
mod cancel;
mod connected;
mod disconnect;
mod exchange;
mod given;
mod grid;
mod login;
mod logout;
mod mandate;
mod mandates;
mod overload;
mod pay;
mod race;
mod refresh;
mod request;
mod restart;
mod sample;
mod token_request;

pub use call::ask;
pub use login::{right_token_request, tokens as log_in};
pub use logout::usual as usual_logout;
pub use overload::calm;
pub use race::serial_orders;

use super::answer::Answer;
use super::scene::{NeverSaved, Scene};
use crate::suite::{Check, Decision, Outcome, Step, Verb};
use crate::target::Outgoing;

/// Does a step. An error means that it works on something that was never granted, and is not run.
pub async fn run(verb: &Verb, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    match verb {
        Verb::Open(open) => authorize::open(open, scene).await,
        Verb::Land(land) => authorize::land(land, scene).await,
        Verb::Authorize(authorize) => authorize::authorize(authorize, scene).await,
        Verb::Exchange(exchange) => exchange::run(exchange, scene).await,
        Verb::Login(login) => login::run(login, scene).await,
        Verb::Approve(approve) => approve::run(approve, true, scene).await,
        Verb::Deny(deny) => approve::run(deny, false, scene).await,
        Verb::Refresh(refresh) => refresh::run(refresh, scene).await,
        Verb::Call(call) => call::run(call, scene).await,
        Verb::Logout(logout) => logout::run(logout, scene).await,
        Verb::Request(request) => request::run(request, scene).await,
        Verb::Disconnect(disconnect) => Ok(disconnect::run(disconnect, scene).await),
        Verb::Connected(connected) => Ok(connected::run(connected, scene).await),
        Verb::Mandate(mandate) => mandate::run(mandate, scene).await,
        Verb::Mandates(mandates) => Ok(mandates::run(mandates, scene).await),
        Verb::Pay(pay) => pay::run(pay, scene).await,
        Verb::Cancel(cancel) => cancel::run(cancel, scene).await,
        Verb::Grid(grid) => grid::run(grid, scene).await,
        Verb::Advance(advance) => advance::run(advance, scene).await,
        Verb::Restart => Ok(restart::run(scene).await),
        Verb::Overload(overload) => overload::run(overload, scene).await,
        Verb::Race(race) => race::run(race, scene).await,
        Verb::Sample(sample) => sample::run(sample, scene).await,
    }
}

/// What must come of a verb when a step says nothing else: see [`Verb`].
pub fn contract(verb: &Verb) -> Check {
    let denied = |decide: Decision| decide == Decision::Deny;
    Check::Outcome(match verb {
        Verb::Land(land) if denied(land.decide) => Outcome::Refused,
        Verb::Authorize(authorize) if denied(authorize.decide) => Outcome::Refused,
        _ => Outcome::Granted,
    })
}

/// Who does what, as a sentence fragment.
pub fn title(step: &Step) -> String {
    let title = deed(&step.verb);
    match step.node {
        Some(node) => format!("{title}, at node {node}"),
        None => title,
    }
}

fn deed(verb: &Verb) -> String {
    match verb {
        Verb::Open(open) => format!("a browser opens {}'s login page", open.request.client),
        Verb::Land(land) => authorize::title_land(land),
        Verb::Authorize(authorize) => authorize::title_authorize(authorize),
        Verb::Exchange(exchange) => exchange::title(exchange),
        Verb::Login(login) => login::title(login),
        Verb::Approve(approve) => approve::title(approve, "approves"),
        Verb::Deny(deny) => approve::title(deny, "denies"),
        Verb::Refresh(refresh) => refresh::title(refresh),
        Verb::Call(call) => call::title(call),
        Verb::Logout(logout) => logout::title(logout),
        Verb::Request(request) => request::title(request),
        Verb::Disconnect(disconnect) => format!("{} disconnects {}", disconnect.user, disconnect.client),
        Verb::Connected(connected) => format!("{} looks at connected apps", connected.user),
        Verb::Mandate(mandate) => mandate::title(mandate),
        Verb::Mandates(mandates) => format!("{} looks at mandates", mandates.user),
        Verb::Pay(pay) => pay::title(pay),
        Verb::Cancel(cancel) => cancel::title(cancel),
        Verb::Grid(_) => "who has access now: every token is shown to whoami".to_owned(),
        Verb::Advance(advance) => advance::title(advance),
        Verb::Restart => "the bank is started anew".to_owned(),
        Verb::Overload(overload) => format!("{} has more requests than it can answer", overload.of),
        Verb::Race(race) => race::title(race),
        Verb::Sample(sample) => {
            format!("{} logs in to {} {} times", sample.user, sample.client, sample.count)
        }
    }
}

/// A lane of a race: the one request that its verb sends, and who sends it for what.
struct Single {
    actor: String,
    purpose: String,
    request: Outgoing,
}

/// The request of a verb that sends just one. An error answer says why there is none.
async fn single(verb: &Verb, scene: &mut Scene<'_>) -> Result<Result<Single, Answer>, NeverSaved> {
    match verb {
        Verb::Exchange(exchange) => exchange::request(exchange, scene),
        Verb::Refresh(refresh) => refresh::request(refresh, scene),
        Verb::Call(call) => call::request(call, scene),
        Verb::Logout(logout) => logout::single(logout, scene),
        Verb::Approve(approve) => approve::request(approve, true, scene),
        Verb::Deny(deny) => approve::request(deny, false, scene),
        Verb::Disconnect(disconnect) => Ok(disconnect::request(disconnect, scene).ok_or_else(|| {
            Answer::not_applicable("the target disconnects by a program, which can't race with requests")
        })),
        Verb::Pay(pay) => pay::request(pay, scene).map(Ok),
        Verb::Cancel(cancel) => cancel::request(cancel, scene).map(Ok),
        other => {
            Ok(Err(Answer::broken(format!("{} sends more than one request, so it can't race", other.word()))))
        }
    }
}

/// What a lane's reply means for its verb; what it gave is saved.
fn settle(
    verb: &Verb,
    scene: &mut Scene<'_>,
    number: usize,
    reply: &crate::target::Reply,
) -> Result<Answer, NeverSaved> {
    match verb {
        Verb::Exchange(exchange) => exchange::settle(exchange, scene, number, reply),
        Verb::Refresh(refresh) => refresh::settle(refresh, scene, number, reply),
        Verb::Call(call) => call::settle(call, scene, number, reply),
        Verb::Logout(_) => Ok(logout::settle(number, reply)),
        Verb::Pay(_) => Ok(pay::settle(number, reply)),
        _ => Ok(approve::settle(number, reply)),
    }
}
