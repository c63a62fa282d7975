//! The onboarding record: for the team that lets apps in, promise by promise what was shown, how, with which evidence, what
//! could not be shown, and what is left to ask a person. Fit to file: `onboarding.md`, and `onboarding.html` to print.
//!
//! Only runs that judged an app have one. It decides nothing: whoever signs it does.

mod markdown;
mod page;

pub use markdown::render as markdown;
pub use page::render as html;

use crate::results::{AppSeen, CaseResult, Level, Run, Standing as StepStanding, StepResult, Verdict};

use super::tally::{self, Promise, Standing};
use super::visible;

const SHORT: usize = 300;
const LONG: usize = 1_000;

/// What a record says, as plain text; each format escapes for itself.
#[derive(Clone, Debug)]
struct Record {
    app: String,
    sentence: String,
    facts: Vec<(&'static str, String)>,
    /// What to know about the run as a whole.
    notes: Vec<String>,
    counts: Vec<(&'static str, usize)>,
    /// What is broken, or against best practice: id and promise.
    to_mend: Vec<(String, String)>,
    sections: Vec<Part>,
    unshown: Vec<(String, String, String)>,
    questions: Vec<String>,
}

#[derive(Clone, Debug)]
struct Part {
    name: String,
    promises: Vec<Shown>,
}

/// What was shown of one promise.
#[derive(Clone, Debug)]
struct Shown {
    id: String,
    promise: String,
    level: &'static str,
    source: String,
    quote: Option<String>,
    standing: &'static str,
    class: &'static str,
    /// Where it is broken: what that lets happen, and what to change.
    mend: Option<(String, String)>,
    evidence: Vec<Evidence>,
}

/// What one case showed.
#[derive(Clone, Debug)]
struct Evidence {
    case: String,
    about: String,
    verdict: &'static str,
    /// What was done, and what came of it.
    steps: Vec<String>,
    /// What broke, or what kept the case from a conclusion; what was recorded.
    said: Vec<String>,
    requests: usize,
}

impl Record {
    /// `None` where no app was judged.
    fn of(run: &Run) -> Option<Record> {
        let app = run.app.as_ref()?;
        let sections = tally::by_section(run);
        let promises: Vec<&Promise<'_>> = sections.iter().flat_map(|section| &section.promises).collect();
        let count = |wanted: &[Standing]| {
            promises.iter().filter(|promise| wanted.contains(&promise.standing)).count()
        };
        Some(Record {
            app: visible::line(&run.target.name, SHORT),
            sentence: tally::sentence(run),
            facts: facts(run, app),
            notes: notes(run),
            counts: vec![
                ("kept", count(&[Standing::Kept, Standing::Recorded])),
                ("kept as far as it was judged", count(&[Standing::PartlyJudged])),
                ("broken", count(&[Standing::Broken])),
                ("against best practice", count(&[Standing::Warned])),
                ("not shown", count(&[Standing::Undecided, Standing::NotJudged])),
            ],
            to_mend: promises
                .iter()
                .filter(|promise| is_broken(promise))
                .map(|Promise { requirement, .. }| {
                    (visible::line(&requirement.id, SHORT), visible::line(&requirement.promise, LONG))
                })
                .collect(),
            sections: sections
                .iter()
                .map(|section| Part {
                    name: visible::line(section.name, SHORT),
                    promises: section.promises.iter().map(shown).collect(),
                })
                .collect(),
            unshown: promises.iter().flat_map(|promise| unshown(promise)).collect(),
            questions: questions(&promises),
        })
    }
}

fn facts(run: &Run, app: &AppSeen) -> Vec<(&'static str, String)> {
    let said = |text: &Option<String>| match text {
        Some(text) => visible::line(text, SHORT),
        None => "not said".to_owned(),
    };
    let client = if app.confidential { "confidential: it has a secret" } else { "public: it has no secret" };
    vec![
        ("App", visible::line(&run.target.name, SHORT)),
        ("Version of the app", said(&app.version)),
        ("Client", client.to_owned()),
        ("Run by", said(&app.by)),
        (
            "Run on",
            format!("{}, for {}", tally::day_and_time(&run.started), tally::duration(run.duration_ms)),
        ),
        ("Judged by", format!("catalogue {}", visible::line(&tally::edition(run), SHORT))),
        ("Tested with", visible::line(&tally::tested_with(run), 80)),
        ("Run again with", visible::line(&run.command, LONG)),
    ]
}

fn notes(run: &Run) -> Vec<String> {
    let lacks = run.target.lacks.iter();
    let lacks = lacks.map(|(what, why)| visible::line(&format!("The app lacks {what}: {why}"), LONG));
    let notes = run.notes.iter().map(|note| visible::line(note, LONG));
    let stopped = run.interrupted.then(|| "The run was stopped before every case had run.".to_owned());
    stopped.into_iter().chain(notes).chain(lacks).chain(tally::left_out(run)).collect()
}

fn shown(promise: &Promise<'_>) -> Shown {
    let requirement = promise.requirement;
    let (standing, class) = match promise.standing {
        Standing::Broken => ("broken", "fail"),
        Standing::Warned => ("against best practice", "warn"),
        Standing::Undecided => ("not shown: no conclusion", "inconclusive"),
        Standing::NotJudged => ("not shown: not judged", "skipped"),
        Standing::PartlyJudged => ("kept as far as it was judged", "pass"),
        Standing::Kept => ("kept", "pass"),
        Standing::Recorded => ("recorded, not judged", "pass"),
    };
    Shown {
        id: visible::line(&requirement.id, SHORT),
        promise: visible::line(&requirement.promise, LONG),
        level: requirement.level.as_str(),
        source: visible::line(&requirement.source, SHORT),
        quote: requirement.quote.as_ref().map(|quote| visible::line(quote, LONG)),
        standing,
        class,
        mend: is_broken(promise)
            .then(|| (visible::line(&requirement.why, LONG), visible::line(&requirement.mend, LONG))),
        evidence: promise.cases.iter().map(|case| evidence(case)).collect(),
    }
}

fn is_broken(promise: &Promise<'_>) -> bool {
    matches!(promise.standing, Standing::Broken | Standing::Warned)
}

fn evidence(case: &CaseResult) -> Evidence {
    let findings = case.findings.iter().map(|finding| {
        let text = format!("expected {}; got {}", finding.expected, finding.got);
        visible::line(&text, LONG)
    });
    let reason =
        case.reason.iter().filter(|_| case.findings.is_empty()).map(|reason| visible::line(reason, LONG));
    let recorded = case.observations.iter().map(|seen| {
        let text = format!("recorded: {}: {}", seen.about, seen.seen);
        visible::line(&text, LONG)
    });
    let exchanges = case.steps.iter().flat_map(|step| &step.exchanges);
    Evidence {
        case: visible::line(&case.id, SHORT),
        about: visible::line(&case.about, LONG),
        verdict: case.verdict.as_str(),
        steps: case.steps.iter().filter(|step| step.standing != StepStanding::NotRun).map(told).collect(),
        said: findings.chain(reason).chain(recorded).collect(),
        requests: exchanges.filter(|exchange| exchange.actor == "app").count(),
    }
}

fn told(step: &StepResult) -> String {
    visible::line(&format!("{}: {}", step.title, step.outcome), LONG)
}

/// Cases that showed nothing: the promise, the case, and why.
fn unshown(promise: &Promise<'_>) -> Vec<(String, String, String)> {
    let id = visible::line(&promise.requirement.id, SHORT);
    if promise.cases.is_empty() {
        return vec![(id, "–".to_owned(), "no case of it was run".to_owned())];
    }
    let silent = promise
        .cases
        .iter()
        .filter(|case| matches!(case.verdict, Verdict::Skipped | Verdict::Inconclusive | Verdict::Error));
    silent
        .map(|case| {
            let why = case.reason.as_deref().unwrap_or("no reason was given");
            let why = format!("{}: {why}", case.verdict.as_str());
            (id.clone(), visible::line(&case.id, SHORT), visible::line(&why, LONG))
        })
        .collect()
}

/// What no run can show, and what this one has not.
fn questions(promises: &[&Promise<'_>]) -> Vec<String> {
    let recorded = promises.iter().filter(|promise| promise.requirement.level == Level::Info).map(|promise| {
        let text = format!(
            "{} ({}). What could be seen is recorded above; what the app's maker does where nobody can look (copies, \
             backups, other systems) has to be asked.",
            promise.requirement.promise.trim_end_matches('.'),
            promise.requirement.id,
        );
        visible::line(&text, LONG)
    });
    let open = promises.iter().filter(|promise| {
        promise.requirement.level != Level::Info
            && matches!(promise.standing, Standing::Undecided | Standing::NotJudged)
    });
    let open = open.map(|promise| {
        let text = format!(
            "{} ({}). This run has not shown it. How does the app's maker show it?",
            promise.requirement.promise.trim_end_matches('.'),
            promise.requirement.id,
        );
        visible::line(&text, LONG)
    });
    let always = [
        "Is the version that was judged the one that users get, with the same configuration?",
        "Which other programs of the app's maker (workers, mobile apps, analytics) get tokens or account data, and do they keep \
         the same promises?",
        "Who can read the tokens where they are stored, and how are they protected there?",
        "Whom does the bank tell when it sees the app break one of these promises?",
    ];
    recorded.chain(open).chain(always.map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests;
