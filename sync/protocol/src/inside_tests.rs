//! What lies under the seal, made up: whoever has a device's keys can put anything there. Every decoder of the inside meets
//! maps of the right shape with wrong values, and takes only what it would write itself.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::OnceLock;

use ciborium::Value;
use proptest::prelude::*;

use crate::attachment::seal_chunk;
use crate::envelope::seal_value;
use crate::report::seal_report;
use crate::{
    CaseId, FilingId, Header, Incoming, Kind, RecipientSecretKey, SigningKey, VERSION, cose,
    open_any, seal, wire,
};

fn keys() -> &'static (RecipientSecretKey, SigningKey) {
    static KEYS: OnceLock<(RecipientSecretKey, SigningKey)> = OnceLock::new();
    KEYS.get_or_init(|| {
        (
            RecipientSecretKey::generate().unwrap(),
            SigningKey::generate().unwrap(),
        )
    })
}

fn header(kind: Kind) -> Header {
    Header {
        v: VERSION,
        id: FilingId::from_bytes([1; 16]),
        device: "kiosk-07".parse().unwrap(),
        recipient: "city-a1".parse().unwrap(),
        kind,
        schema: "ubugoe-filing/1".to_owned(),
        case: CaseId::from_bytes([2; 16]),
        case_seq: 0,
        created: 1_790_000_000,
        expires: None,
        key_id: keys().0.public().unwrap().key_id(),
    }
}

/// Values such as messages are made of, with lengths that some fields want.
fn value() -> impl Strategy<Value = Value> {
    let length = prop_oneof![Just(8_usize), Just(16), Just(32), 0..40_usize];
    let bytes = length.prop_flat_map(|n| proptest::collection::vec(any::<u8>(), n));
    let leaf = prop_oneof![
        bytes.prop_map(Value::Bytes),
        (0..8_u64).prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z0-9/-]{0,20}".prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            fields(inner).prop_map(wire::map),
        ]
    })
}

/// A map with small ascending keys.
fn fields(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Vec<(i64, Value)>> {
    proptest::collection::btree_map(1..9_i64, value, 0..8).prop_map(|m| m.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_inside_of_an_envelope_is_refused_or_is_what_we_would_write(
        kind in prop_oneof![Just(Kind::Filing), Just(Kind::Attachment), Just(Kind::Report), Just(Kind::Second)],
        fields in fields(value()),
    ) {
        let (secret, key) = keys();
        let (public, verifying) = (secret.public().unwrap(), key.verifying().unwrap());
        let content = wire::map(fields);
        let sealed = seal_value(kind, &header(kind), &content, &public, key).unwrap();
        let Ok(incoming) = open_any(&sealed, secret, |_| Some(verifying)) else { return Ok(()) };
        // Written again it must have the same inside; the seal itself differs each time.
        let again = match &incoming {
            Incoming::Filing(opened) => seal(&opened.header, &opened.body, &public, key),
            Incoming::Chunk { header, chunk, .. } => seal_chunk(header, chunk, &public, key),
            Incoming::Report { header, report } => seal_report(header, report, &public, key),
            Incoming::Second { header, body, .. } => {
                crate::second::seal_second(header, body, &public, key)
            }
        };
        prop_assert_eq!(again.unwrap().len(), sealed.len());
    }

    #[test]
    fn the_inside_of_a_signature_is_refused_or_is_what_we_would_write(fields in fields(value())) {
        let (_, key) = keys();
        let verifying = key.verifying().unwrap();
        let content = wire::encode(&wire::map(fields));
        let sign = |typ| cose::sign1(typ, content.clone(), key).unwrap();
        macro_rules! same {
            ($typ:literal, $of:ty) => {
                let signed = sign($typ);
                if let Ok(read) = <$of>::verify(&signed, &verifying) {
                    prop_assert_eq!(read.sign(key).unwrap(), signed);
                }
            };
        }
        same!("ubugoe-receipt/1", crate::Receipt);
        same!("ubugoe-refusal/1", crate::Refusal);
        same!("ubugoe-status/1", crate::StatusNotice);
        same!("ubugoe-command/1", crate::Command);
        same!("ubugoe-time/1", crate::TimeNotice);
        same!("ubugoe-grant/1", crate::Grant);
        same!("ubugoe-second/1", crate::SecondNotice);
        same!("ubugoe-manifest/1", crate::Manifest);
        if let Ok(part) = crate::Part::from_bytes(&content) {
            prop_assert_eq!(part.to_bytes(), content);
        }
    }
}
