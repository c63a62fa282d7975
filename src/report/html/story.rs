//! The story of a case as a sequence picture: who asked the bank for what, in which step, and what it answered.
//! Computes the places; `story.html` draws them.

use crate::report::{evidence, visible};
use crate::results::{CaseResult, Exchange, Reply, Standing};

use super::step::standing_word;

/// Client roles of the suite language; every other actor is a user, or the harness.
const APPS: [&str; 3] = ["server", "other", "public"];
const HARNESS: &str = "harness";
/// The app in its own cases, and a browser that it sent to the bank.
const APP: &str = "app";
const BROWSER: &str = "browser";
/// What a request is for that left for neither.
const ASTRAY: &str = "follow to another origin";
/// Where the bank's own side is asked, without a network: by users in the bank's app, and by the harness.
const CONTROL: &str = "http://127.0.0.1/control/";

/// More arrows than this make no picture; the steps below it tell the rest.
const ARROWS: usize = 40;
const ARROWS_OF_A_STEP: usize = 8;

// Measures in the picture's own units, which are pixels at full size.
const MARGIN: usize = 64;
const LANE_GAP: usize = 128;
const BANK_GAP: usize = 330;
/// The same where app and bank have a lane each: four users, the app and the bank fit a report's column.
const CLOSE_LANE_GAP: usize = 100;
const APP_GAP: usize = 240;
const CLOSE_BANK_GAP: usize = 270;
const HEAD: usize = 58;
const STEP: usize = 30;
const ARROW: usize = 44;
const REMARK: usize = 22;
const CHARACTER: usize = 7;
/// Characters of a step's title.
const TITLE: usize = 105;

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

    /// Where a lost answer ends: between who was asked and who asked.
    pub fn lost_x(&self) -> usize {
        self.from + (self.to - self.from) * 2 / 3
    }
}

/// The picture of a case's steps, or nothing where no request was made. All requests of a bank's case go to the bank; in an
/// app's, users ask the app, and the app asks the bank. `name` is that of whom the run judges.
pub fn of(case: &CaseResult, name: &str, is_app: bool) -> Option<Story> {
    let stand = Stand::of(case, name, is_app)?;
    let broke = |step: usize, exchange: usize| {
        case.findings.iter().any(|finding| finding.step == step && finding.exchange == Some(exchange))
    };
    let mut rows = Vec::new();
    let mut described = Vec::new();
    let mut y = HEAD + 10;
    let mut drawn = 0;
    for (index, step) in case.steps.iter().enumerate() {
        y += STEP;
        let text = format!("{}  {}", index + 1, visible::line(&step.title, TITLE));
        described.push(format!("{}: {}", visible::line(&step.title, TITLE), standing_word(step.standing)));
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
            let (from, to) = (stand.asks(exchange), stand.is_asked(exchange));
            let room = (to - from - 20) / CHARACTER;
            rows.push(Row::Arrow(Arrow {
                from,
                to,
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
        width: stand.lanes.last().map_or(MARGIN, |lane| lane.x) + MARGIN + 16,
        height: y + 26,
        lanes: stand.lanes,
        lane_end: y + 12,
        rows,
        title: format!("The story of {}", visible::line(&case.id, 120)),
        description: described.join("; "),
    })
}

/// Where everybody stands.
struct Stand<'a> {
    /// Users, then apps, then who is asked, each in the order of their first request.
    lanes: Vec<Lane>,
    actors: Vec<(&'a str, usize)>,
    /// The judged app, if one is judged.
    app: Option<usize>,
    bank: usize,
    /// Neither of them: where a redirect led.
    elsewhere: Option<usize>,
    /// Where requests came in at the bank of an app's case, without their paths.
    origins: Vec<&'a str>,
}

impl<'a> Stand<'a> {
    fn of(case: &'a CaseResult, name: &str, is_app: bool) -> Option<Stand<'a>> {
        let mut names: Vec<&str> = Vec::new();
        let exchanges = || case.steps.iter().flat_map(|step| &step.exchanges);
        for exchange in exchanges() {
            let stands_apart = is_app && exchange.actor == APP;
            // A hostile results file must not make thousands of lanes.
            if !stands_apart && !names.contains(&exchange.actor.as_str()) && names.len() < 8 {
                names.push(&exchange.actor);
            }
        }
        exchanges().next()?;
        names.sort_by_key(|name| match kind(name) {
            "test control" => 0,
            "user" => 1,
            _ => 2,
        });
        let lane_gap = if is_app { CLOSE_LANE_GAP } else { LANE_GAP };
        let actors: Vec<(&str, usize)> =
            names.iter().enumerate().map(|(index, name)| (*name, MARGIN + index * lane_gap)).collect();
        let mut lanes: Vec<Lane> =
            actors.iter().map(|(name, x)| Lane { x: *x, name: fit(name, 14), kind: kind(name) }).collect();
        let mut stand = |name: &str, kind, gap| {
            let x = lanes.last().map_or(MARGIN, |lane| lane.x + gap);
            lanes.push(Lane { x, name: fit(name, 16), kind });
            x
        };
        let app = is_app.then(|| stand(name, "app", APP_GAP));
        let bank = match is_app {
            true => stand("the bank", "played by grantspec", CLOSE_BANK_GAP),
            false => stand(name, "bank", BANK_GAP),
        };
        let led_away = is_app && exchanges().any(|exchange| exchange.purpose == ASTRAY);
        let elsewhere = led_away.then(|| stand("another origin", "neither of them", LANE_GAP));
        let at_the_bank = exchanges().filter(|exchange| {
            [APP, BROWSER].contains(&exchange.actor.as_str()) && exchange.purpose != ASTRAY
        });
        let origins = at_the_bank.filter_map(|exchange| origin(&exchange.request.url)).collect();
        Some(Stand { lanes, actors, app, bank, elsewhere, origins })
    }

    /// Where the arrow of a request starts.
    fn asks(&self, exchange: &Exchange) -> usize {
        match self.app {
            Some(app) if exchange.actor == APP => app,
            _ => self.actors.iter().find(|(name, _)| *name == exchange.actor).map_or(MARGIN, |(_, x)| *x),
        }
    }

    /// Where it ends.
    fn is_asked(&self, exchange: &Exchange) -> usize {
        let url = &exchange.request.url;
        match (self.app, self.elsewhere) {
            (_, Some(elsewhere)) if exchange.purpose == ASTRAY => elsewhere,
            (None, _) => self.bank,
            _ if [APP, BROWSER, HARNESS].contains(&exchange.actor.as_str()) => self.bank,
            _ if url.starts_with(CONTROL) => self.bank,
            _ if origin(url).is_some_and(|origin| self.origins.contains(&origin)) => self.bank,
            (Some(app), _) => app,
        }
    }
}

/// What an actor is.
fn kind(name: &str) -> &'static str {
    match name {
        HARNESS => "test control",
        APP => "app",
        _ if APPS.contains(&name) => "app",
        _ => "user",
    }
}

/// An address up to its path.
fn origin(url: &str) -> Option<&str> {
    let host = url.find("://")? + 3;
    let end = url[host..].find(['/', '?', '#']).map_or(url.len(), |at| host + at);
    Some(&url[..end])
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

#[cfg(test)]
mod tests;
