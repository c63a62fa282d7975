//! What happens at one instant. The gaps are far longer here than those a suite has to find, so that nothing depends on
//! timing.

use std::collections::HashSet;

use futures_util::future::join_all;

use super::*;

const WINDOW: Duration = Duration::from_millis(60);

/// The distinct access tokens that were given, and how many of them live.
async fn winners(bank: &Served, requests: Vec<RequestBuilder>) -> (usize, usize) {
    let answers = join_all(requests.into_iter().map(Seen::of)).await;
    let given: HashSet<String> = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .map(|answer| answer.json()["access_token"].as_str().expect("a token").to_owned())
        .collect();
    let mut live = 0;
    for token in &given {
        live += usize::from(bank.call("/ping/whoami", token).await.status == 200);
    }
    (given.len(), live)
}

/// Whether it happens in one of a few rounds: a machine under load may let one round's requests come apart.
async fn ever(round: impl AsyncFn() -> bool) -> bool {
    for _ in 0..20 {
        if round().await {
            return true;
        }
    }
    false
}

async fn exchanges(bank: &Served) -> (usize, usize) {
    let (_, code) = bank.code("alice", "server").await;
    winners(bank, (0..4).map(|_| bank.exchanging("server", &code, &[])).collect()).await
}

async fn refreshes(bank: &Served) -> (usize, usize) {
    let token = bank.login("alice", "server").await.refresh;
    winners(bank, (0..4).map(|_| bank.refreshing("server", &token, &[])).collect()).await
}

async fn logins(bank: &Served) -> (usize, usize) {
    let (_, first) = bank.code("alice", "server").await;
    let (_, second) = bank.code("alice", "server").await;
    let requests = [first, second].map(|code| bank.exchanging("server", &code, &[]));
    winners(bank, requests.into()).await
}

/// Whether a token outlives a logout that was done while a refresh was under way. A logout that comes after the refresh
/// is refused: its token is dead by then.
async fn outlives(bank: &Served) -> bool {
    let tokens = bank.login("alice", "server").await;
    let (refreshed, logged_out) =
        tokio::join!(bank.refresh("server", &tokens.refresh), bank.logout(&tokens.access));
    match refreshed.json()["access_token"].as_str() {
        Some(token) if logged_out.status == 200 => bank.call("/ping/whoami", token).await.status == 200,
        _ => false,
    }
}

/// How many of an approval and a denial are taken.
async fn decisions(bank: &Served) -> usize {
    let login = bank.login("alice", "server").await.login;
    let decision = json!({ "login": login, "user": "alice" });
    let (approved, denied) =
        tokio::join!(bank.control("approve", decision.clone()), bank.control("deny", decision));
    usize::from(approved.status == 200) + usize::from(denied.status == 200)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_right_bank_has_one_winner() {
    let bank = Served::right().await;
    for _ in 0..10 {
        assert_eq!(exchanges(&bank).await.0, 1);
        assert_eq!(refreshes(&bank).await.0, 1);
        assert_eq!(logins(&bank).await, (2, 1));
        assert_eq!(decisions(&bank).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn code_one_winner_forks() {
    let bank = Served::with(&["code.one-winner"], WINDOW).await;
    assert!(ever(async || exchanges(&bank).await.0 > 1).await);
    assert_eq!(refreshes(&bank).await.0, 1);
    assert_eq!(logins(&bank).await.1, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn refresh_one_winner_forks() {
    let bank = Served::with(&["refresh.one-winner"], WINDOW).await;
    assert!(ever(async || refreshes(&bank).await.0 > 1).await);
    assert_eq!(exchanges(&bank).await.0, 1);
    assert_eq!(logins(&bank).await, (2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_concurrent_logins_leaves_two_alive() {
    let bank = Served::with(&["one.concurrent-logins"], WINDOW).await;
    assert!(ever(async || logins(&bank).await == (2, 2)).await);
    assert_eq!(exchanges(&bank).await.0, 1);
    assert_eq!(refreshes(&bank).await.0, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn logout_races_leave_a_token_that_outlives_the_logout() {
    let bank = Served::with(&["logout.races"], WINDOW).await;
    assert!(ever(async || outlives(&bank).await).await);
    assert_eq!(refreshes(&bank).await.0, 1);
    let right = Served::right().await;
    for _ in 0..20 {
        assert!(!outlives(&right).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_approval_and_a_denial_are_both_taken() {
    let bank = Served::with(&["logout.races:approve-deny"], WINDOW).await;
    assert!(ever(async || decisions(&bank).await == 2).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_race_defect_is_right_one_after_the_other() {
    for defect in [
        "code.one-winner",
        "refresh.one-winner",
        "refresh.one-winner:after-expiry",
        "one.concurrent-logins",
        "one.concurrent-logins:none-left",
        "logout.races",
        "logout.races:newer-login",
        "logout.races:approve-logout",
    ] {
        let bank = Served::with(&[defect], Duration::from_micros(100)).await;
        let (_, code) = bank.code("alice", "server").await;
        let first = bank.exchange("server", &code, &[]).await;
        assert_eq!(first.status, 200, "{defect}");
        let second = bank.login("alice", "server").await;
        let old = first.json()["access_token"].as_str().expect("a token").to_owned();
        assert_eq!(bank.call("/ping/whoami", &old).await.status, 401, "{defect}");
        assert_eq!(bank.exchange("server", &code, &[]).await.status, 401, "{defect}");
        assert_eq!(bank.call("/ping/whoami", &second.access).await.status, 200, "{defect}");
        assert_eq!(bank.refresh("server", &second.refresh).await.status, 200, "{defect}");
        assert_eq!(bank.refresh("server", &second.refresh).await.status, 401, "{defect}");
    }
}
