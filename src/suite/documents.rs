//! Documents: the chapters that the catalogue was made from, with what became of each sentence. Files of the folder
//! `documents` beside the catalogue, read with the same machinery.
//!
//! ```toml
//! [document]
//! id = "authentication"
//! title = "Authentication"
//! source = "Monzo API docs"               # as the sources of requirements begin: Monzo API docs, "…"
//!
//! [[part]]
//! heading = "Client confidentiality"
//!
//! [[part.sentence]]
//! text = "Non-confidential clients are not issued refresh tokens."
//! became = ["public.no-refresh-token"]    # or: none = "why it became no requirement"
//! ```

use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::case::Source;
use super::catalogue::Catalogue;
use super::code::Code;
use super::diagnostic::Diagnostic;
use super::read::case::Id;
use super::read::file::{stands_on_its_own, syntax_mistakes};
use super::read::form::{Lenient, form};
use super::read::value::{Prose, Value};
use super::read::wording::{near, shown};
use super::read::{Reader, Written};
use crate::results::{Document, Part, Requirement, Sentence};

form! {
    /// A document.
    struct DocumentForm {
        /// What it is.
        document: Lenient<HeadForm>,
        /// What stands under each heading.
        part: Lenient<Vec<PartForm>>,
    }
}

form! {
    /// What a document is.
    struct HeadForm {
        /// Kebab-case.
        id: Id,
        /// Its heading.
        title: Prose,
        /// The publication that it stands in.
        source: Prose,
    }
}

form! {
    /// What stands under one heading.
    struct PartForm {
        /// The heading.
        heading: Prose,
        /// Its sentences.
        sentence: Vec<SentenceForm>,
    }
}

form! {
    /// A sentence.
    struct SentenceForm {
        /// The document's own words.
        text: Written,
        /// The requirements that it became.
        became: Option<Vec<Written>>,
        /// Why it became none.
        none: Option<Prose>,
    }
}

/// Reads a document as far as it can be read, and every mistake in it.
pub(super) fn read(source: Arc<Source>, catalogue: &Catalogue) -> (Option<Document>, Vec<Diagnostic>) {
    let text = Arc::clone(&source);
    let (tree, errors) = DeTable::parse_recoverable(&text.text);
    let mut reader = Reader::new(Arc::clone(&source));
    let span = tree.span();
    let node = toml::Spanned::new(span, DeValue::Table(tree.into_inner()));
    let form = DocumentForm::read(&node, &mut reader);
    let document = form.and_then(|form| {
        let head = form.document.0?;
        let parts = form.part.0?.into_iter().map(|part| Part {
            heading: part.heading.0,
            sentences: part.sentence.into_iter().map(|form| sentence(form, catalogue, &mut reader)).collect(),
        });
        let parts = parts.collect();
        Some(Document { id: head.id.text, title: head.title.0, source: head.source.0, parts })
    });
    let mut found = syntax_mistakes(&source, &errors);
    let is_toml = found.is_empty();
    let others = reader.into_found().into_iter();
    found.extend(others.filter(|mistake| is_toml || stands_on_its_own(mistake, &source, &errors)));
    found.sort_by_key(Diagnostic::start);
    (document, found)
}

fn sentence(form: SentenceForm, catalogue: &Catalogue, reader: &mut Reader) -> Sentence {
    let became = form.became.unwrap_or_default();
    if became.is_empty() == form.none.is_none() {
        let message = if became.is_empty() {
            "this sentence became no requirement, and nothing says why"
        } else {
            "this sentence became a requirement, and yet there is a reason why it became none"
        };
        let mistake = reader.mistake(Code::OneOf, form.text.span.clone(), message);
        reader.note(mistake.help("give it either `became` with requirements, or `none` with the reason"));
    }
    for written in &became {
        if catalogue.is_whole && !catalogue.entries.iter().any(|entry| entry.id == written.text) {
            let known = catalogue.entries.iter().map(|entry| entry.id.as_str());
            let help = match near(&written.text, known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("requirements stand in {}", catalogue.source.path),
            };
            let message = format!("the catalogue has no requirement `{}`", shown(&written.text));
            let mistake = reader.mistake(Code::UnknownRequirement, written.span.clone(), message);
            reader.note(mistake.help(help));
        }
    }
    Sentence {
        text: form.text.text,
        became: became.into_iter().map(|written| written.text).collect(),
        none: form.none.map(|none| none.0),
    }
}

/// Requirements whose source is one of these documents, and which no sentence of them became.
pub(super) fn untraced(documents: &[Document], catalogue: &Catalogue) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for document in documents {
        let sentences = || document.parts.iter().flat_map(|part| &part.sentences);
        for requirement in catalogue.requirements.iter().filter(|requirement| is_from(requirement, document))
        {
            if sentences().any(|sentence| sentence.became.contains(&requirement.id)) {
                continue;
            }
            let span = catalogue.entries.iter().find(|entry| entry.id == requirement.id);
            let span = span.map_or(0..0, |entry| entry.span.clone());
            let message = format!("no sentence of {} became `{}`", document.id, requirement.id);
            let mistake = Diagnostic::new(Code::Untraced, &catalogue.source, span, message)
                .label("its source says that it comes from there")
                .help("name it in the `became` of the sentence that promises it");
            found.push(mistake);
        }
    }
    found
}

/// Whether a requirement's source names a heading of the document: `Monzo API docs, "Log Out", "Errors"; RFC 7009 §2.2`.
fn is_from(requirement: &Requirement, document: &Document) -> bool {
    let of_document = requirement
        .source
        .split("; ")
        .filter_map(|source| source.strip_prefix(document.source.as_str())?.strip_prefix(", "));
    let mut headings = of_document.flat_map(|named| named.split('"').skip(1).step_by(2));
    headings.any(|heading| document.parts.iter().any(|part| part.heading == heading))
}

#[cfg(test)]
mod tests {
    use crate::suite::Library;

    /// One space for each gap, and one kind of quote and dash.
    fn plain(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_the_catalogue_quotes_stands_in_the_document_word_for_word() {
        let library = Library::shipped();
        for document in &library.documents {
            let sentences = document.parts.iter().flat_map(|part| &part.sentences);
            let whole =
                plain(&sentences.map(|sentence| sentence.text.as_str()).collect::<Vec<_>>().join(" "));
            let requirements = library.catalogue.requirements.iter();
            for requirement in requirements.filter(|requirement| super::is_from(requirement, document)) {
                let Some(quote) = &requirement.quote else { continue };
                assert!(whole.contains(&plain(quote)), "{}: {quote}", requirement.id);
            }
        }
    }

    #[test]
    fn a_source_names_a_document_by_its_headings() {
        let library = Library::shipped();
        let from = |id: &str| {
            let requirement = library.catalogue.requirement(id).expect("the catalogue has it");
            let documents = library.documents.iter().filter(|document| super::is_from(requirement, document));
            documents.map(|document| document.id.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(from("refresh.single-use"), ["authentication"]);
        assert_eq!(from("consent.one-click"), ["disconnection"]);
        // Another chapter of the same docs, and a standard.
        assert!(from("sca.history-window").is_empty() && from("token.not-cacheable").is_empty());
    }
}
