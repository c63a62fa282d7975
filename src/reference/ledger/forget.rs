//! What a world forgets. Everything that lives or waits stays; of what is over, the newest of each kind stay.
//!
//! A token that is over is refused, forgotten or not. What goes with it is the reason that its refusal gives, and the
//! reuse of a spent refresh token no longer ends its family: that goes on for as many refreshes of the whole world as
//! [`REMEMBERED`] says. A client that refreshes when its token expires, every six hours, is within it for years.

use super::rows::{CodeLife, End, Fate, GrantIx, Life, MandateStanding, RefreshLife, Stage, Standing};
use super::table::Table;
use super::world::World;
use super::{APPROVAL_SECONDS, Ledger, LoginIx, Seconds, WorldId};
use crate::reference::rules::CodeRules;

/// How many tokens of a kind, logins, mandates and notices that are over stay.
pub const REMEMBERED: usize = 50_000;

impl Ledger {
    /// From here on worlds remember so many rows of each kind that are over.
    #[cfg(test)]
    pub fn remember(&mut self, rows: usize) {
        self.remembered = rows;
    }

    /// Lets a world forget, if much of it is over. Places of rows change: nobody may hold any. `wall` is the time outside.
    pub fn make_room(&mut self, id: WorldId, wall: Seconds) {
        let Some(world) = self.worlds.get_mut(&id) else { return };
        if world.rows() < world.room.max(4 * self.remembered) {
            return;
        }
        // What a defective bank holds back from its nodes is told by the places of rows.
        if !world.changes.is_empty() {
            return;
        }
        for (digest, _) in world.entries() {
            self.secrets.remove(&digest);
        }
        world.forget(world.time(wall), &self.rules.code, self.remembered);
        for (digest, entry) in world.entries() {
            self.secrets.insert(digest, id, entry);
        }
        if let Some(changed) = &mut self.changed {
            changed.anew(id);
        }
    }
}

impl World {
    /// Rows that can be forgotten, or could be if they were over.
    fn rows(&self) -> usize {
        self.logins.len() + self.access.len() + self.refresh.len() + self.mandates.len() + self.notices.len()
    }

    /// Forgets what is over, but for the newest `remembered` rows of each kind.
    fn forget(&mut self, now: Seconds, codes: &CodeRules, remembered: usize) {
        let mut access = kept(&self.access, remembered, |_, row| row.life == Life::Live && now < row.expires);
        let refresh = kept(&self.refresh, remembered, |_, row| row.life == RefreshLife::Live);
        let grants = kept(&self.grants, 0, |_, grant| {
            grant.access.iter().any(|token| access.to(*token).is_some())
                || grant.refresh.iter().any(|token| refresh.to(*token).is_some())
        });
        // A grant's last access token stays with it: whoever shows it is told why it is over.
        access = kept(&self.access, 0, |at, row| {
            let last = || self.grants[row.grant.at()].access.last() == Some(&at);
            access.to(at).is_some() || (grants.to(row.grant.at()).is_some() && last())
        });
        let mut used = vec![false; self.logins.len()];
        for (at, grant) in self.grants.iter().enumerate() {
            used[grant.login.at()] |= grants.to(at).is_some();
        }
        let lasts = codes.seconds.max(codes.public_seconds);
        let logins = kept(&self.logins, remembered, |at, row| {
            let fresh = match &row.stage {
                Stage::Allowed { code, .. } => {
                    matches!(code.life, CodeLife::Fresh) && now < code.born.saturating_add(lasts)
                }
                Stage::Open | Stage::Denied => false,
            };
            let waits = row.approval.is_some_and(|approval| {
                approval.standing == Standing::Pending && now < approval.born.saturating_add(APPROVAL_SECONDS)
            });
            fresh || waits || used[at]
        });
        let mandates = kept(&self.mandates, remembered, |_, row| match row.standing {
            MandateStanding::Active { .. } => true,
            MandateStanding::Pending => now < row.born.saturating_add(APPROVAL_SECONDS),
            _ => false,
        });
        let notices = kept(&self.notices, remembered, |_, row| row.fate == Fate::UnderWay);
        self.notices.keep(&notices, |_| {});
        self.logins.keep(&logins, |row| {
            let Stage::Allowed { code, .. } = &mut row.stage else { return };
            if let CodeLife::Spent { grant: Some(given), .. } = &mut code.life {
                match grants.to(given.at()) {
                    Some(at) => *given = GrantIx::new(at),
                    None => code.life = CodeLife::Dead(End::Replaced),
                }
            }
        });
        self.grants.keep(&grants, |row| {
            row.login = LoginIx::new(logins.to(row.login.at()).expect("logins of grants stay"));
            row.access = row.access.iter().filter_map(|token| access.to(*token)).collect();
            row.refresh = row.refresh.iter().filter_map(|token| refresh.to(*token)).collect();
        });
        self.mandates.keep(&mandates, |row| {
            if let MandateStanding::Cancelled { tokens, .. } = &mut row.standing {
                *tokens = access.before(*tokens);
            }
        });
        let grant = |at: GrantIx| GrantIx::new(grants.to(at.at()).expect("grants of tokens stay"));
        self.access.keep(&access, |row| row.grant = grant(row.grant));
        self.refresh.keep(&refresh, |row| row.grant = grant(row.grant));
        self.grants_of.clear();
        for at in 0..self.grants.len() {
            self.index_grant(GrantIx::new(at));
        }
        self.touch_everything();
        // What it takes to go over all rows is paid for by as many new ones.
        self.room = 2 * self.rows() + 2 * remembered;
    }
}

/// Which rows stay, and where they come to stand.
pub(super) struct Moves(Vec<Option<usize>>);

impl Moves {
    /// Where a row comes to stand; `None` if it goes.
    pub fn to(&self, from: usize) -> Option<usize> {
        self.0[from]
    }

    /// How many rows stay of those before this one.
    fn before(&self, from: usize) -> usize {
        self.0.iter().take(from).flatten().count()
    }
}

/// All rows that `stays` holds for, by place and row, stay, and the newest `remembered` others.
fn kept<T>(table: &Table<T>, remembered: usize, stays: impl Fn(usize, &T) -> bool) -> Moves {
    let mut left = remembered;
    let mut moves = vec![None; table.len()];
    for (at, row) in table.iter().enumerate().rev() {
        if stays(at, row) {
            moves[at] = Some(0);
        } else if left > 0 {
            left -= 1;
            moves[at] = Some(0);
        }
    }
    for (to, place) in moves.iter_mut().flatten().enumerate() {
        *place = to;
    }
    Moves(moves)
}

#[cfg(test)]
mod tests {
    use super::super::scene::Scene;
    use super::super::{Issued, Refusal, Secret};
    use super::*;

    fn forget(scene: &mut Scene, remembered: usize) {
        let (id, now) = (scene.world(), scene.turn(|turn| turn.now()));
        let world = scene.ledger.worlds.get_mut(&id).expect("there is one");
        for (digest, _) in world.entries() {
            scene.ledger.secrets.remove(&digest);
        }
        world.forget(now, &CodeRules::default(), remembered);
        for (digest, entry) in world.entries() {
            scene.ledger.secrets.insert(digest, id, entry);
        }
    }

    fn refreshed(scene: &mut Scene, first: Issued, times: usize) -> (Vec<Secret>, Issued) {
        let (mut spent, mut newest) = (Vec::new(), first);
        for _ in 0..times {
            let token = newest.refresh.take().expect("given");
            newest = scene.refresh("server", &token).expect("it lives");
            spent.push(token);
        }
        (spent, newest)
    }

    #[test]
    fn what_lives_or_waits_stays_whatever_goes() {
        let mut scene = Scene::default();
        for _ in 0..5 {
            scene.login("bob", "server");
        }
        let (issued, mandate) = scene.mandate("alice", "other", 3000, super::super::Period::Weekly);
        let first = scene.login("alice", "server");
        let (_, newest) = refreshed(&mut scene, first, 20);
        let code = scene.code("alice", "public");
        let (login, pending) = scene.pending("bob", "other");
        forget(&mut scene, 0);
        let world = &scene.ledger.worlds[&scene.world()];
        assert_eq!((world.grants.len(), world.access.len(), world.refresh.len()), (4, 4, 4));
        for token in [&issued.access, &newest.access, &pending.access] {
            assert!(scene.whoami(token).is_ok());
        }
        scene.approve(&login, "bob").expect("it waits");
        assert!(scene.accounts(&pending.access).is_ok());
        scene.exchange("public", &code).expect("it is fresh");
        scene.pay(&issued.access, &mandate, 1).expect("it is agreed");
        let next = scene.refresh("server", &newest.refresh.expect("given")).expect("it lives");
        assert!(scene.whoami(&newest.access).is_err());
        assert!(scene.whoami(&next.access).is_ok());
    }

    #[test]
    fn the_newest_of_what_is_over_stays_and_the_rest_is_refused_as_unknown() {
        let mut scene = Scene::default();
        let first = scene.login("alice", "server");
        let (spent, newest) = refreshed(&mut scene, first, 20);
        forget(&mut scene, 5);
        let old = scene.refresh("server", &spent[14]).map(drop);
        assert_eq!(old, Err(Refusal::BadRefreshToken));
        assert!(scene.whoami(&newest.access).is_ok(), "it was forgotten: nothing tells whose it was");
        let recent = scene.refresh("server", &spent[15]).map(drop);
        assert_eq!(recent, Err(Refusal::BadRefreshToken));
        assert!(scene.whoami(&newest.access).is_err(), "its reuse ends the family");
    }

    #[test]
    fn a_world_that_is_used_for_ever_does_not_grow_for_ever() {
        let mut scene = Scene::default();
        scene.ledger.remember(100);
        let mut newest = scene.login("alice", "server");
        let mut most = 0;
        for _ in 0..3000 {
            let token = newest.refresh.take().expect("given");
            newest = scene.refresh("server", &token).expect("it lives");
            let (id, now) = (scene.world(), scene.turn(|turn| turn.now()));
            scene.ledger.make_room(id, now);
            most = most.max(scene.ledger.worlds[&id].rows());
        }
        assert!((400..1000).contains(&most), "{most} rows");
        assert!(scene.whoami(&newest.access).is_ok());
    }
}
