//! The HTTP client, as the target file wants it set up: TLS, proxy, and nothing done behind anybody's back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::fetch::Missing;
use super::file::{TargetFile, TlsVersion};
use super::transport::whole;

/// Why a target can't be used at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("failed to set up HTTP: {0}")]
    Http(String),
    #[error(transparent)]
    Secrets(#[from] Missing),
    #[error("failed to read {}, which the target file names as {key}: {cause}", path.display())]
    Unreadable { key: &'static str, path: PathBuf, cause: std::io::Error },
    #[error("{}, which the target file names as {key}, holds nothing that can be used: {cause}; it must be PEM", path.display())]
    NotPem { key: &'static str, path: PathBuf, cause: String },
    #[error("{what} holds a line break or a control character, which no header can carry")]
    HeaderValue { what: String },
}

/// A client that sends each request once and as it is: no redirect followed, nothing repeated.
pub fn client(file: &TargetFile) -> Result<reqwest::Client, OpenError> {
    // The provider can be set once a process; that another part of it was first is no trouble.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .tcp_nodelay(true)
        // Shorter than any server's idle limit, so that no request is written to a connection that is being closed.
        .pool_idle_timeout(Duration::from_secs(2))
        .connect_timeout(file.limits.request());
    if let Some(path) = &file.tls.ca_file {
        let pem = read("tls.ca_file", path)?;
        let not_pem = |cause: String| OpenError::NotPem { key: "tls.ca_file", path: path.clone(), cause };
        let certificates =
            reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| not_pem(whole(&error)))?;
        if certificates.is_empty() {
            return Err(not_pem("no certificate in it".to_owned()));
        }
        builder = builder.tls_certs_merge(certificates);
    }
    if let Some((certificate, key)) = &file.tls.client {
        let mut pem = read("tls.certificate_file", certificate)?;
        pem.push(b'\n');
        pem.extend(read("tls.key_file", key)?);
        let identity = reqwest::Identity::from_pem(&pem).map_err(|error| OpenError::NotPem {
            key: "tls.certificate_file",
            path: certificate.clone(),
            cause: whole(&error),
        })?;
        builder = builder.identity(identity);
    }
    builder = match file.tls.minimum {
        Some(TlsVersion::Tls13) => builder.tls_version_min(reqwest::tls::Version::TLS_1_3),
        Some(TlsVersion::Tls12) => builder.tls_version_min(reqwest::tls::Version::TLS_1_2),
        None => builder,
    };
    if let Some(proxy) = &file.proxy {
        let proxy = reqwest::Proxy::all(proxy.as_str()).map_err(|error| OpenError::Http(whole(&error)))?;
        builder = builder.proxy(proxy);
    }
    builder.build().map_err(|error| OpenError::Http(whole(&error)))
}

fn read(key: &'static str, path: &Path) -> Result<Vec<u8>, OpenError> {
    std::fs::read(path).map_err(|cause| OpenError::Unreadable { key, path: path.to_owned(), cause })
}
