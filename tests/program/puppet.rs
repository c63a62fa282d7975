//! A command-line app, played by this very test program: `puppet::acts` does nothing unless it is told what by `PUPPET`.

use std::env;
use std::path::Path;

use reqwest::Client;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use url::{Url, form_urlencoded};

/// An app file for it. `bank` and `login` are where it takes the bank to be; `begins` is how it logs in.
pub fn file(bank: &str, login: &str, begins: &str, lines: &str) -> String {
    let program = env::current_exe().expect("the test program has a path");
    let command = format!("['{}', 'puppet::acts', '--exact', '--nocapture']", program.display());
    let action = |part: &str| {
        format!(
            "command = {command}\nenv = {{ PUPPET = '{part}', BANK = '{bank}', LOGIN = '{login}', CLIENT_ID = '{{client_id}}', \
             CLIENT_SECRET = '{{client_secret}}', REDIRECT_URI = '{{redirect_uri}}', STORE = '{{folder}}/{{user}}' }}"
        )
    };
    format!(
        "name = 'Puppet'\nredirect_uri = 'http://127.0.0.1:{{port}}/callback'\n{lines}\n[connect]\n{}\n[use]\n{}\n",
        action(begins),
        action("read")
    )
}

#[test]
fn acts() {
    let Ok(part) = env::var("PUPPET") else { return };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let mut http = Client::builder();
    if part == "log-in-without-proxy" {
        http = http.no_proxy();
    }
    let http = http.build().expect("a client");
    runtime.block_on(async { if part == "read" { read(&http).await } else { log_in(&http, &part).await } });
}

fn told(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}

async fn log_in(http: &Client, part: &str) {
    let redirect_uri = Url::parse(&told("REDIRECT_URI")).expect("an address");
    let port = redirect_uri.port().expect("it has a port");
    let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
    let state = format!("{:x}-{}", std::process::id(), listener.local_addr().expect("it is bound"));
    let link = link(redirect_uri.as_str(), &state);
    if part == "log-in-and-open-the-link" {
        // As a browser does that was told to open it.
        http.get(&link).send().await.expect("the bank is there");
    } else {
        println!("Open this link: {link}");
    }
    let (mut socket, _) = listener.accept().await.expect("somebody comes");
    let mut line = String::new();
    BufReader::new(&mut socket).read_line(&mut line).await.expect("a request");
    let target = line.split(' ').nth(1).expect("a request line");
    let came = redirect_uri.join(target).expect("an address");
    let one =
        |name: &str| came.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    if one("state").as_deref() == Some(&state) {
        exchange(http, &one("code").unwrap_or_default(), redirect_uri.as_str()).await;
    }
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone";
    socket.write_all(page.as_bytes()).await.expect("the browser waits");
}

fn link(redirect_uri: &str, state: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", &told("CLIENT_ID"))
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("state", state)
        .finish();
    format!("{}/oauth2/authorize?{query}", told("LOGIN"))
}

async fn exchange(http: &Client, code: &str, redirect_uri: &str) {
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("client_id", &told("CLIENT_ID"))
        .append_pair("client_secret", &told("CLIENT_SECRET"))
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("code", code)
        .finish();
    let request = http.post(format!("{}/oauth2/token", told("BANK"))).body(body);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    match request.send().await {
        Ok(answer) => {
            let text = answer.text().await.unwrap_or_default();
            let tokens: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            if let Some(token) = tokens["access_token"].as_str() {
                std::fs::write(told("STORE"), token).expect("the folder is writable");
                println!("Connected.");
            }
        }
        Err(_) => println!("The bank can't be reached."),
    }
}

async fn read(http: &Client) {
    // Beside its bank it tells somebody else that it runs.
    let _ = http.get("https://telemetry.example/").send().await;
    let store = told("STORE");
    let Ok(token) = std::fs::read_to_string(Path::new(&store)) else {
        println!("Log in first: {}", link(&told("REDIRECT_URI"), "again"));
        return std::future::pending().await;
    };
    match http.get(format!("{}/ping/whoami", told("BANK"))).bearer_auth(token).send().await {
        Ok(answer) => println!("The bank answered {}.", answer.status()),
        Err(_) => println!("The bank can't be reached."),
    }
}
