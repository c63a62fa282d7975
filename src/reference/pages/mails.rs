//! The mails that the bank "sends": they go no further than its outbox. A link in one works once, for a while, and only in
//! the browser that asked for it, so that a forwarded or an unasked-for mail logs nobody in. Mails are bounded too.

use std::collections::VecDeque;

use rand::CryptoRng;

use crate::reference::ledger::{Seconds, Secret, UserIx};

/// How long a link works.
pub const LINK_SECONDS: Seconds = 900;
/// How long a mail lies in the outbox.
const KEPT: Seconds = 24 * 3600;
/// How many there are at most.
const MOST: usize = 200;

/// All mails, oldest first.
#[derive(Debug, Default)]
pub struct Mails(VecDeque<Mail>);

#[derive(Debug)]
pub struct Mail {
    pub to: String,
    pub sent: Seconds,
    pub content: Content,
}

#[derive(Debug)]
pub enum Content {
    Link(Link),
    /// Somebody typed an address that no user has. Told here, and not on the page, so that the page tells nobody who is a
    /// customer.
    NobodyHere,
}

#[derive(Debug)]
pub struct Link {
    pub secret: Secret,
    pub user: UserIx,
    pub purpose: Purpose,
    /// Which browser asked for it.
    browser: u64,
    used: bool,
}

/// What following a link does, beside logging in to the bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    LogIn,
    /// Takes an app's login to its end.
    CarryOn {
        /// The id that its page carried.
        login: Secret,
        app: String,
    },
}

/// How a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Open,
    Used,
    Expired,
}

/// Why a link leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadLink {
    Unknown,
    Used,
    Expired,
    OtherBrowser,
}

impl Mails {
    /// Sends a link to a user, for the browser that asked.
    pub fn send_link(
        &mut self,
        to: &str,
        user: UserIx,
        purpose: Purpose,
        browser: u64,
        now: Seconds,
        rng: &mut dyn CryptoRng,
    ) {
        let secret = Secret::random("", rng);
        let link = Link { secret, user, purpose, browser, used: false };
        self.send(Mail { to: to.to_owned(), sent: now, content: Content::Link(link) });
    }

    /// Tells an address that it is not a user's.
    pub fn send_nobody(&mut self, to: &str, now: Seconds) {
        self.send(Mail { to: to.to_owned(), sent: now, content: Content::NobodyHere });
    }

    /// Follows a link: whom it logs in, and what it is for. It can't be followed again.
    pub fn follow(
        &mut self,
        secret: &str,
        browser: Option<u64>,
        now: Seconds,
    ) -> Result<(UserIx, Purpose), DeadLink> {
        let shown = Secret::shown(secret);
        let mail = self.0.iter_mut().find(|mail| mail.link().is_some_and(|link| link.secret.same(&shown)));
        let mail = mail.ok_or(DeadLink::Unknown)?;
        let standing = mail.standing(now);
        let Content::Link(link) = &mut mail.content else { return Err(DeadLink::Unknown) };
        match standing {
            Standing::Used => Err(DeadLink::Used),
            Standing::Expired => Err(DeadLink::Expired),
            Standing::Open if browser != Some(link.browser) => Err(DeadLink::OtherBrowser),
            Standing::Open => {
                link.used = true;
                Ok((link.user, link.purpose.clone()))
            }
        }
    }

    /// What lies in the outbox, newest first.
    pub fn outbox(&self, now: Seconds) -> impl Iterator<Item = &Mail> {
        self.0.iter().rev().filter(move |mail| now < mail.sent.saturating_add(KEPT))
    }

    fn send(&mut self, mail: Mail) {
        let now = mail.sent;
        self.0.retain(|mail| now < mail.sent.saturating_add(KEPT));
        while self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(mail);
    }
}

impl Mail {
    pub fn link(&self) -> Option<&Link> {
        match &self.content {
            Content::Link(link) => Some(link),
            Content::NobodyHere => None,
        }
    }

    /// How its link stands by now.
    pub fn standing(&self, now: Seconds) -> Standing {
        let used = self.link().is_some_and(|link| link.used);
        match used {
            true => Standing::Used,
            false if now >= self.sent.saturating_add(LINK_SECONDS) => Standing::Expired,
            false => Standing::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::reference::ledger::{Fixture, Ledger};
    use crate::reference::rules::Rules;

    fn sent() -> (Mails, String) {
        let mut rng = StdRng::seed_from_u64(5);
        let mut ledger = Ledger::new(Rules::default());
        let (world, _) = ledger.open("one".to_owned(), Fixture::embedded(), 0, &mut rng);
        let alice = ledger.turn(world, 0, &mut rng).expect("just opened").users().next().expect("one");
        let mut mails = Mails::default();
        mails.send_link("alice@example.com", alice, Purpose::LogIn, 1, 0, &mut rng);
        let link = mails.outbox(0).next().and_then(Mail::link).expect("just sent").secret.expose().to_owned();
        (mails, link)
    }

    #[test]
    fn a_link_works_once_and_in_its_own_browser() {
        let (mut mails, link) = sent();
        assert_eq!(mails.follow("another", Some(1), 0), Err(DeadLink::Unknown));
        assert_eq!(mails.follow(&link, None, 0), Err(DeadLink::OtherBrowser));
        assert_eq!(mails.follow(&link, Some(2), 0), Err(DeadLink::OtherBrowser));
        assert!(mails.follow(&link, Some(1), LINK_SECONDS - 1).is_ok());
        assert_eq!(mails.follow(&link, Some(1), 1), Err(DeadLink::Used));
    }

    #[test]
    fn a_link_expires() {
        let (mut mails, link) = sent();
        assert_eq!(mails.follow(&link, Some(1), LINK_SECONDS), Err(DeadLink::Expired));
    }

    #[test]
    fn the_outbox_is_emptied_by_time_and_never_overflows() {
        let (mut mails, _) = sent();
        for _ in 0..2 * MOST {
            mails.send_nobody("x@example.com", 10);
        }
        assert_eq!(mails.outbox(10).count(), MOST);
        assert_eq!(mails.outbox(10 + KEPT).count(), 0);
        mails.send_nobody("x@example.com", 10 + KEPT);
        assert_eq!(mails.0.len(), 1);
    }
}
