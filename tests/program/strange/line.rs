//! What is between the harness and the server: connections that are dropped, certificates that are out of date or nobody's.

use std::fs;
use std::net::SocketAddr;

use grantspec::results::Exit;
use grantspec::results::Verdict::{Error, Fail, Inconclusive, Warn};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use super::server::{Front, Quirks, start, target};
use super::{SECRET, SOME, at};
use crate::common::stage::Stage;
use crate::tls_support::{Tls, issuer};

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
    let known = issuer("somebody's own");
    for (expired, is_known, message) in
        [(false, true, None), (false, false, Some("UnknownIssuer")), (true, true, Some("expired"))]
    {
        let stage = Stage::new();
        let server = stage.start(start(Quirks::default()));
        let port = stage.start(encrypted(address(&server), Tls { expired, ..Tls::right(&known) }));
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

pub fn address(base: &str) -> SocketAddr {
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

/// Stands before the server with such TLS. Gives its port.
pub async fn encrypted(server: SocketAddr, tls: Tls<'_>) -> u16 {
    let acceptor = tls.acceptor();
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
