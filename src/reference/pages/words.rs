//! Times, money and access in words that people use.

use chrono::DateTime;

use crate::reference::ledger::{Period, Seconds};

/// `22 Nov 2026, 22:25 UTC`
pub fn moment(time: Seconds) -> String {
    let time = i64::try_from(time).ok().and_then(|time| DateTime::from_timestamp(time, 0));
    time.map_or_else(String::new, |time| time.format("%-d %b %Y, %H:%M UTC").to_string())
}

/// `22 Nov 2026`
pub fn day(time: Seconds) -> String {
    let time = i64::try_from(time).ok().and_then(|time| DateTime::from_timestamp(time, 0));
    time.map_or_else(String::new, |time| time.format("%-d %b %Y").to_string())
}

/// `just now`, `5 minutes ago`, `in 9 minutes`
pub fn away(time: Seconds, now: Seconds) -> String {
    match now.checked_sub(time) {
        Some(0..30) => "just now".to_owned(),
        Some(past) => format!("{} ago", span(past)),
        None => format!("in {}", span(time - now)),
    }
}

/// `5 minutes`, `6 hours`: what is left over is left out.
pub fn span(seconds: Seconds) -> String {
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3600 => (seconds / 60, "minute"),
        3600..172_800 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

/// `£1,842.50`
pub fn pounds(pence: u64) -> String {
    let whole = (pence / 100).to_string();
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("£{grouped}.{:02}", pence % 100)
}

/// `£30.00 a month`
pub fn agreed(pence: u64, period: Period) -> String {
    let every = match period {
        Period::Weekly => "a week",
        Period::Monthly => "a month",
    };
    format!("{} {every}", pounds(pence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_grouped_and_has_its_pence() {
        for (pence, text) in [(0, "£0.00"), (5, "£0.05"), (3000, "£30.00"), (100_000_000, "£1,000,000.00")]
        {
            assert_eq!(pounds(pence), text);
        }
        assert_eq!(agreed(3000, Period::Monthly), "£30.00 a month");
    }

    #[test]
    fn times_are_told_from_where_one_stands() {
        let now = 1_000_000;
        for (time, text) in [
            (now, "just now"),
            (now - 60, "1 minute ago"),
            (now - 7200, "2 hours ago"),
            (now - 86_400 * 3, "3 days ago"),
            (now + 599, "in 9 minutes"),
            (now + 5, "in 5 seconds"),
        ] {
            assert_eq!(away(time, now), text);
        }
        assert_eq!(moment(1_800_000_000), "15 Jan 2027, 08:00 UTC");
    }
}
