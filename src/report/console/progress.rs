//! A run while it goes on: a bar on a terminal, plain lines in a log, or nothing.

use std::collections::HashMap;
use std::io::Write;

use indicatif::{ProgressBar, ProgressStyle};

use crate::report::tally::Counts;
use crate::report::{causes, visible};
use crate::results::{CaseResult, Verdict};

/// So many cases that one cause ended have a line of their own.
const ALIKE: usize = 3;

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A bar that is drawn again and again: only for terminals.
    Live,
    /// A line for each case that is not a pass, and one now and then.
    Plain,
    Quiet,
}

/// Shows how far a run is. A writer that fails, such as a closed pipe, is no error: the run goes on.
pub struct Progress {
    total: usize,
    counts: Counts,
    /// How many cases a cause has ended.
    ended: HashMap<String, usize>,
    sink: Sink,
}

enum Sink {
    Live(ProgressBar),
    Plain(Box<dyn Write + Send>),
    Quiet,
}

impl Progress {
    /// Progress of a run of `total` cases, on standard error.
    pub fn new(total: usize, mode: Mode) -> Progress {
        Progress::onto(Box::new(anstream::stderr()), total, mode)
    }

    /// As [`Progress::new`], with plain lines going to `writer`.
    pub fn onto(writer: Box<dyn Write + Send>, total: usize, mode: Mode) -> Progress {
        let sink = match mode {
            Mode::Live => {
                let style = ProgressStyle::with_template("  {bar:32} {pos}/{len} {msg}")
                    .expect("the template is well-formed")
                    .progress_chars("━╸ ");
                Sink::Live(ProgressBar::new(total as u64).with_style(style))
            }
            Mode::Plain => Sink::Plain(writer),
            Mode::Quiet => Sink::Quiet,
        };
        Progress { total, counts: Counts::default(), ended: HashMap::new(), sink }
    }

    /// Another case has its verdict.
    pub fn finished(&mut self, case: &CaseResult) {
        self.counts.add(case.verdict);
        let done = self.counts.total();
        let is_news = !matches!(case.verdict, Verdict::Pass | Verdict::Skipped) && !self.is_known(case);
        let line = is_news.then(|| line(case));
        match &mut self.sink {
            Sink::Live(bar) => {
                if let Some(line) = line {
                    bar.println(line);
                    bar.set_message(told(&self.counts));
                }
                bar.inc(1);
            }
            Sink::Plain(writer) => {
                // Both are for a reader who waits: nothing is lost where they can't be written.
                if let Some(line) = line {
                    let _ = writeln!(writer, "{line}");
                }
                if done.is_multiple_of(every(self.total)) && done < self.total {
                    let _ = writeln!(writer, "{done} of {} cases", self.total);
                }
            }
            Sink::Quiet => {}
        }
    }

    /// Whether what ended the case has been told often enough.
    fn is_known(&mut self, case: &CaseResult) -> bool {
        let Some(cause) = causes::of(case) else { return false };
        let count = self.ended.entry(cause.to_owned()).or_default();
        *count += 1;
        *count > ALIKE
    }

    /// Takes the bar off the terminal, or writes the last line.
    pub fn end(self) {
        let more = self.ended.values().map(|count| count.saturating_sub(ALIKE)).sum::<usize>();
        let more = (more > 0).then(|| format!("{:<12} … and {more} more for the same reasons", "error"));
        match self.sink {
            Sink::Live(bar) => {
                more.into_iter().for_each(|more| bar.println(more));
                bar.finish_and_clear();
            }
            Sink::Plain(mut writer) => {
                if let Some(more) = more {
                    let _ = writeln!(writer, "{more}");
                }
                let _ = writeln!(writer, "{} of {} cases", self.counts.total(), self.total);
                let _ = writer.flush();
            }
            Sink::Quiet => {}
        }
    }
}

/// So that a log gets about ten lines, or one for each 100 cases where there are many.
fn every(total: usize) -> usize {
    (total / 10).clamp(10, 100)
}

fn line(case: &CaseResult) -> String {
    let reason = case.reason.as_deref().unwrap_or_default();
    format!("{:<12} {}  {}", case.verdict.as_str(), visible::line(&case.id, 120), visible::line(reason, 600))
}

fn told(counts: &Counts) -> String {
    let told: Vec<String> = counts
        .present()
        .filter(|(verdict, _)| !matches!(verdict, Verdict::Pass | Verdict::Skipped))
        .map(|(verdict, count)| format!("{count} {}", verdict.as_str()))
        .collect();
    told.join(", ")
}
