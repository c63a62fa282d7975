//! What a step's answer means: its preconditions first, then what is judged.

use super::answer::{Answer, Came};
use super::checks::{Looked, look, needs_grant};
use super::left_out;
use super::scene::Scene;
use super::steps::contract;
use crate::suite::{Check, Leaf, Span, Step, Verb};

/// What a step came to.
#[derive(Clone, Debug)]
pub enum Judgement {
    Met,
    /// At least one expectation broke.
    Broken(Vec<Break>),
    /// Nothing can be concluded from the case: why.
    Inconclusive(String),
    /// Nothing either, because an answer showed that a `given` does not hold: what was due and what came.
    Unmet(String),
    /// The harness or the line to the target broke: why.
    Trouble(String),
    /// The case makes no sense on this target: why.
    NotApplicable(String),
}

/// An expectation that broke.
#[derive(Clone, Debug)]
pub struct Break {
    pub span: Span,
    pub expected: String,
    pub got: String,
}

/// Judges a step that observes nothing.
///
/// A step without expectations prepares the case: its contract is a precondition. Expectations that can only be looked at
/// in a granted answer make the contract a precondition too, unless the step says what outcome it expects.
pub fn judge(step: &Step, answer: &Answer, scene: &Scene<'_>) -> Judgement {
    match &answer.came {
        Came::Broken(why) => return Judgement::Trouble(why.clone()),
        Came::NotApplicable(why) => return Judgement::NotApplicable(why.clone()),
        _ => {}
    }
    let says_outcome = |leaves: &[Leaf]| leaves.iter().any(|leaf| matches!(leaf.check, Check::Outcome(_)));
    let implied = (!says_outcome(&step.given)
        && !says_outcome(&step.expect)
        && (step.expect.is_empty() || step.expect.iter().any(|leaf| needs_grant(&leaf.check))))
    .then(|| contract(&step.verb));
    let file = scene.target.file();
    let looked_at = |leaf: &&Leaf| left_out::reason(&step.verb, &leaf.check, file).is_none();
    let implied = implied.iter().map(|check| (check, false));
    let given = step.given.iter().filter(looked_at).map(|leaf| (&leaf.check, true));
    for (check, is_given) in implied.chain(given) {
        match look(check, answer, scene) {
            Looked::Holds => {}
            Looked::Breaks { expected, got } => {
                let why = format!("could not prepare the probe: due was that {expected}; came: {got}");
                return if is_given { Judgement::Unmet(why) } else { Judgement::Inconclusive(why) };
            }
            Looked::Unclear(why) => {
                return Judgement::Inconclusive(format!("could not prepare the probe: {why}"));
            }
        }
    }
    let mut breaks = Vec::new();
    let mut unclear = None;
    for leaf in step.expect.iter().filter(looked_at) {
        // A broken outcome leaves nothing to look at in the rest, and one fault is one finding.
        let refused = breaks.iter().any(|_| matches!(answer.came, Came::Refused)) && needs_grant(&leaf.check);
        match look(&leaf.check, answer, scene) {
            Looked::Holds => {}
            _ if refused => {}
            Looked::Breaks { expected, got } => breaks.push(Break { span: leaf.span.clone(), expected, got }),
            Looked::Unclear(why) => unclear = unclear.or(Some(why)),
        }
    }
    match unclear {
        _ if !breaks.is_empty() => Judgement::Broken(breaks),
        Some(why) => Judgement::Inconclusive(why),
        None => Judgement::Met,
    }
}

/// Looks at a step that is observed, not judged. One that acts must have been answered all the same, with anything but a 429
/// or a 5xx: that a logout harms nobody is not shown by a logout that never took place.
pub fn observe(step: &Step, answer: &Answer) -> Judgement {
    if matches!(step.verb, Verb::Call(_)) {
        return Judgement::Met;
    }
    let answered = answer.response.as_ref().is_some_and(|response| !matches!(response.status, 429 | 500..));
    match &answer.came {
        Came::Broken(why) => Judgement::Trouble(why.clone()),
        Came::Unclear(why) if !answered => {
            Judgement::Inconclusive(format!("could not prepare the probe: {why}"))
        }
        _ => Judgement::Met,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;

    use super::*;
    use crate::suite::Library;
    use crate::target::Incoming;

    fn observed(verb: &str, came: Came, status: Option<u16>) -> Judgement {
        let library = Library::shipped();
        let steps = library.suites.iter().flat_map(|suite| &suite.cases).flat_map(|case| &case.steps);
        let step = steps.into_iter().find(|step| step.observe.is_some() && step.verb.word() == verb);
        let response = status.map(|status| Incoming::new(status, HeaderMap::new(), Bytes::new()));
        let answer = Answer { response, ..Answer::new(came, "") };
        observe(step.expect("a shipped case observes it"), &answer)
    }

    #[test]
    fn what_is_observed_must_have_taken_place() {
        let unclear = || Came::Unclear(String::new());
        assert!(matches!(observed("logout", unclear(), Some(500)), Judgement::Inconclusive(_)));
        assert!(matches!(observed("logout", unclear(), Some(429)), Judgement::Inconclusive(_)));
        assert!(matches!(observed("logout", unclear(), None), Judgement::Inconclusive(_)));
        assert!(matches!(observed("logout", Came::Broken(String::new()), None), Judgement::Trouble(_)));
    }

    #[test]
    fn what_is_observed_may_come_to_anything() {
        assert!(matches!(observed("logout", Came::Granted, Some(200)), Judgement::Met));
        assert!(matches!(observed("logout", Came::Refused, Some(401)), Judgement::Met));
        assert!(matches!(observed("logout", Came::Unclear(String::new()), Some(302)), Judgement::Met));
        assert!(matches!(observed("call", Came::Unclear(String::new()), Some(500)), Judgement::Met));
    }
}
