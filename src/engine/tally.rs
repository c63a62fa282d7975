//! How many rounds of a case came to what, and the verdict that this makes.

use super::confidence;
use super::round::{End, Round};
use crate::results::{Level, Rounds, Verdict};

/// How many rounds came to what.
#[derive(Default)]
pub struct Tally {
    run: u32,
    concluded: u32,
    broken: u32,
    spreads: Vec<u64>,
    method: Option<&'static str>,
}

impl Tally {
    pub fn count(&mut self, round: &Round) {
        self.run += 1;
        self.concluded += u32::from(matches!(round.end, End::Met | End::Broken));
        self.broken += u32::from(matches!(round.end, End::Broken));
        if let Some(race) = &round.race {
            self.spreads.push(race.spread_us);
            self.method = Some(race.method);
        }
    }

    /// What the case comes to, and why. `shown` is the heaviest of its rounds, of which so many were `asked` for.
    pub fn verdict(&self, shown: &Round, level: Level, asked: u32) -> (Verdict, Option<String>) {
        let of_rounds = |text: String| {
            if asked > 1 { format!("{text} (in {} of {} rounds)", self.broken, self.run) } else { text }
        };
        match &shown.end {
            End::Trouble(why) => (Verdict::Error, Some(why.clone())),
            End::NotApplicable(why) => (Verdict::Skipped, Some(why.clone())),
            End::Broken => {
                let why = of_rounds(shown.broken_by());
                match level {
                    Level::Must => (Verdict::Fail, Some(why)),
                    Level::Should => (Verdict::Warn, Some(why)),
                    // Recorded, never judged.
                    Level::Info => (Verdict::Pass, Some(why)),
                }
            }
            // A few rounds may be lost to a busy server; what the others show stands, and their number is reported.
            End::Inconclusive(why) if self.concluded * 2 < asked => {
                let lost = self.run - self.concluded;
                let why =
                    if asked > 1 { format!("{why} (in {lost} of {} rounds)", self.run) } else { why.clone() };
                (Verdict::Inconclusive, Some(why))
            }
            End::Inconclusive(_) | End::Met => (Verdict::Pass, None),
        }
    }

    pub fn rounds(mut self, asked: u32) -> Option<Rounds> {
        if asked < 2 && self.method.is_none() {
            return None;
        }
        self.spreads.sort_unstable();
        let spread_us = self.spreads.get(self.spreads.len() / 2).copied();
        Some(Rounds {
            asked,
            concluded: self.concluded,
            broken: self.broken,
            release: self.method.map(str::to_owned),
            spread_us,
            misses: confidence::misses(self.concluded, self.broken),
            confidence: confidence::of_rounds(self.concluded, self.broken),
        })
    }
}
