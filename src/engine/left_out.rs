//! What a case expects and this target's answers never say, such as a client in a userinfo answer: it is left out of the
//! judgement, and told. A case of which nothing is left is skipped.

use crate::suite::{Case, Check, Endpoint, Step, Trait, Verb};
use crate::target::TargetFile;

const NO_USER: &str = "token answers name no user (token_answer.user in the target file)";
const NO_CLIENT: &str = "token answers name no client (token_answer.client in the target file)";

/// Why what is expected of a verb's answer can't be looked at.
pub fn reason(verb: &Verb, check: &Check, file: &TargetFile) -> Option<&'static str> {
    let (naming, no_user, no_client) = match verb {
        Verb::Call(call) if call.endpoint == Endpoint::Whoami => (
            &file.identity,
            "whoami names no user (identity.user in the target file)",
            "whoami names no client (identity.client in the target file)",
        ),
        Verb::Exchange(_) | Verb::Refresh(_) | Verb::Login(_) => (&file.token_answer, NO_USER, NO_CLIENT),
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
    let whole = step.expect.iter().filter_map(|leaf| reason(&step.verb, &leaf.check, file));
    // The other fields of a token answer are looked at all the same.
    let of_fields =
        step.expect.iter().filter(|leaf| leaf.check == Check::Has(Trait::TokenFields)).flat_map(|_| {
            let naming = &file.token_answer;
            let user = naming.user.is_none().then_some(NO_USER);
            user.into_iter().chain(naming.client.is_none().then_some(NO_CLIENT))
        });
    whole.chain(of_fields).map(str::to_owned).collect()
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
