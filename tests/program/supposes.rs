//! Cases that have nothing to probe on a server that does not keep another promise.

use grantspec::results::Verdict;

use crate::common::stage::Stage;

const CASES: [(&str, &str); 10] = [
    ("one.new-login-kills-access", "whoami/replaced-token-says-so"),
    ("one.new-login-kills-access", "logout/replaced-token-spares-newer-login"),
    ("refresh.kills-old-access", "whoami/refreshed-token-says-so"),
    ("refresh.single-use", "refresh/error-code-used"),
    ("refresh.single-use", "refresh/reuse-revokes-access"),
    ("refresh.single-use", "refresh/one-winner"),
    ("code.single-use", "code/one-winner[server]"),
    ("code.single-use", "code/replay-revokes-refresh"),
    ("one.new-login-kills-access", "one/concurrent-logins[server]"),
    ("one.new-login-kills-access", "logout/exchange-and-login"),
];

#[test]
fn where_there_is_nothing_to_probe_a_case_is_skipped_and_names_the_promise_that_is_broken() {
    let stage = Stage::new();
    let right = stage.bank(&[]);
    for (promise, case) in CASES {
        let broken = stage.bank(&[promise]);
        for (bank, due) in [(&right, Verdict::Pass), (&broken, Verdict::Skipped)] {
            let ended = stage.run(&stage.target(bank.address(), ""), &[case]);
            let run = ended.results();
            assert_eq!(run.cases[0].verdict, due, "{case} by {promise}: {:?}", run.cases[0].reason);
            let reason = run.cases[0].reason.clone().unwrap_or_default();
            assert_eq!(reason.contains(promise), due == Verdict::Skipped, "{reason}");
        }
    }
}
