//! Whether values that should be unguessable can be guessed: statistical tests over a sample in order of issue.
//!
//! Bits are estimated from below: at each position the collision entropy of the values, or of their differences from one
//! value to the next, whichever is less, so that a counter or a clock counts for next to nothing. The text is looked at as it
//! is and decoded from hexadecimal and base64; the least estimate counts. A sum of per-character entropy alone would be
//! fooled by a counter.
//!
//! # How often a good generator is suspected
//!
//! Less than once in ten million samples of 200 values with 122 random bits or more:
//!
//! - *Too few bits.* At a position of b uniform bits let S be the number of equal pairs among the 200 values, and μ its mean,
//!   19900 / 2^b; then log2(S / μ) bits are missing there. The steps from value to value are uniform too, 199 of them. For
//!   any λ > 0 therefore E[2^(λ · missing)] ≤ 1 + E[(S / μ)^λ] + E[(S' / μ')^λ], which follows from the exact distribution of
//!   S (200 balls in 2^b urns). Positions are independent, so that the chance that m positions miss more than d bits together
//!   is at most that, to the power of m, times 2^(-λ d). An alarm needs 16 missing of 128 bits: for 32 hexadecimal digits at
//!   most 2^-991 (λ = 82), read as 16 bytes at most 2^-393 (λ = 42). A UUID has 10 bits to lose: at most 2^-172 (λ = 35).
//!   Digits that are decoded as base64 give uneven bytes, which this leaves out; their estimate stays above the others'.
//! - *The same value twice.* 19900 pairs, each with a chance of 2^-122: less than 2^-107.
//! - *A run of 12 characters in common.* 200 values of 32 hexadecimal digits have 4200 runs of 48 bits: less than 8.9 million
//!   pairs, each with a chance of 2^-48: once in 32 million samples. Longer alphabets make it rarer, longer tokens more frequent:
//!   43 characters of base64 have 6400 runs of 72 bits, which makes it once in 200 million million.

use std::collections::{HashMap, HashSet};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// RFC 6749 §10.10 demands a chance of guessing of at most 2^-128. Less is let pass by as much as the estimate may be off
/// and the widespread random UUID (122 bits) falls short.
const ENOUGH_BITS: f64 = 112.0;

/// Characters of a run that two values must not share.
const RUN: usize = 12;

/// What was found in one kind of value.
#[derive(Clone, Debug)]
pub struct Examined {
    /// What makes them guessable, each in one sentence; empty is good.
    pub problems: Vec<String>,
    /// What was looked at and found, in one line.
    pub said: String,
}

/// Examines values in the order in which they were issued. `kind` is only for the texts.
pub fn examine(kind: &str, values: &[String]) -> Examined {
    let mut problems = Vec::new();
    let distinct: HashSet<&String> = values.iter().collect();
    let again = values.len() - distinct.len();
    if again > 0 {
        problems.push(format!("{kind}: {again} of {} had been issued before", values.len()));
    }
    let bits = least_bits(values);
    if bits < ENOUGH_BITS {
        problems.push(format!(
            "{kind}: only about {bits:.0} bits can't be foretold from the values before, 128 are due (RFC 6749 §10.10)"
        ));
    }
    let shared = shared_runs(values);
    if shared > 0 && again == 0 {
        problems.push(format!("{kind}: {shared} values share {RUN} characters in a row with an earlier one"));
    }
    let said = format!(
        "{kind}: {} values, {} distinct, about {bits:.0} unpredictable bits, {shared} with a run of another",
        values.len(),
        distinct.len()
    );
    Examined { problems, said }
}

/// The least estimate of all views.
fn least_bits(values: &[String]) -> f64 {
    views(values).iter().map(|view| unpredictable_bits(view)).fold(f64::INFINITY, f64::min)
}

/// The values as bytes: as they are, and decoded where all of them can be.
fn views(values: &[String]) -> Vec<Vec<Vec<u8>>> {
    type Decode = fn(&str) -> Option<Vec<u8>>;
    let decoders: [Decode; 3] = [
        |text| hexadecimal(text),
        |text| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok(),
        |text| STANDARD_NO_PAD.decode(text.trim_end_matches('=')).ok(),
    ];
    let mut views = vec![values.iter().map(|value| value.as_bytes().to_vec()).collect()];
    for decode in decoders {
        views.extend(values.iter().map(|value| decode(value)).collect::<Option<Vec<_>>>());
    }
    views
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|character| *character != '-').collect();
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

/// The sum over the positions that all values have. A position that only repeats another one, perhaps in other characters,
/// adds nothing.
fn unpredictable_bits(values: &[Vec<u8>]) -> f64 {
    let shortest = values.iter().map(Vec::len).min().unwrap_or(0);
    let mut seen: Vec<(Vec<u8>, Pairs)> = Vec::new();
    let mut bits = 0.0;
    for at in 0..shortest {
        let (mut here, mut equal, mut equal_steps) = (Vec::new(), Pairs::default(), Pairs::default());
        for value in values {
            let byte = value[at];
            if let Some(last) = here.last() {
                equal_steps.add(byte.wrapping_sub(*last));
            }
            equal.add(byte);
            here.push(byte);
        }
        // Only positions with as many equal pairs can be the same but for their alphabet.
        if seen.iter().any(|(there, pairs)| pairs.equal == equal.equal && repeats(&here, there)) {
            continue;
        }
        bits += equal.entropy().min(equal_steps.entropy());
        seen.push((here, equal));
    }
    bits
}

/// Whether two lists are the same but for their alphabet.
fn repeats(one: &[u8], other: &[u8]) -> bool {
    let (mut there, mut back) = ([None; 256], [None; 256]);
    one.iter().zip(other).all(|(a, b)| {
        there[usize::from(*a)].get_or_insert(*b) == b && back[usize::from(*b)].get_or_insert(*a) == a
    })
}

/// Counts how many pairs among some bytes are equal.
struct Pairs {
    counts: [u32; 256],
    /// How many bytes there are.
    all: u32,
    equal: u32,
}

impl Default for Pairs {
    fn default() -> Pairs {
        Pairs { counts: [0; 256], all: 0, equal: 0 }
    }
}

impl Pairs {
    fn of(bytes: &[u8]) -> Pairs {
        let mut pairs = Pairs::default();
        bytes.iter().for_each(|byte| pairs.add(*byte));
        pairs
    }

    fn add(&mut self, byte: u8) {
        let count = &mut self.counts[usize::from(byte)];
        self.equal += *count;
        *count += 1;
        self.all += 1;
    }

    /// Rényi's entropy of order 2 in bits, from the share of equal pairs; at most what so few bytes can show.
    fn entropy(&self) -> f64 {
        let pairs = f64::from(self.all) * f64::from(self.all.saturating_sub(1)) / 2.0;
        if pairs == 0.0 {
            return 0.0;
        }
        (pairs / f64::from(self.equal).max(0.5)).log2().min(8.0)
    }
}

/// How many values contain a run of characters that an earlier one contains, anywhere, outside the places that hardly vary.
fn shared_runs(values: &[String]) -> usize {
    let length = values.first().map_or(0, String::len);
    if values.iter().any(|value| value.len() != length || !value.is_ascii()) {
        return 0;
    }
    let lively: Vec<bool> = (0..length)
        .map(|at| {
            let here: Vec<u8> = values.iter().map(|value| value.as_bytes()[at]).collect();
            Pairs::of(&here).entropy() >= 3.0
        })
        .collect();
    let mut owner: HashMap<&str, usize> = HashMap::new();
    let mut sharing = HashSet::new();
    for (number, value) in values.iter().enumerate() {
        for at in 0..(length + 1).saturating_sub(RUN) {
            if lively[at..at + RUN].iter().all(|lively| *lively) {
                let first = *owner.entry(&value[at..at + RUN]).or_insert(number);
                if first != number {
                    sharing.insert(number);
                }
            }
        }
    }
    sharing.len()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    fn sample(mut make: impl FnMut(u64, &mut StdRng) -> String, seed: u64) -> Vec<String> {
        let mut random = StdRng::seed_from_u64(seed);
        (0..200).map(|number| make(number, &mut random)).collect()
    }

    fn bytes<const N: usize>(random: &mut StdRng) -> [u8; N] {
        let mut bytes = [0; N];
        random.fill_bytes(&mut bytes);
        bytes
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn uuid(random: &mut StdRng) -> String {
        let mut b = bytes::<16>(random);
        (b[6], b[8]) = (b[6] & 0x0f | 0x40, b[8] & 0x3f | 0x80);
        let h = hex(&b);
        format!("{}-{}-{}-{}-{}", &h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..])
    }

    fn good(seed: u64) -> Vec<String> {
        match seed % 3 {
            0 => sample(|_, random| URL_SAFE_NO_PAD.encode(bytes::<32>(random)), seed),
            1 => sample(|_, random| hex(&bytes::<16>(random)), seed),
            _ => sample(|_, random| uuid(random), seed),
        }
    }

    #[test]
    fn good_tokens_raise_no_alarm() {
        for seed in 0..300 {
            let examined = examine("tokens", &good(seed));
            assert!(examined.problems.is_empty(), "seed {seed}: {:?}", examined.problems);
        }
    }

    // What else raises an alarm, values or runs of them that come again, needs a collision of 48 bits or more.
    #[test]
    fn ten_thousand_samples_of_good_tokens_are_not_short_of_bits() {
        std::thread::scope(|scope| {
            for thread in 0..4 {
                scope.spawn(move || {
                    for seed in (thread..10_000).step_by(4) {
                        // Of all good lengths the one that is nearest to the bound. Drawn at once: what takes time is to
                        // be the statistics.
                        let drawn = bytes::<{ 200 * 16 }>(&mut StdRng::seed_from_u64(seed));
                        let values: Vec<String> =
                            drawn.chunks(16).map(|value| URL_SAFE_NO_PAD.encode(value)).collect();
                        let bits = least_bits(&values);
                        assert!(bits >= ENOUGH_BITS, "seed {seed}: {bits}");
                    }
                });
            }
        });
    }

    #[test]
    fn a_jwt_with_the_time_in_it_is_not_guessable_by_that() {
        let values = sample(
            |number, random| {
                let payload = format!(r#"{{"sub":"user_1","iat":{}}}"#, 1_700_000_000 + number / 20);
                let signature = URL_SAFE_NO_PAD.encode(bytes::<32>(random));
                format!("eyJhbGciOiJIUzI1NiJ9.{}.{signature}", URL_SAFE_NO_PAD.encode(payload))
            },
            1,
        );
        assert!(examine("tokens", &values).problems.is_empty());
    }

    #[test]
    fn what_can_be_foretold_is_found() {
        let noise = "k3J9_fRz0QmX7aLpW2vN8sTyBcD4eGhU";
        let micros = |number: u64| 1_763_000_000_000_000 + number * 911;
        let stride = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835_u128;
        let weak = [
            ("a counter", sample(|number, _| format!("{:043}", 1000 + number), 1)),
            ("a counter in a long token", sample(|number, _| format!("{noise}{:012}{noise}", number * 7), 1)),
            (
                "a counter in a long token, in base64",
                sample(|number, _| URL_SAFE_NO_PAD.encode(format!("{noise}{:012}{noise}", number * 7)), 1),
            ),
            (
                "a counter behind few random bits",
                sample(|number, random| format!("{:016x}{number:032x}", random.next_u64()), 1),
            ),
            ("a clock", sample(|number, _| format!("{:032x}", micros(number)), 1)),
            ("a clock in seconds", sample(|number, _| format!("{noise}{}", 1_763_000_000 + number / 3), 1)),
            (
                "a clock and few random bits, in base64",
                sample(
                    |number, random| {
                        URL_SAFE_NO_PAD.encode([micros(number).to_be_bytes(), bytes::<8>(random)].concat())
                    },
                    1,
                ),
            ),
            (
                "few bits behind a constant prefix",
                sample(|_, random| format!("{}{:08x}", "prefix".repeat(8), random.next_u32()), 1),
            ),
            (
                "few bits before a constant end",
                sample(|_, random| format!("{:016x}{}", random.next_u64(), "suffix".repeat(8)), 1),
            ),
            ("base64 of a number", {
                sample(|number, _| URL_SAFE_NO_PAD.encode(format!("{:030}", 990 + number)), 1)
            }),
            ("base64 of a number's bytes", {
                sample(|number, _| STANDARD.encode((u128::from(number) * 0x0101).to_be_bytes()), 1)
            }),
            ("a stride that turns every byte", {
                sample(|number, _| format!("{:032x}", stride.wrapping_mul(u128::from(number) + 1)), 1)
            }),
            ("a generator that starts over", {
                let cycle = sample(|_, random| hex(&bytes::<16>(random)), 1);
                (0..200).map(|number| cycle[number % 150].clone()).collect()
            }),
            ("a generator that is seeded anew each second", {
                sample(|number, _| hex(&bytes::<16>(&mut StdRng::seed_from_u64(number / 4))), 1)
            }),
            ("a small generator's whole state, again and again", {
                let mut state = 20_261_122_u32;
                let mut next = move || {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    state
                };
                sample(|_, _| format!("{:08x}", next()).repeat(4), 1)
            }),
            ("a stream read again and again", {
                let stream = hex(&bytes::<256>(&mut StdRng::seed_from_u64(3)));
                (0..200).map(|number| stream[number * 2..number * 2 + 40].to_owned()).collect()
            }),
        ];
        for (name, values) in weak {
            let examined = examine("tokens", &values);
            assert!(!examined.problems.is_empty(), "{name}: {}", examined.said);
        }
    }
}
