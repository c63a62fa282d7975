//! What works once, and for one client only: codes and refresh tokens. The right bank refuses them the second time, to
//! everybody but the client that they were given to, and whatever somebody else tries changes nothing.

use super::rows::{End, Grant, GrantIx, RefreshLife, Standing};
use super::{ClientIx, Seconds, Turn, UserIx};
use crate::reference::rules::{Binding, Reuse};

/// Something that was used already.
pub(super) struct Used {
    pub at: Seconds,
    /// The grant that it gave or belongs to. A code's is not there before its exchange is done.
    pub grant: Option<GrantIx>,
    /// Which refresh token it is; `None` for a code.
    pub token: Option<usize>,
}

impl Turn<'_> {
    /// Whether it works again.
    pub(super) fn may_reuse(&self, rule: Reuse, used: Used) -> bool {
        let in_time = |seconds| self.now < used.at.saturating_add(seconds);
        let Some(grant) = used.grant else {
            return match rule {
                Reuse::Allowed => true,
                Reuse::Within(seconds) => in_time(seconds),
                Reuse::ForgottenAfter(seconds) => !in_time(seconds),
                _ => false,
            };
        };
        let row = &self.world.grants[grant.at()];
        // A code is not stopped by the end of what it gave, a refresh token is.
        let lives = row.over.is_none() || used.token.is_none();
        let generation = row.refresh.iter().position(|token| Some(*token) == used.token);
        let spent = |token: &usize| matches!(self.world.refresh[*token].life, RefreshLife::Spent { .. });
        let later = || self.world.grants[grant.at() + 1..].iter();
        let logged_out = || self.world.grants.iter().filter(|other| other.over == Some(End::LoggedOut));
        let elsewhere = |other: &Grant| other.user == row.user && other.client != row.client;
        let of_another = |other: &Grant| other.user != row.user && other.client == row.client;
        let expires = |access: &usize| self.world.access[*access].expires;
        match rule {
            Reuse::Refused => false,
            Reuse::Allowed => lives,
            Reuse::Within(seconds) => lives && in_time(seconds),
            Reuse::ForgottenAfter(seconds) => lives && !in_time(seconds),
            Reuse::OlderAllowed => match generation {
                None => later().any(|other| other.client == row.client),
                Some(generation) => lives && row.refresh.iter().rposition(spent) != Some(generation),
            },
            Reuse::AfterLogout => row.over == Some(End::LoggedOut),
            Reuse::AfterNewerLogin => row.over == Some(End::Evicted),
            Reuse::AfterRefresh => row.access.len() > 1,
            Reuse::AfterLoginElsewhere => lives && later().any(elsewhere),
            Reuse::AfterLogoutElsewhere => lives && logged_out().any(elsewhere),
            Reuse::AfterOthersLogin => lives && later().any(of_another),
            Reuse::AfterOthersLogout => lives && logged_out().any(of_another),
            Reuse::AfterExpiry => lives && row.access.iter().all(|access| expires(access) <= self.now),
            Reuse::UsedAfterExpiry => {
                let beside = generation.and_then(|generation| row.access.get(generation));
                lives && beside.is_some_and(|access| expires(access) <= used.at)
            }
            Reuse::FromRefresh => lives && generation.is_some_and(|generation| generation > 0),
            Reuse::WhilePending => lives && self.standing(row.login) == Some(Standing::Pending),
        }
    }

    /// Whether `client` may use what was given to `owner` for `user`: nobody else may.
    pub(super) fn may_use(&self, rule: Binding, owner: ClientIx, user: UserIx, client: ClientIx) -> bool {
        match rule {
            Binding::Bound
            | Binding::BurnedByOthers
            | Binding::BurnedByPublic
            | Binding::BurnedByStrangers => false,
            Binding::Anyone => true,
            Binding::UsersClients => {
                let mut theirs = self.world.grants.iter().filter(|grant| grant.user == user);
                theirs.any(|grant| grant.client == client)
            }
            Binding::PublicsAnyone => !self.confidential(owner),
        }
    }

    /// Whether the try of somebody else spoils it: of another client, or of one that nobody registered (`None`).
    pub(super) fn burns(&self, rule: Binding, by: Option<ClientIx>) -> bool {
        match (rule, by) {
            (Binding::BurnedByOthers, Some(_)) | (Binding::BurnedByStrangers, None) => true,
            (Binding::BurnedByPublic, Some(client)) => !self.confidential(client),
            _ => false,
        }
    }
}
