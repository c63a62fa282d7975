//! Whom the app takes for the bank: servers with certificates that are right, or wrong in one way each.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use grantspec::demo::{self, Secret, defects};
use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use url::Url;

use crate::stage::{UNIT, reqwest_client};

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

fn issuer(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    CertifiedIssuer::self_signed(params, key).expect("a sound certificate")
}

/// Counts the requests that get through to a server with such a certificate.
async fn serve(
    kind: Certificate,
    issuer: &CertifiedIssuer<'static, KeyPair>,
) -> (SocketAddr, Arc<AtomicUsize>) {
    let host = if kind == Certificate::OtherHost { "bank.example" } else { "localhost" };
    let mut params = CertificateParams::new([host.to_owned()]).expect("a host's name");
    params.distinguished_name.push(rcgen::DnType::CommonName, host);
    if kind == Certificate::Expired {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    }
    let key = KeyPair::generate().expect("a key");
    let signed = params.signed_by(&key, issuer).expect("a sound certificate");
    let chain: Vec<CertificateDer<'static>> = vec![signed.der().clone()];
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("they belong together");
    let acceptor = TlsAcceptor::from(Arc::new(config));
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
