//! What answers look like: pages where none are due, refusals in ways of the server's own, JSON by another name, a clock that is off.

use grantspec::results::Exit;
use grantspec::results::Verdict::{Error, Fail, Inconclusive, Pass, Skipped, Warn};

use super::server::{Front, Life, Quirks, Refusals, Trouble, start, target};
use super::{SECRET, SOME, at, is, judged};
use crate::common::stage::Stage;

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
        (
            Refusals::JsonWith200,
            "if that is how it refuses, the target file can say so, with a text of such answers in `texts`",
        ),
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

#[test]
fn where_any_2xx_shows_that_a_token_lives_an_error_in_it_is_pointed_out() {
    let quirks = Quirks { refusals: Refusals::JsonWith200, ..Quirks::default() };
    let hint = "its body has the error invalid_token: if that is how it refuses";
    let (cases, file) =
        (["logout/kills-access"], target(SECRET).replace("[identity]\nuser = '/sub'", "[identity]"));
    let stage = Stage::new();
    let base = stage.start(start(quirks));
    at(&stage, &base, &file, &cases).all_pass_but(&[("logout/kills-access", Fail, hint)]);
    // Said in the file, it is one.
    let declared = format!("{file}[refusal]\ntexts = ['\"error\":']\n");
    at(&stage, &base, &declared, &cases).all_pass_but(&[]).exits(Exit::Conformant);
}

#[test]
fn a_login_that_says_no_where_it_should_say_yes_is_told_so() {
    let stage = Stage::new();
    let base = stage.start(start(Quirks::default()));
    let file = target(SECRET).replace("press = 'Let them'", "press = 'No'");
    let hint = "press to say yes right (“No”)?";
    at(&stage, &base, &file, &["whoami/identity"]).all_pass_but(&[("whoami/identity", Inconclusive, hint)]);
    let checked = stage.grantspec(&["target", "check", &stage.target(&base, &file)]);
    assert!(checked.stdout.contains("→ the bank says that the user has said no"), "{checked}");
}

#[test]
fn a_logout_at_a_wrong_address_points_at_the_target_file() {
    let stage = Stage::new();
    let base = stage.start(start(Quirks::default()));
    let file = target(SECRET).replace("'/revoke'", "'/revok'");
    let hint = "is `endpoints.logout` in the target file right?";
    at(&stage, &base, &file, &["logout/kills-access", "logout/repeatable"])
        .all_pass_but(&[("logout/kills-access", Inconclusive, hint), ("logout/repeatable", Skipped, "")]);
}

const BRIEF: &str = r#"
[suite]
id = "brief"
about = "Tokens that are over soon"
[[case]]
id = "dies"
proves = ["token.expiry-honest"]
about = "A token dies"
[[case.step]]
login = { user = "alice", client = "server", save = "grant" }
[[case.step]]
call = { whoami = "grant" }
[[case.step]]
advance = { to_expiry_of = "grant", more = 1 }
[[case.step]]
call = { whoami = "grant" }
expect = { outcome = "refused" }
"#;

#[test]
fn an_expiry_is_waited_for_where_that_is_wanted() {
    for (ends, verdict, code) in [(true, Pass, Exit::Conformant), (false, Fail, Exit::NotConformant)] {
        let quirks =
            Quirks { life: if ends { Life::Brief } else { Life::SaidToBeBrief }, ..Quirks::default() };
        let stage = Stage::new();
        let base = stage.start(start(quirks));
        let suites = stage.path("suites");
        std::fs::create_dir(&suites).expect("the folder is writable");
        std::fs::write(suites.join("brief.toml"), BRIEF).expect("the folder is writable");
        let suites = suites.to_str().expect("the folder's name is UTF-8").to_owned();
        let more = "[limits]\nexpiry_tolerance_s = 1\n";
        let file = format!("{}{more}", target(SECRET));
        let impatient = at(&stage, &base, &file, &["--suites", &suites]);
        assert_eq!(impatient.cases[0].verdict, Skipped, "{}", impatient.ended);
        let patient = at(&stage, &base, &file, &["--suites", &suites, "--slow"]);
        assert_eq!(patient.cases[0].verdict, verdict, "{}", patient.ended);
        assert_eq!(patient.cases[0].steps[2].outcome, "3 s were waited for");
        patient.exits(code);
    }
}
