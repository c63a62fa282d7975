//! Nothing that an author can write breaks the reading: any bytes give a suite, or mistakes that can be shown.

use grantspec::suite::{At, Library, Paint, render};
use proptest::prelude::*;

const CATALOGUE: &str = include_str!("golden/requirements.toml");
const HEAD: &str = "[suite]\nid = \"s\"\nabout = \"A suite\"\n\n";

/// Pieces of the language in any order: they come further into the reading than random bytes do.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop::sample::select(vec![
        "[suite]\n",
        "id = \"s\"\n",
        "about = \"é\"\n",
        "[[case]]\n",
        "id = \"c\"\n",
        "proves = [\"refresh.single-use\"]\n",
        "each = { x = [\"a\", \"b\"] }\n",
        "each = { x = { a = { repeat = \"a\", times = 3 } } }\n",
        "[[case.step]]\n",
        "login = { user = \"alice\", client = \"server\", save = \"a\" }\n",
        "refresh = { grant = \"a\", save = \"b\" }\n",
        "call = { whoami = \"$x\" }\n",
        "grid = { live = [\"a\", \"a\"] }\n",
        "expect = { outcome = \"refused\" }\n",
        "expect = { has = [\"no-store\", 1] }\n",
        "race = { all = [{ refresh = { grant = \"a\" } }] }\n",
        "observe = \"\"\n",
        "step = 3\n",
        "case = []\n",
        "x.y = [",
        "}",
        "\"",
        "😀 = 1\r\n",
        "\u{0}",
        "rounds = 99999999999999999999\n",
        "\t",
        "''",
    ]);
    prop::collection::vec(scrap, 0..24).prop_map(|scraps| scraps.concat())
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        any::<String>().prop_map(String::into_bytes),
        scraps().prop_map(String::into_bytes),
        scraps().prop_map(|scraps| format!("{HEAD}{scraps}").into_bytes()),
        (scraps(), 0..400_usize, any::<u8>()).prop_map(|(scraps, at, byte)| {
            let mut bytes = format!("{HEAD}{scraps}").into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            bytes
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_give_a_suite_or_mistakes_inside_the_text(bytes in any_bytes()) {
        let files = [("requirements.toml", CATALOGUE.as_bytes().to_vec()), ("s.toml", bytes)];
        match Library::read(&files) {
            Ok(library) => prop_assert_eq!(library.suites.len(), 1),
            Err(mistakes) => {
                prop_assert!(!mistakes.is_empty());
                for mistake in &mistakes {
                    let At::Text(source, span) = &mistake.at else { panic!("{mistake:?}") };
                    prop_assert!(source.text.get(span.clone()).is_some(), "{:?}", mistake);
                }
            }
        }
    }

    #[test]
    fn rendered_mistakes_name_file_line_and_column(bytes in any_bytes()) {
        let files = [("requirements.toml", CATALOGUE.as_bytes().to_vec()), ("s.toml", bytes)];
        for mistake in Library::read(&files).err().unwrap_or_default() {
            let record = mistake.record();
            let rendered = render(&[mistake], Paint::Plain);
            let place = format!("{}:{}:{}", record.file, record.line, record.column);
            prop_assert!(rendered.contains(&place), "{} is not in\n{}", place, rendered);
        }
    }

    #[test]
    fn any_bytes_give_a_catalogue_or_mistakes(bytes in any_bytes()) {
        let files = [("requirements.toml", bytes), ("s.toml", HEAD.as_bytes().to_vec())];
        prop_assert!(Library::read(&files).is_err(), "the suite has no case");
    }
}
