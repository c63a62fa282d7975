//! What happened since the last step, put on the tape in the order of time.

use std::time::{Duration, Instant};

use super::Stage;
use crate::apptest::browser::Hop;
use crate::apptest::hostile::By;
use crate::results::{Trouble, TroubleKind};
use crate::suite::{USERS, User};

impl Stage {
    /// Puts everything since the last step on the tape, in the order of time. Returns, for each request at the bank since
    /// then, its number there and on the tape.
    pub fn roll(&mut self) -> Vec<(usize, usize)> {
        let label = |stage: &mut Stage| {
            let given: Vec<_> = stage.hostile.books().given.clone();
            for given in given {
                let user = USERS.into_iter().find(|user| {
                    Some(&stage.world.user(&User((*user).to_owned())).user_id) == given.user_id.as_ref()
                });
                let user = user.unwrap_or("somebody");
                for (token, kind) in [(&given.access, "access"), (&given.refresh, "refresh")] {
                    if let Some(token) = token {
                        stage.tape.secrets().add(token, &format!("{user}·{kind}"));
                    }
                }
            }
        };
        label(self);
        while let Some(Ok((user, hops))) = self.under_way.try_join_next() {
            for hop in hops {
                self.hops.push((user.0.clone(), "ask the app, without waiting".to_owned(), hop));
            }
        }
        enum Row {
            User(Box<(String, String, Hop)>),
            Bank(usize),
        }
        let mut rows: Vec<(Instant, Row)> = Vec::new();
        for (actor, purpose, hop) in self.hops.drain(..) {
            rows.push((hop.at, Row::User(Box::new((actor, purpose, hop)))));
        }
        let books = self.hostile.books();
        let arrived: Vec<_> = books.arrived[self.taped..].to_vec();
        drop(books);
        for (at, one) in arrived.iter().enumerate() {
            rows.push((one.at, Row::Bank(self.taped + at)));
        }
        rows.sort_by_key(|(at, _)| *at);
        let mut numbers = Vec::new();
        let first = self.taped;
        for (at, row) in rows {
            match row {
                Row::User(user) => {
                    let (actor, purpose, hop) = *user;
                    self.tape.record_took(&actor, &purpose, at, hop.took, hop.request, hop.reply);
                }
                Row::Bank(number) => {
                    let one = &arrived[number - first];
                    let actor = if one.by == By::App { "app" } else { "browser" };
                    let took = one.done.map_or(Duration::ZERO, |done| done - one.at);
                    let reply = one.reply.clone().unwrap_or_else(|| {
                        Err(Trouble {
                            kind: TroubleKind::TimeOut,
                            detail: "not answered when the step ended".to_owned(),
                        })
                    });
                    let prepared = if one.scripted { ", answered as the case says" } else { "" };
                    let purpose = format!("{}{prepared}", one.kind.about());
                    let request = one.request.clone();
                    numbers.push((number, self.tape.record_took(actor, &purpose, at, took, request, reply)));
                }
            }
        }
        self.taped += arrived.len();
        numbers
    }
}
