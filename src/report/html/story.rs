//! The story of a case as a sequence picture: who asked the bank for what, in which step, and what it answered.
//! Computes the places; `story.html` draws them.

use crate::report::{evidence, visible};
use crate::results::{CaseResult, Reply, Standing};

use super::step::standing_word;

/// Client roles of the suite language; every other actor is a user, or the harness.
const APPS: [&str; 3] = ["server", "other", "public"];
const HARNESS: &str = "harness";

/// More arrows than this make no picture; the steps below it tell the rest.
const ARROWS: usize = 40;
const ARROWS_OF_A_STEP: usize = 8;

// Measures in the picture's own units, which are pixels at full size.
const MARGIN: usize = 64;
const LANE_GAP: usize = 128;
const BANK_GAP: usize = 330;
const HEAD: usize = 58;
const STEP: usize = 30;
const ARROW: usize = 44;
const REMARK: usize = 22;
const CHARACTER: usize = 7;

/// A picture, as tall as its rows.
pub struct Story {
    pub width: usize,
    pub height: usize,
    pub lanes: Vec<Lane>,
    pub lane_end: usize,
    pub rows: Vec<Row>,
    pub title: String,
    pub description: String,
}

pub struct Lane {
    pub x: usize,
    pub name: String,
    pub kind: &'static str,
}

pub enum Row {
    Step { y: usize, text: String, broken: bool, idle: bool },
    Arrow(Arrow),
    Remark { y: usize, text: String },
}

/// A request and its answer.
pub struct Arrow {
    pub from: usize,
    pub to: usize,
    /// Height of the request's arrow, and of the answer's.
    pub y: usize,
    pub back: usize,
    pub request: String,
    pub reply: String,
    /// No answer came.
    pub lost: bool,
    /// The answer that broke an expectation.
    pub broke: bool,
}

impl Arrow {
    /// Where an arrow's text starts.
    pub fn text_x(&self) -> usize {
        self.from + 10
    }

    /// Where an answer's text ends.
    pub fn reply_x(&self) -> usize {
        self.to - 10
    }

    /// Where a lost answer ends: between bank and asker.
    pub fn lost_x(&self) -> usize {
        self.from + (self.to - self.from) * 2 / 3
    }
}

/// The picture of a case's steps, or nothing where no request was made. Requests of a bank's case go to the bank; those of an
/// app's go to the bank, or from a browser to the app, and what they are for says which.
pub fn of(case: &CaseResult, name: &str, is_app: bool) -> Option<Story> {
    let asked = if is_app { ("whoever is asked", "app or bank") } else { (name, "bank") };
    let (lanes, actors) = lanes(case, asked);
    let bank_x = lanes.last()?.x;
    if actors.is_empty() {
        return None;
    }
    let broke = |step: usize, exchange: usize| {
        case.findings.iter().any(|finding| finding.step == step && finding.exchange == Some(exchange))
    };
    let mut rows = Vec::new();
    let mut described = Vec::new();
    let mut y = HEAD + 10;
    let mut drawn = 0;
    for (index, step) in case.steps.iter().enumerate() {
        y += STEP;
        let text = format!("{}  {}", index + 1, visible::line(&step.title, 80));
        described.push(format!("{}: {}", visible::line(&step.title, 80), standing_word(step.standing)));
        rows.push(Row::Step {
            y: y - 8,
            text,
            broken: step.standing == Standing::Broken,
            idle: step.standing == Standing::NotRun,
        });
        let shown = step.exchanges.len().min(ARROWS_OF_A_STEP).min(ARROWS - drawn);
        // What broke must be in the picture, also where it is not among the first.
        let kept = step.exchanges.iter().enumerate().filter(|(at, _)| *at < shown || broke(index, *at));
        let mut kept_count = 0;
        for (at, exchange) in kept.take(ARROWS_OF_A_STEP * 2) {
            kept_count += 1;
            let from = actors.iter().find(|(name, _)| *name == exchange.actor).map_or(MARGIN, |(_, x)| *x);
            let room = (bank_x - from - 20) / CHARACTER;
            rows.push(Row::Arrow(Arrow {
                from,
                to: bank_x,
                y: y + 16,
                back: y + 34,
                request: fit(&exchange.purpose, room),
                reply: fit(&evidence::outcome(&exchange.reply), room),
                lost: matches!(exchange.reply, Reply::Trouble(_)),
                broke: broke(index, at),
            }));
            y += ARROW;
        }
        drawn += kept_count.min(ARROWS - drawn);
        let left_out = step.left_out + (step.exchanges.len() - kept_count) as u64;
        if left_out > 0 {
            y += REMARK;
            rows.push(Row::Remark {
                y: y - 4, text: format!("… and {left_out} more requests in this step")
            });
        }
    }
    Some(Story {
        width: bank_x + MARGIN + 16,
        height: y + 26,
        lanes,
        lane_end: y + 12,
        rows,
        title: format!("The story of {}", visible::line(&case.id, 120)),
        description: described.join("; "),
    })
}

/// Users, then apps, then who is `asked` by name and kind, each in the order of their first request; and where each actor
/// stands.
fn lanes<'a>(case: &'a CaseResult, asked: (&str, &'static str)) -> (Vec<Lane>, Vec<(&'a str, usize)>) {
    let mut names: Vec<&str> = Vec::new();
    for exchange in case.steps.iter().flat_map(|step| &step.exchanges) {
        // A hostile results file must not make thousands of lanes.
        if !names.contains(&exchange.actor.as_str()) && names.len() < 8 {
            names.push(&exchange.actor);
        }
    }
    let kind = |name: &str| match name {
        HARNESS => "test control",
        _ if APPS.contains(&name) => "app",
        "app" => "app",
        _ => "user",
    };
    names.sort_by_key(|name| match kind(name) {
        "test control" => 0,
        "user" => 1,
        _ => 2,
    });
    let actors: Vec<(&str, usize)> =
        names.iter().enumerate().map(|(index, name)| (*name, MARGIN + index * LANE_GAP)).collect();
    let mut lanes: Vec<Lane> =
        actors.iter().map(|(name, x)| Lane { x: *x, name: fit(name, 14), kind: kind(name) }).collect();
    let bank_x = MARGIN + actors.len().saturating_sub(1) * LANE_GAP + BANK_GAP;
    lanes.push(Lane { x: bank_x, name: fit(asked.0, 16), kind: asked.1 });
    (lanes, actors)
}

/// The text in one line of at most `room` characters.
fn fit(text: &str, room: usize) -> String {
    let line = visible::line(text, 200);
    if line.chars().count() <= room {
        return line;
    }
    let mut short: String = line.chars().take(room.saturating_sub(1)).collect();
    short.push('…');
    short
}
