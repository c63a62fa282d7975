//! Every kind of mistake that a suite or a target file can have, each with a stable id. What happened in one case is said by its
//! [`Diagnostic`](super::Diagnostic); here stands what the rule is and why there is one.

use std::fmt;

macro_rules! codes {
    ($($id:literal $name:ident: $about:literal,)*) => {
        /// A kind of mistake. Ids are never given to another kind, nor reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $about] $name,)* }

        impl Code {
            /// Every kind, in the order of their ids.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// Its stable id, such as `GS004`.
            pub fn id(self) -> &'static str {
                match self { $(Code::$name => $id,)* }
            }

            /// The rule that was broken, in one or two sentences.
            pub fn about(self) -> &'static str {
                match self { $(Code::$name => $about,)* }
            }
        }
    };
}

codes! {
    "GS001" Unreadable: "A file or folder of suites could not be read.",
    "GS002" NotUtf8: "A suite is text in UTF-8.",
    "GS003" BadToml: "A suite is TOML 1.0.",
    "GS004" UnknownKey: "A table has only the keys that the language knows at that place.",
    "GS005" MissingKey: "Some keys have no default and must be there.",
    "GS006" WrongType: "A value has the type that its key takes: nothing is converted.",
    "GS007" UnknownWord: "Where the language has a list of words, the value is one of them.",
    "GS008" OutOfRange: "A number lies in the range that makes sense at its place.",
    "GS009" UnknownVerb: "A step's verb is one that the language knows.",
    "GS010" NoVerb: "A step does something: it has a verb.",
    "GS011" SeveralVerbs: "A step does one thing: it has one verb.",
    "GS012" UnknownRole: "Users and clients are named by the roles that every world has.",
    "GS013" BadName: "Ids, handles and names of variants are plain, so that command lines and reports can carry them.",
    "GS014" BadText: "A text can be sent where it is meant to go.",
    "GS015" EmptySuite: "A suite has cases: one without any would pass and prove nothing.",
    "GS016" NoSteps: "A case has steps: one without any would pass and prove nothing.",
    "GS017" DuplicateSuite: "A suite's id names one file.",
    "GS018" DuplicateCase: "A case's id names one case: reports, baselines and filters go by it.",
    "GS019" DuplicateVariant: "The variants of a case have different names.",
    "GS020" UnknownVariable: "`$name` stands for a key of the case's `each`.",
    "GS021" UnusedVariable: "Every key of `each` is used, or the variants would all be the same case.",
    "GS022" UndefinedHandle: "A handle is saved by a step before it is used.",
    "GS023" UsedBeforeSaved: "A handle is saved by an earlier step than the one that uses it.",
    "GS024" UnusedHandle: "A handle that is saved is used, or the step need not save it.",
    "GS025" WrongKind: "A handle is used where its kind is due: page, code, grant or mandate.",
    "GS026" SavedTwice: "A handle is saved once: every later use means the same thing.",
    "GS027" Unsatisfiable: "An expectation is about something that the verb's answer can have.",
    "GS028" ObserveBeside: "A step judges or observes: what is only recorded can't be expected as well.",
    "GS029" SaysNothing: "An expectation says something: an empty one looks like a check and is none.",
    "GS030" NothingJudged: "A case judges something: one that only prepares would pass whatever happens.",
    "GS031" UnknownRequirement: "A case proves requirements of the catalogue.",
    "GS032" MixedLevels: "The requirements of a case weigh the same: its verdict is a failure or a warning.",
    "GS033" RequirementWithoutCase: "Every requirement of a section that suites cover has a case.",
    "GS034" GridIncomplete: "A grid names every grant that was saved so far: what it leaves out could be lost unseen.",
    "GS035" GridTwice: "A grant has one fate in a grid.",
    "GS036" RaceLane: "A race's lanes are single requests, and there are at least two to send.",
    "GS037" RaceUnjudged: "A race is judged by what came out of it.",
    "GS038" SampleUnjudged: "A sample is judged by the statistical tests.",
    "GS039" NoControl: "A request that must be refused stands beside the same request made right, in the same case: \
        a server that refuses everything would pass otherwise.",
    "GS040" UnknownParameter: "Only a parameter that the request has can be left out or sent twice.",
    "GS041" OneOf: "Some keys exclude each other, and one of them must be there.",
    "GS042" DuplicateRequirement: "A requirement's id, or a section's, stands once in the catalogue, and a reading's once in its \
        requirement.",
    "GS043" UnknownSection: "A requirement belongs to a section of the catalogue.",
    "GS044" NoSuites: "There is at least one suite to read, and what is read as suites are suites.",
    "GS045" DefaultReading: "A requirement has no readings, or at least two, and one of them is the default and weighs \
        what the requirement does.",
    "GS046" ReadingBeside: "A case that proves a requirement with readings proves no other: choosing a reading changes \
        what this requirement weighs, and nothing else.",
    "GS047" UnknownEdition: "An edition is one of the catalogue's, whose own is the last of them.",
    "GS048" OlderThanPromise: "A case is not older than what it proves: an edition that lacks the promise can't have it.",
    "GS049" Untraced: "A requirement whose source is a document stands beside the sentence of it that it was made from.",
    "GS050" ListedTwice: "What is expected of a list is that something is on it, or that it is not.",
    "GS051" NodeElsewhere: "A step names a node only where its requests go to the node: what an owner does in the bank's app, and \
        a race, go to the first.",
    "GS052" ThrottledExpected: "That a request is turned away with 429 is given, never expected: no promise says when a server \
        does that.",
    "GS053" WrongSide: "A suite for banks proves promises of banks, and a suite for apps those of apps.",
    "GS054" NoLiveness: "Where an app must send nothing, the same case shows before and after that it was alive: a dead app \
        sends nothing either.",

    // Target files.
    "GS101" BadAddress: "An address can be called: http or https, with a host, without a query.",
    "GS102" OpenSecret: "A secret stands in a target file only where the server is on this machine, and never in an address: \
        a file is copied and committed, an environment variable is not.",
    "GS103" NoSecret: "A client that must show a secret has one.",
    "GS104" NoWorld: "A target has users and clients to judge with: its own, or some that its control hooks make.",
    "GS105" UnevenPools: "All sets of users and clients have the same roles, so that every case can run with each of them.",
    "GS106" BadHeader: "A header's name and value are such as HTTP can carry.",
    "GS107" NoLogin: "A target with users of its own says how they log in.",

    // Baselines.
    "GS201" UnknownCase: "A known failure is one of a case that there is, or of a requirement that a case proves.",
    "GS202" KnownTwice: "A known failure stands in a baseline once.",

    // App files.
    "GS301" AppAction: "An app file says how each thing is asked of the app, in one way.",
}

impl Code {
    /// Whether this mistake may be no more than the consequence of a broken passage elsewhere in the file: something
    /// is missing, or nobody uses it.
    pub(super) fn may_follow_from_a_gap(self) -> bool {
        matches!(
            self,
            Code::MissingKey
                | Code::NoSuites
                | Code::WrongType
                | Code::NoVerb
                | Code::EmptySuite
                | Code::NoSteps
                | Code::UnknownVariable
                | Code::UnusedVariable
                | Code::UndefinedHandle
                | Code::UnusedHandle
                | Code::SaysNothing
                | Code::NothingJudged
                | Code::GridIncomplete
                | Code::RaceUnjudged
                | Code::SampleUnjudged
                | Code::NoControl
                | Code::OneOf
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::Code;

    #[test]
    fn every_code_has_an_id_and_a_text_of_its_own() {
        let ids: BTreeSet<_> = Code::ALL.iter().map(|code| code.id()).collect();
        let texts: BTreeSet<_> = Code::ALL.iter().map(|code| code.about()).collect();
        assert_eq!((ids.len(), texts.len()), (Code::ALL.len(), Code::ALL.len()));
    }

    #[test]
    fn ids_are_counted_without_a_gap_each_kind_of_file_from_a_hundred_of_its_own() {
        let numbers = Code::ALL.iter().map(|code| code.id()[2..].parse().expect("an id ends with a number"));
        let mut last: BTreeMap<usize, usize> = BTreeMap::new();
        for number in numbers {
            let before = last.insert(number / 100, number).unwrap_or(number / 100 * 100);
            assert_eq!(number, before + 1);
        }
    }
}
