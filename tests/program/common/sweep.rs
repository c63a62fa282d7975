//! Every shipped case against a target, in this process: what a trouble does to each of them.

use std::collections::{BTreeMap, BTreeSet};

use grantspec::engine::{self, Options, Plan};
use grantspec::results::{CaseResult, Exchange, Verdict};
use grantspec::suite::{Library, Need, Verb};
use grantspec::target::{Target, TargetFile};
use tokio::sync::{mpsc, watch};

/// What a sweep over the shipped cases came to.
pub struct Sweep {
    pub cases: Vec<CaseResult>,
    library: Library,
}

impl Sweep {
    /// Runs one variant of every case that sends its requests one after the other: other variants, races and samples take
    /// long and meet the same troubles. What asks the bank's nodes at their own addresses passes the trouble by.
    pub async fn of(base: &str) -> Sweep {
        let library = Library::shipped();
        let target = Target::open(TargetFile::at(base).expect("an address")).expect("an HTTP client");
        let mut plan = Plan::select(&library, &[], Some(&target));
        let mut seen = BTreeSet::new();
        plan.cases.retain(|selected| {
            let long = |verb: &Verb| matches!(verb, Verb::Race(_) | Verb::Sample(_));
            let name = selected.case.id.split('[').next().unwrap_or_default().to_owned();
            let passes_by = selected.case.needs.contains(&Need::Nodes);
            !passes_by && !selected.case.steps.iter().any(|step| long(&step.verb)) && seen.insert(name)
        });
        let options = Options { jobs: 8, seed: 1, rerun: "grantspec run".to_owned(), evidence: true };
        let (_stop, stopped) = watch::channel(false);
        let (results, mut arriving) = mpsc::unbounded_channel();
        engine::run(&plan, &target, &options, stopped, results).await;
        let mut cases = Vec::new();
        while let Some(case) = arriving.recv().await {
            cases.push(case);
        }
        assert_eq!(cases.len(), plan.cases.len(), "every case has a result");
        Sweep { cases, library }
    }

    /// Cases that a trouble reached in a step that counts: what a call that is only observed says is no probe.
    pub fn reached(&self, trouble: impl Fn(&Exchange) -> bool) -> Vec<&CaseResult> {
        let suites = self.library.suites.iter();
        let cases: BTreeMap<&str, _> =
            suites.flat_map(|suite| &suite.cases).map(|case| (case.id.as_str(), case)).collect();
        let counts = |case: &CaseResult, number: usize| {
            let step = &cases[case.id.as_str()].steps[number];
            !(step.observe.is_some() && matches!(step.verb, Verb::Call(_)))
        };
        self.cases
            .iter()
            .filter(|case| {
                let mut steps = case.steps.iter().enumerate();
                steps.any(|(number, step)| counts(case, number) && step.exchanges.iter().any(&trouble))
            })
            .collect()
    }

    /// Ids and reasons of the cases with this verdict.
    pub fn with(&self, verdict: Verdict) -> Vec<String> {
        let with = self.cases.iter().filter(|case| case.verdict == verdict);
        with.map(|case| format!("{}: {}", case.id, case.reason.as_deref().unwrap_or_default())).collect()
    }
}
