//! Keys, headers and bodies that several tests need. Nothing here is under test.
#![allow(dead_code, reason = "each test binary uses its part")]

use ubugoe_protocol::{
    Anchor, AnchorSource, AttachmentRef, CaseId, DeviceId, FilingBody, FilingId, Header, Kind,
    Receipt, RecipientId, RecipientPublicKey, RecipientSecretKey, SigningKey, SystemOrder,
    TimeClaim, VERSION, VerifyingKey, VisitProof, VisitTree, digest,
};

pub(crate) struct Pair {
    pub(crate) secret: RecipientSecretKey,
    pub(crate) public: RecipientPublicKey,
}

pub(crate) struct Signer {
    pub(crate) secret: SigningKey,
    pub(crate) public: VerifyingKey,
}

pub(crate) fn pair() -> Pair {
    let secret = RecipientSecretKey::generate().unwrap();
    let public = secret.public().unwrap();
    Pair { secret, public }
}

pub(crate) fn signer() -> Signer {
    let secret = SigningKey::generate().unwrap();
    let public = secret.verifying().unwrap();
    Signer { secret, public }
}

pub(crate) fn device() -> DeviceId {
    "kiosk-07".parse().unwrap()
}

pub(crate) fn city() -> RecipientId {
    "city-a1".parse().unwrap()
}

pub(crate) fn header(to: &RecipientPublicKey) -> Header {
    Header {
        v: VERSION,
        id: FilingId::from_bytes([1; 16]),
        device: device(),
        recipient: city(),
        kind: Kind::Filing,
        schema: "ubugoe-filing/1".to_owned(),
        case: CaseId::from_bytes([2; 16]),
        case_seq: 3,
        created: 1_790_000_000,
        expires: Some(1_800_000_000),
        key_id: to.key_id(),
    }
}

pub(crate) fn time() -> TimeClaim {
    TimeClaim {
        counter: 41,
        boot: [8; 8],
        ticks: 7_200_000,
        anchor: Anchor {
            source: AnchorSource::NetworkTime,
            at: 1_789_999_000,
            error: 120,
            ticks: Some(6_200_000),
        },
    }
}

/// The second of three forms.
pub(crate) fn visit(canonical: &[u8]) -> VisitProof {
    let digests = vec![[3; 32], digest(canonical), [4; 32]];
    VisitTree::new([6; 16], digests).unwrap().proof(1).unwrap()
}

pub(crate) fn body() -> FilingBody {
    let canonical = "{\"子の名\":\"葛󠄀飾 𠮷子\"}".as_bytes().to_vec();
    FilingBody {
        time: time(),
        visit: visit(&canonical),
        canonical,
        signature: vec![0x30; 900],
        attachments: vec![AttachmentRef {
            sha256: [9; 32],
            len: 4096,
            media_type: "application/pdf".to_owned(),
        }],
    }
}

pub(crate) fn receipt() -> Receipt {
    Receipt {
        v: VERSION,
        id: FilingId::from_bytes([1; 16]),
        digest: [7; 32],
        recipient: city(),
        arrived_at: 1_790_000_123,
        arrival_no: 4711,
        status_token: "0123456789abcdefABCDEF".to_owned(),
        status_url: "https://status.asukoe.example/s/".to_owned(),
        visit: None,
        signed: None,
        era: 0,
    }
}

pub(crate) fn system_order() -> SystemOrder {
    SystemOrder {
        url: "https://systems.asukoe.example/ubugoe.raucb?build=7".to_owned(),
        compatible: "ubugoe-generic-amd64".to_owned(),
        version: "0.8.2+2026".parse().unwrap(),
        sha256: [9; 32],
        len: 214_000_000,
    }
}
