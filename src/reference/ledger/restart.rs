//! The bank is started anew. It forgets nothing; a defective one forgets what it kept in memory only.

use super::Turn;
use super::marks::{Change, Mark};
use super::rows::{CodeLife, End, Life, MandateStanding, RefreshLife, Standing};
use super::{Seconds, rows::Access};
use crate::reference::rules::Forgets;

impl Turn<'_> {
    /// What the world is like after the bank was started anew.
    pub fn restart(&mut self) {
        let forgotten = std::mem::take(&mut self.world.changes);
        for change in forgotten.into_iter().rev() {
            if self.forgets(&change) {
                self.world.set_mark(change.was);
            }
        }
        let now = self.now;
        match self.rules.node.forgets {
            Forgets::Expiries => {
                let expired = self.world.access.touch_all(|row| row.expires <= now);
                expired.for_each(|row| row.expires = Seconds::MAX);
            }
            Forgets::LiveAccess => self.lose_access(|_, _| true),
            Forgets::LiveRefreshedAccess => self.lose_access(|at, first| at != first),
            Forgets::LiveRefresh => {
                let live = self.world.refresh.touch_all(|row| row.life == RefreshLife::Live);
                live.for_each(|row| row.life = RefreshLife::Dead(End::Abused));
            }
            Forgets::Waiting => {
                let logins = self.world.logins.touch_all(|row| row.approval.is_some());
                for approval in logins.filter_map(|row| row.approval.as_mut()) {
                    if approval.standing == Standing::Pending {
                        approval.standing = Standing::Approved { at: now };
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether the bank kept this in memory only: it keeps nothing there alone.
    fn forgets(&self, change: &Change) -> bool {
        let rule = self.rules.node.forgets;
        let by = |end: End| match rule {
            Forgets::Logouts => end == End::LoggedOut,
            Forgets::Disconnections => end == End::Disconnected,
            _ => false,
        };
        match change.is {
            Mark::Access(_, Life::Dead(end)) => match rule {
                Forgets::Ends => true,
                Forgets::Replacements => end == End::Replaced,
                Forgets::Evictions => end == End::Evicted,
                _ => by(end),
            },
            Mark::Refresh(_, RefreshLife::Dead(end)) | Mark::Grant(_, Some(end)) => {
                by(end) || (rule == Forgets::RefreshLogouts && end == End::LoggedOut)
            }
            Mark::Refresh(_, RefreshLife::Spent { .. }) => rule == Forgets::SpentRefreshTokens,
            Mark::Code(_, CodeLife::Dead(end)) => by(end),
            Mark::Code(_, CodeLife::Spent { .. }) => rule == Forgets::UsedCodes,
            Mark::Mandate(_, MandateStanding::Cancelled { .. }) => rule == Forgets::CancelledMandates,
            Mark::Approval(_, Standing::Approved { .. }) => rule == Forgets::Approvals,
            _ => false,
        }
    }

    /// Loses live access tokens, of those that `lost` holds for by their place and that of their grant's first.
    fn lose_access(&mut self, lost: impl Fn(usize, usize) -> bool) {
        for at in 0..self.world.access.len() {
            let Access { grant, life, .. } = &self.world.access[at];
            let first = self.world.grants[grant.at()].access.first().copied().unwrap_or(at);
            if *life == Life::Live && lost(at, first) {
                self.world.access[at].life = Life::Dead(End::Abused);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::marks::Seat;
    use super::super::scene::Scene;
    use super::*;
    use crate::reference::rules::Rules;

    fn restarted(forgets: Forgets) -> (bool, bool, bool) {
        let mut rules = Rules::default();
        rules.node.forgets = forgets;
        let mut scene = Scene::with(rules);
        let old = scene.login("alice", "server");
        let live = scene.login("bob", "server");
        scene.turn(|turn| {
            turn.seated(Seat::default(), |turn| {
                let leaving = turn.check_logout(old.access.expose()).expect("lives");
                turn.leave(leaving);
            });
            turn.seated(Seat::default(), Turn::restart);
        });
        let refresh = old.refresh.expect("given");
        (
            scene.whoami(&old.access).is_ok(),
            scene.refresh("server", &refresh).is_ok(),
            scene.whoami(&live.access).is_ok(),
        )
    }

    #[test]
    fn nothing_comes_back_and_nothing_is_lost() {
        assert_eq!(restarted(Forgets::Nothing), (false, false, true));
    }

    #[test]
    fn a_defective_bank_forgets_what_its_rule_says() {
        assert_eq!(restarted(Forgets::Ends), (true, false, true));
        assert_eq!(restarted(Forgets::Logouts), (true, true, true));
        assert_eq!(restarted(Forgets::RefreshLogouts), (false, true, true));
        assert_eq!(restarted(Forgets::LiveAccess), (false, false, false));
    }
}
