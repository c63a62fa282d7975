//! Defects × cases: the suites against what is right, and then against each defect alone. Those for banks are held against the
//! bundled bank, those for apps against the demo app.
//!
//! A conformance tool is trusted when its checks are known to fail where they should and only there. What follows from the
//! answers is in `judge`, by the same rules for both sides; `bank` and `app` only gather them.

mod app;
mod bank;
mod judge;
mod room;

use std::time::Instant;

use crate::apptest::JudgingError;
use crate::results::{MATRIX_SCHEMA, Matrix, Subject};
use crate::suite::Library;
use crate::target::{OpenError, TargetError};
use crate::{demo, reference};

use judge::{Evidence, probes};

/// What keeps the matrix from being made.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    #[error("no defect contains {}; `grantspec list defects` shows all", filters.join(" or "))]
    NothingSelected { filters: Vec<String> },
    #[error("failed to start the bundled bank: {0}")]
    Bank(#[from] std::io::Error),
    #[error(transparent)]
    Target(#[from] OpenError),
    #[error(transparent)]
    Address(#[from] TargetError),
    #[error(transparent)]
    App(#[from] JudgingError),
}

/// What is to be proved.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Only defects whose id contains one of these; all if there is none.
    pub filters: Vec<String>,
    /// Only this side.
    pub side: Option<Subject>,
    pub seed: u64,
}

/// Holds every case against every defect that is wished for, and says now and then how much is done of how much: banks, or
/// runs of a case against an app.
///
/// With filters, only what is about those defects is judged: no requirement or case is called uncovered.
pub async fn prove(
    library: &Library,
    wish: &Wish,
    mut done: impl FnMut(Subject, usize, usize),
) -> Result<Matrix, ProveError> {
    let filters = &wish.filters;
    let wanted = |side: Subject, id: &str| {
        wish.side.is_none_or(|only| only == side)
            && (filters.is_empty() || filters.iter().any(|filter| id.contains(filter.as_str())))
    };
    let banks = reference::defects::ALL.iter().copied();
    let banks: Vec<_> = banks.filter(|defect| wanted(Subject::Bank, defect.id)).collect();
    let apps = demo::defects::ALL.iter().copied();
    let apps: Vec<_> = apps.filter(|defect| wanted(Subject::App, defect.id)).collect();
    if banks.is_empty() && apps.is_empty() {
        return Err(ProveError::NothingSelected { filters: filters.clone() });
    }
    let began = Instant::now();
    let whole = filters.is_empty();
    let evidence =
        |subject| Evidence { subject, library, probes: probes(library, subject), heard: Vec::new(), whole };
    let (mut sides, mut problems) = (Vec::new(), Vec::new());
    let mut tell = |evidence: &Evidence<'_>, began: Instant| {
        let (mut side, found) = evidence.matrix();
        side.duration_ms = began.elapsed().as_millis() as u64;
        sides.push(side);
        problems.extend(found);
    };
    if !banks.is_empty() {
        let mut bank = evidence(Subject::Bank);
        let mut done = |now, of| done(Subject::Bank, now, of);
        bank.heard = bank::hear(library, &banks, wish.seed, &mut done).await?;
        tell(&bank, began);
    }
    if !apps.is_empty() {
        let began = Instant::now();
        let mut app = evidence(Subject::App);
        let mut done = |now, of| done(Subject::App, now, of);
        app::hear(&mut app, &apps, wish.seed, &mut done).await?;
        tell(&app, began);
    }
    problems.sort_by_key(|problem| problem.kind);
    Ok(Matrix {
        schema: MATRIX_SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        edition: library.catalogue.edition.clone(),
        duration_ms: began.elapsed().as_millis() as u64,
        whole,
        sides,
        problems,
    })
}
