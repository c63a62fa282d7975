//! The bundled bank.

pub mod ledger;
pub mod rules;
