//! Who is at the other end: certificates on both sides, one authority for the exchange.

use std::sync::Arc;

use rustls::client::verify_server_name;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use zeroize::Zeroizing;

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A PEM file does not hold what it should.
    #[error("the {what} is not readable PEM, or holds nothing")]
    Pem {
        /// CA, certificate or key.
        what: &'static str,
    },
    /// The library refuses the files.
    #[error("the TLS files do not fit each other")]
    Rustls(#[from] rustls::Error),
    /// The authorities cannot be used.
    #[error("the exchange's authority cannot be used")]
    Authority(#[from] rustls::server::VerifierBuilderError),
}

/// The files of one side.
#[derive(Clone)]
pub struct Identity {
    /// Authorities of the exchange, PEM.
    pub ca_pem: Vec<u8>,
    /// Own certificates, PEM; for both being asked and asking.
    pub cert_pem: Vec<u8>,
    /// Own key, PEM.
    pub key_pem: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(***)")
    }
}

type Parts = (
    Arc<RootCertStore>,
    Vec<CertificateDer<'static>>,
    PrivateKeyDer<'static>,
);

impl Identity {
    fn parts(&self) -> Result<Parts, TlsError> {
        let all = |pem: &[u8], what| {
            CertificateDer::pem_slice_iter(pem)
                .collect::<Result<Vec<_>, _>>()
                .ok()
                .filter(|found| !found.is_empty())
                .ok_or(TlsError::Pem { what })
        };
        let mut roots = RootCertStore::empty();
        for authority in all(&self.ca_pem, "authority")? {
            roots.add(authority)?;
        }
        let chain = all(&self.cert_pem, "certificate")?;
        let key = PrivateKeyDer::from_pem_slice(&self.key_pem)
            .map_err(|_| TlsError::Pem { what: "key" })?;
        Ok((Arc::new(roots), chain, key))
    }

    /// For being asked: nobody without a certificate of the exchange gets as far as HTTP. TLS 1.3 only.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn server(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let (roots, chain, key) = self.parts()?;
        let provider = Arc::new(default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(&provider)).build()?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// For asking. TLS 1.3 only.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn client(&self) -> Result<Arc<ClientConfig>, TlsError> {
        let (roots, chain, key) = self.parts()?;
        let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// Whoever holds the key of a certificate that the exchange's authority signed and that is valid now.
#[derive(Debug, Clone)]
pub struct Peer(CertificateDer<'static>);

impl Peer {
    pub(crate) fn new(certificate: CertificateDer<'static>) -> Self {
        Self(certificate)
    }

    /// Whether the certificate is for this name.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        let Ok(name) = ServerName::try_from(name) else {
            return false;
        };
        ParsedCertificate::try_from(&self.0)
            .is_ok_and(|parsed| verify_server_name(&parsed, &name).is_ok())
    }
}
