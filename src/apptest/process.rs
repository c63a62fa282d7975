//! Programs of the app under test: started in a group of their own, their output kept, and ended with all that they started.

use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::suite::app::Stdin;
use crate::suite::client::Restart;

/// Output of one program that is kept, in bytes: what comes after is thrown away.
const KEPT: usize = 4 << 20;

/// How long a program has to end after it was asked to.
const GRACE: Duration = Duration::from_secs(3);

/// How long output may still trickle in after a program has ended.
const TRICKLE: Duration = Duration::from_millis(300);

/// Why a program could not be started.
#[derive(Debug, thiserror::Error)]
#[error(
    "failed to start `{program}`: {cause}; check the command in the app file, and that the program is there"
)]
pub struct StartError {
    pub program: String,
    pub cause: std::io::Error,
}

/// A program that runs, or has ended.
#[derive(Debug)]
pub struct Program {
    child: Child,
    output: Output,
    readers: JoinSet<()>,
    /// Holds the program's standard input.
    _writer: JoinSet<()>,
    ended: Option<Ended>,
    /// The number of its group: its own.
    group: Option<u32>,
}

/// What programs wrote, to both of their outputs.
#[derive(Clone, Debug, Default)]
pub struct Output(Arc<(Mutex<Vec<u8>>, Notify)>);

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// `None`: by a signal.
    pub code: Option<i32>,
    pub signal: Option<i32>,
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.code, self.signal) {
            (Some(code), _) => write!(f, "with exit code {code}"),
            (None, Some(signal)) => write!(f, "by signal {signal}"),
            (None, None) => f.write_str("without an exit code"),
        }
    }
}

impl Output {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    fn add(&self, bytes: &[u8]) {
        let mut kept = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = KEPT.saturating_sub(kept.len());
        kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
        drop(kept);
        self.0.1.notify_waiters();
    }

    /// Waits until something is written, or so long.
    pub async fn more(&self, longest: Duration) {
        let _ = tokio::time::timeout(longest, self.0.1.notified()).await;
    }
}

impl Program {
    /// Starts it in `folder`, with `env` beside what it inherits. It reads `input`, and then finds what `stdin` says.
    pub fn start(
        command: &[String],
        env: &[(String, String)],
        folder: &Path,
        input: Option<String>,
        stdin: Stdin,
    ) -> Result<Program, StartError> {
        let program = command.first().cloned().unwrap_or_default();
        let mut started = Command::new(&program);
        started.args(&command[1..]).envs(env.iter().map(|(key, value)| (key, value)));
        if !folder.as_os_str().is_empty() {
            started.current_dir(folder);
        }
        let stays_open = stdin == Stdin::Open;
        started.stdin(if input.is_some() || stays_open { Stdio::piped() } else { Stdio::null() });
        started.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        #[cfg(unix)]
        started.process_group(0);
        let mut child = started.spawn().map_err(|cause| StartError { program, cause })?;
        let output = Output::default();
        let mut readers = JoinSet::new();
        if let Some(stdout) = child.stdout.take() {
            readers.spawn(keep(stdout, output.clone()));
        }
        if let Some(stderr) = child.stderr.take() {
            readers.spawn(keep(stderr, output.clone()));
        }
        let mut writer = JoinSet::new();
        if let Some(mut stdin) = child.stdin.take() {
            writer.spawn(async move {
                // A program that reads nothing closes it: that is its own affair.
                let _ = stdin.write_all(input.unwrap_or_default().as_bytes()).await;
                if stays_open {
                    std::future::pending::<()>().await;
                }
            });
        }
        let group = child.id();
        Ok(Program { child, output, readers, _writer: writer, ended: None, group })
    }

    pub fn output(&self) -> &Output {
        &self.output
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<Ended> {
        if self.ended.is_none()
            && let Ok(Some(status)) = self.child.try_wait()
        {
            self.ended = Some(ended(status));
        }
        self.ended
    }

    /// Waits until it ends, or until `until`.
    pub async fn wait(&mut self, until: Instant) -> Option<Ended> {
        if self.ended().is_none()
            && let Ok(Ok(status)) = tokio::time::timeout_at(until.into(), self.child.wait()).await
        {
            self.ended = Some(ended(status));
        }
        if self.ended.is_some() {
            // What it left behind may hold its outputs open; what was written is there soon.
            let all = async { while self.readers.join_next().await.is_some() {} };
            let _ = tokio::time::timeout(TRICKLE, all).await;
        }
        self.ended
    }

    /// Ends it, and every process of its group.
    pub async fn end(&mut self, how: Restart) {
        if how == Restart::Stop && self.ended().is_none() {
            self.signal(Restart::Stop);
            self.wait(Instant::now() + GRACE).await;
        }
        self.signal(Restart::Kill);
        self.wait(Instant::now() + GRACE).await;
    }

    /// Its group gets the signal, so that no child of it is left behind.
    #[cfg(unix)]
    fn signal(&mut self, how: Restart) {
        use rustix::process::{Pid, Signal, kill_process_group};
        // The group keeps the number of the program that began it for as long as one of its processes lives.
        let group = self.group.and_then(|number| i32::try_from(number).ok()).and_then(Pid::from_raw);
        if let Some(group) = group {
            let signal = if how == Restart::Stop { Signal::TERM } else { Signal::KILL };
            let _ = kill_process_group(group, signal);
        }
    }

    #[cfg(not(unix))]
    fn signal(&mut self, _how: Restart) {
        let _ = self.child.start_kill();
    }
}

fn ended(status: std::process::ExitStatus) -> Ended {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None;
    Ended { code: status.code(), signal }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.signal(Restart::Kill);
    }
}

async fn keep(mut from: impl AsyncRead + Unpin, output: Output) {
    let mut buffer = [0; 8 << 10];
    while let Ok(read) = from.read(&mut buffer).await {
        if read == 0 {
            break;
        }
        output.add(&buffer[..read]);
    }
}
