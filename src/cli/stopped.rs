//! Why a run could not begin, and what the command then exits with.

use std::time::Duration;

use super::lint;
use super::output::{complain, err};
use crate::results::Exit;
use crate::suite::Diagnostic;

/// Why a run could not begin.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Trouble(String),
    #[error("nothing to run: {0}")]
    NothingToRun(String),
    #[error("{}", lint::told(.0))]
    Mistakes(Vec<Diagnostic>),
}

impl Stopped {
    fn exit(&self) -> Exit {
        match self {
            Stopped::Usage(_) | Stopped::Mistakes(_) => Exit::Usage,
            Stopped::Trouble(_) => Exit::Trouble,
            Stopped::NothingToRun(_) => Exit::NothingRan,
        }
    }
}

/// Runs to the end, and says why if it can't begin.
pub fn run(run: impl Future<Output = Result<Exit, Stopped>>) -> Exit {
    let ended = tokio::runtime::Runtime::new()
        .map_err(|error| Stopped::Trouble(format!("failed to start: {error}")))
        .and_then(|runtime| {
            let ended = runtime.block_on(run);
            // Requests of cases that were given up need not be waited for.
            runtime.shutdown_timeout(Duration::from_millis(100));
            ended
        });
    ended.unwrap_or_else(|stopped| {
        match &stopped {
            Stopped::Mistakes(_) => err(&stopped.to_string()),
            _ => complain(&stopped),
        }
        stopped.exit()
    })
}
