//! Every way in which the app can be made to break a promise. A defect is one row: the id of the requirement that it
//! breaks (variants after a colon), what it does, and the change of [`Rules`] that does it.

mod leaving;
mod login;
mod reading;
mod refresh;
mod secrets;

use std::sync::LazyLock;

use super::rules::Rules;

/// One named departure from the right app.
#[derive(Debug)]
pub struct Defect {
    /// The requirement it breaks, `app.name`, and for variants `:` and a word.
    pub id: &'static str,
    /// What the app does wrong, as a sentence fragment.
    pub about: &'static str,
    /// Whether only a public client can show it: one without a secret and without refresh tokens.
    pub public: bool,
    pub apply: fn(&mut Rules),
}

impl Defect {
    /// The requirement that it breaks.
    pub fn requirement(&self) -> &'static str {
        self.id.split(':').next().unwrap_or(self.id)
    }
}

/// All of them, in the order of the catalogue.
pub static ALL: LazyLock<Vec<&'static Defect>> = LazyLock::new(|| {
    let tables = [login::TABLE, secrets::TABLE, refresh::TABLE, reading::TABLE, leaving::TABLE];
    tables.into_iter().flatten().collect()
});

/// The defect with this id.
pub fn find(id: &str) -> Option<&'static Defect> {
    ALL.iter().copied().find(|defect| defect.id == id)
}

/// A row of a table.
const fn row(id: &'static str, about: &'static str, apply: fn(&mut Rules)) -> Defect {
    Defect { id, about, public: false, apply }
}

/// A row that only a public client can show.
const fn public_row(id: &'static str, about: &'static str, apply: fn(&mut Rules)) -> Defect {
    Defect { id, about, public: true, apply }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn an_id_is_of_the_app_and_unique() {
        let mut seen = HashSet::new();
        for defect in ALL.iter() {
            assert!(seen.insert(defect.id), "{} is there twice", defect.id);
            let name = defect.requirement().strip_prefix("app.").expect(defect.id);
            let plain =
                name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            assert!(plain && !name.is_empty(), "{}", defect.id);
        }
    }

    #[test]
    fn every_requirement_has_a_defect_under_its_bare_id() {
        for defect in ALL.iter() {
            assert!(find(defect.requirement()).is_some(), "{}", defect.id);
        }
    }

    #[test]
    fn a_defect_changes_the_rules_and_no_two_change_them_alike() {
        let mut seen: Vec<(Rules, &str)> = vec![(Rules::default(), "the right app")];
        for defect in ALL.iter() {
            let mut rules = Rules::default();
            (defect.apply)(&mut rules);
            let same = seen.iter().find(|(known, _)| *known == rules);
            assert!(same.is_none(), "{} does what {:?} does", defect.id, same.map(|s| s.1));
            seen.push((rules, defect.id));
        }
    }

    #[test]
    fn every_promise_of_an_app_has_a_defect() {
        let rows = [
            "app.state-unguessable",
            "app.state-bound-to-browser",
            "app.state-one-time",
            "app.abort-on-mismatch",
            "app.abort-on-missing",
            "app.code-once",
            "app.odd-callback",
            "app.denied",
            "app.bad-token-answer",
            "app.token-in-header",
            "app.secret-in-body",
            "app.no-token-across-origins",
            "app.uses-newest-refresh",
            "app.never-reuses-refresh",
            "app.single-flight-refresh",
            "app.public-reauthenticates",
            "app.dead-grant-stops",
            "app.no-storm-on-401",
            "app.pending-sca",
            "app.backs-off",
            "app.logout-on-disconnect",
            "app.discards-on-disconnect",
            "app.deletes-data-on-disconnect",
            "app.revoked-by-user",
            "app.disconnect-races-refresh",
            "app.verifies-tls",
            "app.no-user-mix-up",
        ];
        for id in rows {
            assert!(find(id).is_some(), "{id}");
        }
    }
}
