//! Traceability as the page shows it: each sentence of the documents, what it became, and what the run says of that.

use std::collections::HashMap;

use crate::report::tally::{Promise, Section};
use crate::report::visible;
use crate::results::{CaseResult, Document, Run, Sentence, Verdict};

use super::anchor::{case_anchor, link};
use super::case::{PromiseView, VerdictView};
use super::page::standing_look;

const SHORT: usize = 300;
const LONG: usize = 2_000;

pub struct DocumentView {
    pub title: String,
    pub source: String,
    /// How many sentences became requirements, in a sentence.
    pub counts: String,
    pub parts: Vec<PartView>,
}

pub struct PartView {
    pub heading: String,
    pub sentences: Vec<SentenceView>,
}

pub struct SentenceView {
    pub text: String,
    pub none: Option<String>,
    pub promises: Vec<TracedView>,
    /// Requirements that the run does not have: they are newer than the edition it was pinned to.
    pub newer: Vec<String>,
}

/// A requirement beside a sentence.
pub struct TracedView {
    pub promise: PromiseView,
    pub standing: &'static str,
    pub sign: &'static str,
    pub class: &'static str,
    pub cases: Vec<ProofView>,
    pub defects: Vec<(String, String)>,
}

/// A case that proves it, with all its variants.
pub struct ProofView {
    pub id: String,
    /// The heaviest verdict among its variants, and where that one stands. `None`: the run did not have it.
    pub ended: Option<(VerdictView, String)>,
}

/// Every document of the run.
pub fn of(run: &Run, sections: &[Section<'_>]) -> Vec<DocumentView> {
    let promises: HashMap<&str, &Promise<'_>> = sections
        .iter()
        .flat_map(|section| &section.promises)
        .map(|promise| (promise.requirement.id.as_str(), promise))
        .collect();
    run.documents.iter().map(|document| document_view(document, &promises)).collect()
}

fn document_view(document: &Document, promises: &HashMap<&str, &Promise<'_>>) -> DocumentView {
    let parts = document.parts.iter().map(|part| PartView {
        heading: visible::line(&part.heading, SHORT),
        sentences: part.sentences.iter().map(|sentence| sentence_view(sentence, promises)).collect(),
    });
    let sentences = || document.parts.iter().flat_map(|part| &part.sentences);
    let became = sentences().filter(|sentence| !sentence.became.is_empty()).count();
    let mut ids: Vec<&String> = sentences().flat_map(|sentence| &sentence.became).collect();
    ids.sort_unstable();
    ids.dedup();
    let all = sentences().count();
    DocumentView {
        title: visible::line(&document.title, SHORT),
        source: visible::line(&document.source, SHORT),
        counts: format!(
            "{became} of {all} sentences became {} promises; of the other {} it is said why they became none.",
            ids.len(),
            all - became
        ),
        parts: parts.collect(),
    }
}

fn sentence_view(sentence: &Sentence, promises: &HashMap<&str, &Promise<'_>>) -> SentenceView {
    let (known, newer): (Vec<&String>, Vec<&String>) =
        sentence.became.iter().partition(|id| promises.contains_key(id.as_str()));
    SentenceView {
        text: visible::line(&sentence.text, LONG),
        none: sentence.none.as_deref().map(|none| visible::line(none, LONG)),
        promises: known.iter().map(|id| traced_view(promises[id.as_str()])).collect(),
        newer: newer.iter().map(|id| visible::line(id, SHORT)).collect(),
    }
}

fn traced_view(promise: &Promise<'_>) -> TracedView {
    let (class, sign) = standing_look(promise.standing);
    let requirement = promise.requirement;
    let defects = requirement.defects.iter();
    TracedView {
        promise: PromiseView::of(requirement),
        standing: promise.standing.as_str(),
        sign,
        class,
        cases: requirement.cases.iter().map(|id| proof(id, &promise.cases)).collect(),
        defects: defects
            .map(|defect| (visible::line(&defect.id, SHORT), visible::line(&defect.about, LONG)))
            .collect(),
    }
}

fn proof(id: &str, run: &[&CaseResult]) -> ProofView {
    let variants = run.iter().filter(|case| case.id.split('[').next() == Some(id));
    let rank = |verdict: Verdict| Verdict::ALL.iter().position(|known| *known == verdict);
    // Of several that weigh the same, the first.
    let heaviest = variants.min_by_key(|case| rank(case.verdict));
    ProofView {
        id: visible::line(id, SHORT),
        ended: heaviest.map(|case| (VerdictView::of(case.verdict), link(&case_anchor(&case.id)))),
    }
}
