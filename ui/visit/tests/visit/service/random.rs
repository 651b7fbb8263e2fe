//! Random events of staff and parents together: nothing of staff ever signs, there is always a way out, and the end is
//! a wipe.

use proptest::prelude::*;
use ubugoe_procedures::{FilerRole, ReasonCode, Value};
use ubugoe_visit::service::{
    Ask, CodeProblem, Errand, ErrandDone, ErrandTrouble, Filed, FlagsRead, Loss, Mark, PinAnswer,
    PinRefused, Printed, Scanned, Service, ServiceEffect, ServiceEvent, Sheet, TypedCode, Verdict,
};
use ubugoe_visit::{Effect, Event, Integrity, ServiceFailure, Ticket, WardFlags};

use super::{Desk, figures, midwife, moment, officer, paper};
use crate::bedside::{card, certificate, found, holder, said};

/// An event, from a number: resolved against the desk as it stands, so that many fit.
fn event(desk: &Desk, n: u8, m: u8) -> Event {
    let ask = if m.is_multiple_of(5) {
        Ask(u64::from(m))
    } else {
        desk.ask()
    };
    let staff = match n % 47 {
        0 | 1 => ServiceEvent::Wanted,
        2 | 3 => ServiceEvent::NumberEntered(if m.is_multiple_of(2) {
            midwife().number
        } else {
            officer().number
        }),
        4 => ServiceEvent::TechnicianWanted,
        5 => ServiceEvent::SwitchSeen {
            ask,
            on: !m.is_multiple_of(3),
            known: !m.is_multiple_of(7),
        },
        6 | 7 => ServiceEvent::PinEntered,
        8..=10 => ServiceEvent::PinChecked {
            ask,
            answer: match m % 6 {
                0 | 1 => PinAnswer::Staff(midwife()),
                2 => PinAnswer::Staff(officer()),
                3 => PinAnswer::Technician,
                4 => PinAnswer::Locked,
                _ => PinAnswer::Refused(PinRefused::TooSoon { seconds: 5 }),
            },
        },
        11 => ServiceEvent::BackWanted,
        12 => ServiceEvent::Touched,
        13 => ServiceEvent::RefreshWanted,
        14 | 15 => ServiceEvent::WardRead {
            ask,
            papers: vec![ubugoe_visit::service::Paper {
                flags: if m.is_multiple_of(4) {
                    FlagsRead::Unreadable
                } else {
                    FlagsRead::Known(WardFlags::default())
                },
                filed: if m.is_multiple_of(3) {
                    Filed::Yes
                } else {
                    Filed::No
                },
                ..paper()
            }],
            unreadable: 0,
        },
        16 => ServiceEvent::PaperChosen(paper().key()),
        17 | 18 => ServiceEvent::RegisterWanted,
        19 => ServiceEvent::TwinWanted,
        20 => ServiceEvent::CorrectionWanted,
        21 => ServiceEvent::RowChosen("weight_g".parse().unwrap()),
        22..=24 => answer(desk, m),
        25 => ServiceEvent::AnswerUnreadable(ReasonCode::BadFormat),
        26 => ServiceEvent::Attested,
        27 => ServiceEvent::FlagsChosen(WardFlags {
            nicu: m.is_multiple_of(2),
            loss: m.is_multiple_of(3),
            ..WardFlags::default()
        }),
        28 => ServiceEvent::HandOverWanted,
        29 => ServiceEvent::HandedTo(FilerRole::Father),
        30 => ServiceEvent::LossWanted,
        31 => ServiceEvent::LossChosen(Loss::Stillbirth),
        32 => ServiceEvent::Written { ask },
        33 => ServiceEvent::NotWritten {
            ask,
            filed: m.is_multiple_of(2),
        },
        34 => ServiceEvent::DocumentsWanted,
        35 => ServiceEvent::Marked {
            document: "account".to_owned(),
            mark: Some(Mark::Seen),
        },
        36 => ServiceEvent::ReceiptScanned(Scanned("x".to_owned())),
        37 => ServiceEvent::ReceiptChecked {
            ask,
            verdict: Verdict::NotAReceipt,
        },
        38 => ServiceEvent::SelfTestWanted,
        40..=46 => errand(ask, n % 47, m),
        _ => return parent(m),
    };
    Event::Service(staff)
}

fn errand(ask: Ask, n: u8, m: u8) -> ServiceEvent {
    match n {
        40 => ServiceEvent::ErrandWanted(match m % 4 {
            0 => Errand::Move,
            3 => Errand::Wipe,
            1 => Errand::Rotate,
            _ => Errand::Export,
        }),
        41 => ServiceEvent::CodeEntered(TypedCode {
            text: "x".to_owned(),
            address: String::new(),
        }),
        42 => ServiceEvent::SticksFound {
            ask,
            names: vec!["A".to_owned()],
        },
        43 => ServiceEvent::StickChosen("A".to_owned()),
        44 => ServiceEvent::ErrandEnded {
            ask,
            how: match m % 4 {
                0 => Ok(ErrandDone::Rotated),
                3 => Ok(ErrandDone::WipeOrdered),
                1 => Err(ErrandTrouble::Code(CodeProblem::Spent)),
                _ => Err(ErrandTrouble::Failure(ServiceFailure::DeviceUnusable)),
            },
        },
        45 => ServiceEvent::WipeWanted("4719".to_owned()),
        _ => ServiceEvent::PrintMoved(Printed::Done),
    }
}

fn answer(desk: &Desk, m: u8) -> ServiceEvent {
    match desk.state.service.form().map(|form| &form.sheet) {
        Some(Sheet::Moment) => moment(),
        Some(Sheet::Figures) => figures(i64::from(m) * 40, "49.5"),
        Some(Sheet::Field(path)) => ServiceEvent::Answered(match path.as_str() {
            "plural" => Value::Bool(m.is_multiple_of(2)),
            "sex" => Value::Choice("1".to_owned()),
            _ => Value::Text("山田　花子".to_owned()),
        }),
        Some(Sheet::Order | Sheet::Review) | None => ServiceEvent::Answered(Value::Blank),
    }
}

fn parent(m: u8) -> Event {
    match m % 17 {
        0 | 1 => Event::CardInserted(card(1)),
        2 => Event::CardRemoved { ticket: Ticket(1) },
        3 => Event::AttributesPinEntered,
        4 => Event::AttributesRead {
            ticket: Ticket(1),
            holder: holder(),
            integrity: Integrity::Proven,
        },
        5 => Event::IdentityConfirmed,
        6 => found(&[certificate()]),
        7 => Event::CertificatesConfirmed,
        8 => Event::LineSeen,
        9 => Event::Answered(said("child_mei")),
        10 => Event::ReviewConfirmed,
        11 => Event::SignPasswordEntered,
        12 => Event::ReadersChanged { present: m < 128 },
        13 => Event::NoticeRead,
        14 => Event::BeginWanted,
        15 => Event::StaffOpened,
        _ => Event::QuitWanted,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_staff_and_parents_do_staff_never_sign_never_cover_a_visit_and_always_get_out(
        moves in prop::collection::vec((any::<u8>(), any::<u8>()), 1..120)
    ) {
        let mut desk = Desk::at_rest();
        for (n, m) in moves {
            let (open, stage) = (desk.state.service.is_open(), desk.state.stage.clone());
            let event = event(&desk, n, m);
            let of_staff = matches!(event, Event::Service(_));
            desk.happens(event);
            if of_staff {
                // Whatever staff do, the visit stands as it stood and nothing is asked of card, desk or city.
                prop_assert_eq!(&desk.state.stage, &stage);
                prop_assert!(desk.others.is_empty());
            }
            let signs = |e: &Effect| matches!(e, Effect::Sign { .. } | Effect::Store { .. });
            prop_assert!(!open || !desk.others.iter().any(signs));
            if desk.state.service.is_open() {
                prop_assert!(!desk.state.stage.holds_personal_data());
            } else if open {
                prop_assert!(desk.effects.contains(&ServiceEffect::Wipe));
                prop_assert!(desk.effects.contains(&ServiceEffect::ClearPin));
            }
        }
        desk.tell(ServiceEvent::Closed);
        prop_assert_eq!(&desk.state.service, &Service::None);
    }
}
