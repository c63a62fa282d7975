//! The command as people and pipelines call it: exit codes, messages, files, signals and pipes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use crate::common::stage::{Ended, Stage, end};

fn exits(ended: &Ended, code: i32, part: &str) {
    assert_eq!(ended.code, Some(code), "{ended}");
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(said.contains(part), "expected {part:?}\n{ended}");
}

fn program() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("grantspec"))
}

#[test]
fn a_conformant_bank_exits_0_and_a_defect_exits_1() {
    let stage = Stage::new();
    exits(&stage.grantspec(&["run", "refresh.rotates"]), 0, "Conformant");
    assert!(stage.path("reports/latest/index.html").exists(), "latest points at the run");
    let broken = stage.grantspec(&["run", "refresh.rotates", "--defect", "refresh.rotates:same-refresh"]);
    exits(&broken, 1, "mend");
    assert!(
        broken.stdout.contains("grantspec run --defect refresh.rotates:same-refresh 'refresh/"),
        "{broken}"
    );
}

#[test]
fn a_warning_fails_only_a_strict_run() {
    let stage = Stage::new();
    let arguments = ["run", "page.framing", "--defect", "page.framing"];
    exits(&stage.grantspec(&arguments), 0, "warn");
    exits(&stage.grantspec(&[&arguments[..], &["--strict"]].concat()), 1, "warn");
}

#[test]
fn wrong_usage_exits_2_and_says_what_was_meant() {
    let stage = Stage::new();
    exits(
        &stage.grantspec(&["run", "--defect", "refresh.singel-use"]),
        2,
        "did you mean refresh.single-use?",
    );
    exits(&stage.grantspec(&["serve", "--defect", "nonsense"]), 2, "there is no defect nonsense");
    exits(&stage.grantspec(&["run", "--target", "nowhere.toml"]), 2, "nowhere.toml");
    exits(&stage.grantspec(&["run", "--jobs", "0"]), 2, "--jobs");
    exits(&stage.grantspec(&["jump"]), 2, "jump");
    exits(&stage.grantspec(&["report", "render", "nowhere"]), 2, "nowhere");
    let target = stage.target("http://127.0.0.1:1", "bse = 'x'");
    exits(&stage.run(&target, &[]), 2, "bse");
    std::fs::create_dir(stage.path("mine")).expect("the folder is writable");
    std::fs::write(stage.path("mine/a.toml"), "[suite]\nid = 'a'\nabuot = 'x'\n")
        .expect("the folder is writable");
    let broken = stage.grantspec(&["run", "--suites", "mine"]);
    exits(&broken, 2, "mine/a.toml:3:1");
    exits(&broken, 2, "about");
    exits(&stage.grantspec(&["lint", "mine", "--format", "json"]), 2, "\"line\": 3");
}

#[test]
fn a_filter_that_matches_nothing_exits_4() {
    let stage = Stage::new();
    exits(&stage.grantspec(&["run", "no-such-case"]), 4, "no-such-case");
    exits(&stage.grantspec(&["list", "cases", "no-such-case"]), 4, "nothing to list");
    exits(&stage.grantspec(&["prove", "no-such-defect"]), 4, "no-such-defect");
}

#[test]
fn a_target_that_is_not_there_exits_3_with_reports() {
    let stage = Stage::new();
    let gone = TcpListener::bind("127.0.0.1:0").expect("a port is free").local_addr().expect("it is bound");
    let ended = stage.run(&format!("http://{gone}"), &[]);
    exits(&ended, 3, "is the target running");
    let run = ended.results();
    assert!(run.cases.iter().all(|case| case.verdict == grantspec::results::Verdict::Error));
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert_eq!(said.matches("is the target running").count(), 1, "one cause is told once\n{ended}");
}

#[test]
fn a_report_that_cannot_be_written_is_not_said_to_be_there() {
    let stage = Stage::new();
    std::fs::create_dir_all(stage.path("out/results.json/in-the-way")).expect("the folder is writable");
    let ended = stage.grantspec(&["run", "refresh.rotates", "--report", "out"]);
    exits(&ended, 3, "then run again");
    assert!(!ended.stdout.contains("Reports:"), "{ended}");
}

#[test]
fn a_folder_that_cannot_be_written_costs_the_reports_and_not_the_verdicts() {
    let stage = Stage::new();
    std::fs::write(stage.path("occupied"), "a file").expect("the folder is writable");
    let ended = stage.grantspec(&["run", "refresh.rotates", "--report", "occupied/reports"]);
    exits(&ended, 3, "--report");
    exits(&ended, 3, "Conformant");
}

#[test]
fn two_runs_never_write_into_one_folder() {
    let stage = Stage::new();
    std::fs::create_dir(stage.path("reports")).expect("the folder is writable");
    let lock = std::fs::File::create(stage.path("reports/.lock")).expect("the folder is writable");
    lock.lock().expect("nobody else has it");
    exits(&stage.grantspec(&["run", "refresh.rotates", "--report", "reports"]), 2, "another run is writing");
    drop(lock);
    exits(&stage.grantspec(&["run", "refresh.rotates", "--report", "reports"]), 0, "Conformant");
}

#[test]
fn a_port_in_use_is_named() {
    let stage = Stage::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = taken.local_addr().expect("it is bound").port().to_string();
    exits(&stage.grantspec(&["serve", "--port", &port]), 3, &port);
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_reports_what_ran() {
    let stage = Stage::new();
    // A server that makes worlds but answers nothing else keeps the cases waiting until the signal comes.
    let bank = stage.bank(&[]);
    let proxy = stage.start(crate::common::proxy::Proxy::start(bank.address(), |parts, _| {
        let hangs = parts.uri.path() == "/oauth2/token";
        hangs.then(std::future::pending::<axum::response::Response>)
    }));
    let reports = stage.path("reports");
    let mut run = program()
        .args(["run", "authorize", "refresh", "--jobs", "4", "--target", &proxy.address, "--report"])
        .arg(&reports)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    // Cases of the redirect end; those that need a token hang.
    while !proxy.passed().iter().any(|passed| passed.target.contains("/oauth2/authorize")) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    tell(&run, "-INT");
    let status = end(&mut run);
    assert_eq!(status.code(), Some(130));
    let results = grantspec::report::read(&reports).expect("results were written");
    assert!(results.interrupted);
    assert!(results.notes.iter().any(|note| note.contains("were not run")), "{:?}", results.notes);
}

#[cfg(unix)]
#[test]
fn the_bank_stops_at_a_signal_whoever_is_still_connected() {
    for signal in ["-INT", "-TERM"] {
        let mut child =
            program().args(["serve", "--port", "0"]).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut address = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        stdout.read_line(&mut address).expect("the address is printed");
        let host = address.trim().strip_prefix("http://").expect("it is an address");
        let mut half = TcpStream::connect(host).expect("the bank listens");
        let request = b"POST /oauth2/token HTTP/1.1\r\nhost: bank\r\ncontent-length: 100\r\n\r\ngrant";
        half.write_all(request).expect("it is sent");
        // A whole answer to a later request tells that the bank has the half one.
        let mut whole = TcpStream::connect(host).expect("the bank listens");
        whole.write_all(b"GET /control HTTP/1.1\r\nhost: bank\r\n\r\n").expect("it is sent");
        BufReader::new(&whole).read_line(&mut String::new()).expect("it is answered");
        tell(&child, signal);
        assert_eq!(end(&mut child).code(), Some(0), "{signal}");
        drop(half);
    }
}

#[cfg(unix)]
#[test]
fn one_bank_is_served_at_several_addresses() {
    let mut child =
        program().args(["serve", "--nodes", "3"]).stdout(Stdio::piped()).spawn().expect("it starts");
    let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
    let addresses: Vec<String> = stdout.lines().take(3).map(|line| line.expect("text")).collect();
    for address in &addresses {
        let host = address.strip_prefix("http://").expect("it is an address");
        let mut socket = TcpStream::connect(host).expect("the node listens");
        socket
            .write_all(b"GET /control HTTP/1.1\r\nhost: bank\r\nconnection: close\r\n\r\n")
            .expect("it is sent");
        let mut answer = String::new();
        BufReader::new(&socket).read_to_string(&mut answer).expect("it is answered");
        let about: serde_json::Value =
            serde_json::from_str(answer.split("\r\n\r\n").nth(1).expect("a body")).expect("JSON");
        assert_eq!(about["nodes"], serde_json::json!(addresses));
    }
    tell(&child, "-TERM");
    assert_eq!(end(&mut child).code(), Some(0));
    exits(&Stage::new().grantspec(&["serve", "--nodes", "9"]), 2, "--nodes");
}

#[cfg(unix)]
#[test]
fn elsewhere_than_on_loopback_the_control_api_wants_the_key_that_was_printed() {
    let mut child = program()
        .args(["serve", "--host", "0.0.0.0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut address = String::new();
    let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
    stdout.read_line(&mut address).expect("the address is printed");
    let mut warning = String::new();
    let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
    stderr.read_line(&mut warning).expect("the warning is printed");
    assert!(warning.starts_with("warning: listening on 0.0.0.0"), "{warning}");
    let key = warning.split("Bearer ").nth(1).expect("the key").trim();
    let port = address.trim().rsplit(':').next().expect("a port").to_owned();
    let status = |authorization: &str| {
        let mut socket = TcpStream::connect(format!("127.0.0.1:{port}")).expect("the bank listens");
        let request =
            format!("GET /control HTTP/1.1\r\nhost: bank\r\n{authorization}connection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).expect("it is sent");
        let mut line = String::new();
        BufReader::new(&socket).read_line(&mut line).expect("it is answered");
        line
    };
    assert!(status("").contains(" 401 "));
    assert!(status("authorization: Bearer control_wrong\r\n").contains(" 401 "));
    assert!(status(&format!("authorization: Bearer {key}\r\n")).contains(" 200 "));
    tell(&child, "-TERM");
    assert_eq!(end(&mut child).code(), Some(0));
}

#[cfg(unix)]
#[test]
fn a_signal_right_after_the_address_is_no_crash() {
    for _ in 0..20 {
        let mut child =
            program().args(["serve", "--port", "0"]).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        stdout.read_line(&mut String::new()).expect("the address is printed");
        tell(&child, "-INT");
        assert_eq!(end(&mut child).code(), Some(0));
    }
}

/// Sends a signal.
#[cfg(unix)]
fn tell(child: &Child, signal: &str) {
    let told = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill is there");
    assert!(told.success());
}

#[test]
fn a_closed_pipe_is_no_error() {
    for arguments in [&["list"][..], &["schema"], &["--help"], &["list", "requirements"]] {
        let mut child = program()
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().expect("it is piped").read_to_string(&mut said).expect("it is UTF-8");
        let status = end(&mut child);
        assert_eq!((status.code(), said.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

/// `/dev/full` takes nothing: what a full disk does to a redirected output.
#[cfg(target_os = "linux")]
#[test]
fn output_that_is_lost_on_a_full_disk_is_an_error() {
    for arguments in [&["list"][..], &["schema"], &["lint"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
        let done = program().args(arguments).stdout(full).output().expect("it starts");
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(3), "{arguments:?}: {said}");
        assert!(said.contains("failed to write to standard output"), "{arguments:?}: {said}");
    }
}

#[test]
fn nothing_is_coloured_where_nobody_asked() {
    let stage = Stage::new();
    let plain = stage.grantspec(&["run", "refresh.rotates", "--defect", "refresh.rotates"]);
    assert!(!format!("{}{}", plain.stdout, plain.stderr).contains('\u{1b}'), "{plain}");
}

#[test]
fn every_command_explains_itself_by_example() {
    let stage = Stage::new();
    for command in ["run", "list", "lint", "schema", "serve", "prove"] {
        exits(&stage.grantspec(&[command, "--help"]), 0, &format!("grantspec {command}"));
    }
    exits(&stage.grantspec(&["report", "render", "--help"]), 0, "grantspec report render");
    exits(&stage.grantspec(&["--version"]), 0, env!("CARGO_PKG_VERSION"));
}

#[test]
fn lists_and_schemas_are_for_programs_too() {
    let stage = Stage::new();
    exits(&stage.grantspec(&["list", "requirements", "consent"]), 0, "consent.one-click");
    exits(&stage.grantspec(&["list", "defects", "refresh"]), 0, "refresh.single-use:grace-window");
    exits(&stage.grantspec(&["list", "cases", "app.denied"]), 0, "app-login/denied-escaped  (app.denied)");
    exits(&stage.grantspec(&["list", "requirements", "app."]), 0, "app.verifies-tls");
    exits(&stage.grantspec(&["list", "defects", "app."]), 0, "app.verifies-tls:dates");
    exits(&stage.grantspec(&["lint"]), 0, "no mistake");
    for of in ["suite", "results"] {
        let schema = stage.grantspec(&["schema", of]);
        serde_json::from_str::<serde_json::Value>(&schema.stdout).expect("a schema is JSON");
    }
}

#[test]
fn the_matrix_notices_a_defect() {
    let stage = Stage::new();
    let ended = stage.grantspec(&["prove", "refresh.rotates", "--report", "matrix", "--seed", "1"]);
    exits(&ended, 0, "Noticed: each of the ");
    let matrix = std::fs::read_to_string(stage.path("matrix/matrix.json")).expect("the matrix was written");
    let matrix: grantspec::results::Matrix = serde_json::from_str(&matrix).expect("it is a matrix");
    let [bank] = matrix.sides.as_slice() else { panic!("only a bank has such defects") };
    assert!(bank.defects.iter().all(|row| !row.killed_by.is_empty()));
    for name in ["matrix.html", "matrix.txt"] {
        assert!(stage.path("matrix").join(name).exists(), "{name}");
    }
}

#[test]
fn the_matrix_notices_a_defect_of_an_app_though_its_promise_is_only_recorded() {
    let stage = Stage::new();
    let ended = stage.grantspec(&["prove", "app.deletes-data", "--report", "matrix"]);
    exits(&ended, 0, "Noticed: each of the 1 defects");
    let matrix = std::fs::read_to_string(stage.path("matrix/matrix.json")).expect("the matrix was written");
    let matrix: grantspec::results::Matrix = serde_json::from_str(&matrix).expect("it is a matrix");
    let [app] = matrix.sides.as_slice() else { panic!("only an app has such a defect") };
    assert_eq!(app.defects[0].killed_by, ["app-leaving/deletes-data-on-disconnect"]);
}

#[test]
fn what_broke_about_a_state_is_shown_with_the_request_that_sent_it() {
    let stage = Stage::new();
    let run = ["run", "state/echo-exact[plus]", "--defect", "state.echo-exact", "--quiet"];
    let ended = stage.grantspec(&run);
    let asked = ended.stdout.lines().find(|line| line.contains("= asked: GET /oauth2/authorize?"));
    assert!(asked.is_some_and(|line| line.contains("state=")), "{ended}");
}
