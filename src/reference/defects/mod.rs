//! Every way in which the bank can be made to break a promise. A defect is one row: the id of the requirement that it
//! breaks (variants after a colon), what it does, and the change of [`Rules`] that does it.

mod authorize;
mod calls;
mod consent;
mod logins;
mod logout;
mod mandate;
mod nodes;
mod refresh;
mod token;

use std::sync::LazyLock;

use super::rules::Rules;

/// One named departure from the right bank.
#[derive(Debug)]
pub struct Defect {
    /// The requirement it breaks, `section.name`, and for variants `:` and a word.
    pub id: &'static str,
    /// What the bank does wrong, as a sentence fragment.
    pub about: &'static str,
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
    let tables = [
        authorize::TABLE,
        token::TABLE,
        refresh::TABLE,
        logins::TABLE,
        calls::TABLE,
        logout::TABLE,
        consent::TABLE,
        mandate::TABLE,
        nodes::TABLE,
    ];
    tables.into_iter().flatten().collect()
});

/// The defect with this id.
pub fn find(id: &str) -> Option<&'static Defect> {
    ALL.iter().copied().find(|defect| defect.id == id)
}

/// A row of a table.
const fn row(id: &'static str, about: &'static str, apply: fn(&mut Rules)) -> Defect {
    Defect { id, about, apply }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn an_id_is_section_and_name_and_unique() {
        let mut seen = HashSet::new();
        for defect in ALL.iter() {
            assert!(seen.insert(defect.id), "{} is there twice", defect.id);
            let (section, name) = defect.requirement().split_once('.').expect(defect.id);
            for part in [section, name] {
                let plain = part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
                assert!(plain && !part.is_empty(), "{}", defect.id);
            }
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
        let mut seen: Vec<(Rules, &str)> = vec![(Rules::default(), "the right bank")];
        for defect in ALL.iter() {
            let mut rules = Rules::default();
            (defect.apply)(&mut rules);
            let same = seen.iter().find(|(known, _)| *known == rules);
            assert!(same.is_none(), "{} does what {:?} does", defect.id, same.map(|s| s.1));
            seen.push((rules, defect.id));
        }
    }

    #[test]
    fn every_row_of_the_covered_sections_has_a_defect() {
        let rows = [
            "state.echo-exact",
            "state.not-swapped",
            "state.absent",
            "state.on-error",
            "state.no-injection",
            "authorize.duplicate-parameter",
            "authorize.unknown-parameter",
            "authorize.response-type",
            "authorize.denied",
            "redirect.exact-match",
            "redirect.never-open",
            "redirect.keeps-query",
            "page.framing",
            "code.fields",
            "code.single-use",
            "code.replay-revokes",
            "code.one-winner",
            "code.bound-to-client",
            "code.bound-to-redirect",
            "code.expires",
            "code.failed-exchange-grants-nothing",
            "client.secret-checked",
            "client.unknown",
            "client.credentials-not-in-url",
            "client.conflicting-auth",
            "token.post-form-only",
            "token.grant-type",
            "token.duplicate-parameter",
            "token.not-cacheable",
            "token.unpredictable",
            "token.expiry-honest",
            "refresh.single-use",
            "refresh.rotates",
            "refresh.kills-old-access",
            "refresh.works-after-expiry",
            "refresh.one-winner",
            "refresh.reuse-revokes-family",
            "refresh.bound-to-client",
            "refresh.failed-attempt-keeps-token",
            "refresh.no-escalation",
            "refresh.error-code",
            "refresh.access-token-is-not-refresh-token",
            "public.no-refresh-token",
            "public.no-refresh-grant",
            "public.no-downgrade",
            "public.works",
            "one.new-login-kills-access",
            "one.new-login-kills-refresh",
            "one.other-users-survive",
            "one.other-clients-survive",
            "one.only-at-exchange",
            "one.concurrent-logins",
            "whoami.identity",
            "whoami.no-token",
            "whoami.bad-token",
            "whoami.header-only",
            "whoami.scheme",
            "sca.no-permissions-before",
            "sca.approval-opens-that-token",
            "sca.denied-never-opens",
            "sca.refresh-never-approves",
            "sca.only-the-owner",
            "sca.history-window",
            "logout.kills-access",
            "logout.kills-refresh",
            "logout.only-this-grant",
            "logout.needs-token",
            "logout.repeatable",
            "logout.during-sca",
            "logout.races",
            "consent.listed",
            "consent.one-click",
            "consent.pending-code-dies",
            "consent.only-that-one",
            "consent.reason-given",
            "consent.reconnect-is-fresh",
            "mandate.listed",
            "mandate.cancel",
            "mandate.outlives-nothing",
            "node.invalidation-everywhere",
            "restart.dead-stays-dead",
            "overload.no-side-effect",
        ];
        for id in rows {
            assert!(find(id).is_some(), "{id}");
        }
    }
}
