//! A page as a driver without a browser sees it: what it says, where it leads by itself, its links, and what it is like to
//! somebody who has to find out why a login went no further.

use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::forms::{self, Submission};
use super::values::Values;
use super::way::Page;
use crate::suite::pages::{Named, Step, When};

/// Most characters of a page's text that a summary shows.
const SHOWN: usize = 240;
/// Most forms, links and names that a summary lists of each.
const LISTED: usize = 8;

/// A parsed page.
pub struct Sheet<'p> {
    pub page: &'p Page,
    pub html: Html,
}

impl<'p> Sheet<'p> {
    pub fn of(page: &'p Page) -> Sheet<'p> {
        Sheet { page, html: Html::parse_document(&String::from_utf8_lossy(&page.answer.body)) }
    }

    /// Whether the page is one that a step knows.
    pub fn fits(&self, when: &When) -> bool {
        let When { css, text, path, status } = when;
        css.as_ref().is_none_or(|css| self.first(css).is_some())
            && text.as_ref().is_none_or(|text| folded(&self.text()).contains(&folded(text)))
            && path.as_ref().is_none_or(|path| self.page.url.path().starts_with(path.as_str()))
            && status.is_none_or(|status| self.page.answer.status == status)
    }

    /// Where the page goes on by itself: `<meta http-equiv="refresh">` or the header of that name, with an address.
    pub fn refresh(&self) -> Option<String> {
        let header = self.page.answer.header("refresh").next();
        let meta = || Some(self.first("meta[http-equiv=refresh i]")?.attr("content")?.to_owned());
        let content = header.or_else(meta)?;
        let (_, address) = content.split_once([';', ','])?;
        let address = address.trim();
        let address = match address.get(..3) {
            Some(word) if word.eq_ignore_ascii_case("url") => {
                address[3..].trim_start().strip_prefix('=')?.trim_start()
            }
            _ => address,
        };
        let address = address.trim_matches(['"', '\'']).trim();
        (!address.is_empty()).then(|| address.to_owned())
    }

    /// The address of the link that is meant.
    ///
    /// # Errors
    /// Why none or more than one is.
    pub fn link(&self, named: &Named) -> Result<String, String> {
        let link = self.find_link(named)?;
        link.attr("href").map(str::to_owned).ok_or_else(|| "what is to be followed is no link".to_owned())
    }

    /// The link that is meant.
    ///
    /// # Errors
    /// Why none or more than one is.
    pub fn find_link(&self, named: &Named) -> Result<ElementRef<'_>, String> {
        let links: Vec<ElementRef<'_>> = self.all("a[href]").collect();
        match named {
            Named::Css(css) => self.first(css).ok_or_else(|| format!("nothing on it is {css}")),
            Named::Text(wanted) => {
                let by_text = |link: &&ElementRef<'_>| folded(&text_of(**link)) == folded(wanted);
                let by_id = |link: &&ElementRef<'_>| {
                    [link.attr("id"), link.attr("name")].contains(&Some(wanted.as_str()))
                };
                let named: Vec<_> = links.iter().filter(by_text).collect();
                let named = if named.is_empty() { links.iter().filter(by_id).collect() } else { named };
                match named.as_slice() {
                    [one] => Ok(**one),
                    [] => Err(format!("it has no link “{wanted}”; it has {}", listed(&self.link_texts()))),
                    several => {
                        let count = several.len();
                        Err(format!("it has {count} links “{wanted}”: name the one that is meant by css"))
                    }
                }
            }
        }
    }

    /// What sending the page's form makes, with the fields that the step fills in; for a no, with those of them that there are.
    ///
    /// # Errors
    /// What the page lacks for that.
    pub fn submission(&self, step: &Step, allow: bool, values: &Values) -> Result<Submission, String> {
        forms::submission(self, step, allow, values)
    }

    /// What its addresses stand under (HTML, "The base element").
    pub fn base(&self) -> Url {
        let base = self.first("base[href]").and_then(|base| self.page.url.join(base.attr("href")?).ok());
        base.unwrap_or_else(|| self.page.url.clone())
    }

    /// Whether it seems to ask for something: a form that is posted and has something to fill in or to press.
    pub fn asks(&self) -> bool {
        let asking = "input:not([type=hidden]), button, select, textarea";
        let asking = Selector::parse(asking).expect("it is a selector");
        self.all("form").any(|form| {
            let posted = form.attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
            posted && form.select(&asking).next().is_some()
        })
    }

    /// Whether there is anything to fill in or to press: where scripts run, that needs no form.
    pub fn has_controls(&self) -> bool {
        self.first("input:not([type=hidden]), button, select, textarea").is_some()
    }

    /// What it is like, in a few sentences.
    pub fn summary(&self) -> String {
        let title = self.first("title").map(text_of).filter(|title| !title.is_empty());
        let title = title.map_or_else(|| "without a title".to_owned(), |title| format!("“{}”", cut(&title)));
        let mut said = format!("the page at {} ({}, {title})", self.page.url.path(), self.page.answer.status);
        let forms: Vec<String> = self.all("form").map(|form| forms::describe(self, form)).collect();
        if !forms.is_empty() {
            said.push_str(&format!("; its forms: {}", listed(&forms)));
        }
        let links = self.link_texts();
        if !links.is_empty() {
            said.push_str(&format!("; its links: {}", listed(&links)));
        }
        let text = cut(&self.text());
        if !text.is_empty() {
            said.push_str(&format!("; it says: “{text}”"));
        }
        said
    }

    pub fn all<'s>(&'s self, css: &str) -> impl Iterator<Item = ElementRef<'s>> {
        let selector = Selector::parse(css).ok();
        let found: Vec<ElementRef<'s>> =
            selector.map(|selector| self.html.select(&selector).collect()).unwrap_or_default();
        found.into_iter()
    }

    pub fn first(&self, css: &str) -> Option<ElementRef<'_>> {
        self.all(css).next()
    }

    /// The text that a reader sees.
    fn text(&self) -> String {
        self.first("body").map(text_of).unwrap_or_default()
    }

    fn link_texts(&self) -> Vec<String> {
        self.all("a[href]").map(text_of).filter(|text| !text.is_empty()).map(|text| cut(&text)).collect()
    }
}

/// An element's text as a reader sees it, each run of blanks as one.
pub fn text_of(element: ElementRef<'_>) -> String {
    let hidden =
        |node: &scraper::node::Element| matches!(node.name(), "script" | "style" | "template" | "noscript");
    let seen = element.descendants().filter_map(|node| {
        let text = node.value().as_text()?;
        let shown = !node.ancestors().filter_map(|above| above.value().as_element()).any(hidden);
        shown.then(|| text.to_string())
    });
    let whole: Vec<String> = seen.collect();
    whole.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text without regard to case and blanks.
pub fn folded(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The beginning of a text, whole words only: half a secret would not be known for one when the text is redacted.
pub fn cut(text: &str) -> String {
    let mut kept = String::new();
    for word in text.split(' ') {
        if kept.len() + word.len() >= SHOWN {
            return format!("{kept}…");
        }
        if !kept.is_empty() {
            kept.push(' ');
        }
        kept.push_str(word);
    }
    kept
}

pub fn listed(names: &[String]) -> String {
    match names.len() {
        0 => "none".to_owned(),
        count if count > LISTED => format!("{} and {} more", names[..LISTED].join(", "), count - LISTED),
        _ => names.join(", "),
    }
}
