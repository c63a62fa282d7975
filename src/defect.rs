//! Named departures: every way in which the bundled bank, or the demo app, can be made to break a promise.
//!
//! A defect is one row of a table: the id of the requirement that it breaks (variants after a colon), what it does, and the
//! change of the rules that does it. Whose rules they are, and the tables, are the bank's and the app's own.

/// One named departure from what is right. `Rules` are the choices that it changes one of.
#[derive(Debug)]
pub struct Defect<Rules> {
    /// The requirement it breaks, `section.name`, and for variants `:` and a word.
    pub id: &'static str,
    /// What is done wrong, as a sentence fragment.
    pub about: &'static str,
    pub apply: fn(&mut Rules),
}

impl<Rules> Defect<Rules> {
    /// The requirement that it breaks.
    pub fn requirement(&self) -> &'static str {
        self.id.split(':').next().unwrap_or(self.id)
    }
}

/// The defect with this id.
pub fn find<Rules>(all: &[&'static Defect<Rules>], id: &str) -> Option<&'static Defect<Rules>> {
    all.iter().copied().find(|defect| defect.id == id)
}

/// Holds a table against what all tables promise: ids are of a section and unique, each requirement has a defect under its
/// bare id, and no two defects do the same.
///
/// # Panics
/// If it does not.
#[cfg(test)]
pub fn assert_sound<Rules: Default + PartialEq>(all: &[&'static Defect<Rules>]) {
    let mut seen: Vec<(Rules, &str)> = vec![(Rules::default(), "what is right")];
    for (at, defect) in all.iter().enumerate() {
        assert!(all[..at].iter().all(|known| known.id != defect.id), "{} is there twice", defect.id);
        let (section, name) = defect.requirement().split_once('.').expect(defect.id);
        for part in [section, name] {
            let plain =
                part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            assert!(plain && !part.is_empty(), "{}", defect.id);
        }
        assert!(find(all, defect.requirement()).is_some(), "{} has no bare id", defect.requirement());
        let mut rules = Rules::default();
        (defect.apply)(&mut rules);
        let same = seen.iter().find(|(known, _)| *known == rules);
        assert!(same.is_none(), "{} does what {:?} does", defect.id, same.map(|known| known.1));
        seen.push((rules, defect.id));
    }
}
