//! What a scripted broker does wrong, and when: points, deeds, rules, and dice that choose among them.
//!
//! Decides only; the hub does the deeds.

use std::time::Duration;

use super::codec::matches;
use crate::dice::Dice;

/// Where a script is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// TCP is accepted, TLS not begun; the client has no name yet.
    Accept,
    /// A CONNECT came.
    Connect,
    /// A SUBSCRIBE came; the topic is its first filter.
    Subscribe,
    /// A client publishes.
    Publish,
    /// A message is about to go to a client.
    Deliver,
    /// A client acknowledges a message.
    Acknowledge,
    /// A client asks whether the broker is there.
    Ping,
}

/// What a script gets to see.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// Where.
    pub point: Point,
    /// The client's id; empty at [`Point::Accept`].
    pub client: &'a str,
    /// The topic, where there is one.
    pub topic: &'a str,
}

/// What is done. Each says at which points it means something; elsewhere it means [`Deed::Pass`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// What an honest broker does.
    Pass,
    /// Publish, Deliver: gone. Acknowledge: as if it had not come, so the message is delivered again on a resumed session.
    Drop,
    /// Publish: acknowledged, and gone. Subscribe: granted, and nothing is ever delivered.
    Lie,
    /// Publish: passed on, and never acknowledged.
    Unacknowledged,
    /// Publish, Connect, Subscribe: answered with this reason code, and nothing else.
    Refuse(u8),
    /// Publish, Deliver: passed on twice.
    Twice,
    /// Publish: acknowledged. Publish, Deliver: passed on after the next one.
    After,
    /// Publish, Deliver: kept until [`Scripted::release`](super::Scripted::release) or calm; a publish is acknowledged only then.
    Hold,
    /// Publish, Deliver: passed on, and so is one that was on the same topic before, whichever connection it came from.
    Old,
    /// Publish: passed on under this topic. Deliver: sent to whoever hears this topic, as if it were theirs.
    Divert(String),
    /// Deliver: sent to this client instead, under its own topic.
    Misdeliver(String),
    /// Deliver: sent to some other client that is connected and hears nothing of the kind.
    Stray,
    /// Publish, Deliver: passed on with one bit of this byte of the payload changed; counted round and round.
    Alter(usize),
    /// Publish: acknowledged under a packet id that the client never used.
    WrongId,
    /// Publish: acknowledged twice.
    Doubly,
    /// Anywhere: what would be written comes this much later, and everything after it waits.
    Slow(Duration),
    /// Anywhere: nothing is written to this client any more. The connection stays open.
    Silence,
    /// Anywhere: nothing is read from this client any more. The connection stays open.
    Deaf,
    /// Anywhere: the connection ends before anything is done.
    Close,
    /// Anywhere: done as usual, then the connection ends.
    CloseAfter,
    /// Deliver: this many bytes of the packet, then the end. Publish: passed on; this many bytes of the PUBACK, then the end.
    Cut(usize),
    /// Accept: the connection ends after this many bytes were read from the client, and written to it, inside TLS.
    EndAt {
        /// From the client.
        read: u64,
        /// To the client.
        written: u64,
    },
    /// Anywhere but Accept: these bytes are written instead of an answer.
    Rubbish(Vec<u8>),
    /// Connect: the session is forgotten first.
    Forget,
}

impl Deed {
    /// Its name in counts.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pass => "passed",
            Self::Drop => "dropped",
            Self::Lie => "lied about",
            Self::Unacknowledged => "not acknowledged",
            Self::Refuse(_) => "refused",
            Self::Twice => "doubled",
            Self::After => "reordered",
            Self::Hold => "held",
            Self::Old => "replayed",
            Self::Divert(_) => "diverted",
            Self::Misdeliver(_) | Self::Stray => "misdelivered",
            Self::Alter(_) => "altered",
            Self::WrongId => "acknowledged under a wrong id",
            Self::Doubly => "acknowledged twice",
            Self::Slow(_) => "delayed",
            Self::Silence => "silenced",
            Self::Deaf => "unread",
            Self::Close | Self::CloseAfter => "closed",
            Self::Cut(_) | Self::EndAt { .. } => "cut",
            Self::Rubbish(_) => "answered with rubbish",
            Self::Forget => "forgotten",
        }
    }
}

/// Says what is done at a point; `None` leaves it to the next script, and in the end to honesty.
pub type Script = Box<dyn FnMut(Sight<'_>) -> Option<Deed> + Send>;

/// The usual script: at one point, for some clients and topics, from the nth time on, so many times, one deed.
#[derive(Debug, Clone)]
pub struct Rule {
    point: Point,
    client: Option<String>,
    topic: Option<String>,
    first: u32,
    every: u32,
    times: u32,
    deed: Deed,
}

impl Rule {
    /// Always this deed at this point.
    #[must_use]
    pub const fn at(point: Point, deed: Deed) -> Self {
        Self {
            point,
            client: None,
            topic: None,
            first: 1,
            every: 1,
            times: u32::MAX,
            deed,
        }
    }

    /// Only for this client.
    #[must_use]
    pub fn client(mut self, id: &str) -> Self {
        self.client = Some(id.to_owned());
        self
    }

    /// Only for topics that this filter matches.
    #[must_use]
    pub fn topic(mut self, filter: &str) -> Self {
        self.topic = Some(filter.to_owned());
        self
    }

    /// From the nth time on, counted from 1.
    #[must_use]
    pub const fn from(mut self, first: u32) -> Self {
        self.first = first;
        self
    }

    /// Each nth time only.
    #[must_use]
    pub const fn every(mut self, nth: u32) -> Self {
        self.every = nth;
        self
    }

    /// At most so often.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// As a script.
    #[must_use]
    pub fn script(self) -> Script {
        let (mut met, mut done) = (0_u32, 0_u32);
        Box::new(move |sight| {
            let client = self.client.as_ref();
            let topic = self.topic.as_ref();
            let meant = self.point == sight.point
                && client.is_none_or(|id| id == sight.client)
                && topic.is_none_or(|filter| matches(filter, sight.topic));
            if !meant {
                return None;
            }
            met = met.saturating_add(1);
            let turn = met
                .checked_sub(self.first)
                .is_some_and(|n| n.is_multiple_of(self.every.max(1)));
            if !turn || done >= self.times {
                return None;
            }
            done += 1;
            Some(self.deed.clone())
        })
    }
}

/// A script that throws dice: about each `one_in`th time something goes wrong, at most `most` times in all.
///
/// Clients in `patient` are never met with silence: they have no watchdog that a test could wait for.
#[must_use]
pub fn chance(seed: u64, one_in: u64, most: u32, patient: &[&str]) -> Script {
    let patient: Vec<String> = patient.iter().map(|id| (*id).to_owned()).collect();
    let (mut dice, mut done) = (Dice::new(seed), 0);
    Box::new(move |sight| {
        if done >= most || dice.below(one_in.max(1)) > 0 {
            return None;
        }
        let size = usize::try_from(dice.below(40)).unwrap_or(0);
        let bytes = dice.below(3_000);
        let mut deeds = match sight.point {
            Point::Accept => vec![
                Deed::Close,
                Deed::EndAt {
                    read: bytes,
                    written: u64::MAX,
                },
                Deed::EndAt {
                    read: u64::MAX,
                    written: bytes,
                },
            ],
            Point::Connect => vec![
                Deed::Refuse(0x89),
                Deed::Refuse(0x87),
                Deed::Forget,
                Deed::Forget,
                Deed::Close,
                Deed::Rubbish(vec![0xFF; size + 2]),
            ],
            Point::Subscribe => vec![Deed::Refuse(0x87), Deed::Refuse(0x97), Deed::Close],
            Point::Publish => vec![
                Deed::Drop,
                Deed::Lie,
                Deed::Unacknowledged,
                Deed::Refuse(0x10),
                Deed::Refuse(0x80),
                Deed::Refuse(0x83),
                Deed::Refuse(0x87),
                Deed::Refuse(0x97),
                Deed::Twice,
                Deed::After,
                Deed::Hold,
                Deed::Old,
                Deed::WrongId,
                Deed::Doubly,
                Deed::Slow(Duration::from_millis(50)),
                Deed::Close,
                Deed::CloseAfter,
                Deed::Cut(size.min(3)),
                Deed::Rubbish(vec![0x40, 3, 0xFF]),
            ],
            Point::Deliver => vec![
                Deed::Drop,
                Deed::Twice,
                Deed::After,
                Deed::Hold,
                Deed::Old,
                Deed::Stray,
                Deed::Slow(Duration::from_millis(50)),
                Deed::Close,
                Deed::Cut(size),
            ],
            Point::Acknowledge | Point::Ping => vec![Deed::Drop, Deed::Close],
        };
        let waits = !patient.iter().any(|id| id == sight.client);
        if waits && matches!(sight.point, Point::Connect | Point::Publish) {
            deeds.extend([Deed::Silence, Deed::Deaf]);
        }
        done += 1;
        dice.of(&deeds)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight<'a>(client: &'a str, topic: &'a str) -> Sight<'a> {
        Sight {
            point: Point::Publish,
            client,
            topic,
        }
    }

    #[test]
    fn a_rule_is_meant_for_its_client_and_topic_from_its_turn_on_and_so_often() {
        let mut script = Rule::at(Point::Publish, Deed::Drop)
            .client("kiosk-1")
            .topic("up/#")
            .from(2)
            .every(2)
            .times(2)
            .script();
        assert_eq!(script(sight("kiosk-2", "up/a")), None);
        assert_eq!(script(sight("kiosk-1", "down/a")), None);
        let done: Vec<bool> = (0..8)
            .map(|_| script(sight("kiosk-1", "up/a")).is_some())
            .collect();
        assert_eq!(done, [false, true, false, true, false, false, false, false]);
    }

    #[test]
    fn the_same_seed_throws_the_same_and_another_seed_does_not() {
        let throw = |seed| {
            let mut script = chance(seed, 2, 1000, &[]);
            (0..200)
                .map(|_| script(sight("kiosk-1", "up")))
                .collect::<Vec<_>>()
        };
        assert_eq!(throw(7), throw(7));
        assert_ne!(throw(7), throw(8));
        assert!(throw(7).iter().flatten().count() > 50);
    }
}
