//! Every way in which the bank can be made to break a promise: tables of changes of its [`Rules`].

mod authorize;
mod calls;
mod consent;
mod logins;
mod logout;
mod mandate;
mod nodes;
mod refresh;
mod token;

use std::sync::LazyLock;

use super::rules::Rules;
use crate::defect;

/// One named departure from the right bank.
pub type Defect = defect::Defect<Rules>;

/// All of them, in the order of the catalogue.
pub static ALL: LazyLock<Vec<&'static Defect>> = LazyLock::new(|| {
    let tables = [
        authorize::TABLE,
        token::TABLE,
        refresh::TABLE,
        logins::TABLE,
        calls::TABLE,
        logout::TABLE,
        consent::TABLE,
        mandate::TABLE,
        nodes::TABLE,
    ];
    tables.into_iter().flatten().collect()
});

/// The defect with this id.
pub fn find(id: &str) -> Option<&'static Defect> {
    defect::find(&ALL, id)
}

/// A row of a table.
const fn row(id: &'static str, about: &'static str, apply: fn(&mut Rules)) -> Defect {
    Defect { id, about, apply }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sound() {
        defect::assert_sound(&ALL);
    }
}
