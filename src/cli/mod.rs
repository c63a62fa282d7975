//! The command line: one file a subcommand. Each reads its arguments, calls one thing below, and chooses the exit code.

mod app;
mod app_watch;
mod baseline;
mod demo_app;
mod folder;
mod lint;
mod list;
mod output;
mod planted;
mod prove;
mod record;
mod report;
mod run;
mod schema;
mod serve;
mod stop;
mod stopped;
mod target;
mod tell;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::results::Exit;

/// Proves that a bank's OAuth 2.0 API keeps its promises.
#[derive(Debug, Parser)]
#[command(
    name = "grantspec",
    version,
    about = "Proves that a bank's OAuth 2.0 API keeps its promises",
    after_help = "\
Examples:
  grantspec run                                   judge the bundled bank, write reports/latest/
  grantspec run --target http://127.0.0.1:8080    judge a server with the control API
  grantspec run refresh.single-use                only the cases that prove this requirement
  grantspec run --defect refresh.single-use       see what a bank without single use looks like
  grantspec app --app our-app.toml                judge an app that connects to the bank
  grantspec list requirements                     what is promised
  grantspec serve --port 8080                     the bundled bank, to try things by hand

Exit codes:
  0 conformant (warnings too, unless --strict)    3 target unreachable, or the harness broke
  1 not conformant                                4 nothing ran
  2 wrong usage, or a mistake in a suite          130 interrupted; what ran is reported"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Run),
    App(app::App),
    List(list::List),
    Prove(prove::Prove),
    Lint(lint::Lint),
    Schema(schema::Schema),
    Serve(serve::Serve),
    DemoApp(demo_app::DemoApp),
    Report(report::Report),
    Baseline(baseline::Baseline),
    Target(target::Target),
}

/// Runs the program with this process's arguments.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no mistakes, and go to standard output; a closed pipe is no mistake either.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Conformant }.into();
        }
    };
    let exit = match arguments.command {
        Command::Run(run) => run.main(),
        Command::App(app) => app.main(),
        Command::List(list) => list.main(),
        Command::Prove(prove) => prove.main(),
        Command::Lint(lint) => lint.main(),
        Command::Schema(schema) => schema.main(),
        Command::Serve(serve) => serve.main(),
        Command::DemoApp(app) => app.main(),
        Command::Report(report) => report.main(),
        Command::Baseline(baseline) => baseline.main(),
        Command::Target(target) => target.main(),
    };
    output::with_output(exit).into()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// Columns that a help text has on the terminals that people use for such.
    const COLUMNS: usize = 98;

    fn too_wide(command: &clap::Command, found: &mut Vec<String>) {
        let written = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        found.extend(written.lines().filter(|line| line.chars().count() > COLUMNS).map(str::to_owned));
        for below in command.get_subcommands() {
            too_wide(below, found);
        }
    }

    #[test]
    fn the_examples_of_every_help_fit_a_terminal() {
        let mut found = Vec::new();
        too_wide(&Arguments::command(), &mut found);
        assert!(found.is_empty(), "{found:#?}");
    }
}
