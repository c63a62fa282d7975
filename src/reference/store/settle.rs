//! No answer leaves before what it rests on is durable, and what got lost leaves no trace.

use std::cell::RefCell;
use std::sync::Arc;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::watch;

use crate::reference::http::Problem;

/// Changes that are written down together, or get lost together.
#[derive(Debug)]
pub struct Batch(watch::Sender<Fate>);

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Open,
    Kept,
    Lost,
}

impl Default for Batch {
    fn default() -> Self {
        Batch(watch::Sender::new(Fate::Open))
    }
}

impl Batch {
    pub(super) fn settle(&self, fate: Fate) {
        self.0.send_replace(fate);
    }

    /// Waits for its fate, and says whether it was kept.
    async fn is_kept(&self) -> bool {
        let mut fate = self.0.subscribe();
        fate.wait_for(|fate| *fate != Fate::Open).await.is_ok_and(|fate| *fate == Fate::Kept)
    }
}

tokio::task_local! {
    /// Of the request that this task is about.
    static AWAITS: RefCell<Awaits>;
}

/// What the answer to the request under way rests on.
#[derive(Default)]
pub(in crate::reference) struct Awaits {
    batches: Vec<Arc<Batch>>,
    /// What takes back what has been done elsewhere than in the ledger.
    undo: Vec<Box<dyn FnOnce() + Send>>,
}

impl Awaits {
    /// The answer has to wait for this batch too. Does nothing where there is no request.
    pub fn note(batch: Arc<Batch>) {
        let _ = AWAITS.try_with(|awaits| {
            let batches = &mut awaits.borrow_mut().batches;
            if batches.last().is_none_or(|last| !Arc::ptr_eq(last, &batch)) {
                batches.push(batch);
            }
        });
    }

    /// Has this done if what the request has changed in the ledger gets lost. Does nothing where nothing can.
    pub fn if_lost(undo: impl FnOnce() + Send + 'static) {
        let _ = AWAITS.try_with(|awaits| awaits.borrow_mut().undo.push(Box::new(undo)));
    }
}

/// Looks into the ledger for no request, and waits until what was seen there is durable. `None` if it got lost.
pub async fn durably<T>(look: impl FnOnce() -> T) -> Option<T> {
    AWAITS
        .scope(RefCell::default(), async move {
            let seen = look();
            for batch in AWAITS.with(RefCell::take).batches {
                if !batch.is_kept().await {
                    return None;
                }
            }
            Some(seen)
        })
        .await
}

/// A layer over all routes: holds each answer back until everything that its request has seen in the ledger is durable. If
/// any of it got lost, the answer is another one: nothing has happened.
pub async fn settled(request: Request, next: Next) -> Response {
    AWAITS
        .scope(RefCell::default(), async move {
            let response = next.run(request).await;
            let Awaits { batches, undo } = AWAITS.with(RefCell::take);
            for batch in batches {
                if !batch.is_kept().await {
                    undo.into_iter().for_each(|undo| undo());
                    let message =
                        "the bank could not write this down, so it has not happened: try again later";
                    return Problem::new(503, "internal_service.not_written", message).into_response();
                }
            }
            response
        })
        .await
}
