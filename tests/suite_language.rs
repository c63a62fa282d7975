//! What suites become when they are read, and that the JSON Schema says the same.

use std::collections::BTreeSet;

use grantspec::suite::{
    Advance, Check, Library, Listed, Need, Origin, Outcome, Paint, Period, Redirect, StateSent, Suite, Text,
    Verb, render, schema,
};

const CATALOGUE: &str = include_str!("golden/requirements.toml");
const HEAD: &str = "[suite]\nid = \"s\"\nabout = \"A suite\"\n\n";

fn read(suite: &str) -> Result<Suite, String> {
    let files = [("requirements.toml", CATALOGUE), ("s.toml", suite)];
    match Library::read(&files) {
        Ok(library) => Ok(library.suites.into_iter().next().expect("one suite was given")),
        Err(mistakes) => Err(render(&mistakes, Paint::Plain)),
    }
}

/// A suite of one case with these lines above its steps, and a judged step at the end.
fn suite_of(lines: &str, steps: &str) -> Suite {
    let case = "[[case]]\nid = \"c\"\nproves = [\"refresh.single-use\"]\nabout = \"It works\"\n";
    let judged = "[[case.step]]\nrequest = { client = \"server\", method = \"POST\", to = \"token\" }\nexpect = { outcome = \"granted\" }\n";
    match read(&format!("{HEAD}{case}{lines}\n{steps}\n{judged}")) {
        Ok(suite) => suite,
        Err(mistakes) => panic!("{mistakes}"),
    }
}

fn needs_of(steps: &str) -> BTreeSet<Need> {
    suite_of("", steps).cases[0].needs.clone()
}

fn ids(suite: &Suite) -> Vec<&str> {
    suite.cases.iter().map(|case| case.id.as_str()).collect()
}

#[test]
fn variants_are_every_combination_in_the_order_of_the_file() {
    let suite = suite_of(
        "each = { state = { long = { repeat = \"ab\", times = 3 }, odd = \"$plain\" }, client = [\"server\", \"other\"] }",
        "[[case.step]]\nauthorize = { user = \"alice\", client = \"$client\", state = \"$state\" }",
    );
    assert_eq!(ids(&suite), ["s/c[long,server]", "s/c[long,other]", "s/c[odd,server]", "s/c[odd,other]"]);
    let sent = suite.cases.iter().map(|case| match &case.steps[0].verb {
        Verb::Authorize(authorize) => (authorize.request.state.clone(), authorize.request.client.0.as_str()),
        other => panic!("{other:?}"),
    });
    let exactly = |state: &str| StateSent::Exactly(state.to_owned());
    assert_eq!(
        sent.collect::<Vec<_>>(),
        [
            (exactly("ababab"), "server"),
            (exactly("ababab"), "other"),
            // What `each` says is taken as it stands.
            (exactly("$plain"), "server"),
            (exactly("$plain"), "other"),
        ]
    );
    assert_eq!(suite.cases[0].needs, BTreeSet::from([Need::Login]));
    assert_eq!(suite.cases[1].needs, BTreeSet::from([Need::Login, Need::OtherClient]));
}

#[test]
fn a_leaf_spans_its_key_and_value_and_a_property_spans_itself() {
    let suite = suite_of(
        "",
        "[[case.step]]\nlogin = { user = \"alice\", client = \"server\" }\n\
         expect = { outcome = \"granted\", has = [\"new-access\", \"no-store\"] }",
    );
    let case = &suite.cases[0];
    let text = |span: &std::ops::Range<usize>| &case.source.text[span.clone()];
    let spans: Vec<&str> = case.steps[0].expect.iter().map(|leaf| text(&leaf.span)).collect();
    assert_eq!(spans, ["outcome = \"granted\"", "\"new-access\"", "\"no-store\""]);
    assert_eq!(text(&case.steps[0].span), "login");
    assert_eq!(text(&case.span), "\"c\"");
}

#[test]
fn what_a_step_does_not_say_is_the_right_thing() {
    let suite = suite_of(
        "",
        "[[case.step]]\nauthorize = { user = \"alice\", client = \"server\", omit = [\"state\"], save = \"code\" }\n\
         [[case.step]]\nexchange = { code = \"code\", twice = { code = \"same\" }, save = \"grant\" }\n\
         given = { outcome = \"any\" }\n\
         [[case.step]]\napprove = { grant = \"grant\" }\n\
         [[case.step]]\nadvance = { to_expiry_of = \"grant\", less = 60 }",
    );
    let steps = &suite.cases[0].steps;
    let Verb::Authorize(authorize) = &steps[0].verb else { panic!("{:?}", steps[0]) };
    assert_eq!(authorize.request.state, StateSent::Omitted);
    assert_eq!((authorize.request.redirect, authorize.request.omit.len()), (Redirect::Registered, 0));
    let Verb::Exchange(exchange) = &steps[1].verb else { panic!("{:?}", steps[1]) };
    assert_eq!((exchange.request.method.as_str(), exchange.redirect), ("POST", None));
    assert_eq!(exchange.request.twice, [("code".to_owned(), Text::Same)]);
    assert_eq!(steps[1].given[0].check, Check::Outcome(Outcome::Any));
    assert!(matches!(&steps[2].verb, Verb::Approve(approve) if matches!(approve.of, Origin::Grant(_))));
    assert!(matches!(&steps[3].verb, Verb::Advance(Advance::Expiry { offset: -60, .. })));
}

#[test]
fn a_list_names_clients_or_mandates_by_what_it_lists() {
    let suite = suite_of(
        "",
        "[[case.step]]\nlogin = { user = \"alice\", client = \"server\", save = \"first\" }\n\
         [[case.step]]\nmandate = { grant = \"first\", payee = \"Sky TV\", amount = 3000, save = \"tv\" }\n\
         [[case.step]]\nconnected = { user = \"alice\" }\nexpect = { lists = \"server\", since = \"first\" }\n\
         [[case.step]]\nmandates = { user = \"alice\" }\nexpect = { lists = [\"tv\"], has = [\"terms-named\"] }",
    );
    let steps = &suite.cases[0].steps;
    let Verb::Mandate(mandate) = &steps[1].verb else { panic!("{:?}", steps[1]) };
    assert_eq!((mandate.amount, mandate.period, mandate.approve), (3000, Period::Monthly, true));
    let listed = |step: usize| match &steps[step].expect[0].check {
        Check::Lists(listed) => listed,
        other => panic!("{other:?}"),
    };
    assert!(matches!(listed(2), Listed::Clients(clients) if clients[0].0 == "server"));
    assert!(matches!(listed(3), Listed::Mandates(mandates) if mandates[0].0 == "tv"));
}

#[test]
fn needs_follow_from_the_steps() {
    let login = "[[case.step]]\nlogin = { user = \"alice\", client = \"server\", save = \"first\" }\n";
    let step = |step: &str| needs_of(&format!("{login}[[case.step]]\n{step}\n"));
    let alone = |step: &str| needs_of(&format!("[[case.step]]\n{step}\n"));
    for (needs, expected) in [
        (alone("login = { user = \"bob\", client = \"server\" }"), vec![Need::TwoUsers]),
        (alone("login = { user = \"alice\", client = \"other\" }"), vec![Need::OtherClient]),
        (alone("login = { user = \"alice\", client = \"public\" }"), vec![Need::PublicClient]),
        (alone("login = { user = \"alice\", client = \"server\", approve = false }"), vec![Need::Approval]),
        (
            alone("authorize = { user = \"alice\", client = \"server\", decide = \"deny\" }"),
            vec![Need::Login, Need::Denial],
        ),
        (
            alone("open = { client = \"server\", redirect = \"with-query\" }"),
            vec![Need::Login, Need::RedirectQuery],
        ),
        (
            alone("open = { client = \"server\", set = { client_id = \"client:other\" } }"),
            vec![Need::Login, Need::OtherClient],
        ),
        (alone("advance = { past = \"approval\" }"), vec![Need::Approval, Need::Clock]),
        (alone("disconnect = { user = \"alice\", client = \"server\" }"), vec![Need::Disconnect]),
        (alone("connected = { user = \"bob\" }"), vec![Need::Consents, Need::TwoUsers]),
        (
            alone("connected = { user = \"alice\" }\nexpect = { lists = [\"public\"] }"),
            vec![Need::Consents, Need::PublicClient],
        ),
        (alone("mandates = { user = \"alice\" }"), vec![Need::Mandates]),
        (
            step(
                "mandate = { grant = \"first\", payee = \"Sky TV\", amount = 3000, approve = false, save = \"tv\" }\n\
                  [[case.step]]\napprove = { mandate = \"tv\" }\n\
                  [[case.step]]\npay = { mandate = \"tv\" }\n\
                  [[case.step]]\ncancel = { mandate = \"tv\" }",
            ),
            vec![Need::Mandates],
        ),
        (step("call = { whoami = \"first\" }"), vec![]),
        // One login can be stood for by a token that is there already, a second one can't.
        (
            step(
                "login = { user = \"alice\", client = \"server\", save = \"second\" }\n\
                  [[case.step]]\ngrid = { live = [\"first\", \"second\"] }",
            ),
            vec![Need::Login],
        ),
        (step("call = { whoami = \"first\", token = \"code\" }"), vec![Need::Login]),
        (step("call = { whoami = \"first\", token = \"refresh\" }"), vec![Need::Refresh]),
        (step("call = { balance = \"first\" }"), vec![Need::Data, Need::Balance]),
        (step("call = { whoami = \"first\", send = \"query\" }"), vec![Need::BearerWhoami]),
        (step("call = { whoami = \"first\" }\nexpect = { status = 200 }"), vec![Need::BearerWhoami]),
        (step("logout = { grant = \"first\", method = \"GET\" }"), vec![Need::Logout, Need::BearerLogout]),
        (step("logout = { grant = \"first\" }"), vec![Need::Logout]),
        (step("deny = { grant = \"first\" }"), vec![Need::Approval]),
        (step("grid = { live = [\"first\"] }"), vec![]),
        (step("grid = { live = [\"first\"], spent = [\"first\"] }"), vec![Need::Refresh]),
        (
            step("refresh = { grant = \"first\", secret = \"public-clients\" }"),
            vec![Need::PublicClient, Need::Refresh],
        ),
        (
            step(
                "race = { all = [{ logout = { grant = \"first\" } }, { refresh = { grant = \"first\" } }] }\n\
                  expect = { has = [\"serial\"] }",
            ),
            vec![Need::Logout, Need::Refresh],
        ),
    ] {
        assert_eq!(needs, BTreeSet::from_iter(expected));
    }
    assert_eq!(
        suite_of("needs = [\"clock\"]\nrounds = 7", login.replace(", save = \"first\"", "").as_str()).cases
            [0]
        .rounds,
        7
    );
}

#[test]
fn what_a_race_lane_saves_can_be_used_afterwards() {
    let suite = suite_of(
        "",
        "[[case.step]]\nlogin = { user = \"alice\", client = \"server\", save = \"first\" }\n\
         [[case.step]]\nrace = { copies = 8, all = [{ refresh = { grant = \"first\", save = \"won\" } }] }\n\
         expect = { tokens_at_most = 1 }\n\
         [[case.step]]\ngrid = { live = [\"won\"], dead = [\"first\"] }\nexpect = { outcome = \"granted\" }",
    );
    assert!(
        matches!(&suite.cases[0].steps[1].verb, Verb::Race(race) if race.copies == 8 && race.lanes.len() == 1)
    );
}

#[test]
fn the_committed_schema_is_fresh() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("suites/suite.schema.json");
    let fresh = format!("{}\n", serde_json::to_string_pretty(&schema()).expect("it is JSON"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &fresh).expect("the folder is writable");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == fresh,
        "suites/suite.schema.json is stale: run UPDATE_GOLDEN=1 cargo test --test suite_language"
    );
}

fn validates(text: &str) -> Result<(), String> {
    let instance: serde_json::Value = toml_as_json(text);
    let validator = jsonschema::draft202012::new(&schema()).expect("the schema is one");
    let errors: Vec<String> =
        validator.iter_errors(&instance).map(|error| format!("{}: {error}", error.instance_path())).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.join("\n")) }
}

fn toml_as_json(text: &str) -> serde_json::Value {
    let (tree, _) = toml::de::DeTable::parse_recoverable(text);
    table_as_json(tree.get_ref())
}

fn table_as_json(table: &toml::de::DeTable<'_>) -> serde_json::Value {
    table.iter().map(|(key, value)| (key.get_ref().to_string(), value_as_json(value.get_ref()))).collect()
}

fn value_as_json(value: &toml::de::DeValue<'_>) -> serde_json::Value {
    use toml::de::DeValue;
    match value {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Integer(number) => {
            number.as_str().parse::<i64>().expect("tests use small decimal numbers").into()
        }
        DeValue::Boolean(yes) => (*yes).into(),
        DeValue::Array(items) => items.iter().map(|item| value_as_json(item.get_ref())).collect(),
        DeValue::Table(table) => table_as_json(table),
        DeValue::Float(_) | DeValue::Datetime(_) => serde_json::Value::Null,
    }
}

#[test]
fn every_shipped_suite_is_valid_by_the_schema() {
    for suite in Library::shipped().suites {
        if let Err(errors) = validates(&suite.source.text) {
            panic!("{}\n{errors}", suite.source.path);
        }
    }
}

#[test]
fn the_schema_takes_what_reading_takes_and_refuses_typos() {
    let suite = suite_of(
        "each = { client = [\"server\", \"other\"] }\nrounds = 3\nneeds = [\"clock\"]",
        "[[case.step]]\nlogin = { user = \"alice\", client = \"$client\", save = \"first\" }\n\
         [[case.step]]\nrefresh = { grant = \"first\", omit = [\"client_secret\"] }\n\
         given = { outcome = \"refused\", status = [400, 401] }\n\
         [[case.step]]\nrace = { copies = 8, all = [{ call = { whoami = \"first\" } }] }\n\
         expect = { has = [\"serial\"] }",
    );
    let good = &suite.source.text;
    assert_eq!(validates(good), Ok(()));
    for (right, wrong) in [
        ("rounds", "round"),
        ("= \"first\", omit", "= \"first\", omitt"),
        ("refresh = {", "refersh = {"),
        ("\"refused\"", "\"refuse\""),
        ("[400, 401]", "[400, 4010]"),
        ("[\"clock\"]", "[\"clok\"]"),
        ("copies = 8", "copies = 0"),
        ("{ call = {", "{ login = {"),
        ("user = \"alice\"", "user = \"eve\""),
    ] {
        assert!(good.contains(right), "{right}");
        assert!(validates(&good.replace(right, wrong)).is_err(), "{wrong} is accepted");
    }
}
