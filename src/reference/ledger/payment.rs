//! Taking a payment under a mandate: within what its owner has approved, and as long as they have not cancelled it or
//! disconnected the third party.
//!
//! How periods are counted no document says. Here the first begins with the approval, each next one a week or a calendar
//! month after it, and each allows one payment, of at most the amount. What is not taken in a period is lost. A payment
//! leaves the account at once and is seen among its transactions; an account may be overdrawn.

use chrono::{DateTime, Datelike, Months, Utc};

use super::mandate::MandateIx;
use super::rows::{End, Life, MandateStanding, Paid};
use super::world::identifier;
use super::{Bearer, Endpoint, Period, Refusal, Seconds, Turn, UserIx};
use crate::reference::rules::{Cancelled, Payer};

const WEEK: Seconds = 7 * 86_400;

/// A payment that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    pub id: String,
    /// Pence.
    pub amount: u64,
    pub created: Seconds,
}

impl Turn<'_> {
    /// Takes a payment of `amount` pence under the mandate with this id, with an access token.
    pub fn take_payment(&mut self, token: &str, id: &str, amount: u64) -> Result<Payment, Refusal> {
        let bearer = self.payer(token)?;
        self.approved(bearer, Endpoint::Mandates)?;
        let at = self.payable(bearer, id)?;
        let mandate = &self.world.mandates[at.0];
        let (since, open) = match self.mandate_standing(at) {
            MandateStanding::Active { since } => (since, true),
            MandateStanding::Cancelled { since: Some(since), at: end, tokens } => {
                let period = |time| period_of(mandate.terms.period(), since, time);
                let open = match self.rules.mandate.cancelled {
                    Cancelled::Nothing => false,
                    Cancelled::Payments => true,
                    Cancelled::ThisPeriod => period(self.now) == period(end),
                    Cancelled::LaterPeriods => period(self.now) > period(end),
                    Cancelled::WithNewTokens => self.is_newer(token, tokens),
                };
                (since, open)
            }
            MandateStanding::Cancelled { since: None, .. } => return Err(Refusal::MandateCancelled),
            MandateStanding::Pending | MandateStanding::Denied | MandateStanding::TimedOut => {
                return Err(Refusal::MandateNotApproved);
            }
        };
        if !open {
            return Err(Refusal::MandateCancelled);
        }
        if !(1..=mandate.terms.amount()).contains(&amount) {
            return Err(Refusal::OverMandate);
        }
        let period = |time| period_of(mandate.terms.period(), since, time);
        if mandate.payments.iter().any(|paid| period(paid.at) == period(self.now)) {
            return Err(Refusal::TooOften);
        }
        let name = identifier("", self.mint.rng);
        let id = format!("payment_{name}");
        self.world.mandates[at.0].payments.push(Paid { name, at: self.now, amount });
        Ok(Payment { id, amount, created: self.now })
    }

    /// What was taken from a user's account, with the names of those who were paid, oldest first.
    pub(super) fn taken_from(&self, user: UserIx) -> Vec<(&Paid, &str)> {
        let mandates = self.world.mandates.iter().filter(|mandate| mandate.user == user);
        let paid =
            mandates.flat_map(|mandate| mandate.payments.iter().map(|paid| (paid, mandate.terms.payee())));
        let mut paid: Vec<(&Paid, &str)> = paid.collect();
        paid.sort_by_key(|(paid, _)| paid.at);
        paid
    }

    /// Whose money a token can take: that of the user whom it lives for.
    fn payer(&self, token: &str) -> Result<Bearer, Refusal> {
        let alive = self.bearer(token);
        match (alive, self.rules.mandate.payer) {
            (Err(refusal), Payer::DisconnectedToo) => {
                let ended = |at: &usize| self.world.access[*at].life == Life::Dead(End::Disconnected);
                let token = self.access_row(token).filter(ended).ok_or(refusal)?;
                Ok(self.bearer_of(token))
            }
            (alive, _) => alive,
        }
    }

    fn payable(&self, bearer: Bearer, id: &str) -> Result<MandateIx, Refusal> {
        let at = self.find_mandate(id)?;
        let mandate = &self.world.mandates[at.0];
        let any_user = self.rules.mandate.payer == Payer::AnyUsers;
        let own = mandate.client == bearer.client && (mandate.user == bearer.user || any_user);
        own.then_some(at).ok_or(Refusal::UnknownMandate)
    }

    /// Whether a token was given when there were so many in the world already.
    fn is_newer(&self, token: &str, tokens: usize) -> bool {
        self.access_row(token).is_some_and(|at| at >= tokens)
    }
}

/// How many whole periods lie between `since` and `time`.
fn period_of(period: Period, since: Seconds, time: Seconds) -> u64 {
    match period {
        Period::Weekly => time.saturating_sub(since) / WEEK,
        Period::Monthly => months_between(since, time).unwrap_or_default(),
    }
}

/// `None` for times beyond what a calendar knows.
fn months_between(since: Seconds, time: Seconds) -> Option<u64> {
    let moment = |seconds| DateTime::<Utc>::from_timestamp(i64::try_from(seconds).ok()?, 0);
    let (since, time) = (moment(since)?, moment(time)?);
    let month = |time: DateTime<Utc>| i64::from(time.year()) * 12 + i64::from(time.month0());
    let begun = u32::try_from(month(time) - month(since)).ok()?;
    // The day on which a month ends may come later in it than now.
    let whole = since.checked_add_months(Months::new(begun))? <= time;
    Some(u64::from(if whole { begun } else { begun.saturating_sub(1) }))
}

#[cfg(test)]
mod tests {
    use super::super::scene::Scene;
    use super::*;

    const DAY: Seconds = 86_400;

    #[test]
    fn a_payment_needs_the_owners_approval() {
        let mut scene = Scene::default();
        let issued = scene.approved("alice", "server");
        let mandate = scene.set_up(&issued.access, 3000).expect("permitted");
        assert_eq!(scene.pay(&issued.access, &mandate, 3000), Err(Refusal::MandateNotApproved));
        scene.decide_mandate(&mandate, "alice", super::super::Answer::Approve).expect("pending");
        assert!(scene.pay(&issued.access, &mandate, 3000).is_ok());
    }

    #[test]
    fn a_payment_is_at_most_what_was_agreed() {
        let mut scene = Scene::default();
        let (issued, mandate) = scene.mandate("alice", "server", 3000, Period::Monthly);
        for wrong in [0, 3001, u64::MAX] {
            assert_eq!(scene.pay(&issued.access, &mandate, wrong), Err(Refusal::OverMandate));
        }
        assert!(scene.pay(&issued.access, &mandate, 2999).is_ok());
    }

    #[test]
    fn a_period_has_one_payment() {
        let mut scene = Scene::default();
        let (issued, weekly) = scene.mandate("alice", "server", 3000, Period::Weekly);
        assert!(scene.pay(&issued.access, &weekly, 1000).is_ok());
        assert_eq!(scene.pay(&issued.access, &weekly, 1000), Err(Refusal::TooOften));
        let mut refresh = issued.refresh.expect("given");
        for _ in 0..3 {
            scene.turn(|turn| turn.advance(WEEK));
            let next = scene.refresh("server", &refresh).expect("refreshes");
            assert!(scene.pay(&next.access, &weekly, 3000).is_ok());
            assert_eq!(scene.pay(&next.access, &weekly, 3000), Err(Refusal::TooOften));
            refresh = next.refresh.expect("given");
        }
    }

    #[test]
    fn a_month_is_one_of_the_calendar() {
        let at = |text: &str| {
            let time = DateTime::parse_from_rfc3339(text).expect("a time").timestamp();
            Seconds::try_from(time).expect("after 1970")
        };
        let since = at("2026-01-31T12:00:00Z");
        let months = |text: &str| months_between(since, at(text)).expect("within the calendar");
        assert_eq!(months("2026-02-28T11:59:59Z"), 0);
        assert_eq!(months("2026-02-28T12:00:00Z"), 1);
        assert_eq!(months("2026-03-31T11:59:59Z"), 1);
        assert_eq!(months("2026-03-31T12:00:00Z"), 2);
        assert_eq!(months("2027-01-31T12:00:00Z"), 12);
    }

    #[test]
    fn a_cancelled_mandate_takes_nothing_ever_again() {
        let mut scene = Scene::default();
        let (issued, mandate) = scene.mandate("alice", "server", 3000, Period::Monthly);
        scene.pay(&issued.access, &mandate, 3000).expect("agreed");
        scene.cancel(&mandate, "alice").expect("active");
        assert_eq!(scene.pay(&issued.access, &mandate, 1), Err(Refusal::MandateCancelled));
        scene.turn(|turn| turn.advance(40 * DAY));
        let newer = scene.approved("alice", "server");
        assert_eq!(scene.pay(&newer.access, &mandate, 3000), Err(Refusal::MandateCancelled));
    }

    #[test]
    fn a_mandate_is_its_own_users_and_clients() {
        let mut scene = Scene::default();
        let (_, mandate) = scene.mandate("alice", "server", 3000, Period::Monthly);
        for (user, client) in [("alice", "other"), ("bob", "server")] {
            let stranger = scene.approved(user, client);
            assert_eq!(scene.pay(&stranger.access, &mandate, 1), Err(Refusal::UnknownMandate));
        }
        let (login, newer) = scene.pending("alice", "server");
        assert!(matches!(scene.pay(&newer.access, &mandate, 1), Err(Refusal::NotApproved { .. })));
        scene.approve(&login, "alice").expect("pending");
        assert!(scene.pay(&newer.access, &mandate, 1).is_ok());
    }

    #[test]
    fn a_disconnected_client_takes_nothing() {
        let mut scene = Scene::default();
        let (issued, mandate) = scene.mandate("alice", "server", 3000, Period::Monthly);
        scene.disconnect("alice", "server");
        assert_eq!(scene.pay(&issued.access, &mandate, 1), Err(Refusal::DisconnectedAccessToken));
    }
}
