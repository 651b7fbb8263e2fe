//! Somebody whom the city asks over HTTP, with every byte of it to see.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// One request, answered with a status; answers head and body.
pub(crate) async fn asked(
    service: &TcpListener,
    answer: impl Fn(&str) -> &'static str,
) -> (String, Vec<u8>) {
    let waiting = tokio::time::timeout(Duration::from_mins(1), service.accept());
    let (mut stream, _) = waiting.await.unwrap().unwrap();
    let mut bytes = Vec::new();
    let head = loop {
        let mut some = [0; 4096];
        let read = stream.read(&mut some).await.unwrap();
        bytes.extend_from_slice(&some[..read]);
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break String::from_utf8(bytes.drain(..end + 4).collect()).unwrap();
        }
    };
    let length: usize = header(&head, "content-length").parse().unwrap();
    while bytes.len() < length {
        let mut some = [0; 4096];
        let read = stream.read(&mut some).await.unwrap();
        bytes.extend_from_slice(&some[..read]);
    }
    let reply = format!("HTTP/1.1 {}\r\ncontent-length: 0\r\n\r\n", answer(&head));
    stream.write_all(reply.as_bytes()).await.unwrap();
    (head, bytes)
}

/// The header of this name.
pub(crate) fn header(head: &str, name: &str) -> String {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find_map(|(known, value)| known.eq_ignore_ascii_case(name).then(|| value.to_owned()))
        .unwrap_or_else(|| panic!("no {name} in {head}"))
}
