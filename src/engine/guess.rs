//! Whether values that should be unguessable can be guessed: statistical tests over a sample in order of issue.
//!
//! Bits are estimated from below: at each position the collision entropy of the values, or of their differences from one
//! value to the next, whichever is less, so that a counter or a clock counts for next to nothing. The text is looked at as it
//! is and decoded from hexadecimal and base64; the least estimate counts. A sum of per-character entropy alone would be
//! fooled by a counter.

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
    let bits = views(values).iter().map(|view| unpredictable_bits(view)).fold(f64::INFINITY, f64::min);
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

/// The sum over the positions that all values have.
fn unpredictable_bits(values: &[Vec<u8>]) -> f64 {
    let shortest = values.iter().map(Vec::len).min().unwrap_or(0);
    (0..shortest)
        .map(|at| {
            let here: Vec<u8> = values.iter().map(|value| value[at]).collect();
            let steps: Vec<u8> = here.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect();
            collision_entropy(&here).min(collision_entropy(&steps))
        })
        .sum()
}

/// Rényi's entropy of order 2 in bits, from the share of equal pairs; at most what so few values can show.
fn collision_entropy(values: &[u8]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let mut counts = [0u64; 256];
    values.iter().for_each(|value| counts[usize::from(*value)] += 1);
    let equal: u64 = counts.iter().map(|count| count * count.saturating_sub(1)).sum();
    let pairs = (values.len() * (values.len() - 1)) as f64;
    (pairs / equal.max(1) as f64).log2().min(8.0)
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
            collision_entropy(&here) >= 3.0
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

    #[test]
    fn good_tokens_raise_no_alarm() {
        for seed in 0..300 {
            for (name, values) in [
                ("base64", sample(|_, random| URL_SAFE_NO_PAD.encode(bytes::<32>(random)), seed)),
                ("hex", sample(|_, random| hex(&bytes::<16>(random)), seed)),
                ("uuid", {
                    let uuid = |_, random: &mut StdRng| {
                        let mut b = bytes::<16>(random);
                        (b[6], b[8]) = (b[6] & 0x0f | 0x40, b[8] & 0x3f | 0x80);
                        let h = hex(&b);
                        format!("{}-{}-{}-{}-{}", &h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..])
                    };
                    sample(uuid, seed)
                }),
            ] {
                let examined = examine("tokens", &values);
                assert!(examined.problems.is_empty(), "{name}, seed {seed}: {:?}", examined.problems);
            }
        }
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
        let weak: [(&str, Vec<String>); 8] = [
            ("a counter", sample(|number, _| format!("{:043}", 1000 + number), 1)),
            ("a counter in a long token", {
                let noise = "k3J9_fRz0QmX7aLpW2vN8sTyBcD4eGhU";
                sample(|number, _| format!("{noise}{:012}{noise}", number * 7), 1)
            }),
            ("a clock", sample(|number, _| format!("{:032x}", 1_763_000_000_000_000u64 + number * 911), 1)),
            ("base64 of a number", {
                sample(|number, _| URL_SAFE_NO_PAD.encode(format!("{:030}", 990 + number)), 1)
            }),
            ("a stride that turns every byte", {
                let stride = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835_u128;
                sample(|number, _| format!("{:032x}", stride.wrapping_mul(u128::from(number) + 1)), 1)
            }),
            ("few bits behind a long prefix", {
                sample(|_, random| format!("{}{:08x}", "prefix".repeat(8), random.next_u32()), 1)
            }),
            ("a generator that starts over", {
                let cycle = sample(|_, random| hex(&bytes::<16>(random)), 1);
                (0..200).map(|number| cycle[number % 150].clone()).collect()
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
