//! `index.html` as text: what it holds and what it must not. How a browser shows it is `browser.rs`'s.

mod report_support;

use base64::Engine as _;
use grantspec::report::{console, html, junit};
use grantspec::results::{AppSeen, CaseResult, Run, Verdict};
use scraper::{ElementRef, Html, Selector};
use sha2::{Digest, Sha256};

#[test]
fn the_policy_allows_the_pages_own_style_and_script_and_nothing_else() {
    let page = parse(&report_support::run());
    let policy = one(&page, "meta[http-equiv=Content-Security-Policy]")
        .attr("content")
        .expect("it has content")
        .to_owned();
    let hash = |tag: &str| {
        let text: String = one(&page, tag).text().collect();
        format!("'sha256-{}'", base64::prelude::BASE64_STANDARD.encode(Sha256::digest(text.as_bytes())))
    };
    let due = format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        hash("style"),
        hash("script"),
    );
    assert_eq!(policy, due);
}

#[test]
fn nothing_is_loaded_from_outside_and_nothing_the_policy_forbids_is_used() {
    let page = parse(&report_support::run());
    for outside in ["[src]", "link:not([rel=icon])", "[style]", "iframe", "object", "embed", "base"] {
        assert_eq!(all(&page, outside).len(), 0, "{outside}");
    }
    assert!(all(&page, "a").iter().all(|link| link.attr("href").is_some_and(|href| href.starts_with('#'))));
    let handlers =
        all(&page, "*").iter().any(|element| element.value().attrs().any(|(name, _)| name.starts_with("on")));
    assert!(!handlers, "no element has an event handler");
}

#[test]
fn what_a_hostile_bank_sent_is_text() {
    let mut run = report_support::run();
    run.target.name = report_support::HOSTILE.into();
    run.target.base = report_support::HOSTILE.into();
    run.version = report_support::HOSTILE.into();
    run.started = report_support::HOSTILE.into();
    run.notes.push(report_support::HOSTILE.into());
    for case in &mut run.cases {
        case.id = format!("{}/{}", case.id, report_support::HOSTILE);
        case.about = report_support::HOSTILE.into();
        case.rerun = report_support::HOSTILE.into();
        case.place.text = report_support::HOSTILE.into();
        for step in &mut case.steps {
            step.title = report_support::HOSTILE.into();
            for exchange in &mut step.exchanges {
                exchange.actor = report_support::HOSTILE.into();
                exchange.purpose = report_support::HOSTILE.into();
            }
        }
    }
    for requirement in &mut run.requirements {
        requirement.promise = report_support::HOSTILE.into();
        requirement.section = report_support::HOSTILE.into();
    }
    let text = html::render(&run);
    let page = Html::parse_document(&text);
    assert_eq!(all(&page, "script").len(), 1);
    assert_eq!(all(&page, "style").len(), 1);
    assert_eq!(all(&page, "img").len(), 0);
    assert!(
        !text.chars().any(|c| matches!(c, '\u{202E}' | '\u{200B}' | '\0' | '\u{1b}' | '\u{85}' | '\u{FFFE}'))
    );
    assert!(
        text.contains("\\u{202E}dekcirt\\u{200B}\\u{0}\\u{1B}[31m\\u{7}"),
        "and what was sent stays visible"
    );
}

#[test]
fn failures_come_first_and_open_with_all_that_a_reader_needs() {
    let run = report_support::run();
    let page = parse(&run);
    let cases = all(&page, "details.case");
    assert_eq!(cases.len(), run.cases.len(), "every case is there once");
    let failure = &cases[0];
    assert_eq!(failure.attr("id"), Some("case:refresh/single-use"));
    assert!(failure.attr("open").is_some() && cases[1].attr("open").is_none());
    let text: String = failure.text().collect();
    for told in [
        "Refreshing is a one-time operation.",
        "Monzo API docs, \"Refreshing access\"",
        "suites/server/refresh.toml:24:12",
        "a 4xx other than 429",
        "200 with ‹alice·server·access 3›",
        "Whoever copied a refresh token",
        "Mark a refresh token as used",
        "grantspec run --seed 7215489 'refresh/single-use'",
        "\"refresh_token\": \"‹alice·server·refresh 3›\"",
    ] {
        assert!(text.contains(told), "{told}");
    }
    assert_eq!(one(failure, "figure.place mark").text().collect::<String>(), "outcome = \"refused\"");
}

#[test]
fn the_broken_promises_stand_above_everything_with_a_link_to_what_shows_it() {
    let page = parse(&report_support::run());
    let broken = one(&page, "header .broken");
    let told: String = broken.text().collect::<Vec<_>>().join(" ");
    assert!(told.contains("refresh.single-use") && told.contains("must"), "{told}");
    assert!(!told.contains("refresh.one-winner"), "what was kept is not among them: {told}");
    assert_eq!(all(&broken, "li a")[0].attr("href"), Some("#case:refresh/single-use"));
    let mut good = report_support::run();
    good.cases.retain(|case| matches!(case.verdict, Verdict::Pass | Verdict::Skipped));
    assert!(all(&parse(&good), "header .broken").is_empty());
}

#[test]
fn a_promise_shows_how_it_is_read_and_a_departure_is_plain_to_see() {
    let page = parse(&report_support::run());
    let usual: String = one(&page, "details#case\\:refresh\\/single-use .reading").text().collect();
    assert!(usual.contains("A code is held to no-grace") && usual.contains("the default"), "{usual}");
    assert!(usual.contains("grace (should)"), "the other reading is named too: {usual}");
    let notes: String = one(&page, ".notes").text().collect();
    let told = "code.expires is read as `any-time` (not judged) and not as `ten-minutes` (should): the test system's";
    assert!(notes.contains(told), "{notes}");
    let row: String = one(&page, "tr#promise\\:code\\.expires .departs").text().collect();
    assert!(row.contains("any-time") && row.contains("codes live for a day"), "{row}");
}

#[test]
fn each_sentence_stands_beside_what_became_of_it() {
    let page = parse(&report_support::run());
    let sentences = all(&page, ".trace .sentences > li");
    let text = |element: &ElementRef<'_>| element.text().collect::<String>();
    assert_eq!(sentences.len(), 2);
    let first = text(&sentences[0]);
    for told in [
        "Refreshing is a one-time operation.",
        "broken",
        "refresh.single-use",
        "2 cases",
        "1 defect",
        "refresh/not-in-this-run",
        "not in this run",
        "the bank does the opposite",
        "refresh.not-after-midnight",
        "newer than the edition of this run",
    ] {
        assert!(first.contains(told), "{told}: {first}");
    }
    let case = one(&sentences[0], ".proofs li a");
    assert_eq!(case.attr("href"), Some("#case:refresh/single-use"), "a case leads to its story");
    assert!(text(&sentences[1]).contains("A hint for developers"));
    assert_eq!(all(&sentences[1], "details").len(), 0);
    assert!(all(&page, "nav a[href='#trace']").len() == 1, "the contents lead there");
}

#[test]
fn a_story_is_a_picture_with_a_name_and_a_description() {
    let page = parse(&report_support::run());
    let picture = all(&page, "svg[role=img]");
    for svg in &picture {
        let labels = svg.attr("aria-labelledby").expect("it is labelled").split(' ');
        assert_eq!(labels.map(|id| all(svg, &format!("[id='{id}']")).len()).collect::<Vec<_>>(), [1, 1]);
    }
    let first = &picture[0];
    let lanes: Vec<String> = all(first, ".actor").iter().map(|lane| lane.text().collect()).collect();
    assert_eq!(lanes, ["harness", "alice", "server", "Reference bank"]);
    assert_eq!(all(first, ".arrow").len(), 5);
    assert_eq!(all(first, ".arrow.broke").len(), 1);
}

#[test]
fn a_promise_that_was_never_judged_is_not_shown_as_kept() {
    let page = parse(&report_support::run());
    let standing = |id: &str| -> String {
        one(&page, &format!("[id='promise:{id}'] td[class^=v-]")).text().collect::<String>().trim().to_owned()
    };
    assert_eq!(standing("code.expires"), "– not judged");
    assert_eq!(standing("refresh.single-use"), "✗ broken");
    assert_eq!(standing("refresh.one-winner"), "✓ kept");
}

#[test]
fn every_link_leads_somewhere_and_no_id_comes_twice() {
    let page = parse(&report_support::run());
    let mut ids: Vec<&str> = all(&page, "[id]").iter().filter_map(|element| element.attr("id")).collect();
    for link in all(&page, "a") {
        let id = link.attr("href").expect("it leads somewhere").trim_start_matches('#');
        let id = percent_encoding::percent_decode_str(id).decode_utf8().expect("UTF-8");
        assert!(ids.contains(&id.as_ref()), "{id}");
    }
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn a_large_run_is_shown_compact_and_says_so() {
    let page = parse(&many(400));
    assert!(one(&page, ".notes").text().collect::<String>().contains("at most 300"));
    assert_eq!(all(&page, "details.case").len(), 400);
    let passes = all(&page, "details.case[data-verdict=pass]");
    assert!(passes.iter().all(|case| all(case, ".exchange, svg").is_empty() && !all(case, "li").is_empty()));
    assert!(!all(&page, "details.case[data-verdict=fail] .exchange").is_empty());
}

#[test]
fn size_grows_with_the_run_and_no_faster() {
    let [small, large] = [1_000, 4_000].map(|count| html::render(&many(count)).len());
    assert!(large < 4 * small + small / 2, "{small} and {large} bytes");
}

#[test]
fn ten_megabytes_from_a_bank_do_not_fill_the_page() {
    let mut run = report_support::run();
    let small = html::render(&run).len();
    for case in &mut run.cases {
        case.reason = case.reason.take().map(|_| "x".repeat(10_000_000));
        for finding in &mut case.findings {
            finding.got = "x".repeat(10_000_000);
        }
    }
    assert!(html::render(&run).len() < small + 200_000);
}

/// A run of so many cases, of which one in a hundred fails.
fn many(count: usize) -> Run {
    let mut run = report_support::run();
    let of = |verdict| {
        run.cases.iter().find(|case| case.verdict == verdict).expect("the run has every verdict").clone()
    };
    let (fail, pass): (CaseResult, CaseResult) = (of(Verdict::Fail), of(Verdict::Pass));
    run.cases = (0..count)
        .map(|at| {
            let case = if at % 100 == 7 { &fail } else { &pass };
            CaseResult { id: format!("{}-{at}", case.id), ..case.clone() }
        })
        .collect();
    run
}

fn parse(run: &Run) -> Html {
    Html::parse_document(&html::render(run))
}

/// What can be searched: a document or an element.
trait Searched {
    fn find(&self, selector: &Selector) -> Vec<ElementRef<'_>>;
}

impl Searched for Html {
    fn find(&self, selector: &Selector) -> Vec<ElementRef<'_>> {
        self.select(selector).collect()
    }
}

impl Searched for ElementRef<'_> {
    fn find(&self, selector: &Selector) -> Vec<ElementRef<'_>> {
        self.select(selector).collect()
    }
}

fn all<'a>(place: &'a impl Searched, selector: &str) -> Vec<ElementRef<'a>> {
    place.find(&Selector::parse(selector).expect("a selector"))
}

fn one<'a>(place: &'a impl Searched, selector: &str) -> ElementRef<'a> {
    let found = all(place, selector);
    assert_eq!(found.len(), 1, "{selector}");
    found[0]
}

#[test]
fn a_reader_is_told_who_the_roles_are_and_what_a_lacking_capability_cost() {
    let mut run = report_support::run();
    let skipped =
        run.cases.iter().find(|case| case.verdict == Verdict::Skipped).expect("the run has one").clone();
    run.cases.retain(|case| case.verdict != Verdict::Skipped);
    for number in 0..3 {
        let id = format!("nodes/{number}");
        let reason = Some("the target lacks restart: it is shared".to_owned());
        run.cases.push(CaseResult { id, reason, ..skipped.clone() });
    }
    let page = html::render(&run);
    assert!(
        page.contains("shared with other teams. 3 cases were skipped for it"),
        "of the capability restart"
    );
    assert!(page.contains("are the apps that they log in to"), "it says who is who");
}

#[test]
fn an_apps_report_speaks_of_no_bank_where_it_says_what_was_judged() {
    let mut run = report_support::run();
    let facts = |page: &Html| -> Vec<String> {
        all(page, ".facts dt").iter().map(|name| name.text().collect()).collect()
    };
    assert!(facts(&parse(&run)).contains(&"Server".to_owned()));
    run.app = Some(AppSeen { version: None, by: None, confidential: true });
    let page = parse(&run);
    let groups: Vec<String> =
        all(&page, ".group > .about").iter().map(|about| about.text().collect()).collect();
    assert!(groups.len() >= 4 && groups.iter().all(|about| !about.contains("bank")), "{groups:?}");
    let facts = facts(&page);
    assert!(facts.contains(&"Callback".to_owned()) && !facts.contains(&"Server".to_owned()), "{facts:?}");
}

#[test]
fn an_apps_report_names_no_seed_for_none_is_used() {
    let mut run = report_support::run();
    let seed = run.seed.to_string();
    run.command = "grantspec app --app our-app.toml".into();
    run.cases.clear();
    let told = |run: &Run| {
        let junit = junit::render(run).expect("it is XML");
        [html::render(run), junit, console::summary(run, console::Style::Plain)]
    };
    assert!(told(&run).iter().all(|text| text.contains(&seed)));
    run.app = Some(AppSeen { version: None, by: None, confidential: true });
    assert!(told(&run).iter().all(|text| !text.contains(&seed)));
}
