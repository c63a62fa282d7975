//! Telling a client why its access ended: a signed POST to the address that it gave, when its user disconnects it. "Monzo
//! didn't want the 3rd party to suddenly start seeing that they couldn't connect to your account without knowing why"
//! (Monzo community forum, "One-Click Disconnections for Third Party API Account Access").
//!
//! The body is
//!
//! ```json
//! { "id": "notice_…", "event": "access.ended", "reason": "user_disconnected",
//!   "client_id": "oauth2client_…", "user_id": "user_…", "at": 1793000000 }
//! ```
//!
//! with `at` by the world's clock. The header `bank-signature: t=1793000000,v1=<hex>` holds the time of sending and the
//! HMAC-SHA256 of `<t>.<body>` under the client's signing secret. Whatever is not answered with a 2xx is sent again after 1,
//! 2, 4 and 8 seconds, with the same `id`, and then no more. Nobody waits for any of it. Addresses and what became of
//! notices are kept in memory only.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ring::hmac;
use serde_json::json;
use tokio::sync::Semaphore;
use url::Url;

use super::bank::wall;
use super::ledger::{Seconds, Secret, WorldId};

/// How often a notice is sent at most.
const ATTEMPTS: u32 = 5;
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// Notices under way at a time; what comes beyond is not sent, and said to be lost.
const MOST_UNDER_WAY: usize = 256;
/// What is remembered of a client's notices.
const MOST_REMEMBERED: usize = 20;
const LONGEST_URL: usize = 500;

/// The header of the signature.
pub const SIGNATURE: &str = "bank-signature";

/// Who wants to be told, and how that went.
#[derive(Debug)]
pub struct Notices {
    /// By the world and the client's id.
    clients: Arc<Mutex<HashMap<(WorldId, String), Subscription>>>,
    /// Whether notices may leave this machine.
    anywhere: bool,
    /// The wait before the second attempt.
    pause: Duration,
    seats: Arc<Semaphore>,
}

#[derive(Debug)]
struct Subscription {
    url: Url,
    secret: Secret,
    /// The newest last.
    sent: Vec<Delivery>,
}

/// What became of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: String,
    /// How often it was sent so far.
    pub attempts: u32,
    /// What the last attempt came to.
    pub fate: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    UnderWay,
    /// It was answered with a 2xx.
    Taken,
    /// It was not, and is not sent again.
    GivenUp,
}

impl Fate {
    /// What the control API calls it.
    pub fn word(self) -> &'static str {
        match self {
            Fate::UnderWay => "under_way",
            Fate::Taken => "taken",
            Fate::GivenUp => "given_up",
        }
    }
}

/// Why an address can't be told anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    #[error("it is longer than {LONGEST_URL} characters")]
    TooLong,
    #[error("it is no whole URL: write it with http:// or https:// and its host")]
    NoUrl,
    #[error("it must not have a user name or a password")]
    Credentials,
    #[error(
        "it is not on this machine: give 127.0.0.1, [::1] or localhost, or serve the bank with --notify-anywhere"
    )]
    Elsewhere,
}

impl Notices {
    /// `anywhere` lets notices leave this machine; `pause` is the wait before the second attempt, and doubles.
    pub fn new(anywhere: bool, pause: Duration) -> Self {
        Notices { clients: Arc::default(), anywhere, pause, seats: Arc::new(Semaphore::new(MOST_UNDER_WAY)) }
    }

    /// From here on a client is told at this address; gives the only copy of its signing secret. An address from before is
    /// forgotten, with its secret.
    ///
    /// # Errors
    /// If nothing can be sent there.
    pub fn subscribe(&self, world: WorldId, client_id: &str, address: &str) -> Result<Secret, BadAddress> {
        let url = self.read(address)?;
        let secret = Secret::random("mnzsign.", &mut rand::rng());
        let subscription = Subscription { url, secret: secret.clone(), sent: Vec::new() };
        self.lock().insert((world, client_id.to_owned()), subscription);
        Ok(secret)
    }

    /// Where a client is told, and what became of its last notices.
    pub fn of(&self, world: WorldId, client_id: &str) -> Option<(String, Vec<Delivery>)> {
        let clients = self.lock();
        let subscription = clients.get(&(world, client_id.to_owned()))?;
        Some((subscription.url.to_string(), subscription.sent.clone()))
    }

    /// Forgets a world.
    pub fn forget(&self, world: WorldId) {
        self.lock().retain(|(of, _), _| *of != world);
    }

    /// A user has disconnected a client, at `at` by the world's clock: it is told, if it wants to be.
    pub fn disconnected(&self, world: WorldId, client_id: &str, user_id: &str, at: Seconds) {
        let key = (world, client_id.to_owned());
        let notice = {
            let mut clients = self.lock();
            let Some(subscription) = clients.get_mut(&key) else { return };
            let id = Secret::random("notice_", &mut rand::rng()).expose().to_owned();
            let body = json!({
                "id": id,
                "event": "access.ended",
                "reason": "user_disconnected",
                "client_id": client_id,
                "user_id": user_id,
                "at": at,
            });
            subscription.sent.push(Delivery { id: id.clone(), attempts: 0, fate: Fate::UnderWay });
            if subscription.sent.len() > MOST_REMEMBERED {
                subscription.sent.remove(0);
            }
            let (url, secret) = (subscription.url.clone(), subscription.secret.clone());
            Notice { id, body: body.to_string(), url, secret }
        };
        let clients = Arc::clone(&self.clients);
        let note = move |id: &str, attempts, fate| {
            let mut clients = clients.lock().unwrap_or_else(PoisonError::into_inner);
            let sent = clients.get_mut(&key).into_iter().flat_map(|known| &mut known.sent);
            for delivery in sent.filter(|delivery| delivery.id == id) {
                (delivery.attempts, delivery.fate) = (attempts, fate);
            }
        };
        let Ok(seat) = Arc::clone(&self.seats).try_acquire_owned() else {
            note(&notice.id, 0, Fate::GivenUp);
            return;
        };
        let pause = self.pause;
        tokio::spawn(async move {
            let _seat = seat;
            notice.deliver(pause, note).await;
        });
    }

    fn read(&self, address: &str) -> Result<Url, BadAddress> {
        if address.len() > LONGEST_URL {
            return Err(BadAddress::TooLong);
        }
        let url = Url::parse(address.trim()).map_err(|_| BadAddress::NoUrl)?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(BadAddress::NoUrl);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadAddress::Credentials);
        }
        let here = match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        if here || self.anywhere { Ok(url) } else { Err(BadAddress::Elsewhere) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(WorldId, String), Subscription>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One notice on its way.
struct Notice {
    id: String,
    body: String,
    url: Url,
    secret: Secret,
}

impl Notice {
    async fn deliver(self, pause: Duration, note: impl Fn(&str, u32, Fate)) {
        // The provider can be set once a process; that another part of it was first is no trouble.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .timeout(PATIENCE)
            .build();
        let Ok(http) = http else {
            return note(&self.id, 0, Fate::GivenUp);
        };
        let mut pause = pause;
        for attempt in 1..=ATTEMPTS {
            let request = http
                .post(self.url.clone())
                .header("content-type", "application/json")
                .header(SIGNATURE, signature(&self.secret, wall(), &self.body))
                .body(self.body.clone());
            let taken = request.send().await.is_ok_and(|answer| answer.status().is_success());
            match (taken, attempt) {
                (true, _) => return note(&self.id, attempt, Fate::Taken),
                (false, ATTEMPTS) => return note(&self.id, attempt, Fate::GivenUp),
                (false, _) => note(&self.id, attempt, Fate::UnderWay),
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }
}

/// The value of [`SIGNATURE`] for a body that is sent at `time`.
fn signature(secret: &Secret, time: Seconds, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let tag = hmac::sign(&key, format!("{time}.{body}").as_bytes());
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={time},v1={hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_hmac_of_time_and_body() {
        // Worked out with `printf '1793000000.{}' | openssl dgst -sha256 -hmac key`.
        let signed = signature(&Secret::shown("key"), 1_793_000_000, "{}");
        assert_eq!(
            signed,
            "t=1793000000,v1=873503cbe5a6c9443b07818624cbf2d2df3b1a54c14964260cfae0de8989c4e9"
        );
    }

    #[test]
    fn only_this_machine_is_told_unless_the_bank_is_told_otherwise() {
        let here = Notices::new(false, Duration::ZERO);
        for good in ["http://127.0.0.1:9/n", "https://localhost/n", "http://[::1]:9/"] {
            assert!(here.read(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("https://app.example/n", BadAddress::Elsewhere),
            ("http://127.0.0.1.evil.example/", BadAddress::Elsewhere),
            ("http://169.254.169.254/", BadAddress::Elsewhere),
            ("ftp://127.0.0.1/", BadAddress::NoUrl),
            ("file:///etc/passwd", BadAddress::NoUrl),
            ("/n", BadAddress::NoUrl),
            ("http://me:pw@127.0.0.1/", BadAddress::Credentials),
            (&format!("http://127.0.0.1/{}", "x".repeat(LONGEST_URL)), BadAddress::TooLong),
        ] {
            assert_eq!(here.read(bad), Err(why), "{bad}");
        }
        let anywhere = Notices::new(true, Duration::ZERO);
        assert!(anywhere.read("https://app.example/n").is_ok());
        assert_eq!(anywhere.read("ftp://app.example/n"), Err(BadAddress::NoUrl));
    }
}
