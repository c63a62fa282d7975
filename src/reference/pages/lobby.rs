//! What the bank keeps of the people at its pages, and no machine has to do with: sessions, mails, the API playground's
//! client. It is no part of the ledger, and forgotten when the bank stops.

use super::mails::Mails;
use super::sessions::Sessions;
use crate::reference::ledger::ClientIx;

#[derive(Debug, Default)]
pub struct Lobby {
    pub sessions: Sessions,
    pub mails: Mails,
    /// The client whose tokens the API playground gives, once there is one.
    pub playground: Option<ClientIx>,
}
