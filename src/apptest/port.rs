//! A port of loopback for the app of one case, which nobody else gets meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::TcpListener;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::suite::app::FURTHER_PORT;

/// Below the ports that systems give to whoever asks for any (Linux from 32768 on, others from 49152 on), so that no connection
/// takes the app's port while it is not up.
const RANGE: Range<u16> = 10_240..32_768;

/// Ports that are tried before the system is asked for one.
const TRIES: usize = 200;

/// Those that cases of this process have.
static TAKEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// A port that is free, and stays so for as long as this lives, as far as this process is concerned.
#[derive(Debug)]
pub struct Port(u16);

impl Port {
    /// # Errors
    /// If no port can be listened on.
    pub fn take() -> io::Result<Port> {
        for _ in 0..TRIES {
            let number = rand::random_range(RANGE);
            if taken().insert(number) {
                let port = Port(number);
                if TcpListener::bind(("127.0.0.1", number)).is_ok() {
                    return Ok(port);
                }
            }
        }
        let number = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        taken().insert(number);
        Ok(Port(number))
    }

    pub fn number(&self) -> u16 {
        self.0
    }
}

/// The ports of one case: the app's own, and those that its file names besides.
#[derive(Debug)]
pub struct Ports {
    own: Port,
    further: Mutex<BTreeMap<String, Port>>,
}

impl Ports {
    /// # Errors
    /// If no port can be listened on.
    pub fn take() -> io::Result<Ports> {
        Ok(Ports { own: Port::take()?, further: Mutex::default() })
    }

    /// The app's own.
    pub fn own(&self) -> u16 {
        self.own.number()
    }

    /// What a placeholder stands for: the same for a name whenever it is asked. `None` for what is no port's.
    pub fn placeholder(&self, name: &str) -> Option<String> {
        if name == "port" {
            return Some(self.own().to_string());
        }
        let name = name.strip_prefix(FURTHER_PORT)?;
        let mut further = self.further.lock().unwrap_or_else(PoisonError::into_inner);
        if !further.contains_key(name) {
            further.insert(name.to_owned(), Port::take().ok()?);
        }
        further.get(name).map(|port| port.number().to_string())
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        taken().remove(&self.0);
    }
}

fn taken() -> MutexGuard<'static, BTreeSet<u16>> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_cases_get_one_port() {
        let ports: Vec<Port> = (0..500).map(|_| Port::take().expect("a port is free")).collect();
        let numbers: BTreeSet<u16> = ports.iter().map(Port::number).collect();
        assert_eq!(numbers.len(), ports.len());
        drop(ports);
        assert!(numbers.iter().all(|number| !taken().contains(number)), "they are given back");
    }
}
