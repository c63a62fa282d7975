//! The way through a bank's pages: requests on the case's tape, redirects among the bank's own pages followed by hand, and
//! the redirect that leaves them kept as it was on the wire.

use http::header::{COOKIE, LOCATION};
use url::Url;

use super::Reached;
use super::jar::Jar;
use crate::results::Trouble;
use crate::suite::Client;
use crate::target::{Callback, Incoming, Outgoing, Tape, Target, World};

/// Redirects among the bank's own pages that are followed before it is called a loop.
const HOPS: usize = 10;

/// What a login has at its disposal on its way, and what it met there.
pub struct Way<'a> {
    pub target: &'a Target,
    pub world: &'a World,
    pub tape: &'a mut Tape,
    /// Who sent the user.
    pub client: &'a Client,
    /// Redirect URIs: the one that was asked for and the client's registered ones. There the way leaves the bank, also
    /// where one of them stands on the bank's own host.
    pub exits: &'a [String],
    /// Every answer on the way, in order.
    pub answers: Vec<Incoming>,
    /// The last exchange's number on the tape.
    pub last: Option<usize>,
}

/// A page of the bank.
#[derive(Clone, Debug)]
pub struct Page {
    pub url: Url,
    pub answer: Incoming,
}

/// Where following redirects ended.
#[derive(Clone, Debug)]
pub enum Stop {
    Page(Page),
    Callback(Callback),
    Trouble(Trouble),
    Loop,
}

/// Where an address leads.
#[derive(Clone, Debug)]
pub enum Lead {
    /// To another page of the bank.
    Page(Url),
    /// Out of the bank, to where the client gets its answer.
    Exit(Callback),
    /// To a place that is neither.
    Foreign(String),
}

impl<'a> Way<'a> {
    pub fn new(
        target: &'a Target,
        world: &'a World,
        tape: &'a mut Tape,
        client: &'a Client,
        exits: &'a [String],
    ) -> Way<'a> {
        Way { target, world, tape, client, exits, answers: Vec::new(), last: None }
    }

    /// Sends a request and follows redirects among the bank's own pages, until a page or a way out is reached.
    pub async fn follow(&mut self, jar: &mut Jar, actor: &str, purpose: &str, request: Outgoing) -> Stop {
        let mut request = request;
        for _ in 0..HOPS {
            let (here, method, body) = (request.url.clone(), request.method.clone(), request.body.clone());
            let kept: Vec<_> = request.headers.clone();
            if let Some(cookies) = jar.header(&here) {
                request = request.header(COOKIE, &cookies);
            }
            let (number, reply) = self.tape.send(self.target, actor, purpose, request).await;
            self.last = Some(number);
            let answer = match reply {
                Ok(answer) => answer,
                Err(trouble) => return Stop::Trouble(trouble),
            };
            jar.note(&here, &answer);
            self.answers.push(answer.clone());
            let location = answer.headers.get(LOCATION).filter(|_| (300..400).contains(&answer.status));
            let Some(location) = location else { return Stop::Page(Page { url: here, answer }) };
            let next = match self.lead(&here, location.as_bytes()) {
                Lead::Page(next) => next,
                // Wherever a redirect leads off the bank's pages, the client's answer went there.
                Lead::Exit(_) | Lead::Foreign(_) => {
                    return Stop::Callback(Callback::parse(location.as_bytes()));
                }
            };
            request = Outgoing::get(next);
            if matches!(answer.status, 307 | 308) {
                // RFC 9110 §15.4.8: the same request, at the other address.
                (request.method, request.body, request.headers) = (method, body, kept);
            }
        }
        Stop::Loop
    }

    /// Where an address on the page `here` leads.
    pub fn lead(&self, here: &Url, address: &[u8]) -> Lead {
        let callback = Callback::parse(address);
        let to_client = self.exits.iter().any(|uri| {
            let base = Callback::parse(uri.as_bytes()).base;
            !base.is_empty() && base == callback.base
        });
        if to_client {
            return Lead::Exit(callback);
        }
        let file = self.target.file();
        let authorize = &file.endpoints.authorize.url;
        let mut bank = [authorize, &file.base].into_iter().chain(self.target.login().origins());
        match str::from_utf8(address).ok().and_then(|text| here.join(text).ok()) {
            Some(next) if bank.any(|own| own.origin() == next.origin()) => Lead::Page(next),
            _ => Lead::Foreign(callback.raw),
        }
    }
}

impl Stop {
    pub fn reached(self) -> Reached {
        match self {
            Stop::Page(_) => Reached::Page(None),
            Stop::Callback(callback) => Reached::Callback(callback),
            Stop::Trouble(trouble) => Reached::Trouble(trouble),
            Stop::Loop => Reached::Loop(HOPS),
        }
    }
}
