//! What holds for every page: its headers, the key of its forms, and how ways end.

use scraper::{Html, Selector};

use super::scene::{Browser, Seen};

const PAGES: [&str; 8] =
    ["/", "/login", "/outbox", "/phone", "/apps", "/mandates", "/developers", "/developers/playground"];
const FORMS: [&str; 11] = [
    "/login",
    "/logout",
    "/phone/answer",
    "/apps/disconnect",
    "/apps/confirm",
    "/mandates/cancel",
    "/developers/clients",
    "/developers/secret",
    "/developers/notifications",
    "/developers/playground/token",
    "/developers/playground/call",
];

/// Somebody whose every page has something on it.
async fn busy() -> Browser {
    let mut browser = Browser::logged_in("alice@example.com").await;
    let token = browser.approved_token("alice", "server").await;
    browser.mandate(&token, "Sky TV", 3000).await;
    browser.approve_first().await;
    browser.app_token("alice", "other").await;
    browser.get("/developers").await;
    let client = [
        ("name", "My App"),
        ("logo", "https://app.example/logo.png"),
        ("redirect_uris", "https://app.example/cb"),
        ("confidential", "no"),
    ];
    browser.post("/developers/clients", &client).await;
    browser.get("/login").await;
    browser.post("/login", &[("email", "bob@example.com")]).await;
    browser
}

#[track_caller]
fn is_guarded(page: &Seen, address: &str) {
    let policy = page.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "style-src 'sha256-",
        "form-action",
    ] {
        assert!(policy.contains(part), "{address}: {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{address}: {policy}");
    for (name, value) in [
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(page.header(name), value, "{address}: {name}");
    }
    assert!(!page.text.contains("<script") && !page.text.contains(" style="), "{address}");
}

#[tokio::test]
async fn every_page_is_kept_to_its_user() {
    let mut browser = busy().await;
    for address in PAGES.iter().chain(&["/nowhere", "/login/link/nonsense"]) {
        let page = browser.get(address).await;
        is_guarded(&page, address);
    }
    is_guarded(&browser.get(&browser.authorize("server", "s").await).await, "/oauth2/authorize");
}

#[tokio::test]
async fn every_form_on_every_page_carries_the_key_and_is_posted_to_the_bank() {
    let mut browser = busy().await;
    let (form, key) =
        (Selector::parse("form").expect("valid"), Selector::parse("[name=form_key]").expect("valid"));
    let mut seen = Vec::new();
    let authorize = browser.authorize("server", "s").await;
    for address in PAGES.iter().copied().chain([authorize.as_str()]) {
        let page = Html::parse_document(&browser.get(address).await.text);
        for form in page.select(&form) {
            assert_eq!(form.attr("method"), Some("post"), "{address}");
            let action =
                form.attr("action").expect("an address").split('#').next().unwrap_or_default().to_owned();
            let key = form.select(&key).next().and_then(|key| key.attr("value"));
            assert!(key.is_some_and(|key| key.len() == 43), "{address}: {action}");
            seen.push(action);
        }
    }
    for address in
        FORMS.iter().filter(|address| !["/apps/confirm", "/developers/playground/call"].contains(address))
    {
        assert!(seen.iter().any(|action| action == address), "{address} is on no page");
    }
}

#[tokio::test]
async fn a_form_without_its_key_does_nothing() {
    let mut browser = busy().await;
    let mut stranger = browser.another();
    stranger.get("/login").await;
    let client = browser.client_id("server").await;
    for address in FORMS {
        for key in ["", "guessed"] {
            let fields = [("form_key", key), ("client_id", client.as_str()), ("email", "alice@example.com")];
            let refused = browser.post(address, &fields).await;
            assert_eq!(refused.status, 403, "{address}");
            assert!(refused.text.contains("did not accept this form"), "{address}");
            is_guarded(&refused, address);
        }
    }
    assert!(browser.get("/apps").await.text.contains("Server App"));
    // Another browser's key is no better than a guessed one.
    let others = stranger.get("/login").await.field("form_key");
    let refused = browser.post("/apps/disconnect", &[("form_key", &others), ("client_id", &client)]).await;
    assert_eq!(refused.status, 403);
}

#[tokio::test]
async fn a_page_that_is_not_there_is_a_page_for_people_and_json_for_programs() {
    let mut browser = Browser::new();
    let page = browser.get("/nowhere").await;
    assert_eq!(page.status, 404);
    assert!(page.text.contains("There is nothing here"));
    let json = browser.get_with("/nowhere", &[("accept", "*/*")]).await;
    assert_eq!(json.status, 404);
    assert!(json.text.contains("not_found.no_handler"));
}

#[tokio::test]
async fn a_wrong_method_ends_on_a_page() {
    let mut browser = Browser::new();
    for address in ["/logout", "/apps/disconnect", "/developers/playground/call"] {
        let page = browser.get(address).await;
        assert_eq!((page.status, page.header("allow")), (405, "POST"), "{address}");
        is_guarded(&page, address);
    }
    assert_eq!(browser.post("/apps", &[]).await.status, 405);
}

#[tokio::test]
async fn a_form_has_a_longest_size_and_each_field_once() {
    let mut browser = Browser::new();
    browser.get("/login").await;
    assert_eq!(browser.post("/login", &[("email", &"x".repeat(70_000))]).await.status, 413);
    assert_eq!(browser.post("/login", &[("email", "a@b.c"), ("email", "a@b.c")]).await.status, 400);
}

#[tokio::test]
async fn the_world_of_the_pages_cannot_be_deleted() {
    let mut browser = Browser::new();
    assert_eq!(browser.delete("/control/worlds/standing").await.status, 405);
    assert_eq!(browser.get("/").await.status, 200);
}
