//! The console's texts, as a reader sees them.

mod report_support;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use grantspec::report::console::{Mode, Progress, Style, case_block, summary};
use grantspec::report::tally;
use grantspec::results::{CaseResult, Verdict};

#[test]
fn a_summary_tells_the_verdict_the_counts_and_the_promises() {
    insta::assert_snapshot!(summary(&report_support::run(), Style::Plain));
}

#[test]
fn a_failure_explains_itself() {
    let run = report_support::run();
    insta::assert_snapshot!(case_block(&run.cases[0], &run, Style::Plain));
}

#[test]
fn trouble_without_a_finding_points_at_the_case() {
    let run = report_support::run();
    let error = run.cases.iter().find(|case| case.verdict == Verdict::Error).expect("the run has one");
    insta::assert_snapshot!(case_block(error, &run, Style::Plain));
}

#[test]
fn what_a_hostile_bank_sent_cannot_steer_the_terminal() {
    let run = report_support::run();
    let hostile = run.cases.iter().find(|case| case.verdict == Verdict::Warn).expect("the run has one");
    let block = case_block(hostile, &run, Style::Plain);
    assert!(block.contains("\\u{202E}dekcirt") && block.contains("\\u{1B}"), "{block}");
    assert!(!block.chars().any(|c| c.is_control() && c != '\n'), "{block}");
    assert!(block.lines().all(|line| line.chars().count() < 1_000), "{block}");
}

#[test]
fn plain_style_has_no_colours_and_coloured_style_has() {
    let run = report_support::run();
    assert!(!summary(&run, Style::Plain).contains('\u{1b}'));
    assert!(summary(&run, Style::Coloured).contains("\u{1b}["));
    assert!(case_block(&run.cases[0], &run, Style::Coloured).contains("\u{1b}["));
}

#[test]
fn a_log_gets_a_line_for_each_case_that_is_not_a_pass() {
    let log = Log::default();
    let run = report_support::run();
    let mut progress = Progress::onto(Box::new(log.clone()), run.cases.len(), Mode::Plain);
    for case in &run.cases {
        progress.finished(case);
    }
    progress.end();
    let text = String::from_utf8(log.0.lock().expect("no other thread").clone()).expect("lines are UTF-8");
    let verdicts: Vec<&str> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(verdicts, ["fail", "warn", "inconclusive", "error", "8"], "{text}");
    assert!(text.ends_with("8 of 8 cases\n"), "{text}");
}

#[test]
fn what_ends_many_cases_is_told_once_and_whole() {
    let mut run = report_support::run();
    let error =
        run.cases.iter().find(|case| case.verdict == Verdict::Error).expect("the run has one").clone();
    let cause = format!("no connection: {}: Connection refused (os error 111)", "a long way ".repeat(20));
    let ended = |number: usize| {
        let reason = match number % 2 {
            0 => format!("failed to reach the control API: {cause}; is the target running?"),
            _ => cause.clone(),
        };
        CaseResult { id: format!("lost/{number}"), reason: Some(reason), ..error.clone() }
    };
    run.cases.retain(|case| case.verdict != Verdict::Error);
    run.cases.extend((0..40).map(ended));
    let told = format!("40 cases ended as an error because of one thing: {cause}\n");
    assert!(summary(&run, Style::Plain).contains(&told), "{}", summary(&run, Style::Plain));
    let page = grantspec::report::html::render(&run);
    assert!(page.contains(told.trim()), "the head of the page says it too");
    let unclear = "could not prepare the probe: no logout";
    for case in run.cases.iter_mut().take(2) {
        (case.verdict, case.reason) = (Verdict::Inconclusive, Some(unclear.to_owned()));
    }
    let told = format!("2 cases could not be concluded because of one thing: {unclear}\n");
    assert!(summary(&run, Style::Plain).contains(&told), "{}", summary(&run, Style::Plain));
    let log = Log::default();
    let mut progress = Progress::onto(Box::new(log.clone()), run.cases.len(), Mode::Plain);
    run.cases.iter().for_each(|case| progress.finished(case));
    progress.end();
    let text = String::from_utf8(log.0.lock().expect("no other thread").clone()).expect("lines are UTF-8");
    assert_eq!(text.matches("(os error 111)").count(), 3, "{text}");
    assert!(text.contains("… and 37 more for the same reasons"), "{text}");
}

#[test]
fn promises_that_were_judged_in_part_are_kept_and_said_to_be_so() {
    let mut run = report_support::run();
    let kept = run.cases.iter().find(|case| case.verdict == Verdict::Pass).expect("the run has one").clone();
    run.cases.push(CaseResult { id: "more/of-it".into(), verdict: Verdict::Skipped, ..kept });
    let told = summary(&run, Style::Plain);
    assert!(told.contains("judged in part") && !told.contains("kept,"), "{told}");
}

#[test]
fn a_closed_pipe_is_no_error() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }
    let run = report_support::run();
    let mut progress = Progress::onto(Box::new(Closed), 1, Mode::Plain);
    progress.finished(&run.cases[0]);
    progress.end();
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no other thread").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_verdict_of_a_run_is_one_sentence_and_never_too_kind() {
    use Verdict::{Error, Fail, Inconclusive, Pass, Skipped, Warn};
    let told = |verdicts: &[Verdict], interrupted| {
        let mut run = report_support::run();
        let case = run.cases[0].clone();
        run.cases = verdicts.iter().map(|verdict| CaseResult { verdict: *verdict, ..case.clone() }).collect();
        run.interrupted = interrupted;
        tally::sentence(&run)
    };
    let sentences = [
        (vec![], false, "Nothing was judged: no case ran."),
        (vec![Skipped], false, "Nothing was judged: 1 of 1 case skipped."),
        (vec![Pass, Pass], false, "Conformant: 2 of 2 cases passed."),
        (vec![Pass, Skipped], false, "Conformant: 1 of 2 cases passed; also 1 skipped."),
        (vec![Pass, Warn], false, "Conformant, with warnings: 1 of 2 cases found a recommendation broken."),
        (
            vec![Pass, Inconclusive, Warn],
            false,
            "Not conformant: 1 of 3 cases could not be concluded; also 1 warning.",
        ),
        (
            vec![Pass, Error, Inconclusive],
            false,
            "Not fully judged: 1 of 3 cases ended in an error; also 1 inconclusive.",
        ),
        (vec![Fail, Fail, Error, Pass], false, "Not conformant: 2 of 4 cases failed; also 1 error."),
        (vec![Pass], true, "Stopped before every case had run. So far: Conformant: 1 of 1 case passed."),
    ];
    for (verdicts, interrupted, sentence) in sentences {
        assert_eq!(told(&verdicts, interrupted), sentence);
    }
}
