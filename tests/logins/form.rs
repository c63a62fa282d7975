//! The drivers `form` and `none`: pages of several makes, and what is concluded from a page that nothing knows.

use grantspec::results::{CaseResult, Verdict};

use crate::bank::{Bank, at_once, back, by_json, by_ticking, page, remembering, two_pages};

const TWO_PAGES: &str = r##"
driver = "form"
[[step]]
when = "input[name=password]"
fill = { email = "{user.email}", password = "{user.password}" }
press = "sign in"
[[step]]
when = { css = "#consent", text = "wants to SEE your account" }
check = ["agree"]
choose = { account = "Savings" }
allow = { press = "Allow" }
deny = { press = "decision=deny" }
"##;

const BY_JSON: &str = r#"
driver = "form"
[[step]]
when = { status = 401, text = "login_required" }
request = [
    { url = "/api/login", json = '{"email": "{user.email}", "password": "{user.password}"}', keep = { csrf = "/csrf/token" } },
]
open = "{login.url}"
[[step]]
when = { text = "Not now" }
deny = { follow = "Not now" }
[step.allow]
request = [
    { url = "/api/allow", json = '{"began": "{login.url}", "asked": "{page.query}"}', headers = { x-csrf = "{kept.csrf}" }, keep = { to = "/redirect" } },
]
open = "{kept.to}"
"#;

const BY_TICKING: &str = r#"
driver = "form"
[[step]]
when = "input[name=confirm]"
fill = { who = "{user.email}" }
allow = { check = ["confirm"], choose = { for = "year" } }
deny = { press = "Submit" }
"#;

/// What every bank is asked: a login, a denial, two that interleave, and what must be refused.
const CASES: &str = r#"
[[case]]
id = "allowed"
proves = ["state.echo-exact"]
about = "A login comes back with its state"
[[case.step]]
authorize = { user = "alice", client = "server", save = "code" }
expect = { outcome = "granted", state = "same" }
[[case.step]]
exchange = { code = "code" }
observe = "whatever"

[[case]]
id = "denied"
proves = ["authorize.denied"]
about = "A denial comes back as one"
[[case.step]]
authorize = { user = "alice", client = "server" }
[[case.step]]
authorize = { user = "alice", client = "server", decide = "deny" }
expect = { outcome = "refused", error = "access_denied", state = "same" }

[[case]]
id = "interleaved"
proves = ["state.not-swapped"]
about = "Two logins are open at a time"
[[case.step]]
open = { client = "server", save = "one" }
[[case.step]]
open = { client = "other", save = "two" }
[[case.step]]
land = { page = "two", user = "bob" }
expect = { state = "same" }
[[case.step]]
land = { page = "one", user = "alice" }
expect = { state = "same" }

[[case]]
id = "refused"
proves = ["redirect.exact-match"]
about = "Another redirect URI is refused"
[[case.step]]
authorize = { user = "alice", client = "server" }
[[case.step]]
authorize = { user = "alice", client = "server", redirect = "foreign" }
expect = { outcome = "refused" }
"#;

async fn judged(bank: &Bank, login: &str, cases: &str) -> Vec<(String, Verdict, String)> {
    let told = |result: CaseResult| (result.id, result.verdict, result.reason.unwrap_or_default());
    bank.judge(login, cases).await.into_iter().map(told).collect()
}

fn all_pass(judged: &[(String, Verdict, String)]) {
    assert!(judged.iter().all(|(_, verdict, _)| *verdict == Verdict::Pass), "{judged:#?}");
}

#[tokio::test]
async fn two_pages_with_a_cookie_and_a_csrf_field_are_gone_through() {
    let bank = Bank::serve(two_pages()).await;
    all_pass(&judged(&bank, TWO_PAGES, CASES).await);
}

#[tokio::test]
async fn a_login_by_json_before_a_last_get_is_gone_through() {
    let bank = Bank::serve(by_json()).await;
    all_pass(&judged(&bank, BY_JSON, CASES).await);
}

#[tokio::test]
async fn a_yes_can_be_a_tick_and_a_no_the_same_button_without_it() {
    let bank = Bank::serve(by_ticking(|request| back(request, "error=access_denied"))).await;
    all_pass(&judged(&bank, BY_TICKING, CASES).await);
    let both = BY_TICKING.replace("allow = { check = [\"confirm\"], ", "check = [\"confirm\"]\nallow = { ");
    let judged = judged(&bank, &both, CASES).await;
    let verdicts: Vec<Verdict> = judged.iter().map(|(_, verdict, _)| *verdict).collect();
    assert_eq!(verdicts, [Verdict::Pass, Verdict::Fail, Verdict::Pass, Verdict::Pass], "{judged:#?}");
}

#[tokio::test]
async fn a_bank_that_does_not_ask_again_was_told_no_no() {
    let login = r##"
driver = "form"
[[step]]
when = "#consent"
allow = { press = "Yes" }
deny = { press = "No" }
[[step]]
when = "input[name=who]"
fill = { who = "{user.email}" }
"##;
    let yes = "[[case.step]]\nauthorize = { user = \"alice\", client = \"server\" }\n";
    let denied = CASES.split("[[case]]").find(|case| case.contains("\"denied\"")).expect("it is there");
    let denied_first = format!("{}{yes}", denied.trim_end().replacen(yes, "", 1) + "\n");
    for (case, due) in [(denied, Verdict::Inconclusive), (&denied_first, Verdict::Pass)] {
        let bank = Bank::serve(remembering()).await;
        let judged = judged(&bank, login, &format!("[[case]]{case}")).await;
        assert_eq!(judged[0].1, due, "{judged:#?}");
        let says_why = judged[0].2.contains("may remember an earlier yes");
        assert_eq!(says_why, due == Verdict::Inconclusive, "{judged:#?}");
    }
}

#[tokio::test]
async fn what_an_answer_fills_in_must_be_on_the_page() {
    let bank = Bank::serve(by_ticking(|request| back(request, "error=access_denied"))).await;
    let deny = BY_TICKING.replace("deny = { ", "deny = { choose = { refuse = \"yes\" }, ");
    let judged = judged(&bank, &deny, CASES).await;
    assert!(
        judged[1].1 == Verdict::Error && judged[1].2.contains("no list or radio button `refuse`"),
        "{judged:#?}"
    );
}

#[tokio::test]
async fn an_unknown_page_after_a_no_says_how_to_make_it_known() {
    let bank = Bank::serve(by_ticking(|_| page(400, "Authorization is not approved"))).await;
    let stuck = judged(&bank, BY_TICKING, CASES).await;
    let (_, verdict, reason) = &stuck[1];
    assert_eq!(*verdict, Verdict::Error, "{reason}");
    assert!(reason.contains("that is how the bank answers a no, add a step"), "{reason}");
    let known = format!(
        "{BY_TICKING}[[step]]\nwhen = {{ status = 400, text = \"not approved\" }}\nrefuses = \"it says no\"\n"
    );
    let told = judged(&bank, &known, CASES).await;
    assert_eq!(told[1].1, Verdict::Fail, "{told:#?}");
}

#[tokio::test]
async fn where_nobody_is_asked_a_denial_and_a_second_user_are_lacking() {
    let bank = Bank::serve(at_once()).await;
    let judged = judged(&bank, "driver = 'none'", CASES).await;
    let verdicts: Vec<Verdict> = judged.iter().map(|(_, verdict, _)| *verdict).collect();
    assert_eq!(verdicts, [Verdict::Pass, Verdict::Skipped, Verdict::Skipped, Verdict::Pass], "{judged:#?}");
    assert!(judged[1].2.contains("denial") && judged[2].2.contains("two-users"), "{judged:#?}");
}

#[tokio::test]
async fn a_login_that_cannot_get_through_is_an_error_that_shows_the_page_and_no_verdict_on_the_bank() {
    let bank = Bank::serve(two_pages()).await;
    let changed = |from: &str, to: &str| TWO_PAGES.replace(from, to);
    for (login, shows) in [
        (changed("{user.password}", "wrong"), "step 1 came again after it was answered"),
        (changed("{user.password}", "{user.pass}"), "{user.pass} stands for nothing; there is"),
        (
            changed("input[name=password]", "#gone"),
            "forms: GET /search with q [Search], POST to itself with email, password, remember, csrf (hidden) [",
        ),
        (changed("sign in", "Weiter"), "no button “Weiter”; it has Search, Sign in"),
        (changed("email =", "login ="), "no field to fill in `login` (what a page's script adds"),
        (changed("[\"agree\"]", "[]"), "step 2 came again"),
        (changed("Savings", "Shares"), "“Shares” is none of the choices of account"),
        (
            changed("#consent", "#contract"),
            "no step of the login in the target file knows what came after step 1",
        ),
    ] {
        let judged = judged(&bank, &login, CASES).await;
        for (id, verdict, reason) in &judged {
            assert_eq!(*verdict, Verdict::Error, "{shows}: {id}: {reason}");
            assert!(reason.contains(shows) || id.contains("denied"), "{reason}\n{shows}");
            assert!(!reason.contains("-has-a-secret"), "{reason}");
            assert!(reason.matches("csrf").count() < 2, "said twice: {reason}");
        }
    }
}
