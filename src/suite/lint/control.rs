//! No negative without a control: where a request must be refused, the same request made right stands in the case.

use super::lists;
use crate::suite::case::{
    Address, Check, Decision, Destination, Endpoint, Leaf, Outcome, Step, Token, Trait, Verb,
};
use crate::suite::code::Code;
use crate::suite::read::Reader;

/// Judges a case's steps.
pub fn lint(steps: &[&Step], reader: &mut Reader) {
    for step in steps {
        lists::control(step, steps, reader);
        told_to_somebody(step, steps, reader);
        let Some(refusal) = step.expect.iter().find(|leaf| is_refusal(leaf)) else {
            continue;
        };
        let Some(controls) = controls_of(&step.verb) else {
            continue;
        };
        if steps.iter().any(|other| is_done_right(other) && is_control(&step.verb, &other.verb)) {
            continue;
        }
        let word = step.verb.word();
        let mistake = reader
            .mistake(
                Code::NoControl,
                step.span.clone(),
                format!("no step shows that `{word}` works when it is made right"),
            )
            .label("must be refused")
            .also(&reader.source, refusal.span.clone(), "so a bank that refuses everything would pass")
            .help(format!("add {controls} to this case that is not expected to be refused"));
        reader.note(mistake);
    }
}

/// That others are not told of a disconnection says something only where somebody is told.
fn told_to_somebody(step: &Step, steps: &[&Step], reader: &mut Reader) {
    let is = |property: Trait| move |leaf: &&Leaf| leaf.check == Check::Has(property);
    let Some(untold) = step.expect.iter().find(is(Trait::NoDisconnectReason)) else {
        return;
    };
    let mut leaves = steps.iter().flat_map(|step| step.given.iter().chain(&step.expect));
    if leaves.any(|leaf| is(Trait::DisconnectReason)(&leaf)) {
        return;
    }
    let mistake = reader
        .mistake(
            Code::NoControl,
            untold.span.clone(),
            "no step shows that anybody is told of a disconnection",
        )
        .label("so a bank that never says why would pass")
        .help("add a step with `has = [\"disconnect-reason\"]` to this case");
    reader.note(mistake);
}

fn controls_of(verb: &Verb) -> Option<String> {
    Some(match verb {
        Verb::Exchange(_) => "an `exchange` or a `login`".to_owned(),
        Verb::Authorize(_) => "an `authorize`, a `land` or a `login`".to_owned(),
        Verb::Refresh(_) => "a `refresh`".to_owned(),
        Verb::Logout(_) => "a `logout`".to_owned(),
        Verb::Pay(_) => "a `pay`".to_owned(),
        Verb::Call(call) if call.endpoint == Endpoint::Whoami => {
            "a call of `whoami`, or a `grid` with `live`,".to_owned()
        }
        Verb::Call(call) => format!("a call of `{}`", call.endpoint),
        Verb::Request(request) => match &request.to {
            Destination::Path(path) => format!("a `request` to `{path}`"),
            Destination::Address(address) => {
                format!("a `request` to `{address}`, or a step of the verb that asks it,")
            }
        },
        _ => return None,
    })
}

/// Whether `other`, if it is granted, shows that what `verb` asks for can be had.
fn is_control(verb: &Verb, other: &Verb) -> bool {
    match (verb, other) {
        (Verb::Exchange(_), Verb::Exchange(_) | Verb::Login(_))
        | (Verb::Authorize(_), Verb::Login(_))
        | (Verb::Refresh(_), Verb::Refresh(_))
        | (Verb::Logout(_), Verb::Logout(_))
        | (Verb::Pay(_), Verb::Pay(_)) => true,
        (Verb::Authorize(_), Verb::Authorize(authorize)) => authorize.decide == Decision::Allow,
        (Verb::Authorize(_), Verb::Land(land)) => land.decide == Decision::Allow,
        (Verb::Call(call), Verb::Call(other)) => {
            call.endpoint == other.endpoint && other.token == Token::Access
        }
        (Verb::Request(request), Verb::Request(other)) => request.to == other.to,
        (Verb::Request(request), other) => match &request.to {
            Destination::Path(_) => false,
            Destination::Address(address) => asks(*address, other),
        },
        (Verb::Call(call), Verb::Grid(grid)) => call.endpoint == Endpoint::Whoami && !grid.live.is_empty(),
        _ => false,
    }
}

/// Whether a verb asks an endpoint, in the right way.
fn asks(address: Address, verb: &Verb) -> bool {
    match (address, verb) {
        (Address::Authorize, Verb::Login(_) | Verb::Authorize(_) | Verb::Open(_))
        | (Address::Token, Verb::Login(_) | Verb::Exchange(_) | Verb::Refresh(_))
        | (Address::Logout, Verb::Logout(_))
        | (Address::Mandates, Verb::Mandate(_)) => true,
        (Address::Whoami, Verb::Grid(grid)) => !grid.live.is_empty(),
        (address, Verb::Call(call)) => {
            let endpoint = match call.endpoint {
                Endpoint::Whoami => Address::Whoami,
                Endpoint::Accounts => Address::Accounts,
                Endpoint::Balance => Address::Balance,
                Endpoint::Transactions | Endpoint::History => Address::Transactions,
            };
            address == endpoint && call.token == Token::Access
        }
        _ => false,
    }
}

/// Whether a step stops the case, or breaks the requirement, unless its request is granted.
fn is_done_right(step: &Step) -> bool {
    let leaves = || step.given.iter().chain(&step.expect);
    let open = |leaf: &Leaf| matches!(leaf.check, Check::Outcome(Outcome::Any | Outcome::Throttled));
    step.observe.is_none() && !leaves().any(|leaf| is_refusal(leaf) || open(leaf))
}

/// Whether a leaf demands that a request is refused.
fn is_refusal(leaf: &Leaf) -> bool {
    match &leaf.check {
        Check::Outcome(outcome) => *outcome == Outcome::Refused,
        Check::Status(statuses) => statuses.iter().all(|status| (400..500).contains(status)),
        Check::Has(property) => *property == Trait::ClientError,
        _ => false,
    }
}
