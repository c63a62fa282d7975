//! A step as the page shows it.

use crate::report::visible;
use crate::results::{CaseResult, Standing, StepResult};

use super::body::ExchangeView;

const SHORT: usize = 300;
/// How many exchanges of one step are shown.
const EXCHANGES: usize = 40;

/// A step, with the requests that are shown of it.
pub struct StepView {
    pub verb: String,
    pub title: String,
    pub standing: &'static str,
    pub sign: &'static str,
    pub class: &'static str,
    pub outcome: String,
    pub exchanges: Vec<ExchangeView>,
    pub left_out: u64,
}

impl StepView {
    pub fn of(case: &CaseResult, index: usize, step: &StepResult, full: bool) -> StepView {
        let broke = |at: usize| {
            case.findings.iter().any(|finding| finding.step == index && finding.exchange == Some(at))
        };
        let kept =
            step.exchanges.iter().enumerate().filter(|(at, _)| full && (*at < EXCHANGES || broke(*at)));
        let exchanges: Vec<ExchangeView> =
            kept.take(2 * EXCHANGES).map(|(at, exchange)| ExchangeView::of(exchange, broke(at))).collect();
        let (class, sign) = match step.standing {
            Standing::Met => ("met", "✓"),
            Standing::Broken => ("broken", "✗"),
            Standing::Unprepared => ("unprepared", "?"),
            Standing::NotRun => ("not-run", "–"),
        };
        let left_out = if full { step.left_out + (step.exchanges.len() - exchanges.len()) as u64 } else { 0 };
        StepView {
            verb: visible::line(&step.verb, 40),
            title: visible::line(&step.title, SHORT),
            standing: standing_word(step.standing),
            sign,
            class,
            outcome: visible::line(&step.outcome, SHORT),
            exchanges,
            left_out,
        }
    }
}

/// How a step ended, in words.
pub fn standing_word(standing: Standing) -> &'static str {
    match standing {
        Standing::Met => "as expected",
        Standing::Broken => "broken",
        Standing::Unprepared => "did not come about",
        Standing::NotRun => "not run",
    }
}
