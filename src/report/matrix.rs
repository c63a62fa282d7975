//! The kill matrix as HTML, JSON and text: three functions of a [`Matrix`].

use std::io;
use std::path::Path;

use askama::Template;

use super::files::{self, FileProblem, WriteError};
use super::{html, json};
use crate::results::{Matrix, Problem, Subject};

/// Problems that the text shows; the other two have all.
const SHOWN: usize = 40;

/// `matrix.html`: one file, nothing loaded, no script.
#[derive(Template)]
#[template(path = "matrix.html")]
struct Page<'a> {
    matrix: &'a Matrix,
    sentence: String,
    policy: String,
    style: &'static str,
}

pub fn html(matrix: &Matrix) -> String {
    let page = Page { matrix, sentence: sentence(matrix), policy: html::policy(), style: html::STYLE };
    page.render().expect("writing into a String does not fail")
}

/// The matrix in a terminal or a log: one line a promise, then what keeps the proof from standing.
pub fn text(matrix: &Matrix) -> String {
    let mut text = String::new();
    for side in &matrix.sides {
        let heading = match side.subject {
            Subject::Bank => "promise of a bank",
            Subject::App => "promise of an app",
        };
        text.push_str(&format!("{heading:<46} {:>7} {:>16}\n", "cases", "defects noticed"));
        for row in side.requirements.iter().filter(|row| matrix.whole || row.defects > 0) {
            text.push_str(&format!(
                "{:<46} {:>7} {:>10} of {:>2}\n",
                row.id, row.cases, row.killed, row.defects
            ));
        }
        text.push('\n');
    }
    for Problem { kind, about, text: why } in matrix.problems.iter().take(SHOWN) {
        text.push_str(&format!("{}: {about}: {why}\n", kind.as_str()));
    }
    if matrix.problems.len() > SHOWN {
        text.push_str(&format!("… and {} more\n", matrix.problems.len() - SHOWN));
    }
    text.push_str(&format!("{}\n", sentence(matrix)));
    text
}

/// Writes `matrix.html`, `matrix.json` and `matrix.txt` into `dir`, as [`files::write`] writes a run's.
pub fn write(dir: &Path, matrix: &Matrix) -> Result<(), WriteError> {
    let put = |text: String| {
        move |file: &mut dyn io::Write| file.write_all(text.as_bytes()).map_err(FileProblem::Write)
    };
    files::write_all(
        dir,
        [
            ("matrix.json", Box::new(|file: &mut dyn io::Write| json::write(file, matrix)) as files::Content),
            ("matrix.txt", Box::new(put(text(matrix)))),
            ("matrix.html", Box::new(put(html(matrix)))),
        ],
    )
}

fn sentence(matrix: &Matrix) -> String {
    let rows = || matrix.sides.iter().flat_map(|side| &side.defects);
    let killed = rows().filter(|row| !row.killed_by.is_empty()).count();
    let (defects, cases) = (rows().count(), matrix.sides.iter().map(|side| side.cases.len()).sum::<usize>());
    match matrix.problems.len() {
        0 if !matrix.whole => {
            format!("Noticed: each of the {defects} defects that were tried. The others were not.")
        }
        0 => format!(
            "Proved: each of {defects} defects is noticed by a case of its promise, and each of {cases} cases notices one."
        ),
        1 => format!("Not proved: {killed} of {defects} defects noticed; 1 problem."),
        count => format!("Not proved: {killed} of {defects} defects noticed; {count} problems."),
    }
}
