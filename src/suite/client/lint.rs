//! The rules that go over several steps of a case for apps, and what its steps need of an app.

use super::{Check, Connect, Counted, Step, Verb};
use crate::results::Level;
use crate::suite::app::Capability;
use crate::suite::case::Span;
use crate::suite::code::Code;
use crate::suite::lint::handles;
use crate::suite::read::Reader;

/// Judges the steps of one variant; those that could not be read are `None`.
pub fn steps(steps: &[Option<Step>], level: Option<Level>, case: &Span, reader: &mut Reader) {
    handles::lint(reader);
    let Some(steps) = steps.iter().map(Option::as_ref).collect::<Option<Vec<&Step>>>() else {
        return;
    };
    liveness(&steps, reader);
    let Some(level) = level.filter(|_| !steps.is_empty()) else {
        return;
    };
    let judged = steps.iter().any(|step| !step.expect.is_empty());
    let observed = steps.iter().any(|step| step.observe.is_some());
    let records = level == Level::Info && observed;
    if !(judged || records) {
        let mistake =
            reader.mistake(Code::NothingJudged, case.clone(), "no step of this case judges anything");
        reader.note(mistake.help("say with `expect = { … }` what the requirement comes down to"));
    }
}

/// Silence says something only of an app that is alive: a good login stands before it, and another after it.
fn liveness(steps: &[&Step], reader: &mut Reader) {
    for (at, step) in steps.iter().enumerate() {
        // What lives at the bank is asked there, not heard.
        let heard = |counted: &Counted| *counted != Counted::LiveTokens;
        let silent =
            |check: &Check| matches!(check, Check::Number(of, count) if heard(of) && count.may_be_none());
        // A search is over what was seen of an app that was alive, wherever it stands.
        let Some(leaf) = step.expect.iter().find(|leaf| silent(&leaf.check)) else { continue };
        let before = steps[..at].iter().any(|step| is_good_login(step));
        let after =
            matches!(step.verb, Verb::Search(_)) || steps[at + 1..].iter().any(|step| is_good_login(step));
        if before && after {
            continue;
        }
        let mistake = reader
            .mistake(Code::NoLiveness, leaf.span.clone(), "nothing shows that the app was alive")
            .label("an app that is dead satisfies this")
            .also(&reader.source, step.span.clone(), "of this step")
            .help("add a plain `connect` before it, and another after it, without expectations");
        reader.note(mistake);
    }
}

/// A login that has to succeed for anything to be concluded.
fn is_good_login(step: &Step) -> bool {
    let whole = matches!(step.verb, Verb::Connect(Connect { tamper: None, deliver: true, .. }));
    whole && step.expect.is_empty() && step.observe.is_none()
}

/// What a verb needs of an app, besides logging in and reading.
pub fn need(verb: &Verb) -> Option<Capability> {
    Some(match verb {
        Verb::Refresh(_) => Capability::Refresh,
        Verb::Disconnect(_) => Capability::Disconnect,
        Verb::Status(_) => Capability::Status,
        Verb::Restart(_) => Capability::Restart,
        Verb::Certificate(_) => Capability::Tls,
        Verb::Callback(callback) if callback.browser.is_some() => Capability::Browsers,
        Verb::Callback(callback) if callback.times > 1 => Capability::Parallel,
        Verb::Use(using) if using.times > 1 || !using.wait => Capability::Parallel,
        _ => return None,
    })
}
