//! What changes about rows in the course of their lives, as values. A defective bank holds changes back from its other
//! nodes, or loses them; the right one needs none of this.

use super::rows::{CodeLife, End, GrantIx, Life, LoginIx, MandateStanding, RefreshLife, Stage, Standing};
use super::world::World;

/// One row, and how it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Access(usize, Life),
    Refresh(usize, RefreshLife),
    Code(LoginIx, CodeLife),
    Approval(LoginIx, Standing),
    Grant(GrantIx, Option<End>),
    Mandate(usize, MandateStanding),
}

impl World {
    /// How every row stands.
    pub(super) fn marks(&self) -> Vec<Mark> {
        let access = self.access.iter().enumerate().map(|(at, row)| Mark::Access(at, row.life));
        let refresh = self.refresh.iter().enumerate().map(|(at, row)| Mark::Refresh(at, row.life));
        let logins = || self.logins.iter().enumerate().map(|(at, row)| (LoginIx::new(at), row));
        let codes = logins().filter_map(|(at, row)| match &row.stage {
            Stage::Allowed { code, .. } => Some(Mark::Code(at, code.life)),
            Stage::Open | Stage::Denied => None,
        });
        let approvals = logins().filter_map(|(at, row)| Some(Mark::Approval(at, row.approval?.standing)));
        let grants = self.grants.iter().enumerate().map(|(at, row)| Mark::Grant(GrantIx::new(at), row.over));
        let mandates = self.mandates.iter().enumerate().map(|(at, row)| Mark::Mandate(at, row.standing));
        access.chain(refresh).chain(codes).chain(approvals).chain(grants).chain(mandates).collect()
    }

    /// How the row of `mark` stands now.
    pub(super) fn mark_now(&self, mark: Mark) -> Mark {
        match mark {
            Mark::Access(at, _) => Mark::Access(at, self.access[at].life),
            Mark::Refresh(at, _) => Mark::Refresh(at, self.refresh[at].life),
            Mark::Code(at, was) => Mark::Code(at, self.code(at).map_or(was, |(_, code)| code.life)),
            Mark::Approval(at, was) => {
                Mark::Approval(at, self.logins[at.at()].approval.map_or(was, |approval| approval.standing))
            }
            Mark::Grant(at, _) => Mark::Grant(at, self.grants[at.at()].over),
            Mark::Mandate(at, _) => Mark::Mandate(at, self.mandates[at].standing),
        }
    }

    /// Makes a row stand as `mark` says.
    pub(super) fn set_mark(&mut self, mark: Mark) {
        match mark {
            Mark::Access(at, life) => self.access[at].life = life,
            Mark::Refresh(at, life) => self.refresh[at].life = life,
            Mark::Code(at, life) => self.set_code_life(at, life),
            Mark::Approval(at, standing) => {
                if let Some(approval) = &mut self.logins[at.at()].approval {
                    approval.standing = standing;
                }
            }
            Mark::Grant(at, over) => self.grants[at.at()].over = over,
            Mark::Mandate(at, standing) => self.mandates[at].standing = standing,
        }
    }
}

/// Where and when something happens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seat {
    /// Which node, from 0.
    pub node: usize,
    /// Milliseconds since the bank began, by the clock outside.
    pub moment: u64,
}

/// A change of a row, and where it was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub was: Mark,
    pub is: Mark,
    pub seat: Seat,
}
