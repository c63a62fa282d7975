//! The driver `manual`: a person logs in. They are shown the address and who they should be; if the redirect URI is on this
//! machine, somebody waits there; and wherever they are, as over SSH, they can paste the address that their browser ended at.

use std::io::{BufRead, IsTerminal, Write};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};
use url::{Host, Position, Url};

use super::approval::Decided;
use super::values::Values;
use super::way::Way;
use super::{Answering, Reached, outside};

/// How a person is asked.
#[derive(Clone, Debug)]
pub struct Manual {
    /// How long one login may take.
    pub limit: Duration,
}

/// Who sits before the terminal. There is one person: logins wait for each other.
struct Desk {
    lines: Mutex<mpsc::UnboundedReceiver<String>>,
    says: fn(&str),
}

/// The terminal that this program was started from. `None` if it was not started from one.
fn desk() -> Option<Arc<Desk>> {
    static DESK: OnceLock<Option<Arc<Desk>>> = OnceLock::new();
    let open = || {
        if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return None;
        }
        let (sender, lines) = mpsc::unbounded_channel();
        // Reading blocks, and nothing can end it: so it has a thread that nobody waits for.
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Some(Arc::new(Desk { lines: Mutex::new(lines), says }))
    };
    DESK.get_or_init(open).clone()
}

fn says(text: &str) {
    // A terminal that is gone shows nothing; then no line comes from it either.
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

pub async fn land(manual: &Manual, begun: &Url, answering: Answering<'_>, way: &mut Way<'_>) -> Reached {
    let Some(desk) = desk() else {
        return Reached::Stuck(
            "a person should log in (`login.driver` is `manual`), and there is no terminal to ask them at: start grantspec \
             from a terminal, or choose another login driver"
                .to_owned(),
        );
    };
    let values = Values::of(way.world, answering, way.client, begun);
    let secret = &way.world.user(answering.user).secret_fields;
    let redirect =
        begun.query_pairs().find(|(name, _)| name == "redirect_uri").map(|(_, uri)| uri.into_owned());
    let asks = |waits: bool| question(&values, secret, answering, begun, waits);
    match desk.ask(asks, redirect.as_deref(), manual.limit).await {
        Ok(text) => outside::told(&text, begun, "whoever logged in", way),
        Err(why) => Reached::Stuck(why),
    }
}

impl Desk {
    /// Asks the person, and gives the address that their browser ended at, or what they typed. `asks` is told whether somebody
    /// waits at the redirect URI.
    async fn ask(
        &self,
        asks: impl FnOnce(bool) -> String,
        redirect: Option<&str>,
        limit: Duration,
    ) -> Result<String, String> {
        let mut lines = self.lines.lock().await;
        // What was typed before the question is no answer to it.
        while lines.try_recv().is_ok() {}
        let door = Door::at(redirect).await;
        (self.says)(&asks(door.is_some()));
        let waited = async {
            loop {
                tokio::select! {
                    landed = knock(door.as_ref()) => break Ok(landed),
                    line = lines.recv() => match line {
                        None => break Err("the terminal was closed while a person should log in".to_owned()),
                        Some(line) if line.trim().is_empty() => {}
                        Some(line) => break Ok(line.trim().to_owned()),
                    },
                }
            }
        };
        let late = |_| Err(format!("nobody had logged in after {} s", limit.as_secs()));
        tokio::time::timeout(limit, waited).await.unwrap_or_else(late)
    }

    /// Asks the person to answer in the bank's app, and for what came of it.
    async fn ask_for_word(&self, asks: &str, limit: Duration) -> Decided {
        let mut lines = self.lines.lock().await;
        while lines.try_recv().is_ok() {}
        (self.says)(asks);
        let word = async {
            while let Some(line) = lines.recv().await {
                match line.trim().to_ascii_lowercase().as_str() {
                    "done" => return Decided::Taken,
                    "refused" => return Decided::Refused,
                    _ => (self.says)("Type: done, or: refused"),
                }
            }
            Decided::Stuck("the terminal was closed while a person should answer in the app".to_owned())
        };
        let late = |_| Decided::Stuck(format!("nobody had answered after {} s", limit.as_secs()));
        tokio::time::timeout(limit, word).await.unwrap_or_else(late)
    }
}

/// Lets a person answer in the bank's app.
pub async fn decide(manual: &Manual, answering: Answering<'_>, way: &Way<'_>) -> Decided {
    let Some(desk) = desk() else {
        return Decided::Stuck(
            "a person should approve in the app (`approval.driver` is `manual`), and there is no terminal to ask them at"
                .to_owned(),
        );
    };
    let word = if answering.allow { "approve" } else { "deny" };
    let asks = format!(
        "\nIn the bank's app, as {}, {word} what {} asks for. Then type: done\nIf the app does not let you, type: refused",
        answering.user, way.client
    );
    desk.ask_for_word(&asks, manual.limit).await
}

fn question(
    values: &Values,
    secret: &[String],
    answering: Answering<'_>,
    begun: &Url,
    waits: bool,
) -> String {
    let shown: Vec<String> = values
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("user.")?, value)))
        .filter(|(name, _)| *name != "role" && *name != "id" && !secret.iter().any(|field| field == name))
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    let who = if shown.is_empty() { String::new() } else { format!(" ({})", shown.join(", ")) };
    let answer =
        if answering.allow { "allow what the app asks for" } else { "say no to what the app asks for" };
    let then = match waits {
        true => {
            "The rest goes by itself; if your browser is on another machine, paste the address that it ends at."
        }
        false => "Your browser ends at an address of the app: paste the whole of it here.",
    };
    format!(
        "\nLog in as {}{who} and {answer}. Open this in a private window:\n\n  {begun}\n\n{then}\nIf the bank shows an error \
         instead that leads nowhere, type: refused",
        answering.user
    )
}

/// A listener at a redirect URI of this machine.
struct Door {
    listener: TcpListener,
    uri: Url,
}

impl Door {
    /// `None` if the redirect URI is elsewhere, or somebody else waits there already.
    async fn at(redirect: Option<&str>) -> Option<Door> {
        let uri = Url::parse(redirect?).ok().filter(|uri| uri.scheme() == "http")?;
        let host = match uri.host()? {
            Host::Ipv4(address) if address.is_loopback() => address.to_string(),
            Host::Ipv6(address) if address.is_loopback() => address.to_string(),
            Host::Domain("localhost") => "127.0.0.1".to_owned(),
            _ => return None,
        };
        let listener = TcpListener::bind((host, uri.port_or_known_default()?)).await.ok()?;
        Some(Door { listener, uri })
    }
}

/// Waits for the browser, and gives the address that it came to. Never ends without a door.
async fn knock(door: Option<&Door>) -> String {
    let Some(door) = door else { return std::future::pending().await };
    loop {
        if let Ok((stream, _)) = door.listener.accept().await
            && let Some(target) = received(stream, door.uri.path()).await
        {
            return format!("{}{target}", &door.uri[..Position::BeforePath]);
        }
    }
}

/// Reads a request, and thanks whoever came to the redirect URI's path. Browsers ask for other things as well.
async fn received(stream: TcpStream, path: &str) -> Option<String> {
    /// More than any redirect has.
    const LONGEST: u64 = 64 << 10;
    let mut reader = BufReader::new(tokio::io::AsyncReadExt::take(stream, LONGEST));
    let mut first = String::new();
    let all = async {
        reader.read_line(&mut first).await.ok()?;
        let mut line = String::new();
        while reader.read_line(&mut line).await.is_ok_and(|read| read > 0) && !line.trim().is_empty() {
            line.clear();
        }
        Some(())
    };
    tokio::time::timeout(Duration::from_secs(5), all).await.ok()??;
    let target = first.split(' ').nth(1)?.to_owned();
    let here = target.split(['?', '#']).next() == Some(path);
    let (status, says) = match here {
        true => ("200 OK", "grantspec has what it needs. You can close this window."),
        false => ("404 Not Found", "Nothing is here."),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nReferrer-Policy: no-referrer\r\n\
         Connection: close\r\n\r\n{says}",
        says.len()
    );
    let mut stream = reader.into_inner().into_inner();
    // Whether the browser still listens changes nothing.
    let _ = stream.write_all(answer.as_bytes()).await;
    here.then_some(target)
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    /// A desk with a person who types what the sender sends.
    fn desk() -> (mpsc::UnboundedSender<String>, Desk) {
        let (sender, lines) = mpsc::unbounded_channel();
        (sender, Desk { lines: Mutex::new(lines), says: |_| {} })
    }

    /// A redirect URI of this machine where nobody waits yet.
    async fn free() -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port of loopback is free");
        format!("http://{}/cb", listener.local_addr().expect("it has an address"))
    }

    #[tokio::test]
    async fn a_browser_that_comes_to_the_redirect_uri_lands_the_login() {
        let (_person, desk) = desk();
        let uri = free().await;
        let address = uri.trim_start_matches("http://").trim_end_matches("/cb").to_owned();
        let browser = async {
            for (path, status) in [("/favicon.ico", "404"), ("/cb?code=c&state=%25x", "200")] {
                let mut stream = loop {
                    match TcpStream::connect(&address).await {
                        Ok(stream) => break stream,
                        Err(_) => tokio::task::yield_now().await,
                    }
                };
                let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
                stream.write_all(request.as_bytes()).await.expect("somebody listens");
                let mut answer = String::new();
                stream.read_to_string(&mut answer).await.expect("it answers");
                assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
            }
        };
        let asks = |waits: bool| {
            assert!(waits);
            String::new()
        };
        let (landed, ()) = tokio::join!(desk.ask(asks, Some(&uri), LONG), browser);
        assert_eq!(landed.as_deref(), Ok(format!("{uri}?code=c&state=%25x").as_str()));
    }

    #[tokio::test]
    async fn whoever_sits_elsewhere_pastes_the_address() {
        let (person, desk) = desk();
        person.send("typed too early".to_owned()).expect("the desk is there");
        let asks = |waits: bool| {
            assert!(!waits, "nobody can wait at another machine");
            person.send("  ".to_owned()).expect("the desk is there");
            person.send(" https://app.example/cb?code=c ".to_owned()).expect("the desk is there");
            String::new()
        };
        let landed = desk.ask(asks, Some("https://app.example/cb"), LONG).await;
        assert_eq!(landed.as_deref(), Ok("https://app.example/cb?code=c"));
    }

    #[tokio::test]
    async fn a_person_who_is_gone_ends_the_login_with_a_reason() {
        let (person, desk) = desk();
        let late = desk.ask(|_| String::new(), None, Duration::from_millis(1)).await;
        assert!(late.expect_err("nobody came").contains("nobody had logged in"));
        drop(person);
        let closed = desk.ask(|_| String::new(), None, LONG).await;
        assert!(closed.expect_err("nobody is there").contains("the terminal was closed"));
    }

    #[tokio::test]
    async fn a_word_in_the_app_is_given_refused_or_asked_for_again() {
        let (person, desk) = desk();
        let typed = async |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            let person = person.clone();
            let asked = desk.ask_for_word("", LONG);
            let types = async move {
                tokio::task::yield_now().await;
                words.into_iter().for_each(|word| person.send(word).expect("the desk is there"));
            };
            tokio::join!(asked, types).0
        };
        assert!(matches!(typed(&["yes", "Done"]).await, Decided::Taken));
        assert!(matches!(typed(&["refused"]).await, Decided::Refused));
    }
}
