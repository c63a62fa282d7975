//! WebDriver (W3C Recommendation), as far as a login needs it: a dozen calls, each a JSON object over HTTP. The program that
//! speaks it, chromedriver or geckodriver, is started once for a target and ends with it.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The programs that are looked for.
const PROGRAMS: [&str; 2] = ["chromedriver", "geckodriver"];
/// How long a browser may take for one call: starting is the longest.
const LONGEST: Duration = Duration::from_secs(60);
/// W3C WebDriver §12.1: the key that an element's id stands under.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A running driver program.
#[derive(Debug)]
pub struct Drivers {
    line: Line,
    is_chrome: bool,
    /// Ends with this.
    _process: Child,
}

/// The line to it.
#[derive(Clone, Debug)]
struct Line {
    http: reqwest::Client,
    address: String,
}

/// A browser of its own, with nothing in it when it opens. It ends with the program, if nobody closes it before.
#[derive(Clone, Debug)]
pub struct Session {
    line: Line,
    path: String,
}

/// An element of the page that is open.
pub struct Element(String);

impl Drivers {
    /// Starts the program that was named, or the first that is installed.
    ///
    /// # Errors
    /// What is missing, and what to install.
    pub async fn start(named: Option<&str>) -> Result<Drivers, String> {
        let program = match named {
            Some(program) => program.to_owned(),
            None => {
                let found = PROGRAMS.into_iter().find(|program| on_path(program).is_some());
                found.map(str::to_owned).ok_or(
                    "a browser is needed, and neither chromedriver nor geckodriver is on \
                     the PATH: install one together with its browser (Debian: `apt-get install chromium chromium-driver`), \
                     or name one as `webdriver`",
                )?
            }
        };
        let is_chrome = !program.contains("gecko");
        let port = if is_chrome { vec!["--port=0"] } else { vec!["--port", "0"] };
        let mut process = Command::new(&program)
            .args(port)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("the WebDriver program {program} can't be run: {error}"))?;
        let out = process.stdout.take().ok_or("the WebDriver program says nothing")?;
        let mut lines = BufReader::new(out).lines();
        let port = async {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(port) = port_in(&line) {
                    return Some(port);
                }
            }
            None
        };
        let port = tokio::time::timeout(LONGEST, port).await.ok().flatten();
        let port = port.ok_or_else(|| format!("the WebDriver program {program} did not say its port"))?;
        // Nobody reads on; what it still says must not stop it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(LONGEST)
            .build()
            .map_err(|error| format!("HTTP could not be set up: {error}"))?;
        let line = Line { http, address: format!("http://127.0.0.1:{port}") };
        Ok(Drivers { line, is_chrome, _process: process })
    }

    /// Opens a browser. It finds no way to the hosts of `sealed`: what is sent there stays in its address bar.
    /// `trusting`: it takes any certificate.
    pub async fn open(&self, sealed: &[String], trusting: bool) -> Result<Session, String> {
        let mut arguments = vec!["--headless".to_owned(), "--window-size=1000,900".to_owned()];
        if self.is_chrome {
            arguments.extend(
                ["--disable-gpu", "--no-first-run", "--disable-background-networking"].map(str::to_owned),
            );
            if is_root() {
                // Chromium refuses to run as root otherwise; there is nothing that its sandbox could take away then.
                arguments.push("--no-sandbox".to_owned());
            }
            let rules: Vec<String> = sealed.iter().map(|host| format!("MAP {host} ~NOTFOUND")).collect();
            if !rules.is_empty() {
                arguments.push(format!("--host-resolver-rules={}", rules.join(",")));
            }
        }
        let mut wanted = json!({ "acceptInsecureCerts": trusting, "pageLoadStrategy": "normal" });
        wanted[if self.is_chrome { "goog:chromeOptions" } else { "moz:firefoxOptions" }] =
            json!({ "args": arguments });
        let body = json!({ "capabilities": { "alwaysMatch": wanted } });
        let opened = self.line.call(http::Method::POST, "/session", Some(body)).await?;
        let id =
            opened["sessionId"].as_str().ok_or("the WebDriver program opened a session without an id")?;
        Ok(Session { line: self.line.clone(), path: format!("/session/{id}") })
    }
}

impl Line {
    async fn call(&self, method: http::Method, path: &str, body: Option<Value>) -> Result<Value, String> {
        let mut request = self.http.request(method, format!("{}{path}", self.address));
        if let Some(body) = body {
            request = request.header(http::header::CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let failed = |error: reqwest::Error| format!("the browser does not answer: {}", error.without_url());
        let answer = request.send().await.map_err(failed)?;
        let succeeded = answer.status().is_success();
        let bytes = answer.bytes().await.map_err(failed)?;
        let mut json: Value = serde_json::from_slice(&bytes)
            .map_err(|_| "the browser answered with something else than JSON")?;
        let value = json["value"].take();
        if succeeded {
            return Ok(value);
        }
        let text =
            |key: &str| value[key].as_str().unwrap_or_default().lines().next().unwrap_or_default().to_owned();
        Err(format!("the browser can't: {}: {}", text("error"), text("message")))
    }
}

impl Session {
    async fn get(&self, what: &str) -> Result<Value, String> {
        self.line.call(http::Method::GET, &format!("{}/{what}", self.path), None).await
    }

    async fn post(&self, what: &str, body: Value) -> Result<Value, String> {
        self.line.call(http::Method::POST, &format!("{}/{what}", self.path), Some(body)).await
    }

    /// Goes to an address. That nothing is there is no error: the address bar says where it went.
    pub async fn go(&self, url: &str) -> Result<(), String> {
        match self.post("url", json!({ "url": url })).await {
            Err(why) if why.contains("ERR_") || why.contains("about:neterror") => Ok(()),
            gone => gone.map(drop),
        }
    }

    pub async fn url(&self) -> Result<String, String> {
        Ok(self.get("url").await?.as_str().unwrap_or_default().to_owned())
    }

    /// The page as it is now, scripts' work included.
    pub async fn source(&self) -> Result<String, String> {
        Ok(self.get("source").await?.as_str().unwrap_or_default().to_owned())
    }

    /// A picture of it, PNG in base64.
    pub async fn screenshot(&self) -> Result<String, String> {
        Ok(self.get("screenshot").await?.as_str().unwrap_or_default().to_owned())
    }

    /// What a script returns.
    pub async fn run(&self, script: &str) -> Result<Value, String> {
        self.post("execute/sync", json!({ "script": script, "args": [] })).await
    }

    /// The element at this place among those that a selector finds, in the order of the page.
    pub async fn element(&self, css: &str, at: usize) -> Result<Element, String> {
        let found = self.post("elements", json!({ "using": "css selector", "value": css })).await?;
        let id = found.get(at).and_then(|element| element[ELEMENT].as_str());
        id.map(|id| Element(id.to_owned())).ok_or_else(|| "the page changed while it was read".to_owned())
    }

    pub async fn click(&self, element: &Element) -> Result<(), String> {
        self.post(&format!("element/{}/click", element.0), json!({})).await.map(drop)
    }

    pub async fn fill(&self, element: &Element, text: &str) -> Result<(), String> {
        self.post(&format!("element/{}/clear", element.0), json!({})).await?;
        self.post(&format!("element/{}/value", element.0), json!({ "text": text })).await.map(drop)
    }

    pub async fn is_selected(&self, element: &Element) -> Result<bool, String> {
        Ok(self.get(&format!("element/{}/selected", element.0)).await? == Value::Bool(true))
    }

    /// Closes the browser. That it can't be is no finding: it ends with the program.
    pub async fn close(self) {
        let _ = self.line.call(http::Method::DELETE, &self.path, None).await;
    }
}

/// The port in `… started successfully on port 1234.` or `Listening on 127.0.0.1:1234`.
fn port_in(line: &str) -> Option<u16> {
    let rest = line.split_once("on port ").or_else(|| line.split_once("127.0.0.1:"))?.1;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|port| *port > 0)
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_programs_say_their_port() {
        assert_eq!(port_in("ChromeDriver was started successfully on port 41234."), Some(41234));
        assert_eq!(port_in("1700000000\tgeckodriver\tINFO\tListening on 127.0.0.1:4555"), Some(4555));
        assert_eq!(port_in("Starting ChromeDriver 1.2 on port 0"), None);
    }
}
