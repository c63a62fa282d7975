//! What the app showed to its user.

use super::Looked;
use crate::apptest::acts::{Facts, since};
use crate::apptest::hostile::{Arrived, By, Kind};
use crate::apptest::stage::Stage;
use crate::suite::User;
use crate::suite::app::Confidentiality;
use crate::suite::client::Shown;

/// Words by which an app tells that access was ended, where its file gives none.
const ENDED_WORDS: [&str; 9] = [
    "disconnected",
    "revoked",
    "removed",
    "withdrawn",
    "withdrew",
    "no longer",
    "ended",
    "reconnect",
    "lost access",
];

/// Words by which an app tells that the user said no.
const REFUSED_WORDS: [&str; 10] = [
    "denied",
    "declined",
    "refused",
    "cancel",
    "said no",
    "rejected",
    "not allowed",
    "not granted",
    "error",
    "failed",
];

pub fn shown(shown: Shown, facts: &Facts, stage: &Stage) -> Looked {
    let did = &facts.did;
    let breaks =
        |expected: &str, got: String| Looked::Breaks { expected: expected.to_owned(), got, request: None };
    match shown {
        Shown::Sound => match (&facts.crashed, did.status) {
            (Some(crashed), _) => breaks("the app goes on", crashed.clone()),
            (None, Some(status)) if is_broken(status) => breaks(
                "a page that tells the user what happened",
                format!("the app broke: it answered {status}"),
            ),
            _ => Looked::Holds,
        },
        Shown::Escaped => {
            let page = scraper::Html::parse_document(&did.shown);
            match probe_in(&page) {
                Some(element) if did.is_html => breaks(
                    "what came with the redirect is text on the page",
                    format!("it became an element: <{element}>"),
                ),
                _ => Looked::Holds,
            }
        }
        Shown::FailureShown => failure_shown(facts, stage),
        Shown::ReasonShown => told(
            "the user is told that the bank ended the access",
            &stage.app.ended_words,
            &ENDED_WORDS,
            facts,
            stage,
        ),
        Shown::RefusalShown if did.status.is_some_and(is_broken) => breaks(
            "the user is told that the login was refused",
            format!("the app broke: it answered {}", did.status.unwrap_or_default()),
        ),
        Shown::RefusalShown => told(
            "the user is told that the login was refused",
            &stage.app.refused_words,
            &REFUSED_WORDS,
            facts,
            stage,
        ),
        Shown::NewState => match stage.states.split_last() {
            Some((last, _)) if last.is_empty() => Looked::Unclear("the login has no state at all".to_owned()),
            Some((last, before)) if before.contains(last) => {
                breaks("a state that no login had before", format!("the state of an earlier login: {last}"))
            }
            Some(_) => Looked::Holds,
            None => Looked::Unclear("no login was begun".to_owned()),
        },
        Shown::SecretInBody => secret_in_body(facts, stage),
        Shown::Unguessable => match &facts.sample {
            None => Looked::Unclear("no sample could be drawn".to_owned()),
            Some((problems, _)) if problems.is_empty() => Looked::Holds,
            Some((problems, _)) => breaks("states that nobody can guess", problems.join("; ")),
        },
    }
}

/// The element that the markup of a callback has become. Backslashes, as of a text in JSON, are no escaping: they get into the
/// element's id, and keep no script from running.
fn probe_in(page: &scraper::Html) -> Option<&str> {
    let probe = scraper::Selector::parse("[id*=grantspec-probe]").expect("a fixed selector is one");
    page.select(&probe).next().map(|element| element.value().name())
}

/// Whether what is shown says something: by one of the app's own words, or of the usual ones. A word that stands there also
/// when all is well says nothing.
fn told(expected: &str, own: &[String], usual: &[&str], facts: &Facts, stage: &Stage) -> Looked {
    let text = facts.did.gist().to_lowercase();
    if text.is_empty() && facts.did.status.is_none() {
        return Looked::Unclear("the app shows nothing from which it could be told".to_owned());
    }
    let times = |word: &str, text: &str| match own {
        [] => begins(text, word),
        _ => text.matches(&word.to_lowercase()).count(),
    };
    let mut always_there = None;
    let all: Vec<&str> =
        if own.is_empty() { usual.to_vec() } else { own.iter().map(String::as_str).collect() };
    for word in all {
        let well = stage.remembered.well.iter().map(|known| times(word, known)).max().unwrap_or(0);
        match times(word, &text) {
            0 => {}
            now if now > well => return Looked::Holds,
            _ => always_there = Some(word),
        }
    }
    match always_there {
        Some(word) => Looked::Unclear(format!(
            "\"{word}\" is shown, as it is when all is well, so that it tells nothing; name words that do under [words] in the \
             app file"
        )),
        None => Looked::Breaks {
            expected: expected.to_owned(),
            got: format!(
                "none of {} in: {}",
                words(own, usual),
                if facts.did.is_html { brief(&text) } else { last(&text) }
            ),
            request: None,
        },
    }
}

/// How many words of the text begin with this one.
fn begins(text: &str, word: &str) -> usize {
    let at_its_beginning =
        |(at, _): &(usize, &str)| !text[..*at].chars().next_back().is_some_and(char::is_alphabetic);
    text.match_indices(word).filter(at_its_beginning).count()
}

/// Whether a status tells of a fault of the app's own. By 502, 503 and 504 it says that the bank is at fault (RFC 9110 §15.6).
fn is_broken(status: u16) -> bool {
    status >= 500 && !(502..=504).contains(&status)
}

fn words(own: &[String], usual: &[&str]) -> String {
    let quoted = |word: &str| format!("\"{word}\"");
    let all: Vec<String> = match own {
        [] => usual.iter().map(|word| quoted(word)).collect(),
        own => own.iter().map(|word| quoted(word)).collect(),
    };
    all.join(", ")
}

fn brief(text: &str) -> String {
    let end = text.floor_char_boundary(300);
    if end < text.len() { format!("{} …", &text[..end]) } else { text.to_owned() }
}

/// The end of what a command wrote: what came of it stands last.
fn last(text: &str) -> String {
    let begin = text.ceil_char_boundary(text.len().saturating_sub(300));
    if begin > 0 { format!("… {}", &text[begin..]) } else { text.to_owned() }
}

fn failure_shown(facts: &Facts, stage: &Stage) -> Looked {
    let books = stage.hostile.books();
    let tries =
        since(facts, &books.arrived).filter(|(_, one)| one.by == By::App && one.kind == Kind::Logout).count();
    if tries == 0 {
        return Looked::NotApplicable("the app never called logout here".to_owned());
    }
    let did = &facts.did;
    let failed = did.status.is_some_and(|status| status >= 400)
        || did.ended.is_some_and(|ended| ended.code != Some(0));
    let differs = stage.remembered.disconnected.as_ref().map(|good| *good != did.gist());
    match differs {
        _ if tries > 1 || failed => Looked::Holds,
        Some(true) => Looked::Holds,
        Some(false) => Looked::Breaks {
            expected: "what failed at the bank is tried again, or the user is told".to_owned(),
            got: format!("one logout, and the user is shown what a success shows: {}", brief(&did.gist())),
            request: None,
        },
        None => Looked::Unclear("no disconnection that went well came before, to compare with".to_owned()),
    }
}

fn secret_in_body(facts: &Facts, stage: &Stage) -> Looked {
    if stage.app.client == Confidentiality::Public {
        return Looked::Holds;
    }
    let books = stage.hostile.books();
    let by_basic = |one: &Arrived| {
        one.header("authorization").is_some_and(|header| header.to_ascii_lowercase().starts_with("basic "))
    };
    let in_body = |one: &Arrived| one.parameter("client_secret").as_deref() == Some(stage.client_secret());
    let wrong = since(facts, &books.arrived)
        .find(|(_, one)| one.by == By::App && one.kind.is_token() && (by_basic(one) || !in_body(one)));
    match wrong {
        None => Looked::Holds,
        Some((number, one)) => Looked::Breaks {
            expected: "the client's secret in the body of every token request, and nowhere else".to_owned(),
            got: match (by_basic(one), in_body(one)) {
                (true, true) => "it came in the body, and by HTTP Basic as well".to_owned(),
                (true, false) => "it came by HTTP Basic".to_owned(),
                (false, _) => format!("none in the body of {}", one.shown()),
            },
            request: Some(number),
        },
    }
}

pub fn shows(user: &User, due: bool, facts: &Facts, stage: &Stage) -> Looked {
    let known = stage.world.user(user);
    let text = &facts.did.shown;
    let there = [&known.user_id, &known.account_id].into_iter().find(|id| text.contains(id.as_str()));
    match (there, due) {
        (Some(_), true) | (None, false) => Looked::Holds,
        (None, true) => Looked::NotApplicable(format!(
            "the app shows neither the user id nor the account id of {user}: nothing can be told"
        )),
        (Some(id), false) => Looked::Breaks {
            expected: format!("nothing of {user} is shown"),
            got: format!("{id}, which is {user}'s"),
            request: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apptest::tamper::MARKUP;

    #[test]
    fn markup_that_became_an_element_is_found_in_json_too() {
        let page = |text: &str| scraper::Html::parse_document(&format!("<p>Error: {text}</p>"));
        assert_eq!(probe_in(&page(MARKUP)), Some("script"));
        assert_eq!(probe_in(&page(&serde_json::Value::from(MARKUP).to_string())), Some("script"));
        assert_eq!(probe_in(&page(&MARKUP.replace('<', "&lt;"))), None);
    }

    #[test]
    fn of_what_a_command_wrote_the_end_is_told() {
        let written = format!("{}so it failed", "a step on the way ".repeat(50));
        assert!(
            last(&written).ends_with("so it failed") && last(&written).starts_with("… "),
            "{}",
            last(&written)
        );
    }

    #[test]
    fn a_word_counts_where_it_begins() {
        assert_eq!(begins("we recommended it, and intended to; extended", "ended"), 0);
        assert_eq!(begins("ended. (ended) your access ended", "ended"), 3);
        assert_eq!(begins("cancelled", "cancel"), 1);
    }
}
