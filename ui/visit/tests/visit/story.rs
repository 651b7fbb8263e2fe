//! Whole visits, from the resting screen to the receipt.

use jiff::civil::date;
use ubugoe_procedures::{Lang, ParsedFiling, ReasonCode, Source, Tongue};
use ubugoe_visit::{
    ChildKey, Delivery, DeliveryState, Effect, Event, Integrity, LineFiling, Prepared, Stage,
    Ticket, Timer,
};

use crate::bedside::{
    Bedside, asukoe, at, card, certificate, choice, deliveries, found, holder, said, text,
};

#[test]
fn a_mother_files_birth_and_allowance_and_sees_both_arrive() {
    let mut visit = Bedside::new();
    from_the_card_to_the_line(&mut visit);
    visit.expect(Event::LineSeen, "asking", &["await-idle"]);
    visit.answer_all(said);
    assert_eq!(
        (visit.stage(), visit.draft().asked.len()),
        ("reviewing", 23)
    );
    let prepared = from_the_review_to_the_outbox(&mut visit);
    from_the_outbox_to_the_receipts(&mut visit, deliveries(&prepared));
    visit.expect(
        Event::QuitWanted,
        "finished",
        &["clear-pin", "wipe", "await-farewell"],
    );
    visit.expect(
        Event::Elapsed(Timer::Farewell),
        "resting",
        &["clear-pin", "wipe"],
    );
    assert_eq!(visit.state, Bedside::new().state);
}

fn key(number: &str, order: u8) -> ChildKey {
    ChildKey {
        number: number.to_owned(),
        order,
    }
}

fn from_the_card_to_the_line(visit: &mut Bedside) {
    let acting: &[&str] = &["await-idle"];
    let pad: &[&str] = &["clear-pin", "await-idle"];
    visit.expect(Event::CardInserted(card(1)), "notice", pad);
    visit.expect(Event::NoticeRead, "attributes-pin", pad);
    let ask = &["read-attributes", "await-idle"];
    visit.expect(Event::AttributesPinEntered, "reading-attributes", ask);
    let (ticket, holder, integrity) = (Ticket(1), holder(), Integrity::Proven);
    visit.expect(
        Event::AttributesRead {
            ticket,
            holder,
            integrity,
        },
        "identity",
        pad,
    );
    let find = &["find-certificates", "await-idle"];
    visit.expect(Event::IdentityConfirmed, "finding-certificate", find);
    visit.expect(found(&[certificate()]), "certificate", acting);
    visit.expect(Event::CertificatesConfirmed, "line", acting);
    let forms = visit.draft().forms.iter().filter(|form| form.chosen);
    let due: Vec<(&str, String)> = forms
        .map(|form| {
            (
                form.procedure.as_str(),
                form.due.unwrap().open_until.to_string(),
            )
        })
        .collect();
    // Trap 1: one minute before midnight; day 14 is a Saturday.
    let monday = || "2026-12-07".to_owned();
    assert_eq!(
        due,
        [
            ("shussei_todoke", monday()),
            ("jido_teate_nintei", monday())
        ]
    );
}

fn from_the_review_to_the_outbox(visit: &mut Bedside) -> Vec<Prepared> {
    let shown: Vec<Vec<u8>> = visit
        .prepared()
        .iter()
        .map(|p| p.canonical.clone())
        .collect();
    visit.expect(
        Event::ReviewConfirmed,
        "sign-password",
        &["clear-pin", "await-idle"],
    );
    visit.expect(
        Event::SignPasswordEntered,
        "signing",
        &["sign", "await-idle"],
    );
    let Some(Effect::Sign {
        canonical,
        holder: named,
        ticket,
    }) = visit.effects.first()
    else {
        panic!("{:?}", visit.effects)
    };
    assert_eq!(
        (canonical, named.name.as_str()),
        (&shown, holder().name.as_str())
    );
    let (ticket, signatures) = (*ticket, vec![vec![1], vec![2]]);
    let signed = Event::Signed {
        ticket,
        signatures: signatures.clone(),
    };
    visit.expect(signed, "storing", &["clear-pin", "store"]);
    let Some(Effect::Store {
        prepared,
        signatures: given,
        children,
        ..
    }) = visit.effects.get(1)
    else {
        panic!("{:?}", visit.effects)
    };
    assert_eq!(
        (given, children.as_slice()),
        (&signatures, [key("ASK-2026-000123", 1)].as_slice())
    );
    let stored: Vec<Vec<u8>> = prepared.iter().map(|p| p.canonical.clone()).collect();
    assert_eq!(stored, shown);
    prepared.clone()
}

fn from_the_outbox_to_the_receipts(visit: &mut Bedside, rows: Vec<Delivery>) {
    visit.expect(
        Event::Stored(rows.clone()),
        "following",
        &["discard-draft", "release", "wipe", "await-idle"],
    );
    visit.expect(
        Event::CardRemoved { ticket: Ticket(1) },
        "following",
        &["await-card"],
    );
    for (arrived, row) in (1..).zip(rows) {
        let news = Delivery {
            state: DeliveryState::Arrived,
            arrival_no: Some(7),
            ..row
        };
        visit.expect(Event::DeliveryMoved(news), "following", &["await-card"]);
        assert_eq!(visit.log.last().unwrap().arrived, arrived);
    }
}

#[test]
fn what_is_signed_reads_as_what_card_certificate_and_mother_said() {
    let visit = at("reviewing");
    let [birth, claim] = visit.prepared() else {
        panic!("two sheets")
    };
    let birth = ParsedFiling::parse(&birth.canonical).unwrap();
    let value = |path: &str| {
        let rows = birth
            .sections(Lang::Ja)
            .into_iter()
            .flat_map(|section| section.rows);
        rows.into_iter()
            .find(|row| row.path.as_str() == path)
            .map(|row| (row.value, row.source))
    };
    assert_eq!(
        value("child_mei"),
        Some(("さくら".to_owned(), Source::Parent))
    );
    assert_eq!(
        value("mother.sei"),
        Some(("神\u{e0100}山".to_owned(), Source::Card))
    );
    assert_eq!(
        value("addressee"),
        Some(("991015".to_owned(), Source::Derived))
    );
    assert_eq!(claim.filing.recipient, asukoe());
    assert_eq!(claim.filing.answers.text("spouse.mei"), Some("太郎"));
    assert_eq!(
        claim.filing.certificate_number.as_deref(),
        Some("ASK-2026-000123")
    );
}

/// Trap 14: the allowance belongs to a municipality that this device does not know.
#[test]
fn a_mother_from_elsewhere_files_the_birth_here_and_is_reminded_of_the_rest() {
    let mut visit = at("reading-attributes");
    let mut holder = holder();
    holder.address = "別の県別の市１番地".to_owned();
    visit.tell(Event::AttributesRead {
        ticket: Ticket(1),
        holder,
        integrity: Integrity::Proven,
    });
    visit.tell(Event::IdentityConfirmed);
    visit.tell(found(&[certificate()]));
    visit.tell(Event::CertificatesConfirmed);
    let view = ubugoe_visit::line_view(visit.draft(), &visit.cx);
    let filing = |id: &str| {
        let row = view.public.iter().find(|row| row.procedure.as_str() == id);
        row.unwrap().filing
    };
    assert_eq!(filing("shussei_todoke"), LineFiling::Here);
    assert_eq!(filing("jido_teate_nintei"), LineFiling::No);
    visit.tell(Event::LineSeen).answer_all(said);
    assert_eq!((visit.stage(), visit.prepared().len()), ("reviewing", 1));
}

/// Trap 57: the allowance of a public servant goes to the employer; the birth is filed all the same.
#[test]
fn a_public_servant_files_the_birth_and_can_still_take_her_answer_back() {
    let servant = |path: &str| match path {
        "job" => choice("3"),
        "public_kind" => choice("local"),
        path => said(path),
    };
    let mut visit = at("line");
    visit.tell(Event::LineSeen).answer_all(servant);
    assert_eq!((visit.stage(), visit.prepared().len()), ("reviewing", 1));
    let left_out = ubugoe_visit::left_out(visit.draft(), &visit.cx);
    assert_eq!(left_out.len(), 1);
    assert_eq!(left_out.first().unwrap().advice.id, "claim_at_employer");
    assert_eq!(ubugoe_visit::questions_left(visit.draft(), &visit.cx), 0);

    visit.tell(Event::BackWanted);
    assert_eq!(visit.question(), (1, "public_kind"));
    visit.tell(Event::Answered(choice("agency")));
    visit.answer_all(servant);
    assert_eq!((visit.stage(), visit.prepared().len()), ("reviewing", 2));
}

#[test]
fn a_certificate_of_plainly_somebody_else_is_never_shown() {
    let mut visit = at("finding-certificate");
    let mut other = certificate();
    other.mother = "海野\u{3000}渚".to_owned();
    visit.tell(found(std::slice::from_ref(&other)));
    assert_eq!(visit.code(), Some("H-101"));

    let mut visit = at("finding-certificate");
    let former = ubugoe_procedures::BirthCertificate {
        mother: "旧\u{3000}花子".to_owned(),
        ..certificate()
    };
    visit.tell(found(&[other, former]));
    let Stage::Certificate { candidates, .. } = &visit.state.stage else {
        panic!("{}", visit.stage())
    };
    assert_eq!(
        candidates.len(),
        1,
        "a former family name is an officer's question, not ours"
    );
}

/// Traps 44 and 47: no name yet, and no sex.
#[test]
fn a_child_without_a_name_and_without_a_determined_sex_can_be_filed() {
    let mut visit = at("finding-certificate");
    let mut nameless = certificate();
    nameless.sex = ubugoe_procedures::Sex::NotKnown;
    visit.tell(found(std::slice::from_ref(&nameless)));
    visit
        .tell(Event::CertificatesConfirmed)
        .tell(Event::LineSeen);
    visit.answer_all(|path| match path {
        "child_mei" => ubugoe_procedures::Value::Blank,
        "name_undecided" => choice("family"),
        path => said(path),
    });
    assert_eq!((visit.stage(), visit.prepared().len()), ("reviewing", 2));
}

/// The words on the sheets are in both languages; which one was read stands in the bytes.
#[test]
fn a_language_chosen_during_the_review_is_the_language_that_is_signed() {
    let lang = |visit: &Bedside| visit.prepared().first().unwrap().filing.lang_shown;
    let mut visit = at("reviewing");
    assert_eq!(lang(&visit), Tongue::Ja);
    visit.tell(Event::LanguageChosen(Tongue::En));
    assert_eq!(lang(&visit), Tongue::En);

    // On the password's page the sheets have been read; on the way back to them they are put together anew.
    visit
        .tell(Event::ReviewConfirmed)
        .tell(Event::LanguageChosen(Tongue::Ja));
    assert_eq!(lang(&visit), Tongue::En);
    visit.tell(Event::BackWanted);
    assert_eq!(lang(&visit), Tongue::Ja);

    // Also behind the cover, and behind a trouble page.
    visit
        .tell(Event::CardRemoved { ticket: Ticket(1) })
        .tell(Event::LanguageChosen(Tongue::En));
    visit.tell(Event::CardInserted(card(2)));
    assert_eq!((visit.stage(), lang(&visit)), ("reviewing", Tongue::En));
    let mut visit = at("stuck");
    visit
        .tell(Event::LanguageChosen(Tongue::En))
        .tell(Event::RetryWanted);
    assert_eq!((visit.stage(), lang(&visit)), ("reviewing", Tongue::En));
}

#[test]
fn the_next_person_finds_the_usual_language() {
    let mut visit = at("identity");
    visit
        .tell(Event::LanguageChosen(Tongue::En))
        .tell(Event::QuitWanted);
    assert_eq!(
        visit.state.tongue,
        Tongue::En,
        "the farewell is in her language"
    );
    let mut next = visit.clone();
    visit.tell(Event::Elapsed(Timer::Farewell));
    assert_eq!(visit.state.tongue, Tongue::Ja);
    next.tell(Event::CardInserted(card(5)));
    assert_eq!((next.stage(), next.state.tongue), ("notice", Tongue::Ja));
}

#[test]
fn without_a_synchronised_clock_nothing_begins_and_nothing_is_signed() {
    let mut visit = Bedside::new();
    visit.cx.today = None;
    visit.expect(
        Event::CardInserted(card(1)),
        "trouble",
        &["clear-pin", "release", "wipe", "await-idle"],
    );
    assert_eq!(visit.code(), Some("T-101"));

    let mut visit = at("certificate");
    visit.cx.today = None;
    visit.expect(
        Event::CertificatesConfirmed,
        "trouble",
        &["clear-pin", "release", "wipe", "await-idle"],
    );

    for (stage, event) in [
        ("reviewing", Event::ReviewConfirmed),
        ("sign-password", Event::SignPasswordEntered),
    ] {
        let mut visit = at(stage);
        let shown = visit.prepared().to_vec();
        visit.cx.today = None;
        visit.expect(event, "trouble", &["clear-pin", "await-idle"]);
        assert_eq!(visit.code(), Some("T-101"));
        visit.cx.today = Some(date(2026, 11, 24));
        visit.tell(Event::RetryWanted);
        assert_eq!(
            (visit.stage(), visit.prepared()),
            ("reviewing", shown.as_slice())
        );
    }
}

#[test]
fn a_full_device_asks_for_no_pin_but_lets_a_visit_that_began_end() {
    let mut visit = Bedside::new();
    visit.cx.has_room = false;
    visit.tell(Event::CardInserted(card(1)));
    assert_eq!(visit.code(), Some("S-101"));
    for (stage, event, next) in [
        ("reviewing", Event::ReviewConfirmed, "sign-password"),
        ("sign-password", Event::SignPasswordEntered, "signing"),
    ] {
        let mut visit = at(stage);
        visit.cx.has_room = false;
        visit.tell(event);
        assert_eq!(visit.stage(), next);
    }
}

#[test]
fn a_closed_device_begins_no_visit_in_any_way_and_says_so_in_the_language_that_was_touched() {
    for event in [
        Event::BeginWanted,
        Event::LanguageChosen(Tongue::Vi),
        Event::CardInserted(card(1)),
    ] {
        let mut open = Bedside::new();
        open.tell(event.clone());
        assert_ne!(open.stage(), "resting", "control: {event:?} begins one");
        let mut visit = Bedside::new();
        visit.cx.closed = true;
        visit.tell(event.clone());
        assert_eq!(visit.stage(), "resting", "{event:?}");
    }
    let mut visit = Bedside::new();
    visit.cx.closed = true;
    visit.tell(Event::LanguageChosen(Tongue::Vi));
    assert_eq!(visit.state.tongue, Tongue::Vi);
    visit.tell(Event::Elapsed(Timer::Idle));
    assert_eq!(visit.state.tongue, Tongue::Ja, "for the next one who comes");
}

#[test]
fn a_visit_that_runs_when_its_device_is_closed_goes_to_its_end_and_the_next_does_not_begin() {
    for (stage, event, next) in [
        ("reviewing", Event::ReviewConfirmed, "sign-password"),
        ("sign-password", Event::SignPasswordEntered, "signing"),
    ] {
        let mut visit = at(stage);
        visit.cx.closed = true;
        visit.tell(event);
        assert_eq!(visit.stage(), next);
    }
    let mut visit = at("following");
    visit.cx.closed = true;
    let Some(lying) = visit.state.side.lying.first().copied() else {
        panic!("the card lies there");
    };
    visit.tell(Event::CardRemoved { ticket: lying });
    assert_eq!(visit.stage(), "following");
    visit.tell(Event::CardInserted(card(9)));
    assert_eq!(visit.stage(), "resting");
}

#[test]
fn news_goes_forward_only_and_only_for_the_bytes_that_were_signed() {
    let mut visit = at("following");
    let Stage::Following { deliveries, .. } = &visit.state.stage else {
        panic!("{}", visit.stage())
    };
    let first = deliveries.first().unwrap().clone();
    let news = |state| {
        Event::DeliveryMoved(Delivery {
            state,
            ..first.clone()
        })
    };
    let state = |visit: &Bedside| match &visit.state.stage {
        Stage::Following { deliveries, .. } => deliveries.first().unwrap().state.clone(),
        _ => panic!("{}", visit.stage()),
    };
    let returned = || DeliveryState::Returned {
        reason: "補正".to_owned(),
    };
    for (said, is) in [
        (DeliveryState::Sent, DeliveryState::Sent),
        (DeliveryState::Arrived, DeliveryState::Arrived),
        (DeliveryState::Sent, DeliveryState::Arrived),
        (returned(), returned()),
        (DeliveryState::Arrived, returned()),
        (DeliveryState::Accepted, DeliveryState::Accepted),
    ] {
        visit.tell(news(said));
        assert_eq!(state(&visit), is);
    }
    let mut visit = at("following");
    let forged = Delivery {
        state: DeliveryState::Arrived,
        digest: [9; 32],
        ..first
    };
    visit.expect(Event::DeliveryMoved(forged), "following", &[]);
    assert_eq!(state(&visit), DeliveryState::Stored);
}

#[test]
fn a_name_on_the_card_that_the_form_cannot_hold_is_asked_instead_of_ending_the_visit() {
    let mut visit = at("reading-attributes");
    let mut holder = holder();
    holder.name = "神山\u{3000}花\u{200b}子".to_owned();
    let (ticket, integrity) = (Ticket(1), Integrity::Proven);
    visit.tell(Event::AttributesRead {
        ticket,
        holder: holder.clone(),
        integrity,
    });
    visit.tell(Event::IdentityConfirmed);
    let certificate = ubugoe_procedures::BirthCertificate {
        mother: holder.name,
        ..certificate()
    };
    visit.tell(found(std::slice::from_ref(&certificate)));
    visit
        .tell(Event::CertificatesConfirmed)
        .tell(Event::LineSeen);
    let mut told = Vec::new();
    for _ in 0..40 {
        let Stage::Asking { at, problems, .. } = &visit.state.stage else {
            break;
        };
        told.extend(
            problems
                .iter()
                .map(|problem| (at.path.to_string(), problem.code)),
        );
        let answer = match at.path.as_str() {
            path if path.ends_with("mei") && !problems.is_empty() => text("花子"),
            "filer.name" => text("神山\u{3000}花子"),
            path => said(path),
        };
        visit.tell(Event::Answered(answer));
    }
    assert!(
        told.contains(&("mother.mei".to_owned(), ReasonCode::InvisibleCharacter)),
        "{told:?}"
    );
    assert_eq!(visit.stage(), "reviewing", "{:?}", visit.state.stage);
}
