//! Reaches a broker: name, TCP, proxy, TLS. Says what stood in the way, so that a person can act on it.
//!
//! MQTT begins only on what comes out of here, so whoever else answers (a hotel's log-in page, a wrong host, a
//! proxy with an opinion) gets no packet and no row.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use base64ct::{Base64, Encoding as _};
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError, ClientConfig, Error as TlsError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{Broker, DisconnectReason, Network, Proxy};

/// A broker that proved its name, behind whatever lies between.
pub(super) type Wire = TlsStream<TcpStream>;

/// What the kernel may hold back for us, in bytes. Small, so that "taken by the kernel" stays close to "on the wire"
/// on a slow line; 64 KiB still is 640 KB/s at a round trip of 100 ms.
const SEND_BUFFER: u32 = 64 * 1024;
/// Longest answer of a proxy, head only, in bytes.
const MAX_HEAD: usize = 8 * 1024;

/// Connects within `limit`.
pub(super) async fn dial(
    network: &Network,
    broker: &Broker,
    tls: &Arc<ClientConfig>,
    limit: Duration,
) -> Result<Wire, DisconnectReason> {
    let reach = async {
        let tcp = match &network.proxy {
            None => tcp(&broker.host, broker.port, limit)
                .await
                .map_err(|e| DisconnectReason::Unreachable(e.to_string()))?,
            Some(proxy) => through(proxy, broker, limit).await?,
        };
        let name = ServerName::try_from(broker.host.clone())
            .map_err(|e| DisconnectReason::Tls(e.to_string()))?;
        TlsConnector::from(Arc::clone(tls))
            .connect(name, tcp)
            .await
            .map_err(|e| shaken(&e))
    };
    tokio::time::timeout(limit, reach)
        .await
        .unwrap_or_else(|_| {
            Err(DisconnectReason::Unreachable(
                "no answer in time".to_owned(),
            ))
        })
}

/// Tries the addresses of a name in turn; one that swallows everything leaves time for the others.
async fn tcp(host: &str, port: u16, limit: Duration) -> io::Result<TcpStream> {
    let addresses: Vec<_> = lookup_host((host, port)).await?.collect();
    let each = limit / u32::try_from(addresses.len().max(1)).unwrap_or(u32::MAX);
    let mut last = io::Error::other("the name has no address");
    for address in addresses {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()
        } else {
            TcpSocket::new_v6()
        }?;
        // Small packets go at once: with Nagle's algorithm a receipt took 43 ms instead of 25 (median, one machine).
        socket.set_nodelay(true)?;
        socket.set_send_buffer_size(SEND_BUFFER)?;
        match tokio::time::timeout(each, socket.connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(_) => last = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(last)
}

/// HTTP CONNECT (RFC 9110, 9.3.6). What comes out is the broker's own TCP stream; the proxy sees its name and sizes.
async fn through(
    proxy: &Proxy,
    broker: &Broker,
    limit: Duration,
) -> Result<TcpStream, DisconnectReason> {
    let failed = |e: io::Error| DisconnectReason::Proxy(e.to_string());
    let mut stream = tcp(&proxy.host, proxy.port, limit).await.map_err(failed)?;
    let request = zeroize::Zeroizing::new(ask(proxy, broker));
    stream.write_all(request.as_bytes()).await.map_err(failed)?;
    let mut head = Vec::new();
    // Byte by byte: the one after the head already belongs to TLS.
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= MAX_HEAD {
            return Err(DisconnectReason::Proxy("an endless answer".to_owned()));
        }
        head.push(stream.read_u8().await.map_err(failed)?);
    }
    judge(&head)?;
    Ok(stream)
}

fn ask(proxy: &Proxy, broker: &Broker) -> String {
    let host = if broker.host.contains(':') {
        format!("[{}]", broker.host)
    } else {
        broker.host.clone()
    };
    let target = format!("{host}:{}", broker.port);
    let login = proxy.login.as_ref().map_or_else(String::new, |login| {
        let secret = zeroize::Zeroizing::new(Base64::encode_string(login.0.as_bytes()));
        format!("Proxy-Authorization: Basic {}\r\n", *secret)
    });
    format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{login}\r\n")
}

/// Reads a proxy's status line.
pub(super) fn judge(head: &[u8]) -> Result<(), DisconnectReason> {
    let line = head.split(|b| *b == b'\r').next().unwrap_or_default();
    let line: String = String::from_utf8_lossy(line)
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect();
    match status(head) {
        Some([b'2', _, _]) => Ok(()),
        // RFC 6585: somebody has to log in first.
        Some(b"511") => Err(DisconnectReason::Captive(line)),
        _ => Err(DisconnectReason::Proxy(line)),
    }
}

/// The three digits of a status line (RFC 9112, 4); read before anything is made fit to be shown.
fn status(head: &[u8]) -> Option<&[u8; 3]> {
    let [minor, b' ', rest @ ..] = head.strip_prefix(b"HTTP/1.")? else {
        return None;
    };
    let (code, rest) = rest.split_first_chunk()?;
    let ends = matches!(rest, [b' ' | b'\r', ..]);
    (minor.is_ascii_digit() && ends && code.iter().all(u8::is_ascii_digit)).then_some(code)
}

/// Why a handshake failed.
fn shaken(error: &io::Error) -> DisconnectReason {
    match tls_error(error) {
        None => DisconnectReason::Unreachable(format!("during the TLS handshake: {error}")),
        // Not one record of TLS: HTTP, most likely.
        Some(TlsError::InvalidMessage(what)) => {
            DisconnectReason::Captive(format!("what answers does not speak TLS: {what:?}"))
        }
        Some(TlsError::InvalidCertificate(CertificateError::Revoked)) => {
            DisconnectReason::BrokerRevoked
        }
        Some(found) => {
            from_alert(found).unwrap_or_else(|| DisconnectReason::Tls(found.to_string()))
        }
    }
}

/// What an alert about our own certificate means. With TLS 1.3 it comes after the handshake, from the first read.
pub(super) fn from_alert(error: &TlsError) -> Option<DisconnectReason> {
    let TlsError::AlertReceived(alert) = error else {
        return None;
    };
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::CertificateRequired
    )
    .then(|| DisconnectReason::CertificateRefused(format!("{alert:?}")))
}

/// The TLS error that an I/O error carries.
pub(super) fn tls_error(error: &io::Error) -> Option<&TlsError> {
    error.get_ref()?.downcast_ref()
}

#[cfg(test)]
mod tests {
    use super::super::Login;
    use super::*;

    #[test]
    fn base64_is_that_of_the_test_vectors_of_rfc_4648() {
        for (plain, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(Base64::encode_string(plain.as_bytes()), text);
        }
    }

    #[test]
    fn a_proxy_is_asked_for_the_broker_by_name_and_with_the_login_it_wants() {
        let mut proxy = Proxy {
            host: "proxy.example".to_owned(),
            port: 3128,
            login: None,
        };
        let mut broker = Broker {
            host: "mqtt.example".to_owned(),
            port: 8883,
        };
        assert_eq!(
            ask(&proxy, &broker),
            "CONNECT mqtt.example:8883 HTTP/1.1\r\nHost: mqtt.example:8883\r\n\r\n"
        );
        proxy.login = Login::from_text("Aladdin:open sesame\n");
        broker.host = "2001:db8::1".to_owned();
        // The example of RFC 7617, 2.
        assert_eq!(
            ask(&proxy, &broker),
            "CONNECT [2001:db8::1]:8883 HTTP/1.1\r\nHost: [2001:db8::1]:8883\r\n\
             Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"
        );
    }

    #[test]
    fn only_a_two_hundred_of_http_opens_the_way() {
        assert!(judge(b"HTTP/1.1 200 Connection established\r\n\r\n").is_ok());
        assert!(judge(b"HTTP/1.0 204 \r\n\r\n").is_ok());
        let no = |head: &[u8]| judge(head).err();
        let refused = "HTTP/1.1 407 Proxy Authentication Required";
        assert_eq!(
            no(format!("{refused}\r\nVia: x\r\n\r\n").as_bytes()),
            Some(DisconnectReason::Proxy(refused.to_owned()))
        );
        let portal = "HTTP/1.1 511 Network Authentication Required";
        assert_eq!(
            no(format!("{portal}\r\n\r\n").as_bytes()),
            Some(DisconnectReason::Captive(portal.to_owned()))
        );
        for wrong in [
            &b"SSH-2.0-x 200 \r\n\r\n"[..],
            b"\r\n\r\n",
            b"HTTP/1.1\r\n\r\n",
            // Found by fuzzing: a control character was taken out before the line was read, and a sign is no digit.
            b"HTTP/\x0c1.1 200 Connection established\r\n\r\n",
            b"HTTP/1.1 +200 OK\r\n\r\n",
            b"HTTP/1.1 2000 OK\r\n\r\n",
        ] {
            assert!(
                matches!(no(wrong), Some(DisconnectReason::Proxy(_))),
                "{wrong:?}"
            );
        }
    }
}
