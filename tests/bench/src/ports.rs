//! Loopback ports that stay ours for as long as we want them.
//!
//! Answers for ports that programs must be told beforehand (`mosquitto`, `postgres`). "Bind port 0,
//! close it, pass the number on" loses races in two ways: another test is given the same number, or
//! an outgoing connection takes it while the program is down between a kill and a restart. So ports
//! come from below the kernel's ephemeral range, where nothing is assigned by chance, and each is
//! held by a lock file that other test processes of this user respect. Programs that can bind port 0
//! themselves and say what they got should do that instead.

use std::fs::{self, File};
use std::hash::{BuildHasher as _, RandomState};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;

use crate::Error;

/// First and last port handed out. Linux assigns ephemeral ports from 32768 up by default
/// (`net.ipv4.ip_local_port_range`).
const RANGE: (u16, u16) = (20_000, 29_999);

/// A port nobody else in this rig gets while the lease lives.
#[derive(Debug)]
pub struct Lease {
    port: u16,
    /// Locked while open; the kernel releases it however we end.
    _lock: File,
}

impl Lease {
    /// Takes a port that is free on 127.0.0.1 now and unclaimed by any other lease.
    ///
    /// # Errors
    /// [`Error::NoPort`] when all are taken; [`Error::File`] when the lock directory cannot be used.
    pub fn take() -> Result<Self, Error> {
        let dir = lock_dir()?;
        let (from, to) = RANGE;
        let count = to - from + 1;
        // A random start keeps parallel tests from queueing up at the same numbers.
        let start =
            u16::try_from(RandomState::new().hash_one(std::process::id()) % u64::from(count))
                .unwrap_or(0);
        for step in 0..count {
            let port = from + (start + step) % count;
            let path = dir.join(port.to_string());
            let lock = File::create(&path).map_err(Error::file("create", &path))?;
            if lock.try_lock().is_ok() && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Ok(Self { port, _lock: lock });
            }
        }
        Err(Error::NoPort { from, to })
    }

    /// The port's number.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

/// Per user, because lock files of one user cannot be opened by another.
fn lock_dir() -> Result<PathBuf, Error> {
    let dir = std::env::temp_dir().join(format!(
        "ubugoe-ports-{}",
        rustix::process::geteuid().as_raw()
    ));
    fs::create_dir_all(&dir).map_err(Error::file("make", &dir))?;
    Ok(dir)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed set-up should stop the test")]

    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn leases_held_at_the_same_time_are_all_different() {
        let leases: Vec<Lease> = (0..200).map(|_| Lease::take().unwrap()).collect();
        let ports: BTreeSet<u16> = leases.iter().map(Lease::port).collect();
        assert_eq!(ports.len(), 200);
    }

    #[test]
    fn a_leased_port_can_be_bound_and_is_below_the_ephemeral_range() {
        let lease = Lease::take().unwrap();
        assert!((20_000..30_000).contains(&lease.port()));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, lease.port())).unwrap();
        assert_eq!(listener.local_addr().unwrap().port(), lease.port());
    }

    #[test]
    fn a_port_somebody_listens_on_is_not_leased() {
        // Every port but the taken one would do; asking often makes a wrong answer likely to show.
        let lease = Lease::take().unwrap();
        let port = lease.port();
        let _listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        drop(lease);
        let others: Vec<Lease> = (0..500).map(|_| Lease::take().unwrap()).collect();
        assert!(others.iter().all(|other| other.port() != port));
    }
}
