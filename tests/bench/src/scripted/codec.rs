//! As much of MQTT 5.0 on the wire as a kiosk and a city use, written from the OASIS standard of 2019-03-07 (section numbers below).
//!
//! It shares no code and so no mistake with the product's client. It refuses what the standard forbids, so that a client that
//! writes it is found; what it writes itself may be anything.

use std::fmt;

/// Packet types, the upper half of the first byte (§2.1.2).
pub const CONNECT: u8 = 1;
/// The answer to CONNECT.
pub const CONNACK: u8 = 2;
/// A message, either way.
pub const PUBLISH: u8 = 3;
/// The answer to a PUBLISH at QoS 1.
pub const PUBACK: u8 = 4;
/// A wish to hear topics.
pub const SUBSCRIBE: u8 = 8;
/// The answer to SUBSCRIBE.
pub const SUBACK: u8 = 9;
/// A wish to hear them no more.
pub const UNSUBSCRIBE: u8 = 10;
/// The answer to UNSUBSCRIBE.
pub const UNSUBACK: u8 = 11;
/// Are you there?
pub const PINGREQ: u8 = 12;
/// Yes.
pub const PINGRESP: u8 = 13;
/// Goodbye, either way.
pub const DISCONNECT: u8 = 14;

/// Largest remaining length (§1.5.5).
const LONGEST: usize = 268_435_455;

/// A message that is published, on its way through the broker.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Its topic.
    pub topic: String,
    /// Its payload.
    pub payload: Vec<u8>,
    /// 0 or 1.
    pub qos: u8,
    /// Whether the broker is to keep it.
    pub retain: bool,
    /// Its properties as they came; a broker passes them on.
    pub properties: Vec<u8>,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.topic, self.payload.len())
    }
}

/// What a CONNECT asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connect {
    /// The client's id.
    pub client: String,
    /// Forget what was before.
    pub clean_start: bool,
    /// Seconds that the session outlives the connection.
    pub session_expiry: u32,
    /// Most publishes at QoS 1 without the client's answer.
    pub receive_maximum: u16,
    /// Largest packet that the client takes, if it says so.
    pub packet_size: Option<u32>,
    /// What is published when the client goes without a word.
    pub will: Option<Message>,
}

/// What clients send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    /// The first of a connection.
    Connect(Box<Connect>),
    /// A message; the packet id at QoS 1.
    Publish(Message, Option<u16>),
    /// A message of ours was taken.
    PubAck(u16),
    /// Filters, each with the most QoS it wants.
    Subscribe(u16, Vec<(String, u8)>),
    /// Filters.
    Unsubscribe(u16, Vec<String>),
    /// Are you there?
    Ping,
    /// Goodbye; 4 asks for the will all the same.
    Disconnect(u8),
}

/// What the standard forbids, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

type Decoded<T> = Result<T, Malformed>;
/// Properties that are one number, by id.
type Numbers = Vec<(u8, u32)>;

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Decoded<&'a [u8]> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(Malformed("too short"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self, bytes: usize) -> Decoded<u32> {
        Ok(self
            .take(bytes)?
            .iter()
            .fold(0, |sum, b| sum << 8 | u32::from(*b)))
    }

    fn byte(&mut self) -> Decoded<u8> {
        let [byte] = self.take(1)? else {
            return Err(Malformed("too short"));
        };
        Ok(*byte)
    }

    fn short(&mut self) -> Decoded<u16> {
        u16::try_from(self.number(2)?).map_err(|_| Malformed("a number"))
    }

    /// §1.5.5: seven bits a byte, the lowest first.
    fn variable(&mut self) -> Decoded<usize> {
        let mut value = 0;
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            value |= usize::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Malformed("a length of more than four bytes"))
    }

    fn binary(&mut self) -> Decoded<&'a [u8]> {
        let length = self.short()?;
        self.take(usize::from(length))
    }

    fn text(&mut self) -> Decoded<String> {
        let text = std::str::from_utf8(self.binary()?).map_err(|_| Malformed("not UTF-8"))?;
        if text.contains('\0') {
            return Err(Malformed("a NUL in a text"));
        }
        Ok(text.to_owned())
    }

    /// All properties, and those that are one number with their values (§2.2.2).
    fn properties(&mut self) -> Decoded<(&'a [u8], Numbers)> {
        let length = self.variable()?;
        let raw = self.take(length)?;
        let mut inside = Reader(raw);
        let mut numbers = Vec::new();
        while !inside.0.is_empty() {
            let id = inside.byte()?;
            match id {
                0x01 | 0x17 | 0x19 | 0x24 | 0x25 | 0x28..=0x2A => {
                    numbers.push((id, inside.number(1)?));
                }
                0x13 | 0x21..=0x23 => numbers.push((id, inside.number(2)?)),
                0x02 | 0x11 | 0x18 | 0x27 => numbers.push((id, inside.number(4)?)),
                0x0B => drop(inside.variable()?),
                0x03 | 0x08 | 0x12 | 0x15 | 0x1A | 0x1C | 0x1F => drop(inside.text()?),
                0x09 | 0x16 => drop(inside.binary()?),
                0x26 => drop((inside.text()?, inside.text()?)),
                _ => return Err(Malformed("an unknown property")),
            }
        }
        Ok((raw, numbers))
    }

    fn packet_id(&mut self) -> Decoded<u16> {
        match self.short()? {
            0 => Err(Malformed("packet id 0")),
            id => Ok(id),
        }
    }
}

fn number(properties: &[(u8, u32)], id: u8) -> Option<u32> {
    let found = properties.iter().find(|(known, _)| *known == id);
    found.map(|(_, value)| *value)
}

/// Reads one whole packet as it was framed.
///
/// # Errors
/// What the standard forbids.
pub fn decode(frame: &[u8]) -> Decoded<Packet> {
    let mut reader = Reader(frame);
    let first = reader.byte()?;
    if reader.variable()? != reader.0.len() {
        return Err(Malformed("a wrong length"));
    }
    let (kind, flags) = (first >> 4, first & 0x0F);
    let wanted = if matches!(kind, SUBSCRIBE | UNSUBSCRIBE) {
        2
    } else {
        0
    };
    if kind != PUBLISH && flags != wanted {
        return Err(Malformed("reserved flags"));
    }
    match kind {
        CONNECT => connect(reader),
        PUBLISH => publish(reader, flags),
        PUBACK => {
            let id = reader.packet_id()?;
            // The reason and the properties may be left out (§3.4.2.1).
            if !reader.0.is_empty() {
                reader.byte()?;
            }
            Ok(Packet::PubAck(id))
        }
        SUBSCRIBE => {
            let id = reader.packet_id()?;
            reader.properties()?;
            let mut filters = Vec::new();
            while !reader.0.is_empty() {
                filters.push((reader.text()?, reader.byte()? & 3));
            }
            nonempty(&filters)?;
            Ok(Packet::Subscribe(id, filters))
        }
        UNSUBSCRIBE => {
            let id = reader.packet_id()?;
            reader.properties()?;
            let mut filters = Vec::new();
            while !reader.0.is_empty() {
                filters.push(reader.text()?);
            }
            nonempty(&filters)?;
            Ok(Packet::Unsubscribe(id, filters))
        }
        PINGREQ => Ok(Packet::Ping),
        DISCONNECT if reader.0.is_empty() => Ok(Packet::Disconnect(0)),
        DISCONNECT => Ok(Packet::Disconnect(reader.byte()?)),
        _ => Err(Malformed("a packet that no client sends")),
    }
}

fn nonempty<T>(filters: &[T]) -> Decoded<()> {
    if filters.is_empty() {
        return Err(Malformed("no filter"));
    }
    Ok(())
}

fn connect(mut reader: Reader<'_>) -> Decoded<Packet> {
    if reader.text()? != "MQTT" || reader.byte()? != 5 {
        return Err(Malformed("another protocol"));
    }
    let flags = reader.byte()?;
    if flags & 1 == 1 {
        return Err(Malformed("reserved flags"));
    }
    reader.short()?;
    let (_, properties) = reader.properties()?;
    let client = reader.text()?;
    let will = if flags & 4 == 4 {
        let (raw, _) = reader.properties()?;
        Some(Message {
            topic: reader.text()?,
            payload: reader.binary()?.to_vec(),
            qos: flags >> 3 & 3,
            retain: flags & 0x20 != 0,
            properties: raw.to_vec(),
        })
    } else {
        None
    };
    let receive_maximum = number(&properties, 0x21).unwrap_or(u32::from(u16::MAX));
    Ok(Packet::Connect(Box::new(Connect {
        client,
        clean_start: flags & 2 == 2,
        session_expiry: number(&properties, 0x11).unwrap_or(0),
        receive_maximum: u16::try_from(receive_maximum).unwrap_or(u16::MAX),
        packet_size: number(&properties, 0x27),
        will,
    })))
}

fn publish(mut reader: Reader<'_>, flags: u8) -> Decoded<Packet> {
    let topic = reader.text()?;
    if topic.is_empty() || topic.contains(['+', '#']) {
        return Err(Malformed("no topic to publish on"));
    }
    let id = match flags >> 1 & 3 {
        0 => None,
        1 => Some(reader.packet_id()?),
        _ => return Err(Malformed("a QoS that was not offered")),
    };
    let (raw, _) = reader.properties()?;
    let message = Message {
        topic,
        payload: reader.0.to_vec(),
        qos: u8::from(id.is_some()),
        retain: flags & 1 == 1,
        properties: raw.to_vec(),
    };
    Ok(Packet::Publish(message, id))
}

fn framed(first: u8, body: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    push_variable(&mut frame, body.len());
    frame.extend_from_slice(body);
    frame
}

fn push_variable(to: &mut Vec<u8>, value: usize) {
    let mut left = value.min(LONGEST);
    loop {
        let low = u8::try_from(left & 0x7F).unwrap_or(0);
        left >>= 7;
        to.push(if left > 0 { low | 0x80 } else { low });
        if left == 0 {
            return;
        }
    }
}

fn push_text(to: &mut Vec<u8>, text: &str) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    to.extend_from_slice(&length.to_be_bytes());
    to.extend(text.bytes().take(usize::from(length)));
}

/// CONNACK (§3.2) with what the broker allows.
#[must_use]
pub fn connack(
    present: bool,
    reason: u8,
    receive_maximum: Option<u16>,
    packet_size: Option<u32>,
) -> Vec<u8> {
    let mut properties = Vec::new();
    if let Some(most) = receive_maximum {
        properties.push(0x21);
        properties.extend_from_slice(&most.to_be_bytes());
    }
    if let Some(most) = packet_size {
        properties.push(0x27);
        properties.extend_from_slice(&most.to_be_bytes());
    }
    let mut body = vec![u8::from(present), reason];
    push_variable(&mut body, properties.len());
    body.extend(properties);
    framed(CONNACK << 4, &body)
}

/// PUBACK (§3.4).
#[must_use]
pub fn puback(id: u16, reason: u8) -> Vec<u8> {
    let [high, low] = id.to_be_bytes();
    match reason {
        0 => framed(PUBACK << 4, &[high, low]),
        _ => framed(PUBACK << 4, &[high, low, reason, 0]),
    }
}

/// SUBACK (§3.9), or UNSUBACK (§3.11), which has the same form.
#[must_use]
pub fn suback(kind: u8, id: u16, reasons: &[u8]) -> Vec<u8> {
    let mut body = id.to_be_bytes().to_vec();
    body.push(0);
    body.extend_from_slice(reasons);
    framed(kind << 4, &body)
}

/// PUBLISH (§3.3) to a client, at the message's own QoS.
#[must_use]
pub fn publishing(message: &Message, id: u16, again: bool) -> Vec<u8> {
    let mut body = Vec::new();
    push_text(&mut body, &message.topic);
    if message.qos > 0 {
        body.extend_from_slice(&id.to_be_bytes());
    }
    push_variable(&mut body, message.properties.len());
    body.extend_from_slice(&message.properties);
    body.extend_from_slice(&message.payload);
    let flags = u8::from(again) << 3 | message.qos << 1 | u8::from(message.retain);
    framed(PUBLISH << 4 | flags, &body)
}

/// PINGRESP (§3.13).
#[must_use]
pub fn pong() -> Vec<u8> {
    framed(PINGRESP << 4, &[])
}

/// DISCONNECT (§3.14) from the broker.
#[must_use]
pub fn goodbye(reason: u8) -> Vec<u8> {
    framed(DISCONNECT << 4, &[reason, 0])
}

/// Whether a topic is one that a filter asks for (§4.7).
#[must_use]
pub fn matches(filter: &str, topic: &str) -> bool {
    let (mut wanted, mut given) = (filter.split('/'), topic.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (Some("#"), _) | (None, None) => return true,
            (Some(w), Some(g)) if w == "+" || w == g => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed set-up should stop the test")]

    use super::*;

    #[test]
    fn a_connect_of_the_standard_is_read_field_by_field() {
        // §3.1.3.6's example flags with a will, and the properties of the text, written out by hand.
        let frame = [
            0x10,
            0x38,
            0,
            4,
            b'M',
            b'Q',
            b'T',
            b'T',
            5,
            0b0010_1110,
            0,
            30, // header
            13,
            0x11,
            0,
            0,
            0,
            60,
            0x21,
            0,
            32,
            0x27,
            0,
            2,
            16,
            0, // properties
            0,
            3,
            b'k',
            b'-',
            b'1', // client
            0,    // will properties
            0,
            8,
            b'p',
            b'r',
            b'e',
            b's',
            b'e',
            b'n',
            b'c',
            b'e', // will topic
            0,
            7,
            b'o',
            b'f',
            b'f',
            b'l',
            b'i',
            b'n',
            b'e',
        ];
        let mut frame = frame.to_vec();
        frame[1] = u8::try_from(frame.len() - 2).unwrap();
        let Packet::Connect(connect) = decode(&frame).unwrap() else {
            unreachable!("not a CONNECT")
        };
        assert_eq!(
            *connect,
            Connect {
                client: "k-1".to_owned(),
                clean_start: true,
                session_expiry: 60,
                receive_maximum: 32,
                packet_size: Some(0x0002_1000),
                will: Some(Message {
                    topic: "presence".to_owned(),
                    payload: b"offline".to_vec(),
                    qos: 1,
                    retain: true,
                    properties: vec![],
                }),
            }
        );
    }

    #[test]
    fn a_publish_reads_back_as_it_was_written_at_every_length_of_length() {
        for size in [0, 1, 100, 127, 128, 16_383, 16_384, 70_000] {
            let message = Message {
                topic: "ubg/v1/up/kiosk-1/city-a".to_owned(),
                payload: vec![7; size],
                qos: 1,
                retain: false,
                properties: vec![0x09, 0, 2, 1, 2],
            };
            let frame = publishing(&message, 513, true);
            assert_eq!(decode(&frame).unwrap(), Packet::Publish(message, Some(513)));
        }
    }

    #[test]
    fn the_answers_are_these_bytes() {
        assert_eq!(puback(258, 0), [0x40, 2, 1, 2]);
        assert_eq!(puback(258, 0x97), [0x40, 4, 1, 2, 0x97, 0]);
        assert_eq!(suback(SUBACK, 1, &[1, 0x87]), [0x90, 5, 0, 1, 0, 1, 0x87]);
        assert_eq!(pong(), [0xD0, 0]);
        assert_eq!(goodbye(0x8B), [0xE0, 2, 0x8B, 0]);
        assert_eq!(connack(true, 0, None, None), [0x20, 3, 1, 0, 0]);
        assert_eq!(
            connack(false, 0, Some(20), Some(1000)),
            [0x20, 11, 0, 0, 8, 0x21, 0, 20, 0x27, 0, 0, 3, 0xE8]
        );
    }

    #[test]
    fn what_the_standard_forbids_is_refused() {
        for (frame, why) in [
            (&[][..], "too short"),
            (&[0x30, 5, 0, 1], "a wrong length"),
            (&[0x82, 3, 0, 1, 0], "no filter"),
            (&[0x80, 7, 0, 1, 0, 0, 1, b'a', 0], "reserved flags"),
            (&[0x32, 6, 0, 1, b'a', 0, 0, 0], "packet id 0"),
            (
                &[0x34, 6, 0, 1, b'a', 0, 1, 0],
                "a QoS that was not offered",
            ),
            (&[0x30, 4, 0, 1, b'#', 0], "no topic to publish on"),
            (&[0x30, 5, 0, 2, 0xFF, 0xFE, 0], "not UTF-8"),
            (&[0x30, 6, 0, 1, b'a', 2, 0x55, 0], "an unknown property"),
            (&[0x20, 0], "a packet that no client sends"),
            (
                &[0x30, 0x80, 0x80, 0x80, 0x80, 1],
                "a length of more than four bytes",
            ),
        ] {
            assert_eq!(decode(frame), Err(Malformed(why)), "{frame:?}");
        }
    }

    #[test]
    fn filters_match_as_the_standard_says() {
        for (filter, topic, yes) in [
            ("ubg/v1/up/+/city-a", "ubg/v1/up/kiosk-1/city-a", true),
            ("ubg/v1/up/+/city-a", "ubg/v1/up/kiosk-1/city-b", false),
            ("ubg/v1/up/+", "ubg/v1/up/kiosk-1/city-a", false),
            ("ubg/#", "ubg", true),
            ("ubg/#", "ubg/v1/anything", true),
            ("#", "anything/at/all", true),
            ("a/b", "a/b/c", false),
            ("a/b/c", "a/b", false),
        ] {
            assert_eq!(matches(filter, topic), yes, "{filter} {topic}");
        }
    }
}
