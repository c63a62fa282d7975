//! One of the servers of `fixtures/servers`, installed into a folder that is kept, and running while this value lives.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use grantspec::report;
use grantspec::results::Run;

pub struct Server {
    name: String,
    address: String,
    process: Child,
    /// For its target file and the reports. It is kept, for whoever has to find out what went wrong.
    folder: PathBuf,
}

impl Server {
    /// Starts it; `None`, which is said, if it is not installed. It is installed first where that is demanded.
    pub fn start(name: &str) -> Option<Server> {
        let scripts = root().join("fixtures/servers");
        let built = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let installed = built.join("servers").join(name);
        if std::env::var_os("GRANTSPEC_DEMAND_SERVERS").is_none() {
            eprintln!("left out: {name}; GRANTSPEC_DEMAND_SERVERS=1 installs and judges it");
            return None;
        }
        let installing = Command::new(scripts.join("install")).arg(name).arg(&installed).output();
        let why = match installing {
            Ok(output) if output.status.success() => None,
            Ok(output) => Some(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(error) => Some(error.to_string()),
        };
        assert_eq!(why, None, "{name} can't be installed");
        let mut process = Command::new(scripts.join("start"))
            .arg(name)
            .arg(&installed)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the script can be run");
        let mut told =
            BufReader::new(process.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
        let address = told
            .find(|line| line.starts_with("http://"))
            .unwrap_or_else(|| panic!("{name} ended before it had said its address"));
        // What it says later is read as well: a server may end when nobody listens.
        thread::spawn(move || told.for_each(drop));
        let folder = built.join("judged").join(name);
        fs::create_dir_all(&folder).expect("a folder can be made");
        Some(Server { name: name.to_owned(), address, process, folder })
    }

    pub fn reports(&self) -> PathBuf {
        self.folder.join("reports")
    }

    /// Where its target file stands, with the address that it has now.
    pub fn target(&self) -> PathBuf {
        let text = fs::read_to_string(root().join("fixtures/targets").join(format!("{}.toml", self.name)))
            .expect("it has a target file");
        let line = text.lines().find(|line| line.starts_with("base = ")).expect("a target file has a base");
        let path = self.folder.join("target.toml");
        fs::write(&path, text.replace(line, &format!("base = \"{}\"", self.address)))
            .expect("the folder is writable");
        path
    }

    /// A run of every case that it can be asked.
    pub fn judged(&self) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_grantspec"))
            .arg("run")
            .arg("--target")
            .arg(self.target())
            .arg("--report")
            .arg(self.reports())
            .args(["--quiet", "--seed", "1"])
            .output()
            .expect("the program starts");
        report::read(&self.reports()).unwrap_or_else(|error| {
            panic!("{}: {error}\n{}", self.name, String::from_utf8_lossy(&output.stderr))
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The script has become the server, so that nothing is left behind.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
