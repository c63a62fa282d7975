//! The past of an account, and how far back it may be read (Monzo API docs, "List transactions": the whole history
//! within five minutes of the approval, 90 days after that).

use super::world::World;
use super::{Refusal, Seconds, Turn};
use crate::reference::rules::History;

const DAY: Seconds = 86_400;
const READABLE_DAYS: Seconds = 90;

/// One entry of an account's past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    pub id: String,
    pub created: Seconds,
    /// Minor units, negative for spending.
    pub amount: i64,
    pub description: &'static str,
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
    /// What may be read, when the approval was given at `approved`.
    pub fn history(&self, approved: Seconds, listing: &Listing) -> Result<Vec<Transaction>, Refusal> {
        let all = past(self.world);
        let asked = listing.since.as_ref().map(|since| match since {
            Since::Time(time) => *time,
            Since::Transaction(id) => all
                .iter()
                .find(|transaction| transaction.id == *id)
                .map_or(Seconds::MAX, |transaction| transaction.created + 1),
        });
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
}

/// Oldest first.
fn past(world: &World) -> Vec<Transaction> {
    let seed = &world.fixture.history;
    let oldest = world.started.saturating_sub(seed.days * DAY);
    let entries = seed.pattern.iter().cycle().enumerate();
    let entries = entries.map(|(n, entry)| {
        let nth = n as u64;
        Transaction {
            id: format!("tx_{nth:022}"),
            created: oldest + nth * seed.every_days * DAY,
            amount: entry.amount,
            description: &entry.description,
        }
    });
    entries.take_while(|entry| entry.created < world.started).collect()
}

#[cfg(test)]
mod tests {
    use super::super::scene::Scene;
    use super::*;

    fn list(scene: &mut Scene, approved: Seconds, since: Option<Seconds>) -> Option<Seconds> {
        let listing = Listing { since: since.map(Since::Time), before: None, limit: 1000 };
        let found = scene.turn(|turn| turn.history(approved, &listing));
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
        let first = scene.turn(|turn| turn.history(approved, &listing)).expect("open");
        listing.since = Some(Since::Transaction(first[9].id.clone()));
        let second = scene.turn(|turn| turn.history(approved, &listing)).expect("open");
        assert!(second[0].created > first[9].created);
        assert_eq!(second.len(), 10);
    }
}
