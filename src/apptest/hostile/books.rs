//! What is known of a case at the bank that its app meets.

use std::time::Instant;

use url::Url;

use super::arrived::{Arrived, By, Given, Kind};
use super::script::Script;
use crate::suite::client::{Answer, CertificateKind};
use crate::target::Incoming;

/// What is known of the case so far.
#[derive(Debug)]
pub struct Books {
    /// In the order of their arrival.
    pub arrived: Vec<Arrived>,
    /// Tokens that the bank gave, in order.
    pub given: Vec<Given>,
    pub(super) scripts: Vec<Script>,
    /// Seconds that token answers say instead of the bank's own.
    pub lifetime: Option<u64>,
    pub certificate: CertificateKind,
    /// TLS connections that were begun.
    pub handshakes: usize,
    /// TLS connections that the app gave up while the bank showed the right certificate.
    pub untrusted: usize,
    /// Times that the proxy was asked for anything.
    pub asked_proxy: usize,
    /// Hosts that the proxy was asked for and does not answer for.
    pub refused_hosts: Vec<String>,
    /// Where a redirect elsewhere leads.
    pub elsewhere: Option<Url>,
    /// Ids that a script may put into an answer: `user:bob`.
    pub users: Vec<(String, String)>,
    /// How often the app has answered what a step asked of it.
    pub(super) releases: usize,
    /// How the harness broke while it answered the app.
    pub broke: Option<String>,
}

impl Books {
    pub(super) fn new() -> Books {
        Books {
            arrived: Vec::new(),
            given: Vec::new(),
            scripts: Vec::new(),
            lifetime: None,
            certificate: CertificateKind::Right,
            handshakes: 0,
            untrusted: 0,
            asked_proxy: 0,
            refused_hosts: Vec::new(),
            elsewhere: None,
            users: Vec::new(),
            releases: 0,
            broke: None,
        }
    }

    /// What the app sent, with each one's number.
    pub fn by_app(&self) -> impl Iterator<Item = (usize, &Arrived)> {
        self.arrived.iter().enumerate().filter(|(_, arrived)| arrived.by == By::App)
    }

    pub(super) fn take_script(&mut self, kind: Kind) -> Option<(usize, Answer)> {
        let fits = |script: &Script| script.left != Some(0) && kind.is_for(script.to());
        let at = self.scripts.iter().position(fits)?;
        let script = &mut self.scripts[at];
        script.left = script.left.map(|left| left - 1);
        script.given += 1;
        Some((at, script.answer.clone()))
    }

    pub(super) fn given_by(&self, at: usize) -> u32 {
        // One that is gone holds nobody back any more.
        self.scripts.get(at).map_or(u32::MAX, |script| script.given)
    }

    /// Notes the tokens of an answer. `received`: whether the app got to see it.
    pub(super) fn note_given(&mut self, answer: &Incoming, received: bool) {
        if answer.status != 200 {
            return;
        }
        let Some(json) = answer.json() else { return };
        let text = |key: &str| json[key].as_str().map(str::to_owned);
        let known = self
            .given
            .iter_mut()
            .find(|given| given.access.is_some() && given.access == text("access_token"));
        if let Some(known) = known {
            known.received |= received;
        } else if text("access_token").is_some() || text("refresh_token").is_some() {
            self.given.push(Given {
                access: text("access_token"),
                refresh: text("refresh_token"),
                user_id: text("user_id"),
                received,
                at: Instant::now(),
            });
        }
    }
}
