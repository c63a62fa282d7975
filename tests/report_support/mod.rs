//! A run with something of everything, for the reports' tests: every verdict, several suites, a race, a sample, and a
//! bank that sends what nobody should.

use std::collections::BTreeMap;

use grantspec::results::{
    Body, CaseResult, Chosen, Document, Edition, Exchange, Field, Finding, KnownDefect, LeftOut, LeftOutKind,
    Level, Miss, Observation, Part, Place, Reading, Reply, Request, Requirement, Response, Rounds, Run,
    SCHEMA, SampleSeen, Sentence, Standing, StepResult, SuiteSeen, TargetSeen, Trouble, TroubleKind, Verdict,
};

/// Markup, a script's end, a bidi override, control characters, and U+FFFD for bytes that were not UTF-8.
pub const HOSTILE: &str = "</script><script>window.pwned=1;alert(1)</script><img src=x onerror=alert(2)>\
    <style>*{display:none}</style></title>]]>--><b>'\"&amp;\u{202E}dekcirt\u{200B}\0\u{1b}[31m\u{7}\u{85}\u{FFFE}\u{FFFD}\r\nSet-Cookie: a=b";

pub fn run() -> Run {
    Run {
        schema: SCHEMA.into(),
        version: "0.1.0".into(),
        started: "2026-11-22T16:20:05.250Z".into(),
        duration_ms: 3_412,
        seed: 7_215_489,
        interrupted: false,
        command: "grantspec run --seed 7215489 --defect refresh.single-use".into(),
        target: TargetSeen {
            name: "Reference bank".into(),
            base: "http://127.0.0.1:41231".into(),
            lacks: BTreeMap::from([(
                "restart".into(),
                "the bank under test is shared with other teams".into(),
            )]),
        },
        app: None,
        suites: vec![
            suite("refresh", "Refreshing access"),
            suite("code", "Exchanging the authorization code"),
            suite("logout", "Logging out"),
        ],
        edition: Edition {
            judged: "2026.1".into(),
            newest: "2026.2".into(),
            left_out: vec![
                LeftOut {
                    kind: LeftOutKind::Requirement,
                    id: "refresh.not-after-midnight".into(),
                    since: "2026.2".into(),
                },
                LeftOut { kind: LeftOutKind::Case, id: "refresh/late-hours".into(), since: "2026.2".into() },
            ],
        },
        requirements: requirements(),
        documents: documents(),
        cases: vec![
            single_use(),
            one_winner(),
            works_after_expiry(),
            hostile(),
            unpredictable(),
            slow(),
            not_http(),
            restart(),
        ],
        baseline: None,
        notes: vec!["The bundled bank ran with the defect refresh.single-use.".into()],
    }
}

fn requirements() -> Vec<Requirement> {
    let requirement = |id: &str, section: &str, level, promise: &str, quote: Option<&str>, source: &str| {
        Requirement {
        id: id.into(),
        section: section.into(),
        level,
        promise: promise.into(),
        quote: quote.map(Into::into),
        source: source.into(),
        why: "Whoever copied a refresh token from a log or a backup keeps the account open for as long as they like, and \
              neither the user nor the app sees it."
            .into(),
        mend: "Mark a refresh token as used in the same transaction that issues its successor, and refuse it from then on \
               without a grace period."
            .into(),
        since: "2026.1".into(),
        readings: Vec::new(),
        chosen: None,
        cases: if id == "refresh.single-use" {
            vec!["refresh/single-use".into(), "refresh/not-in-this-run".into()]
        } else {
            Vec::new()
        },
        defects: vec![KnownDefect { id: id.into(), about: "the bank does the opposite".into() }],
    }
    };
    let docs = "Monzo API docs, \"Refreshing access\"";
    let reading = |id: &str, level, default| Reading {
        id: id.into(),
        judged: format!("A code is held to {id}"),
        level,
        why: "The documents name no lifetime".into(),
        default,
    };
    let mut requirements = vec![
        requirement(
            "refresh.single-use",
            "Refreshing access",
            Level::Must,
            "A refresh token works once",
            Some("Refreshing is a one-time operation."),
            docs,
        ),
        requirement(
            "refresh.one-winner",
            "Refreshing access",
            Level::Must,
            "Of several refreshes at one instant, at most one succeeds",
            None,
            docs,
        ),
        requirement(
            "refresh.works-after-expiry",
            "Refreshing access",
            Level::Must,
            "A refresh token works after its access token has expired",
            None,
            docs,
        ),
        requirement(
            "refresh.error-code",
            "Refreshing access",
            Level::Should,
            "A refused refresh says why in the words of the standard",
            None,
            "RFC 6749 §5.2",
        ),
        requirement(
            "token.unpredictable",
            "The exchange",
            Level::Must,
            "Codes and tokens can't be guessed",
            None,
            "RFC 6749 §10.10",
        ),
        requirement(
            "code.single-use",
            "The exchange",
            Level::Must,
            "An authorization code works once",
            Some(
                "A temporary authorization code which will be exchanged for an access token in the next step.",
            ),
            "Monzo API docs, \"Exchange the authorization code\"",
        ),
        requirement(
            "code.expires",
            "The exchange",
            Level::Should,
            "A code lives at most ten minutes",
            None,
            "RFC 6749 §4.1.2",
        ),
        requirement(
            "logout.kills-access",
            "Log out",
            Level::Must,
            "A logged-out access token is dead at once",
            Some("you may wish to invalidate the token instantly"),
            "Monzo API docs, \"Log Out\"",
        ),
        requirement(
            "logout.repeatable",
            "Log out",
            Level::Info,
            "Logging out again does no harm",
            None,
            "Monzo API docs, \"Log Out\"",
        ),
    ];
    // The one that a target file reads in another way, and one that is read as usual.
    requirements[6].readings =
        vec![reading("ten-minutes", Some(Level::Should), true), reading("any-time", None, false)];
    requirements[6].chosen = Some(Chosen {
        reading: "any-time".into(),
        reason: Some("the test system's codes live for a day".into()),
    });
    requirements[0].readings =
        vec![reading("no-grace", Some(Level::Must), true), reading("grace", Some(Level::Should), false)];
    requirements[0].chosen = Some(Chosen { reading: "no-grace".into(), reason: None });
    requirements
}

fn documents() -> Vec<Document> {
    let sentence = |text: &str, became: &[&str], none: Option<&str>| Sentence {
        text: text.into(),
        became: became.iter().map(|id| (*id).into()).collect(),
        none: none.map(Into::into),
    };
    let became = sentence(
        "Refreshing is a one-time operation.",
        &["refresh.single-use", "refresh.not-after-midnight"],
        None,
    );
    let none = sentence("To get started quickly, use the playground.", &[], Some("A hint for developers"));
    let heading = "Refreshing access".into();
    vec![Document {
        id: "authentication".into(),
        title: "Authentication".into(),
        source: "Monzo API docs".into(),
        parts: vec![Part { heading, sentences: vec![became, none] }],
    }]
}

fn suite(id: &str, about: &str) -> SuiteSeen {
    SuiteSeen { id: id.into(), about: about.into(), file: format!("suites/server/{id}.toml") }
}

fn single_use() -> CaseResult {
    CaseResult {
        reason: Some("the used refresh token gave new tokens".into()),
        findings: vec![Finding {
            place: expectation(),
            step: 2,
            exchange: Some(0),
            expected: "the request is refused: a 4xx other than 429, and nothing granted".into(),
            got: "200 with ‹alice·server·access 3›".into(),
        }],
        steps: vec![
            login(),
            step(
                "refresh",
                "server refreshes first",
                Standing::Met,
                "granted ‹alice·server·access 2›",
                vec![refresh(1, granted(2))],
            ),
            step(
                "refresh",
                "server refreshes first",
                Standing::Broken,
                "granted ‹alice·server·access 3›",
                vec![refresh(1, granted(3))],
            ),
            step("call", "server calls whoami with second", Standing::NotRun, "not run", vec![]),
        ],
        ..case("refresh/single-use", "A refresh token works once", Verdict::Fail, &["refresh.single-use"])
    }
}

fn one_winner() -> CaseResult {
    let mut race = step(
        "race",
        "server refreshes first 8 times at one instant",
        Standing::Met,
        "1 access token and 1 refresh token given, 1 of them lives",
        (0..4).map(|at| refresh(1, if at == 0 { granted(2) } else { refused() })).collect(),
    );
    race.left_out = 4;
    CaseResult {
        steps: vec![login(), race],
        rounds: Some(Rounds {
            asked: 20,
            concluded: 20,
            broken: 0,
            release: Some("HTTP/2, last frames in one write".into()),
            spread_us: Some(22),
            misses: vec![
                Miss { shows_percent: 50, chance: 9.536_743_164_062_5e-7 },
                Miss { shows_percent: 10, chance: 0.121_576_654_590_569_4 },
            ],
            confidence: "A window of 100 µs would have shown itself in 20 rounds with near certainty".into(),
        }),
        ..case(
            "refresh/one-winner",
            "Eight refreshes at once have one winner",
            Verdict::Pass,
            &["refresh.one-winner"],
        )
    }
}

fn works_after_expiry() -> CaseResult {
    CaseResult {
        observations: vec![Observation {
            about: "What whoami says of an expired token".into(),
            seen: "401 invalid_token".into(),
        }],
        steps: vec![
            login(),
            step("refresh", "server refreshes first", Standing::Met, "granted", vec![refresh(1, granted(2))]),
        ],
        ..case(
            "refresh/works-after-expiry",
            "A refresh token outlives its access token",
            Verdict::Pass,
            &["refresh.works-after-expiry"],
        )
    }
}

fn hostile() -> CaseResult {
    let headers = vec![field("content-type", "text/html"), field("x-hostile", HOSTILE), field(HOSTILE, "a")];
    let long = format!("{HOSTILE}{}", "A".repeat(8_000));
    let reply = Reply::Response(Response {
        status: 799,
        headers,
        body: Body { text: long, bytes: 10_485_760, shortened: true },
    });
    CaseResult {
        reason: Some(format!("the error is {HOSTILE}")),
        findings: vec![Finding {
            place: expectation(),
            step: 1,
            exchange: Some(0),
            expected: "error invalid_grant".into(),
            got: HOSTILE.into(),
        }],
        steps: vec![
            login(),
            step("refresh", "server refreshes first", Standing::Broken, HOSTILE, vec![refresh(1, reply)]),
        ],
        ..case(
            "refresh/error-code[token=wrong]",
            "A refusal says why",
            Verdict::Warn,
            &["refresh.error-code"],
        )
    }
}

fn unpredictable() -> CaseResult {
    CaseResult {
        steps: vec![step(
            "sample",
            "alice logs in to server 200 times",
            Standing::Met,
            "200 codes and tokens",
            vec![],
        )],
        sample: Some(SampleSeen {
            count: 200,
            tests: vec![
                "access tokens: no value came twice".into(),
                "codes: no shared prefix beyond 3 characters".into(),
            ],
            confidence: "A counter or a clock in a token would have been found".into(),
        }),
        ..case(
            "code/unpredictable",
            "Codes and tokens can't be guessed",
            Verdict::Pass,
            &["token.unpredictable"],
        )
    }
}

fn slow() -> CaseResult {
    let trouble =
        Reply::Trouble(Trouble { kind: TroubleKind::TimeOut, detail: "nothing came within 10 s".into() });
    CaseResult {
        reason: Some("time-out where a refusal was due".into()),
        findings: vec![Finding {
            place: expectation(),
            step: 1,
            exchange: Some(0),
            expected: "the request is refused".into(),
            got: "no answer within 10 s".into(),
        }],
        steps: vec![
            login(),
            step(
                "exchange",
                "server exchanges first again",
                Standing::Unprepared,
                "time-out",
                vec![refresh(1, trouble)],
            ),
        ],
        ..case("code/single-use", "A code works once", Verdict::Inconclusive, &["code.single-use"])
    }
}

fn not_http() -> CaseResult {
    CaseResult {
        reason: Some("the line to the target broke: no connection".into()),
        steps: vec![step("login", "alice logs in to server", Standing::Unprepared, "no connection", vec![])],
        ..case(
            "logout/kills-access",
            "Logging out kills the access token",
            Verdict::Error,
            &["logout.kills-access"],
        )
    }
}

fn restart() -> CaseResult {
    CaseResult {
        reason: Some("the target lacks: restart".into()),
        ..case("logout/stays-dead", "A dead token stays dead", Verdict::Skipped, &["logout.kills-access"])
    }
}

fn case(id: &str, about: &str, verdict: Verdict, proves: &[&str]) -> CaseResult {
    let (suite, name) = id.split_once('/').expect("a case's id has a slash");
    CaseResult {
        id: id.into(),
        suite: suite.into(),
        about: about.into(),
        proves: proves.iter().map(|id| (*id).into()).collect(),
        level: if verdict == Verdict::Warn { Level::Should } else { Level::Must },
        place: Place {
            file: format!("suites/server/{suite}.toml"),
            line: 12,
            column: 6,
            text: format!("id = \"{name}\""),
            width: name.chars().count() as u32 + 2,
        },
        verdict,
        reason: None,
        accepted: None,
        findings: vec![],
        observations: vec![],
        steps: vec![],
        rounds: None,
        sample: None,
        began_ms: 3,
        duration_ms: 41,
        rerun: format!("grantspec run --seed 7215489 '{id}'"),
    }
}

fn expectation() -> Place {
    Place {
        file: "suites/server/refresh.toml".into(),
        line: 24,
        column: 12,
        text: "expect = { outcome = \"refused\" }    # a second use is one too many".into(),
        width: 19,
    }
}

fn login() -> StepResult {
    let page = Reply::Response(Response {
        status: 302,
        headers: vec![field(
            "location",
            "https://server.example/callback?code=‹alice·server·code 1›&state=‹state 1›",
        )],
        body: Body::default(),
    });
    let authorize = Exchange {
        actor: "alice".into(),
        purpose: "open the login page and allow".into(),
        at_us: 0,
        took_us: 610,
        request: Request {
            method: "GET".into(),
            url: "http://127.0.0.1:41231/?client_id=oauth2client_server&response_type=code&state=‹state 1›"
                .into(),
            headers: vec![field("accept", "text/html")],
            body: Body::default(),
        },
        reply: page,
        picture: None,
    };
    let exchange = Exchange { purpose: "exchange the code".into(), ..refresh(0, granted(1)) };
    step(
        "login",
        "alice logs in to server",
        Standing::Met,
        "granted ‹alice·server·access 1›",
        vec![
            authorize,
            exchange,
            Exchange {
                actor: "harness".into(),
                purpose: "approve in the app".into(),
                ..refresh(0, granted(1))
            },
        ],
    )
}

fn step(verb: &str, title: &str, standing: Standing, outcome: &str, exchanges: Vec<Exchange>) -> StepResult {
    StepResult {
        verb: verb.into(),
        title: title.into(),
        place: expectation(),
        standing,
        outcome: outcome.into(),
        exchanges,
        left_out: 0,
    }
}

fn refresh(token: u32, reply: Reply) -> Exchange {
    Exchange {
        actor: "server".into(),
        purpose: "refresh the access token".into(),
        at_us: 1_500,
        took_us: 420,
        request: Request {
            method: "POST".into(),
            url: "http://127.0.0.1:41231/oauth2/token".into(),
            headers: vec![
                field("content-type", "application/x-www-form-urlencoded"),
                field("accept", "application/json"),
            ],
            body: text(&format!(
                "grant_type=refresh_token&client_id=oauth2client_server&client_secret=‹server·secret›&refresh_token=‹alice·server·refresh {token}›"
            )),
        },
        reply,
        picture: None,
    }
}

fn granted(number: u32) -> Reply {
    Reply::Response(Response {
        status: 200,
        headers: vec![field("content-type", "application/json"), field("cache-control", "no-store")],
        body: text(&format!(
            "{{\"access_token\":\"‹alice·server·access {number}›\",\"client_id\":\"oauth2client_server\",\"expires_in\":21600,\
             \"refresh_token\":\"‹alice·server·refresh {number}›\",\"token_type\":\"Bearer\",\"user_id\":\"user_alice\"}}"
        )),
    })
}

fn refused() -> Reply {
    Reply::Response(Response {
        status: 401,
        headers: vec![field("content-type", "application/json")],
        body: text(
            "{\"code\":\"unauthorized.bad_refresh_token\",\"message\":\"Refresh token has been used\"}",
        ),
    })
}

fn field(name: &str, value: &str) -> Field {
    Field { name: name.into(), value: value.into() }
}

fn text(text: &str) -> Body {
    Body { text: text.into(), bytes: text.len() as u64, shortened: false }
}
