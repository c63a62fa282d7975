//! What answers look like: pages where none are due, refusals in ways of the server's own, JSON by another name, a clock that is off.

use grantspec::results::Exit;
use grantspec::results::Verdict::{Error, Fail, Inconclusive, Pass, Warn};

use super::server::{Front, Quirks, Refusals, Trouble};
use super::{SOME, is, judged};

#[test]
fn a_server_that_answers_everything_with_a_page_gets_no_verdict_and_the_page_is_named() {
    for front in [Front::Page, Front::Login] {
        let quirks = Quirks { front, ..Quirks::default() };
        let judged = judged(quirks, "", &SOME);
        // Where the request is an unusual one, the page could also be an answer to that.
        let stuck = |case| match case {
            "state/on-denial" => (case, Inconclusive, "a page (200) that leads nowhere"),
            _ => (case, Error, "“Welcome”"),
        };
        let due: Vec<_> = SOME.into_iter().filter(|case| !case.ends_with("alone")).map(stuck).collect();
        judged.all_pass_but(&due).exits(Exit::Trouble);
    }
}

#[test]
fn a_clock_that_is_an_hour_ahead_changes_no_verdict() {
    let quirks = Quirks { front: Front::Ahead, ..Quirks::default() };
    judged(quirks, "", &SOME).all_pass_but(&[]).exits(Exit::Conformant);
}

#[test]
fn json_by_the_name_of_html_breaks_only_the_promise_about_its_name() {
    let quirks = Quirks { front: Front::JsonAsHtml, ..Quirks::default() };
    judged(quirks, "", &SOME)
        .all_pass_but(&[("code/not-cacheable", Fail, "Content-Type: application/json")])
        .exits(Exit::NotConformant);
}

#[test]
fn a_refusal_counts_in_plain_text_and_as_what_the_target_file_says_that_it_looks_like() {
    for (refusals, more) in [
        (Refusals::PlainText, ""),
        (Refusals::Redirect, "[refusal]\nredirects = ['/error']\n"),
        (Refusals::PageWith200, "[refusal]\ntexts = ['<title>Error</title>']\n"),
    ] {
        let quirks = Quirks { refusals, ..Quirks::default() };
        judged(quirks, more, &SOME).all_pass_but(&[]).exits(Exit::Conformant);
    }
}

#[test]
fn where_the_target_file_knows_refusals_by_their_text_their_status_breaks_no_promise_that_any_4xx_would_keep()
{
    let quirks = Quirks { refusals: Refusals::JsonWith200, ..Quirks::default() };
    let cases = [
        "code/failed-exchange-grants-nothing",
        "code/secret-checked",
        "code/unknown-client",
        "code/unknown-client-at-refresh",
        "code/grant-type-at-refresh",
        "refresh/error-code-unknown",
        "refresh/error-code-used",
        "whoami/bad-token",
    ];
    judged(quirks, "[refusal]\ntexts = ['\"error\":']\n", &cases)
        .all_pass_but(&[("whoami/bad-token", Fail, "status 401; got: 200 invalid_token")])
        .exits(Exit::NotConformant);
}

#[test]
fn a_refusal_that_the_target_file_does_not_know_proves_nothing() {
    for (refusals, why) in [
        (Refusals::Redirect, "302, a redirect to /error where an answer was due"),
        (Refusals::PageWith200, "200 that neither gives what was asked for nor refuses it"),
    ] {
        let quirks = Quirks { refusals, ..Quirks::default() };
        let judged = judged(quirks, "", &SOME);
        judged.none_is(&[Fail, Warn, Error]).exits(Exit::NotConformant);
        for negative in ["refresh/single-use-at-once", "refresh/kills-old-access", "logout/kills-access"] {
            let case = judged.cases.iter().find(|case| is(case, negative));
            let case = case.expect("it is one of those that are run");
            let reason = case.reason.as_deref().unwrap_or_default();
            assert!(case.verdict == Inconclusive && reason.contains(why), "{negative}: {reason}");
        }
        assert!(judged.cases.iter().any(|case| case.verdict == Pass), "what is granted is judged");
    }
}

#[test]
fn a_denial_behind_a_second_question_mark_breaks_the_promise_about_the_query() {
    let quirks = Quirks { trouble: Trouble::SecondQuestionMark, ..Quirks::default() };
    let cases = ["state/redirect-keeps-query", "state/redirect-keeps-query-on-denial"];
    judged(quirks, "", &cases)
        .all_pass_but(&[("state/redirect-keeps-query-on-denial", Fail, "?tenant=blue?error=access_denied")])
        .exits(Exit::NotConformant);
}
