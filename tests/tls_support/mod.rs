//! TLS in front of a server: issuers, and certificates of theirs that are right or wrong in one way.

use std::sync::Arc;

use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio_rustls::TlsAcceptor;

/// Who signs certificates.
pub type Issuer = CertifiedIssuer<'static, KeyPair>;

pub fn issuer(name: &str) -> Issuer {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    CertifiedIssuer::self_signed(params, key).expect("a sound certificate")
}

/// A certificate of this issuer for `name`, and its key.
pub fn certificate(issuer: &Issuer, name: &str, expired: bool) -> (rcgen::Certificate, KeyPair) {
    let mut params = CertificateParams::new([name.to_owned()]).expect("a host's name");
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    if expired {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    }
    let key = KeyPair::generate().expect("a key");
    (params.signed_by(&key, issuer).expect("a sound certificate"), key)
}

/// How a server speaks TLS.
pub struct Tls<'a> {
    /// Who signed its certificate.
    pub issuer: &'a Issuer,
    /// The host that the certificate is for.
    pub host: &'a str,
    pub expired: bool,
    /// Whose certificates clients must show, if any.
    pub clients: Option<&'a Issuer>,
    pub versions: &'a [&'static SupportedProtocolVersion],
}

impl<'a> Tls<'a> {
    /// As it should be: for `localhost`, in date, for every client, in every version.
    pub fn right(issuer: &'a Issuer) -> Tls<'a> {
        Tls { issuer, host: "localhost", expired: false, clients: None, versions: rustls::ALL_VERSIONS }
    }

    pub fn acceptor(&self) -> TlsAcceptor {
        let (certificate, key) = certificate(self.issuer, self.host, self.expired);
        let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(self.versions)
            .expect("the provider has them");
        let config = match self.clients {
            None => config.with_no_client_auth(),
            Some(known) => {
                let mut roots = RootCertStore::empty();
                roots.add(known.der().clone()).expect("a sound certificate");
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                config.with_client_cert_verifier(verifier.expect("there is a root"))
            }
        };
        TlsAcceptor::from(Arc::new(config.with_single_cert(chain, key).expect("they belong together")))
    }
}
