//! `also`: what else breaks a case, and why that is in order. `supposes`: what a case can't be judged without, and why.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::value::{Defs, Prose, Value};
use super::wording::{near, shown};
use super::{Node, Reader, Written, in_file_order};
use crate::suite::catalogue::Catalogue;
use crate::suite::code::Code;

/// Other requirements, or single defects of them, with the reason why they break the case too; in file order.
pub struct Also(pub Vec<(Written, String)>);

impl Value for Also {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let DeValue::Table(entries) = node.get_ref() else {
            reader.wrong_type(node, "a table of requirements, each with its reason");
            return None;
        };
        let read: Vec<_> = in_file_order(entries)
            .into_iter()
            .map(|(key, node)| {
                let id = Written { text: key.get_ref().to_string(), span: key.span(), used_at: key.span() };
                Some((id, Prose::read(node, reader)?.0))
            })
            .collect();
        read.into_iter().collect::<Option<_>>().map(Self)
    }

    fn schema(_: &mut Defs) -> Json {
        json!({
            "type": "object",
            "minProperties": 1,
            "propertyNames": { "pattern": r"^[a-z]+\.[a-z-]+(:[a-z-]+)?$" },
            "additionalProperties": { "type": "string", "minLength": 1 },
        })
    }
}

impl Also {
    /// Only requirements of the catalogue that the case does not prove itself.
    pub fn lint(&self, proves: &[Written], catalogue: &Catalogue, reader: &mut Reader) {
        for (id, _) in &self.0 {
            let requirement = id.text.split(':').next().unwrap_or_default();
            if catalogue.is_whole && !catalogue.entries.iter().any(|entry| entry.id == requirement) {
                let known = catalogue.entries.iter().map(|entry| entry.id.as_str());
                let help = match near(requirement, known) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("requirements stand in {}", catalogue.source.path),
                };
                let message = format!("the catalogue has no requirement `{}`", shown(requirement));
                let mistake = reader.mistake(Code::UnknownRequirement, id.span.clone(), message).help(help);
                reader.note(mistake);
            } else if proves.iter().any(|written| written.text == requirement) {
                let message =
                    format!("the case proves `{requirement}` itself, so that it needs no reason here");
                let mistake = reader.mistake(Code::DuplicateRequirement, id.span.clone(), message);
                reader.note(mistake.help("drop it"));
            }
        }
    }
}
