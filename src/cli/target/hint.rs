//! What somebody who writes a target file may have got wrong, by what the first login came to.

use crate::results::{CaseResult, Reply, Standing, StepResult, Verdict};

/// What to look at in the target file, if the case did not come through.
pub fn of(case: &CaseResult) -> Option<&'static str> {
    if matches!(case.verdict, Verdict::Pass | Verdict::Warn | Verdict::Skipped) {
        return None;
    }
    let last = case.steps.iter().rfind(|step| step.standing != Standing::NotRun)?;
    let status = status(last);
    match last.verb.as_str() {
        "authorize" | "login" if last.outcome.contains("no step of the login") => Some(
            "if that is the server's own error page: are the client's `id` and its `redirect_uris` as they are registered, and does \
             the authorization endpoint want more parameters (`params`, `pkce`)?",
        ),
        "authorize" | "login" if last.outcome.contains("error access_denied") => Some(
            "the bank says that the user has said no: do the steps of `[login]` press what says yes (`allow`), and not “Cancel” or \
             “Deny”?",
        ),
        "logout" if matches!(status, Some(404 | 405)) => Some(
            "is `endpoints.logout` right? Without it, the server lacks a logout, and nothing is counted against it.",
        ),
        "exchange" | "login" if status == Some(401) || last.outcome.contains("invalid_client") => Some(
            "is the client's secret right, and is it shown as the server wants it (`client_authentication`)?",
        ),
        "exchange" if matches!(status, Some(404 | 405)) => Some("is `endpoints.token` right?"),
        "call" if matches!(status, Some(404 | 405)) => Some("is `endpoints.whoami` right?"),
        "call" if matches!(status, Some(401 | 403)) => Some(
            "does `endpoints.whoami` take an access token, and does the login ask for the scope that it wants (`params` of \
             `endpoints.authorize`)?",
        ),
        "call" if status == Some(200) => Some(
            "does `[identity]` say where that answer names the user? With an empty table, any 2xx shows that the token lives.",
        ),
        _ => None,
    }
}

/// The status of the step's last answer.
fn status(step: &StepResult) -> Option<u16> {
    match &step.exchanges.last()?.reply {
        Reply::Response(response) => Some(response.status),
        Reply::Trouble(_) => None,
    }
}
