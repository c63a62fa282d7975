//! Whom the app takes for the bank: servers with certificates that are right, or wrong in one way each.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use grantspec::demo::{self, Secret, defects};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

use crate::stage::{UNIT, reqwest_client};
use crate::tls_support::{Issuer, Tls, issuer};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Certificate {
    Right,
    OtherHost,
    Expired,
    OtherIssuer,
}

#[tokio::test]
async fn only_a_right_certificate_gets_the_code() {
    assert_eq!(taken(None).await, [Certificate::Right]);
}

#[tokio::test]
async fn each_defect_overlooks_what_it_says() {
    use Certificate::*;
    for (defect, also) in [
        ("app.verifies-tls", vec![OtherHost, Expired, OtherIssuer]),
        ("app.verifies-tls:host", vec![OtherHost]),
        ("app.verifies-tls:dates", vec![Expired]),
        ("app.verifies-tls:issuer", vec![OtherIssuer]),
    ] {
        let also: Vec<Certificate> = std::iter::once(Right).chain(also).collect();
        assert_eq!(taken(Some(defect)).await, also, "{defect}");
    }
}

/// The certificates whose server hears from the app.
async fn taken(defect: Option<&str>) -> Vec<Certificate> {
    let folder = tempfile::tempdir().expect("a folder");
    let known = issuer("the one that is known");
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, known.pem()).expect("the folder is writable");
    let mut taken = Vec::new();
    for kind in [Certificate::Right, Certificate::OtherHost, Certificate::Expired, Certificate::OtherIssuer] {
        let (address, heard) = match kind {
            Certificate::OtherIssuer => serve(kind, &issuer("nobody knows")).await,
            _ => serve(kind, &known).await,
        };
        exchange(&format!("https://localhost:{}", address.port()), &ca, defect).await;
        if heard.load(Ordering::Acquire) > 0 {
            taken.push(kind);
        }
    }
    taken
}

/// Lets an app exchange a code with this bank.
async fn exchange(bank: &str, ca: &Path, defect: Option<&str>) {
    let options = demo::Options {
        ca: Some(ca.to_owned()),
        unit: UNIT,
        defects: defect.into_iter().map(|id| defects::find(id).expect("the defect exists")).collect(),
        ..demo::Options::new(Url::parse(bank).expect("an address"), "client", Some(Secret::new("secret")))
    };
    let app = demo::Running::start(options, 0).expect("the app starts");
    let http = reqwest_client();
    let away = http.get(format!("{}/connect", app.address())).send().await.expect("the app answers");
    let header = |name: &str| away.headers()[name].to_str().expect("a plain header").to_owned();
    let to_bank = Url::parse(&header("location")).expect("an address");
    let state = to_bank.query_pairs().find(|(key, _)| key == "state").expect("it is sent").1.into_owned();
    let cookie = header("set-cookie");
    let back = http.get(format!("{}/callback?code=a-code&state={state}", app.address()));
    let cookie = cookie.split(';').next().expect("there is always a first part");
    back.header("cookie", cookie).send().await.expect("the app answers");
}

/// Counts the requests that get through to a server with such a certificate.
async fn serve(kind: Certificate, issuer: &Issuer) -> (SocketAddr, Arc<AtomicUsize>) {
    let host = if kind == Certificate::OtherHost { "bank.example" } else { "localhost" };
    let acceptor = Tls { host, expired: kind == Certificate::Expired, ..Tls::right(issuer) }.acceptor();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let heard = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            // An app that does not like the certificate hangs up.
            let Ok(mut line) = acceptor.accept(socket).await else { continue };
            let mut request = [0; 4096];
            if matches!(line.read(&mut request).await, Ok(read) if read > 0) {
                count.fetch_add(1, Ordering::AcqRel);
                let _ = line.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}").await;
            }
        }
    });
    (address, heard)
}
