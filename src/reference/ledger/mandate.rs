//! Payment mandates: "what mandates (e.g. £30/month to Sky TV) exist so you can cancel them at will" (Monzo community
//! forum, "One-Click Disconnections for Third Party API Account Access").
//!
//! A client with permissions sets one up, its owner approves it in the bank's app within the time that a login has for
//! it, sees it and cancels it. The thread leaves the rest open. Here a mandate belongs to its user and its client, not
//! to a token: it outlives a logout, and any later token of both can use it. A disconnection cancels it for good.

use serde::{Deserialize, Serialize};

use super::rows::{Mandate, MandateStanding};
use super::world::identifier;
use super::{APPROVAL_SECONDS, Answer, Bearer, ClientIx, Endpoint, Refusal, Seconds, Turn, UserIx};
use crate::reference::rules::{Cancellable, ListedTerms, MandateListing};

/// Longest name of a payee, in characters.
const LONGEST_PAYEE: usize = 140;
/// The highest amount, in pence: a million pounds.
const MOST_PENCE: u64 = 100_000_000;

/// A mandate's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MandateIx(pub(super) usize);

/// How often a payment can be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Period {
    Weekly,
    Monthly,
}

/// What is agreed: so much, so often, to whom. In pounds sterling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    payee: String,
    amount: u64,
    period: Period,
}

/// What is wrong with a payee or an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTerms {
    #[error("`payee` is no name of 1 to {LONGEST_PAYEE} characters")]
    Payee,
    #[error("`amount` is no number of pence from 1 to {MOST_PENCE}")]
    Amount,
}

/// A mandate as its client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MandateView {
    pub id: String,
    pub terms: Terms,
    pub status: &'static str,
    pub created: Seconds,
}

/// A mandate as its owner sees it. Only a defective bank leaves anything of it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedMandate {
    pub id: String,
    pub client: Option<ClientIx>,
    pub payee: Option<String>,
    /// Pence.
    pub amount: Option<u64>,
    pub period: Option<Period>,
    pub status: &'static str,
    pub created: Seconds,
    /// When payments were taken, in order.
    pub payments: Vec<Seconds>,
}

impl Terms {
    /// `amount` in pence.
    pub fn new(payee: &str, amount: u64, period: Period) -> Result<Terms, BadTerms> {
        let payee = payee.trim();
        if payee.is_empty() || payee.chars().count() > LONGEST_PAYEE {
            return Err(BadTerms::Payee);
        }
        if !(1..=MOST_PENCE).contains(&amount) {
            return Err(BadTerms::Amount);
        }
        Ok(Terms { payee: payee.to_owned(), amount, period })
    }

    pub fn payee(&self) -> &str {
        &self.payee
    }

    /// Pence.
    pub fn amount(&self) -> u64 {
        self.amount
    }

    pub fn period(&self) -> Period {
        self.period
    }
}

impl Period {
    /// The word it goes by.
    pub fn word(self) -> &'static str {
        match self {
            Period::Weekly => "weekly",
            Period::Monthly => "monthly",
        }
    }
}

impl Turn<'_> {
    /// A client asks for a mandate of its user. It needs the owner's approval of its login first, and then another one
    /// for the mandate.
    pub fn set_up_mandate(&mut self, bearer: Bearer, terms: Terms) -> Result<MandateIx, Refusal> {
        self.approved(bearer, Endpoint::Mandates)?;
        let at = self.world.mandates.push(Mandate {
            id: identifier("mandate_", self.mint.rng),
            user: bearer.user,
            client: bearer.client,
            terms,
            born: self.now,
            standing: MandateStanding::Pending,
            wrong_pins: 0,
            payments: Vec::new(),
        });
        Ok(MandateIx(at))
    }

    /// The mandate with this id, for its owner.
    pub fn find_mandate(&self, id: &str) -> Result<MandateIx, Refusal> {
        let at = self.world.mandates.iter().position(|mandate| mandate.id == id);
        at.map(MandateIx).ok_or(Refusal::UnknownMandate)
    }

    /// The mandate with this id, for a client that has one of its user.
    pub fn own_mandate(&self, bearer: Bearer, id: &str) -> Result<MandateView, Refusal> {
        let at = self.find_mandate(id)?;
        let mandate = &self.world.mandates[at.0];
        let own = mandate.user == bearer.user && mandate.client == bearer.client;
        own.then(|| self.mandate(at)).ok_or(Refusal::UnknownMandate)
    }

    /// What there is to say of a mandate.
    pub fn mandate(&self, at: MandateIx) -> MandateView {
        let mandate = &self.world.mandates[at.0];
        MandateView {
            id: mandate.id.clone(),
            terms: mandate.terms.clone(),
            status: status(self.mandate_standing(at)),
            created: mandate.born,
        }
    }

    /// The owner approves a mandate, or says no.
    pub fn decide_mandate(&mut self, at: MandateIx, user: UserIx, answer: Answer) -> Result<(), Refusal> {
        self.must_own(at, user)?;
        if self.mandate_standing(at) != MandateStanding::Pending {
            return Err(Refusal::ApprovalOver);
        }
        self.world.mandates[at.0].standing = match answer {
            Answer::Approve => MandateStanding::Active { since: self.now },
            Answer::Deny => MandateStanding::Denied,
        };
        Ok(())
    }

    /// The owner cancels a mandate, for good. One that waits for its approval can be cancelled too.
    pub fn cancel_mandate(&mut self, at: MandateIx, user: UserIx) -> Result<(), Refusal> {
        self.must_own(at, user)?;
        let mandate = &self.world.mandates[at.0];
        let since = match self.mandate_standing(at) {
            MandateStanding::Pending => None,
            MandateStanding::Active { since } => Some(since),
            _ => return Err(Refusal::MandateOver),
        };
        let allowed = match self.rules.mandate.cancellable {
            Cancellable::AtWill => true,
            Cancellable::OnceApproved if since.is_none() => return Ok(()),
            Cancellable::OnceApproved => true,
            Cancellable::BeforePayments => mandate.payments.is_empty(),
            Cancellable::WhileConnected => {
                let client = mandate.client;
                let theirs = self.grants_where(|_, grant| grant.user == user && grant.client == client);
                theirs.into_iter().any(|grant| self.lives(grant))
            }
        };
        if !allowed {
            return Err(Refusal::MandateOver);
        }
        self.world.mandates[at.0].standing = self.cancelled(since);
        Ok(())
    }

    /// The mandates of a user, in the order in which they were set up: active ones, those to be approved and those that
    /// were cancelled.
    pub fn mandates(&self, user: UserIx) -> Vec<ListedMandate> {
        let rule = self.rules.mandate.listing;
        let whose = |mandate: &Mandate| mandate.user == user || rule == MandateListing::EveryonesToo;
        let theirs = self.world.mandates.iter().enumerate().filter(|(_, mandate)| whose(mandate));
        let mut listed: Vec<ListedMandate> = theirs
            .filter_map(|(at, mandate)| {
                let standing = self.mandate_standing(MandateIx(at));
                let status = match (status(standing), rule) {
                    ("denied" | "expired", _) | (_, MandateListing::Nothing) => return None,
                    ("active", MandateListing::UnpaidOnly) if !mandate.payments.is_empty() => return None,
                    ("cancelled", MandateListing::CancelledToo) => "active",
                    (status, _) => status,
                };
                Some(self.listed_mandate(mandate, status))
            })
            .collect();
        if rule == MandateListing::NewestOnly {
            listed.drain(..listed.len().saturating_sub(1));
        }
        listed
    }

    /// How a mandate stands by now.
    pub(super) fn mandate_standing(&self, at: MandateIx) -> MandateStanding {
        let mandate = &self.world.mandates[at.0];
        let late = self.now >= mandate.born.saturating_add(APPROVAL_SECONDS);
        match mandate.standing {
            MandateStanding::Pending if late => MandateStanding::TimedOut,
            standing => standing,
        }
    }

    /// What a mandate that was active since then is once it is cancelled now.
    pub(super) fn cancelled(&self, since: Option<Seconds>) -> MandateStanding {
        MandateStanding::Cancelled { at: self.now, since, tokens: self.world.access.len() }
    }

    fn must_own(&self, at: MandateIx, user: UserIx) -> Result<(), Refusal> {
        (self.world.mandates[at.0].user == user).then_some(()).ok_or(Refusal::NotTheOwner)
    }

    fn listed_mandate(&self, mandate: &Mandate, status: &'static str) -> ListedMandate {
        let terms = &mandate.terms;
        let mut listed = ListedMandate {
            id: mandate.id.clone(),
            client: Some(mandate.client),
            payee: Some(terms.payee.clone()),
            amount: Some(terms.amount),
            period: Some(terms.period),
            status,
            created: mandate.born,
            payments: mandate.payments.iter().map(|paid| paid.at).collect(),
        };
        match self.rules.mandate.terms {
            ListedTerms::Whole => {}
            ListedTerms::NoPayee => listed.payee = None,
            ListedTerms::NoAmount => listed.amount = None,
            ListedTerms::NoPeriod => listed.period = None,
            ListedTerms::NoClient => listed.client = None,
            ListedTerms::NewestAmount => {
                listed.amount = self.world.mandates.last().map(|newest| newest.terms.amount);
            }
        }
        listed
    }
}

fn status(standing: MandateStanding) -> &'static str {
    match standing {
        MandateStanding::Pending => "pending",
        MandateStanding::Active { .. } => "active",
        MandateStanding::Denied => "denied",
        MandateStanding::Cancelled { .. } => "cancelled",
        MandateStanding::TimedOut => "expired",
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::Scene;
    use super::*;

    fn statuses(scene: &mut Scene, user: &str) -> Vec<&'static str> {
        scene.turn(|turn| {
            let user = turn.user_by_role(user).expect("a role");
            turn.mandates(user).iter().map(|mandate| mandate.status).collect()
        })
    }

    #[test]
    fn a_mandate_is_set_up_by_an_approved_client_only() {
        let mut scene = Scene::default();
        let (login, issued) = scene.pending("alice", "server");
        assert!(matches!(scene.set_up(&issued.access, 3000), Err(Refusal::NotApproved { .. })));
        scene.approve(&login, "alice").expect("pending");
        assert!(scene.set_up(&issued.access, 3000).is_ok());
    }

    #[test]
    fn the_owner_sees_it_and_approves_it_once_and_in_time() {
        let mut scene = Scene::default();
        let token = scene.approved("alice", "server").access;
        let first = scene.set_up(&token, 3000).expect("permitted");
        let second = scene.set_up(&token, 500).expect("permitted");
        let third = scene.set_up(&token, 700).expect("permitted");
        assert_eq!(statuses(&mut scene, "alice"), ["pending", "pending", "pending"]);
        assert!(statuses(&mut scene, "bob").is_empty());
        assert_eq!(scene.decide_mandate(&first, "bob", Answer::Approve), Err(Refusal::NotTheOwner));
        assert_eq!(scene.decide_mandate(&first, "alice", Answer::Approve), Ok(()));
        assert_eq!(scene.decide_mandate(&first, "alice", Answer::Deny), Err(Refusal::ApprovalOver));
        assert_eq!(scene.decide_mandate(&second, "alice", Answer::Deny), Ok(()));
        scene.turn(|turn| turn.advance(APPROVAL_SECONDS));
        assert_eq!(scene.decide_mandate(&third, "alice", Answer::Approve), Err(Refusal::ApprovalOver));
        assert_eq!(statuses(&mut scene, "alice"), ["active"]);
    }

    #[test]
    fn only_its_owner_cancels_it_and_once() {
        let mut scene = Scene::default();
        let (_, mandate) = scene.mandate("alice", "server", 3000, Period::Monthly);
        assert_eq!(scene.cancel(&mandate, "bob"), Err(Refusal::NotTheOwner));
        assert_eq!(scene.cancel(&mandate, "alice"), Ok(()));
        assert_eq!(scene.cancel(&mandate, "alice"), Err(Refusal::MandateOver));
        assert_eq!(statuses(&mut scene, "alice"), ["cancelled"]);
    }

    #[test]
    fn a_disconnection_cancels_the_mandates_of_that_pair_only() {
        let mut scene = Scene::default();
        let (_, gone) = scene.mandate("alice", "server", 3000, Period::Monthly);
        let (other, kept) = scene.mandate("alice", "other", 3000, Period::Monthly);
        let (bobs, bobs_mandate) = scene.mandate("bob", "server", 3000, Period::Monthly);
        scene.disconnect("alice", "server");
        assert_eq!(statuses(&mut scene, "alice"), ["cancelled", "active"]);
        assert!(scene.pay(&other.access, &kept, 3000).is_ok());
        assert!(scene.pay(&bobs.access, &bobs_mandate, 3000).is_ok());
        let again = scene.approved("alice", "server");
        assert_eq!(scene.pay(&again.access, &gone, 3000), Err(Refusal::MandateCancelled));
    }

    #[test]
    fn terms_have_a_payee_and_an_amount() {
        let long = "x".repeat(LONGEST_PAYEE + 1);
        for (payee, amount, wrong) in [
            (" ", 1, BadTerms::Payee),
            (long.as_str(), 1, BadTerms::Payee),
            ("Sky TV", 0, BadTerms::Amount),
            ("Sky TV", MOST_PENCE + 1, BadTerms::Amount),
        ] {
            assert_eq!(Terms::new(payee, amount, Period::Weekly), Err(wrong));
        }
        assert!(Terms::new(&long[1..], MOST_PENCE, Period::Weekly).is_ok());
    }
}
