//! Where the target file and the server have parted: a secret that is wrong, a login page that changed, a pause that it wants between
//! logins.

use grantspec::results::Verdict::{Error, Fail, Inconclusive, Pass, Skipped, Warn};
use grantspec::results::{CaseResult, Exit};

use super::server::{Quirks, Trouble, start, target};
use super::{SECRET, SOME, at, is, judged};
use crate::common::stage::Stage;

#[test]
fn a_wrong_secret_in_the_target_file_is_no_fault_of_the_server() {
    let stage = Stage::new();
    let base = stage.start(start(Quirks::default()));
    let judged = at(&stage, &base, &target("secret of yesterday"), &SOME);
    judged.none_is(&[Fail, Warn]).exits(Exit::NotConformant);
    for case in judged.cases.iter().filter(|case| case.verdict == Inconclusive) {
        let reason = case.reason.as_deref().unwrap_or_default();
        assert!(reason.contains("401 invalid_client"), "{}: {reason}", case.id);
    }
    let without_the_secret = |case: &CaseResult| {
        let another = ["[other]", "[public]"].iter().any(|client| case.id.ends_with(client));
        another || is(case, "state/on-denial") || is(case, "confidentiality/no-refresh-token")
    };
    for case in judged.cases.iter().filter(|case| case.verdict == Pass) {
        assert!(without_the_secret(case), "{}: what takes the secret was not proved", case.id);
    }
}

#[test]
fn a_login_page_that_changed_is_an_error_that_shows_the_page() {
    let quirks = Quirks { trouble: Trouble::NewPage, ..Quirks::default() };
    // Where the request is an unusual one, the page could also be an answer to that.
    let verdict = |case| if case == "state/on-denial" { Inconclusive } else { Error };
    let cases = SOME.into_iter().filter(|case| !case.ends_with("alone"));
    let due: Vec<_> =
        cases.map(|case| (case, verdict(case), "the page at /authorize (200, “Sign in”)")).collect();
    judged(quirks, "", &SOME).all_pass_but(&due).exits(Exit::Trouble);
}

#[test]
fn a_second_login_within_a_second_that_breaks_is_waited_for_where_the_target_file_says_so() {
    let quirks = Quirks { trouble: Trouble::NotTwiceASecond, ..Quirks::default() };
    let case = ["refresh/bound-to-client"];
    judged(quirks, "[limits]\nlogin_gap_ms = 1200\n", &case).all_pass_but(&[]).exits(Exit::Conformant);
    // On a slow machine a second may have passed by itself.
    let hasty = judged(quirks, "", &case);
    hasty.none_is(&[Fail, Warn, Error]);
    for case in hasty.cases.iter().filter(|case| case.verdict != Pass) {
        let reason = case.reason.as_deref().unwrap_or_default();
        assert!(case.verdict == Inconclusive && reason.contains("500, the server's own trouble"), "{reason}");
    }
}

#[test]
fn where_logging_out_takes_several_requests_its_races_are_skipped_for_that() {
    let stage = Stage::new();
    let base = stage.start(start(Quirks::default()));
    let file = target(SECRET).replace("tokens = ['refresh']", "tokens = ['refresh', 'access']");
    let races = ["logout/refresh-and-logout", "logout/exchange-and-logout", "logout/kills-access"];
    at(&stage, &base, &file, &races)
        .all_pass_but(&[
            ("logout/refresh-and-logout", Skipped, "logging out takes several requests here"),
            ("logout/exchange-and-logout", Skipped, "logging out takes several requests here"),
        ])
        .exits(Exit::Conformant);
}
