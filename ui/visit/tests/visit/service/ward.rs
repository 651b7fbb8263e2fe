//! The ward's papers.

use jiff::civil::datetime;
use ubugoe_procedures::{
    BirthCertificate, FilerRole, IssuerKind, Plurality, ReasonCode, Sex, Value,
};
use ubugoe_visit::service::{
    Attestation, Filed, FlagsRead, Loss, Paper, Service, ServiceEffect, ServiceEvent, Sheet,
    WardAt, audit,
};
use ubugoe_visit::{ChildKey, ServiceFailure, WardFlags};

use super::{Desk, NOW, figures, midwife, moment, paper};
use crate::bedside::{certificate, choice, text};

fn path(text: &str) -> ubugoe_procedures::FieldPath {
    text.parse().unwrap()
}

/// Everything up to the review of a plain birth.
fn registered() -> Desk {
    let mut desk = Desk::ward(vec![]);
    desk.tell(ServiceEvent::RegisterWanted);
    assert_eq!(desk.form().sheet, Sheet::Field(path("mother")));
    desk.tell(ServiceEvent::Answered(text("神\u{e0100}山　花子")));
    assert_eq!(desk.form().sheet, Sheet::Moment);
    desk.tell(moment());
    assert_eq!(desk.form().sheet, Sheet::Field(path("sex")));
    desk.tell(ServiceEvent::Answered(choice("2")));
    assert_eq!(desk.form().sheet, Sheet::Field(path("plural")));
    desk.tell(ServiceEvent::Answered(Value::Bool(false)));
    assert_eq!(desk.form().sheet, Sheet::Figures);
    desk.tell(figures(3012, "49.5"));
    assert_eq!(
        desk.form().sheet,
        Sheet::Review,
        "{:?}",
        desk.form().problems
    );
    desk
}

fn written(desk: &Desk) -> (BirthCertificate, Option<ChildKey>, Attestation) {
    let found = desk.effects.iter().find_map(|effect| match effect {
        ServiceEffect::WriteCertificate {
            certificate,
            corrects,
            attestation,
            ..
        } => Some((
            certificate.as_ref().clone(),
            corrects.clone(),
            attestation.clone(),
        )),
        _ => None,
    });
    found.unwrap()
}

#[test]
fn a_midwife_answers_five_pages_and_attests_and_the_certificate_says_what_she_said() {
    let mut desk = registered();
    desk.tell(ServiceEvent::Attested);
    let (certificate, corrects, attestation) = written(&desk);
    assert_eq!(certificate.mother, "神\u{e0100}山　花子");
    assert_eq!(certificate.name, None, "the parents choose the name");
    assert_eq!(certificate.birth_dt, datetime(2026, 11, 24, 3, 5, 0, 0));
    assert_eq!((certificate.weight_g, certificate.length_mm), (3012, 495));
    assert_eq!(certificate.issuer_kind, IssuerKind::Midwife);
    assert_eq!(certificate.issuer_name, "海野　渚");
    assert_eq!(certificate.place_name.as_deref(), Some("あすこえ市民病院"));
    assert_eq!(corrects, None);
    assert_eq!(attestation.number, midwife().number);
    assert_eq!(attestation.at, NOW);
    let ask = desk.ask();
    desk.tell(ServiceEvent::Written { ask });
    assert_eq!(desk.page(), "ward-reading");
    let (ask, new) = (
        desk.ask(),
        Paper {
            certificate,
            ..paper()
        },
    );
    desk.tell(ServiceEvent::WardRead {
        ask,
        papers: vec![new.clone()],
        unreadable: 0,
    });
    assert!(
        matches!(&desk.state.service, Service::Ward(ward) if ward.at == WardAt::One(new.key()))
    );
}

#[test]
fn what_cannot_be_is_blocked_where_it_stands_and_nothing_of_it_is_taken() {
    let mut desk = Desk::ward(vec![]);
    desk.tell(ServiceEvent::RegisterWanted)
        .tell(ServiceEvent::Answered(text("山田　花子")));
    desk.tell(ServiceEvent::SheetEntered(vec![(
        path("birth_dt"),
        Value::DateTime(datetime(2026, 11, 24, 9, 31, 0, 0)),
    )]));
    assert_eq!(desk.form().sheet, Sheet::Moment, "a birth in the future");
    assert_eq!(desk.form().problems[0].1.code, ReasonCode::OutOfRange);
    desk.tell(moment())
        .tell(ServiceEvent::Answered(Value::Blank))
        .tell(ServiceEvent::Answered(Value::Bool(false)));
    for (weight, length, field) in [
        (30_012, "49.5", "weight_g"),
        (3012, "495", "length_cm"),
        (3012, "99.0", "length_cm"),
    ] {
        let mut wrong = desk.clone();
        wrong.tell(figures(weight, length));
        assert_eq!(wrong.form().sheet, Sheet::Figures, "{weight} {length}");
        assert_eq!(wrong.form().problems[0].0, path(field), "{weight} {length}");
    }
    desk.tell(figures(3012, "49.5"))
        .tell(ServiceEvent::Attested);
    assert_eq!(written(&desk).0.sex, Sex::NotKnown, "sex may be left open");
}

#[test]
fn the_next_twin_gets_what_is_common_and_nothing_that_is_each_childs_own() {
    let mut first = paper();
    first.certificate.plurality = Plurality::Multiple { order: 1, of: 2 };
    first.certificate.name = Some("神山　さくら".to_owned());
    let mut desk = Desk::open(vec![first.clone()], first.key());
    desk.tell(ServiceEvent::TwinWanted);
    let answers = desk.form().answers.clone();
    for common in [
        "mother",
        "place_addr",
        "place_name",
        "weeks",
        "days",
        "issuer_name",
        "order_of.of",
    ] {
        assert!(answers.value(common).is_some(), "{common}");
    }
    for own in [
        "sex",
        "birth_dt",
        "weight_g",
        "length_cm",
        "order_of.order",
        "live_births",
        "stillbirths",
    ] {
        assert!(answers.value(own).is_none(), "{own}");
    }
    assert_eq!(answers.value("name"), Some(&Value::Blank));
    assert_ne!(desk.form().number, first.certificate.number);
}

#[test]
fn a_single_birth_has_no_twin_to_register() {
    let mut desk = Desk::open(vec![paper()], paper().key());
    desk.tell(ServiceEvent::TwinWanted);
    assert_eq!(desk.page(), "ward-paper");
}

fn attested() -> Attestation {
    Attestation {
        number: midwife().number,
        name: midwife().name,
        at: NOW,
    }
}

#[test]
fn only_what_was_registered_here_and_is_not_filed_can_be_corrected() {
    for (attested, filed, may) in [
        (Some(attested()), Filed::No, true),
        (Some(attested()), Filed::Yes, false),
        (Some(attested()), Filed::Returned, false),
        (None, Filed::No, false),
    ] {
        let one = Paper {
            attested,
            filed,
            ..paper()
        };
        let mut desk = Desk::open(vec![one.clone()], one.key());
        desk.tell(ServiceEvent::CorrectionWanted);
        assert_eq!(desk.page() == "ward-form", may, "{:?}", one.filed);
    }
}

#[test]
fn a_correction_starts_from_the_review_changes_one_row_and_keeps_the_number() {
    let one = Paper {
        attested: Some(attested()),
        ..paper()
    };
    let mut desk = Desk::open(vec![one.clone()], one.key());
    desk.tell(ServiceEvent::CorrectionWanted);
    assert_eq!(desk.form().sheet, Sheet::Review);
    desk.tell(ServiceEvent::RowChosen(path("weight_g")))
        .tell(figures(2998, "49.5"))
        .tell(ServiceEvent::Attested);
    let (after, corrects, _) = written(&desk);
    assert_eq!(corrects, Some(one.key()));
    assert_eq!(after.number, certificate().number);
    assert_eq!(after.weight_g, 2998);
    let ask = desk.ask();
    desk.tell(ServiceEvent::NotWritten { ask, filed: true });
    assert_eq!(
        audit::failure(&desk.state.service),
        Some(ServiceFailure::PaperFiled)
    );
}

#[test]
fn what_could_not_be_written_goes_on_where_it_was() {
    let mut desk = registered();
    desk.tell(ServiceEvent::Attested);
    let ask = desk.ask();
    desk.tell(ServiceEvent::NotWritten { ask, filed: false });
    assert_eq!(
        audit::failure(&desk.state.service),
        Some(ServiceFailure::WardUnwritable)
    );
    desk.tell(ServiceEvent::BackWanted);
    assert_eq!(desk.form().sheet, Sheet::Review);
}

#[test]
fn without_a_synchronised_clock_nothing_is_attested() {
    let mut desk = Desk::ward(vec![]);
    desk.now = None;
    desk.tell(ServiceEvent::RegisterWanted);
    assert_eq!(
        audit::failure(&desk.state.service),
        Some(ServiceFailure::NoTimeToAttest)
    );
    let mut desk = registered();
    desk.now = None;
    desk.tell(ServiceEvent::Attested);
    assert!(
        desk.effects
            .iter()
            .all(|e| !matches!(e, ServiceEffect::WriteCertificate { .. }))
    );
}

#[test]
fn flags_are_written_with_who_set_them_also_over_unreadable_ones_and_after_filing() {
    let loss = WardFlags {
        loss: true,
        ..WardFlags::default()
    };
    for flags in [
        FlagsRead::Unreadable,
        FlagsRead::Known(WardFlags::default()),
    ] {
        let one = Paper {
            flags,
            filed: Filed::Yes,
            ..paper()
        };
        let mut desk = Desk::open(vec![one.clone()], one.key());
        desk.tell(ServiceEvent::FlagsChosen(loss));
        assert!(desk.effects.iter().any(|effect| matches!(
            effect,
            ServiceEffect::WriteFlags { flags, by, .. } if *flags == loss && *by == midwife().number
        )));
    }
    let mut desk = Desk::open(vec![paper()], paper().key());
    desk.tell(ServiceEvent::FlagsChosen(WardFlags::default()));
    assert_eq!(
        desk.page(),
        "ward-paper",
        "nothing changed, nothing is written"
    );
}

#[test]
fn a_certificate_is_handed_to_those_who_may_file_here_and_never_once_it_is_filed() {
    for (role, may) in [
        (FilerRole::Father, true),
        (FilerRole::Cohabitant, true),
        (FilerRole::LegalRepresentative, true),
        (FilerRole::Mother, false),
        (FilerRole::Midwife, false),
        (FilerRole::Doctor, false),
        (FilerRole::OtherAttendant, false),
        (FilerRole::FacilityHead, false),
    ] {
        let mut desk = Desk::open(vec![paper()], paper().key());
        desk.tell(ServiceEvent::HandOverWanted)
            .tell(ServiceEvent::HandedTo(role));
        let handed = desk
            .effects
            .iter()
            .any(|effect| matches!(effect, ServiceEffect::HandOver(handed) if handed.role == role));
        assert_eq!(handed, may, "{role:?}");
    }
    let filed = Paper {
        filed: Filed::Yes,
        ..paper()
    };
    let mut desk = Desk::open(vec![filed.clone()], filed.key());
    desk.tell(ServiceEvent::HandOverWanted);
    assert_eq!(desk.page(), "ward-paper");
}

#[test]
fn nobody_but_the_mother_gets_the_certificate_of_a_protected_family() {
    let protected = WardFlags {
        protection: true,
        ..WardFlags::default()
    };
    for flags in [FlagsRead::Known(protected), FlagsRead::Unreadable] {
        let one = Paper { flags, ..paper() };
        let mut desk = Desk::open(vec![one.clone()], one.key());
        desk.tell(ServiceEvent::HandOverWanted);
        assert_eq!(desk.page(), "ward-paper");
    }
}

#[test]
fn staff_alone_open_what_follows_a_loss_and_a_certificate_of_birth_means_a_death() {
    let mut desk = Desk::ward(vec![]);
    desk.tell(ServiceEvent::LossWanted)
        .tell(ServiceEvent::LossChosen(Loss::Stillbirth));
    assert_eq!(desk.page(), "ward-loss");
    let mut desk = Desk::open(vec![paper()], paper().key());
    desk.tell(ServiceEvent::LossWanted);
    let born = Some(certificate().birth_dt.date());
    assert!(matches!(
        &desk.state.service,
        Service::Ward(ward) if matches!(&ward.at, WardAt::Loss { of: Loss::Death { born: b }, .. } if *b == born)
    ));
}

#[test]
fn going_back_in_a_form_leads_through_its_sheets_and_then_to_the_list() {
    let mut desk = registered();
    for sheet in [
        Sheet::Figures,
        Sheet::Field(path("plural")),
        Sheet::Field(path("sex")),
        Sheet::Moment,
        Sheet::Field(path("mother")),
    ] {
        desk.tell(ServiceEvent::BackWanted);
        assert_eq!(desk.form().sheet, sheet);
    }
    desk.tell(ServiceEvent::BackWanted);
    assert_eq!(desk.page(), "ward-list");
}

#[test]
fn multiple_births_are_asked_for_their_place_and_a_change_to_single_takes_it_away() {
    let mut desk = Desk::ward(vec![]);
    desk.tell(ServiceEvent::RegisterWanted)
        .tell(ServiceEvent::Answered(text("山田　花子")))
        .tell(moment())
        .tell(ServiceEvent::Answered(choice("1")))
        .tell(ServiceEvent::Answered(Value::Bool(true)))
        .tell(figures(2400, "46.0"));
    assert_eq!(desk.form().sheet, Sheet::Order);
    let order = |order, of| {
        ServiceEvent::SheetEntered(vec![
            (path("order_of.order"), Value::Number(order)),
            (path("order_of.of"), Value::Number(of)),
        ])
    };
    desk.tell(order(3, 2));
    assert_eq!(desk.form().sheet, Sheet::Order, "the third of two");
    desk.tell(order(2, 2));
    assert_eq!(desk.form().sheet, Sheet::Review);
    desk.tell(ServiceEvent::RowChosen(path("plural")))
        .tell(ServiceEvent::Answered(Value::Bool(false)));
    assert_eq!(desk.form().sheet, Sheet::Review);
    desk.tell(ServiceEvent::Attested);
    assert_eq!(written(&desk).0.plurality, Plurality::Single);
}
