//! New firmware: into the slot that does not run, signed, whole, not too old, on trial, confirmed or undone.
//!
//! ```text
//! Begin (signature, board, slot, floor) ─> Write … (each page read back and hashed) ─> Verify (only now the head is written)
//!       ─> Switch ─> restart ─> boot::choose ─> the new image on trial ─ Confirm ─> it stays, the floor rises
//!                                                        └─ none within two minutes, or any restart ─> the old one is back
//! ```
//! A whole slot hashed at once takes an RP2040 longer than its watchdog and the kiosk wait (SHA-512, some 250 cycles a byte: 2 s at
//! 125 MHz), so the digest grows with the pages; the boot loader reads the whole again. The slot that runs is never written. Each slot: one page for the head, then the image.

use ed25519_dalek::{Digest, Sha512, Signature, VerifyingKey};
use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
use ubugoe_icd::{
    Ask, Board, Identity, ServiceAsk, ServiceTell, Slot, Table, Tell, UpdateRefusal,
    image::{HEAD, Head, SIGNED_HEAD},
};

use crate::{
    Millis,
    boot::Choice,
    record::{self, Kept, Record, Trial},
};

/// What is written at once: a page of the RP2040's flash. A board's `WRITE_SIZE` divides it.
pub const PAGE: usize = 256;
/// Where an image begins in its slot: one page behind the slot's beginning, where the head is.
pub const IMAGE_AT: u32 = 256;
/// So long may a trial take until it is confirmed.
pub const TRIAL: Millis = 120_000;

/// Where everything is in the flash, in bytes from its beginning; all multiples of its `ERASE_SIZE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Two places for the record of which slot runs, one erase block each.
    pub records: [u32; 2],
    /// The slots.
    pub slots: [u32; 2],
    /// Bytes of a slot, head included.
    pub slot_size: u32,
}

impl Layout {
    const fn slot(&self, slot: Slot) -> u32 {
        let [a, b] = self.slots;
        match slot {
            Slot::A => a,
            Slot::B => b,
        }
    }
}

/// What firmware knows about itself when it is built.
#[derive(Debug, Clone, Copy)]
pub struct Firmware {
    /// For which board.
    pub board: Board,
    /// Which version.
    pub version: u32,
    /// Whose signature on new firmware counts.
    pub key: [u8; 32],
}

/// Takes new firmware.
#[derive(Debug)]
pub struct Updater<F> {
    flash: F,
    layout: Layout,
    firmware: Firmware,
    record: Record,
    choice: Choice,
    coming: Option<Coming>,
    restart: bool,
}

#[derive(Debug)]
struct Coming {
    head: Head,
    signed: [u8; SIGNED_HEAD],
    next: u32,
    /// What has come of the page at `next`.
    page: [u8; PAGE],
    /// Of every page before it, as it was read back.
    hash: Sha512,
    verified: bool,
}

impl<F: NorFlash> Updater<F> {
    /// After [`crate::choose`] made `choice`.
    ///
    /// # Errors
    /// What the flash says.
    pub fn new(
        mut flash: F,
        layout: Layout,
        firmware: Firmware,
        choice: Choice,
    ) -> Result<Self, F::Error> {
        let record = match record::read(&mut flash, &layout)? {
            Kept::Record(record) => record,
            Kept::Blank => Record::FACTORY,
            // The floor is lost with it: nothing older than what runs.
            Kept::Damaged => Record {
                floor: firmware.version,
                ..Record::FACTORY
            },
        };
        Ok(Self {
            flash,
            layout,
            firmware,
            record,
            choice,
            coming: None,
            restart: false,
        })
    }

    /// Whether the board is to restart now, the answer before it sent.
    #[must_use]
    pub const fn wants_restart(&self) -> bool {
        self.restart
    }

    /// Whether an image is being taken.
    #[must_use]
    pub const fn is_busy(&self) -> bool {
        self.coming.is_some()
    }

    /// A trial that nobody confirmed in time ends.
    pub fn tick(&mut self, now: Millis) {
        self.restart |= self.record.trial == Trial::Begun && now >= TRIAL;
    }

    /// Gives the flash back.
    pub fn into_flash(self) -> F {
        self.flash
    }

    /// Does what is asked.
    pub fn take(&mut self, ask: &ServiceAsk<'_>) -> ServiceTell {
        let done = match *ask {
            ServiceAsk::Identify => return ServiceTell::Identity(self.identity()),
            ServiceAsk::Begin { head } => self.begin(head),
            ServiceAsk::Write { offset, bytes } => self.write(offset, bytes),
            ServiceAsk::Verify => self.verify(),
            ServiceAsk::Switch => self.switch(),
            ServiceAsk::Confirm { version } => self.confirm(version),
        };
        done.unwrap_or_else(ServiceTell::Refused)
    }

    fn identity(&self) -> Identity {
        Identity {
            board: self.firmware.board,
            version: self.firmware.version,
            floor: self.record.floor,
            slot: self.choice.slot,
            trial: self.record.trial == Trial::Begun,
            fell_back: self.choice.fell_back,
            ask: Ask::SCHEMA,
            tell: Tell::SCHEMA,
        }
    }

    fn begin(&mut self, signed: &[u8]) -> Result<ServiceTell, UpdateRefusal> {
        let signed: [u8; SIGNED_HEAD] = signed.try_into().map_err(|_| UpdateRefusal::Head)?;
        if let Some(coming) = &self.coming
            && coming.signed == signed
        {
            return Ok(ServiceTell::Next {
                offset: coming.next,
            });
        }
        let (said, signature) = signed
            .split_first_chunk::<HEAD>()
            .ok_or(UpdateRefusal::Head)?;
        let head = Head::from_bytes(said).ok_or(UpdateRefusal::Head)?;
        let signature = Signature::from_slice(signature).map_err(|_| UpdateRefusal::Signature)?;
        VerifyingKey::from_bytes(&self.firmware.key)
            .and_then(|key| key.verify_strict(said, &signature))
            .map_err(|_| UpdateRefusal::Signature)?;
        self.is_fit(&head)?;
        self.coming = None;
        let at = self.layout.slot(head.slot);
        self.erase(at)?;
        self.coming = Some(Coming {
            head,
            signed,
            next: 0,
            page: [0xFF; PAGE],
            hash: Sha512::new(),
            verified: false,
        });
        Ok(ServiceTell::Next { offset: 0 })
    }

    fn is_fit(&self, head: &Head) -> Result<(), UpdateRefusal> {
        if self.record.trial != Trial::None {
            return Err(UpdateRefusal::OnTrial);
        }
        if head.board != self.firmware.board {
            return Err(UpdateRefusal::OtherBoard);
        }
        if head.slot != self.choice.slot.other() {
            return Err(UpdateRefusal::OtherSlot);
        }
        if head.version < self.record.floor {
            return Err(UpdateRefusal::TooOld);
        }
        if head.length > self.layout.slot_size - IMAGE_AT {
            return Err(UpdateRefusal::TooLong);
        }
        Ok(())
    }

    fn erase(&mut self, at: u32) -> Result<(), UpdateRefusal> {
        let sector = u32::try_from(F::ERASE_SIZE).map_err(|_| UpdateRefusal::Flash)?;
        let done = self.flash.erase(at, at.saturating_add(sector));
        done.map_err(|_| UpdateRefusal::Flash)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<ServiceTell, UpdateRefusal> {
        let mut coming = self.coming.take().ok_or(UpdateRefusal::Gap)?;
        let written = self.write_to(&mut coming, offset, bytes);
        // After a failure of the flash it is begun anew; a question that does not fit changes nothing.
        if written != Err(UpdateRefusal::Flash) {
            self.coming = Some(coming);
        }
        written
    }

    fn write_to(
        &mut self,
        coming: &mut Coming,
        offset: u32,
        bytes: &[u8],
    ) -> Result<ServiceTell, UpdateRefusal> {
        if offset > coming.next {
            return Err(UpdateRefusal::Gap);
        }
        let end = u32::try_from(bytes.len())
            .ok()
            .and_then(|length| offset.checked_add(length))
            .filter(|end| *end <= coming.head.length)
            .ok_or(UpdateRefusal::TooLong)?;
        let wanted = coming.next;
        for (at, byte) in (offset..end).zip(bytes).filter(|(at, _)| *at >= wanted) {
            let in_page = at as usize % PAGE;
            if let Some(place) = coming.page.get_mut(in_page) {
                *place = *byte;
            }
            if in_page == PAGE - 1 || at + 1 == coming.head.length {
                self.flush(coming, at)?;
            }
        }
        coming.next = coming.next.max(end);
        Ok(ServiceTell::Next {
            offset: coming.next,
        })
    }

    /// Writes the page that holds byte `at` of the image, its erase block erased when it is the first one there, and reads it back.
    /// Each page once, in order.
    fn flush(&mut self, coming: &mut Coming, at: u32) -> Result<(), UpdateRefusal> {
        let page = u32::try_from(PAGE).map_err(|_| UpdateRefusal::Flash)?;
        let sector = u32::try_from(F::ERASE_SIZE).map_err(|_| UpdateRefusal::Flash)?;
        let start = self.layout.slot(coming.head.slot) + IMAGE_AT + (at - at % page);
        if start.is_multiple_of(sector) {
            self.erase(start)?;
        }
        let mut bytes = core::mem::replace(&mut coming.page, [0xFF; PAGE]);
        let length = (at % page) as usize + 1;
        self.flash
            .write(start, &bytes)
            .and_then(|()| self.flash.read(start, &mut bytes))
            .map_err(|_| UpdateRefusal::Flash)?;
        coming.hash.update(bytes.get(..length).unwrap_or_default());
        Ok(())
    }

    fn verify(&mut self) -> Result<ServiceTell, UpdateRefusal> {
        let mut coming = self.coming.take().ok_or(UpdateRefusal::Gap)?;
        if coming.next != coming.head.length {
            self.coming = Some(coming);
            return Err(UpdateRefusal::Gap);
        }
        if !coming.verified {
            let at = self.layout.slot(coming.head.slot);
            if short(coming.hash.clone()) != coming.head.digest {
                return Err(UpdateRefusal::Digest);
            }
            let mut page = [0xFF; PAGE];
            for (place, byte) in page.iter_mut().zip(coming.signed) {
                *place = byte;
            }
            let done = self.flash.write(at, &page);
            done.map_err(|_| UpdateRefusal::Flash)?;
            coming.verified = true;
        }
        self.coming = Some(coming);
        Ok(ServiceTell::Verified)
    }

    fn switch(&mut self) -> Result<ServiceTell, UpdateRefusal> {
        if !self.coming.as_ref().is_some_and(|coming| coming.verified) {
            return Err(UpdateRefusal::Gap);
        }
        self.note(Record {
            active: self.choice.slot,
            trial: Trial::Wanted,
            fell_back: false,
            ..self.record
        })?;
        self.restart = true;
        Ok(ServiceTell::Switching)
    }

    fn confirm(&mut self, version: u32) -> Result<ServiceTell, UpdateRefusal> {
        if version != self.firmware.version {
            return Err(UpdateRefusal::NoTrial);
        }
        if self.record.trial == Trial::None {
            return Ok(ServiceTell::Confirmed);
        }
        let head = head(&mut self.flash, &self.layout, self.choice.slot);
        let head = head.map_err(|_| UpdateRefusal::Flash)?;
        self.note(Record {
            active: self.choice.slot,
            trial: Trial::None,
            fell_back: false,
            floor: self.record.floor.max(head.map_or(0, |head| head.floor)),
            ..self.record
        })?;
        Ok(ServiceTell::Confirmed)
    }

    fn note(&mut self, record: Record) -> Result<(), UpdateRefusal> {
        let written = record::write(&mut self.flash, &self.layout, record);
        self.record = written.map_err(|_| UpdateRefusal::Flash)?;
        Ok(())
    }
}

/// Whether a slot holds an image that was verified, and is what it was then.
pub(crate) fn is_whole<F: ReadNorFlash>(
    flash: &mut F,
    layout: &Layout,
    slot: Slot,
) -> Result<bool, F::Error> {
    let Some(head) = head(flash, layout, slot)? else {
        return Ok(false);
    };
    if head.length > layout.slot_size - IMAGE_AT {
        return Ok(false);
    }
    let at = layout.slot(slot) + IMAGE_AT;
    Ok(digest(flash, at, head.length)? == head.digest)
}

/// The version of the verified image in `slot`, if there is one. For boards that cannot start it: simulator and emulator.
///
/// # Errors
/// What the flash says.
pub fn version_in<F: ReadNorFlash>(
    flash: &mut F,
    layout: &Layout,
    slot: Slot,
) -> Result<Option<u32>, F::Error> {
    Ok(head(flash, layout, slot)?.map(|head| head.version))
}

/// The version that is taken to run from `slot`, for boards that cannot start what was written; `first` is that of the image
/// that was put into the first slot without a head.
pub fn version_of<F: ReadNorFlash>(flash: &mut F, layout: &Layout, slot: Slot, first: u32) -> u32 {
    let written = version_in(flash, layout, slot).ok().flatten();
    written.unwrap_or(match slot {
        Slot::A => first,
        Slot::B => 0,
    })
}

/// What [`crate::choose`] chose, for firmware that a boot loader of its own started in `slot`: read, not chosen again.
///
/// # Errors
/// What the flash says.
pub fn choice_of_running<F: NorFlash>(
    flash: &mut F,
    layout: &Layout,
    slot: Slot,
) -> Result<Choice, F::Error> {
    let kept = record::read(flash, layout)?.or_factory();
    Ok(Choice {
        slot,
        trial: kept.trial == Trial::Begun,
        fell_back: kept.fell_back,
    })
}

fn head<F: ReadNorFlash>(
    flash: &mut F,
    layout: &Layout,
    slot: Slot,
) -> Result<Option<Head>, F::Error> {
    let mut bytes = [0; HEAD];
    flash.read(layout.slot(slot), &mut bytes)?;
    Ok(Head::from_bytes(&bytes).filter(|head| head.slot == slot))
}

fn digest<F: ReadNorFlash>(flash: &mut F, from: u32, length: u32) -> Result<[u8; 32], F::Error> {
    let mut hash = Sha512::new();
    let mut page = [0; PAGE];
    let mut at = 0;
    while at < length {
        let part = (length - at).min(IMAGE_AT);
        if let Some(part) = page.get_mut(..part as usize) {
            flash.read(from + at, part)?;
            hash.update(&part);
        }
        at += part;
    }
    Ok(short(hash))
}

/// The half of a digest that a head has room for.
fn short(hash: Sha512) -> [u8; 32] {
    let mut digest = [0; 32];
    for (place, byte) in digest.iter_mut().zip(hash.finalize()) {
        *place = byte;
    }
    digest
}

/// A public key from 64 hexadecimal digits, while firmware is built. Without digits: the zero key, under which nothing verifies.
///
/// # Panics
/// While it is built, when they are something else.
#[must_use]
pub const fn key_from_hex(digits: Option<&str>) -> [u8; 32] {
    const fn nibble(digit: u8) -> u8 {
        match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => panic!("a key is 64 digits, 0 to 9 and a to f"),
        }
    }
    let mut key = [0; 32];
    let Some(digits) = digits else { return key };
    let mut rest = digits.as_bytes();
    assert!(rest.len() == 64, "a key is 64 digits");
    let mut left: &mut [u8] = &mut key;
    while let [high, low, then @ ..] = rest {
        if let [place, after @ ..] = left {
            *place = nibble(*high) << 4 | nibble(*low);
            left = after;
        } else {
            break;
        }
        rest = then;
    }
    key
}
