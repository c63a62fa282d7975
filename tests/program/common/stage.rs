//! A stage for a run of the program: servers on a runtime of their own, a folder for files, and the program itself.

use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use grantspec::reference::{Options, Running, defects};
use grantspec::report;
use grantspec::results::Run;
use tokio::runtime::Runtime;

/// A program that has not ended by then never will: the test fails instead of hanging. Far beyond what any run takes.
const FOREVER: Duration = Duration::from_secs(300);

/// Servers run here while the test waits for the program.
pub struct Stage {
    runtime: Runtime,
    folder: tempfile::TempDir,
}

/// What a run of the program left behind.
pub struct Ended {
    /// `None` if a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    /// Where `--report` pointed.
    pub reports: PathBuf,
}

impl Stage {
    pub fn new() -> Stage {
        let runtime = Runtime::new().expect("a runtime starts");
        Stage { runtime, folder: tempfile::tempdir().expect("a folder for the test") }
    }

    /// Runs what sets a server up, on the runtime that keeps it going.
    pub fn start<T>(&self, server: impl Future<Output = T>) -> T {
        self.runtime.block_on(server)
    }

    /// The bundled bank with these defects.
    pub fn bank(&self, broken: &[&str]) -> Running {
        let defects = broken.iter().map(|id| defects::find(id).expect("the defect exists")).collect();
        let options = Options { defects, ..Options::default() };
        self.start(Running::start(options)).expect("a port of loopback is free")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a target file: this base, what else it says, and limits that keep a hanging server from keeping the test.
    pub fn target(&self, base: &str, more: &str) -> String {
        let path = self.path("target.toml");
        let text = format!("name = 'the server in trouble'\nbase = '{base}'\n{more}\n");
        std::fs::write(&path, text).expect("the folder is writable");
        path.into_os_string().into_string().expect("the folder's name is UTF-8")
    }

    /// Runs the program to its end, in the stage's folder.
    pub fn grantspec(&self, arguments: &[&str]) -> Ended {
        self.grantspec_with(&[], arguments)
    }

    /// The same with these environment variables besides.
    pub fn grantspec_with(&self, env: &[(&str, &str)], arguments: &[&str]) -> Ended {
        let mut command = self.command();
        command.envs(env.iter().copied());
        let output = command.args(arguments).output().expect("the program starts");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("all output is UTF-8");
        Ended {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            reports: self.path("reports"),
        }
    }

    /// The program, to be run in the stage's folder.
    pub fn command(&self) -> assert_cmd::Command {
        let mut command = assert_cmd::cargo::cargo_bin_cmd!();
        command.current_dir(self.folder.path()).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        command.timeout(FOREVER);
        command
    }

    /// `grantspec run` against a target, reports into the stage's folder.
    pub fn run(&self, target: &str, filters: &[&str]) -> Ended {
        self.run_with(&[], target, filters)
    }

    /// The same with these environment variables besides.
    pub fn run_with(&self, env: &[(&str, &str)], target: &str, filters: &[&str]) -> Ended {
        let reports = self.path("reports");
        let reports = reports.to_str().expect("the folder's name is UTF-8");
        let run = ["run", "--target", target, "--report", reports, "--seed", "1"];
        self.grantspec_with(env, &[&run, filters].concat())
    }
}

impl Ended {
    /// The run's results, once all three reports are seen to be there and to render again.
    pub fn results(&self) -> Run {
        let run = report::read(&self.reports).unwrap_or_else(|error| panic!("{error}\n{self}"));
        for name in ["index.html", "junit.xml"] {
            assert!(text_of(&self.reports.join(name)).len() > 100, "{name} is next to empty\n{self}");
        }
        let junit = text_of(&self.reports.join("junit.xml"));
        roxmltree::Document::parse(&junit).expect("junit.xml is XML");
        run
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "exit code {:?}\n--- stdout\n{}\n--- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}

/// Waits for a program that the test started.
pub fn end(child: &mut Child) -> ExitStatus {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("the system knows its children") {
            return status;
        }
        if began.elapsed() > FOREVER {
            let _ = child.kill();
            panic!("the program did not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A text file's content.
pub fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
