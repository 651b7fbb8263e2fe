//! Any bytes as a sealed envelope. What opens is its one spelling, signed by the device and sealed to the city.

use ubugoe_protocol::attachment::seal_chunk;
use ubugoe_protocol::report::seal_report;
use ubugoe_protocol::second::seal_second;
use ubugoe_protocol::{Header, Incoming, OpenError, digest, open, open_any, peek, seal};

use crate::Verdict;
use crate::keys::{
    CITY_OPEN, DEVICE_SIGN, opening, public, sealing, sealing_bytes, signing, verifying,
};
use crate::real;
use crate::sealing::{decrypted, encrypt0, sign1, signed_payload};

pub(super) const TYP: &str = "ubugoe-envelope/1";

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let outside = peek(bytes);
    let Ok(incoming) = opened(bytes) else {
        // Peeking needs no key; whatever it says, it said without panicking.
        return Verdict::Refused;
    };
    assert_eq!(outside.as_ref(), Ok(header(&incoming)));
    let payload = signed_payload(TYP, bytes, &public(&DEVICE_SIGN));
    let payload = payload.expect("it opened, and is not what the device signed");
    assert!(
        decrypted(TYP, payload, &CITY_OPEN).is_some(),
        "it opened, and is not sealed to the city"
    );
    let only = open(bytes, &opening(&CITY_OPEN), |_| {
        Some(verifying(&DEVICE_SIGN))
    });
    match (incoming, only) {
        (Incoming::Filing(any), Ok(only)) => {
            assert_eq!(any, only);
            assert_eq!(only.digest, digest(&only.body.canonical));
        }
        (
            Incoming::Chunk { .. } | Incoming::Report { .. } | Incoming::Second { .. },
            Err(OpenError::Kind(_)),
        ) => {}
        (any, only) => panic!("one opens what the other does not: {any:?}, {only:?}"),
    }
    Verdict::Taken
}

/// As the city opens it.
pub(super) fn opened(envelope: &[u8]) -> Result<Incoming, OpenError> {
    open_any(envelope, &opening(&CITY_OPEN), |_| {
        Some(verifying(&DEVICE_SIGN))
    })
}

pub(super) fn header(incoming: &Incoming) -> &Header {
    match incoming {
        Incoming::Filing(opened) => &opened.header,
        Incoming::Chunk { header, .. }
        | Incoming::Report { header, .. }
        | Incoming::Second { header, .. } => header,
    }
}

/// Header and plaintext of an envelope from the device to the city.
pub(crate) fn inside(envelope: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let payload = signed_payload(TYP, envelope, &public(&DEVICE_SIGN));
    decrypted(TYP, payload.expect("signed by the device"), &CITY_OPEN).expect("sealed to the city")
}

/// An envelope with whatever header and plaintext, signed and sealed as it should be.
pub(super) fn around(header: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let sealed = encrypt0(TYP, header, plaintext, &sealing_bytes(&CITY_OPEN));
    sign1(TYP, &sealed, &DEVICE_SIGN)
}

/// What was read, sealed once more by the product; the seal is another each time, the inside must not be.
pub(super) fn again(incoming: &Incoming) -> (Vec<u8>, Vec<u8>) {
    let (to, device) = (sealing(&CITY_OPEN), signing(&DEVICE_SIGN));
    let sealed = match incoming {
        Incoming::Filing(opened) => seal(&opened.header, &opened.body, &to, &device),
        Incoming::Chunk { header, chunk, .. } => seal_chunk(header, chunk, &to, &device),
        Incoming::Report { header, report } => seal_report(header, report, &to, &device),
        Incoming::Second { header, body, .. } => seal_second(header, body, &to, &device),
    };
    inside(&sealed.expect("what was read can be written"))
}

/// Any bytes as the content under this genuine header.
pub(super) fn content(genuine: &real::Sealed, bytes: &[u8]) -> Option<Incoming> {
    match opened(&around(&genuine.header, bytes)) {
        Ok(incoming) => {
            assert_eq!(again(&incoming).1, bytes, "two spellings of one content");
            Some(incoming)
        }
        Err(error) => {
            assert!(
                matches!(error, OpenError::Wire(_)),
                "outside everything is right, and yet: {error}"
            );
            None
        }
    }
}
