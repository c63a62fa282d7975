//! `onboarding.md`: the record as Markdown (CommonMark with tables).

use std::fmt::Write as _;

use super::{Evidence, Record, Shown};
use crate::results::Run;

/// The record of a run that judged an app.
pub fn render(run: &Run) -> Option<String> {
    let record = Record::of(run)?;
    let mut text = String::new();
    write(&mut text, &record).expect("writing into a String does not fail");
    Some(text)
}

fn write(text: &mut String, record: &Record) -> std::fmt::Result {
    writeln!(text, "# Onboarding record: {}\n", plain(&record.app))?;
    writeln!(text, "{}\n", plain(&record.sentence))?;
    writeln!(text, "| | |\n|---|---|")?;
    for (name, value) in &record.facts {
        writeln!(text, "| {name} | {} |", plain(value))?;
    }
    writeln!(text, "\n## In short\n\n| promises | |\n|---|---:|")?;
    for (standing, count) in &record.counts {
        writeln!(text, "| {standing} | {count} |")?;
    }
    if !record.to_mend.is_empty() {
        writeln!(text, "\nBroken, or against best practice:\n")?;
    }
    for (id, promise) in &record.to_mend {
        writeln!(text, "- **{}**: {}", plain(id), plain(promise))?;
    }
    if !record.notes.is_empty() {
        writeln!(text, "\n## What to know about this run\n")?;
        for note in &record.notes {
            writeln!(text, "- {}", plain(note))?;
        }
    }
    writeln!(text, "\n## Promise by promise")?;
    for section in &record.sections {
        writeln!(text, "\n### {}", plain(&section.name))?;
        for shown in &section.promises {
            promise(text, shown)?;
        }
    }
    writeln!(text, "\n## What could not be shown\n")?;
    if record.unshown.is_empty() {
        writeln!(text, "Every case came to a conclusion.")?;
    } else {
        writeln!(text, "| promise | case | why |\n|---|---|---|")?;
        for (id, case, why) in &record.unshown {
            writeln!(text, "| {} | {} | {} |", plain(id), plain(case), plain(why))?;
        }
    }
    writeln!(text, "\n## Questions for a person\n")?;
    for question in &record.questions {
        writeln!(text, "- [ ] {}", plain(question))?;
    }
    writeln!(
        text,
        "\n## Decision\n\n- [ ] may be let in\n- [ ] may be let in once this is mended:\n- [ ] may not be let in\n"
    )?;
    writeln!(text, "Name:\n\nDate:\n\nSignature:")
}

fn promise(text: &mut String, shown: &Shown) -> std::fmt::Result {
    writeln!(text, "\n#### {}: {}\n", plain(&shown.id), shown.standing)?;
    writeln!(text, "{}  ", plain(&shown.promise))?;
    writeln!(text, "{} · {}\n", shown.level, plain(&shown.source))?;
    if let Some(quote) = &shown.quote {
        writeln!(text, "> {}\n", plain(quote))?;
    }
    if let Some((why, mend)) = &shown.mend {
        writeln!(text, "{}  ", plain(why))?;
        writeln!(text, "To mend it: {}\n", plain(mend))?;
    }
    if shown.evidence.is_empty() {
        writeln!(text, "No case of it was run.")?;
    }
    for evidence in &shown.evidence {
        case(text, evidence)?;
    }
    Ok(())
}

fn case(text: &mut String, evidence: &Evidence) -> std::fmt::Result {
    let Evidence { case, about, verdict, requests, .. } = evidence;
    writeln!(text, "- **{verdict}** {} ({}; {requests} requests of the app)", plain(about), plain(case))?;
    for said in &evidence.said {
        writeln!(text, "  - {}", plain(said))?;
    }
    for (number, step) in evidence.steps.iter().enumerate() {
        writeln!(text, "  {}. {}", number + 1, plain(step))?;
    }
    Ok(())
}

/// Text in which nothing means anything to Markdown.
fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => {
                escaped.push('\\');
                escaped.push(character);
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_an_app_is_text() {
        assert_eq!(plain("<b> | [x](y) `z` **"), r"&lt;b&gt; \| \[x\](y) \`z\` \*\*");
    }
}
