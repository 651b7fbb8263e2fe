//! As much MQTT 3.1.1 as sending and receiving at quality of service 1 takes, for the peers that we measure.
//!
//! Not the product's client: what a bridge loses must not depend on ours. One thread, one socket, no state but what the
//! caller keeps.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// How long an answer may take before a connection counts as dead.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection to a broker on this machine.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    /// What came and is not a whole packet yet.
    came: Vec<u8>,
}

/// A packet that matters here.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Packet {
    /// A message, with the number to acknowledge.
    Publish(u16, Vec<u8>),
    /// The broker has a message of ours.
    Puback(u16),
    Other,
}

impl Connection {
    /// Connects; a session of this name goes on where it stopped.
    pub(crate) fn open(port: u16, name: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut connection = Self {
            stream,
            came: Vec::new(),
        };
        let mut body = text("MQTT");
        // version 3.1.1, session kept, no keep-alive
        body.extend([4, 0, 0, 0]);
        body.extend(text(name));
        connection.write(0x10, &body)?;
        match connection.packet()? {
            (0x20, body) if body.get(1) == Some(&0) => Ok(connection),
            _ => Err(refused("connection")),
        }
    }

    /// Asks for everything under a filter, at quality of service 1.
    pub(crate) fn subscribe(&mut self, filter: &str) -> io::Result<()> {
        let mut body = vec![0, 1];
        body.extend(text(filter));
        body.push(1);
        self.write(0x82, &body)?;
        match self.packet()? {
            (0x90, body) if body.last() == Some(&1) => Ok(()),
            _ => Err(refused("subscription")),
        }
    }

    /// Sends a message at quality of service 1.
    pub(crate) fn publish(&mut self, topic: &str, number: u16, payload: &[u8]) -> io::Result<()> {
        let mut body = text(topic);
        body.extend(number.to_be_bytes());
        body.extend(payload);
        self.write(0x32, &body)
    }

    pub(crate) fn acknowledge(&mut self, number: u16) -> io::Result<()> {
        self.write(0x40, &number.to_be_bytes())
    }

    /// The next packet. `TimedOut` or `WouldBlock` if none came within `patience`: what came of one is kept.
    pub(crate) fn next(&mut self, patience: Duration) -> io::Result<Packet> {
        self.stream.set_read_timeout(Some(patience))?;
        let (first, body) = self.packet()?;
        Ok(match first >> 4 {
            3 => publish(&body).ok_or_else(|| refused("message"))?,
            4 => match body.as_slice() {
                [high, low, ..] => Packet::Puback(u16::from_be_bytes([*high, *low])),
                _ => return Err(refused("acknowledgement")),
            },
            _ => Packet::Other,
        })
    }

    fn write(&mut self, first: u8, body: &[u8]) -> io::Result<()> {
        let mut packet = vec![first];
        let mut left = body.len();
        loop {
            let seven = u8::try_from(left % 128).unwrap_or(0);
            left /= 128;
            packet.push(if left > 0 { seven | 0x80 } else { seven });
            if left == 0 {
                break;
            }
        }
        packet.extend(body);
        self.stream.write_all(&packet)
    }

    /// First byte and body of the next packet.
    fn packet(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let mut some = vec![0; 16 * 1024];
        loop {
            if let Some((first, from, to)) = whole(&self.came) {
                let body = self.came.get(from..to).unwrap_or_default().to_vec();
                self.came.drain(..to);
                return Ok((first, body));
            }
            match self.stream.read(&mut some)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                length => self.came.extend(some.iter().take(length)),
            }
        }
    }
}

/// Whether an error only says that nothing came in time.
pub(crate) fn nothing_came(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}

fn refused(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("the broker's {what}"))
}

fn text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    let mut bytes = length.to_be_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes
}

/// First byte of the packet at the beginning, and where its body lies, if all of it is there.
fn whole(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let (mut length, mut from) = (0_usize, 1);
    for shift in [0, 7, 14, 21] {
        let byte = *bytes.get(from)?;
        from += 1;
        length |= usize::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    let to = from + length;
    (bytes.len() >= to).then_some((*bytes.first()?, from, to))
}

/// A message of quality of service 1: topic, number, payload.
fn publish(body: &[u8]) -> Option<Packet> {
    let length = usize::from(u16::from_be_bytes([*body.first()?, *body.get(1)?]));
    let [high, low, payload @ ..] = body.get(2 + length..)? else {
        return None;
    };
    let number = u16::from_be_bytes([*high, *low]);
    Some(Packet::Publish(number, payload.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_whole_only_with_its_last_byte() {
        // PUBACK of message 258, then the beginning of the next packet; constants of the standard
        let bytes = [0x40, 0x02, 0x01, 0x02, 0x30];
        assert_eq!(whole(&bytes), Some((0x40, 2, 4)));
        assert_eq!(whole(&bytes[..3]), None);
        assert_eq!(whole(&[0x30, 0x80]), None);
        assert_eq!(whole(&[0x30, 0x80, 0x01]), None);
    }

    #[test]
    fn a_message_is_told_apart_from_its_topic_and_its_number() {
        let body = [0, 1, b'a', 0, 7, b'x', b'y'];
        assert_eq!(publish(&body), Some(Packet::Publish(7, b"xy".to_vec())));
        assert_eq!(publish(&body[..4]), None);
    }
}
