//! The owner's word in the bank's app: approve or deny, once, in time, by themselves.
//!
//! Two steps: [`Turn::check_decision`], [`Turn::settle`]. The right bank takes them in one go.

use super::rows::{End, GrantIx, Life, RefreshLife, Stage, Standing};
use super::{LoginIx, Refusal, Turn, UserIx};
use crate::reference::rules::{ApprovalReach, Finality};

/// What the owner says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Approve,
    Deny,
}

/// A decision that was found to be in order.
#[derive(Debug)]
pub struct Ruling {
    login: LoginIx,
    owner: UserIx,
    answer: Answer,
}

impl Turn<'_> {
    /// Looks at a decision: only the login's own user may make it, only while it is pending.
    pub fn check_decision(&self, login: LoginIx, user: UserIx, answer: Answer) -> Result<Ruling, Refusal> {
        let Stage::Allowed { user: owner, .. } = self.world.logins[login.0].stage else {
            return Err(Refusal::ApprovalOver);
        };
        if user != owner && self.rules.sca.only_the_owner.kept() {
            return Err(Refusal::NotTheOwner);
        }
        let finality = self.rules.sca.finality;
        match self.standing(login) {
            Some(Standing::Pending) => {}
            Some(Standing::Denied)
                if answer == Answer::Approve && finality == Finality::ApprovedAfterDenial => {}
            Some(Standing::TimedOut) if finality == Finality::ApprovedAfterTimeout => {}
            // What another login's approval has opened looks pending to its owner still.
            Some(Standing::Approved { .. }) if self.rules.sca.reach != ApprovalReach::ThisLogin => {}
            _ => return Err(Refusal::ApprovalOver),
        }
        Ok(Ruling { login, owner, answer })
    }

    /// Writes the decision down.
    pub fn settle(&mut self, ruling: Ruling) {
        let standing = match ruling.answer {
            Answer::Deny => Standing::Denied,
            Answer::Approve => Standing::Approved { at: self.now },
        };
        self.set_standing(ruling.login, standing);
        if ruling.answer == Answer::Deny {
            return;
        }
        if self.rules.sca.reach == ApprovalReach::UsersPending {
            for login in self.pending_of(ruling.owner) {
                self.set_standing(login, standing);
            }
        }
        if !self.rules.logout.ends_approval.kept() {
            self.revive(ruling.login, End::LoggedOut);
        }
        if !self.rules.consent.ends_approval.kept() {
            self.revive(ruling.login, End::Disconnected);
        }
    }

    /// What a refresh must not do.
    pub(super) fn approve_by_refresh(&mut self, grant: GrantIx) {
        let login = self.world.grants[grant.0].login;
        if self.standing(login) == Some(Standing::Pending) {
            self.set_standing(login, Standing::Approved { at: self.now });
        }
    }

    fn set_standing(&mut self, login: LoginIx, standing: Standing) {
        if let Some(approval) = &mut self.world.logins[login.0].approval {
            approval.standing = standing;
        }
    }

    fn pending_of(&self, owner: UserIx) -> Vec<LoginIx> {
        let logins = (0..self.world.logins.len()).map(LoginIx);
        let theirs = |login: &LoginIx| {
            let stage = &self.world.logins[login.0].stage;
            matches!(stage, Stage::Allowed { user, .. } if *user == owner)
                && self.standing(*login) == Some(Standing::Pending)
        };
        logins.filter(theirs).collect()
    }

    /// What an approval must not do: bring back what has ended in this way.
    fn revive(&mut self, login: LoginIx, ended: End) {
        for grant in self.world.grants.iter_mut().filter(|grant| grant.login == login) {
            for &token in &grant.access {
                let life = &mut self.world.access[token].life;
                if *life == Life::Dead(ended) {
                    *life = Life::Live;
                    grant.over = None;
                }
            }
            for &token in &grant.refresh {
                let life = &mut self.world.refresh[token].life;
                if *life == RefreshLife::Dead(ended) {
                    *life = RefreshLife::Live;
                    grant.over = None;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::Scene;
    use super::*;

    #[test]
    fn an_approval_opens_this_login_only() {
        let mut scene = Scene::default();
        let (login, first) = scene.pending("alice", "server");
        let (_, second) = scene.pending("alice", "other");
        scene.approve(&login, "alice").expect("pending");
        assert!(scene.accounts(&first.access).is_ok());
        assert!(scene.accounts(&second.access).is_err());
    }

    #[test]
    fn an_approval_does_not_reach_the_next_login() {
        let mut scene = Scene::default();
        let (login, _) = scene.pending("alice", "server");
        scene.approve(&login, "alice").expect("pending");
        let (_, next) = scene.pending("alice", "server");
        assert!(scene.accounts(&next.access).is_err());
    }

    #[test]
    fn only_the_owner_decides() {
        let mut scene = Scene::default();
        let (login, issued) = scene.pending("alice", "server");
        assert_eq!(scene.approve(&login, "bob"), Err(Refusal::NotTheOwner));
        assert_eq!(scene.deny(&login, "bob"), Err(Refusal::NotTheOwner));
        assert!(scene.accounts(&issued.access).is_err());
        assert_eq!(scene.approve(&login, "alice"), Ok(()));
    }

    #[test]
    fn a_denial_is_final() {
        let mut scene = Scene::default();
        let (login, issued) = scene.pending("alice", "server");
        scene.deny(&login, "alice").expect("pending");
        assert_eq!(scene.approve(&login, "alice"), Err(Refusal::ApprovalOver));
        assert!(scene.accounts(&issued.access).is_err());
    }

    #[test]
    fn an_approval_comes_within_ten_minutes_or_never() {
        let mut scene = Scene::default();
        let (in_time, _) = scene.pending("alice", "server");
        let (late, _) = scene.pending("bob", "server");
        scene.turn(|turn| turn.advance(599));
        assert_eq!(scene.approve(&in_time, "alice"), Ok(()));
        scene.turn(|turn| turn.advance(1));
        assert_eq!(scene.approve(&late, "bob"), Err(Refusal::ApprovalOver));
    }

    #[test]
    fn it_may_come_before_the_exchange() {
        let mut scene = Scene::default();
        let (login, code) = scene.landed("alice", "server");
        scene.approve(&login, "alice").expect("pending");
        let issued = scene.exchange("server", &code).expect("exchanges");
        assert!(scene.accounts(&issued.access).is_ok());
    }

    #[test]
    fn nothing_is_pending_before_the_user_has_logged_in() {
        let mut scene = Scene::default();
        let login = scene.open_with("server", None);
        assert_eq!(scene.approve(&login, "alice"), Err(Refusal::ApprovalOver));
    }

    #[test]
    fn a_newer_login_ends_it() {
        let mut scene = Scene::default();
        let (login, _) = scene.pending("alice", "server");
        scene.login("alice", "server");
        assert_eq!(scene.approve(&login, "alice"), Err(Refusal::ApprovalOver));
    }
}
