//! Every shipped case against the bundled bank, one trial each: `cargo test --test conformance -- --list`, filters and
//! `--skip` as with any other test.

use std::process::ExitCode;

use grantspec::reference;
use grantspec::target::TargetFile;
use grantspec::{TrialOptions, trials_with};
use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let bank = runtime
        .block_on(reference::Running::start(reference::Options::default()))
        .expect("a port of loopback is free");
    let target = TargetFile::at(bank.address()).expect("it is an address");
    let trials = trials_with(target, TrialOptions { strict: true }).expect("the bank can be called");
    let ignored: Vec<&str> =
        trials.iter().filter(|trial| trial.has_ignored_flag()).map(Trial::name).collect();
    assert!(ignored.is_empty(), "the bundled bank can be asked everything, but not {ignored:?}");
    libtest_mimic::run(&arguments, trials).exit_code()
}
