//! A run of a plan without the command around it, for benchmarks.

use std::time::Instant;

use grantspec::engine::{self, Plan, Terms};
use grantspec::results::{Run, SCHEMA, SuiteSeen, TargetSeen};
use grantspec::suite::Library;
use grantspec::target::Target;
use tokio::sync::{mpsc, watch};

/// Runs a plan as `grantspec run` does, without a console.
pub async fn judged(library: &Library, plan: &Plan, target: &Target) -> Run {
    let began = Instant::now();
    let options = engine::Options {
        jobs: target.file().limits.jobs,
        seed: 1,
        rerun: "grantspec run".to_owned(),
        evidence: true,
    };
    let (_stop, stopped) = watch::channel(false);
    let (results, mut arriving) = mpsc::unbounded_channel();
    let collecting = async {
        let mut cases = Vec::with_capacity(plan.cases.len());
        while let Some(case) = arriving.recv().await {
            cases.push(case);
        }
        cases
    };
    let ((), cases) = tokio::join!(engine::run(plan, target, &options, stopped, results), collecting);
    let suites = library.suites.iter().map(|suite| SuiteSeen {
        id: suite.id.clone(),
        about: suite.about.clone(),
        file: suite.source.path.clone(),
    });
    Run {
        schema: SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started: "2026-11-22T12:00:00Z".to_owned(),
        duration_ms: began.elapsed().as_millis() as u64,
        seed: options.seed,
        interrupted: false,
        command: options.rerun,
        target: TargetSeen {
            name: "the bundled bank".to_owned(),
            base: target.file().base.to_string(),
            lacks: target.file().lacks.clone(),
        },
        app: None,
        suites: suites.collect(),
        edition: Terms::usual(library).edition,
        requirements: Terms::usual(library).requirements,
        documents: library.documents.clone(),
        cases,
        baseline: None,
        notes: Vec::new(),
    }
}
