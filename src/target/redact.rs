//! Secrets never leave the process: the one place that replaces tokens, codes and secrets by stable labels.
//!
//! A secret is looked for as it is and in every form it is likely to travel in: percent-encoded, as a form field,
//! escaped in JSON or HTML, and in base64, where it may stand at any offset (as in HTTP Basic).

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is shorter can't be replaced without tearing up every text it happens to occur in.
const SHORTEST: usize = 4;

/// How much of a form is searched for at first, in bytes. Where it stands, the rest is compared.
const BEGINNING: usize = size_of::<u64>();

/// RFC 3986 §2.3: what many encoders leave alone.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The secrets that are known so far, each with the label that stands for it.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    labels: Vec<(String, String)>,
    known: HashSet<String>,
    counts: BTreeMap<String, u32>,
}

impl Secrets {
    /// Adds `secret` under `kind` (such as `alice·server·access`), numbered in order of appearance. A secret that is known
    /// keeps its first label.
    pub fn add(&mut self, secret: &str, kind: &str) {
        if secret.len() < SHORTEST || !self.known.insert(secret.to_owned()) {
            return;
        }
        let count = self.counts.entry(kind.to_owned()).or_default();
        *count += 1;
        self.labels.push((secret.to_owned(), format!("‹{kind} {count}›")));
    }

    /// The label of a secret, or a stand-in that gives nothing away.
    pub fn label(&self, secret: &str) -> String {
        self.labels
            .iter()
            .find_map(|(known, label)| (known == secret).then(|| label.clone()))
            .unwrap_or_else(|| "‹something short›".to_owned())
    }

    /// Something that replaces everything known up to now.
    pub fn redactor(&self) -> Redactor {
        let labels: Vec<String> = self.labels.iter().map(|(_, label)| label.clone()).collect();
        let known = self.labels.iter().enumerate();
        let forms =
            known.flat_map(|(label, (secret, _))| forms(secret).into_iter().map(move |form| (form, label)));
        let forms = forms.filter(|(text, _)| text.len() >= SHORTEST);
        let (long, short): (Vec<_>, Vec<_>) = forms.partition(|(text, _)| text.len() >= BEGINNING);
        let mut long: Vec<Form> = long.into_iter().map(|(text, label)| Form::new(text, label)).collect();
        // Of a form that several secrets have, the first stays.
        long.sort_unstable_by(|one, other| {
            (one.beginning, &one.text, one.label).cmp(&(other.beginning, &other.text, other.label))
        });
        long.dedup_by(|later, first| later.text == first.text);
        let mut sieve = Sieve::default();
        long.iter().for_each(|form| sieve.add(form.beginning));
        Redactor { sieve, long, short, labels }
    }
}

/// Replaces secrets in texts.
#[derive(Debug)]
pub struct Redactor {
    sieve: Sieve,
    /// The forms with a whole beginning, sorted by it.
    long: Vec<Form>,
    /// The few that are shorter, each with the number of its secret's label.
    short: Vec<(String, usize)>,
    labels: Vec<String>,
}

/// One form of one secret.
#[derive(Debug)]
struct Form {
    beginning: u64,
    text: String,
    /// The number of the secret's label.
    label: usize,
}

impl Form {
    fn new(text: String, label: usize) -> Form {
        let beginning = text.as_bytes()[..BEGINNING].try_into().expect("it is long enough");
        Form { beginning: u64::from_le_bytes(beginning), text, label }
    }
}

/// Tells for almost every place of a text that no form begins there. A case's secrets are searched for in a few hundred
/// kilobytes and then forgotten, so that what is quick to build wins over what is quickest to search.
#[derive(Debug)]
struct Sieve([u64; 64]);

impl Default for Sieve {
    fn default() -> Self {
        Sieve([0; 64])
    }
}

impl Sieve {
    fn add(&mut self, beginning: u64) {
        let (word, bit) = Sieve::place(beginning);
        self.0[word] |= bit;
    }

    fn may_have(&self, beginning: u64) -> bool {
        let (word, bit) = Sieve::place(beginning);
        self.0[word] & bit != 0
    }

    /// The upper bits of a product with an odd constant spread well (multiplicative hashing).
    fn place(beginning: u64) -> (usize, u64) {
        let hash = beginning.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - 12);
        ((hash >> 6) as usize, 1 << (hash & 63))
    }
}

impl Redactor {
    /// The labels of the secrets that stand in a text, in any form; each once, in the order of the text.
    pub fn found_in(&self, text: &str) -> Vec<&str> {
        let mut labels: Vec<&str> = Vec::new();
        for (_, _, label) in self.find(text) {
            let label = self.labels[label].as_str();
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        labels
    }

    /// Where forms stand: beginning, end, and the number of the label. The first comes first, and of those that begin
    /// together the longest.
    fn find(&self, text: &str) -> Vec<(usize, Reverse<usize>, usize)> {
        let mut found: Vec<(usize, Reverse<usize>, usize)> = Vec::new();
        for (start, window) in text.as_bytes().windows(BEGINNING).enumerate() {
            let beginning = u64::from_le_bytes(window.try_into().expect("a window has its length"));
            if self.sieve.may_have(beginning) {
                let from = self.long.partition_point(|form| form.beginning < beginning);
                let alike = self.long[from..].iter().take_while(|form| form.beginning == beginning);
                let here = alike.filter(|form| text.as_bytes()[start..].starts_with(form.text.as_bytes()));
                found.extend(here.map(|form| (start, Reverse(start + form.text.len()), form.label)));
            }
        }
        for (form, label) in &self.short {
            let places = text.match_indices(form.as_str());
            found.extend(places.map(|(start, _)| (start, Reverse(start + form.len()), *label)));
        }
        let labels = self.labels_in(text);
        found.retain(|(start, Reverse(end), _)| {
            !labels.iter().any(|label| label.start <= *start && *end <= label.end)
        });
        found.sort_unstable();
        found
    }

    /// Where labels stand already. A password that is a user's name stands in the user's labels too, and is none there.
    fn labels_in(&self, text: &str) -> Vec<Range<usize>> {
        let places = text.match_indices('‹').filter_map(|(at, _)| {
            let label = self.labels.iter().find(|label| text[at..].starts_with(label.as_str()))?;
            Some(at..at + label.len())
        });
        places.collect()
    }

    pub fn text(&self, text: &str) -> String {
        let mut redacted = String::with_capacity(text.len());
        let mut done = 0;
        for (start, Reverse(end), label) in self.find(text) {
            if start >= done {
                redacted.push_str(&text[done..start]);
                redacted.push_str(&self.labels[label]);
            }
            // What begins inside another and goes on beyond it is covered by the same label.
            done = done.max(end);
        }
        redacted.push_str(&text[done..]);
        redacted
    }
}

/// Every form that a secret is looked for in. Some may be alike.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = base64_forms(secret.as_bytes());
    forms.push(secret.to_owned());
    // Nothing that writes texts down leaves letters and digits other than they are.
    if !secret.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        forms.extend(eagerly_escaped(secret));
    }
    // Only what trusts nothing but letters and digits escapes these too.
    if !secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)) {
        forms.extend(escaped(secret));
    }
    forms
}

fn eagerly_escaped(secret: &str) -> [String; 4] {
    let full = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    [lower_hex(&full), full, as_json(secret, false), as_json(secret, true)]
}

fn escaped(secret: &str) -> Vec<String> {
    let usual = utf8_percent_encode(secret, RESERVED).to_string();
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let json = serde_json::Value::from(secret).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let html = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;");
    let mut forms: Vec<String> = vec![lower_hex(&usual), lower_hex(&form)];
    forms.push(json.replace('/', "\\/"));
    forms.push(html.replace("&quot;", "&#34;").replace("&#39;", "&#x27;"));
    forms.extend([usual, form, json, html]);
    forms
}

/// As JSON writers escape it that trust nothing but letters and digits (RFC 8259 §7).
fn as_json(secret: &str, upper: bool) -> String {
    let mut text = String::with_capacity(secret.len() + 32);
    for unit in secret.encode_utf16() {
        let written = match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii_alphanumeric() => {
                text.push(char::from(byte));
                Ok(())
            }
            _ if upper => write!(text, "\\u{unit:04X}"),
            _ => write!(text, "\\u{unit:04x}"),
        };
        written.expect("writing into a String does not fail");
    }
    text
}

/// `%2F` as `%2f`.
fn lower_hex(text: &str) -> String {
    let mut lower = String::with_capacity(text.len());
    let mut hex = 0;
    for character in text.chars() {
        hex = if character == '%' { 3 } else { hex };
        lower.push(if hex > 0 { character.to_ascii_lowercase() } else { character });
        hex = u8::saturating_sub(hex, 1);
    }
    lower
}

/// The characters of base64 that depend on nothing but the secret, for each of the three offsets it may stand at, in both
/// alphabets.
fn base64_forms(secret: &[u8]) -> Vec<String> {
    let mut forms = Vec::with_capacity(12);
    for offset in 0..3usize {
        let mut padded = vec![0; offset];
        padded.extend_from_slice(secret);
        // Six bits a character: those that hold a bit of what stands before are left out, and so are those that would
        // hold a bit of what comes after.
        let from = (offset * 8).div_ceil(6);
        let to = padded.len() * 8 / 6;
        if from < to {
            let standard = STANDARD_NO_PAD.encode(&padded)[from..to].to_owned();
            if standard.contains(['+', '/']) {
                forms.push(standard.replace('+', "-").replace('/', "_"));
            }
            forms.push(standard);
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_secret_that_is_a_word_of_a_label_leaves_labels_whole() {
        let mut secrets = Secrets::default();
        secrets.add("token-of-alice", "alice·server·access");
        secrets.add("alice", "alice·password");
        let redactor = secrets.redactor();
        let told = format!("alice got {}: token-of-alice", secrets.label("token-of-alice"));
        let due = "‹alice·password 1› got ‹alice·server·access 1›: ‹alice·server·access 1›";
        assert_eq!(redactor.text(&told), due);
        assert_eq!(redactor.text("‹alice·server›"), "‹‹alice·password 1›·server›", "no label of its own");
    }

    #[test]
    fn a_secret_keeps_its_first_label_and_kinds_are_numbered() {
        let mut secrets = Secrets::default();
        secrets.add("token-one", "alice·server·access");
        secrets.add("token-two", "alice·server·access");
        secrets.add("token-one", "token");
        assert_eq!(secrets.label("token-one"), "‹alice·server·access 1›");
        assert_eq!(secrets.label("token-two"), "‹alice·server·access 2›");
    }

    #[test]
    fn the_longer_of_two_secrets_is_replaced_whole() {
        let mut secrets = Secrets::default();
        secrets.add("abcdef", "short");
        secrets.add("abcdefgh", "long");
        assert_eq!(secrets.redactor().text("x abcdefgh abcdef"), "x ‹long 1› ‹short 1›");
    }

    #[test]
    fn of_two_secrets_that_overlap_nothing_is_left() {
        let mut secrets = Secrets::default();
        secrets.add("abcdefghijklmnop", "one");
        secrets.add("klmnopqrstuvwxyz", "other");
        assert_eq!(secrets.redactor().text("-abcdefghijklmnopqrstuvwxyz-"), "-‹one 1›-");
        assert_eq!(secrets.redactor().text("abcdefghijkl"), "abcdefghijkl");
    }

    #[test]
    fn what_several_secrets_have_in_common_keeps_the_first_label_and_short_ones_are_found_too() {
        let mut secrets = Secrets::default();
        secrets.add("a-b-c-d-e", "first");
        secrets.add("a%2Db%2Dc%2Dd%2De", "second");
        secrets.add("pin7", "short");
        assert_eq!(secrets.redactor().text("a%2Db%2Dc%2Dd%2De, pin7."), "‹first 1›, ‹short 1›.");
    }

    proptest! {
        #[test]
        fn no_form_of_a_secret_survives(
            secret in prop_oneof!["[ -~é]{12,60}", "[A-Za-z0-9._-]{12,60}"],
            before in "[a-z]{0,7}",
            after in "[a-z]{0,7}",
        ) {
            let mut secrets = Secrets::default();
            secrets.add(&secret, "access");
            let redactor = secrets.redactor();
            let within = format!("{before}{secret}{after}");
            let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let carriers = [
                STANDARD_NO_PAD.encode(&within),
                URL_SAFE_NO_PAD.encode(&within),
                within,
                format!("a={}", utf8_percent_encode(&secret, NON_ALPHANUMERIC)),
                format!("a={}", lower_hex(&utf8_percent_encode(&secret, RESERVED).to_string())),
                format!("<p>{}</p>", html.replace('"', "&quot;").replace('\'', "&#39;")),
                format!("\"{}\"", as_json(&secret, true)),
                format!("a={}", url::form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>()),
                serde_json::json!({ "token": secret }).to_string(),
            ];
            for carrier in carriers {
                prop_assert!(redactor.text(&carrier).contains("‹access 1›"), "{}", carrier);
            }
        }
    }
}
