//! The owner's word in the bank's app: approve or deny, once, in time, by themselves.
//!
//! Two steps: [`Turn::check_decision`], [`Turn::settle`]. The right bank takes them in one go.

use super::rows::{Approval, End, GrantIx, Life, RefreshLife, Stage, Standing};
use super::{LoginIx, Refusal, Turn, UserIx};
use crate::reference::rules::{
    ApprovalReach, Approver, Finality, Gap, LateApproval, RefreshApproves, Takeover,
};

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
    /// What a bank writes back that keeps the login and its tokens in one record.
    tokens: Vec<(usize, Life)>,
}

impl Turn<'_> {
    /// Looks at a decision: only the login's own user may make it, only while it is pending.
    pub fn check_decision(&self, login: LoginIx, user: UserIx, answer: Answer) -> Result<Ruling, Refusal> {
        let Stage::Allowed { user: owner, .. } = self.world.logins[login.at()].stage else {
            return Err(Refusal::ApprovalOver);
        };
        if user != owner && !self.may_stand_in(login, user) {
            return Err(Refusal::NotTheOwner);
        }
        let login = self.meant(login, owner);
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
        Ok(Ruling { login, owner, answer, tokens: self.lives_of(login) })
    }

    /// Writes the decision down.
    pub fn settle(&mut self, ruling: Ruling) {
        let standing = match ruling.answer {
            Answer::Deny => Standing::Denied,
            Answer::Approve => Standing::Approved { at: self.now },
        };
        self.set_standing(ruling.login, standing);
        for (token, life) in ruling.tokens {
            self.world.access[token].life = life;
        }
        if ruling.answer == Answer::Deny {
            return;
        }
        for login in self.also_opened(ruling.login, ruling.owner) {
            self.set_standing(login, standing);
        }
        self.take_over_late(ruling.login);
        self.revive(ruling.login);
    }

    /// What a refresh does to the approval: nothing. `approves` says that the request asks for it.
    pub(super) fn refreshed(&mut self, grant: GrantIx, approves: bool) {
        let (rule, finality) = (self.rules.sca.refresh, self.rules.sca.finality);
        // The right bank need not even look at the login.
        if !approves && rule == RefreshApproves::Nothing && finality != Finality::RefreshAsksAgain {
            return;
        }
        let row = &self.world.grants[grant.at()];
        let (login, again) = (row.login, row.access.len() > 1);
        let standing = self.standing(login);
        let opens = match standing {
            Some(Standing::Pending) => {
                approves
                    || rule == RefreshApproves::Approves
                    || (rule == RefreshApproves::ApprovesTheSecondTime && again)
            }
            Some(Standing::TimedOut) => rule == RefreshApproves::ApprovesTheTimedOut,
            _ => false,
        };
        if opens {
            self.set_standing(login, Standing::Approved { at: self.now });
        }
        if standing == Some(Standing::Denied) && finality == Finality::RefreshAsksAgain {
            self.world.logins[login.at()].approval = Some(Approval {
                born: self.now,
                standing: Standing::Pending,
                confirmed: None,
                wrong_pins: 0,
            });
        }
    }

    /// Whether this user, who is not the owner, may decide: nobody may.
    fn may_stand_in(&self, login: LoginIx, user: UserIx) -> bool {
        match self.rules.sca.approver {
            Approver::Owner => false,
            Approver::Anyone => true,
            Approver::AnyoneForPublic => !self.confidential(self.login_client(login)),
            Approver::AnyoneBeforeExchange => self.world.grants.iter().all(|grant| grant.login != login),
            Approver::WhoeverWaitsToo => {
                let client = self.login_client(login);
                !self
                    .pending(|waiting, owner| owner == user && self.login_client(waiting) == client)
                    .is_empty()
            }
        }
    }

    /// The login that a decision is about: the one that it names.
    fn meant(&self, login: LoginIx, owner: UserIx) -> LoginIx {
        if self.rules.sca.reach != ApprovalReach::NewestLogin {
            return login;
        }
        let client = self.login_client(login);
        let newest = self.world.logins.iter().rposition(|other| {
            other.client == client && matches!(other.stage, Stage::Allowed { user, .. } if user == owner)
        });
        newest.map_or(login, LoginIx::new)
    }

    /// What an approval must not open beside the login that it is about.
    fn also_opened(&self, login: LoginIx, owner: UserIx) -> Vec<LoginIx> {
        let client = self.login_client(login);
        match self.rules.sca.reach {
            ApprovalReach::UsersPending => self.pending(|_, user| user == owner),
            ApprovalReach::ClientsPending => self.pending(|other, _| self.login_client(other) == client),
            _ => Vec::new(),
        }
    }

    /// What will be written back over what happens meanwhile: nothing.
    fn lives_of(&self, login: LoginIx) -> Vec<(usize, Life)> {
        if self.rules.sca.write_back_gap == Gap::Closed {
            return Vec::new();
        }
        let grants = self.world.grants.iter().filter(|grant| grant.login == login);
        let tokens = grants.flat_map(|grant| &grant.access);
        tokens.map(|token| (*token, self.world.access[*token].life)).collect()
    }

    fn set_standing(&mut self, login: LoginIx, standing: Standing) {
        if let Some(approval) = &mut self.world.logins[login.at()].approval {
            approval.standing = standing;
        }
    }

    /// The logins that wait for their approval, of those that `wanted` holds for by login and user.
    fn pending(&self, wanted: impl Fn(LoginIx, UserIx) -> bool) -> Vec<LoginIx> {
        let logins = (0..self.world.logins.len()).map(LoginIx::new);
        let waits = |login: &LoginIx| match self.world.logins[login.at()].stage {
            Stage::Allowed { user, .. } => {
                wanted(*login, user) && self.standing(*login) == Some(Standing::Pending)
            }
            Stage::Open | Stage::Denied => false,
        };
        logins.filter(waits).collect()
    }

    /// What an approval must not do: bring back what has ended.
    fn revive(&mut self, login: LoginIx) {
        let late = self.rules.logout.late_approval;
        let disconnected = !self.rules.consent.ends_approval.kept();
        let evicted = self.rules.one.access == Takeover::KillsUntilApproved;
        let comes_back = |end: End| match end {
            End::LoggedOut => late == LateApproval::Revives,
            End::Evicted => evicted,
            End::Disconnected => disconnected,
            _ => false,
        };
        if late == LateApproval::Nothing && !disconnected && !evicted {
            return;
        }
        for grant in self.world.grants.touch_all(|grant| grant.login == login) {
            for &token in &grant.access {
                let life = &mut self.world.access[token].life;
                if matches!(*life, Life::Dead(end) if comes_back(end)) {
                    *life = Life::Live;
                    grant.over = None;
                }
            }
            for &token in &grant.refresh {
                let life = &mut self.world.refresh[token].life;
                let back = match *life {
                    RefreshLife::Dead(End::LoggedOut) => late != LateApproval::Nothing,
                    RefreshLife::Dead(End::Disconnected) => disconnected,
                    _ => false,
                };
                if back {
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
