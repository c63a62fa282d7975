//! The way through a bank's pages: requests on the case's tape, redirects among the bank's own pages followed by hand, and
//! the redirect that leaves them kept as it was on the wire.

use http::header::{COOKIE, LOCATION};
use url::Url;

use super::Reached;
use super::jar::Jar;
use crate::results::Trouble;
use crate::target::{Callback, Incoming, Outgoing, Tape, Target, World};

/// Redirects among the bank's own pages that are followed before it is called a loop.
const HOPS: usize = 10;

/// What a login has at its disposal on its way, and what it met there.
pub struct Way<'a> {
    pub target: &'a Target,
    pub world: &'a World,
    pub tape: &'a mut Tape,
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

impl<'a> Way<'a> {
    pub fn new(target: &'a Target, world: &'a World, tape: &'a mut Tape, exits: &'a [String]) -> Way<'a> {
        Way { target, world, tape, exits, answers: Vec::new(), last: None }
    }

    /// Sends a request and follows redirects among the bank's own pages, until a page or a way out is reached.
    pub async fn follow(&mut self, jar: &mut Jar, actor: &str, purpose: &str, request: Outgoing) -> Stop {
        let mut request = request;
        for _ in 0..HOPS {
            let here = request.url.clone();
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
            match self.own_page(&here, location.as_bytes()) {
                Some(next) => request = Outgoing::get(next),
                None => return Stop::Callback(Callback::parse(location.as_bytes())),
            }
        }
        Stop::Loop
    }

    /// The address of a redirect that stays on the bank's own pages.
    fn own_page(&self, here: &Url, location: &[u8]) -> Option<Url> {
        let text = str::from_utf8(location).ok()?;
        let callback = Callback::parse(location);
        let to_client = self.exits.iter().any(|uri| {
            let base = Callback::parse(uri.as_bytes()).base;
            !base.is_empty() && base == callback.base
        });
        let next = here.join(text).ok()?;
        let file = self.target.file();
        let bank = [self.target.url(&file.endpoints.authorize), file.base.clone()];
        (!to_client && bank.iter().any(|own| own.origin() == next.origin())).then_some(next)
    }
}

impl Stop {
    pub fn reached(self) -> Reached {
        match self {
            Stop::Page(_) => Reached::Page,
            Stop::Callback(callback) => Reached::Callback(callback),
            Stop::Trouble(trouble) => Reached::Trouble(trouble),
            Stop::Loop => Reached::Loop(HOPS),
        }
    }
}
