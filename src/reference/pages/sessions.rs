//! Who is at which browser: a session for each, found by the key in its cookie. Sessions expire, and there is a most.

use std::collections::HashMap;

use rand::CryptoRng;

use crate::reference::ledger::{Digest, Seconds, Secret, UserIx};

/// A session that nobody used for so long is over.
const IDLE: Seconds = 3600;
/// A session is over then, used or not.
const LONGEST: Seconds = 12 * 3600;
/// How many there are at most.
const MOST: usize = 5000;

/// All sessions.
#[derive(Debug, Default)]
pub struct Sessions {
    by_key: HashMap<Digest, Session>,
    /// How many there ever were.
    serial: u64,
}

/// What the bank knows of one browser.
#[derive(Clone, Debug)]
pub struct Session {
    /// Which browser, whoever is at it.
    pub browser: u64,
    /// Who is logged in.
    pub user: Option<UserIx>,
    /// What every form of this browser carries.
    pub form_key: Secret,
    /// What the next page says first: a headline, and paragraphs.
    pub notice: Vec<String>,
    /// The page that its login leads to.
    pub bound_for: Option<&'static str>,
    /// The API playground's token.
    pub token: Option<Secret>,
    /// A client's secret, to be shown once.
    pub client_secret: Option<(String, Secret)>,
    /// A client's id and the secret that its notices are signed with, to be shown once.
    pub signing_secret: Option<(String, Secret)>,
    begun: Seconds,
    used: Seconds,
}

impl Session {
    /// Forgets what the next page would tell.
    pub fn forget_news(&mut self) {
        self.notice.clear();
        (self.client_secret, self.signing_secret) = (None, None);
    }
}

impl Sessions {
    /// Begins a session, and gives the key to it.
    pub fn begin(&mut self, now: Seconds, rng: &mut dyn CryptoRng) -> (Secret, Session) {
        self.make_room(now);
        self.serial += 1;
        let session = Session {
            browser: self.serial,
            user: None,
            form_key: Secret::random("", rng),
            notice: Vec::new(),
            bound_for: None,
            token: None,
            client_secret: None,
            signing_secret: None,
            begun: now,
            used: now,
        };
        let key = Secret::random("", rng);
        self.by_key.insert(Digest::of(key.expose()), session.clone());
        (key, session)
    }

    /// The session with this key, if it goes on.
    pub fn find(&mut self, key: &str, now: Seconds) -> Option<&mut Session> {
        let digest = Digest::of(key);
        if !self.by_key.get(&digest)?.lives(now) {
            self.by_key.remove(&digest);
        }
        let session = self.by_key.get_mut(&digest)?;
        session.used = now;
        Some(session)
    }

    /// Somebody has logged in at the browser with this key. The session goes on under a new key, with a new key for its
    /// forms: whoever knew the old ones has nothing.
    pub fn log_in(
        &mut self,
        key: &str,
        user: UserIx,
        now: Seconds,
        rng: &mut dyn CryptoRng,
    ) -> Option<(Secret, Session)> {
        let mut session = self.by_key.remove(&Digest::of(key)).filter(|session| session.lives(now))?;
        if session.user != Some(user) {
            (session.token, session.client_secret, session.signing_secret) = (None, None, None);
        }
        session.user = Some(user);
        session.form_key = Secret::random("", rng);
        (session.begun, session.used) = (now, now);
        let key = Secret::random("", rng);
        self.by_key.insert(Digest::of(key.expose()), session.clone());
        Some((key, session))
    }

    pub fn end(&mut self, key: &str) {
        self.by_key.remove(&Digest::of(key));
    }

    /// Those that are over go first, then strangers', then the one that was not used for longest.
    fn make_room(&mut self, now: Seconds) {
        if self.by_key.len() < MOST {
            return;
        }
        self.by_key.retain(|_, session| session.lives(now));
        if self.by_key.len() >= MOST {
            let all = self.by_key.iter();
            let first =
                all.min_by_key(|(_, session)| (session.user.is_some(), session.used, session.browser));
            if let Some(key) = first.map(|(key, _)| *key) {
                self.by_key.remove(&key);
            }
        }
    }
}

impl Session {
    fn lives(&self, now: Seconds) -> bool {
        now < self.used.saturating_add(IDLE) && now < self.begun.saturating_add(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::reference::ledger::{Fixture, Ledger};
    use crate::reference::rules::Rules;

    fn rng() -> StdRng {
        StdRng::seed_from_u64(3)
    }

    fn alice() -> UserIx {
        let mut ledger = Ledger::new(Rules::default());
        let (world, _) = ledger.open("one".to_owned(), Fixture::embedded(), 0, &mut rng());
        let mut rng = rng();
        let turn = ledger.turn(world, 0, &mut rng).expect("just opened");
        turn.user_by_role("alice").expect("a role")
    }

    #[test]
    fn a_session_ends_when_it_is_not_used_and_in_the_end_all_the_same() {
        let mut sessions = Sessions::default();
        let (key, _) = sessions.begin(0, &mut rng());
        assert!(sessions.find("another", 0).is_none());
        for now in (0..LONGEST).step_by(3000) {
            assert!(sessions.find(key.expose(), now).is_some(), "{now}");
        }
        assert!(sessions.find(key.expose(), LONGEST).is_none());
        let (key, _) = sessions.begin(0, &mut rng());
        assert!(sessions.find(key.expose(), IDLE).is_none());
        assert!(sessions.find(key.expose(), 1).is_none(), "over is over");
    }

    #[test]
    fn logging_in_changes_both_keys_and_keeps_the_browser() {
        let (mut sessions, mut rng) = (Sessions::default(), rng());
        let (key, before) = sessions.begin(0, &mut rng);
        let (new, after) = sessions.log_in(key.expose(), alice(), 1, &mut rng).expect("it lives");
        assert!(sessions.find(key.expose(), 1).is_none());
        assert_eq!(sessions.find(new.expose(), 1).and_then(|session| session.user), Some(alice()));
        assert_eq!(after.browser, before.browser);
        assert!(after.form_key != before.form_key);
    }

    #[test]
    fn there_is_a_most_and_strangers_go_first() {
        let (mut sessions, mut rng) = (Sessions::default(), rng());
        let (key, _) = sessions.begin(0, &mut rng);
        let (kept, _) = sessions.log_in(key.expose(), alice(), 0, &mut rng).expect("it lives");
        let (first, _) = sessions.begin(0, &mut rng);
        for _ in 0..MOST {
            sessions.begin(1, &mut rng);
        }
        assert_eq!(sessions.by_key.len(), MOST);
        assert!(sessions.find(first.expose(), 1).is_none());
        assert!(sessions.find(kept.expose(), 1).is_some());
    }
}
