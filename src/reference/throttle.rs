//! Overload on demand: which requests of which world are turned away. None is, unless the control API asks for it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::ledger::{Seconds, WorldId};

/// Where requests can be turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Door {
    Token,
    Logout,
    Whoami,
    Accounts,
    Balance,
    Transactions,
    /// Setting up mandates, and payments under them.
    Mandates,
}

impl Door {
    /// Every one, and the word that the control API has for it.
    pub const ALL: [(Door, &'static str); 7] = [
        (Door::Token, "token"),
        (Door::Logout, "logout"),
        (Door::Whoami, "whoami"),
        (Door::Accounts, "accounts"),
        (Door::Balance, "balance"),
        (Door::Transactions, "transactions"),
        (Door::Mandates, "mandates"),
    ];

    /// The door that a path leads to.
    pub fn of(path: &str) -> Option<Door> {
        Some(match path {
            "/oauth2/token" => Door::Token,
            "/oauth2/logout" => Door::Logout,
            "/ping/whoami" => Door::Whoami,
            "/accounts" => Door::Accounts,
            "/balance" => Door::Balance,
            "/transactions" => Door::Transactions,
            _ if path.starts_with("/mandates") => Door::Mandates,
            _ => return None,
        })
    }
}

/// Which requests are turned away.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// The next so many.
    Next(u32),
    /// Those above so many a second.
    PerSecond(u32),
}

/// What is turned away where.
#[derive(Debug, Default)]
pub struct Throttles {
    /// Whether there is any, so that a request need not ask.
    any: AtomicBool,
    doors: Mutex<HashMap<(WorldId, Door), Throttle>>,
}

#[derive(Debug)]
struct Throttle {
    limit: Limit,
    /// `Retry-After`.
    retry_after: Seconds,
    /// The second that is being counted, and how many requests came in it.
    counted: (Instant, u32),
}

impl Throttles {
    /// Sets what is turned away at a door, in place of what was; `Next(0)` opens it again.
    pub fn set(&self, world: WorldId, door: Door, limit: Limit, retry_after: Seconds) {
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        match limit {
            Limit::Next(0) => drop(doors.remove(&(world, door))),
            limit => {
                let throttle = Throttle { limit, retry_after, counted: (Instant::now(), 0) };
                doors.insert((world, door), throttle);
            }
        }
        self.any.store(!doors.is_empty(), Ordering::Release);
    }

    /// Forgets a world.
    pub fn forget(&self, world: WorldId) {
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        doors.retain(|(of, _), _| *of != world);
        self.any.store(!doors.is_empty(), Ordering::Release);
    }

    /// Whether nothing is turned away anywhere.
    pub fn is_empty(&self) -> bool {
        !self.any.load(Ordering::Acquire)
    }

    /// Counts a request at a door. If it is turned away, the seconds after which it may come again.
    pub fn turns_away(&self, world: WorldId, door: Door, now: Instant) -> Option<Seconds> {
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        let throttle = doors.get_mut(&(world, door))?;
        let retry_after = throttle.retry_after;
        match &mut throttle.limit {
            Limit::Next(left) => {
                *left -= 1;
                if *left == 0 {
                    doors.remove(&(world, door));
                }
                Some(retry_after)
            }
            Limit::PerSecond(most) => {
                let (began, count) = &mut throttle.counted;
                if now.duration_since(*began) >= Duration::from_secs(1) {
                    (*began, *count) = (now, 0);
                }
                *count += 1;
                (*count > *most).then_some(retry_after)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::ledger::{Fixture, Ledger};
    use crate::reference::rules::Rules;

    fn world() -> WorldId {
        Ledger::new(Rules::default()).open("one".to_owned(), Fixture::embedded(), 0, &mut rand::rng()).0
    }

    #[test]
    fn the_next_so_many_are_turned_away_and_no_others() {
        let (throttles, world, now) = (Throttles::default(), world(), Instant::now());
        throttles.set(world, Door::Token, Limit::Next(2), 7);
        assert_eq!(throttles.turns_away(world, Door::Whoami, now), None);
        assert_eq!(throttles.turns_away(world, Door::Token, now), Some(7));
        assert_eq!(throttles.turns_away(world, Door::Token, now), Some(7));
        assert_eq!(throttles.turns_away(world, Door::Token, now), None);
    }

    #[test]
    fn those_above_the_rate_are_turned_away_until_the_second_is_over() {
        let (throttles, world) = (Throttles::default(), world());
        throttles.set(world, Door::Token, Limit::PerSecond(2), 1);
        let began = Instant::now();
        let later = began + Duration::from_secs(2);
        for (at, away) in [(began, false), (began, false), (began, true), (later, false), (later, false)] {
            assert_eq!(throttles.turns_away(world, Door::Token, at).is_some(), away);
        }
        assert!(throttles.turns_away(world, Door::Token, later).is_some());
    }

    #[test]
    fn a_door_can_be_opened_and_a_world_forgotten() {
        let (throttles, world) = (Throttles::default(), world());
        throttles.set(world, Door::Token, Limit::Next(5), 1);
        throttles.set(world, Door::Token, Limit::Next(0), 1);
        assert!(throttles.is_empty());
        throttles.set(world, Door::Token, Limit::PerSecond(5), 1);
        throttles.forget(world);
        assert!(throttles.is_empty());
    }
}
