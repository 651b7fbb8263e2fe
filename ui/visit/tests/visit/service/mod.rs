//! Staff at the device: who gets in, what the ward writes, what the counter reads, and that none of it is a parent's.

mod counter;
mod errands;
mod random;
mod session;
mod ward;

use std::sync::LazyLock;

use jiff::civil::{DateTime, datetime};
use ubugoe_procedures::{FilerRole, IssuerKind, PlaceKind, Value};
use ubugoe_visit::service::{
    Ask, Filed, FlagsRead, Handed, Paper, PinAnswer, Role, Service, ServiceDesk, ServiceEffect,
    ServiceEvent, Staff, StaffNumber, Usual, audit, key_of,
};
use ubugoe_visit::{ChildKey, Context, Effect, Event, State, step};

use crate::bedside::{certificate, device};

pub(crate) const NOW: DateTime = datetime(2026, 11, 24, 9, 30, 0, 0);

static USUAL: LazyLock<Usual> = LazyLock::new(|| Usual {
    place_kind: PlaceKind::Hospital,
    place_addr: "ことほぎ県あすこえ市みなと町４丁目５番地".to_owned(),
    place_name: Some("あすこえ市民病院".to_owned()),
});

pub(crate) fn midwife() -> Staff {
    Staff {
        number: StaffNumber::new("0417").unwrap(),
        name: "海野　渚".to_owned(),
        role: Role::Ward,
        issues: Some(IssuerKind::Midwife),
    }
}

pub(crate) fn officer() -> Staff {
    Staff {
        number: StaffNumber::new("2001").unwrap(),
        name: "浜田　汐".to_owned(),
        role: Role::Counter,
        issues: None,
    }
}

pub(crate) fn paper() -> Paper {
    Paper {
        certificate: certificate(),
        flags: FlagsRead::Known(ubugoe_visit::WardFlags::default()),
        filed: Filed::No,
        attested: None,
    }
}

/// A device and what staff did to it.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) state: State,
    pub(crate) effects: Vec<ServiceEffect>,
    /// Whatever else was asked.
    pub(crate) others: Vec<Effect>,
    pub(crate) asked: u64,
    pub(crate) now: Option<DateTime>,
    pub(crate) handed: Option<Handed>,
}

impl Desk {
    pub(crate) fn at_rest() -> Self {
        Self {
            state: State::resting(
                ubugoe_procedures::Tongue::Ja,
                ubugoe_visit::Comfort::default(),
            ),
            effects: Vec::new(),
            others: Vec::new(),
            asked: 0,
            now: Some(NOW),
            handed: None,
        }
    }

    pub(crate) fn happens(&mut self, event: Event) {
        self.asked += 1;
        let number = format!("W-{}", self.asked);
        let cx = Context {
            staff: ServiceDesk {
                ask: Ask(self.asked),
                now: self.now,
                fresh_number: &number,
                usual: Some(&USUAL),
                handed: self.handed.as_ref(),
                knows_door: true,
                ordered: "",
            },
            ..device()
        };
        let (state, effects) = step(self.state.clone(), event, &cx);
        self.state = state;
        self.effects.clear();
        self.others.clear();
        for effect in effects {
            match effect {
                Effect::Service(effect) => self.effects.push(effect),
                other => self.others.push(other),
            }
        }
    }

    pub(crate) fn tell(&mut self, event: ServiceEvent) -> &mut Self {
        self.happens(Event::Service(event));
        self
    }

    /// The number of the question that is open.
    pub(crate) fn ask(&self) -> Ask {
        Ask(self.asked)
    }

    pub(crate) fn page(&self) -> &'static str {
        audit::name(&self.state.service)
    }

    pub(crate) fn sign_in(staff: Staff) -> Self {
        let mut desk = Self::at_rest();
        desk.tell(ServiceEvent::Wanted)
            .tell(ServiceEvent::NumberEntered(staff.number.clone()))
            .tell(ServiceEvent::PinEntered);
        let ask = desk.ask();
        desk.tell(ServiceEvent::PinChecked {
            ask,
            answer: PinAnswer::Staff(staff),
        });
        desk
    }

    /// The ward's list with these papers on it.
    pub(crate) fn ward(papers: Vec<Paper>) -> Self {
        let mut desk = Self::sign_in(midwife());
        let ask = desk.ask();
        desk.tell(ServiceEvent::WardRead {
            ask,
            papers,
            unreadable: 0,
        });
        assert_eq!(desk.page(), "ward-list");
        desk
    }

    pub(crate) fn open(papers: Vec<Paper>, key: ChildKey) -> Self {
        let mut desk = Self::ward(papers);
        desk.tell(ServiceEvent::PaperChosen(key));
        assert_eq!(desk.page(), "ward-paper");
        desk
    }

    pub(crate) fn counter() -> Self {
        let desk = Self::sign_in(officer());
        assert_eq!(desk.page(), "counter");
        desk
    }

    pub(crate) fn technician() -> Self {
        let mut desk = Self::at_rest();
        desk.tell(ServiceEvent::Wanted)
            .tell(ServiceEvent::TechnicianWanted);
        let ask = desk.ask();
        desk.tell(ServiceEvent::SwitchSeen {
            ask,
            on: true,
            known: true,
        })
        .tell(ServiceEvent::PinEntered);
        let ask = desk.ask();
        desk.tell(ServiceEvent::PinChecked {
            ask,
            answer: PinAnswer::Technician,
        });
        assert_eq!(desk.page(), "technician");
        desk
    }

    pub(crate) fn form(&self) -> &ubugoe_visit::service::Form {
        self.state.service.form().unwrap()
    }
}

pub(crate) fn handed(role: FilerRole) -> Handed {
    Handed {
        key: key_of(&certificate()),
        role,
    }
}

/// What a midwife enters on the sheets of a plain birth.
pub(crate) fn moment() -> ServiceEvent {
    ServiceEvent::SheetEntered(vec![(
        "birth_dt".parse().unwrap(),
        Value::DateTime(datetime(2026, 11, 24, 3, 5, 0, 0)),
    )])
}

pub(crate) fn figures(weight: i64, length: &str) -> ServiceEvent {
    let number = |path: &str, n| (path.parse().unwrap(), Value::Number(n));
    ServiceEvent::SheetEntered(vec![
        number("weight_g", weight),
        ("length_cm".parse().unwrap(), Value::Text(length.to_owned())),
        number("weeks", 39),
        number("days", 2),
        number("live_births", 1),
        number("stillbirths", 0),
    ])
}

pub(crate) fn is_none(desk: &Desk) -> bool {
    desk.state.service == Service::None
}
