//! The app under test: the harness plays the bank, with scripted hostility, and the user's browser; it drives the app and
//! watches every request that the app makes.
//!
//! - `plan`: which cases are run.
//! - `stage`: where one case takes place: a world at the bank, the app, its users' browsers, the tape.
//! - `hostile`: the bank that the app meets: the bundled bank's routes behind a layer that answers as the case says.
//! - `acts`: what each verb does; `checks`: one expectation against what came of it; `canary`: secrets out of place.
//! - `browser`, `process`, `certificates`, `tamper`: what these are made of.
//!
//! What is judged is what arrived at the bank, never what an app says of itself, except where the promise is about what
//! the user is shown. Nothing passes by silence alone: every case that expects silence has a good login before and after
//! it (`GS054`), the hostile answer or callback must have been delivered, and how long was listened is in the report.
//! A crash is a finding of its own.

mod acts;
mod bank;
mod browser;
mod canary;
mod case;
mod certificates;
mod checks;
mod hostile;
mod plan;
mod process;
mod stage;
mod tamper;
mod titles;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use crate::engine::Options;
use crate::results::CaseResult;
use crate::suite::app::AppFile;

use certificates::Authority;
pub use plan::{Plan, Selected};
pub use stage::folder_of;

/// What all cases of a run share.
#[derive(Clone, Debug)]
pub struct Judging {
    pub app: Arc<AppFile>,
    /// The bank that stands behind the hostile layer.
    pub routes: Router,
    authority: Arc<Authority>,
}

/// Why an app can't be judged at all.
#[derive(Debug, thiserror::Error)]
#[error("failed to make the run's certificate authority: {0}")]
pub struct JudgingError(String);

impl Judging {
    /// # Errors
    /// If no certificate authority can be made for the run.
    pub fn new(app: AppFile, routes: Router) -> Result<Judging, JudgingError> {
        // The provider can be set once a process; that another part of it was first is no trouble.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let authority = Authority::new().map_err(|error| JudgingError(error.to_string()))?;
        Ok(Judging { app: Arc::new(app), routes, authority: Arc::new(authority) })
    }
}

/// Runs a plan and sends every case's result as it ends. Returns when all have ended, or soon after `stop` became true:
/// cases under way are then given up, their programs ended, and only those that had ended are reported.
pub async fn run(
    plan: &Plan,
    judging: &Judging,
    options: &Options,
    mut stop: watch::Receiver<bool>,
    results: mpsc::UnboundedSender<CaseResult>,
) {
    let began = Instant::now();
    let jobs = if judging.app.one_at_a_time() { 1 } else { options.jobs.max(1) };
    let seats = Arc::new(Semaphore::new(jobs));
    let options = Arc::new(options.clone());
    let mut cases = JoinSet::new();
    for selected in &plan.cases {
        let (selected, judging) = (selected.clone(), judging.clone());
        let (seats, options, results) = (seats.clone(), options.clone(), results.clone());
        cases.spawn(async move {
            let _seat = seats.acquire_owned().await.expect("the semaphore is never closed");
            let result = case::run(&selected, &judging, &options, began).await;
            // Whoever listens may have gone; the run ends all the same.
            let _ = results.send(result);
        });
    }
    drop(results);
    let all = async { while cases.join_next().await.is_some() {} };
    tokio::select! {
        () = all => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
    cases.shutdown().await;
}
