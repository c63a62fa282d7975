//! Keeping within what a server can take: requests in a second, requests under way, time between two logins.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::file::Limits;

/// What is known of the requests that went before; shared by all that hold the target.
#[derive(Clone, Debug)]
pub struct Pace {
    /// Time between the beginnings of two requests.
    between: Option<Duration>,
    next: Arc<Mutex<Option<Instant>>>,
    under_way: Option<Arc<Semaphore>>,
    /// Time between two logins, and when the next one of a user with a client may begin.
    gap: Duration,
    logins: Arc<Mutex<HashMap<String, Instant>>>,
}

impl Pace {
    pub fn of(limits: &Limits) -> Pace {
        Pace {
            between: limits.rate.map(|rate| Duration::from_secs(1) / rate),
            next: Arc::default(),
            under_way: limits.in_flight.map(|most| Arc::new(Semaphore::new(most))),
            gap: Duration::from_millis(limits.login_gap_ms),
            logins: Arc::default(),
        }
    }

    /// Waits until a request may begin. Whoever was first goes first. What is returned is dropped when its answer is there.
    pub async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        let permit = match &self.under_way {
            Some(under_way) => {
                Some(under_way.clone().acquire_owned().await.expect("the semaphore is never closed"))
            }
            None => None,
        };
        self.count(1).await;
        permit
    }

    /// Waits until this many requests may begin together.
    pub async fn count(&self, requests: usize) {
        let Some(between) = self.between else { return };
        let at = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let at = next.unwrap_or_else(Instant::now).max(Instant::now());
            *next = Some(at + between * u32::try_from(requests).unwrap_or(u32::MAX));
            at
        };
        tokio::time::sleep_until(at).await;
    }

    /// Waits until `what` may happen: so long after the last time as the target file wants two logins to be apart.
    pub async fn space(&self, what: String) {
        if self.gap.is_zero() {
            return;
        }
        let at = {
            let mut logins = self.logins.lock().unwrap_or_else(PoisonError::into_inner);
            let at = logins.get(&what).copied().unwrap_or_else(Instant::now).max(Instant::now());
            logins.insert(what, at + self.gap);
            at
        };
        tokio::time::sleep_until(at).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(rate: Option<u32>, in_flight: Option<usize>, login_gap_ms: u64) -> Pace {
        let base = url::Url::parse("http://127.0.0.1").expect("an address");
        Pace::of(&Limits { rate, in_flight, login_gap_ms, ..Limits::usual(&base) })
    }

    // Lower bounds alone: how much longer it takes depends on the machine.

    #[tokio::test]
    async fn requests_begin_no_faster_than_the_rate() {
        let pace = pace(Some(1_000), None, 0);
        let began = Instant::now();
        for _ in 0..21 {
            let _ = pace.turn().await;
        }
        assert!(began.elapsed().as_millis() >= 20);
        pace.count(30).await;
        pace.count(1).await;
        assert!(began.elapsed().as_millis() >= 51, "what went together is waited for afterwards");
    }

    #[tokio::test]
    async fn no_more_are_under_way_than_may_be() {
        let pace = pace(None, Some(2), 0);
        let (first, _second) = (pace.turn().await, pace.turn().await);
        let third = tokio::time::timeout(Duration::from_millis(20), pace.turn());
        assert!(third.await.is_err());
        drop(first);
        assert!(pace.turn().await.is_some());
    }

    #[tokio::test]
    async fn logins_of_one_user_with_one_client_are_apart_and_others_are_not() {
        let pace = pace(None, None, 3_600_000);
        pace.space("alice with server".into()).await;
        pace.space("bob with server".into()).await;
        let again = pace.space("alice with server".into());
        assert!(tokio::time::timeout(Duration::from_millis(20), again).await.is_err());
        let pace = self::pace(None, None, 20);
        let began = Instant::now();
        pace.space("alice with server".into()).await;
        pace.space("alice with server".into()).await;
        assert!(began.elapsed().as_millis() >= 20);
    }
}
