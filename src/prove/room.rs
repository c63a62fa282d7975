//! How many demo apps this process has room for: each has files and sockets open, and so have the bank and the browser that it
//! is judged by, and a process may have only so many.

/// Apps at a time where nothing else limits them. They mostly wait; more make a run no shorter.
const MOST: usize = 256;

/// Files and sockets of one app, its bank and its browsers, at their busiest.
const FILES_EACH: u64 = 40;

/// Those of everything else.
const FILES_ELSE: u64 = 128;

/// How many there is room for, at least one. Files that the system would allow on demand are demanded.
pub fn seats() -> usize {
    let wanted = FILES_ELSE + FILES_EACH * MOST as u64;
    match files(wanted) {
        Some(files) => usize::try_from(files.saturating_sub(FILES_ELSE) / FILES_EACH)
            .map_or(MOST, |seats| seats.clamp(1, MOST)),
        None => MOST,
    }
}

/// How many files may be open, raised as far as it goes towards `wanted`; `None` for any number.
#[cfg(unix)]
fn files(wanted: u64) -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let now = limit.current?;
    let raised = wanted.min(limit.maximum.unwrap_or(wanted));
    let more = Rlimit { current: Some(raised), maximum: limit.maximum };
    // Where it can't be raised, fewer run at a time.
    if raised > now && setrlimit(Resource::Nofile, more).is_ok() { Some(raised) } else { Some(now) }
}

#[cfg(not(unix))]
fn files(_wanted: u64) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_one_at_least_and_for_no_more_than_help() {
        assert!((1..=MOST).contains(&seats()));
    }
}
