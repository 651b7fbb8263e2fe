//! After storing: pages beside the receipts, the printer, and what somebody says about the steps.

use ubugoe_visit::{
    Effect, Event, FollowingPage, Mood, PaperAdvice, Print, PrintTrouble, Sheet, Stage, Step,
    Voice, WardFlags,
};

use crate::bedside::{Bedside, at, certificate, deliveries, marked, said};

fn after(visit: &Bedside) -> &ubugoe_visit::Aftercare {
    match &visit.state.stage {
        Stage::Following { after, .. } => after,
        stage => panic!("{stage:?}"),
    }
}

fn protected() -> Bedside {
    let flags = WardFlags {
        protection: true,
        ..WardFlags::default()
    };
    let mut visit = at("finding-certificate");
    visit
        .tell(marked(&[certificate()], flags))
        .tell(Event::CertificatesConfirmed)
        .tell(Event::LineSeen)
        .answer_all(|path| match path {
            "spouse.sei" => crate::bedside::text("神山"),
            "spouse.mei" => crate::bedside::text("太郎"),
            "spouse.birth" => said("father.birth"),
            path => said(path),
        });
    visit
        .tell(Event::ReviewConfirmed)
        .tell(Event::SignPasswordEntered);
    let rows = deliveries(visit.prepared());
    let signatures = vec![vec![7]; rows.len()];
    visit
        .tell(Event::Signed {
            ticket: ubugoe_visit::Ticket(1),
            signatures,
        })
        .tell(Event::Stored(rows));
    visit
}

#[test]
fn the_receipts_lead_to_the_phone_and_to_the_other_parent_and_back() {
    let mut visit = at("following");
    for page in [
        FollowingPage::HandOver,
        FollowingPage::OtherParent,
        FollowingPage::Voice,
    ] {
        visit.tell(Event::PageWanted(page));
        assert_eq!(after(&visit).page, page);
        visit.tell(Event::BackWanted);
        assert_eq!(after(&visit).page, FollowingPage::Receipts);
    }
}

#[test]
fn a_protected_family_has_no_page_for_the_other_parent() {
    let mut visit = protected();
    assert!(after(&visit).protected && after(&visit).quiet);
    visit.tell(Event::PageWanted(FollowingPage::OtherParent));
    assert_eq!(after(&visit).page, FollowingPage::Receipts);
}

#[test]
fn without_a_printer_there_is_a_code_and_a_way_on() {
    let mut visit = at("following");
    visit.tell(Event::PrintWanted(Sheet::Receipt));
    assert!(visit.effects.contains(&Effect::Print(Sheet::Receipt)));
    visit.tell(Event::PrintFailed(Sheet::Receipt, PrintTrouble::NoPrinter));
    assert_eq!((visit.stage(), visit.code()), ("following", Some("P-101")));
    visit
        .tell(Event::PrintWanted(Sheet::Receipt))
        .tell(Event::Printed(Sheet::Receipt));
    assert_eq!(after(&visit).print, Print::Asked(Sheet::Receipt));
    assert_eq!(visit.code(), None);

    let mut visit = at("paper");
    visit
        .tell(Event::PrintWanted(Sheet::Paper))
        .tell(Event::PrintFailed(Sheet::Paper, PrintTrouble::NoPaper));
    assert_eq!((visit.stage(), visit.code()), ("paper", Some("P-102")));
    visit.tell(Event::BackWanted).tell(Event::LineSeen);
    assert_eq!(visit.stage(), "asking");
    // News for a page that is not there any more is nobody's.
    visit.expect(Event::Printed(Sheet::Paper), "asking", &[]);
}

#[test]
fn whether_a_sheet_came_out_is_asked_and_a_no_leads_to_another_try() {
    let mut visit = at("following");
    visit
        .tell(Event::PrintWanted(Sheet::Receipt))
        .tell(Event::PrintWaits(
            Sheet::Receipt,
            Some(PrintTrouble::CoverOpen),
        ));
    assert_eq!(visit.code(), Some("P-104"));
    // a second touch is not a second sheet
    visit.tell(Event::PrintWanted(Sheet::Receipt));
    assert!(!visit.effects.contains(&Effect::Print(Sheet::Receipt)));
    visit
        .tell(Event::PrintWaits(Sheet::Receipt, None))
        .tell(Event::Printed(Sheet::Receipt))
        .tell(Event::PrintSeen(false));
    assert_eq!(after(&visit).print, Print::Missing(Sheet::Receipt));
    visit.tell(Event::PrintWanted(Sheet::Receipt));
    assert!(visit.effects.contains(&Effect::Print(Sheet::Receipt)));
    visit
        .tell(Event::Printed(Sheet::Receipt))
        .tell(Event::PrintSeen(true));
    assert_eq!(after(&visit).print, Print::Done(Sheet::Receipt));
    visit
        .tell(Event::PrintWanted(Sheet::Receipt))
        .tell(Event::PrintStopped);
    assert!(visit.effects.contains(&Effect::StopPrinting));
    assert_eq!(after(&visit).print, Print::Nothing);
    // what the printer says of it afterwards is nobody's
    visit.tell(Event::Printed(Sheet::Receipt));
    assert_eq!(after(&visit).print, Print::Nothing);
}

#[test]
fn the_way_on_paper_prints_before_any_card_too() {
    let mut visit = at("paper-without-card");
    visit.tell(Event::PrintWanted(Sheet::Paper));
    assert!(visit.effects.contains(&Effect::Print(Sheet::Paper)));
    visit
        .tell(Event::Printed(Sheet::Paper))
        .tell(Event::PrintSeen(true))
        .tell(Event::QuitWanted);
    assert!(visit.effects.contains(&Effect::Wipe));
}

#[test]
fn what_she_says_about_a_step_is_kept_once_and_without_a_number_that_is_hers() {
    let voice = |words: &str| Voice {
        step: Step::Password,
        mood: Mood::Hard,
        words: Some(words.to_owned()),
    };
    // Twelve digits with a right check digit, put together here so that none stands in a file.
    let number = format!("{}{}", "123456", "789018");
    assert!(ubugoe_procedures::holds_individual_number(&number));
    for (said, kept) in [
        ("字が小さかった", Some("字が小さかった".to_owned())),
        ("  ", None),
        (number.as_str(), None),
    ] {
        let mut visit = at("following");
        visit.tell(Event::VoiceGiven(voice(said)));
        let words = visit.effects.iter().find_map(|effect| match effect {
            Effect::KeepVoice(voice) => Some(voice.words.clone()),
            _ => None,
        });
        assert_eq!(words, Some(kept), "{said}");
        visit.tell(Event::VoiceGiven(voice("もう一度")));
        assert!(
            !visit.effects().contains(&"keep-voice"),
            "once for each step"
        );
    }
}

#[test]
fn whoever_comes_back_near_the_end_without_a_network_is_told_of_paper_too() {
    let today = Some(jiff::civil::date(2026, 12, 7));
    let mut rows = deliveries(at("storing").prepared());
    for online in [false, true] {
        let reach = ubugoe_visit::Reach {
            online,
            offline_long: false,
        };
        let advice = ubugoe_visit::carried_advice(&rows, today, reach);
        assert_eq!(
            matches!(advice, PaperAdvice::Now { .. }),
            !online,
            "{advice:?}"
        );
        assert_eq!(
            matches!(advice, PaperAdvice::Soon { .. }),
            online,
            "{advice:?}"
        );
    }
    let away = ubugoe_visit::Reach {
        online: false,
        offline_long: true,
    };
    let advice = |rows: &[_], today| ubugoe_visit::carried_advice(rows, today, away);
    assert_eq!(
        advice(&rows, None),
        PaperAdvice::NotNeeded,
        "no clock, no deadline"
    );
    for row in &mut rows {
        row.state = ubugoe_visit::DeliveryState::Arrived;
    }
    assert_eq!(advice(&rows, today), PaperAdvice::NotNeeded);
}

#[test]
fn paper_is_spoken_of_until_everything_has_arrived() {
    let mut visit = at("storing");
    visit.cx.today = Some(jiff::civil::date(2026, 12, 7));
    visit.cx.online = false;
    let rows = deliveries(visit.prepared());
    visit.tell(Event::Stored(rows.clone()));
    assert!(matches!(after(&visit).paper, PaperAdvice::Now { .. }));
    for mut row in rows {
        row.state = ubugoe_visit::DeliveryState::Arrived;
        visit.tell(Event::DeliveryMoved(row));
    }
    assert_eq!(after(&visit).paper, PaperAdvice::NotNeeded);
}

#[test]
fn what_was_filed_is_held_for_paper_only_while_time_is_short_and_its_card_lies_there() {
    let stored = |day, online| {
        let mut visit = at("storing");
        (visit.cx.today, visit.cx.online) = (Some(jiff::civil::date(2026, 12, day)), online);
        let rows = deliveries(visit.prepared());
        visit.tell(Event::Stored(rows.clone()));
        (visit, rows)
    };
    let held = |visit: &Bedside| after(visit).forms.0.len();
    let (visit, _) = stored(1, true);
    assert_eq!(held(&visit), 0, "there is time");
    let (mut visit, rows) = stored(7, false);
    assert_eq!(held(&visit), rows.len());
    visit.tell(Event::CardRemoved {
        ticket: ubugoe_visit::Ticket(1),
    });
    assert_eq!(held(&visit), 0, "nobody who comes after prints her forms");
    let (mut visit, rows) = stored(7, false);
    for mut row in rows {
        row.state = ubugoe_visit::DeliveryState::Arrived;
        visit.tell(Event::DeliveryMoved(row));
    }
    assert_eq!(held(&visit), 0, "what has arrived needs no paper");
    let (mut visit, _) = stored(7, false);
    visit.tell(Event::QuitWanted);
    assert!(visit.effects.contains(&Effect::Wipe));
}
