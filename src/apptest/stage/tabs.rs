//! Real browsers of the app's users, one each, opened when the app file first asks for one and closed with the case.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::Stage;
use crate::suite::User;
use crate::target::login::{Session, Shared};

/// The browsers of one case.
#[derive(Debug)]
pub struct Tabs {
    shared: Arc<Shared>,
    open: HashMap<User, Session>,
    /// Cases with browsers are few at a time.
    seat: Option<OwnedSemaphorePermit>,
}

impl Tabs {
    pub fn new(shared: Arc<Shared>) -> Tabs {
        Tabs { shared, open: HashMap::new(), seat: None }
    }

    pub async fn close(&mut self) {
        for (_, session) in self.open.drain() {
            session.close().await;
        }
        self.seat = None;
    }
}

impl Stage {
    /// A user's browser: the same through the whole case. It never reaches the bank: what the app sends there stays in its
    /// address bar, so that all that arrives at the bank is the app's own.
    ///
    /// # Errors
    /// What is missing, or why it could not be opened.
    pub async fn tab(&mut self, user: &User) -> Result<Session, String> {
        if let Some(session) = self.tabs.open.get(user) {
            return Ok(session.clone());
        }
        if self.tabs.seat.is_none() {
            self.tabs.seat = Some(self.tabs.shared.seat().await);
        }
        let mut sealed = self.app.bank.hosts.clone();
        let bank = &self.doors.bank;
        if let (Some(host), Some(port)) = (bank.host_str(), bank.port()) {
            sealed.push(format!("{host}:{port}"));
        }
        let shared = Arc::clone(&self.tabs.shared);
        let drivers = shared.drivers(self.app.webdriver.as_deref()).await.map_err(Clone::clone)?;
        // An app on a developer's machine has the certificate that it has.
        let session = drivers.open(&sealed, true).await?;
        self.tabs.open.insert(user.clone(), session.clone());
        Ok(session)
    }
}
