//! What is between the harness and the server: connections that are dropped, certificates that are out of date or nobody's.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;

use grantspec::results::Exit;
use grantspec::results::Verdict::{Error, Fail, Inconclusive, Warn};
use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::server::{Front, Quirks, start, target};
use super::{SECRET, SOME, at};
use crate::common::stage::Stage;

const CERTAIN: [&str; 3] = ["state/on-denial", "refresh/single-use-at-once", "whoami/identity"];

#[test]
fn a_line_that_drops_every_third_connection_makes_no_finding() {
    let stage = Stage::new();
    // Each request has a connection of its own, so that it meets every case.
    let server = stage.start(start(Quirks { front: Front::OneRequest, ..Quirks::default() }));
    let base = stage.start(dropping(address(&server)));
    let judged = at(&stage, &base, &target(SECRET), &SOME);
    judged.none_is(&[Fail, Warn]);
    let broken = judged.cases.iter().filter(|case| matches!(case.verdict, Inconclusive | Error));
    let reasons: Vec<&str> = broken.filter_map(|case| case.reason.as_deref()).collect();
    assert!(reasons.iter().any(|reason| reason.contains("connection broken")), "{reasons:?}");
    assert_ne!(judged.ended.code, Some(Exit::Conformant as i32), "{}", judged.ended);
}

#[test]
fn a_certificate_that_nobody_vouches_for_or_that_is_out_of_date_is_named_and_a_known_one_is_taken() {
    let known = issuer();
    for (expired, is_known, message) in
        [(false, true, None), (false, false, Some("UnknownIssuer")), (true, true, Some("expired"))]
    {
        let stage = Stage::new();
        let server = stage.start(start(Quirks::default()));
        let port = stage.start(encrypted(address(&server), expired, &known));
        let base = format!("https://localhost:{port}");
        fs::write(stage.path("ca.pem"), known.pem()).expect("the folder is writable");
        let tls = if is_known { "[tls]\nca_file = 'ca.pem'\n" } else { "" };
        let judged = at(&stage, &base, &format!("{}{tls}", target(SECRET)), &CERTAIN);
        match message {
            None => judged.all_pass_but(&[]).exits(Exit::Conformant),
            Some(message) => {
                let due: Vec<_> = CERTAIN.map(|case| (case, Error, message)).to_vec();
                judged.all_pass_but(&due).exits(Exit::Trouble)
            }
        };
    }
}

fn address(base: &str) -> SocketAddr {
    base.trim_start_matches("http://").parse().expect("an address of loopback")
}

/// Hands connections on, but for every third, which it drops.
async fn dropping(server: SocketAddr) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port of loopback is free");
    let base = format!("http://{}", listener.local_addr().expect("it is bound"));
    tokio::spawn(async move {
        let mut number = 0;
        while let Ok((mut socket, _)) = listener.accept().await {
            number += 1;
            if number % 3 == 0 {
                let _ = socket.set_zero_linger();
                continue;
            }
            tokio::spawn(async move {
                let mut onward = TcpStream::connect(server).await.expect("the server listens");
                let _ = copy_bidirectional(&mut socket, &mut onward).await;
            });
        }
    });
    base
}

fn issuer() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, "somebody's own");
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    CertifiedIssuer::self_signed(params, key).expect("a sound certificate")
}

/// Stands before the server as `localhost`, with a certificate of this issuer. Gives its port.
async fn encrypted(server: SocketAddr, expired: bool, issuer: &CertifiedIssuer<'static, KeyPair>) -> u16 {
    let mut params = CertificateParams::new(["localhost".to_owned()]).expect("a host's name");
    if expired {
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
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port of loopback is free");
    let port = listener.local_addr().expect("it is bound").port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // Whoever does not like the certificate hangs up.
                let Ok(mut line) = acceptor.accept(socket).await else { return };
                let mut onward = TcpStream::connect(server).await.expect("the server listens");
                let _ = copy_bidirectional(&mut line, &mut onward).await;
            });
        }
    });
    port
}
