//! What to run: the cases that a filter selects, and which of them the app can't be asked.

use std::sync::Arc;

use crate::engine::Terms;
use crate::results::Level;
use crate::suite::app::AppFile;
use crate::suite::client::Step;
use crate::suite::{Case, Library};

/// The cases of a run, in the order of the suites' files.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub cases: Vec<Selected>,
}

/// A case that was selected.
#[derive(Clone, Debug)]
pub struct Selected {
    pub case: Arc<Case<Step>>,
    /// What a violation weighs.
    pub level: Level,
    /// Why it is not run: the missing capability and its reason.
    pub skip: Option<String>,
}

impl Plan {
    /// Selects the cases that `filters` name by id (all variants of one without its variant), and for every other filter
    /// those whose id contains it, or that prove a requirement whose id does. No filter selects all.
    ///
    /// Without an app, nothing is left out because of what it lacks.
    pub fn under(terms: &Terms, library: &Library, filters: &[String], app: Option<&AppFile>) -> Plan {
        let all = || library.apps.iter().flat_map(|suite| &suite.cases);
        let is_this = |case: &Case<Step>, id: &str| case.id == id || case.id.split('[').next() == Some(id);
        let wanted = |case: &Case<Step>| {
            filters.is_empty()
                || filters.iter().any(|filter| match all().any(|known| is_this(known, filter)) {
                    true => is_this(case, filter),
                    false => case.id.contains(filter) || case.proves.iter().any(|id| id.contains(filter)),
                })
        };
        let cases = all().filter(|case| wanted(case) && terms.has(case)).map(|case| Selected {
            case: Arc::new(case.clone()),
            level: terms.level(case),
            skip: app.and_then(|app| case.needs.iter().find_map(|need| app.lacks(*need))),
        });
        Plan { cases: cases.collect() }
    }
}
