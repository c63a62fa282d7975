//! Counts, the verdict of a run in one sentence, and what became of each promise. No exit codes: those are
//! [`Exit`](crate::results::Exit)'s.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::visible;
use crate::results::{
    BaselineEntry, CaseResult, Edition, LeftOutKind, Level, Observation, Place, Requirement, Rounds, Run,
    Verdict,
};

/// How many cases came to each verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([usize; Verdict::ALL.len()]);

impl Counts {
    pub fn of(verdicts: impl IntoIterator<Item = Verdict>) -> Counts {
        let mut counts = Counts::default();
        for verdict in verdicts {
            counts.add(verdict);
        }
        counts
    }

    pub fn add(&mut self, verdict: Verdict) {
        self.0[verdict as usize] += 1;
    }

    pub fn get(&self, verdict: Verdict) -> usize {
        self.0[verdict as usize]
    }

    pub fn total(&self) -> usize {
        self.0.iter().sum()
    }

    /// The verdicts that occur, heaviest first, each with its count.
    pub fn present(&self) -> impl Iterator<Item = (Verdict, usize)> + '_ {
        Verdict::ALL.into_iter().map(|verdict| (verdict, self.get(verdict))).filter(|(_, count)| *count > 0)
    }
}

/// A time as people write it, `22 November 2026, 16:20:05 UTC`; what is no time stays as it is.
pub fn day_and_time(rfc3339: &str) -> String {
    match DateTime::parse_from_rfc3339(rfc3339) {
        Ok(time) => time.with_timezone(&Utc).format("%-d %B %Y, %H:%M:%S UTC").to_string(),
        Err(_) => visible::line(rfc3339, 40),
    }
}

/// The seed of a run's random choices. Cases for apps make none.
pub fn seed(run: &Run) -> Option<u64> {
    run.app.is_none().then_some(run.seed)
}

/// What judged a run: the program, and the seed.
pub fn tested_with(run: &Run) -> String {
    match seed(run) {
        Some(seed) => format!("grantspec {}, seed {seed}", run.version),
        None => format!("grantspec {}", run.version),
    }
}

/// What a run came to, in one plain sentence: `Not conformant: 3 of 142 cases failed; also 1 error, 2 skipped.`
pub fn sentence(run: &Run) -> String {
    let counts = Counts::of(unaccepted(run).map(|case| case.verdict));
    let known = run.cases.len() - counts.total();
    let of_all = match run.cases.len() {
        0 => return start(run, "Nothing was judged: no case ran", String::new()),
        1 => "of 1 case".to_owned(),
        total => format!("of {total} cases"),
    };
    let stale = run.baseline.as_ref().map_or(0, |baseline| baseline.stale().count());
    let heaviest = counts.present().next();
    let what = match heaviest {
        Some((Verdict::Fail, count)) => format!("Not conformant: {count} {of_all} failed"),
        Some((Verdict::Error, count)) => format!("Not fully judged: {count} {of_all} ended in an error"),
        Some((Verdict::Inconclusive, count)) => {
            format!("Not conformant: {count} {of_all} could not be concluded")
        }
        _ if stale > 0 => "Not conformant: the baseline no longer holds".to_owned(),
        Some((Verdict::Warn, count)) => {
            format!("Conformant, with warnings: {count} {of_all} found a recommendation broken")
        }
        Some((Verdict::Skipped, count)) if count == run.cases.len() => {
            format!("Nothing was judged: {count} {of_all} skipped")
        }
        Some((Verdict::Skipped | Verdict::Pass, _)) | None if known > 0 => {
            format!("Conformant but for known failures: {} {of_all} passed", counts.get(Verdict::Pass))
        }
        Some((Verdict::Skipped | Verdict::Pass, _)) | None => {
            format!("Conformant: {} {of_all} passed", counts.get(Verdict::Pass))
        }
    };
    let told = |verdict: &Verdict| {
        heaviest.is_none_or(|(heaviest, _)| *verdict != heaviest)
            || what.ends_with("passed")
            || what.ends_with("holds")
    };
    let mut also: Vec<String> = counts
        .present()
        .filter(|(verdict, _)| *verdict != Verdict::Pass && told(verdict))
        .map(|(verdict, count)| counted(verdict, count))
        .collect();
    also.extend((known > 0).then(|| known_failures(known)));
    also.extend((stale > 0).then(|| match stale {
        1 => "1 entry of the baseline to take out".to_owned(),
        _ => format!("{stale} entries of the baseline to take out"),
    }));
    let tail = if also.is_empty() { String::new() } else { format!("; also {}", also.join(", ")) };
    start(run, &what, tail)
}

/// The cases that no entry of the baseline accepts.
pub fn unaccepted(run: &Run) -> impl Iterator<Item = &CaseResult> {
    run.cases.iter().filter(|case| case.accepted.is_none())
}

/// `1 known failure`, `3 known failures`.
pub fn known_failures(count: usize) -> String {
    format!("{count} known failure{}", if count == 1 { "" } else { "s" })
}

/// Why a known failure is accepted, by whom, and how long: `the new token store rotates (identity team, until 2027-01-31)`.
pub fn acceptance(entry: &BaselineEntry) -> String {
    let until = entry.until.iter().map(|day| format!(", until {day}")).collect::<String>();
    format!("{} ({}{until})", entry.reason, entry.owner)
}

/// Each entry of the baseline that fails the run, in a sentence without a full stop.
pub fn stale(run: &Run) -> impl Iterator<Item = String> {
    run.baseline.iter().flat_map(|baseline| {
        baseline.stale().map(|(entry, why)| {
            let Place { file, line, .. } = &entry.place;
            format!(
                "The entry of {} {} ({file}:{line}) no longer holds: {why}",
                entry.kind.as_str(),
                entry.id
            )
        })
    })
}

fn start(run: &Run, what: &str, tail: String) -> String {
    let stopped = if run.interrupted { "Stopped before every case had run. So far: " } else { "" };
    format!("{stopped}{what}{tail}.")
}

/// `1 error`, `2 errors`, `3 skipped`.
pub fn counted(verdict: Verdict, count: usize) -> String {
    let word = match (verdict, count) {
        (Verdict::Fail, 1) => "failure",
        (Verdict::Fail, _) => "failures",
        (Verdict::Error, 1) => "error",
        (Verdict::Error, _) => "errors",
        (Verdict::Warn, 1) => "warning",
        (Verdict::Warn, _) => "warnings",
        (Verdict::Pass, _) => "passed",
        (Verdict::Inconclusive | Verdict::Skipped, _) => verdict.as_str(),
    };
    format!("{count} {word}")
}

/// Whether the server's engineer has something to mend. What could not be concluded, or was not judged at all, shows no fault.
pub fn advises(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Warn)
}

/// `48 ms`, `3.2 s`, `2 min 5 s`.
pub fn duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

/// What became of a promise in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// A case failed.
    Broken,
    /// A case could not be concluded or ended in an error, and none failed.
    Undecided,
    /// A case warned, and nothing worse.
    Warned,
    /// No case was judged: none proves it in this run, or all were skipped. Never to be shown as kept.
    NotJudged,
    /// Some cases passed, the others were skipped; or one that passed could not look at all that it expects.
    PartlyJudged,
    /// Every case passed.
    Kept,
    /// Every case passed, of a promise that is recorded and never judged.
    Recorded,
}

impl Standing {
    /// Worst first.
    pub const ALL: [Standing; 7] = [
        Standing::Broken,
        Standing::Undecided,
        Standing::Warned,
        Standing::NotJudged,
        Standing::PartlyJudged,
        Standing::Kept,
        Standing::Recorded,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Broken => "broken",
            Standing::Undecided => "undecided",
            Standing::Warned => "warning",
            Standing::NotJudged => "not judged",
            Standing::PartlyJudged => "kept, partly judged",
            Standing::Kept => "kept",
            Standing::Recorded => "recorded",
        }
    }

    fn of(level: Level, counts: &Counts) -> Standing {
        match counts.present().next() {
            None => Standing::NotJudged,
            Some((Verdict::Fail, _)) => Standing::Broken,
            Some((Verdict::Error | Verdict::Inconclusive, _)) => Standing::Undecided,
            Some((Verdict::Warn, _)) => Standing::Warned,
            Some((Verdict::Skipped, _)) if counts.get(Verdict::Pass) == 0 => Standing::NotJudged,
            Some(_) if level == Level::Info => Standing::Recorded,
            Some((Verdict::Skipped, _)) => Standing::PartlyJudged,
            Some((Verdict::Pass, _)) => Standing::Kept,
        }
    }
}

/// One requirement of the catalogue and the cases that prove it.
#[derive(Debug)]
pub struct Promise<'a> {
    pub requirement: &'a Requirement,
    pub cases: Vec<&'a CaseResult>,
    pub counts: Counts,
    pub standing: Standing,
}

/// The requirements under one heading of the catalogue.
#[derive(Debug)]
pub struct Section<'a> {
    pub name: &'a str,
    pub promises: Vec<Promise<'a>>,
}

/// Every requirement of the run's catalogue, also those that no case proves, in the catalogue's order.
pub fn by_section(run: &Run) -> Vec<Section<'_>> {
    let mut proofs: HashMap<&str, Vec<&CaseResult>> = HashMap::new();
    for case in &run.cases {
        for id in &case.proves {
            proofs.entry(id).or_default().push(case);
        }
    }
    let mut sections: Vec<Section<'_>> = Vec::new();
    for requirement in &run.requirements {
        let cases = proofs.remove(requirement.id.as_str()).unwrap_or_default();
        let counts = Counts::of(cases.iter().map(|case| case.verdict));
        let mut standing = Standing::of(requirement.level, &counts);
        let mut seen = cases.iter().flat_map(|case| &case.observations);
        if standing == Standing::Kept && seen.any(Observation::is_left_out) {
            standing = Standing::PartlyJudged;
        }
        let promise = Promise { requirement, cases, counts, standing };
        match sections.iter_mut().find(|section| section.name == requirement.section) {
            Some(section) => section.promises.push(promise),
            None => sections.push(Section { name: &requirement.section, promises: vec![promise] }),
        }
    }
    sections
}

/// How likely a miss is, in a sentence: `A fault that shows in 50 % of rounds is missed in 1 of 1000000 runs, …`. `None` where
/// there is nothing to miss.
pub fn missed(rounds: &Rounds) -> Option<String> {
    let told: Vec<String> = rounds
        .misses
        .iter()
        .map(|miss| format!("{} % of rounds: {}", miss.shows_percent, chance(miss.chance)))
        .collect();
    (!told.is_empty()).then(|| format!("Chance to miss a fault that shows in {}", told.join("; in ")))
}

/// `12 %`, or `1 in 1000000` where that is less than one in a hundred. One digit counts: what is behind it is not known.
fn chance(chance: f64) -> String {
    if chance >= 0.01 {
        return format!("{:.0} %", chance * 100.0);
    }
    let one_in = 1.0 / chance.max(1e-18);
    let power = 10_f64.powf(one_in.log10().floor());
    format!("1 in {:.0}", (one_in / power).round() * power)
}

/// What the races of a run are worth, in a line: how many found nothing, in how many rounds, and what that may have missed.
pub fn races(run: &Run) -> Option<String> {
    let rounds = run.cases.iter().filter_map(|case| case.rounds.as_ref());
    let quiet: Vec<&Rounds> = rounds.filter(|rounds| !rounds.misses.is_empty()).collect();
    let weakest = quiet.iter().min_by_key(|rounds| rounds.concluded)?;
    let cases = if quiet.len() == 1 { "1 case" } else { &format!("{} cases", quiet.len()) };
    let told = missed(weakest)?;
    Some(format!("{cases} found nothing in {} rounds or more each. {told}", weakest.concluded))
}

/// What was left out for being newer than the edition that the run was pinned to, in a sentence, if anything was.
pub fn left_out(run: &Run) -> Option<String> {
    let edition = &run.edition;
    let of_kind = |kind: LeftOutKind| edition.left_out.iter().filter(|left| left.kind == kind).count();
    let counted = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let ids: Vec<String> =
        edition.left_out.iter().map(|left| format!("{} (since {})", left.id, left.since)).collect();
    (!ids.is_empty()).then(|| {
        format!(
            "Newer than the pinned edition {}, and not judged: {} and {}: {}.",
            edition.judged,
            counted(of_kind(LeftOutKind::Requirement), "promise"),
            counted(of_kind(LeftOutKind::Case), "case"),
            ids.join(", ")
        )
    })
}

/// The edition that was judged by: `2026.1`, or `2026.1 (the newest is 2026.2)`.
pub fn edition(run: &Run) -> String {
    let Edition { judged, newest, .. } = &run.edition;
    if judged == newest { judged.clone() } else { format!("{judged} (the newest is {newest})") }
}

/// The requirements that are not read by the catalogue's default, each with how it is read and why, to be put behind its
/// id: ``is read as `access-only` (not judged) and not as `every-token` (should): our contract says so``.
pub fn departures(run: &Run) -> impl Iterator<Item = (&Requirement, String)> {
    run.requirements.iter().filter_map(|requirement| {
        let (reading, reason) = requirement.departure()?;
        let usual = requirement.readings.iter().find(|reading| reading.default);
        let usual = usual
            .map_or_else(String::new, |usual| format!(" and not as `{}` ({})", usual.id, usual.weight()));
        Some((requirement, format!("is read as `{}` ({}){usual}: {reason}", reading.id, reading.weight())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(verdicts: &[Verdict]) -> Standing {
        Standing::of(Level::Must, &Counts::of(verdicts.iter().copied()))
    }

    #[test]
    fn a_promise_that_was_never_judged_is_never_kept() {
        assert_eq!(standing(&[]), Standing::NotJudged);
        assert_eq!(standing(&[Verdict::Skipped, Verdict::Skipped]), Standing::NotJudged);
        assert_eq!(standing(&[Verdict::Skipped, Verdict::Pass]), Standing::PartlyJudged);
    }

    #[test]
    fn a_chance_is_told_as_far_as_it_is_known() {
        assert_eq!(chance(0.121_577), "12 %");
        assert_eq!(chance(1.0 / 1_048_576.0), "1 in 1000000");
        assert_eq!(chance(0.0), "1 in 1000000000000000000");
    }

    #[test]
    fn the_heaviest_verdict_decides_what_became_of_a_promise() {
        assert_eq!(standing(&[Verdict::Pass, Verdict::Fail, Verdict::Error]), Standing::Broken);
        assert_eq!(standing(&[Verdict::Pass, Verdict::Inconclusive]), Standing::Undecided);
        assert_eq!(standing(&[Verdict::Pass, Verdict::Warn, Verdict::Skipped]), Standing::Warned);
        assert_eq!(standing(&[Verdict::Pass, Verdict::Pass]), Standing::Kept);
    }
}
