//! What a step's answer means: its preconditions first, then what is judged.

use super::answer::{Answer, Came};
use super::checks::{Looked, look, needs_grant};
use super::scene::Scene;
use super::steps::contract;
use crate::suite::{Check, Leaf, Span, Step};

/// What a step came to.
#[derive(Clone, Debug)]
pub enum Judgement {
    Met,
    /// At least one expectation broke.
    Broken(Vec<Break>),
    /// Nothing can be concluded from the case: why.
    Inconclusive(String),
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
    for check in implied.iter().chain(step.given.iter().map(|leaf| &leaf.check)) {
        match look(check, answer, scene) {
            Looked::Holds => {}
            Looked::Breaks { expected, got } => {
                return Judgement::Inconclusive(format!(
                    "could not prepare the probe: due was that {expected}; came: {got}"
                ));
            }
            Looked::Unclear(why) => {
                return Judgement::Inconclusive(format!("could not prepare the probe: {why}"));
            }
        }
    }
    let mut breaks = Vec::new();
    let mut unclear = None;
    for leaf in &step.expect {
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
