//! A visit to a card whose answers are not its own: the transport between, what it watches, and the visit itself.
//!
//! Whatever a card answers, no secret is sent twice, nothing is asked for the file with the individual number, and the
//! visit comes to an end.

use std::sync::LazyLock;

use ubugoe_card::{
    Attributes, CardSession, Integrity, IssuerRoot, Pin, Policy, SignPassword, Signed, Transmit,
    TransmitError,
};
use ubugoe_vcard::{Card, TEXT_AID, TEXT_ROOT_KEY_ID};

use crate::keys::PAPERS;

/// A visit takes some sixty exchanges; a card that answers a byte at a time may cause as many reads as a file has bytes.
const MOST_EXCHANGES: usize = 8 * 0x7FFF;

/// Answers in place of the card; gets the command and the card's own answer.
pub(crate) trait Between {
    fn answer(&mut self, command: &[u8], card: &mut Card) -> Vec<u8>;
}

impl<B: Between + ?Sized> Between for &mut B {
    fn answer(&mut self, command: &[u8], card: &mut Card) -> Vec<u8> {
        (**self).answer(command, card)
    }
}

struct Watched<B> {
    card: Card,
    between: B,
    exchanges: usize,
    tries: [u8; 2],
    in_text: bool,
}

impl<B: Between> Transmit for Watched<B> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransmitError> {
        self.exchanges += 1;
        assert!(self.exchanges < MOST_EXCHANGES, "a visit without an end");
        match command {
            [0x00, 0xA4, 0x04, _, _, aid @ ..] => self.in_text = aid == TEXT_AID,
            [0x00, 0x20, 0x00, which, _, _, ..] => {
                let at = usize::from(*which == 0x9B);
                if let Some(tries) = self.tries.get_mut(at) {
                    *tries += 1;
                    assert_eq!(*tries, 1, "a secret was sent twice");
                }
            }
            [0x00, 0xB0, 0x81, ..] | [0x00, 0xA4, 0x02, _, 0x02, 0x00, 0x01] => {
                assert!(!self.in_text, "asked for the individual number");
            }
            _ => {}
        }
        let answer = self.between.answer(command, &mut self.card);
        if answer.is_empty() {
            return Err(TransmitError::Empty);
        }
        Ok(answer)
    }
}

/// What came of a visit.
#[derive(Debug, Default)]
pub(crate) struct Visit {
    pub(super) looked: bool,
    pub(super) attributes: Option<Attributes>,
    pub(super) certificate: Option<Vec<u8>>,
    pub(super) signed: Option<Signed>,
}

impl Visit {
    /// The attributes, when their origin is proved.
    pub(super) fn trusted(&self) -> Option<(&str, &str)> {
        let attributes = self.attributes.as_ref()?;
        matches!(attributes.integrity, Integrity::Trusted { .. })
            .then_some((&attributes.name, &attributes.address))
    }
}

fn root() -> IssuerRoot {
    use rsa::traits::PublicKeyParts;
    let key = PAPERS.pki.text_root();
    IssuerRoot::new(
        TEXT_ROOT_KEY_ID,
        &key.e().to_bytes_be(),
        &key.n().to_bytes_be(),
    )
    .expect("the virtual card's root")
}

/// A whole visit: look, attributes, certificate, signature, log-out.
pub(crate) fn visit(between: impl Between) -> Visit {
    let policy = Policy {
        roots: vec![root()],
        ..Policy::default()
    };
    go(PAPERS.card.clone(), between, policy)
}

fn go(mut card: Card, between: impl Between, policy: Policy) -> Visit {
    card.power_on();
    let pins = card.persona().pins.clone().expect("a persona with secrets");
    let watched = Watched {
        card,
        between,
        exchanges: 0,
        tries: [0; 2],
        in_text: false,
    };
    let mut session = CardSession::new(watched, policy);
    let mut visit = Visit {
        looked: session.look().is_ok(),
        ..Visit::default()
    };
    let pin = Pin::new(pins.attributes.reveal()).expect("a pin");
    visit.attributes = session.attributes(&pin).ok().map(|(found, _)| found);
    visit.certificate = session.auth_certificate().ok().map(|(found, _)| found);
    let password = SignPassword::new(pins.sign.reveal()).expect("a password");
    visit.signed = session
        .sign(&password, |_| Ok(vec![[7; 32]]))
        .ok()
        .map(|(signed, _)| signed);
    // A card that cannot be logged out is cut off from power.
    let _out = session.log_out();
    visit
}

/// The card as it is.
pub(super) struct Honest;

impl Between for Honest {
    fn answer(&mut self, command: &[u8], card: &mut Card) -> Vec<u8> {
        card.transmit(command)
    }
}

/// Name and address as the issuer wrote them.
pub(super) static GENUINE: LazyLock<(String, String)> = LazyLock::new(|| {
    let visit = visit(Honest);
    let (name, address) = visit.trusted().expect("the virtual card's chain holds");
    (name.to_owned(), address.to_owned())
});

/// Panics when something is trusted that the issuer did not write.
pub(super) fn only_the_issuers(visit: &Visit) {
    if let Some((name, address)) = visit.trusted() {
        let (own_name, own_address) = &*GENUINE;
        assert_eq!((name, address), (own_name.as_str(), own_address.as_str()));
    }
}

/// The parent's signing certificate, read as the product reads it.
pub(crate) fn sign_certificate(card: &Card) -> Vec<u8> {
    let visit = go(card.clone(), Honest, Policy::default());
    visit.signed.expect("the virtual card signs").certificate
}

/// A genuine file of the card by its number in `card_files`, read through a visit.
pub(crate) fn card_file(at: u8) -> Option<Vec<u8>> {
    let mut reader = super::card_files::Reader::new(at)?;
    let _visited = visit(&mut reader);
    Some(reader.content)
}
