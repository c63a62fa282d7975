//! What is between the harness and the server: `[tls]` and `proxy`.

use std::fs;
use std::future::Ready;

use axum::body::Bytes;
use axum::response::Response;
use grantspec::results::Exit;
use http::request::Parts;
use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};

use super::all_pass;
use crate::common::proxy::Proxy;
use crate::common::stage::Stage;
use crate::strange::line::{address, encrypted};
use crate::tls_support::{Tls, certificate, issuer};

const CASES: [&str; 2] = ["refresh/rotates[server]", "refresh/one-winner"];

#[test]
fn the_clients_certificate_is_shown_where_the_server_wants_one() {
    let stage = Stage::new();
    let bank = stage.bank(&[]);
    let (own, known) = (issuer("the server's"), issuer("who signs for clients"));
    let tls = Tls { clients: Some(&known), ..Tls::right(&own) };
    let base = format!("https://localhost:{}", stage.start(encrypted(address(bank.address()), tls)));
    fs::write(stage.path("ca.pem"), own.pem()).expect("the folder is writable");
    for (name, signer) in [("right", &known), ("unknown", &issuer("nobody"))] {
        let (certificate, key) = certificate(signer, "grantspec", false);
        fs::write(stage.path(&format!("{name}.pem")), certificate.pem()).expect("the folder is writable");
        fs::write(stage.path(&format!("{name}.key")), key.serialize_pem()).expect("the folder is writable");
    }
    let file = |more: &str| stage.target(&base, &format!("[tls]\nca_file = 'ca.pem'\n{more}"));
    let shown = |name: &str| format!("certificate_file = '{name}.pem'\nkey_file = '{name}.key'\n");

    all_pass(&stage.run(&file(&shown("right")), &CASES), &CASES);

    let ended = stage.run(&file(""), &CASES);
    assert_eq!(ended.code, Some(Exit::Trouble as i32), "{ended}");
    assert!(ended.stderr.contains("tls.certificate_file"), "{ended}");

    let ended = stage.run(&file(&shown("unknown")), &CASES);
    assert_eq!(ended.code, Some(Exit::Trouble as i32), "{ended}");

    for (more, parts) in [
        (shown("nowhere"), ["nowhere.pem", "tls.certificate_file"]),
        (shown("right").replace("right.key", "ca.pem"), ["right.pem", "PEM"]),
    ] {
        let ended = stage.run(&file(&more), &CASES);
        assert_eq!(ended.code, Some(Exit::Usage as i32), "{ended}");
        assert!(parts.iter().all(|part| ended.stderr.contains(part)), "{parts:?}\n{ended}");
    }
}

#[test]
fn a_server_that_speaks_no_tls_as_new_as_is_wanted_is_not_spoken_to() {
    let stage = Stage::new();
    let bank = stage.bank(&[]);
    let own = issuer("the server's");
    fs::write(stage.path("ca.pem"), own.pem()).expect("the folder is writable");
    let (old, new): ([&'static SupportedProtocolVersion; 1], _) = ([&TLS12], [&TLS13]);
    for (versions, minimum, passes) in
        [(&old, "1.2", true), (&old, "1.3", false), (&new, "1.3", true), (&new, "1.2", true)]
    {
        let tls = Tls { versions: &versions[..], ..Tls::right(&own) };
        let base = format!("https://localhost:{}", stage.start(encrypted(address(bank.address()), tls)));
        let more = format!("[tls]\nca_file = 'ca.pem'\nminimum_version = '{minimum}'\n");
        let ended = stage.run(&stage.target(&base, &more), &CASES[..1]);
        match passes {
            true => all_pass(&ended, &CASES[..1]),
            false => {
                assert_eq!(ended.code, Some(Exit::Trouble as i32), "{ended}");
                assert!(ended.stderr.contains("tls.minimum_version"), "{ended}");
            }
        }
    }
}

#[test]
fn every_request_goes_through_the_proxy_those_of_a_race_too() {
    let stage = Stage::new();
    let bank = stage.bank(&[]);
    let nothing_instead = |_: &Parts, _: &Bytes| None::<Ready<Response>>;
    let proxy = stage.start(Proxy::start(bank.address(), nothing_instead));
    // Only the proxy knows where this is.
    let base = "http://bank.invalid";
    let more = format!("proxy = '{}'\n[limits]\nrate = 10000\nin_flight = 64\njobs = 8\n", proxy.address);
    all_pass(&stage.run(&stage.target(base, &more), &CASES), &CASES);
    let passed = proxy.passed();
    assert!(passed.len() > 20 && passed.iter().all(|passed| passed.target.starts_with(base)), "{passed:#?}");

    let ended = stage.run(&stage.target(base, ""), &CASES[..1]);
    assert_eq!(ended.code, Some(Exit::Trouble as i32), "{ended}");
}
