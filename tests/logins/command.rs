//! The driver `command`, and approvals by requests and programs. Programs are a few lines for the shell.

use grantspec::results::{CaseResult, Reply, Verdict};
use grantspec::target::login::{Approval, Driver};

use crate::bank::{Bank, CALLBACK, at_once, by_json, two_pages};

const ASKED: &str = r#"
[[case]]
id = "asked"
proves = ["state.echo-exact"]
about = "A login comes back"
[[case.step]]
authorize = { user = "alice", client = "server", state = "it-s" }
expect = { outcome = "granted", state = "same" }

[[case]]
id = "refused"
proves = ["redirect.exact-match"]
about = "Another redirect URI is refused"
[[case.step]]
authorize = { user = "alice", client = "server", state = "it-s" }
[[case.step]]
authorize = { user = "alice", client = "server", redirect = "foreign", state = "it-s" }
expect = { outcome = "refused" }
"#;

const USUAL: &str = r#"
[[case]]
id = "usual"
proves = ["state.echo-exact"]
about = "A usual login comes back"
[[case.step]]
authorize = { user = "alice", client = "server" }
expect = { outcome = "granted" }
"#;

fn program(shell: &str, seconds: u32) -> String {
    let quoted = serde_json::to_string(shell).expect("a text is JSON");
    format!("driver = 'command'\ncommand = ['sh', '-c', {quoted}, 'log-in']\nseconds = {seconds}")
}

#[tokio::test]
async fn a_program_gets_the_address_and_who_logs_in_and_prints_where_it_ended() {
    let bank = Bank::serve(two_pages()).await;
    let shell = format!(
        r#"case "$1" in *foreign*) echo refused; exit;; esac
        [ "$1" = "$GRANTSPEC_LOGIN_URL" ] && [ "$GRANTSPEC_LOGIN_ANSWER" = allow ] || exit 9
        [ "$GRANTSPEC_USER_EMAIL" = alice@example.com ] && [ "$GRANTSPEC_CLIENT_ROLE" = server ] || exit 8
        echo "noise before"; echo "{CALLBACK}?code=c-$GRANTSPEC_USER_ROLE&state=it-s""#
    );
    let results = bank.judge(&program(&shell, 60), ASKED).await;
    assert!(results.iter().all(|result| result.verdict == Verdict::Pass), "{:?}", reasons(&results));
}

#[tokio::test]
async fn a_program_that_comes_to_nothing_is_an_error_that_says_why() {
    let bank = Bank::serve(two_pages()).await;
    for (shell, shows) in [
        ("echo 'no such button' >&2; exit 3", "ended with exit status: 3: no such button"),
        ("sleep 60", "had not ended after 1 s"),
        ("true", "printed nothing"),
        ("echo nonsense", "gave “nonsense” where an address was due"),
        ("echo \"$GRANTSPEC_LOGIN_URL\"", "which is a page of the bank"),
    ] {
        let results = bank.judge(&program(shell, 1), ASKED).await;
        for result in &results {
            assert_eq!(result.verdict, Verdict::Error, "{shows}: {:?}", result.reason);
            assert!(result.reason.as_ref().is_some_and(|why| why.contains(shows)), "{:?}", result.reason);
        }
    }
    // After a usual request, a refusal is the login's trouble: the target file may have the client wrong.
    let results = bank.judge(&program("echo refused", 60), USUAL).await;
    assert_eq!(results[0].verdict, Verdict::Error, "{:?}", results[0].reason);
    assert!(reasons(&results)[0].contains("says that the bank refuses"), "{:?}", reasons(&results));
    let missing = "driver = 'command'\ncommand = ['./no-such-program']";
    let results = bank.judge(missing, ASKED).await;
    assert!(reasons(&results)[0].contains("can't be run"), "{:?}", reasons(&results));
}

#[tokio::test]
async fn what_a_program_said_is_evidence() {
    let bank = Bank::serve(two_pages()).await;
    let shell = "echo 'looking for the button' >&2; exit 1";
    let results = bank.judge(&program(shell, 60), ASKED).await;
    let exchanges = results[0].steps.iter().flat_map(|step| &step.exchanges);
    let shown = exchanges.into_iter().any(|exchange| match &exchange.reply {
        Reply::Response(response) => response.body.text.contains("looking for the button"),
        Reply::Trouble(_) => false,
    });
    assert!(shown, "{:?}", results[0]);
}

fn reasons(results: &[CaseResult]) -> Vec<String> {
    results.iter().map(|result| result.reason.clone().unwrap_or_default()).collect()
}

#[tokio::test]
async fn a_bank_that_refuses_by_its_status_or_redirects_at_once_needs_no_program() {
    let unused = program("echo 'nobody should ask me' >&2; exit 1", 60);
    let results = Bank::serve(at_once()).await.judge(&unused, ASKED).await;
    assert!(results.iter().all(|result| result.verdict == Verdict::Pass), "{:?}", reasons(&results));
    // A login page with status 401 is opened all the same, and an altered request's 400 refuses.
    let logs_in = program(&format!("echo '{CALLBACK}?code=c&state=it-s'"), 60);
    let results = Bank::serve(by_json()).await.judge(&logs_in, ASKED).await;
    assert!(results.iter().all(|result| result.verdict == Verdict::Pass), "{:?}", reasons(&results));
}

#[test]
fn every_mistake_in_the_login_and_the_approval_says_what_is_wrong() {
    for (text, shows) in [
        ("driver = 'from'", "did you mean `form`"),
        ("driver = 'auto'\nseconds = 3", "has no use for `seconds`"),
        ("driver = 'command'", "the key `command` is missing"),
        ("driver = 'form'", "a login by pages without a step"),
        ("driver = 'form'\n[[step]]\nwhen = 'input['", "is no CSS selector"),
        ("driver = 'form'\n[[step]]\nwhen = {}", "a page known by nothing"),
        ("driver = 'form'\n[[step]]\nfill = { a = '{usr.email}' }", "did you mean `{user.…}`"),
        ("driver = 'form'\n[[step]]\npress = 'a'\nfollow = 'b'", "expected at most one of `press`"),
        ("driver = 'form'\n[[step]]\npress = 'a'\nallow = { press = 'b' }", "two ways lead on"),
        ("driver = 'form'\n[[step]]\npres = 'a'", "did you mean `press`"),
        ("driver = 'form'\n[[step]]\nrequest = [{ url = '/x' }]", "the step leads nowhere"),
        ("driver = 'none'\norigins = ['https://h/path']", "is no origin"),
    ] {
        let found = Driver::parse("t.toml", text).expect_err("it is wrong");
        let told = format!("{found:?}");
        assert!(told.contains(shows), "{text}\n{told}");
    }
    for (text, shows) in [
        ("driver = 'request'", "the key `approve` is missing"),
        ("driver = 'none'\ncommand = ['x']", "has no use for `command`"),
        ("driver = 'form'", "is no approval driver"),
    ] {
        let found = Approval::parse("t.toml", text).expect_err("it is wrong");
        let told = format!("{found:?}");
        assert!(told.contains(shows), "{text}\n{told}");
    }
}
