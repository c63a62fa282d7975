//! The app as a program.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

use crate::stage::reqwest_client;

struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grantspec"));
    command.arg("demo-app").args(arguments);
    command
}

fn ended(arguments: &[&str]) -> Output {
    program(arguments).output().expect("the program runs")
}

#[tokio::test]
async fn it_says_where_it_is_and_what_is_wrong_with_it() {
    let arguments =
        ["--bank", "http://127.0.0.1:9", "--client-id", "c", "--defect", "app.odd-callback:crash"];
    let mut process = Started(
        program(&arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts"),
    );
    let mut line = String::new();
    let stdout = process.0.stdout.take().expect("it is piped");
    BufReader::new(stdout).read_line(&mut line).expect("it says something");
    let page = reqwest_client().get(line.trim()).send().await.expect("the app answers");
    assert_eq!(page.status(), 200);
    let mut said = String::new();
    BufReader::new(process.0.stderr.take().expect("it is piped"))
        .read_line(&mut said)
        .expect("it says something");
    assert_eq!(said, "defect app.odd-callback:crash: a callback without a code ends the app\n");

    let page =
        reqwest_client().get(format!("{}/connect", line.trim())).send().await.expect("the app answers");
    let to_bank = page.headers()["location"].to_str().expect("a plain header").to_owned();
    let cookie = page.headers()["set-cookie"].to_str().expect("a plain header").to_owned();
    let state = to_bank.split("state=").nth(1).expect("it is sent");
    let back =
        reqwest_client().get(format!("{}/callback?state={state}", line.trim())).header("cookie", cookie);
    assert!(back.send().await.is_err(), "the app hangs up");
    assert_eq!(process.0.wait().expect("it ends").code(), Some(3));
}

#[test]
fn what_it_cannot_do_is_said_with_what_to_do_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("missing").join("app.log");
    let missing = missing.to_str().expect("a plain path");
    let damaged = folder.path().join("state.json");
    std::fs::write(&damaged, "{").expect("the folder is writable");
    let damaged = damaged.to_str().expect("a plain path");
    for (more, said) in [
        (["--defect", "app.code-onze"], "did you mean app.code-once?"),
        (["--log", missing], "choose another file with --log"),
        (["--ca", missing], "--ca takes a file of PEM certificates"),
        (["--ca", damaged], "--ca takes a file of PEM certificates"),
        (["--state", damaged], "remove it, and let users connect again"),
        (["--bank", "ftp://bank.example"], "no address of HTTP"),
    ] {
        let mut arguments = vec!["--client-id", "c"];
        if more[0] != "--bank" {
            arguments.extend(["--bank", "http://127.0.0.1:9"]);
        }
        arguments.extend(more);
        let ended = ended(&arguments);
        let stderr = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(stderr.contains(said), "{more:?}: {stderr}");
        assert_eq!(ended.status.code(), Some(2), "{more:?}");
    }
}
