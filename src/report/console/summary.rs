//! The end of a run on a console: the verdict in a sentence, the counts, and what became of the promises.

use crate::report::tally::{self, Counts, Section, Standing};
use crate::report::{causes, visible};
use crate::results::{Run, Verdict};

use super::{Style, colour};

/// The run in some dozen lines, with a line end. Where the reports are is not known here.
pub fn summary(run: &Run, style: Style) -> String {
    let bold = anstyle::Style::new().bold();
    let counts = Counts::of(run.cases.iter().map(|case| case.verdict));
    let (name, base) = (&run.target.name, &run.target.base);
    let at = if name == base { String::new() } else { format!(" at {}", visible::line(base, 200)) };
    let mut text = format!(
        "{}{at}\n{}\n",
        style.paint(bold, &visible::line(name, 80)),
        style.paint(bold, &tally::sentence(run)),
    );
    let shown: Vec<String> = counts
        .present()
        .map(|(verdict, count)| style.paint(colour(verdict), &format!("{} {count}", verdict.as_str())))
        .collect();
    text.push_str(&format!("{}\n", shown.join(" · ")));
    for told in causes::told(run) {
        text.push_str(&format!("{}\n", visible::line(&told, 2_000)));
    }

    let sections = tally::by_section(run);
    let judged: Vec<&Section<'_>> = sections
        .iter()
        .filter(|section| section.promises.iter().any(|promise| promise.standing != Standing::NotJudged))
        .collect();
    let width = judged.iter().map(|section| section.name.chars().count()).max().unwrap_or(0).min(40);
    if !judged.is_empty() {
        text.push_str("\nPromises kept\n");
    }
    for section in &judged {
        text.push_str(&format!("  {:width$}  {}\n", visible::line(section.name, 40), told(section, style)));
    }
    let unjudged: usize = sections.iter().map(|section| count(section, Standing::NotJudged)).sum();
    if unjudged > 0 {
        let promises = if unjudged == 1 { "promise was" } else { "promises were" };
        text.push_str(&format!("  {unjudged} {promises} not judged in this run\n"));
    }
    for (capability, reason) in &run.target.lacks {
        text.push_str(&format!(
            "\nThe target lacks {}: {}\n",
            visible::line(capability, 80),
            visible::line(reason, 300)
        ));
    }
    if let Some(baseline) = &run.baseline {
        let accepted: usize = baseline.entries.iter().map(|entry| entry.accepts).sum();
        let (known, file) = (tally::known_failures(accepted), visible::line(&baseline.file, 200));
        text.push_str(&format!("\nBaseline: {known} accepted by {file}\n"));
        for entry in baseline.entries.iter().filter(|entry| entry.accepts > 0) {
            let cases =
                if entry.accepts == 1 { "1 case".to_owned() } else { format!("{} cases", entry.accepts) };
            let (id, why) = (visible::line(&entry.id, 200), visible::line(&tally::acceptance(entry), 400));
            text.push_str(&format!("  {id}: {cases}: {why}\n"));
        }
        for stale in tally::stale(run) {
            text.push_str(&format!(
                "  {}\n",
                style.paint(colour(Verdict::Fail), &visible::line(&stale, 600))
            ));
        }
    }
    if let Some(races) = tally::races(run) {
        text.push_str(&format!("\nRepeated: {races}\n"));
    }
    for sample in run.cases.iter().filter_map(|case| case.sample.as_ref()) {
        let (count, said) = (sample.count, visible::line(&sample.confidence, 600));
        text.push_str(&format!("\nSampled: {count} values of each kind. {said}\n"));
    }
    if let Some(left_out) = tally::left_out(run) {
        text.push_str(&format!("\n{}\n", visible::line(&left_out, 600)));
    }
    for (requirement, departure) in tally::departures(run) {
        text.push_str(&format!(
            "\nReading: {} {}\n",
            visible::line(&requirement.id, 80),
            visible::line(&departure, 400)
        ));
    }
    for note in &run.notes {
        text.push_str(&format!("\nNote: {}\n", visible::line(note, 300)));
    }
    text.push_str(&format!(
        "\ngrantspec {}, catalogue {}{}, {}\n",
        visible::line(&run.version, 40),
        visible::line(&tally::edition(run), 100),
        tally::seed(run).map(|seed| format!(", seed {seed}")).unwrap_or_default(),
        tally::duration(run.duration_ms),
    ));
    text
}

/// `9 of 11, 2 of them judged in part; 1 broken, 1 not judged`
fn told(section: &Section<'_>, style: Style) -> String {
    let in_part = count(section, Standing::PartlyJudged);
    let kept = count(section, Standing::Kept) + in_part + count(section, Standing::Recorded);
    let of_them = match in_part {
        0 => String::new(),
        1 if kept == 1 => ", judged in part".to_owned(),
        _ if in_part == kept => ", all judged in part".to_owned(),
        _ => format!(", {in_part} of them judged in part"),
    };
    let others: Vec<String> = Standing::ALL
        .into_iter()
        .filter(|standing| !matches!(standing, Standing::Kept | Standing::PartlyJudged | Standing::Recorded))
        .filter_map(|standing| {
            let count = count(section, standing);
            let text = format!("{count} {}", standing.as_str());
            let verdict = match standing {
                Standing::Broken => Verdict::Fail,
                Standing::Undecided => Verdict::Inconclusive,
                Standing::Warned => Verdict::Warn,
                _ => Verdict::Skipped,
            };
            (count > 0).then(|| style.paint(colour(verdict), &text))
        })
        .collect();
    let tail = if others.is_empty() { String::new() } else { format!("; {}", others.join(", ")) };
    format!("{kept:2} of {:2}{of_them}{tail}", section.promises.len())
}

fn count(section: &Section<'_>, standing: Standing) -> usize {
    section.promises.iter().filter(|promise| promise.standing == standing).count()
}
