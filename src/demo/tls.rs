//! Whom the app takes for the bank: chain, host and dates of its certificate are checked. Defects overlook one of them.

use std::path::Path;
use std::sync::Arc;

use reqwest::{Certificate, ClientBuilder};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use url::Url;

use super::LineError;
use super::rules::Tls;

/// Lets the client trust the system's certificates, and those in the file.
///
/// With a bank that is reached by plain HTTP only the latter: reading the system's takes longer than all else at the start.
pub fn trusting(
    http: ClientBuilder,
    bank: &Url,
    ca: Option<&Path>,
    rule: Tls,
) -> Result<ClientBuilder, LineError> {
    // The provider can be set once a process; that another part of it was first is no trouble.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let own = match ca {
        Some(path) => certificates(path)?,
        None => Vec::new(),
    };
    if rule != Tls::Verified {
        return Ok(http.tls_backend_preconfigured(careless(&own, rule)?));
    }
    let own = own.iter().map(|certificate| Certificate::from_der(certificate)).collect::<Result<Vec<_>, _>>();
    let own = own.map_err(|error| LineError::Http(error.to_string()))?;
    Ok(if bank.scheme() == "https" { http.tls_certs_merge(own) } else { http.tls_certs_only(own) })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, LineError> {
    let told = |reason: String| LineError::Certificates { path: path.to_owned(), reason };
    let found = CertificateDer::pem_file_iter(path).map_err(|error| told(error.to_string()))?;
    let found: Vec<_> = found.collect::<Result<_, _>>().map_err(|error| told(error.to_string()))?;
    if found.is_empty() { Err(told("it holds none".to_owned())) } else { Ok(found) }
}

fn careless(own: &[CertificateDer<'static>], rule: Tls) -> Result<ClientConfig, LineError> {
    let told = |error: &dyn std::error::Error| LineError::Http(error.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(own.iter().cloned());
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    // Without a single root nothing is verified by anybody.
    let strict = match roots.is_empty() {
        true => None,
        false => Some(
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                .build()
                .map_err(|error| told(&error))?,
        ),
    };
    let verifier = Careless { strict, provider: provider.clone(), rule };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| told(&error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}

/// Looks at a certificate, and overlooks what the rule says.
#[derive(Debug)]
struct Careless {
    strict: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    rule: Tls,
}

impl ServerCertVerifier for Careless {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict = match &self.strict {
            Some(strict) => strict.verify_server_cert(end_entity, intermediates, server_name, ocsp, now),
            None => Err(CertificateError::UnknownIssuer.into()),
        };
        match verdict {
            Err(rustls::Error::InvalidCertificate(error)) if self.overlooks(&error) => {
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl Careless {
    fn overlooks(&self, error: &CertificateError) -> bool {
        match self.rule {
            Tls::Verified => false,
            Tls::Anything => true,
            Tls::AnyHost => matches!(
                error,
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
            ),
            Tls::AnyDate => matches!(
                error,
                CertificateError::Expired
                    | CertificateError::ExpiredContext { .. }
                    | CertificateError::NotValidYet
                    | CertificateError::NotValidYetContext { .. }
            ),
            // CaUsedAsEndEntity is how a certificate that signed itself is called when it is also an authority's.
            Tls::AnyIssuer => matches!(
                error,
                CertificateError::UnknownIssuer | CertificateError::BadSignature | CertificateError::Other(_)
            ),
        }
    }
}
