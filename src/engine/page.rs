//! What a page says to a browser: whether something that was sent in came back as markup or as a header, and what the page
//! says about referrers.

use scraper::{Html, Selector};

use crate::target::Incoming;

/// The name that probes use for the header, the element and the attribute they try to bring in.
const ELEMENT: &str = "gsinjected";
const HEADER: &str = "grantspec-injected";

/// What was injected into an answer, in words; `None` if nothing was.
pub fn found(answer: &Incoming) -> Option<String> {
    if answer.headers.contains_key(HEADER) {
        return Some(
            "a parameter's line break split the header: the answer has a header Grantspec-Injected".into(),
        );
    }
    let text = String::from_utf8_lossy(&answer.body);
    if !text.contains(ELEMENT) || !may_be_read_as_html(answer) {
        return None;
    }
    let page = Html::parse_document(&text);
    let any = |selector: &str| {
        let selector = Selector::parse(selector).expect("it is a selector");
        page.select(&selector).next().is_some()
    };
    if any(ELEMENT) {
        Some("a parameter's markup became an element of the page".into())
    } else if any(&format!("[{ELEMENT}]")) {
        Some("a parameter's quotes became an attribute in the page".into())
    } else {
        None
    }
}

/// The referrer policy that a page sets by `<meta name="referrer">`, if it does.
pub fn meta_referrer(answer: &Incoming) -> Option<String> {
    if !may_be_read_as_html(answer) {
        return None;
    }
    let page = Html::parse_document(&String::from_utf8_lossy(&answer.body));
    let selector = Selector::parse("meta[name=referrer i]").expect("it is a selector");
    page.select(&selector).next()?.attr("content").map(str::to_owned)
}

/// Browsers run what is declared as HTML, and what is declared as nothing at all.
fn may_be_read_as_html(answer: &Incoming) -> bool {
    let declared = answer.header("content-type").next().unwrap_or_default().to_ascii_lowercase();
    declared.is_empty() || declared.contains("html") || declared.contains("xml")
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn page(content_type: &'static str, body: &'static str) -> Incoming {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", content_type.parse().expect("a header value"));
        Incoming::new(200, headers, body.into())
    }

    #[test]
    fn markup_and_attributes_are_found_where_a_browser_would_see_them() {
        for body in [
            "<p>Hello <gsinjected></p>",
            r#"<input value="x" gsinjected="1">"#,
            r#"<script>var s = "</script><gsinjected>";</script>"#,
        ] {
            assert!(found(&page("text/html", body)).is_some(), "{body}");
        }
    }

    #[test]
    fn what_is_escaped_or_only_text_is_harmless() {
        for body in [
            "<p>&lt;gsinjected&gt;</p>",
            r#"<input value="x&quot; gsinjected=&quot;1">"#,
            r#"<p>" gsinjected="1"</p>"#,
        ] {
            assert_eq!(found(&page("text/html", body)), None, "{body}");
        }
        assert_eq!(found(&page("application/json", r#"{"message":"<gsinjected>"}"#)), None);
    }

    #[test]
    fn a_split_header_is_found() {
        let mut answer = page("text/html", "");
        answer.headers.insert(HEADER, "1".parse().expect("a header value"));
        assert!(found(&answer).is_some());
    }
}
