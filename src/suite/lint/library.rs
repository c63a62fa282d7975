//! What can only be seen across files: ids that stand in two of them, requirements that no case proves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::suite::case::{Source, Span};
use crate::suite::catalogue::Catalogue;
use crate::suite::code::Code;
use crate::suite::diagnostic::Diagnostic;
use crate::suite::read::file::ReadSuite;

/// Two suites with one id, two cases with one id.
pub fn duplicates(suites: &[ReadSuite]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut suite_ids = BTreeMap::new();
    let mut case_ids = BTreeMap::new();
    for suite in suites {
        let Some(id) = &suite.id else { continue };
        let place = (&suite.source, id.span.clone());
        found.extend(again(&mut suite_ids, id.text.clone(), place, Code::DuplicateSuite, "suite"));
        for case in suite.cases.iter().filter_map(|(id, _)| id.as_ref()) {
            let full = format!("{}/{}", id.text, case.text);
            let place = (&suite.source, case.span.clone());
            found.extend(again(&mut case_ids, full, place, Code::DuplicateCase, "case"));
        }
    }
    found
}

type Places<'a> = BTreeMap<String, (&'a Arc<Source>, Span)>;

fn again<'a>(
    seen: &mut Places<'a>,
    id: String,
    place: (&'a Arc<Source>, Span),
    code: Code,
    what: &str,
) -> Option<Diagnostic> {
    if let Some((source, span)) = seen.get(&id) {
        let diagnostic = Diagnostic::new(code, place.0, place.1, format!("a second {what} `{id}`"))
            .also(source, span.clone(), "the first one")
            .help("give it another id");
        return Some(diagnostic);
    }
    seen.insert(id, place);
    None
}

/// Requirements that no case proves, in sections that the suites cover.
pub fn requirements_without_case(catalogue: &Catalogue, suites: &[ReadSuite]) -> Vec<Diagnostic> {
    let cases = suites.iter().flat_map(|suite| &suite.cases);
    let proved: BTreeSet<&str> =
        cases.flat_map(|(_, proves)| proves).map(|written| written.text.as_str()).collect();
    let proven = catalogue.entries.iter().filter(|entry| proved.contains(entry.id.as_str()));
    let covered: BTreeSet<&str> = proven.filter_map(|entry| entry.section.as_deref()).collect();

    let orphans = catalogue.entries.iter().filter(|entry| {
        !proved.contains(entry.id.as_str())
            && entry.section.as_deref().is_some_and(|section| covered.contains(section))
    });
    orphans
        .map(|entry| {
            let message = format!("no case proves `{}`", entry.id);
            Diagnostic::new(Code::RequirementWithoutCase, &catalogue.source, entry.span.clone(), message)
                .label("other requirements of its section have cases")
                .help(format!("write a case with `proves = [\"{}\"]`", entry.id))
        })
        .collect()
}
