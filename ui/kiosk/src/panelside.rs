//! The front panel beside a visit: what it is to show at which page, and what follows from what it senses.
//!
//! The kiosk works the same without one: nothing here answers back into a visit. What the panel shows never says more than the page:
//! after a loss there is no lively light and no sound.

use ubugoe_panel::{Condition, Lamp, News, Panel, Pattern, Presence, Scene, Senses, Sound, Tamper};
use ubugoe_visit::{
    Second, Stage, State,
    service::report::{PanelCheck, Presence as Found},
};

use crate::presenters;

/// Light of the screen in percent: while somebody is here, at night, and while nobody is.
const BRIGHT: u8 = 100;
const NIGHT: u8 = 40;
const ALONE: u8 = 20;

/// Whether the call for staff can be seen from afar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HelpLight {
    /// Nobody called, or there is no light that could be lit.
    #[default]
    None,
    /// It is lit: its current says so.
    Lit,
    /// It should be, and is not.
    Dark,
}

/// The loop's memory of the panel.
#[derive(Debug, Default)]
pub struct PanelSide {
    panel: Option<Panel>,
    condition: Option<Condition>,
    senses: Option<Senses>,
    shown: Option<Scene>,
    /// The last count of openings in the audit log.
    recorded: Option<u16>,
    /// Staff were called and have not come yet.
    called: bool,
}

impl PanelSide {
    /// With a panel, or without one.
    #[must_use]
    pub fn new(panel: Option<Panel>) -> Self {
        Self {
            panel,
            ..Self::default()
        }
    }

    /// Takes what the driver says. True when a picture may change.
    pub fn heard(&mut self, news: News) -> bool {
        match news {
            News::Condition(condition) => {
                let ready = matches!(condition, Condition::Ready(_));
                tracing::info!(target: "audit", panel = if ready { "ready" } else { "lost" });
                self.condition = Some(condition);
                if !ready {
                    self.senses = None;
                    self.recorded = None;
                }
            }
            News::Senses(senses) => {
                self.heard_of_the_case(senses.tamper);
                let before = self.senses.replace(senses);
                // Not of every millimetre and second.
                return before.is_none_or(|before| {
                    let far = std::mem::discriminant::<Presence>;
                    before.help != senses.help || far(&before.presence) != far(&senses.presence)
                });
            }
            News::Updating(..) => return false,
            News::Updated(version) => {
                tracing::info!(target: "audit", panel = "updated", version);
            }
            News::NotUpdated(why) => {
                tracing::warn!(target: "audit", panel = "not-updated", ?why);
            }
        }
        true
    }

    /// On record before the panel is told so: what nobody wrote down comes again.
    fn heard_of_the_case(&mut self, tamper: Tamper) {
        // A panel that started anew counts anew.
        self.recorded = self
            .recorded
            .filter(|recorded| *recorded <= tamper.openings);
        if tamper.openings <= tamper.noted {
            return;
        }
        if self.recorded != Some(tamper.openings) {
            tracing::warn!(target: "audit", case = "opened", openings = tamper.openings);
            self.recorded = Some(tamper.openings);
        }
        if let Some(panel) = &self.panel {
            panel.note_tamper(tamper.openings);
        }
    }

    /// Somebody asked for staff.
    pub const fn call(&mut self) {
        self.called = true;
    }

    /// A step was made: whoever called and goes on, or staff who sign in, puts the light out.
    pub fn moved(&mut self, before: &State, after: &State) {
        let went_on = matches!(before.stage, Stage::Called { .. })
            && !matches!(
                after.stage,
                Stage::Called { .. } | Stage::Resting | Stage::CardAway { .. }
            );
        let staff = after.service.is_open() && !before.service.is_open();
        self.called &= !(went_on || staff);
        let stored = |state: &State| matches!(state.stage, Stage::Following { .. });
        let trouble = |state: &State| matches!(state.stage, Stage::Trouble { .. });
        let sound = if stored(after) && matches!(before.stage, Stage::Storing { .. }) {
            Some(Sound::Joy)
        } else if trouble(after) && !trouble(before) {
            Some(Sound::Attention)
        } else {
            None
        };
        if let (Some(panel), Some(sound)) = (&self.panel, sound)
            && after.comfort.sound
            && !presenters::quiet(&after.stage)
        {
            panel.sound(sound);
        }
    }

    /// Shows what belongs to this state, if that is new.
    pub fn show(&mut self, state: &State, closed: bool) {
        let Some(panel) = &self.panel else { return };
        let presence = self
            .senses
            .map_or(Presence::Unknown, |senses| senses.presence);
        let scene = scene(state, closed, self.called, presence);
        if self.shown != Some(scene) {
            self.shown = Some(scene);
            panel.show(scene);
        }
    }

    /// Whether the call for staff can be seen.
    #[must_use]
    pub fn help_light(&self) -> HelpLight {
        if !self.called || self.panel.is_none() {
            return HelpLight::None;
        }
        match self.senses.map(|senses| senses.help) {
            Some(Lamp::Lit) => HelpLight::Lit,
            // It was told, and has not answered yet.
            Some(Lamp::Dark) => HelpLight::None,
            Some(Lamp::Broken) | None => HelpLight::Dark,
        }
    }

    /// Whether there should be a panel and it does nothing of what it is told.
    #[must_use]
    pub const fn is_lost(&self) -> bool {
        self.panel.is_some() && !matches!(self.condition, None | Some(Condition::Ready(_)))
    }

    /// For the self-test.
    #[must_use]
    pub fn found(&self) -> Found {
        match (&self.panel, self.condition) {
            (None, _) => Found::Absent,
            (Some(_), Some(Condition::Ready(_))) => Found::Ok,
            (Some(_), _) => Found::Faulty,
        }
    }

    /// For the self-test: what the panel says of itself.
    #[must_use]
    pub fn check(&self) -> Option<PanelCheck> {
        let (identity, same_tables) = match self.condition? {
            Condition::Ready(identity) => (identity, true),
            Condition::OtherTables(identity) => (identity, false),
            Condition::Absent | Condition::Silent => return None,
        };
        let senses = self.senses.unwrap_or_default();
        Some(PanelCheck {
            firmware: identity.version,
            same_tables,
            case_open: senses.tamper.open,
            openings: senses.tamper.openings,
            sensor: senses.presence != Presence::Unknown,
            lamp_broken: senses.help == Lamp::Broken,
            power_cycles: senses.power_cycles,
        })
    }
}

/// What belongs to a state. Colours and movement are the firmware's; here is only what is meant.
fn scene(state: &State, closed: bool, called: bool, presence: Presence) -> Scene {
    let resting = state.stage == Stage::Resting && !state.service.is_open();
    let light = match (state.comfort.night, resting && presence == Presence::Nobody) {
        (_, true) => ALONE,
        (true, false) => NIGHT,
        (false, false) => BRIGHT,
    };
    Scene {
        pattern: if called {
            Pattern::Help
        } else if closed && resting {
            Pattern::Closed
        } else if state.service.is_open() {
            Pattern::InVisit
        } else {
            pattern(&state.stage)
        },
        quiet: presenters::quiet(&state.stage),
        card_slot: !state.service.is_open()
            && matches!(
                state.stage,
                Stage::CardWanted | Stage::CardAway { .. } | Stage::Second(Second::CardWanted)
            ),
        help: called,
        backlight: light,
        ring: light / 2,
    }
}

const fn pattern(stage: &Stage) -> Pattern {
    match stage {
        Stage::Resting => Pattern::Ready,
        Stage::CardWanted | Stage::CardAway { .. } | Stage::Second(Second::CardWanted) => {
            Pattern::WantsCard
        }
        Stage::ReadingAttributes { .. }
        | Stage::Signing { .. }
        | Stage::Storing { .. }
        | Stage::Second(Second::Signing { .. } | Second::Storing { .. }) => Pattern::KeepCard,
        Stage::Following { .. } | Stage::Finished | Stage::Second(Second::Done { .. }) => {
            Pattern::Done
        }
        Stage::Trouble { .. } => Pattern::Trouble,
        // The page says that staff come; whether they were called is known elsewhere.
        Stage::Called { .. } => Pattern::Help,
        Stage::Language { .. }
        | Stage::Notice { .. }
        | Stage::AttributesPin { .. }
        | Stage::Identity { .. }
        | Stage::FindingCertificate { .. }
        | Stage::StaffGuides { .. }
        | Stage::Resume { .. }
        | Stage::Certificate { .. }
        | Stage::Line(_)
        | Stage::Asking { .. }
        | Stage::Nursery(_)
        | Stage::Reviewing { .. }
        | Stage::SignPassword { .. }
        | Stage::Keeping { .. }
        | Stage::Paused { .. }
        | Stage::StillThere { .. }
        | Stage::Paper { .. }
        | Stage::Second(
            Second::Number { .. }
            | Second::Asking { .. }
            | Second::Reading { .. }
            | Second::Password { .. },
        ) => Pattern::InVisit,
    }
}

#[cfg(test)]
mod tests {
    use ubugoe_procedures::Tongue;
    use ubugoe_visit::Comfort;

    use super::*;

    fn state(stage: Stage) -> State {
        State {
            stage,
            ..State::resting(Tongue::Ja, Comfort::default())
        }
    }

    #[test]
    fn somebody_who_comes_wakes_the_resting_screen_and_a_blind_sensor_leaves_it_awake() {
        let light = |presence| scene(&state(Stage::Resting), false, false, presence).backlight;
        assert_eq!(light(Presence::Nobody), ALONE);
        assert_eq!(light(Presence::Somebody { distance: 400 }), BRIGHT);
        assert_eq!(light(Presence::Unknown), BRIGHT);
    }

    #[test]
    fn nobody_at_the_sensor_does_not_dim_a_page_that_somebody_reads() {
        let lying = scene(&state(Stage::CardWanted), false, false, Presence::Nobody);
        assert_eq!(lying.backlight, BRIGHT);
        assert!(lying.card_slot);
        assert_eq!(lying.pattern, Pattern::WantsCard);
    }

    #[test]
    fn a_call_for_staff_is_lit_over_whatever_the_page_is() {
        for stage in [Stage::Resting, Stage::CardWanted, Stage::Finished] {
            let called = scene(&state(stage), true, true, Presence::Unknown);
            assert!(called.help && called.pattern == Pattern::Help);
        }
    }

    #[test]
    fn without_a_panel_nothing_is_said_to_be_lit_lost_or_there() {
        let mut side = PanelSide::new(None);
        side.call();
        side.show(&state(Stage::Resting), false);
        assert_eq!(side.help_light(), HelpLight::None);
        assert!(!side.is_lost());
        assert_eq!((side.found(), side.check()), (Found::Absent, None));
    }
}
