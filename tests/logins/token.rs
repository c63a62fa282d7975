//! The driver `token`: one access token that was got elsewhere, as from the bundled bank's API playground.

use grantspec::engine::{self, Options, Plan};
use grantspec::reference::{self, Running};
use grantspec::results::{CaseResult, Verdict};
use grantspec::suite::Library;
use grantspec::target::login::login_of_page;
use grantspec::target::{Callback, Incoming, Outgoing, Target, TargetFile};
use http::Method;
use serde_json::{Value, json};
use url::Url;

/// A bank, and the target file of somebody who has no more than a token of it.
struct Given {
    _bank: Running,
    file: String,
}

impl Given {
    async fn by_a_bank(defects: &[&str]) -> Given {
        let defects =
            defects.iter().map(|id| reference::defects::find(id).expect("the defect exists")).collect();
        let options = reference::Options { defects, ..reference::Options::default() };
        let bank = Running::start(options).await.expect("a port of loopback is free");
        let target = Target::open(TargetFile::at(bank.address()).expect("it is an address"));
        let asker = Asker(target.expect("an HTTP client can be set up"));
        let world = asker.post("/control/worlds", json!({})).await.json().expect("it is a world");
        let (client, alice) = (&world["clients"]["server"], &world["users"]["alice"]);
        let redirect = text(&client["redirect_uris"][0]);
        let query = [("client_id", text(&client["client_id"])), ("redirect_uri", redirect.clone())];
        let query = pairs(&[&query[..], &[("response_type", "code".to_owned())]].concat());
        let page = asker.send(Outgoing::get(asker.url("/oauth2/authorize")).query(&query)).await;
        let login = login_of_page(&page).expect("the page names its login");
        let control = |what: &str| format!("/control/worlds/{}/{what}", text(&world["world"]));
        let yes = json!({ "login": login, "user": "alice", "allow": true });
        let back = asker.post(&control("login"), yes).await.header("location").next();
        let code = Callback::parse(back.expect("it is a redirect").as_bytes()).one("code");
        let form = pairs(&[
            ("grant_type", "authorization_code".to_owned()),
            ("client_id", text(&client["client_id"])),
            ("client_secret", text(&client["client_secret"])),
            ("redirect_uri", redirect.clone()),
            ("code", code.expect("a code came back")),
        ]);
        let exchange = Outgoing::new(Method::POST, asker.url("/oauth2/token")).form(&form);
        let tokens = asker.send(exchange).await.json().expect("the code is exchanged");
        asker.post(&control("approve"), json!({ "login": login, "user": "alice" })).await;
        let file = format!(
            r#"
            name = "a bank of which there is a token"
            base = "{}"
            [endpoints]
            authorize = "/oauth2/authorize"
            token = "/oauth2/token"
            whoami = "/ping/whoami"
            logout = "/oauth2/logout"
            accounts = "/accounts"
            balance = "/balance"
            [login]
            driver = "token"
            [users.alice]
            account = "{}"
            access_token = "{}"
            [clients.server]
            id = "{}"
            authentication = "none"
            redirect_uris = ["{redirect}"]
            "#,
            bank.address(),
            text(&alice["account_id"]),
            text(&tokens["access_token"]),
            text(&client["client_id"]),
        );
        Given { _bank: bank, file }
    }

    async fn judge(&self, filters: &[&str]) -> Vec<CaseResult> {
        let file = TargetFile::parse("t.toml", &self.file).unwrap_or_else(|error| panic!("{error}"));
        let target = Target::open(file).expect("an HTTP client can be set up");
        let filters: Vec<String> = filters.iter().map(|filter| (*filter).to_owned()).collect();
        let plan = Plan::select(&Library::shipped(), &filters, Some(&target));
        let options = Options { jobs: 4, seed: 0, rerun: "grantspec run".to_owned(), evidence: true };
        let (sender, mut results) = tokio::sync::mpsc::unbounded_channel();
        let (_never, stop) = tokio::sync::watch::channel(false);
        engine::run(&plan, &target, &options, stop, sender).await;
        let mut all = Vec::new();
        while let Some(result) = results.recv().await {
            all.push(result);
        }
        all
    }
}

struct Asker(Target);

impl Asker {
    fn url(&self, path: &str) -> Url {
        self.0.file().url(path).expect("it is a path")
    }

    async fn send(&self, request: Outgoing) -> Incoming {
        self.0.send(&request).await.expect("the bank answers")
    }

    async fn post(&self, path: &str, body: Value) -> Incoming {
        self.send(Outgoing::new(Method::POST, self.url(path)).json(&body)).await
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("it is a text").to_owned()
}

fn pairs(named: &[(&str, String)]) -> Vec<(String, String)> {
    named.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn told<'a>(results: &'a [CaseResult]) -> Vec<(&'a str, Verdict, &'a str)> {
    let why = |result: &'a CaseResult| result.reason.as_deref().unwrap_or_default();
    results.iter().map(|result| (result.id.as_str(), result.verdict, why(result))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_token_can_tell_is_judged_and_the_rest_is_skipped_for_want_of_a_login() {
    let given = Given::by_a_bank(&[]).await;
    let results = given.judge(&[]).await;
    let count = |verdict: Verdict| results.iter().filter(|result| result.verdict == verdict).count();
    assert_eq!(count(Verdict::Pass) + count(Verdict::Skipped), results.len(), "{:#?}", told(&results));
    let logged_out = results.iter().any(|result| {
        result.verdict == Verdict::Pass && result.steps.iter().any(|step| step.verb == "logout")
    });
    assert!(count(Verdict::Pass) > 10 && logged_out, "{:#?}", told(&results));
    let wants_login = told(&results)
        .iter()
        .filter(|(.., why)| why.contains("the target lacks login: tokens are given"))
        .count();
    assert!(wants_login > 50, "{:#?}", told(&results));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_survives_its_logout_is_a_finding_and_a_dead_one_is_not() {
    let broken = Given::by_a_bank(&["logout.kills-access"]).await;
    let found = broken.judge(&["logout.kills-access"]).await;
    assert!(found.iter().any(|result| result.verdict == Verdict::Fail), "{:#?}", told(&found));
    let right = Given::by_a_bank(&[]).await;
    let first = right.judge(&["logout.kills-access"]).await;
    assert!(first.iter().any(|result| result.verdict == Verdict::Pass), "{:#?}", told(&first));
    let again = right.judge(&["logout.kills-access"]).await;
    let skipped = |result: &CaseResult| result.verdict == Verdict::Skipped;
    assert!(again.iter().all(skipped), "{:#?}", told(&again));
    assert!(told(&again).iter().any(|(.., why)| why.contains("give a fresh one")), "{:#?}", told(&again));
}

#[tokio::test]
async fn a_token_of_somebody_else_is_an_error() {
    let mut given = Given::by_a_bank(&[]).await;
    given.file = given.file.replace("account =", "id = \"user_of_another_name\"\naccount =");
    let results = given.judge(&["logout.kills-access"]).await;
    let errs = |result: &CaseResult| result.verdict == Verdict::Error;
    assert!(results.iter().any(errs), "{:#?}", told(&results));
    assert!(
        told(&results).iter().any(|(.., why)| why.contains("is another user's")),
        "{:#?}",
        told(&results)
    );
}

#[test]
fn a_login_by_token_without_a_token_is_a_mistake() {
    let text = "name = 'x'\nbase = 'http://127.0.0.1:1'\nlogin.driver = 'token'\nusers.alice = {}\n\
                clients.server = { id = 'c', secret = 's', redirect_uris = ['http://127.0.0.1/cb'] }\n";
    let error = TargetFile::parse("t.toml", text).expect_err("there is no token");
    assert!(error.to_string().contains("no token is given for the user `alice`"), "{error}");
}
