//! The panel as a whole: what comes from the line and from the sensors, and what is shown and answered.

use embedded_hal::{
    digital::{InputPin, OutputPin},
    pwm::SetDutyCycle,
};
use embedded_storage::nor_flash::NorFlash;
use smart_leds_trait::{RGB8, SmartLedsWrite};
use ubugoe_icd::{
    Ask, Frame, Lamp, Pattern, ReadError, Refusal, Scene, Senses, ServiceAsk, ServiceTell,
    Splitter, Table, Tamper, Tell, encode, frame::MAX_WIRE,
};

use crate::{
    Millis,
    eye::Eye,
    presence::Watcher,
    ring::{self, Picture},
    sound::Player,
    update::Updater,
    watchdog::Watchdog,
};

/// Lamps are tried for so long.
const LAMP_TEST: Millis = 2_000;
/// The tamper switch bounces: a change counts when it has lasted so long.
const SETTLED: Millis = 30;

/// What a panel is made of.
pub trait Hardware {
    /// Twelve lights in a ring.
    type Ring: SmartLedsWrite<Color = RGB8>;
    /// A lamp.
    type Help: OutputPin;
    /// High while current flows through that lamp.
    type HelpCurrent: InputPin;
    /// The light at the card slot.
    type CardSlot: OutputPin;
    /// High: the kiosk has power.
    type Power: OutputPin;
    /// The screen's light.
    type Backlight: SetDutyCycle;
    /// The buzzer; half the duty is loudest.
    type Buzzer: SetDutyCycle;
    /// High while the case is open: a cut wire is an opening.
    type Case: InputPin;
    /// How far away the nearest thing is.
    type Eye: Eye;
    /// Where firmware is kept.
    type Flash: NorFlash;
}

/// The parts themselves.
pub struct Parts<H: Hardware + ?Sized> {
    /// See [`Hardware`].
    pub ring: H::Ring,
    /// See [`Hardware`].
    pub help: H::Help,
    /// See [`Hardware`].
    pub help_current: H::HelpCurrent,
    /// See [`Hardware`].
    pub card_slot: H::CardSlot,
    /// See [`Hardware`].
    pub power: H::Power,
    /// See [`Hardware`].
    pub backlight: H::Backlight,
    /// See [`Hardware`].
    pub buzzer: H::Buzzer,
    /// See [`Hardware`].
    pub case: H::Case,
}

/// The panel.
pub struct Panel<H: Hardware> {
    parts: Parts<H>,
    watcher: Watcher<H::Eye>,
    updater: Updater<H::Flash>,
    watchdog: Watchdog,
    splitter: Splitter,
    player: Player,
    scene: Scene,
    senses: Senses,
    /// When the switch was first seen other than it is taken to be.
    case_moved: Option<Millis>,
    picture: Option<Picture>,
    /// Since when lamps are tried.
    lamp_test: Option<Millis>,
    started: Millis,
}

impl<H: Hardware> Panel<H> {
    /// A panel that starts now.
    pub const fn new(
        parts: Parts<H>,
        eye: H::Eye,
        updater: Updater<H::Flash>,
        now: Millis,
    ) -> Self {
        Self {
            parts,
            watcher: Watcher::new(eye),
            updater,
            watchdog: Watchdog::new(now),
            splitter: Splitter::new(),
            player: Player::new(),
            scene: Scene {
                pattern: Pattern::Dark,
                quiet: false,
                card_slot: false,
                help: false,
                // Whoever stands before a device that is starting should see its screen.
                backlight: 100,
                ring: 50,
            },
            senses: Senses {
                presence: ubugoe_icd::Presence::Unknown,
                tamper: Tamper {
                    open: false,
                    openings: 0,
                    noted: 0,
                },
                help: Lamp::Dark,
                card_slot: false,
                uptime: 0,
                power_cycles: 0,
            },
            case_moved: None,
            picture: None,
            lamp_test: None,
            started: now,
        }
    }

    /// Whether the board is to restart now.
    pub const fn wants_restart(&self) -> bool {
        self.updater.wants_restart()
    }

    /// Ends, and gives the flash back.
    pub fn into_flash(self) -> H::Flash {
        self.updater.into_flash()
    }

    /// Takes one byte from the line. `send` gets what is to go out.
    pub fn receive(&mut self, byte: u8, now: Millis, send: &mut impl FnMut(&[u8])) {
        let Self {
            splitter, updater, ..
        } = self;
        // Noise and broken frames have no answer: the kiosk asks again.
        let Some(Ok(frame)) = splitter.push(byte) else {
            return;
        };
        let sequence = frame.sequence;
        match heard(&frame) {
            Heard::Panel(ask) => {
                self.watchdog.heard(now);
                let answer = self.take(ask, now);
                say(&answer, sequence, send);
            }
            Heard::Service(ask) => {
                let answer = updater.take(&ask);
                // Whoever updates a panel of another schema lives too.
                self.watchdog.heard(now);
                say(&answer, sequence, send);
            }
            // A kiosk of another build lives, and works without us. What we are is the answer, in the table that never changes.
            Heard::Stranger => {
                self.watchdog.heard(now);
                let answer = updater.take(&ServiceAsk::Identify);
                say(&answer, sequence, send);
            }
            Heard::Nonsense => {}
        }
    }

    fn take(&mut self, ask: Ask, now: Millis) -> Tell {
        match ask {
            Ask::Set(scene) => {
                if scene.backlight > 100 || scene.ring > 100 {
                    return Tell::Refused(Refusal::OutOfRange);
                }
                if scene.quiet {
                    self.player.stop();
                }
                self.scene = scene;
            }
            Ask::Sense => {}
            Ask::Buzz(sound) => {
                if !self.scene.quiet {
                    self.player.play(sound, now);
                }
            }
            Ask::NoteTamper { openings } => {
                if openings > self.senses.tamper.openings {
                    return Tell::Refused(Refusal::OutOfRange);
                }
                self.senses.tamper.noted = self.senses.tamper.noted.max(openings);
            }
            Ask::Leave { seconds } => {
                if seconds > Ask::LONGEST_LEAVE {
                    return Tell::Refused(Refusal::OutOfRange);
                }
                self.watchdog.leave(Millis::from(seconds) * 1000, now);
            }
            Ask::TestLamps => {
                if self.updater.is_busy() {
                    return Tell::Refused(Refusal::Updating);
                }
                self.lamp_test = Some(now);
            }
        }
        // So that the answer tells what follows from it.
        self.drive(now);
        self.sense(now);
        Tell::Senses(self.senses)
    }

    /// Looks at everything and shows everything. To be called at least every 50 ms. `send` gets news.
    pub fn tick(&mut self, now: Millis, send: &mut impl FnMut(&[u8])) {
        let before = self.senses;
        self.updater.tick(now.saturating_sub(self.started));
        self.drive(now);
        self.sense(now);
        if news(&before, &self.senses) {
            say(&Tell::Senses(self.senses), 0, send);
        }
    }

    fn sense(&mut self, now: Millis) {
        self.senses.presence = self.watcher.look(now);
        // A switch that cannot be read is an open case.
        let open = self.parts.case.is_high().unwrap_or(true);
        if open == self.senses.tamper.open {
            self.case_moved = None;
        } else {
            let since = *self.case_moved.get_or_insert(now);
            if now.saturating_sub(since) >= SETTLED {
                self.senses.tamper.open = open;
                self.case_moved = None;
                if open {
                    self.senses.tamper.openings = self.senses.tamper.openings.saturating_add(1);
                }
            }
        }
        let seconds = now.saturating_sub(self.started) / 1000;
        self.senses.uptime = u32::try_from(seconds).unwrap_or(u32::MAX);
        self.senses.power_cycles = self.watchdog.cuts();
    }

    fn drive(&mut self, now: Millis) {
        let verdict = self.watchdog.tick(now);
        let tested = self
            .lamp_test
            .map(|since| now.saturating_sub(since))
            .filter(|elapsed| *elapsed < LAMP_TEST);
        if tested.is_none() {
            self.lamp_test = None;
        }
        let shown = if verdict.out_of_service {
            // Nobody there to be waited for. The call for help stays: whoever called still waits.
            self.player.stop();
            Scene {
                pattern: Pattern::OutOfService,
                card_slot: false,
                backlight: 100,
                ..self.scene
            }
        } else if self.updater.is_busy() {
            Scene {
                pattern: Pattern::Updating,
                ..self.scene
            }
        } else {
            self.scene
        };
        let picture = match tested {
            Some(elapsed) => ring::test_picture(elapsed),
            None => ring::picture(shown.pattern, shown.quiet, shown.ring, now),
        };
        if self.picture != Some(picture) && self.parts.ring.write(picture).is_ok() {
            self.picture = Some(picture);
        }
        let (help, slot) = (
            shown.help || tested.is_some(),
            shown.card_slot || tested.is_some(),
        );
        let driven = self.parts.help.set_state(help.into()).is_ok();
        let current = self.parts.help_current.is_high().unwrap_or(false);
        self.senses.help = match (help, driven && current) {
            (false, _) => Lamp::Dark,
            (true, true) => Lamp::Lit,
            (true, false) => Lamp::Broken,
        };
        self.senses.card_slot = self.parts.card_slot.set_state(slot.into()).is_ok() && slot;
        let _ = self.parts.power.set_state(verdict.power.into());
        let _ = self
            .parts
            .backlight
            .set_duty_cycle_percent(shown.backlight.min(100));
        let loud = self.player.loudness(now);
        let _ = self.parts.buzzer.set_duty_cycle_percent(loud / 2);
    }
}

enum Heard<'a> {
    Panel(Ask),
    Service(ServiceAsk<'a>),
    Stranger,
    Nonsense,
}

fn heard<'a>(frame: &Frame<'a>) -> Heard<'a> {
    // Our own words, back from a line that is closed on itself: an answer would never end.
    if [Tell::SCHEMA, ServiceTell::SCHEMA].contains(&frame.schema) {
        return Heard::Nonsense;
    }
    match frame.read::<Ask>() {
        Ok(ask) => return Heard::Panel(ask),
        Err(ReadError::Unreadable) => return Heard::Nonsense,
        Err(ReadError::OtherSchema { .. }) => {}
    }
    match frame.read::<ServiceAsk<'_>>() {
        Ok(ask) => Heard::Service(ask),
        Err(ReadError::Unreadable) => Heard::Nonsense,
        Err(ReadError::OtherSchema { .. }) => Heard::Stranger,
    }
}

/// Whether the kiosk is to hear of it unasked: not of every millimetre, nor of the seconds.
fn news(before: &Senses, after: &Senses) -> bool {
    let kind = core::mem::discriminant::<ubugoe_icd::Presence>;
    kind(&before.presence) != kind(&after.presence)
        || before.tamper != after.tamper
        || before.help != after.help
        || before.card_slot != after.card_slot
        || before.power_cycles != after.power_cycles
}

fn say<T: Table>(message: &T, sequence: u16, send: &mut impl FnMut(&[u8])) {
    let mut wire = [0; MAX_WIRE];
    // Every message of ours is shorter than a frame: `icd` tests hold that.
    if let Ok(bytes) = encode(message, sequence, &mut wire) {
        send(bytes);
    }
}
