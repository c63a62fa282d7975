//! Many cases at a time: how they are begun, how they are stopped, and what becomes of one that breaks the harness.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// Runs cases, `jobs` at a time and begun in this order, and sends every result as it comes. Returns when all have ended, or
/// soon after `stop` became true: cases under way are then given up, and only those that had ended are reported.
///
/// A case that has not begun takes no room: what it will need for its steps is more than what it says.
pub async fn all<C: Future<Output: Send> + Send + 'static>(
    jobs: usize,
    cases: impl IntoIterator<Item = C, IntoIter: Send + 'static>,
    mut stop: watch::Receiver<bool>,
    results: mpsc::UnboundedSender<C::Output>,
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
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn as_many_cases_are_begun_as_there_are_seats_and_none_is_lost() {
        let under_way = Arc::new(AtomicUsize::new(0));
        let cases = (0..20).map({
            let under_way = under_way.clone();
            move |number| {
                let at_a_time = under_way.fetch_add(1, Ordering::Relaxed) + 1;
                let under_way = under_way.clone();
                async move {
                    tokio::task::yield_now().await;
                    under_way.fetch_sub(1, Ordering::Relaxed);
                    (number, at_a_time)
                }
            }
        });
        let (results, mut arriving) = mpsc::unbounded_channel();
        let (_go_on, stop) = watch::channel(false);
        all(3, cases, stop, results).await;
        let mut came = Vec::new();
        while let Some(one) = arriving.recv().await {
            came.push(one);
        }
        came.sort_unstable();
        assert!(came.iter().map(|(number, _)| *number).eq(0..20));
        assert_eq!(came.iter().map(|(_, at_a_time)| *at_a_time).max(), Some(3));
    }

    #[tokio::test]
    async fn a_stop_gives_up_what_is_under_way_and_begins_nothing() {
        let (results, mut arriving) = mpsc::unbounded_channel();
        let (stopping, stop) = watch::channel(false);
        let cases = (0..5).map(move |number| {
            let stopping = stopping.clone();
            async move {
                if number == 1 {
                    let _ = stopping.send(true);
                    std::future::pending::<()>().await;
                }
                number
            }
        });
        all(1, cases, stop, results).await;
        assert_eq!(arriving.recv().await, Some(0));
        assert_eq!(arriving.recv().await, None);
    }

    #[tokio::test]
    async fn a_case_that_panics_says_so_and_ends() {
        let broken = async { panic!("no {} here", "handle") };
        let said = caught(broken, |why| why).await;
        assert!(said.contains("no handle here"), "{said}");
        assert_eq!(caught(async { "fine".to_owned() }, |why| why).await, "fine");
    }
}
