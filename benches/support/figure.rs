//! How a time is printed in a table.

use std::time::Duration;

/// `  12.3 ms`, aligned to the right.
pub fn ms(duration: Duration) -> String {
    format!("{:>8.1} ms", duration.as_secs_f64() * 1000.0)
}
