//! The login page of worlds that machines made, what ends a login, and the headers that keep every page of the bank to its
//! user (RFC 9700 §2.6, §4.16).

use std::sync::LazyLock;

use askama::Template;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use url::Url;

use crate::reference::rules::PageHeaders;

const CSS: &str = "\
body{font:1.1rem/1.5 system-ui,sans-serif;max-width:28rem;margin:4rem auto;padding:0 1rem;color:#14233c;background:#fff}\
label,input,button{display:block;width:100%;box-sizing:border-box;font:inherit}\
input,button{margin:.4rem 0 1rem;padding:.7rem;border:1px solid #6b778c;border-radius:.5rem}\
button{background:#14233c;color:#fff;cursor:pointer}button.no{background:#fff;color:#14233c}\
.note{border-left:.3rem solid #c62828;padding-left:.8rem}\
p{overflow-wrap:anywhere}";

/// People meet the page that ends a login at night too; the login page below is for machines.
static ERROR_CSS: LazyLock<String> = LazyLock::new(|| {
    format!("{CSS}@media(prefers-color-scheme:dark){{body{{color:#ebe8e1;background:#13161b}}}}")
});

/// Where a user says who they are, and yes or no.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Log in to your bank</title>
<style>{{ css|safe }}</style>
</head>
<body>
<main>
<h1>{{ client }} asks for access</h1>
<p>If you go on, {{ client }} can ask to see your account, your balance and your transactions. It sees
nothing before you have also approved this in the bank's app.</p>
{% if let Some(note) = note %}<p class="note" role="alert">{{ note }}</p>
{% endif %}<form method="post" action="/oauth2/authorize/continue">
<input type="hidden" name="login" value="{{ login }}">
<label for="email">Your email</label>
<input id="email" name="email" type="email" autocomplete="email">
<button name="action" value="continue">Continue</button>
<button name="action" value="cancel" class="no" formnovalidate>Cancel</button>
</form>
</main>
</body>
</html>
"#
)]
pub struct LoginPage<'a> {
    pub client: &'a str,
    pub login: &'a str,
    /// What was wrong with the last try.
    pub note: Option<&'a str>,
    css: &'static str,
}

impl<'a> LoginPage<'a> {
    pub fn new(client: &'a str, login: &'a str) -> Self {
        LoginPage { client, login, note: None, css: CSS }
    }
}

/// Why there is no going on, shown to the user and never redirected (RFC 6749 §4.1.2.1).
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>This can't go on</title>
<style>{{ css|safe }}</style>
</head>
<body>
<main>
<h1>This can't go on</h1>
<p>{{ why }}</p>
{% if let Some(shown) = shown %}<p>It was: {{ shown }}</p>
{% endif %}<p><code>{{ code }}</code></p>
<p>Go back to the app that sent you here, and tell its makers what this page says.</p>
</main>
</body>
</html>
"#
)]
struct ErrorPage<'a> {
    why: &'a str,
    code: &'a str,
    /// What the request said, to be escaped.
    shown: Option<&'a str>,
    css: &'static str,
}

/// A login page. `redirect_uri` is where its form may lead in the end.
pub fn login(rule: PageHeaders, page: &LoginPage<'_>, redirect_uri: &str) -> Response {
    let mut response = respond(rule, StatusCode::OK, page, page.css, &form_action(redirect_uri));
    // For whoever completes the login through the control API, which takes this id.
    if let Ok(login) = HeaderValue::from_str(page.login) {
        response.headers_mut().insert(LOGIN, login);
    }
    response
}

const LOGIN: HeaderName = HeaderName::from_static("grantspec-login");

/// An error page with the words `why`; `said` is the part of the request that is wrong.
pub fn error(rule: PageHeaders, status: StatusCode, code: &str, why: &str, said: Option<&str>) -> Response {
    let page = ErrorPage { why, code, shown: said, css: &ERROR_CSS };
    respond(rule, status, &page, page.css, "'none'")
}

fn respond(
    rule: PageHeaders,
    status: StatusCode,
    page: &impl Template,
    css: &'static str,
    form_action: &str,
) -> Response {
    let html = page.render().expect("writing to a string never fails");
    let mut response = (status, Html(html)).into_response();
    guard(rule, &mut response, &Allowed { css, images: "", forms: form_action });
    response
}

/// What a page may do; nothing else.
#[derive(Debug)]
pub struct Allowed<'a> {
    /// The text of its one style sheet.
    pub css: &'static str,
    /// The origins that its pictures are from, with spaces between them.
    pub images: &'a str,
    /// Where its forms may lead, as a policy says it.
    pub forms: &'a str,
}

/// Gives a page the headers that keep it to its user.
pub fn guard(rule: PageHeaders, response: &mut Response, allowed: &Allowed<'_>) {
    let ancestors = match rule {
        PageHeaders::Frameable => "",
        _ => "frame-ancestors 'none'; ",
    };
    let images = match allowed.images {
        "" => String::new(),
        origins => format!("img-src {origins}; "),
    };
    let style = STANDARD.encode(Sha256::digest(allowed.css));
    let forms = allowed.forms;
    let policy = format!(
        "default-src 'none'; base-uri 'none'; {ancestors}{images}style-src 'sha256-{style}'; form-action {forms}"
    );
    let mut set = |name: HeaderName, value: &'static str| {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    };
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(CACHE_CONTROL, "no-store");
    if rule != PageHeaders::Frameable {
        set(X_FRAME_OPTIONS, "DENY");
    }
    if rule != PageHeaders::LeaksReferer {
        set(REFERRER_POLICY, "no-referrer");
    } else {
        set(REFERRER_POLICY, "unsafe-url");
    }
    if rule == PageHeaders::CrossOriginReadable {
        set(ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    }
    let policy = HeaderValue::from_str(&policy).expect("origins are ASCII without controls");
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
}

/// The bank's own origin, and the one that it will redirect to: browsers hold a form's redirects to this too.
pub fn form_action(redirect_uri: &str) -> String {
    let origin = Url::parse(redirect_uri).map(|uri| match uri.origin() {
        origin if origin.is_tuple() => origin.ascii_serialization(),
        _ => format!("{}:", uri.scheme()),
    });
    origin.map_or_else(|_| "'self'".to_owned(), |origin| format!("'self' {origin}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_said_is_escaped() {
        let mut page = LoginPage::new("<b>App</b>", "\"><script>");
        page.note = Some("<i>");
        let html = page.render().expect("renders");
        assert!(!html.contains("<b>") && !html.contains("<script") && !html.contains("<i>"));
    }

    #[test]
    fn a_form_may_lead_to_the_bank_and_the_apps_origin_only() {
        assert_eq!(form_action("https://a.example/cb?x=1"), "'self' https://a.example");
        assert_eq!(form_action("myapp:/cb"), "'self' myapp:");
        assert_eq!(form_action("nonsense"), "'self'");
    }
}
