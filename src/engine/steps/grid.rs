//! `grid`: the whole table of who has access, at once, so that a change is seen to reach as far as it should and no further.

use super::call::ask;
use super::login::right_token_request;
use super::refresh;
use crate::engine::answer::{Answer, Came};
use crate::engine::scene::{NeverSaved, Scene};
use crate::suite::{Endpoint, Grant, Grid, Refresh, Token};

pub async fn run(grid: &Grid, scene: &mut Scene<'_>) -> Result<Answer, NeverSaved> {
    let mut table = Table::default();
    let rows = [(&grid.live, Some(true)), (&grid.dead, Some(false)), (&grid.either, None)];
    for (grants, due) in rows {
        for grant in grants {
            let Ok(held) = scene.grant(grant) else { continue };
            let answer = ask(Endpoint::Whoami, &held, scene).await;
            table.enter(&grant.0, ["live", "dead"], due, answer);
        }
    }
    for (grants, due) in [(&grid.spent, false), (&grid.refreshable, true)] {
        for grant in grants {
            let answer = match refresh::run(&refreshing(grant), scene).await {
                Ok(answer) => answer,
                Err(_) => continue,
            };
            table.enter(&format!("{grant}'s refresh token"), ["usable", "refused"], Some(due), answer);
        }
    }
    Ok(table.answer())
}

fn refreshing(grant: &Grant) -> Refresh {
    Refresh { grant: grant.clone(), token: Token::Refresh, request: right_token_request(), save: None }
}

/// What was found, row by row.
#[derive(Default)]
struct Table {
    rows: Vec<String>,
    wrong: Option<usize>,
    unclear: Option<Answer>,
    last: Option<usize>,
}

impl Table {
    fn enter(&mut self, name: &str, [yes, no]: [&str; 2], due: Option<bool>, answer: Answer) {
        let found = match answer.came {
            Came::Granted => Some(true),
            Came::Refused => Some(false),
            _ => None,
        };
        self.last = answer.exchange;
        let word = |value: bool| if value { yes } else { no };
        self.rows.push(match (found, due) {
            (Some(found), Some(due)) if found != due => {
                self.wrong = self.wrong.or(answer.exchange);
                format!("{name} is {}, should be {}", word(found), word(due))
            }
            (Some(found), _) => format!("{name} is {}", word(found)),
            (None, _) => format!("{name}: {}", answer.said),
        });
        if found.is_none() && due.is_some() && self.unclear.is_none() {
            self.unclear = Some(answer);
        }
    }

    fn answer(self) -> Answer {
        let said = self.rows.join("; ");
        match (self.wrong, self.unclear) {
            (Some(wrong), _) => Answer::new(Came::Refused, said).at(wrong),
            (None, Some(unclear)) => Answer { said, ..unclear },
            (None, None) => {
                let answer = Answer::new(Came::Granted, said);
                Answer { exchange: self.last, ..answer }
            }
        }
    }
}
