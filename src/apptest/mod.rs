//! The app under test: the harness plays the bank, with scripted hostility, and the user's browser; it drives the app and
//! watches every request that the app makes.
//!
//! - `plan`: which cases are run.
//! - `stage`: where one case takes place: a world at the bank, the app, its users' browsers, the tape.
//! - `hostile`: the bank that the app meets: the bundled bank's routes behind a layer that answers as the case says.
//! - `acts`: what each verb does; `checks`: one expectation against what came of it; `canary`: secrets out of place;
//!   `judge`: what a step comes to; `misled`: mistakes in the app file that look like the app's; `tell`: what is put into the result.
//! - `browser`, `process`, `inside`, `port`, `certificates`, `tamper`: what these are made of.
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
mod inside;
mod judge;
mod misled;
mod plan;
mod port;
mod process;
mod stage;
mod tamper;
mod tell;
mod titles;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use tokio::sync::{mpsc, watch};

use crate::engine::{Options, all, caught};
use crate::results::{CaseResult, Verdict};
use crate::suite::app::AppFile;
use crate::target::login::Shared;

use certificates::Authority;
pub use inside::{Begun, Inside, Told};
pub use plan::{Plan, Selected};
pub use process::Ended;
pub use stage::folder_of;

/// What all cases of a run share.
#[derive(Clone, Debug)]
pub struct Judging {
    pub app: Arc<AppFile>,
    /// The bank that stands behind the hostile layer.
    pub routes: Router,
    authority: Arc<Authority>,
    /// What browsers send with.
    http: reqwest::Client,
    /// How the app is begun, if it lives in this process.
    inside: Option<Arc<dyn Inside>>,
    /// Real browsers, for apps whose pages need scripts.
    browsers: Arc<Shared>,
}

/// Why an app can't be judged at all.
#[derive(Debug, thiserror::Error)]
pub enum JudgingError {
    #[error("failed to make the run's certificate authority: {0}")]
    Authority(String),
    #[error("failed to set up HTTP for browsers: {0}")]
    Browser(#[from] reqwest::Error),
}

impl Judging {
    /// # Errors
    /// If no certificate authority can be made for the run, or HTTP can't be set up.
    pub fn new(app: AppFile, routes: Router) -> Result<Judging, JudgingError> {
        // The provider can be set once a process; that another part of it was first is no trouble.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let authority = Authority::new().map_err(|error| JudgingError::Authority(error.to_string()))?;
        let (app, authority, http) = (Arc::new(app), Arc::new(authority), browser::line()?);
        Ok(Judging { app, routes, authority, http, inside: None, browsers: Arc::default() })
    }

    /// The same for another app, which lives in this process. Its file's `start` says no more than that it is started.
    pub fn inside(&self, app: AppFile, inside: Arc<dyn Inside>) -> Judging {
        Judging { app: Arc::new(app), inside: Some(inside), ..self.clone() }
    }
}

/// Runs a plan and sends every case's result as it ends. Returns when all have ended, or soon after `stop` became true:
/// cases under way are then given up, their programs ended, and only those that had ended are reported.
pub async fn run(
    plan: &Plan,
    judging: &Judging,
    options: &Options,
    stop: watch::Receiver<bool>,
    results: mpsc::UnboundedSender<CaseResult>,
) {
    let began = Instant::now();
    let jobs = if judging.app.one_at_a_time() { 1 } else { options.jobs };
    let (judging, shared) = (judging.clone(), Arc::new(options.clone()));
    let cases = plan.cases.clone().into_iter().map(move |selected| {
        let (judging, options) = (judging.clone(), shared.clone());
        async move { one(&selected, &judging, &options, began).await }
    });
    all(jobs, cases, stop, results).await;
}

/// Runs one case.
pub async fn run_case(selected: &Selected, judging: &Judging, options: &Options) -> CaseResult {
    one(selected, judging, options, Instant::now()).await
}

async fn one(selected: &Selected, judging: &Judging, options: &Options, began: Instant) -> CaseResult {
    let broke = |why| case::blank(selected, Verdict::Error, Some(why), options);
    caught(case::run(selected, judging, options, began), broke).await
}
