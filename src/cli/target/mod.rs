//! `grantspec target`: target files, made and tried.

mod check;
mod hint;
mod init;

use clap::{Args, Subcommand};

use crate::results::Exit;

/// Make a target file for a server, or see what a target file comes to.
#[derive(Debug, Args)]
pub struct Target {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Check),
    Init(Box<init::Init>),
}

impl Target {
    pub fn main(self) -> Exit {
        match self.command {
            Command::Check(check) => check.main(),
            Command::Init(init) => init.main(),
        }
    }
}
