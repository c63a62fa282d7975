//! The suites as trials of another test program. That they pass where they should is `tests/conformance.rs`'s.

use grantspec::target::TargetFile;
use libtest_mimic::Arguments;

use crate::common::stage::Stage;

#[test]
fn a_trial_fails_where_the_server_breaks_the_promise_and_is_ignored_where_it_cannot_be_asked() {
    let stage = Stage::new();
    let bank = stage.bank(&["refresh.single-use"]);
    let text = format!("name = 'x'\nbase = '{}'\n[lacks]\nclock = 'it runs on real time'\n", bank.address());
    let target = TargetFile::parse("x.toml", &text).expect("it is right");
    let trials = grantspec::trials(target).expect("the bank can be called");
    let ignored = trials.iter().find(|trial| trial.has_ignored_flag()).expect("one needs a clock");
    assert!(ignored.kind().contains("it runs on real time"), "{}", ignored.kind());
    let arguments = Arguments {
        exact: true,
        filter: Some("refresh/single-use-at-once[server]".to_owned()),
        // What it prints is not this test's.
        logfile: Some(stage.path("log").display().to_string()),
        ..Arguments::default()
    };
    let ended = libtest_mimic::run(&arguments, trials);
    assert_eq!((ended.num_failed, ended.num_passed), (1, 0));
}
