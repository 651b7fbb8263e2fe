//! A desk with a reader, a card and a running card service; and the words the stories are told in.

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::civil::{Date, date};
use rsa::traits::PublicKeyParts;
use ubugoe_card::{
    CardDate, CardError, CardEvent, CardService, Config, Cost, IntegrityPolicy, IssuerRoot, Look,
    Pin, Reply, Request, SignPassword, Ticket, Unusable,
};
use ubugoe_vcard::{
    Fault, Issuer, Pcscd, PcscdConfig, Persona, Pki, SimConfig, SimReader, TEXT_ROOT_KEY_ID,
};

/// Every validity period in these tests is counted from here.
const TODAY: Date = date(2026, 11, 22);
/// How long any single thing may take on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);
/// How long a whole test may take.
pub(crate) const STORY: Duration = Duration::from_mins(3);

/// One PKI for all tests, kept between runs.
pub(crate) fn issuer() -> &'static Issuer {
    static ISSUER: OnceLock<Issuer> = OnceLock::new();
    ISSUER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("vcard-pki");
        Issuer::new(Pki::open(&folder, TODAY).unwrap())
    })
}

/// The root that the virtual cards' issuer key is certified by.
pub(crate) fn root() -> IssuerRoot {
    let key = issuer().pki().text_root();
    IssuerRoot::new(
        TEXT_ROOT_KEY_ID,
        &key.e().to_bytes_be(),
        &key.n().to_bytes_be(),
    )
    .unwrap()
}

pub(crate) fn config() -> Config {
    Config {
        reader_name_contains: Some("00 00".to_owned()),
        mute_after: Duration::from_secs(5),
        today: Some(Arc::new(|| CardDate::parse(b"20261122").ok())),
        integrity: IntegrityPolicy {
            check: true,
            roots: vec![root()],
        },
        ..Config::default()
    }
}

pub(crate) struct Desk {
    // In this order: the service logs out before the card and its reader go.
    pub(crate) service: CardService,
    pub(crate) events: Receiver<CardEvent>,
    pub(crate) card: SimReader,
    pub(crate) pcscd: Pcscd,
}

impl Desk {
    pub(crate) fn new(socket: &Path, persona: &str) -> Self {
        Self::with(socket, persona, config())
    }

    /// A desk whose service has already told its readers.
    pub(crate) fn with(socket: &Path, persona: &str, config: Config) -> Self {
        // RUST_LOG=ubugoe_card=trace shows every APDU of a failing story, secrets masked.
        tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
            .with_writer(std::io::stderr)
            .init();
        let pcscd = Pcscd::start(PcscdConfig {
            socket: Some(socket.to_owned()),
            ..PcscdConfig::default()
        })
        .unwrap();
        let first = issuer().issue(persona).unwrap();
        let sim = SimConfig {
            port: pcscd.port(),
            trace: None,
        };
        let card = SimReader::start(&sim, issuer().clone(), first).unwrap();
        let (sender, events) = channel();
        let service = CardService::start(config, move |event| {
            tracing::debug!(?event, "told");
            // The last events come while the test is already over.
            let _ = sender.send(event);
        })
        .unwrap();
        let desk = Self {
            service,
            events,
            card,
            pcscd,
        };
        assert_eq!(
            desk.next(),
            CardEvent::Readers(vec![desk.pcscd.reader_name()])
        );
        desk
    }

    pub(crate) fn next(&self) -> CardEvent {
        self.events.recv_timeout(LIMIT).expect("an event in time")
    }

    /// Puts the card down and waits for the service to have looked at it.
    pub(crate) fn insert(&self) -> (Ticket, Look) {
        self.card.insert();
        self.inserted()
    }

    pub(crate) fn inserted(&self) -> (Ticket, Look) {
        match self.next() {
            CardEvent::Inserted { ticket, look } => (ticket, look),
            other => panic!("expected an inserted card, got {other:?}"),
        }
    }

    pub(crate) fn unusable(&self) -> (Ticket, Unusable) {
        match self.next() {
            CardEvent::Unusable { ticket, why } => (ticket, why),
            other => panic!("expected an unusable card, got {other:?}"),
        }
    }

    /// Takes the card away and waits for the service to have noticed.
    pub(crate) fn remove(&self, ticket: Ticket) {
        self.card.remove();
        assert_eq!(self.next(), CardEvent::Removed { ticket });
    }

    pub(crate) fn answer(&self, of: Ticket) -> Result<(Reply, Cost), CardError> {
        match self.next() {
            CardEvent::Done {
                ticket,
                reply,
                cost,
            } if ticket == of => Ok((reply, cost)),
            CardEvent::Failed { ticket, error } if ticket == of => Err(error),
            other => panic!("expected an answer for {of:?}, got {other:?}"),
        }
    }

    pub(crate) fn attributes(
        &self,
        ticket: Ticket,
        pin: &str,
    ) -> Result<(ubugoe_card::Attributes, Cost), CardError> {
        let pin = Pin::new(pin).unwrap();
        self.service
            .request(ticket, Request::ReadAttributes { pin });
        match self.answer(ticket)? {
            (Reply::Attributes(attributes), cost) => Ok((attributes, cost)),
            (other, _) => panic!("expected attributes, got {other:?}"),
        }
    }

    pub(crate) fn auth_certificate(&self, ticket: Ticket) -> Result<(Vec<u8>, Cost), CardError> {
        self.service.request(ticket, Request::ReadAuthCertificate);
        match self.answer(ticket)? {
            (Reply::AuthCertificate(certificate), cost) => Ok((certificate, cost)),
            (other, _) => panic!("expected a certificate, got {other:?}"),
        }
    }

    pub(crate) fn sign(
        &self,
        ticket: Ticket,
        password: &str,
    ) -> Result<(ubugoe_card::Signed, Cost), CardError> {
        let request = Request::Sign {
            password: SignPassword::new(password).unwrap(),
            prepare: Box::new(|_| Ok(vec![[0x42; 32]])),
        };
        self.service.request(ticket, request);
        match self.answer(ticket)? {
            (Reply::Signed(signed), cost) => Ok((signed, cost)),
            (other, _) => panic!("expected a signature, got {other:?}"),
        }
    }

    pub(crate) fn finish(&self, ticket: Ticket) {
        self.service.request(ticket, Request::Finish);
        assert!(matches!(self.answer(ticket), Ok((Reply::Finished, _))));
    }

    pub(crate) fn fault(&self, fault: Fault) {
        self.card.fault(fault).unwrap();
    }

    /// Tries left on the card: attributes, sign.
    pub(crate) fn tries(&self) -> (Option<u8>, Option<u8>) {
        let [attributes, sign, ..] = self.card.status().tries;
        (attributes, sign)
    }
}

/// The persona's PINs: attributes, sign.
pub(crate) fn pins(persona: &str) -> (String, String) {
    let pins = Persona::built_in(persona).unwrap().pins.unwrap();
    let pin = |pin: &ubugoe_vcard::TestPin| pin.reveal().to_owned();
    (pin(&pins.attributes), pin(&pins.sign))
}

/// Runs a story in a private card service of its own: with a desk, or with the bare socket.
macro_rules! story {
    ($name:ident, $desk:ident = $persona:expr, $body:block) => {
        crate::desk::story!($name, socket => {
            let $desk = crate::desk::Desk::new(socket, $persona);
            $body
        });
    };
    ($name:ident, $socket:ident => $body:block) => {
        #[test]
        fn $name() {
            let test = concat!(module_path!(), "::", stringify!($name));
            // The test harness knows the test without the crate's name.
            let test = test.split_once("::").map_or(test, |(_, name)| name);
            ubugoe_vcard::in_private_service(test, crate::desk::STORY, |$socket| $body).unwrap();
        }
    };
}
pub(crate) use story;
