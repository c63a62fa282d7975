//! Where a handle is mentioned. Gathered while a case is read, judged by the room's `lint`.

use std::fmt;

use crate::suite::case::Span;

/// One mention of a handle.
#[derive(Clone, Debug)]
pub struct Mention {
    /// Index of the step, from 0.
    pub step: usize,
    pub kind: Kind,
    pub name: String,
    pub span: Span,
    pub deed: Deed,
}

/// What a handle stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Page,
    Code,
    Grant,
    Mandate,
    Login,
}

/// What is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Save,
    Use,
}

impl Kind {
    /// How one comes by such a handle.
    pub fn saved_by(self) -> &'static str {
        match self {
            Kind::Page => "`open` saves a page",
            Kind::Code => "`authorize` and `land` save a code",
            Kind::Grant => "`login`, `exchange` and `refresh` save a grant",
            Kind::Mandate => "`mandate` saves a mandate",
            Kind::Login => "`connect` saves a login",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Page => "page",
            Kind::Code => "code",
            Kind::Grant => "grant",
            Kind::Mandate => "mandate",
            Kind::Login => "login",
        })
    }
}
