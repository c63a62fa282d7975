//! Every shipped case against the bundled bank, one trial each: `cargo test --test conformance -- --list`, filters and
//! `--skip` as with any other test.

use std::process::ExitCode;
use std::sync::Arc;

use grantspec::engine::{self, Options, Plan};
use grantspec::reference;
use grantspec::results::Verdict;
use grantspec::suite::Library;
use grantspec::target::{Target, TargetFile};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let bank = runtime
        .block_on(reference::Running::start(reference::Options::default()))
        .expect("a port of loopback is free");
    let file = TargetFile::at(bank.address()).expect("it is an address");
    let target = Target::open(file).expect("an HTTP client can be set up");
    let options = Arc::new(Options { jobs: 1, seed: 0, rerun: "grantspec run".to_owned(), evidence: true });
    let plan = Plan::select(&Library::shipped(), &[], Some(&target));
    let handle = runtime.handle().clone();
    let trials = plan.cases.into_iter().map(|selected| {
        let (target, options, handle) = (target.clone(), options.clone(), handle.clone());
        let kind = selected.case.proves.join(", ");
        Trial::test(selected.case.id.clone(), move || {
            let result = handle.block_on(engine::run_case(&selected, &target, &options));
            match result.verdict {
                Verdict::Pass => Ok(()),
                verdict => {
                    let why = result.reason.unwrap_or_default();
                    Err(Failed::from(format!("{}: {why}\nrun again: {}", verdict.as_str(), result.rerun)))
                }
            }
        })
        .with_kind(kind)
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
