//! A mistake in a suite, as a value: where it stands, what is wrong, what was meant. Rendering it is here as well,
//! for people ([`render`]) and for editors ([`Diagnostic::record`]); finding it is not.

use std::sync::Arc;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde::Serialize;

use super::case::{Source, Span};
use super::code::Code;

/// One mistake. Each one stops the load, so there is no other severity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: Code,
    /// What is wrong, in one line without a full stop.
    pub message: String,
    pub at: At,
    /// What stands under the caret: what was expected there, or why it is wrong.
    pub label: String,
    /// Other places that explain it, each with what it has to do with it.
    pub also: Vec<Mark>,
    /// What to do next, such as ``did you mean `login`?``
    pub help: Option<String>,
}

/// What a mistake is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// A passage of a file.
    Text(Arc<Source>, Span),
    /// A file or folder as a whole, because there is no text to point at.
    Path(String),
}

/// A further place, in the same file or another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub source: Arc<Source>,
    pub span: Span,
    pub label: String,
}

/// A mistake for editors and scripts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    pub file: String,
    /// From 1; 1 for a file as a whole.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// How many characters are meant, at least 1.
    pub width: u32,
    pub severity: &'static str,
    pub code: &'static str,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// Whether to colour what is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    Plain,
    Colour,
}

impl Diagnostic {
    pub(crate) fn new(code: Code, source: &Arc<Source>, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            at: At::Text(Arc::clone(source), source.within(&span)),
            label: String::new(),
            also: Vec::new(),
            help: None,
        }
    }

    pub(crate) fn of_path(code: Code, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            at: At::Path(path.into()),
            label: String::new(),
            also: Vec::new(),
            help: None,
        }
    }

    #[must_use]
    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    #[must_use]
    pub(crate) fn also(mut self, source: &Arc<Source>, span: Span, label: impl Into<String>) -> Self {
        self.also.push(Mark { source: Arc::clone(source), span: source.within(&span), label: label.into() });
        self
    }

    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The file or folder that it is about.
    pub fn path(&self) -> &str {
        match &self.at {
            At::Text(source, _) => &source.path,
            At::Path(path) => path,
        }
    }

    /// The byte of the file at which it begins.
    pub(crate) fn start(&self) -> usize {
        match &self.at {
            At::Text(_, span) => span.start,
            At::Path(_) => 0,
        }
    }

    /// It as a record of plain values.
    pub fn record(&self) -> Record {
        let (line, column, width) = match &self.at {
            At::Text(source, span) => {
                let place = source.place(span);
                (place.line, place.column, place.width)
            }
            At::Path(_) => (1, 1, 1),
        };
        Record {
            file: self.path().to_owned(),
            line,
            column,
            width,
            severity: "error",
            code: self.code.id(),
            message: self.message.clone(),
            help: self.help.clone(),
        }
    }
}

/// All of them for people: each with file, line, column, the line itself and a caret; at the end how many there are.
pub fn render(diagnostics: &[Diagnostic], paint: Paint) -> String {
    let renderer = match paint {
        Paint::Plain => Renderer::plain(),
        Paint::Colour => Renderer::styled(),
    };
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(renderer.render(&[group(diagnostic)]).trim_end());
        out.push_str("\n\n");
    }
    out.push_str(&summary(diagnostics));
    out
}

fn group(diagnostic: &Diagnostic) -> Group<'_> {
    let title = Level::ERROR.primary_title(&diagnostic.message).id(diagnostic.code.id());
    let mut group = match &diagnostic.at {
        At::Path(path) => title.element(Origin::path(path)),
        At::Text(source, span) => {
            let beside: Vec<&Mark> = diagnostic.also.iter().filter(|mark| mark.source == *source).collect();
            let mut window = Window::of(source, beside.iter().map(|mark| &mark.span).chain([span]));
            // An empty label would leave a blank behind the caret.
            let label = (!diagnostic.label.is_empty()).then_some(diagnostic.label.as_str());
            window.mark(AnnotationKind::Primary, span, label);
            for mark in beside {
                window.mark(AnnotationKind::Context, &mark.span, Some(&mark.label));
            }
            title.element(window.snippet())
        }
    };
    for mark in &diagnostic.also {
        if !matches!(&diagnostic.at, At::Text(source, _) if *source == mark.source) {
            let mut window = Window::of(&mark.source, [&mark.span]);
            window.mark(AnnotationKind::Context, &mark.span, Some(&mark.label));
            group = group.element(window.snippet());
        }
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help));
    }
    group
}

/// The lines of a file that are shown. The renderer gets no others: it reads all it is given anew for every mistake.
struct Window<'a> {
    source: &'a Source,
    lines: Span,
    marks: Vec<Annotation<'a>>,
}

impl<'a> Window<'a> {
    fn of<'s>(source: &'a Source, spans: impl IntoIterator<Item = &'s Span>) -> Self {
        let (start, end) = spans
            .into_iter()
            .fold((source.text.len(), 0), |(start, end), span| (start.min(span.start), end.max(span.end)));
        let before = source.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let after = source.text[end..].find('\n').map_or(source.text.len(), |newline| end + newline + 1);
        Self { source, lines: before..after, marks: Vec::new() }
    }

    fn mark(&mut self, kind: AnnotationKind, span: &Span, label: Option<&'a str>) {
        let span = span.start - self.lines.start..span.end - self.lines.start;
        self.marks.push(kind.span(span).label(label));
    }

    fn snippet(self) -> Snippet<'a, Annotation<'a>> {
        let first = self.source.line_at(self.lines.start);
        Snippet::source(&self.source.text[self.lines])
            .path(self.source.path.as_str())
            .line_start(first)
            .annotations(self.marks)
    }
}

fn summary(diagnostics: &[Diagnostic]) -> String {
    let mut paths: Vec<&str> = diagnostics.iter().map(Diagnostic::path).collect();
    paths.sort_unstable();
    paths.dedup();
    let plural = |count: usize, one: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    };
    format!("{} in {}\n", plural(diagnostics.len(), "mistake"), plural(paths.len(), "file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake() -> Diagnostic {
        let text = "é = 1\nlogn = {}\n".to_owned();
        let source = Arc::new(Source::new("suites/a.toml", text));
        Diagnostic::new(Code::UnknownVerb, &source, 7..11, "unknown verb `logn`")
            .help("did you mean `login`?")
    }

    #[test]
    fn a_record_has_what_an_editor_needs() {
        let record = serde_json::to_value(mistake().record()).expect("it is JSON");
        let expected = serde_json::json!({
            "file": "suites/a.toml", "line": 2, "column": 1, "width": 4, "severity": "error", "code": "GS009",
            "message": "unknown verb `logn`", "help": "did you mean `login`?",
        });
        assert_eq!(record, expected);
    }

    #[test]
    fn only_what_is_painted_has_colours() {
        assert!(render(&[mistake()], Paint::Colour).contains('\u{1b}'));
        assert!(!render(&[mistake()], Paint::Plain).contains('\u{1b}'));
    }
}
