//! The way to the login page and back, over the wire.

use super::*;

#[tokio::test]
async fn a_login_page_is_for_this_user_only() {
    let bank = Served::right().await;
    let page = bank.authorize("server", &[]).await;
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert!(policy.contains("form-action 'self' https://server-app.example"), "{policy}");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.headers.get("access-control-allow-origin").is_none());
}

#[tokio::test]
async fn what_cannot_be_trusted_ends_on_a_page() {
    let bank = Served::right().await;
    let callback = bank.redirect_uri("server");
    let others = bank.redirect_uri("other");
    for changes in [
        &[("client_id", "oauth2client_nobody")][..],
        &[("client_id", "")],
        &[("redirect_uri", "")],
        &[("redirect_uri", "https://evil.example/")],
        &[("redirect_uri", &others)],
        &[("+client_id", "oauth2client_nobody")],
        &[("+state", "a"), ("+state", "b")],
        &[("+redirect_uri", &callback)],
        &[("+unknown", "a"), ("+unknown", "a")],
    ] {
        let page = bank.authorize("server", changes).await;
        assert_eq!(page.status, 400, "{changes:?}");
        assert!(page.headers.get("location").is_none(), "{changes:?}");
        assert!(page.header("content-type").starts_with("text/html"), "{changes:?}");
        assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    }
}

#[tokio::test]
async fn a_wrong_response_type_goes_back_with_the_state() {
    let bank = Served::right().await;
    for (sent, error) in [
        ("token", "unsupported_response_type"),
        ("CODE", "unsupported_response_type"),
        ("", "invalid_request"),
    ] {
        let changes = [("response_type", sent), ("+state", "a b&c")];
        let answer = bank.authorize("server", &changes).await;
        assert_eq!(answer.status, 302, "{sent}");
        assert!(answer.header("location").starts_with(&bank.redirect_uri("server")));
        let landing = answer.landing();
        assert_eq!(landing["error"], error);
        assert_eq!(landing["state"], "a b&c");
        assert!(!landing.contains_key("code"));
    }
}

#[tokio::test]
async fn a_state_comes_back_exactly_whatever_it_holds() {
    let bank = Served::right().await;
    let long = "x".repeat(4096);
    for state in ["%25 + & = # ; \" é 😀", "a\r\nX-Injected: 1\0", "eyJ.eyJ.c2ln==", "\"><script>", &long]
    {
        let login = bank.open("server", &[("+state", state)]).await;
        let answer = bank.control("login", json!({ "login": login, "user": "alice", "allow": true })).await;
        assert_eq!(answer.status, 303);
        assert_eq!(answer.landing()["state"], state);
        assert!(answer.headers.get("x-injected").is_none());
    }
}

#[tokio::test]
async fn a_page_shows_what_was_sent_as_text() {
    let bank = Served::right().await;
    let markup = "\"><script>alert(1)</script>";
    for changes in
        [[("+state", markup)], [("redirect_uri", markup)], [("client_id", markup)], [("+unknown", markup)]]
    {
        let page = bank.authorize("server", &changes).await;
        assert!(!page.text.contains("<script>"), "{changes:?}");
    }
    let raw = Served::wrong("state.no-injection").await;
    assert!(raw.authorize("server", &[("+state", markup)]).await.text.contains("<script>"));
    assert!(raw.authorize("server", &[("redirect_uri", markup)]).await.text.contains("<script>"));
}

#[tokio::test]
async fn the_form_leads_back_to_the_app_by_email_or_by_no() {
    let bank = Served::right().await;
    let send = async |fields: &[(&str, &str)]| {
        let request = bank.request(Method::POST, "/oauth2/authorize/continue");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        Seen::of(request.body(form(fields, &[]))).await
    };
    let login = bank.open("server", &[("+state", "s")]).await;
    let unknown = send(&[("login", &login), ("email", "nobody@example.com")]).await;
    assert_eq!(unknown.status, 200);
    assert!(unknown.text.contains("Nobody here has this email") && unknown.text.contains(&login));
    let allowed = send(&[("login", &login), ("email", "alice@example.com")]).await;
    assert_eq!(allowed.status, 303);
    assert_eq!(allowed.landing()["state"], "s");
    let code = allowed.landing()["code"].clone();
    assert_eq!(send(&[("login", &login), ("action", "cancel")]).await.status, 409);
    assert_eq!(bank.exchange("server", &code, &[]).await.status, 200);

    let login = bank.open("server", &[("+state", "s")]).await;
    let denied = send(&[("login", &login), ("action", "cancel")]).await.landing();
    assert_eq!(denied["error"], "access_denied");
    assert_eq!(denied["state"], "s");
    assert!(!denied.contains_key("code"));
    assert_eq!(send(&[("login", "nonsense"), ("email", "alice@example.com")]).await.status, 404);
}

#[tokio::test]
async fn a_defective_bank_lets_a_parameter_split_the_headers() {
    for (defect, value) in [
        ("header-split", "a\r\nX-Injected: 1"),
        ("encoded-header-split", "a%0D%0AX-Injected: 1"),
        ("wide-header-split", "a\u{560D}\u{560A}X-Injected: 1"),
    ] {
        let bank = Served::wrong(&format!("state.no-injection:{defect}")).await;
        for changes in [[("+state", value)], [("redirect_uri", value)], [("response_type", value)]] {
            assert_eq!(bank.authorize("server", &changes).await.header("x-injected"), "1", "{defect}");
        }
    }
}

#[tokio::test]
async fn each_defective_page_is_open_to_markup_of_its_own_kind() {
    for (defect, value, shown) in [
        ("single-quotes", "' x='", "value='' x=''"),
        ("text", "<b>", "<p><b></p>"),
        ("script", "</script>", "= \"</script>\";"),
        ("comment", "-->", "<!-- --> -->"),
    ] {
        let bank = Served::wrong(&format!("state.no-injection:{defect}")).await;
        for changes in [[("+state", value)], [("client_id", value)], [("response_type", value)]] {
            let page = bank.authorize("server", &changes).await;
            assert!(page.text.contains(shown), "{defect}: {}", page.text);
        }
    }
}
