//! Connecting a third party again after a disconnection: a new grant, in which nothing of the ended one comes back.
//! Everything here is what a defective bank does instead.

use super::rows::{CodeLife, End, GrantIx, Life, RefreshLife, Stage};
use super::{ClientIx, LoginIx, Turn, UserIx};
use crate::reference::rules::{Reconnect, Revives};

impl Turn<'_> {
    /// Whether a client gets less because the user disconnected it once: it does not.
    pub(super) fn turned_away(&self, user: UserIx, client: ClientIx, rule: Reconnect) -> bool {
        self.rules.consent.reconnect == rule && self.disconnected_before(user, client)
    }

    /// What a new grant brings back of those before it: nothing.
    pub(super) fn revive_by_reconnecting(&mut self, new: GrantIx) {
        let rule = self.rules.consent.revives;
        if rule == Revives::Nothing {
            return;
        }
        let (user, client) = (self.world.grants[new.at()].user, self.world.grants[new.at()].client);
        for grant in self.grants_where(|_, grant| grant.user == user && grant.client == client) {
            let row = &mut self.world.grants[grant.at()];
            if row.over != Some(End::Disconnected) || rule == Revives::Codes {
                continue;
            }
            row.over = None;
            for &token in row.access.iter().filter(|_| rule == Revives::Tokens) {
                let life = &mut self.world.access[token].life;
                if *life == Life::Dead(End::Disconnected) {
                    *life = Life::Live;
                }
            }
            for &token in &row.refresh {
                let life = &mut self.world.refresh[token].life;
                if *life == RefreshLife::Dead(End::Disconnected) {
                    *life = RefreshLife::Live;
                }
            }
        }
        for login in (0..self.world.logins.len()).map(LoginIx::new).filter(|_| rule == Revives::Codes) {
            let row = &mut self.world.logins[login.at()];
            if row.client == client
                && let Stage::Allowed { user: who, code } = &mut row.stage
                && *who == user
                && matches!(code.life, CodeLife::Dead(End::Disconnected))
            {
                code.life = CodeLife::Fresh;
            }
        }
    }
}
