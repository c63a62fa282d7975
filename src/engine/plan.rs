//! What to run: the cases that a filter selects, and which of them the target can't be asked.

use std::sync::Arc;

use super::left_out;
use super::terms::Terms;
use crate::results::Level;
use crate::suite::{Case, Library, Need, Verb};
use crate::target::Target;
use crate::target::login::Driver;

/// The cases of a run, in the order of the suites' files.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub cases: Vec<Selected>,
}

/// A case that was selected.
#[derive(Clone, Debug)]
pub struct Selected {
    pub case: Arc<Case>,
    /// What a violation weighs.
    pub level: Level,
    /// How often it runs: as the case says, or less where only a glance is wanted.
    pub rounds: u32,
    /// Why it is not run: the missing capability and its reason, or the reading that does not judge it.
    pub skip: Option<String>,
}

impl Plan {
    /// Selects the cases that `filters` name by id (all variants of one without its variant), and for every other filter
    /// those whose id contains it, or that prove a requirement whose id does. No filter selects all.
    pub fn select(library: &Library, filters: &[String], target: Option<&Target>) -> Plan {
        Plan::under(&Terms::usual(library), library, filters, target)
    }

    /// Like [`Plan::select`], with what each case weighs, and whether it is judged, after these terms.
    pub fn under(terms: &Terms, library: &Library, filters: &[String], target: Option<&Target>) -> Plan {
        let all = || library.suites.iter().flat_map(|suite| &suite.cases);
        let is_a_case = |filter: &String| all().any(|case| is_this(case, filter));
        let (cases, parts): (Vec<&String>, Vec<&String>) =
            filters.iter().partition(|filter| is_a_case(filter));
        let contains = |case: &Case, part: &str| {
            case.id.contains(part) || case.proves.iter().any(|id| id.contains(part))
        };
        let wanted = |case: &Case| {
            filters.is_empty()
                || cases.iter().any(|filter| is_this(case, filter))
                || parts.iter().any(|part| contains(case, part))
        };
        let cases = all()
            .filter(|case| wanted(case) && terms.has(case))
            .map(|case| Selected {
                case: Arc::new(case.clone()),
                level: terms.level(case),
                rounds: case.rounds,
                skip: terms.left_out(case).or_else(|| target.and_then(|target| skip(case, target))),
            })
            .collect();
        Plan { cases }
    }
}

impl Plan {
    /// About how many requests running it makes.
    pub fn requests(&self) -> u64 {
        let run = self.cases.iter().filter(|selected| selected.skip.is_none());
        run.map(|selected| u64::from(selected.weight())).sum()
    }
}

impl Selected {
    /// Whether it may end the tokens that it works with.
    pub(super) fn spends(&self) -> bool {
        spends(&self.case)
    }

    /// About how many requests it makes: enough to tell a long case from a short one.
    pub(super) fn weight(&self) -> u32 {
        let requests = |verb: &Verb| match verb {
            Verb::Login(_) => 4,
            Verb::Race(race) => race.copies * race.lanes.len() as u32,
            Verb::Sample(sample) => sample.count * 3,
            _ => 1,
        };
        self.rounds * self.case.steps.iter().map(|step| requests(&step.verb)).sum::<u32>()
    }
}

/// Whether `id` is the case's own, with or without its variant.
fn is_this(case: &Case, id: &str) -> bool {
    case.id == id || case.without_variant() == id
}

/// Whether a case may end the tokens that it works with.
fn spends(case: &Case) -> bool {
    fn ends(verb: &Verb) -> bool {
        match verb {
            Verb::Logout(_) | Verb::Disconnect(_) | Verb::Request(_) => true,
            Verb::Race(race) => race.lanes.iter().any(ends),
            _ => false,
        }
    }
    case.steps.iter().any(|step| ends(&step.verb))
}

fn skip(case: &Case, target: &Target) -> Option<String> {
    let lacking =
        |need: &Need| target.lacks(*need).map(|reason| format!("the target lacks {need}: {reason}"));
    let used_up = || {
        let rounds = case.rounds > 1 && spends(case) && matches!(target.login(), Driver::Token);
        rounds.then(|| {
            "the target lacks login: each round of the case ends a token, and one is given".to_owned()
        })
    };
    case.needs.iter().find_map(lacking).or_else(used_up).or_else(|| left_out::whole(case, target.file()))
}
