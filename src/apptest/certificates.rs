//! Certificates for a bank with TLS: an authority that lives as long as the run, and the wrong ones that an app must refuse.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::suite::client::CertificateKind;

/// A name that no bank under test has.
const OTHER_HOST: &str = "another-host.example";

/// The run's own authority.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its certificate, for apps to trust.
    pub pem: String,
    /// Another authority of the same name, which nobody is told to trust.
    stranger: Issuer<'static, KeyPair>,
}

impl Authority {
    /// # Errors
    /// What the cryptographic provider says.
    pub fn new() -> Result<Authority, rcgen::Error> {
        let (issuer, pem) = authority("grantspec run")?;
        let (stranger, _) = authority("grantspec stranger")?;
        Ok(Authority { issuer, pem, stranger })
    }

    /// What a server needs to show this kind of certificate for `host`.
    pub fn server(&self, kind: CertificateKind, host: &str) -> Result<Arc<ServerConfig>, String> {
        let wrong = |error: rcgen::Error| error.to_string();
        let named = if kind == CertificateKind::OtherHost { OTHER_HOST } else { host };
        let mut params = CertificateParams::new(vec![named.to_owned()]).map_err(wrong)?;
        params.distinguished_name.push(DnType::CommonName, named);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        (params.not_before, params.not_after) = match kind {
            CertificateKind::Expired => (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1)),
            CertificateKind::NotYetValid => (date_time_ymd(2090, 1, 1), date_time_ymd(2091, 1, 1)),
            _ => (date_time_ymd(2024, 1, 1), date_time_ymd(2049, 1, 1)),
        };
        let key = KeyPair::generate().map_err(wrong)?;
        let certificate = match kind {
            CertificateKind::SelfSigned => params.self_signed(&key),
            CertificateKind::OtherAuthority => params.signed_by(&key, &self.stranger),
            _ => params.signed_by(&key, &self.issuer),
        };
        let certificate = certificate.map_err(wrong)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                builder.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key)
            });
        config.map(Arc::new).map_err(|error| error.to_string())
    }
}

fn authority(name: &str) -> Result<(Issuer<'static, KeyPair>, String), rcgen::Error> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (params.not_before, params.not_after) = (date_time_ymd(2024, 1, 1), date_time_ymd(2049, 1, 1));
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    let pem = certificate.pem();
    Ok((Issuer::new(params, key), pem))
}
