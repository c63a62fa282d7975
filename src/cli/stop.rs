//! Being asked to stop: Ctrl-C, or SIGTERM as a supervisor sends it.

use std::io;

use tokio::sync::watch;

/// Tells everybody who asks that the process was asked to stop.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// From here on a signal to stop no longer ends the process: it is told by [`Stop::requested`], and kept for those who
    /// ask later. Where the system refuses a handler, a signal ends the process as ever.
    ///
    /// Call it before anything is told to the outside that somebody could answer with a signal.
    pub fn listen() -> Stop {
        let (ask, asked) = watch::channel(false);
        let signal = first_signal();
        tokio::spawn(async move {
            if let Ok(signal) = signal {
                signal.await;
                let _ = ask.send(true);
            }
            // A closed channel would read as a signal of its own.
            std::future::pending::<()>().await;
        });
        Stop(asked)
    }

    /// Waits for the first signal; at once if it came before.
    pub async fn requested(&self) {
        let _ = self.0.clone().wait_for(|asked| *asked).await;
    }

    /// Becomes true at the first signal.
    pub fn watch(&self) -> watch::Receiver<bool> {
        self.0.clone()
    }
}

#[cfg(unix)]
fn first_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(windows)]
fn first_signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
