//! Any bytes as a file of the card, in a card that is otherwise genuine: certificates, attributes, integrity record,
//! issuer's certificate, label. What is trusted is what the issuer wrote.

use ubugoe_vcard::{Card, TEXT_AID};

use super::card::{Between, only_the_issuers, visit};
use crate::Verdict;
use crate::edits::Source;

/// Application (text or not) and file.
const FILES: [(bool, u8); 8] = [
    (true, 0x02),
    (true, 0x03),
    (true, 0x04),
    (true, 0x05),
    (false, 0x01),
    (false, 0x06),
    (false, 0x08),
    (false, 0x0A),
];

/// Follows which file a command reads.
#[derive(Default)]
struct Place {
    in_text: bool,
    file: u8,
}

impl Place {
    /// Offset and count of a READ BINARY; `None` for other commands.
    fn follow(&mut self, command: &[u8]) -> Option<(usize, usize)> {
        let (offset, le) = match command {
            [0x00, 0xA4, 0x04, _, _, aid @ ..] => {
                self.in_text = aid == TEXT_AID;
                self.file = 0;
                return None;
            }
            [0x00, 0xA4, 0x02, _, _, _, file] => {
                self.file = *file;
                return None;
            }
            [0x00, 0xB0, high, low, le @ ..] if high & 0x80 != 0 => {
                self.file = high & 0x1F;
                (usize::from(*low), le)
            }
            [0x00, 0xB0, high, low, le @ ..] => {
                (usize::from(u16::from_be_bytes([*high, *low])), le)
            }
            _ => return None,
        };
        let count = match le {
            [0] => 256,
            [count] => usize::from(*count),
            [0, high, low] => usize::from(u16::from_be_bytes([*high, *low])),
            _ => 0,
        };
        Some((offset, count))
    }

    fn is(&self, file: (bool, u8)) -> bool {
        (self.in_text, self.file) == file
    }
}

struct Replaced<'a> {
    file: (bool, u8),
    content: &'a [u8],
    place: Place,
}

impl Between for Replaced<'_> {
    fn answer(&mut self, command: &[u8], card: &mut Card) -> Vec<u8> {
        let answer = card.transmit(command);
        let Some((offset, count)) = self.place.follow(command) else {
            return answer;
        };
        let refused = offset == 0 && !answer.ends_with(&[0x90, 0x00]);
        // What the card keeps behind a secret stays behind it.
        if !self.place.is(self.file) || refused {
            return answer;
        }
        let rest = self.content.get(offset..).unwrap_or_default();
        if rest.is_empty() {
            return vec![0x6B, 0x00];
        }
        let data = rest.get(..count.min(rest.len())).unwrap_or_default();
        [data, &[0x90, 0x00]].concat()
    }
}

/// Takes a genuine file down while it is read.
pub(crate) struct Reader {
    file: (bool, u8),
    place: Place,
    pub(crate) content: Vec<u8>,
}

impl Reader {
    pub(crate) fn new(at: u8) -> Option<Self> {
        Some(Self {
            file: *FILES.get(usize::from(at))?,
            place: Place::default(),
            content: Vec::new(),
        })
    }
}

impl Between for Reader {
    fn answer(&mut self, command: &[u8], card: &mut Card) -> Vec<u8> {
        let answer = card.transmit(command);
        if let Some((offset, _)) = self.place.follow(command)
            && self.place.is(self.file)
            && let Some(data) = answer.strip_suffix(&[0x90, 0x00])
        {
            self.content.truncate(offset);
            self.content.extend_from_slice(data);
        }
        answer
    }
}

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let mut source = Source::new(bytes);
    let at = usize::from(source.byte()) % FILES.len();
    let visited = visit(Replaced {
        file: FILES.get(at).copied().unwrap_or_default(),
        content: source.rest(),
        place: Place::default(),
    });
    only_the_issuers(&visited);
    let whole =
        visited.attributes.is_some() && visited.certificate.is_some() && visited.signed.is_some();
    Verdict::of(whole)
}
