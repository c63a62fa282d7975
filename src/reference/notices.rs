//! Telling a client why its access ended: a signed POST to the address that it gave, when its user disconnects it or
//! cancels its mandate.
//!
//! The body is
//!
//! ```json
//! { "id": "notice_…", "event": "access.ended", "reason": "user_disconnected",
//!   "client_id": "oauth2client_…", "user_id": "user_…", "at": 1793000000 }
//! ```
//!
//! or, with the mandate's id,
//!
//! ```json
//! { "id": "notice_…", "event": "mandate.cancelled", "reason": "user_cancelled", "mandate_id": "mandate_…",
//!   "client_id": "oauth2client_…", "user_id": "user_…", "at": 1793000000 }
//! ```
//!
//! with `at` by the world's clock. A disconnection cancels all mandates of its pair, and is one notice. The header
//! `bank-signature: t=1793000000,v1=<hex>` holds the time of sending and the HMAC-SHA256 of `<t>.<body>` under the client's
//! signing secret. Whatever is not answered with a 2xx is sent again after 1, 2, 4 and 8 seconds, with the same `id`, and
//! then no more. Nobody waits for any of it.
//!
//! A notice is in the ledger (`ledger::notify`) together with what it is about, and leaves when both are durable. One that
//! still waits when the bank stops goes on when it is started with the same file, so that it may come twice.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::Client;
use ring::hmac;
use tokio::sync::Semaphore;
use url::Url;

use super::bank::{Afar, Bank, wall};
use super::ledger::{Fate, Outgoing, Seconds, Secret, WorldId};
use super::store::durably;

/// How often a notice is sent at most.
const ATTEMPTS: u32 = 5;
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// Notices under way at a time; what comes beyond is not sent, and said to be lost.
const MOST_UNDER_WAY: usize = 256;
const LONGEST_URL: usize = 500;

/// The header of the signature.
pub const SIGNATURE: &str = "bank-signature";

/// How notices are sent.
#[derive(Debug)]
pub struct Notices {
    /// Whether notices may leave this machine.
    anywhere: bool,
    /// The wait before the second attempt.
    pause: Duration,
    seats: Arc<Semaphore>,
    /// Set up when the first one leaves; `None` if it can't be.
    http: OnceLock<Option<Client>>,
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
        Notices { anywhere, pause, seats: Arc::new(Semaphore::new(MOST_UNDER_WAY)), http: OnceLock::new() }
    }

    /// An address at which a client can be told.
    ///
    /// # Errors
    /// If nothing can be sent there.
    pub fn read(&self, address: &str) -> Result<Url, BadAddress> {
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

    /// Sends a notice until it is taken or given up. `None` once there is nothing to send any more.
    async fn deliver(&self, bank: &Afar, world: WorldId, id: &str) -> Option<()> {
        loop {
            let attempts = waiting(bank, world, id).await?.attempts;
            if let Some(doubled) = attempts.checked_sub(1) {
                tokio::time::sleep(self.pause * 2_u32.saturating_pow(doubled)).await;
            }
            // Its client may want to be told elsewhere by now.
            let notice = waiting(bank, world, id).await?;
            let taken = self.post(&notice).await;
            let attempts = attempts + u32::from(taken.is_some());
            let fate = match taken {
                Some(true) => Fate::Taken,
                Some(false) if attempts < ATTEMPTS => Fate::UnderWay,
                Some(false) | None => Fate::GivenUp,
            };
            bank.here()?.ledger().note_delivery(world, id, attempts, fate);
        }
    }

    /// Sends a notice once, and says whether it was taken; `None` if it can't be sent at all.
    async fn post(&self, notice: &Outgoing) -> Option<bool> {
        // What is in the file may have been said to a bank that could send anywhere.
        let url = self.read(&notice.url).ok()?;
        let request = self
            .http
            .get_or_init(client)
            .as_ref()?
            .post(url)
            .header("content-type", "application/json")
            .header(SIGNATURE, signature(&notice.secret, wall(), &notice.body))
            .body(notice.body.clone());
        Some(request.send().await.is_ok_and(|answer| answer.status().is_success()))
    }
}

impl Bank {
    /// Sends what waits from before the bank was started.
    pub fn send_what_waits(&self) {
        let waiting = self.ledger().waiting_notices();
        for (world, id) in waiting {
            self.send_notice(world, id);
        }
    }

    /// Sends a notice that was noted in the ledger, as soon as that is durable.
    pub fn send_notice(&self, world: WorldId, id: String) {
        let Ok(seat) = Arc::clone(&self.notices().seats).try_acquire_owned() else {
            self.ledger().note_delivery(world, &id, 0, Fate::GivenUp);
            return;
        };
        // Whoever waits to send must not keep a bank up that has stopped, nor its file.
        let (bank, notices) = (self.afar(), Arc::clone(self.notices()));
        tokio::spawn(async move {
            let _seat = seat;
            notices.deliver(&bank, world, &id).await;
        });
    }
}

/// The notice, if it still waits, and what it is about is durable.
async fn waiting(bank: &Afar, world: WorldId, id: &str) -> Option<Outgoing> {
    durably(|| bank.here()?.ledger().waiting_notice(world, id)).await?
}

fn client() -> Option<Client> {
    // The provider can be set once a process; that another part of it was first is no trouble.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .timeout(PATIENCE);
    http.build().ok()
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
