//! New firmware on a flash whose current may fail at any operation.

#![expect(clippy::unwrap_used, reason = "a panic is the failure")]

use ed25519_dalek::{Digest as _, Sha512, Signer as _, SigningKey};
use embedded_storage::nor_flash::NorFlash as _;
use ubugoe_icd::{
    Board, ServiceAsk, ServiceTell, Slot, UpdateRefusal,
    image::{Head, SIGNED_HEAD},
    service::CHUNK,
};
use ubugoe_panel_logic::{
    Firmware, Updater, choose,
    update::{TRIAL, version_in},
};
use ubugoe_panelsim::{Flash, LAYOUT};

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn firmware(version: u32) -> Firmware {
    Firmware {
        board: Board::Simulated,
        version,
        key: key().verifying_key().to_bytes(),
    }
}

/// A head and its bytes.
struct Image {
    head: Head,
    signed: [u8; SIGNED_HEAD],
    bytes: Vec<u8>,
}

fn image(version: u32, floor: u32, slot: Slot, length: usize) -> Image {
    let bytes: Vec<u8> = (0..length)
        .map(|at| u8::try_from((at * 7 + 3) % 251).unwrap())
        .collect();
    let head = Head {
        board: Board::Simulated,
        slot,
        version,
        floor,
        length: u32::try_from(length).unwrap(),
        digest: Sha512::digest(&bytes)[..32].try_into().unwrap(),
    };
    Image {
        signed: sign(&head),
        head,
        bytes,
    }
}

fn sign(head: &Head) -> [u8; SIGNED_HEAD] {
    let said = head.to_bytes();
    [&said[..], &key().sign(&said).to_bytes()]
        .concat()
        .try_into()
        .unwrap()
}

type Answer = Result<ServiceTell, UpdateRefusal>;

fn ask(updater: &mut Updater<Flash>, ask: &ServiceAsk<'_>) -> Answer {
    match updater.take(ask) {
        ServiceTell::Refused(why) => Err(why),
        told => Ok(told),
    }
}

/// Everything up to the restart.
fn give(updater: &mut Updater<Flash>, image: &Image) -> Answer {
    ask(
        updater,
        &ServiceAsk::Begin {
            head: &image.signed,
        },
    )?;
    for (at, bytes) in image.bytes.chunks(CHUNK).enumerate() {
        let offset = u32::try_from(at * CHUNK).unwrap();
        ask(updater, &ServiceAsk::Write { offset, bytes })?;
    }
    ask(updater, &ServiceAsk::Verify)?;
    ask(updater, &ServiceAsk::Switch)
}

/// The microcontroller starts: which slot, which version, on trial or not.
fn start(mut flash: Flash) -> (Updater<Flash>, Slot, u32, bool) {
    flash.budget = None;
    let choice = choose(&mut flash, &LAYOUT).unwrap();
    let version = version_in(&mut flash, &LAYOUT, choice.slot)
        .unwrap()
        .unwrap_or(1);
    let updater = Updater::new(flash, LAYOUT, firmware(version), choice).unwrap();
    (updater, choice.slot, version, choice.trial)
}

fn fresh() -> Updater<Flash> {
    start(Flash::default()).0
}

#[test]
fn new_firmware_runs_on_trial_and_stays_once_it_is_confirmed() {
    let mut updater = fresh();
    assert_eq!(
        give(&mut updater, &image(2, 2, Slot::B, 10_000)),
        Ok(ServiceTell::Switching)
    );
    assert!(updater.wants_restart());
    let (mut updater, slot, version, trial) = start(updater.into_flash());
    assert_eq!((slot, version, trial), (Slot::B, 2, true));
    assert_eq!(
        ask(&mut updater, &ServiceAsk::Confirm { version: 2 }),
        Ok(ServiceTell::Confirmed)
    );
    let (mut updater, slot, version, trial) = start(updater.into_flash());
    assert_eq!((slot, version, trial), (Slot::B, 2, false));
    // and the next one goes back into the first slot; below the floor nothing comes in any more
    assert_eq!(
        give(&mut updater, &image(1, 1, Slot::A, 100)),
        Err(UpdateRefusal::TooOld)
    );
    assert_eq!(
        give(&mut updater, &image(3, 2, Slot::A, 100)),
        Ok(ServiceTell::Switching)
    );
}

#[test]
fn a_trial_that_is_not_confirmed_ends_and_the_old_firmware_is_back() {
    let mut updater = fresh();
    give(&mut updater, &image(2, 2, Slot::B, 1_000)).unwrap();
    let (mut updater, ..) = start(updater.into_flash());
    updater.tick(TRIAL - 1);
    assert!(!updater.wants_restart());
    updater.tick(TRIAL);
    assert!(updater.wants_restart());
    let (mut updater, slot, version, trial) = start(updater.into_flash());
    assert_eq!((slot, version, trial), (Slot::A, 1, false));
    let ServiceTell::Identity(who) = updater.take(&ServiceAsk::Identify) else {
        panic!("no identity")
    };
    assert!(who.fell_back && who.floor == 0, "{who:?}");
}

#[test]
fn what_is_not_for_this_panel_is_refused_before_anything_is_written() {
    let good = image(2, 2, Slot::B, 300);
    let cases = [
        (
            sign(&Head {
                board: Board::Rp2040,
                ..good.head
            }),
            UpdateRefusal::OtherBoard,
        ),
        (
            sign(&Head {
                slot: Slot::A,
                ..good.head
            }),
            UpdateRefusal::OtherSlot,
        ),
        (
            sign(&Head {
                length: 0x1_0000,
                ..good.head
            }),
            UpdateRefusal::TooLong,
        ),
        ([0; SIGNED_HEAD], UpdateRefusal::Head),
    ];
    for (head, why) in cases {
        assert_eq!(
            ask(&mut fresh(), &ServiceAsk::Begin { head: &head }),
            Err(why)
        );
    }
    assert_eq!(
        ask(&mut fresh(), &ServiceAsk::Begin { head: &[1, 2] }),
        Err(UpdateRefusal::Head)
    );
}

#[test]
fn a_signature_that_is_wrong_in_any_byte_or_a_strangers_is_refused() {
    let good = image(2, 2, Slot::B, 300);
    // from the version on, so that the head itself stays one
    for at in (8..SIGNED_HEAD).step_by(9) {
        let mut head = good.signed;
        head[at] ^= 4;
        let told = ask(&mut fresh(), &ServiceAsk::Begin { head: &head });
        assert_eq!(told, Err(UpdateRefusal::Signature), "{at}");
    }
    let said = good.head.to_bytes();
    let stranger = SigningKey::from_bytes(&[8; 32]).sign(&said).to_bytes();
    let head = [&said[..], &stranger].concat();
    assert_eq!(
        ask(&mut fresh(), &ServiceAsk::Begin { head: &head }),
        Err(UpdateRefusal::Signature)
    );
}

#[test]
fn bytes_that_are_not_the_signed_ones_are_never_started() {
    let mut bad = image(2, 2, Slot::B, 3_000);
    bad.bytes[1_234] ^= 1;
    let mut updater = fresh();
    assert_eq!(give(&mut updater, &bad), Err(UpdateRefusal::Digest));
    assert_eq!(
        ask(&mut updater, &ServiceAsk::Switch),
        Err(UpdateRefusal::Gap)
    );
    let (_, slot, version, trial) = start(updater.into_flash());
    assert_eq!((slot, version, trial), (Slot::A, 1, false));
}

/// Hashing a whole slot at once would take an RP2040 longer than its watchdog waits: it is hashed page by page as it is written. What
/// happens to it afterwards the boot loader finds, which reads it all.
#[test]
fn a_page_that_rots_after_it_was_read_back_is_not_asked_for_again_and_never_started() {
    let good = image(2, 2, Slot::B, 3_000);
    let mut updater = fresh();
    ask(&mut updater, &ServiceAsk::Begin { head: &good.signed }).unwrap();
    for (at, bytes) in good.bytes.chunks(CHUNK).enumerate() {
        let offset = u32::try_from(at * CHUNK).unwrap();
        ask(&mut updater, &ServiceAsk::Write { offset, bytes }).unwrap();
    }
    assert_eq!(
        ask(&mut updater, &ServiceAsk::Verify),
        Ok(ServiceTell::Verified)
    );
    ask(&mut updater, &ServiceAsk::Switch).unwrap();
    let mut flash = updater.into_flash();
    let [_, b] = LAYOUT.slots;
    // an image that is whole is started: control
    assert_eq!(start(flash.clone()).1, Slot::B);
    flash.write(b + 256 + 512, &[0; 256]).unwrap();
    let (_, slot, version, trial) = start(flash);
    assert_eq!((slot, version, trial), (Slot::A, 1, false));
}

#[test]
fn bytes_out_of_order_twice_or_too_many_do_no_harm() {
    let good = image(2, 2, Slot::B, 1_000);
    let mut updater = fresh();
    assert_eq!(
        ask(&mut updater, &ServiceAsk::Verify),
        Err(UpdateRefusal::Gap)
    );
    ask(&mut updater, &ServiceAsk::Begin { head: &good.signed }).unwrap();
    let mut write = |offset: u32, from: usize, to: usize| {
        ask(
            &mut updater,
            &ServiceAsk::Write {
                offset,
                bytes: &good.bytes[from..to],
            },
        )
    };
    assert_eq!(write(100, 100, 200), Err(UpdateRefusal::Gap));
    assert_eq!(write(0, 0, 150), Ok(ServiceTell::Next { offset: 150 }));
    assert_eq!(
        write(0, 0, 150),
        Ok(ServiceTell::Next { offset: 150 }),
        "again"
    );
    assert_eq!(
        write(100, 100, 290),
        Ok(ServiceTell::Next { offset: 290 }),
        "half of it again"
    );
    assert_eq!(write(900, 0, 192), Err(UpdateRefusal::Gap));
    // once more from the beginning: it goes on where it stopped
    let begun = ask(&mut updater, &ServiceAsk::Begin { head: &good.signed });
    assert_eq!(begun, Ok(ServiceTell::Next { offset: 290 }));
    assert_eq!(give(&mut updater, &good), Ok(ServiceTell::Switching));
}

#[test]
fn wherever_the_current_fails_the_old_or_the_new_firmware_starts_and_the_update_can_be_done_again()
{
    let good = image(2, 2, Slot::B, 9_000);
    let mut cut_at = 0;
    let mut seen = (0, 0);
    loop {
        // The whole way with a budget: give, start, confirm.
        let mut flash = Flash::default();
        flash.budget = Some(cut_at);
        let (flash, done) = whole_way(flash, &good);
        let (mut updater, slot, version, trial) = start(flash);
        match (slot, version) {
            (Slot::A, 1) => seen.0 += 1,
            (Slot::B, 2) => seen.1 += 1,
            other => panic!("cut at {cut_at}: {other:?}"),
        }
        if slot == Slot::A {
            assert_eq!(
                give(&mut updater, &good),
                Ok(ServiceTell::Switching),
                "cut at {cut_at}"
            );
            let (mut updater, ..) = start(updater.into_flash());
            ask(&mut updater, &ServiceAsk::Confirm { version: 2 }).unwrap();
            updater = start(updater.into_flash()).0;
            let ServiceTell::Identity(who) = updater.take(&ServiceAsk::Identify) else {
                panic!("no identity")
            };
            assert_eq!(
                (who.version, who.floor, who.trial),
                (2, 2, false),
                "cut at {cut_at}"
            );
        } else if trial {
            let (_, slot, ..) = start(updater.into_flash());
            assert_eq!(
                slot,
                Slot::A,
                "a trial that lost its current is over: {cut_at}"
            );
        }
        if done {
            break;
        }
        cut_at += 1;
    }
    assert!(seen.0 > 40 && seen.1 > 0, "{cut_at} cuts: {seen:?}");
}

/// As far as the current lasts; whether it lasted to the end.
fn whole_way(mut flash: Flash, image: &Image) -> (Flash, bool) {
    let Ok(choice) = choose(&mut flash, &LAYOUT) else {
        return (flash, false);
    };
    let kept = flash.clone();
    let Ok(mut updater) = Updater::new(flash, LAYOUT, firmware(1), choice) else {
        return (kept, false);
    };
    let given = give(&mut updater, image);
    let mut flash = updater.into_flash();
    if given.is_err() {
        return (flash, false);
    }
    let Ok(choice) = choose(&mut flash, &LAYOUT) else {
        return (flash, false);
    };
    let kept = flash.clone();
    let Ok(mut updater) = Updater::new(flash, LAYOUT, firmware(2), choice) else {
        return (kept, false);
    };
    let confirmed = ask(&mut updater, &ServiceAsk::Confirm { version: 2 });
    (updater.into_flash(), confirmed.is_ok())
}
