//! What target files become when they are read, that the JSON Schema says the same, and that the examples are right.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use grantspec::suite::{Need, Paint, render};
use grantspec::target::{TargetError, TargetFile, schema};
use serde_json::Value;

const EXAMPLE: &str = include_str!("../fixtures/targets/example.toml");

fn parse(text: &str) -> TargetFile {
    match TargetFile::parse("t.toml", text) {
        Ok(file) => file,
        Err(TargetError::Mistakes(found)) => panic!("{}", render(&found, Paint::Plain)),
        Err(other) => panic!("{other}"),
    }
}

fn lacks(text: &str) -> BTreeSet<String> {
    parse(text).lacks.into_keys().collect()
}

fn set<const N: usize>(words: [&str; N]) -> BTreeSet<String> {
    words.map(str::to_owned).into()
}

const HEAD: &str = "name = 'x'\nbase = 'http://127.0.0.1:1/api'\n";
const PLAIN: &str = "[endpoints]\nauthorize = '/a'\ntoken = '/t/'\nwhoami = 'http://127.0.0.1:2/userinfo'\n";
const ONE: &str = "[login]\ndriver = 'none'\n[users.alice]\n[clients.server]\nid = 'c'\nsecret = 's'\nredirect_uris = ['http://127.0.0.1/cb']\n";

#[test]
fn endpoints_stand_under_the_base_or_are_whole_and_keep_their_last_slash() {
    let file = parse(&format!("{HEAD}{PLAIN}{ONE}"));
    assert_eq!(file.endpoints.authorize.url.as_str(), "http://127.0.0.1:1/api/a");
    assert_eq!(file.endpoints.token.url.as_str(), "http://127.0.0.1:1/api/t/");
    assert_eq!(file.endpoints.whoami.route.url.as_str(), "http://127.0.0.1:2/userinfo");
}

#[test]
fn what_a_server_lacks_follows_from_its_file() {
    let much = [
        "approval",
        "bearer-logout",
        "clock",
        "consents",
        "data",
        "disconnect",
        "logout",
        "mandates",
        "nodes",
        "restart",
    ];
    let few = ["other-client", "public-client", "redirect-query", "two-users"];
    let file = lacks(&format!("{HEAD}{PLAIN}{ONE}"));
    let due: BTreeSet<String> = much
        .iter()
        .filter(|word| **word != "bearer-logout")
        .chain(&few)
        .map(|word| (*word).to_owned())
        .collect();
    assert_eq!(file, due);
    let revocation = PLAIN.to_owned() + "logout = { url = '/r', kind = 'revocation' }\naccounts = '/acc'\n";
    let more = "[users.bob]\n[clients.public]\nid = 'p'\nredirect_uris = ['http://127.0.0.1/cb?x=1']\n\
                [control]\nadvance.command = ['./advance']\n";
    assert_eq!(
        lacks(&format!("{HEAD}{revocation}{ONE}{more}")),
        set([
            "approval",
            "balance",
            "bearer-logout",
            "consents",
            "disconnect",
            "mandates",
            "nodes",
            "other-client",
            "restart",
            "transactions"
        ])
    );
    assert_eq!(lacks(HEAD), BTreeSet::new(), "the bundled bank's paths and control API have everything");
}

#[test]
fn a_reason_that_the_file_gives_goes_before_the_one_that_follows() {
    let file = parse(&format!("{HEAD}{PLAIN}{ONE}[lacks]\nclock = 'real time'\n"));
    assert_eq!(file.lacks["clock"], "real time");
    assert!(file.lacks["logout"].contains("endpoints.logout"), "{}", file.lacks["logout"]);
}

#[test]
fn a_server_elsewhere_is_treated_politely_unless_its_file_says_otherwise() {
    let away = |more: &str| parse(&format!("name = 'x'\nbase = 'https://bank.example'\n{more}")).limits;
    let polite = away("");
    assert_eq!((polite.jobs, polite.rate, polite.in_flight), (4, Some(10), Some(4)));
    let told = away("[limits]\njobs = 9\nrate = 99\nin_flight = 7\n");
    assert_eq!((told.jobs, told.rate, told.in_flight), (9, Some(99), Some(7)));
    let near = parse(HEAD).limits;
    assert_eq!((near.jobs, near.rate, near.in_flight), (16, None, None));
}

#[test]
fn the_example_says_every_default_and_names_every_key_and_capability() {
    let example = parse(EXAMPLE);
    let short = parse("name = 'Our test system'\nbase = 'http://127.0.0.1:8080'");
    assert_eq!(format!("{example:?}"), format!("{short:?}"));
    let keys = keys(&schema());
    let words: BTreeSet<&str> =
        EXAMPLE.split(|c: char| !(c.is_ascii_alphanumeric() || "_-".contains(c))).collect();
    let missing: Vec<_> = keys.iter().filter(|key| !words.contains(key.as_str())).collect();
    assert!(missing.is_empty(), "the example leaves out {missing:?}");
    for (_, word) in Need::ALL {
        assert!(words.contains(word), "the example does not name the capability {word}");
    }
}

#[test]
fn every_commented_login_and_approval_of_the_example_is_right() {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    let mut drivers = BTreeSet::new();
    let all = commented();
    for text in &all {
        let file = parse(&format!("{HEAD}{text}"));
        drivers.insert(format!("{:?}", std::mem::discriminant(&file.login)));
        let json: Value = toml::from_str(&format!("{HEAD}{text}")).expect("it is TOML");
        assert!(validator.is_valid(&json), "{text}");
    }
    assert!(all.len() > 6 && drivers.len() > 5, "{all:#?}");
}

/// The example's commented `[login]` and `[approval]` tables, each up to where prose goes on.
fn commented() -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    let mut is_open = false;
    let mut lines = EXAMPLE.lines().peekable();
    while let Some(line) = lines.next() {
        let text = line.strip_prefix('#').map(|text| text.strip_prefix(' ').unwrap_or(text));
        match text {
            Some("[login]" | "[approval]") => {
                blocks.push(String::new());
                is_open = true;
            }
            Some("") => is_open &= lines.peek().is_some_and(|next| next.starts_with("# [")),
            Some(_) => {}
            None => is_open = false,
        }
        if let (true, Some(block), Some(text)) = (is_open, blocks.last_mut(), text) {
            block.push_str(text);
            block.push('\n');
        }
    }
    blocks
}

/// Every key that a schema knows.
fn keys(schema: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    match schema {
        Value::Object(members) => {
            if let Some(Value::Object(properties)) = members.get("properties") {
                found.extend(properties.keys().cloned());
            }
            members.values().for_each(|member| found.extend(keys(member)));
        }
        Value::Array(items) => items.iter().for_each(|item| found.extend(keys(item))),
        _ => {}
    }
    found
}

#[test]
fn every_shipped_target_file_is_read_and_fits_the_schema() {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/targets");
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder is readable").path();
        let text = fs::read_to_string(&path).expect("the file is readable");
        parse(&text);
        let json: Value = toml::from_str(&text).expect("it is TOML");
        let wrong: Vec<String> =
            validator.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{}: {wrong:?}", path.display());
    }
}

#[test]
fn the_schema_refuses_what_reading_refuses_by_key_type_or_word() {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    for wrong in ["nme = 'x'", "pkce = 'plain'", "[limits]\njobs = 0", "[endpoints]\nauthorize = 7"] {
        let text = format!("{HEAD}{wrong}\n");
        assert!(TargetFile::parse("t.toml", &text).is_err(), "{wrong}");
        let json: Value = toml::from_str(&text).expect("it is TOML");
        assert!(!validator.is_valid(&json), "{wrong}");
    }
}

#[test]
fn the_committed_schema_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/target.schema.json");
    let text = format!("{:#}\n", schema());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &text).expect("the folder is writable");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(committed, text, "make it again: UPDATE_GOLDEN=1 cargo test --test target_files");
}
