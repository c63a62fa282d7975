//! How to get through pages, as data: steps, each with how to know a page by, what to fill in there, and what leads on. Target
//! files have them for a bank's login, app files for an app's pages. `read` is how they are written,
//! `calls` the requests among them, `texts` what stands in braces.

mod calls;
mod read;
mod texts;

pub(crate) use calls::{CallForm, calls};
pub(crate) use read::Placed;

/// The steps, tried in this order on every page.
#[derive(Clone, Debug, Default)]
pub struct Script {
    pub steps: Vec<Step>,
}

/// What is done on a page.
#[derive(Clone, Debug)]
pub struct Step {
    pub when: When,
    /// What is filled in, whatever the user says.
    pub entries: Entries,
    /// What leads on.
    pub allow: Course,
    /// What leads on for a user who says no. `None` if the page does not ask, so that both go the same way.
    pub deny: Option<Course>,
    /// How often a login can come by, at least 1. A page that comes more often was not left.
    pub times: u32,
    /// Milliseconds before it is done: for a page that something else has to come about for.
    pub wait_ms: u64,
}

/// What a page is known by: all that is given. With nothing, every page is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// A CSS selector that finds something on it.
    pub css: Option<String>,
    /// A text on it, in any case, blanks and line breaks taken for one blank.
    pub text: Option<String>,
    /// What its path begins with.
    pub path: Option<String>,
    /// Its status. A browser can't tell it.
    pub status: Option<u16>,
}

/// What is filled in on a page.
#[derive(Clone, Debug, Default)]
pub struct Entries {
    /// Field name → text.
    pub fill: Vec<(String, String)>,
    /// Checkboxes to tick, by name.
    pub check: Vec<String>,
    /// Radio buttons and lists: field name → the value or the label of what is chosen.
    pub choose: Vec<(String, String)>,
}

/// The way from a page to the next.
#[derive(Clone, Debug, Default)]
pub struct Course {
    /// What this answer of the user fills in besides what the step does.
    pub entries: Entries,
    /// Requests that are sent first, as the page's script would.
    pub requests: Vec<Call>,
    pub go: Go,
}

/// What leads from one page to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Go {
    /// A button.
    Press(Named),
    /// A link.
    Follow(Named),
    /// The form, without a button, as the Enter key does.
    Submit,
    /// An address, as it stands or under the page's.
    Open(String),
    /// Nothing: the bank refuses with this page, which says so.
    Refuses(String),
    /// Nothing: the login is stuck here, for this reason.
    Stuck(String),
}

/// A button or a link: by its text, name or value, or by a CSS selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    Text(String),
    Css(String),
}

/// A request beside the pages.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: http::Method,
    /// Under the page's address, or whole.
    pub url: String,
    pub headers: Vec<(http::HeaderName, String)>,
    pub body: Body,
    /// Name → JSON pointer (RFC 6901) into the answer: from then on `{kept.name}` stands for it.
    pub keep: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub enum Body {
    None,
    Form(Vec<(String, String)>),
    Json(String),
}

impl Default for Go {
    /// What a page needs that says nothing: its form is sent.
    fn default() -> Go {
        Go::Submit
    }
}

impl Default for Step {
    fn default() -> Step {
        Step {
            when: When::default(),
            entries: Entries::default(),
            allow: Course::default(),
            deny: None,
            times: 1,
            wait_ms: 0,
        }
    }
}

impl Script {
    /// What the steps press or follow for a user who says yes, each as the author named it.
    pub fn yeses(&self) -> Vec<String> {
        let named = self.steps.iter().filter_map(|step| match &step.allow.go {
            Go::Press(named) | Go::Follow(named) => Some(named),
            _ => None,
        });
        named
            .map(|named| match named {
                Named::Text(text) => format!("“{text}”"),
                Named::Css(css) => format!("`{css}`"),
            })
            .collect()
    }

    /// Whether a user can say no anywhere.
    pub fn denies(&self) -> bool {
        self.steps.iter().any(|step| step.deny.is_some())
    }
}

impl Entries {
    /// The fields' names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let filled = self.fill.iter().chain(&self.choose).map(|(name, _)| name);
        filled.chain(&self.check).map(String::as_str)
    }
}

impl Step {
    /// What leads on for a user who answers so.
    pub fn course(&self, allow: bool) -> &Course {
        match &self.deny {
            Some(deny) if !allow => deny,
            _ => &self.allow,
        }
    }
}

/// What the names begin with. Other braces, such as JSON's, stand for themselves.
pub const KINDS: [&str; 5] = ["user.", "client.", "login.", "page.", "kept."];

/// The name in the braces that `text` begins with, if it is one that can stand for something.
pub fn named(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix('{')?.split_once('}')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    (KINDS.iter().any(|kind| name.len() > kind.len() && name.starts_with(kind)) && name.chars().all(plain))
        .then_some(name)
}
