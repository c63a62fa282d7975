//! What the bank keeps of the people at its pages, and no machine has to do with: sessions and mails. It is no part of the
//! ledger, and forgotten when the bank stops.

use super::mails::Mails;
use super::sessions::Sessions;

#[derive(Debug, Default)]
pub struct Lobby {
    pub sessions: Sessions,
    pub mails: Mails,
}
