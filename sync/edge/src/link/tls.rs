//! TLS towards the broker: one given authority, our own certificate, one explicit provider.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::{LinkError, Tls};

/// Builds the client's side. Neither the system's authorities nor a process-wide provider plays a part.
pub(super) fn client(tls: &Tls) -> Result<Arc<ClientConfig>, LinkError> {
    let mut roots = RootCertStore::empty();
    for authority in certificates(&tls.ca_pem, "the broker's authority")? {
        roots.add(authority).map_err(LinkError::Tls)?;
    }
    let chain = certificates(&tls.cert_pem, "the device's certificate")?;
    let key = PrivateKeyDer::from_pem_slice(&tls.key_pem).map_err(|_| LinkError::Pem {
        what: "the device's key",
    })?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(LinkError::Tls)?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
        .map_err(LinkError::Tls)?;
    Ok(Arc::new(config))
}

fn certificates(pem: &[u8], what: &'static str) -> Result<Vec<CertificateDer<'static>>, LinkError> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|_| LinkError::Pem { what })?;
    if found.is_empty() {
        Err(LinkError::Pem { what })
    } else {
        Ok(found)
    }
}
