//! The way to a PostgreSQL on another machine: TLS to whoever the configured authorities vouch for, under the name in the address.

use std::net::IpAddr;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio_postgres::config::Host;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::fetch::{FetchSetUpError, loopback, trusting};

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub(super) enum SecureError {
    /// No authority is in the file.
    #[error("no authority of the database is named")]
    Nobody,
    /// One of them, or the cryptography.
    #[error("TLS to the database cannot be set up")]
    Tls(#[from] FetchSetUpError),
}

/// Speaks TLS to whoever one of these authorities (PEM) vouches for.
pub(super) fn connector(ca_pem: &[u8]) -> Result<MakeRustlsConnect, SecureError> {
    if CertificateDer::pem_slice_iter(ca_pem).next().is_none() {
        return Err(SecureError::Nobody);
    }
    Ok(MakeRustlsConnect::new(trusting(ca_pem)?))
}

/// Whether what is said to this address never leaves the machine: a socket, or loopback. An address that cannot be read goes nowhere.
#[must_use]
pub fn stays_here(url: &str) -> bool {
    let Ok(config) = url.parse::<tokio_postgres::Config>() else {
        return true;
    };
    let by_name = config.get_hosts().iter().all(|host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => loopback(name),
    });
    // Where addresses are given beside names, they are what is dialled.
    let addresses = config.get_hostaddrs();
    addresses.iter().all(IpAddr::is_loopback) && (by_name || !addresses.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_the_machine_is_known() {
        for here in [
            "postgres://u@127.0.0.1:5432/ubugoe",
            "postgres://u@localhost/ubugoe",
            "postgres://u@[::1]/ubugoe",
            "postgres:///ubugoe?host=/run/postgresql",
            "host=/run/postgresql user=u",
            "postgres://u@database/ubugoe?hostaddr=127.0.0.1",
        ] {
            assert!(stays_here(here), "{here}");
        }
        for away in [
            "postgres://u@database/ubugoe",
            "postgres://u@192.0.2.1/ubugoe",
            "postgres://u@127.0.0.1,database/ubugoe",
            "postgres://u@localhost/ubugoe?hostaddr=192.0.2.1",
            "postgres://u@localhost.example/ubugoe",
        ] {
            assert!(!stays_here(away), "{away}");
        }
    }

    #[test]
    fn a_file_without_an_authority_is_refused() {
        assert!(matches!(connector(b""), Err(SecureError::Nobody)));
        let broken = b"-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n";
        assert!(connector(broken).is_err());
    }
}
