//! The way to the city's door: TLS to whoever the code's root vouches for and to nobody else, one request, one bounded answer.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore,
    SignatureScheme, StreamOwned,
};
use ubugoe_edge::identity;
use ubugoe_protocol::enrol::Pin;

/// Longest wait for a connection, and for each piece of an answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// Largest answer.
const MOST: u64 = 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NetError {
    /// Not `host:port`.
    #[error("{0:?} is no address: host:port")]
    Address(String),
    /// Nobody answers there.
    #[error("nobody answers")]
    Connect(#[source] io::Error),
    /// Somebody answers whom the code does not vouch for.
    #[error("whoever answers there is not the city that the code is for")]
    Stranger(#[source] io::Error),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[source] Error),
    /// Not HTTP, too large, or broken off.
    #[error("the answer cannot be read")]
    Answer(#[source] io::Error),
}

/// Believes whoever shows a chain from the root with this hash.
#[derive(Debug)]
struct Pinned {
    pin: Pin,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let root = intermediates
            .iter()
            .find(|one| Pin::of(one) == self.pin)
            .ok_or(Error::InvalidCertificate(CertificateError::UnknownIssuer))?;
        let mut roots = RootCertStore::empty();
        roots.add(root.clone().into_owned())?;
        let verifier = WebPkiServerVerifier::builder_with_provider(
            Arc::new(roots),
            Arc::clone(&self.provider),
        )
        .build()
        .map_err(|error| Error::General(error.to_string()))?;
        verifier.verify_server_cert(
            end_entity,
            &[],
            server_name,
            ocsp,
            believable(end_entity, now),
        )
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// A new device has no clock yet: one that stands before the certificate's first moment is taken to be there. One that is ahead
/// is believed.
fn believable(certificate: &CertificateDer<'_>, now: UnixTime) -> UnixTime {
    let first = identity::validity_der(certificate).map_or(0, |(from, _)| from.unsigned_abs());
    UnixTime::since_unix_epoch(Duration::from_secs(now.as_secs().max(first)))
}

/// An answer: status and body.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// Opens a connection, bounded in time.
pub(crate) fn connect(address: &str, patience: Duration) -> Result<(TcpStream, String), NetError> {
    let bad = || NetError::Address(address.to_owned());
    let (host, port) = address.rsplit_once(':').ok_or_else(bad)?;
    let port: u16 = port.parse().map_err(|_| bad())?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for to in (bare, port).to_socket_addrs().map_err(NetError::Connect)? {
        match TcpStream::connect_timeout(&to, patience) {
            Ok(tcp) => {
                tcp.set_read_timeout(Some(patience))
                    .and_then(|()| tcp.set_write_timeout(Some(patience)))
                    .map_err(NetError::Connect)?;
                return Ok((tcp, bare.to_owned()));
            }
            Err(error) => last = error,
        }
    }
    Err(NetError::Connect(last))
}

/// Sends one request to the city's door.
///
/// # Errors
/// [`NetError`].
pub(crate) fn post(address: &str, path: &str, body: &[u8], pin: Pin) -> Result<Reply, NetError> {
    let (tcp, host) = connect(address, PATIENCE)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let pinned = Pinned {
        pin,
        provider: Arc::clone(&provider),
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(NetError::Tls)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(pinned))
        .with_no_client_auth();
    let name = ServerName::try_from(host).map_err(|_| NetError::Address(address.to_owned()))?;
    let session = ClientConnection::new(Arc::new(config), name).map_err(NetError::Tls)?;
    let mut stream = StreamOwned::new(session, tcp);
    // Before a byte of ours: a stranger learns no code.
    while stream.conn.is_handshaking() {
        stream
            .conn
            .complete_io(&mut stream.sock)
            .map_err(NetError::Stranger)?;
    }
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/cbor\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(body))
        .and_then(|()| stream.flush())
        .map_err(NetError::Answer)?;
    read(stream).map_err(NetError::Answer)
}

/// Head and body of an answer that says how long it is. Our own server always does.
fn read(stream: impl Read) -> io::Result<Reply> {
    let bad = |what| io::Error::new(io::ErrorKind::InvalidData, what);
    let mut whole = Vec::new();
    let mut bounded = stream.take(MOST);
    let (head, length) = loop {
        let mut piece = [0; 4096];
        let read = bounded.read(&mut piece)?;
        whole.extend_from_slice(piece.get(..read).unwrap_or_default());
        if let Some(end) = whole.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(whole.get(..end).unwrap_or_default()).into_owned();
            let length = content_length(&head).ok_or_else(|| bad("no length"))?;
            break (head, (end + 4, length));
        }
        if read == 0 {
            return Err(bad("no head"));
        }
    };
    let (start, length) = length;
    let mut body = whole.split_off(start);
    let missing = length
        .checked_sub(body.len())
        .ok_or_else(|| bad("too long"))?;
    let mut rest = vec![0; missing.min(usize::try_from(MOST).unwrap_or(usize::MAX))];
    bounded.read_exact(&mut rest)?;
    body.append(&mut rest);
    let status = head
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3))
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| bad("no status"))?;
    Ok(Reply { status, body })
}

fn content_length(head: &str) -> Option<usize> {
    let mut lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    let length = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    match length {
        Some((_, value)) => value.trim().parse().ok(),
        // 204 has none
        None => Some(0),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn an_answer_is_read_whole_however_it_is_cut_and_never_beyond_its_length() {
        let whole = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nspent";
        let reply = read(&whole[..]).unwrap();
        assert_eq!((reply.status, reply.body.as_slice()), (403, &b"spent"[..]));
        for bad in [
            &b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort"[..],
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nlonger",
            b"HTTP/1.1 200 OK\r\n",
            b"SSH-2.0\r\n\r\n",
        ] {
            assert!(read(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
    }
}
