//! What an answer can be, where that hangs on more than the verb: which endpoint is called, what a race or a sample is
//! judged by, the one thing that a grid takes.

use crate::suite::case::{Check, Endpoint, Leaf, Outcome, Step, Trait, Verb};
use crate::suite::code::Code;
use crate::suite::read::Reader;

/// Judges one step.
pub fn lint(step: &Step, reader: &mut Reader) {
    throttled_expected(step, reader);
    match &step.verb {
        Verb::Call(call) => {
            for leaf in step.given.iter().chain(&step.expect) {
                about_endpoint(call.endpoint, leaf, reader);
            }
        }
        Verb::Grid(_) => {
            let granted = |leaf: &Leaf| leaf.check == Check::Outcome(Outcome::Granted);
            for leaf in step.given.iter().chain(step.expect.iter().filter(|leaf| !granted(leaf))) {
                let mistake = reader
                    .mistake(
                        Code::Unsatisfiable,
                        leaf.span.clone(),
                        "a grid takes no other expectation than its own",
                    )
                    .help("with `expect = { outcome = \"granted\" }` the whole grid is judged");
                reader.note(mistake);
            }
        }
        Verb::Race(_) if step.expect.is_empty() => {
            let mistake = reader
                .mistake(Code::RaceUnjudged, step.span.clone(), "nothing is expected of this race")
                .help("add `expect` with `tokens_at_most`, `live_at_most`, `live_exactly` or `has = [\"serial\"]`");
            reader.note(mistake);
        }
        Verb::Sample(_) if !step.expect.iter().any(|leaf| leaf.check == Check::Has(Trait::Unguessable)) => {
            let mistake = reader
                .mistake(Code::SampleUnjudged, step.span.clone(), "nothing is expected of this sample")
                .help("add `expect = { has = [\"unguessable\"] }`");
            reader.note(mistake);
        }
        _ => {}
    }
}

fn throttled_expected(step: &Step, reader: &mut Reader) {
    let throttled = |leaf: &&Leaf| leaf.check == Check::Outcome(Outcome::Throttled);
    if let Some(leaf) = step.expect.iter().find(throttled) {
        let message = "no promise says that this request is turned away";
        let mistake = reader.mistake(Code::ThrottledExpected, leaf.span.clone(), message);
        reader.note(
            mistake.help("write `given = { outcome = \"throttled\" }`, and expect something of what follows"),
        );
    }
}

fn about_endpoint(endpoint: Endpoint, leaf: &Leaf, reader: &mut Reader) {
    let due = match leaf.check {
        Check::User(_) | Check::Client(_) => [Endpoint::Whoami].as_slice(),
        Check::Has(Trait::OldHistory | Trait::NoOldHistory) => {
            [Endpoint::Transactions, Endpoint::History].as_slice()
        }
        _ => return,
    };
    if !due.contains(&endpoint) {
        let message = format!("a call of `{endpoint}` can't satisfy this");
        let mistake = reader.mistake(Code::Unsatisfiable, leaf.span.clone(), message);
        let words: Vec<String> = due.iter().map(|endpoint| format!("`{endpoint}`")).collect();
        reader.note(mistake.help(format!("only {} answers it", words.join(" or "))));
    }
}
