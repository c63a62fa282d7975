//! The past of an account, payments under mandates included, and how far back it may be read (Monzo API docs, "List
//! transactions": the whole history within five minutes of the approval, 90 days after that).

use std::borrow::Cow;

use super::{Refusal, Seconds, Turn, UserIx};
use crate::reference::rules::History;

pub(super) const DAY: Seconds = 86_400;
const READABLE_DAYS: Seconds = 90;

/// One entry of an account's past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    pub id: String,
    pub created: Seconds,
    /// Minor units, negative for spending.
    pub amount: i64,
    pub description: Cow<'static, str>,
}

/// Which part of the past is asked for.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    pub since: Option<Since>,
    /// Exclusive.
    pub before: Option<Seconds>,
    /// At most so many, oldest first.
    pub limit: usize,
}

/// Where a listing begins.
#[derive(Clone, Debug)]
pub enum Since {
    /// Inclusive.
    Time(Seconds),
    /// After the transaction with this id.
    Transaction(String),
}

impl Turn<'_> {
    /// What may be read of a user's account, when the approval was given at `approved`.
    pub fn history(
        &self,
        user: UserIx,
        approved: Seconds,
        listing: &Listing,
    ) -> Result<Vec<Transaction>, Refusal> {
        let mut all = self.past(user);
        let asked = match &listing.since {
            None => None,
            Some(Since::Time(time)) => Some(*time),
            Some(Since::Transaction(id)) => {
                // Several may be of one second: what comes after this one is told by its place.
                let seen = all.iter().position(|transaction| transaction.id == *id);
                let seen = seen.map_or(all.len(), |at| at + 1);
                let last = all.drain(..seen).next_back();
                Some(last.filter(|last| last.id == *id).map_or(Seconds::MAX, |last| last.created))
            }
        };
        let rule = self.rules.sca.history;
        let window = approved.saturating_add(self.rules.sca.history_seconds);
        let edge = self.now.saturating_sub(READABLE_DAYS * DAY);
        let since = match asked {
            _ if self.now < window => asked.unwrap_or(0),
            Some(time) if time >= edge || rule == History::SinceUnlimited => time,
            Some(_) => return Err(Refusal::HistoryClosed),
            None if rule == History::ListingUnlimited => 0,
            None => edge,
        };
        let before = listing.before.unwrap_or(Seconds::MAX);
        let mut found = all;
        found.retain(|entry| entry.created >= since && entry.created < before);
        found.truncate(listing.limit);
        Ok(found)
    }

    /// Oldest first: what was there when the world began, then what was paid.
    fn past(&self, user: UserIx) -> Vec<Transaction> {
        let (seed, started) = (&self.world.fixture.history, self.world.started);
        let oldest = started.saturating_sub(seed.days * DAY);
        let entries = seed.pattern.iter().cycle().enumerate();
        let entries = entries.map(|(n, entry)| {
            let nth = n as u64;
            Transaction {
                id: format!("tx_{nth:022}"),
                created: oldest + nth * seed.every_days * DAY,
                amount: entry.amount,
                description: Cow::Borrowed(&entry.description),
            }
        });
        let paid = self.taken_from(user).into_iter().map(|(paid, payee)| Transaction {
            id: format!("tx_{}", paid.name),
            created: paid.at,
            amount: pence(paid.amount),
            description: Cow::Owned(payee.to_owned()),
        });
        entries.take_while(|entry| entry.created < started).chain(paid).collect()
    }
}

/// What a payment of so many pence changes on the account that it leaves.
pub(super) fn pence(amount: u64) -> i64 {
    -i64::try_from(amount).expect("no mandate allows more than a million pounds")
}

#[cfg(test)]
mod tests {
    use super::super::scene::Scene;
    use super::super::{Answer, Period};
    use super::*;

    fn list(scene: &mut Scene, approved: Seconds, since: Option<Seconds>) -> Option<Seconds> {
        let listing = Listing { since: since.map(Since::Time), before: None, limit: 1000 };
        let found =
            scene.turn(|turn| turn.history(turn.user_by_role("alice").expect("a role"), approved, &listing));
        found.ok().map(|entries| entries.first().expect("some").created)
    }

    #[test]
    fn the_whole_history_is_open_for_five_minutes_then_ninety_days() {
        let mut scene = Scene::default();
        let approved = scene.turn(|turn| turn.now());
        let year_ago = approved - 365 * DAY;
        scene.turn(|turn| turn.advance(299));
        assert!(list(&mut scene, approved, None).expect("open") < year_ago);
        assert!(list(&mut scene, approved, Some(year_ago)).expect("open") < year_ago + 4 * DAY);
        scene.turn(|turn| turn.advance(1));
        let edge = approved + 300 - 90 * DAY;
        assert!(list(&mut scene, approved, None).expect("90 days") >= edge);
        assert_eq!(list(&mut scene, approved, Some(year_ago)), None);
        assert!(list(&mut scene, approved, Some(edge)).expect("90 days") >= edge);
    }

    #[test]
    fn a_listing_goes_on_after_the_last_one_seen() {
        let mut scene = Scene::default();
        let approved = scene.turn(|turn| turn.now());
        let mut listing = Listing { limit: 10, ..Listing::default() };
        let mut list = |listing: &Listing| {
            scene.turn(|turn| turn.history(turn.user_by_role("alice").expect("a role"), approved, listing))
        };
        let first = list(&listing).expect("open");
        listing.since = Some(Since::Transaction(first[9].id.clone()));
        let second = list(&listing).expect("open");
        assert!(second[0].created > first[9].created);
        assert_eq!(second.len(), 10);
    }
    #[test]
    fn a_payment_leaves_the_account_and_is_seen_among_its_transactions() {
        let mut scene = Scene::default();
        let (issued, weekly) = scene.mandate("alice", "server", 3000, Period::Weekly);
        let monthly = scene.set_up(&issued.access, 500).expect("permitted");
        scene.decide_mandate(&monthly, "alice", Answer::Approve).expect("pending");
        let user = scene.turn(|turn| turn.user_by_role("alice")).expect("a role");
        let bob = scene.turn(|turn| turn.user_by_role("bob")).expect("a role");
        let (before, of_bob) = scene.turn(|turn| (turn.balance(user), turn.balance(bob)));
        scene.pay(&issued.access, &weekly, 2500).expect("agreed");
        scene.pay(&issued.access, &monthly, 500).expect("agreed");
        assert_eq!(scene.turn(|turn| turn.balance(user)), (before.0 - 3000, before.1 - 3000));
        assert_eq!(scene.turn(|turn| turn.balance(bob)), of_bob);
        let now = scene.turn(|turn| turn.now());
        let mut listing = Listing { since: Some(Since::Time(now)), before: None, limit: 10 };
        let paid = scene.turn(|turn| turn.history(user, now, &listing)).expect("open");
        let seen: Vec<_> = paid.iter().map(|entry| (entry.amount, &*entry.description)).collect();
        assert_eq!(seen, [(-2500, "Sky TV"), (-500, "Sky TV")]);
        assert!(scene.turn(|turn| turn.history(bob, now, &listing)).expect("open").is_empty());
        listing.since = Some(Since::Transaction(paid[0].id.clone()));
        assert_eq!(scene.turn(|turn| turn.history(user, now, &listing)), Ok(paid[1..].to_vec()));
        scene.turn(|turn| turn.advance(DAY));
        assert_eq!(scene.turn(|turn| turn.balance(user)), (before.0 - 3000, 0));
    }
}
