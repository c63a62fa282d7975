//! What repeating a case, or sampling, is worth: how likely it is that a fault was there and did not show.

use crate::results::Miss;

/// Shares of rounds for which the chance of a miss is said, in percent: a window that is hit often, sometimes, hardly ever.
const SHARES: [u32; 3] = [50, 10, 1];

/// What so many rounds say, in a sentence or two.
pub fn of_rounds(concluded: u32, broken: u32) -> String {
    match (concluded, broken) {
        (0, _) => "No round came to a conclusion.".to_owned(),
        (_, 0) => format!(
            "Nothing was found in {}: a fault that shows in at least {:.0} % of rounds would have been found \
             with 95 % certainty; a rarer one may have been missed.",
            rounds(concluded),
            found_from(concluded) * 100.0
        ),
        _ => format!(
            "The fault showed in {broken} of {}, {:.0} %.",
            rounds(concluded),
            f64::from(broken) / f64::from(concluded) * 100.0
        ),
    }
}

fn rounds(count: u32) -> String {
    if count == 1 { "1 round".to_owned() } else { format!("{count} rounds") }
}

/// How likely it is that so many rounds all miss a fault. Empty where one was found, or nothing concluded.
pub fn misses(concluded: u32, broken: u32) -> Vec<Miss> {
    if concluded == 0 || broken > 0 {
        return Vec::new();
    }
    let miss = |percent: u32| Miss {
        shows_percent: percent,
        chance: (1.0 - f64::from(percent) / 100.0).powf(f64::from(concluded)),
    };
    SHARES.map(miss).to_vec()
}

/// What a sample says that found nothing. The chances are derived in `guess`.
pub const OF_SAMPLE: &str = "Good values are suspected less than once in ten million samples. The number of bits is an estimate from \
    below, good to about 3 bits: values with fewer than 109 bits that vary from one to the next are found with near certainty. \
    What only looks random from outside, such as the hash of a counter, can't be told apart.";

/// The share of rounds from which on a fault is found with 95 % certainty: with a chance of p a round, all miss it with
/// (1-p)^n; here is the p where that is one in twenty.
fn found_from(concluded: u32) -> f64 {
    1.0 - 0.05_f64.powf(1.0 / f64::from(concluded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_rounds_find_what_shows_in_one_of_seven() {
        assert!(of_rounds(20, 0).contains("at least 14 % of rounds"), "{}", of_rounds(20, 0));
        assert!(of_rounds(20, 3).contains("3 of 20 rounds, 15 %"), "{}", of_rounds(20, 3));
    }

    #[test]
    fn a_miss_is_as_likely_as_that_every_round_misses() {
        let chances: Vec<f64> = misses(20, 0).iter().map(|miss| miss.chance).collect();
        for (chance, due) in chances.iter().zip([1.0 / 1_048_576.0, 0.121_577, 0.817_907]) {
            assert!((chance / due - 1.0).abs() < 1e-4, "{chance} is not {due}");
        }
    }

    #[test]
    fn what_was_found_was_not_missed() {
        assert!(misses(20, 1).is_empty() && misses(0, 0).is_empty());
    }
}
