//! TLS towards the broker: one given authority and its revocations, our own certificate, one explicit provider.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};

use super::{LinkError, Tls};
use crate::keys::{self, KeyTrouble};
use crate::tpm::Tpm;

/// Builds the client's side. Neither the system's authorities nor a process-wide provider plays a part.
/// A key that rests in a TPM is used in this one.
pub(super) fn client(tls: &Tls, tpm: &Tpm) -> Result<Arc<ClientConfig>, LinkError> {
    let mut roots = RootCertStore::empty();
    for authority in certificates(&tls.ca_pem, "the broker's authority")? {
        roots.add(authority).map_err(LinkError::Tls)?;
    }
    let chain = certificates(&tls.cert_pem, "the device's certificate")?;
    let key = keys::load(&tls.key_pem, tpm).map_err(|trouble| match trouble {
        KeyTrouble::Tpm(_) => LinkError::Key(trouble),
        KeyTrouble::Unreadable | KeyTrouble::NotMade => LinkError::Pem {
            what: "the device's key",
        },
    })?;
    let own = CertifiedKey::new(chain, key);
    own.keys_match().map_err(LinkError::Tls)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let lists = revocations(&tls.crl_pem)?;
    if !lists.is_empty() {
        // Why so, see `Tls::crl_pem`; without it every authority in the chain would need a list of its own.
        verifier = verifier.with_crls(lists).allow_unknown_revocation_status();
    }
    let verifier = verifier.build().map_err(LinkError::Revocations)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(LinkError::Tls)?
        .with_webpki_verifier(verifier)
        .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(own)));
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

/// No text, no lists; text without a list is a mistake.
fn revocations(pem: &[u8]) -> Result<Vec<CertificateRevocationListDer<'static>>, LinkError> {
    let wrong = || LinkError::Pem {
        what: "the revocation list",
    };
    let found: Vec<_> = CertificateRevocationListDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|_| wrong())?;
    if found.is_empty() && !pem.is_empty() {
        Err(wrong())
    } else {
        Ok(found)
    }
}
