//! What a case expects and this target's answers never say, such as a client in a userinfo answer: it is left out of the
//! judgement, and told. A case of which nothing is left is skipped.

use crate::suite::{Case, Check, Endpoint, Step, Verb};
use crate::target::TargetFile;

/// Why what is expected of a verb's answer can't be looked at.
pub fn reason(verb: &Verb, check: &Check, file: &TargetFile) -> Option<&'static str> {
    let (naming, no_user, no_client) = match verb {
        Verb::Call(call) if call.endpoint == Endpoint::Whoami => (
            &file.identity,
            "whoami names no user (identity.user in the target file)",
            "whoami names no client (identity.client in the target file)",
        ),
        Verb::Exchange(_) | Verb::Refresh(_) | Verb::Login(_) => (
            &file.token_answer,
            "token answers name no user (token_answer.user in the target file)",
            "token answers name no client (token_answer.client in the target file)",
        ),
        _ => return None,
    };
    match check {
        Check::User(_) if naming.user.is_none() => Some(no_user),
        Check::Client(_) if naming.client.is_none() => Some(no_client),
        _ => None,
    }
}

/// What is left out of a step.
pub fn of(step: &Step, file: &TargetFile) -> Vec<String> {
    let leaves = step.expect.iter().filter_map(|leaf| reason(&step.verb, &leaf.check, file));
    leaves.map(str::to_owned).collect()
}

/// Why nothing would be judged of a case.
pub fn whole(case: &Case, file: &TargetFile) -> Option<String> {
    let mut why = None;
    for step in &case.steps {
        for leaf in &step.expect {
            why = Some(reason(&step.verb, &leaf.check, file)?);
        }
    }
    why.map(|why| format!("the target's answers do not say what the case looks at: {why}"))
}
