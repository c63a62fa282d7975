//! An app made with an OAuth client crate, as its documentation shows it, keeps the promises that apps have to keep.

#[path = "../../examples/oauth2_app.rs"]
mod oauth2_app;

use grantspec::results::Verdict;

use crate::common::stage::Stage;

/// The example, run by this very test program: it does nothing unless it is told to by `PUPPET`.
#[test]
fn acts() {
    if std::env::var("PUPPET").is_ok_and(|part| part == "oauth2-app") {
        oauth2_app::main().expect("it serves until it is ended");
    }
}

#[test]
fn a_right_app_that_nobody_wrote_for_grantspec_passes() {
    let stage = Stage::new();
    let text = include_str!("../../fixtures/apps/oauth2-crate.toml");
    let (command, env) = ("\"../../target/debug/examples/oauth2_app\"", "env = { ");
    assert!(text.contains(command) && text.contains(env), "the file starts the example");
    let program = std::env::current_exe().expect("the test program has a path");
    let itself = format!("'{}', 'third_party::acts', '--exact', '--nocapture'", program.display());
    let text = text.replace(command, &itself).replace(env, &format!("{env}PUPPET = 'oauth2-app', "));
    std::fs::write(stage.path("app.toml"), text).expect("the folder is writable");
    let reports = stage.path("reports");
    let reports = reports.to_str().expect("the folder's name is UTF-8");
    let ended = stage.grantspec(&[
        "app",
        "--app",
        "app.toml",
        "--quiet",
        "--report",
        reports,
        "app-login/abort-on-mismatch",
        "app-login/state-one-time",
        "app-login/denied",
        "app-secrets/verifies-tls",
        "app-secrets/secret-in-body",
        "app-refresh/uses-newest-refresh",
        "app-refresh/newest-after-restart",
        "app-refresh/single-flight-refresh",
        "app-refresh/no-storm-on-401",
        "app-leaving/logout-on-disconnect",
        "app-leaving/disconnect-races-refresh",
        "app-leaving/discards-refresh-token",
        "app-leaving/revoked-is-told",
    ]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let results = ended.results();
    assert!(results.cases.len() > 15, "{ended}");
    // It keeps its tokens in memory, so that a restart leaves nothing to judge.
    let (restarted, others): (Vec<_>, Vec<_>) =
        results.cases.iter().partition(|case| case.id == "app-refresh/newest-after-restart");
    let reason = restarted[0].reason.as_deref().unwrap_or_default();
    assert_eq!(restarted[0].verdict, Verdict::Skipped, "{ended}");
    assert!(reason.contains("none of its tokens"), "{reason}");
    assert!(others.iter().all(|case| case.verdict == Verdict::Pass), "{ended}");
}
