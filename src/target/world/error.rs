//! Why a world could not be had.

use crate::results::Trouble;

/// Why a world could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    #[error("failed to reach {what} at {url}: {detail}; {}", hint.unwrap_or("is the target running, and is its address right?"))]
    Unreachable { what: &'static str, url: String, detail: String, hint: Option<&'static str> },
    #[error(
        "{what} at {url} answered {status} where a new world was due; it must answer POST with 201 and the world as \
         JSON (try `grantspec serve` for a bank that does)"
    )]
    Refused { what: &'static str, url: String, status: u16 },
    #[error(
        "{what} of the target file makes no request with its values filled in: {url}; it must be a path or a whole address"
    )]
    NoRequest { what: &'static str, url: String },
    #[error("{what} at {url} gave a world that can't be used: {detail}")]
    Malformed { what: &'static str, url: String, detail: String },
    #[error(
        "failed to register the client {role}: {detail}; see `register` of clients.{role} in the target file"
    )]
    Unregistered { role: String, detail: String },
}

impl ControlError {
    pub(super) fn unreachable(what: &'static str, url: String, trouble: &Trouble) -> ControlError {
        let detail = format!("{}: {}", trouble.kind.as_str(), trouble.detail);
        let hint = hint(&trouble.detail);
        ControlError::Unreachable { what, url, detail, hint }
    }
}

/// What to do where no TLS comes about, or a certificate is not accepted.
fn hint(detail: &str) -> Option<&'static str> {
    let detail = detail.to_ascii_lowercase();
    let has = |word: &str| detail.contains(word);
    if has("protocolversion") || has("no versions") {
        return Some(
            "it speaks no version of TLS that is wanted here: see `[tls]` of the target file (tls.minimum_version)",
        );
    }
    if !has("certificate") && !has("tls") {
        return None;
    }
    Some(if has("expired") {
        "its certificate has expired: renew it"
    } else if has("unknownissuer") || has("unknown issuer") || has("self-signed") || has("selfsigned") {
        "nobody whom this machine trusts has signed its certificate: if it is the right server, name the certificate that \
         signs it in the target file (tls.ca_file)"
    } else if has("notvalidforname") || has("not valid for name") {
        "its certificate is for another host: give the name that it was made for"
    } else if has("certificaterequired") || has("certificate required") {
        "it asks for a client certificate: name one in the target file (tls.certificate_file and tls.key_file)"
    } else {
        "TLS could not be agreed on: see `[tls]` of the target file"
    })
}
