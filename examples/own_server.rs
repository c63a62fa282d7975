//! A server that is written in Rust, judged by its own `cargo test`.
//!
//! Here the bundled bank stands for the server. In a package of your own this is `tests/conformance.rs`, with grantspec among
//! the dev-dependencies and
//!
//! ```toml
//! [[test]]
//! name = "conformance"
//! harness = false
//! ```
//!
//! Then `cargo test --test conformance -- refresh` runs the cases whose id contains that word, and `--list` shows all. To try
//! it here: `cargo run --example own_server -- refresh`.

use std::process::ExitCode;

use grantspec::libtest_mimic::{self, Arguments};
use grantspec::reference::{Options, Running};
use grantspec::target::TargetFile;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    // The server runs beside the trials, until they have ended.
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let server = runtime.block_on(Running::start(Options::default())).expect("a port of loopback is free");

    // A server that has not the bundled bank's paths is described by a target file: `TargetFile::parse`.
    let target = TargetFile::at(server.address()).expect("it is an address");
    let trials = grantspec::trials(target).expect("the target can be called");
    libtest_mimic::run(&arguments, trials).exit_code()
}
