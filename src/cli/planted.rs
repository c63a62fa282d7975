//! Defects of the bundled bank, chosen by their ids.

use crate::reference::defects::{self, Defect};
use crate::results::{KnownDefect, Requirement};

/// A defect that nobody planted.
#[derive(Debug, thiserror::Error)]
#[error("there is no defect {id}{}; `grantspec list defects` shows all", .near.map(|near| format!(", did you mean {near}?")).unwrap_or_default())]
pub struct UnknownDefect {
    id: String,
    near: Option<&'static str>,
}

/// The defects of these ids.
pub fn chosen_defects(ids: &[String]) -> Result<Vec<&'static Defect>, UnknownDefect> {
    let chosen = |id: &String| {
        defects::find(id).ok_or_else(|| {
            let likeness = |known: &str| (strsim::jaro_winkler(known, id) * 1000.0) as u32;
            let near = defects::ALL.iter().map(|defect| defect.id).max_by_key(|known| likeness(known));
            UnknownDefect { id: id.clone(), near: near.filter(|near| likeness(near) > 800) }
        })
    };
    ids.iter().map(chosen).collect()
}

/// A requirement with the bundled bank's defects that break it.
pub fn with_defects(mut requirement: Requirement) -> Requirement {
    let own = defects::ALL.iter().filter(|defect| defect.requirement() == requirement.id);
    requirement.defects =
        own.map(|defect| KnownDefect { id: defect.id.to_owned(), about: defect.about.to_owned() }).collect();
    requirement
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_defect_is_pointed_at() {
        let error =
            chosen_defects(&["refresh.singel-use".to_owned()]).expect_err("there is none").to_string();
        assert!(error.contains("did you mean refresh.single-use?"), "{error}");
    }
}
