//! What becomes of tokens: refreshes that give no new one, public clients that are given one, races with odd losers, refreshes that
//! break or burn.

use grantspec::results::Exit;
use grantspec::results::Verdict::{Fail, Inconclusive, Skipped};

use super::server::{Public, Quirks, Reuse, Rotation, Trouble};
use super::{SOME, judged};

const AGAIN: &str =
    "expected: the request is refused: a 4xx other than 429, and nothing granted; got: granted: 200";
const NO_NEW_ONE: &str = "there is nothing to probe: a refresh gives no new refresh token";

#[test]
fn where_the_old_refresh_token_goes_on_working_it_works_more_than_once_and_dies_at_logout() {
    let quirks = Quirks { rotation: Rotation::Kept, ..Quirks::default() };
    judged(quirks, "", &SOME)
        .all_pass_but(&[
            ("refresh/single-use-at-once", Fail, AGAIN),
            ("refresh/rotates", Fail, "a new refresh token"),
            ("refresh/one-winner", Skipped, "a used refresh token still works"),
        ])
        .exits(Exit::NotConformant);
}

#[test]
fn a_logout_with_a_refresh_token_that_goes_on_working_is_none_with_a_dead_one() {
    let quirks = Quirks { rotation: Rotation::Kept, ..Quirks::default() };
    let case = "logout/refreshed-token-spares-newer-token";
    judged(quirks, "", &[case]).all_pass_but(&[(case, Skipped, "a refresh gives no new refresh token")]);
}

#[test]
fn that_a_refresh_token_is_refused_that_was_used_and_not_replaced_shows_nothing_else() {
    let quirks = Quirks { rotation: Rotation::Spent, ..Quirks::default() };
    judged(quirks, "", &SOME)
        .all_pass_but(&[
            ("refresh/rotates", Fail, "a new refresh token"),
            ("logout/kills-refreshed-refresh", Skipped, NO_NEW_ONE),
        ])
        .exits(Exit::NotConformant);
}

#[test]
fn what_asks_for_nothing_but_a_good_refresh_token_is_judged_where_a_refresh_gives_none() {
    let quirks = Quirks { rotation: Rotation::Spent, ..Quirks::default() };
    let cases = [
        "code/secret-checked-at-refresh",
        "code/empty-secret-at-refresh",
        "code/unknown-client-at-refresh",
        "code/credentials-in-url-at-refresh",
        "code/grant-type-at-refresh",
        "code/grant-type-missing-at-refresh",
        "code/post-form-only-at-refresh",
        "confidentiality/no-refresh-grant",
        "confidentiality/no-refresh-grant-for-known-user",
        "confidentiality/no-downgrade-at-refresh-without-secret",
        "one/new-login-kills-unused-refresh",
        "refresh/error-code-logged-out",
        "refresh/no-escalation-to-user",
        "refresh/single-use-after-newer-login",
        "refresh/single-use-of-every-generation",
    ];
    let later_generations = [
        ("refresh/single-use-after-newer-login", Skipped, NO_NEW_ONE),
        ("refresh/single-use-of-every-generation", Skipped, NO_NEW_ONE),
    ];
    judged(quirks, "", &cases).all_pass_but(&later_generations).exits(Exit::Conformant);
}

#[test]
fn a_public_client_breaks_one_promise_by_having_a_refresh_token_and_another_by_using_it() {
    let given = ("confidentiality/no-refresh-token", Fail, "no refresh_token in the answer");
    let used = ("confidentiality/no-refresh-grant-with-own-token", Fail, AGAIN);
    for (public, due) in [(Public::Unusable, &[given][..]), (Public::Usable, &[given, used][..])] {
        let quirks = Quirks { public, ..Quirks::default() };
        judged(quirks, "", &SOME).all_pass_but(due).exits(Exit::NotConformant);
    }
}

#[test]
fn losers_of_a_race_that_meet_a_locked_database_or_share_the_winners_tokens_are_no_winners() {
    for reuse in [Reuse::Locked, Reuse::Shared] {
        let quirks = Quirks { reuse, ..Quirks::default() };
        judged(quirks, "", &SOME).all_pass_but(&[]).exits(Exit::Conformant);
    }
}

#[test]
fn two_winners_in_one_round_of_twenty_are_found() {
    // Each round shows eight used tokens: one before its race, seven in it.
    let quirks = Quirks { reuse: Reuse::WorksAtThe(8 * 5 + 3), ..Quirks::default() };
    judged(quirks, "", &["refresh/one-winner"])
        .all_pass_but(&[("refresh/one-winner", Fail, "(in 1 of 20 rounds)")])
        .exits(Exit::NotConformant);
}

#[test]
fn where_each_refresh_breaks_nothing_is_shown_about_refresh_tokens() {
    let quirks = Quirks { trouble: Trouble::RefreshBreaks, ..Quirks::default() };
    let about_refresh =
        SOME.into_iter().filter(|case| case.starts_with("refresh/") && !case.ends_with("alone"));
    let due: Vec<_> = about_refresh
        .chain([
            "confidentiality/no-refresh-grant-with-own-token",
            "logout/kills-refresh",
            "logout/kills-refreshed-refresh",
            "logout/other-clients-survive",
            "logout/refresh-and-logout",
        ])
        .map(|case| (case, Inconclusive, "500, the server's own trouble"))
        .collect();
    judged(quirks, "", &SOME).all_pass_but(&due).exits(Exit::NotConformant);
}

#[test]
fn a_failed_refresh_that_burns_the_token_breaks_only_the_promise_about_that() {
    let quirks = Quirks { trouble: Trouble::RefreshBurns, ..Quirks::default() };
    judged(quirks, "", &SOME)
        .all_pass_but(&[(
            "refresh/failed-attempt-keeps-token",
            Fail,
            "expected: the request is granted; got: refused: 400 invalid_grant",
        )])
        .exits(Exit::NotConformant);
}
