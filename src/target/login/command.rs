//! The driver `command`: a program gets the address that begins a login, and prints the one that it ends at.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use http::{HeaderMap, Method};
use tokio::process::Command as Process;
use url::Url;

use super::values::Values;
use super::way::Way;
use super::{Answering, Reached, outside};
use crate::results::{Trouble, TroubleKind};
use crate::target::{Incoming, Outgoing};

/// Most characters of what a program complained of that are told.
const TOLD: usize = 600;

/// A program that logs users in, or answers for them.
#[derive(Clone, Debug)]
pub struct Command {
    pub program: String,
    /// The login's address comes after them.
    pub arguments: Vec<String>,
    /// Where it runs: the folder of the target file.
    pub folder: PathBuf,
    /// How long it may take.
    pub limit: Duration,
}

pub async fn land(command: &Command, begun: &Url, answering: Answering<'_>, way: &mut Way<'_>) -> Reached {
    let values = Values::of(way.world, answering, way.client, begun);
    match command
        .run(&values, begun, &answering.user.0, "let a program log in", way.tape, &mut way.last)
        .await
    {
        Err(why) => Reached::Stuck(why),
        Ok(printed) => match printed.lines().map(str::trim).rfind(|line| !line.is_empty()) {
            Some(line) => outside::told(line, begun, &format!("the program {}", command.program), way),
            None => Reached::Stuck(format!(
                "the program {} ended well and printed nothing, where the address was due that the login ended at",
                command.program
            )),
        },
    }
}

impl Command {
    /// Run in this folder.
    #[must_use]
    pub fn within(self, folder: &Path) -> Command {
        Command { folder: folder.to_owned(), ..self }
    }

    /// Runs it and gives what it printed. Values reach it as environment variables: `user.email` as `GRANTSPEC_USER_EMAIL`. On
    /// the tape its run looks like a request whose answer is what it printed.
    ///
    /// # Errors
    /// Why it came to nothing, with what it complained of.
    pub async fn run(
        &self,
        values: &Values,
        url: &Url,
        actor: &str,
        purpose: &str,
        tape: &mut crate::target::Tape,
        last: &mut Option<usize>,
    ) -> Result<String, String> {
        let at = Instant::now();
        let mut process = Process::new(&self.program);
        process.args(&self.arguments).arg(url.as_str());
        process.envs(values.iter().map(|(name, value)| (variable(name), value)));
        process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        if !self.folder.as_os_str().is_empty() {
            process.current_dir(&self.folder);
        }
        let program = &self.program;
        let ended = tokio::time::timeout(self.limit, process.output()).await;
        let (reply, outcome) = match ended {
            Err(_) => {
                let detail = format!("the program {program} had not ended after {} s", self.limit.as_secs());
                (Err(Trouble { kind: TroubleKind::TimeOut, detail: detail.clone() }), Err(detail))
            }
            Ok(Err(error)) => {
                let detail = format!("the program {program} can't be run: {error}");
                (Err(Trouble { kind: TroubleKind::Connect, detail: detail.clone() }), Err(detail))
            }
            Ok(Ok(output)) => {
                let printed = String::from_utf8_lossy(&output.stdout).into_owned();
                let complained = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                let both = match complained.is_empty() {
                    true => printed.clone(),
                    false => format!("{printed}\n--- standard error ---\n{complained}"),
                };
                let status = if output.status.success() { 200 } else { 500 };
                let answer = Incoming::new(status, HeaderMap::new(), both.into());
                let outcome = if output.status.success() {
                    Ok(printed)
                } else {
                    Err(format!(
                        "the program {program} ended with {}: {}",
                        output.status,
                        end_of(&complained)
                    ))
                };
                (Ok(answer), outcome)
            }
        };
        let method = Method::from_bytes(b"RUN").expect("these letters are a method");
        let mut shown = Outgoing::new(method, url.clone());
        shown.headers.clear();
        *last = Some(tape.record(actor, purpose, at, shown, reply));
        outcome
    }
}

/// The environment variable of a value.
fn variable(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("GRANTSPEC_{}", name.chars().map(plain).collect::<String>())
}

/// The last lines of a complaint: where programs say what it was.
fn end_of(complained: &str) -> String {
    if complained.is_empty() {
        return "it said nothing on standard error".to_owned();
    }
    let lines: Vec<&str> = complained.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut kept = 0;
    let mut length = 0;
    for line in lines.iter().rev() {
        length += line.len() + 1;
        if length > TOLD && kept > 0 {
            break;
        }
        kept += 1;
    }
    lines[lines.len() - kept..].join(" / ")
}
