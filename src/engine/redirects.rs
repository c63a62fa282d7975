//! Redirect URIs that a probe asks for, made from the registered one by changing the text, not by parsing and repairing.

use super::secrets::counterpart;
use crate::suite::{Client, Redirect};
use crate::target::World;

/// A host that nobody can register (RFC 2606 §2).
const FOREIGN: &str = "grantspec-foreign.invalid";

/// The redirect URI to send. `Ok(None)` leaves the parameter out; an error says why this probe makes no sense here.
pub fn redirect_uri(world: &World, client: &Client, redirect: Redirect) -> Result<Option<String>, String> {
    let registered = &world.client(client).redirect_uris;
    let first = registered[0].as_str();
    let parts = Parts::of(first).ok_or_else(|| format!("the registered redirect URI {first} has no host"))?;
    let Parts { scheme, host, port, path, query } = &parts;
    let uri = match redirect {
        Redirect::Registered => first.to_owned(),
        Redirect::Omitted => return Ok(None),
        Redirect::Empty => String::new(),
        Redirect::WithQuery => registered
            .iter()
            .find(|uri| uri.contains('?'))
            .cloned()
            .ok_or_else(|| format!("{client} has no registered redirect URI with a query"))?,
        Redirect::OtherClients => world.client(&counterpart(client)).redirect_uris[0].clone(),
        Redirect::Foreign => format!("https://{FOREIGN}/callback"),
        Redirect::PathCase => {
            let at = path.find(|character: char| character.is_ascii_alphabetic());
            let at = at.ok_or_else(|| format!("the path of {first} has no letter"))?;
            let turned = path[at..=at].to_ascii_uppercase();
            let turned = if turned == path[at..=at] { turned.to_ascii_lowercase() } else { turned };
            format!("{scheme}://{host}{port}{}{turned}{}{query}", &path[..at], &path[at + 1..])
        }
        Redirect::TrailingSlash => format!("{scheme}://{host}{port}{path}/{query}"),
        Redirect::Port if is_loopback(host) => {
            return Err("a loopback redirect URI may come with any port (RFC 8252 §7.3)".to_owned());
        }
        Redirect::Port => {
            let other = if port == ":8444" { ":8445" } else { ":8444" };
            format!("{scheme}://{host}{other}{path}{query}")
        }
        Redirect::Scheme => {
            let other = if scheme == "https" { "http" } else { "https" };
            format!("{other}://{host}{port}{path}{query}")
        }
        Redirect::DotDot => format!("{scheme}://{host}{port}/x/..{path}{query}"),
        Redirect::EncodedDotDot => format!("{scheme}://{host}{port}/x/%2e%2e{path}{query}"),
        Redirect::EncodedLetter => {
            let at = path.find(|character: char| character.is_ascii_alphabetic());
            let at = at.ok_or_else(|| format!("the path of {first} has no letter"))?;
            format!(
                "{scheme}://{host}{port}{}%{:02X}{}{query}",
                &path[..at],
                path.as_bytes()[at],
                &path[at + 1..]
            )
        }
        Redirect::Userinfo => format!("{scheme}://{host}{port}@{FOREIGN}{path}{query}"),
        Redirect::ExtraQuery if query.is_empty() => format!("{first}?grantspec_extra=1"),
        Redirect::ExtraQuery => format!("{first}&grantspec_extra=1"),
        Redirect::Subdomain => format!("{scheme}://grantspec.{host}{port}{path}{query}"),
        Redirect::HostSuffix => format!("{scheme}://{host}.{FOREIGN}{path}{query}"),
        Redirect::PathSuffix => format!("{scheme}://{host}{port}{path}-grantspec{query}"),
        Redirect::Fragment => format!("{first}#grantspec"),
        Redirect::Backslash => format!("{scheme}://{FOREIGN}\\@{host}{port}{path}{query}"),
    };
    Ok(Some(uri))
}

/// A URI's text in pieces that make it again when put together.
struct Parts {
    scheme: String,
    host: String,
    /// With its colon, or empty.
    port: String,
    path: String,
    /// With its question mark, or empty.
    query: String,
}

impl Parts {
    fn of(uri: &str) -> Option<Parts> {
        let (scheme, rest) = uri.split_once("://")?;
        let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
        let colon = authority.rfind(':').filter(|colon| !authority[*colon..].contains(']'));
        let (host, port) = authority.split_at(colon.unwrap_or(authority.len()));
        (!host.is_empty()).then(|| Parts {
            scheme: scheme.to_owned(),
            host: host.to_owned(),
            port: port.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
        })
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "[::1]" || host.starts_with("127.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> World {
        let client = |uri: &str| serde_json::json!({ "client_id": "c", "client_secret": "s", "confidential": true, "redirect_uris": [uri] });
        let json = serde_json::json!({
            "world": "w", "now": 0, "approval_seconds": 600,
            "users": { "alice": { "user_id": "a" }, "bob": { "user_id": "b" } },
            "clients": {
                "server": client("https://app.example/oauth/callback"),
                "other": client("http://127.0.0.1:8080/cb?tenant=blue"),
                "public": client("https://public.example/cb"),
            },
        });
        World::given(json.to_string().as_bytes()).expect("it is a world")
    }

    fn uri(client: &str, redirect: Redirect) -> Result<Option<String>, String> {
        redirect_uri(&world(), &Client(client.into()), redirect)
    }

    #[test]
    fn every_probe_differs_from_what_is_registered() {
        for (redirect, _) in Redirect::ALL {
            if matches!(redirect, Redirect::Registered | Redirect::WithQuery) {
                continue;
            }
            let asked = uri("server", *redirect).expect("each makes sense here");
            assert_ne!(asked.as_deref(), Some("https://app.example/oauth/callback"), "{redirect}");
        }
    }

    #[test]
    fn a_changed_uri_keeps_the_rest_of_the_text() {
        let asked = |redirect| uri("other", redirect).expect("it makes sense").expect("it is sent");
        assert_eq!(asked(Redirect::TrailingSlash), "http://127.0.0.1:8080/cb/?tenant=blue");
        assert_eq!(asked(Redirect::PathCase), "http://127.0.0.1:8080/Cb?tenant=blue");
        assert_eq!(asked(Redirect::ExtraQuery), "http://127.0.0.1:8080/cb?tenant=blue&grantspec_extra=1");
        assert_eq!(asked(Redirect::WithQuery), "http://127.0.0.1:8080/cb?tenant=blue");
    }

    #[test]
    fn another_port_proves_nothing_on_loopback() {
        assert!(uri("other", Redirect::Port).expect_err("it makes no sense").contains("RFC 8252"));
    }
}
