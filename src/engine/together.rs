//! Many cases at a time: how they are begun, how they are stopped, and what becomes of one that breaks the harness.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::results::CaseResult;

/// Runs cases, `jobs` at a time and begun in this order, and sends every result as it comes. Returns when all have ended, or
/// soon after `stop` became true: cases under way are then given up, and only those that had ended are reported.
///
/// A case that has not begun takes no room: what it will need for its steps is more than what it says.
pub async fn all<C: Future<Output = CaseResult> + Send + 'static>(
    jobs: usize,
    cases: impl IntoIterator<Item = C, IntoIter: Send + 'static>,
    mut stop: watch::Receiver<bool>,
    results: mpsc::UnboundedSender<CaseResult>,
) {
    let waiting = Arc::new(Mutex::new(cases.into_iter()));
    let mut running = JoinSet::new();
    for _ in 0..jobs.max(1) {
        let (waiting, results) = (waiting.clone(), results.clone());
        running.spawn(async move {
            while let Some(case) = next(&waiting) {
                // Whoever listens may have gone; the run ends all the same.
                let _ = results.send(case.await);
            }
        });
    }
    drop(results);
    let ended = async { while running.join_next().await.is_some() {} };
    tokio::select! {
        () = ended => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
    running.shutdown().await;
}

fn next<C>(waiting: &Mutex<impl Iterator<Item = C>>) -> Option<C> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).next()
}

/// What comes of a case, or, if it panics, what `broke` makes of that. A panic is the harness's own fault, and no other case's
/// concern: its case is an error, and the rest is judged.
pub async fn caught<T>(case: impl Future<Output = T>, broke: impl FnOnce(String) -> T) -> T {
    AssertUnwindSafe(case).catch_unwind().await.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word");
        broke(format!("the harness broke in this case: {text}; please report it"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_case_that_panics_says_so_and_ends() {
        let broken = async { panic!("no {} here", "handle") };
        let said = caught(broken, |why| why).await;
        assert!(said.contains("no handle here"), "{said}");
        assert_eq!(caught(async { "fine".to_owned() }, |why| why).await, "fine");
    }
}
