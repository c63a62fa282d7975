//! Defects of what must stay secret, and of whom it is given to.

use super::{Defect, row};
use crate::demo::rules::{Elsewhere, SecretPlace, Shown, Tls, TokenPlace};

pub(super) const TABLE: &[Defect] = &[
    row("app.token-in-header", "calls carry the token in the query", |rules| {
        rules.secrets.token = TokenPlace::Query
    }),
    row("app.token-in-header:both", "calls carry the token in the header and in the query", |rules| {
        rules.secrets.token = TokenPlace::Both
    }),
    row("app.token-in-header:on-refresh", "the old token goes along when it is refreshed", |rules| {
        rules.secrets.token = TokenPlace::HeaderOfRefreshToo
    }),
    row("app.token-in-header:page", "the page shows the token", |rules| rules.secrets.shown = Shown::Page),
    row("app.token-in-header:own-address", "the browser gets the token in an address", |rules| {
        rules.secrets.shown = Shown::OwnAddress
    }),
    row("app.token-in-header:log", "the log shows the access token", |rules| {
        rules.secrets.shown = Shown::Log
    }),
    row("app.token-in-header:refresh-in-log", "the log shows the refresh token", |rules| {
        rules.secrets.shown = Shown::RefreshInLog
    }),
    row("app.token-in-header:code-in-log", "the log shows the code", |rules| {
        rules.secrets.shown = Shown::CodeInLog
    }),
    row(
        "app.token-in-header:odd-answer-in-log",
        "the log shows a token answer that makes no sense, with its tokens",
        |rules| rules.secrets.shown = Shown::OddAnswerInLog,
    ),
    row("app.secret-in-body", "token requests carry the client's secret in the query as well", |rules| {
        rules.secrets.client_secret = SecretPlace::QueryToo
    }),
    row("app.secret-in-body:basic", "token requests carry the client's secret by HTTP Basic", |rules| {
        rules.secrets.client_secret = SecretPlace::Basic
    }),
    row("app.secret-in-body:authorize", "the user is sent to the bank with the client's secret", |rules| {
        rules.secrets.client_secret = SecretPlace::AuthorizeToo
    }),
    row("app.secret-in-body:log", "the log shows the client's secret", |rules| {
        rules.secrets.client_secret = SecretPlace::LogToo
    }),
    row("app.secret-in-body:page", "the page shows the client's secret", |rules| {
        rules.secrets.client_secret = SecretPlace::PageToo
    }),
    row("app.no-token-across-origins", "a redirect elsewhere gets the token", |rules| {
        rules.secrets.elsewhere = Elsewhere::Calls
    }),
    row(
        "app.no-token-across-origins:token-request",
        "a redirect elsewhere gets the client's secret and the refresh token",
        |rules| rules.secrets.elsewhere = Elsewhere::TokenRequests,
    ),
    row("app.verifies-tls", "any certificate is taken for the bank's", |rules| {
        rules.secrets.tls = Tls::Anything
    }),
    row("app.verifies-tls:host", "a certificate of another host is taken", |rules| {
        rules.secrets.tls = Tls::AnyHost
    }),
    row("app.verifies-tls:dates", "a certificate that has expired is taken", |rules| {
        rules.secrets.tls = Tls::AnyDate
    }),
    row("app.verifies-tls:issuer", "a certificate that nobody known has signed is taken", |rules| {
        rules.secrets.tls = Tls::AnyIssuer
    }),
];
