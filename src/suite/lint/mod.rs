//! The rules that go over several steps of a case, or over several files. Each file is one rule, or a few of a kind.

mod answers;
mod control;
mod grid;
pub mod handles;
pub mod library;
mod lists;
mod proves;

pub use proves::{older_than_promise, proves};

use super::case::{Span, Step};
use super::code::Code;
use super::read::Reader;
use crate::results::Level;

/// Judges the steps of one variant; those that could not be read are `None`. `level`: what the case weighs, if it could
/// be told; `case`: where its id stands.
pub fn steps(steps: &[Option<Step>], level: Option<Level>, case: &Span, reader: &mut Reader) {
    handles::lint(reader);
    for (index, step) in steps.iter().enumerate() {
        if let Some(step) = step {
            grid::lint(index, step, reader);
            answers::lint(step, reader);
            lists::lint(step, reader);
        }
    }
    // Both look for what is not there: that may stand in a step that could not be read.
    let Some(steps) = steps.iter().map(Option::as_ref).collect::<Option<Vec<&Step>>>() else {
        return;
    };
    control::lint(&steps, reader);
    nothing_judged(&steps, level, case, reader);
}

fn nothing_judged(steps: &[&Step], level: Option<Level>, case: &Span, reader: &mut Reader) {
    let Some(level) = level.filter(|_| !steps.is_empty()) else {
        return;
    };
    let judged = steps.iter().any(|step| !step.expect.is_empty());
    let observed = steps.iter().any(|step| step.observe.is_some());
    if judged || (level == Level::Info && observed) {
        return;
    }
    let mistake = reader.mistake(Code::NothingJudged, case.clone(), "no step of this case judges anything");
    reader.note(mistake.help("say with `expect = { … }` what the requirement comes down to"));
}
