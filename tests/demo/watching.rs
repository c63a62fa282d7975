//! The watch as a program: a bank, a page, and a stream of what an app does.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::stage::reqwest_client;

struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn each_request_of_an_app_is_told_with_the_promises_it_broke() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grantspec"));
    let mut process =
        Started(command.args(["app", "watch"]).stdout(Stdio::piped()).spawn().expect("the program starts"));
    let mut lines =
        BufReader::new(process.0.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
    let mut address = |name: &str| {
        let line = lines.next().expect("it says where it is");
        line.strip_prefix(name).expect("in this order").to_owned()
    };
    let (bank, page) = (address("bank: "), address("page: "));

    let answer = reqwest_client().get(&page).send().await.expect("the page is there");
    let policy = answer.headers()["content-security-policy"].to_str().expect("a plain header").to_owned();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert!(answer.text().await.expect("a page").contains("app.state-unguessable"));

    let login = format!("{bank}/oauth2/authorize?client_id=nobody&response_type=code");
    reqwest_client().get(login).send().await.expect("the bank answers");
    let leaked = format!("{bank}/accounts?access_token=hush-hush");
    reqwest_client().get(leaked).send().await.expect("the bank answers");
    reqwest_client().get(format!("{bank}/outbox")).send().await.expect("the bank answers");

    let mut events = reqwest_client().get(format!("{page}/events")).send().await.expect("a stream");
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    let mut told = String::new();
    while told.matches("\n\n").count() < 2 {
        let chunk = events.chunk().await.expect("the line holds").expect("it goes on");
        told.push_str(std::str::from_utf8(&chunk).expect("plain text"));
    }
    assert!(told.contains("a login begins without a state"), "{told}");
    assert!(told.contains("a token is in the address"), "{told}");
    assert!(!told.contains("hush-hush"), "{told}");
    assert!(!told.contains("outbox"), "the bank's own pages are no app's: {told}");
}
