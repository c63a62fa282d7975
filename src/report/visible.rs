//! Text from a target, made harmless and visible: control characters, bidi controls and invisible characters show as
//! what they are, long text is shortened. Not markup escaping: every format escapes for itself on top of this.

/// One line, at most `limit` characters of `text`; a line feed shows as `↵`, a carriage return as `\u{D}`.
pub fn line(text: &str, limit: usize) -> String {
    show(text, limit, false)
}

/// Text that may have lines, at most `limit` characters of `text`: `\n`, `\r\n` and tabs stay what they are.
pub fn block(text: &str, limit: usize) -> String {
    show(text, limit, true)
}

fn show(text: &str, limit: usize, keep_lines: bool) -> String {
    // Most of what is shown, and nothing of it needs a look at each character.
    if text.len() <= limit && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len().min(limit.saturating_mul(2)));
    let mut rest = text.chars().peekable();
    for _ in 0..limit {
        match rest.next() {
            None => return shown,
            Some(c @ ('\n' | '\t')) if keep_lines => shown.push(c),
            Some('\r') if keep_lines && rest.peek() == Some(&'\n') => {}
            Some(c) => push(&mut shown, c),
        }
    }
    match rest.count() {
        0 => {}
        1 => shown.push_str("… (1 more character)"),
        more => shown.push_str(&format!("… ({more} more characters)")),
    }
    shown
}

fn push(shown: &mut String, c: char) {
    match c {
        '\n' => shown.push('↵'),
        // Escapes rather than Unicode's pictures of controls, which many fonts lack.
        _ if c.is_control() || is_deceptive(u32::from(c)) => {
            shown.push_str(&format!("\\u{{{:X}}}", u32::from(c)))
        }
        _ => shown.push(c),
    }
}

/// Characters that change what a reader sees without being seen, and those that XML 1.0 forbids.
fn is_deceptive(code: u32) -> bool {
    matches!(code,
        0xad // soft hyphen
        | 0x61c // Arabic letter mark
        | 0x115f | 0x1160 | 0x3164 | 0xffa0 // Hangul fillers
        | 0x180e // Mongolian vowel separator
        | 0x200b..=0x200f // zero width, left-to-right and right-to-left marks
        | 0x2028..=0x202e // line and paragraph separators, bidi embeddings and overrides
        | 0x2060..=0x206f // word joiner, bidi isolates, deprecated format characters
        | 0xfeff // byte order mark
        | 0xfff9..=0xfffb // interlinear annotation
        | 0xe0000..=0xe0fff // tags, variation selectors supplement
    ) || code & 0xfffe == 0xfffe // noncharacters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_show_as_escapes() {
        assert_eq!(line("a\0b\x1b[31mc\x7f", 99), "a\\u{0}b\\u{1B}[31mc\\u{7F}");
        assert_eq!(line("a\r\nb\tc", 99), "a\\u{D}↵b\\u{9}c");
    }

    #[test]
    fn a_block_keeps_its_lines_but_not_a_lone_carriage_return() {
        assert_eq!(block("a\r\nb\n\tc\rd", 99), "a\nb\n\tc\\u{D}d");
    }

    #[test]
    fn bidi_and_invisible_characters_show_as_escapes() {
        assert_eq!(line("safe\u{202E}gnp.exe", 99), "safe\\u{202E}gnp.exe");
        assert_eq!(
            line("a\u{200B}b\u{FEFF}c\u{FFFE}d\u{85}e", 99),
            "a\\u{200B}b\\u{FEFF}c\\u{FFFE}d\\u{85}e"
        );
    }

    #[test]
    fn ordinary_text_of_any_language_stays() {
        let text = "é 😀 ‹alice·server·access 1› 漢字 العربية";
        assert_eq!(line(text, 99), text);
    }

    #[test]
    fn long_text_is_shortened_and_says_by_how_much() {
        assert_eq!(line("abcdef", 6), "abcdef");
        assert_eq!(line("abcdef", 5), "abcde… (1 more character)");
        assert_eq!(block("ééééé", 2), "éé… (3 more characters)");
    }
}
