//! Keys of target files, each tried on a server that insists on what it says: a key that does nothing would show.

mod endpoints;
mod hooks;
mod line;
mod mail;
mod secrets;
mod server;
mod settings;

use grantspec::results::{Exit, Verdict};

use crate::common::stage::Ended;

/// All of these cases ran and passed.
#[track_caller]
fn all_pass(ended: &Ended, cases: &[&str]) {
    assert_eq!(ended.code, Some(Exit::Conformant as i32), "{ended}");
    let results = ended.results();
    for case in cases {
        assert!(
            results.cases.iter().any(|result| result.id.starts_with(case)),
            "{case} did not run\n{ended}"
        );
    }
    for result in &results.cases {
        assert_eq!(result.verdict, Verdict::Pass, "{}: {:?}\n{ended}", result.id, result.reason);
    }
}
