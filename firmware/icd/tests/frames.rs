//! Frames as they stand on the line, held against literals, and what becomes of broken ones.

#![expect(clippy::unwrap_used, reason = "a panic is the failure")]

use ubugoe_icd::{
    Ask, Board, FrameError, Pattern, ReadError, Request, Scene, ServiceAsk, ServiceTell, Slot,
    Sound, Splitter, Table, Tell, encode,
    frame::{Frame, MAX_WIRE},
    image::{HEAD, Head},
    service::CHUNK,
};

const SCENE: Scene = Scene {
    pattern: Pattern::WantsCard,
    quiet: false,
    card_slot: true,
    help: false,
    backlight: 80,
    ring: 60,
};

fn wire<T: Table>(message: &T, sequence: u16) -> Vec<u8> {
    let mut space = [0; MAX_WIRE];
    encode(message, sequence, &mut space).unwrap().to_vec()
}

/// What a splitter makes of a line: each frame as its schema, sequence, and whether it is an `Ask`.
fn heard(line: &[u8]) -> Vec<Result<(u16, Option<Ask>), FrameError>> {
    let mut splitter = Splitter::new();
    let mut found = Vec::new();
    for byte in line {
        if let Some(frame) = splitter.push(*byte) {
            found.push(frame.map(|f| (f.sequence, f.read::<Ask>().ok())));
        }
    }
    found
}

#[test]
fn a_message_comes_back_as_it_went() {
    for ask in [
        Ask::Set(SCENE),
        Ask::Sense,
        Ask::Buzz(Sound::Joy),
        Ask::NoteTamper { openings: 513 },
        Ask::Leave { seconds: 900 },
        Ask::TestLamps,
    ] {
        assert_eq!(heard(&wire(&ask, 7)), [Ok((7, Some(ask)))]);
    }
}

#[test]
fn a_frame_is_a_zero_and_no_zero_and_a_zero() {
    let line = wire(&Ask::Set(SCENE), 0);
    assert_eq!((line.first(), line.last()), (Some(&0), Some(&0)));
    assert!(line[1..line.len() - 1].iter().all(|byte| *byte != 0));
}

#[test]
fn the_body_is_schema_sequence_postcard_and_crc_32() {
    let line = wire(&Ask::Sense, 0x0102);
    let mut body = [0; 64];
    let length = cobs::decode(&line[1..line.len() - 1], &mut body).unwrap();
    let body = &body[..length];
    assert_eq!(body.len(), 8 + 2 + 1 + 4);
    assert_eq!(&body[8..11], [2, 1, 1], "sequence; the second of the asks");
    // CRC-32 as in ISO-HDLC: of "123456789" it is 0xCBF43926.
    let crc = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);
    assert_eq!(crc.checksum(b"123456789"), 0xCBF4_3926);
    assert_eq!(body[11..], crc.checksum(&body[..11]).to_le_bytes());
}

#[test]
fn the_longest_message_fits() {
    let bytes = [0xA5; CHUNK];
    let line = wire(
        &ServiceAsk::Write {
            offset: u32::MAX,
            bytes: &bytes,
        },
        1,
    );
    let mut splitter = Splitter::new();
    let frame = line.iter().find_map(|byte| {
        let found = splitter.push(*byte)?;
        Some(matches!(
            found.unwrap().read::<ServiceAsk<'_>>(),
            Ok(ServiceAsk::Write { offset: u32::MAX, bytes }) if bytes == [0xA5; CHUNK]
        ))
    });
    assert_eq!(frame, Some(true));
}

#[test]
fn any_single_bit_that_flips_is_noticed_and_the_next_frame_is_heard() {
    let whole = wire(&Ask::Set(SCENE), 3);
    let next = wire(&Ask::Sense, 4);
    for at in 1..whole.len() - 1 {
        for bit in 0..8 {
            let mut line = whole.clone();
            line[at] ^= 1 << bit;
            line.extend(&next);
            let found = heard(&line);
            assert_eq!(found.last(), Some(&Ok((4, Some(Ask::Sense)))), "{at}.{bit}");
            assert!(
                found[..found.len() - 1].iter().all(Result::is_err),
                "{at}.{bit}: {found:?}"
            );
        }
    }
}

#[test]
fn who_joins_in_the_middle_is_in_step_at_the_next_zero() {
    let whole = wire(&Ask::Set(SCENE), 3);
    for at in 1..whole.len() - 1 {
        let line = [&whole[at..], &wire(&Ask::Sense, 4)].concat();
        assert_eq!(heard(&line).last(), Some(&Ok((4, Some(Ask::Sense)))));
    }
}

#[test]
fn endless_noise_without_a_zero_costs_one_frame() {
    let line = [vec![0x55; 10_000], wire(&Ask::Sense, 1)].concat();
    assert_eq!(
        heard(&line),
        [Err(FrameError::TooLong), Ok((1, Some(Ask::Sense)))]
    );
}

#[test]
fn a_message_of_another_table_is_named_and_not_read() {
    let line = wire(&Ask::Sense, 1);
    let mut splitter = Splitter::new();
    let read = line.iter().find_map(|byte| {
        let found = splitter.push(*byte)?;
        Some(found.unwrap().read::<Tell>())
    });
    let theirs = Ask::SCHEMA;
    assert_eq!(read, Some(Err(ReadError::OtherSchema { theirs })));
}

#[test]
fn bytes_behind_a_message_make_it_unreadable() {
    let mut body = [&Ask::SCHEMA.to_le_bytes()[..], &[0, 0], &[1, 9]].concat();
    let crc = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(&body);
    body.extend(crc.to_le_bytes());
    let frame = Frame::from_body(&body).unwrap();
    assert_eq!(frame.read::<Ask>(), Err(ReadError::Unreadable));
}

#[test]
fn the_four_tables_have_four_hashes_and_the_service_table_is_frozen() {
    let mut all = [
        Ask::SCHEMA,
        Tell::SCHEMA,
        ServiceAsk::SCHEMA,
        ServiceTell::SCHEMA,
    ];
    all.sort_unstable();
    assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
    assert_eq!(
        (ServiceAsk::SCHEMA, ServiceTell::SCHEMA),
        (0x4016_067D_B800_503F, 0x19A9_937C_CC72_661C),
        "panels in the field speak this: no change, a new table instead"
    );
}

#[test]
fn what_would_happen_twice_is_never_sent_twice() {
    for (ask, twice) in [
        (Ask::Set(SCENE), true),
        (Ask::Sense, true),
        (Ask::NoteTamper { openings: 1 }, true),
        (Ask::Leave { seconds: 1 }, true),
        (Ask::Buzz(Sound::Tick), false),
        (Ask::TestLamps, false),
    ] {
        assert_eq!(ask.is_idempotent(), twice, "{ask:?}");
    }
    assert!(!ServiceAsk::Switch.is_idempotent());
    assert!(
        ServiceAsk::Write {
            offset: 0,
            bytes: &[]
        }
        .is_idempotent()
    );
}

#[test]
fn an_image_head_is_these_bytes() {
    let head = Head {
        board: Board::Rp2040,
        slot: Slot::B,
        version: 0x0102_0304,
        floor: 5,
        length: 0x600,
        digest: [0xDD; 32],
    };
    let bytes = head.to_bytes();
    assert_eq!(
        bytes[..20],
        [
            b'U', b'B', b'P', b'I', 1, 1, 1, 0, 4, 3, 2, 1, 5, 0, 0, 0, 0, 6, 0, 0
        ]
    );
    assert_eq!(Head::from_bytes(&bytes), Some(head));
    for at in [0, 4, 5, 6, 7] {
        let mut other: [u8; HEAD] = bytes;
        other[at] = 9;
        assert_eq!(Head::from_bytes(&other), None, "{at}");
    }
}
