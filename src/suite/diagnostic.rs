//! A mistake in a suite, as a value: where it stands, what is wrong, what was meant. Rendering it is here as well,
//! for people ([`render`]) and for editors ([`Diagnostic::record`]); finding it is not.

use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
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
    pub(super) fn new(
        code: Code,
        source: &Arc<Source>,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            message: message.into(),
            at: At::Text(Arc::clone(source), source.within(&span)),
            label: String::new(),
            also: Vec::new(),
            help: None,
        }
    }

    pub(super) fn of_path(code: Code, path: impl Into<String>, message: impl Into<String>) -> Self {
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
    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    #[must_use]
    pub(super) fn also(
        mut self,
        source: &Arc<Source>,
        span: Span,
        label: impl Into<String>,
    ) -> Self {
        self.also.push(Mark {
            source: Arc::clone(source),
            span: source.within(&span),
            label: label.into(),
        });
        self
    }

    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
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
    pub(super) fn start(&self) -> usize {
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

/// All of them for people: each with file, line, column, the line itself and a caret, and at the end how many there are.
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
    let title = Level::ERROR
        .primary_title(&diagnostic.message)
        .id(diagnostic.code.id());
    let mut group = match &diagnostic.at {
        At::Path(path) => title.element(Origin::path(path)),
        At::Text(source, span) => {
            let mut snippet =
                snippet(source).annotation(AnnotationKind::Primary.span(span.clone()).label(
                    // An empty label would leave a blank behind the caret.
                    (!diagnostic.label.is_empty()).then_some(diagnostic.label.as_str()),
                ));
            for mark in diagnostic.also.iter().filter(|mark| mark.source == *source) {
                snippet = snippet.annotation(context(mark));
            }
            title.element(snippet)
        }
    };
    for mark in &diagnostic.also {
        if !matches!(&diagnostic.at, At::Text(source, _) if *source == mark.source) {
            group = group.element(snippet(&mark.source).annotation(context(mark)));
        }
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help));
    }
    group
}

fn snippet<'a>(source: &'a Source) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    Snippet::source(source.text.as_str()).path(source.path.as_str())
}

fn context(mark: &Mark) -> annotate_snippets::Annotation<'_> {
    AnnotationKind::Context
        .span(mark.span.clone())
        .label(&mark.label)
}

fn summary(diagnostics: &[Diagnostic]) -> String {
    let mut paths: Vec<&str> = diagnostics.iter().map(Diagnostic::path).collect();
    paths.sort_unstable();
    paths.dedup();
    let plural = |count: usize, one: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    };
    format!(
        "{} in {}\n",
        plural(diagnostics.len(), "mistake"),
        plural(paths.len(), "file")
    )
}
