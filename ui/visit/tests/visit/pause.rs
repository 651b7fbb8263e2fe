//! Stopping and coming back: what is kept, for whom, how long, and what is not.

use ubugoe_procedures::{BirthCertificate, Source, Tongue};
use ubugoe_visit::{Comfort, Effect, Event, Stage, TextSize, Ticket, Timer, WardFlags, kept_alone};

use crate::bedside::{
    Bedside, NOW, PERSONAL, at, card, certificate, found, found_again, kept_by, marked, other_card,
    said,
};

/// Two days later, with the same card and the PIN.
fn come_back(visit: &Bedside, kept_after: i64) -> Bedside {
    let saved = kept_by(visit);
    let mut later = Bedside::new();
    later.cx.now = NOW + kept_after;
    later.find().tell(found_again(saved));
    later
}

#[test]
fn she_stops_in_the_middle_and_goes_on_two_days_later_with_the_next_question() {
    let visit = at("asking");
    let next = visit.question().1.to_owned();
    let mut later = come_back(&visit, 2 * 24 * 3600);
    assert_eq!(later.stage(), "resume");
    later.tell(Event::ResumeWanted);
    assert_eq!(later.question(), (0, next.as_str()));
    assert_eq!(later.draft().asked, visit.draft().asked);
    later.tell(Event::BackWanted);
    assert_eq!(later.stage(), "asking", "and the way back is there too");
    later.answer_all(said);
    assert_eq!((later.stage(), later.prepared().len()), ("reviewing", 2));
}

#[test]
fn everything_was_answered_and_the_review_is_there_again_from_todays_card_and_certificate() {
    let mut later = come_back(&at("reviewing"), 3600);
    later.tell(Event::ResumeWanted);
    assert_eq!(later.stage(), "reviewing");
    let prepared = |visit: &Bedside| -> Vec<Vec<u8>> {
        visit
            .prepared()
            .iter()
            .map(|sheet| sheet.canonical.clone())
            .collect()
    };
    assert_eq!(prepared(&later), prepared(&at("reviewing")));
}

#[test]
fn what_is_kept_is_what_she_said_and_nothing_of_card_or_certificate() {
    let saved = serde_json::to_string(&kept_by(&at("reviewing"))).unwrap();
    assert!(saved.contains("さくら") && saved.contains("太郎"));
    for from_the_card in ["花子", "うぶ町１丁目２番３号", "1996-11-23", "みなと町"]
    {
        assert!(!saved.contains(from_the_card), "{from_the_card}");
    }
    let read: ubugoe_visit::SavedDraft = serde_json::from_str(&saved).unwrap();
    assert_eq!(read, kept_by(&at("reviewing")));
    assert!(
        serde_json::from_str::<ubugoe_visit::SavedDraft>(&saved.replacen('{', "{\"x\":1,", 1))
            .is_err()
    );
    let words = format!("{read:?}");
    assert!(PERSONAL.iter().all(|personal| !words.contains(personal)));
}

#[test]
fn it_is_kept_as_long_as_the_municipality_lets_it_and_not_a_second_longer() {
    let saved = kept_by(&at("asking"));
    let hours = at("asking")
        .cx
        .catalogue
        .profile(&crate::bedside::asukoe())
        .unwrap()
        .resume_hours;
    assert_eq!(saved.until, NOW + i64::from(hours) * 3600);
    let in_time = i64::from(hours) * 3600;
    assert_eq!(come_back(&at("asking"), in_time).stage(), "resume");
    let late = come_back(&at("asking"), in_time + 1);
    assert_eq!(late.stage(), "certificate");
    assert!(late.effects().contains(&"discard-draft"));
}

#[test]
fn a_draft_whose_certificate_is_not_here_just_now_waits_and_is_not_offered() {
    let other = BirthCertificate {
        number: "ASK-2026-000999".to_owned(),
        ..certificate()
    };
    // Another one is open: she may begin with it. None is, as for a father to whom staff have not handed his yet.
    for (certificates, stage) in [(vec![other], "certificate"), (vec![], "trouble")] {
        let mut visit = at("finding-certificate");
        let Event::CertificatesFound(mut again) = found(&certificates) else {
            panic!("not found")
        };
        again.saved = Some(Box::new(kept_by(&at("asking"))));
        visit.tell(Event::CertificatesFound(again));
        assert_eq!(visit.stage(), stage);
        assert!(!visit.effects().contains(&"discard-draft"));
    }
}

#[test]
fn stopping_erases_what_was_kept_on_an_earlier_day_and_the_quiet_exit_does_not() {
    let mut later = come_back(&at("asking"), 60);
    later.tell(Event::ResumeWanted);
    let mut quiet = later.clone();
    quiet.tell(Event::QuietExitWanted);
    assert!(!quiet.effects().contains(&"discard-draft"));
    later.tell(Event::QuitWanted);
    assert_eq!(later.stage(), "finished");
    assert!(later.effects().contains(&"discard-draft"));
}

#[test]
fn a_clock_that_is_not_believed_keeps_nothing_until_a_day_it_does_not_know() {
    let mut visit = at("asking");
    assert!(kept_alone(&visit.state.stage, visit.cx.today));
    visit.cx.today = None;
    visit.tell(Event::PauseWanted);
    assert_eq!(visit.stage(), "asking");
    assert!(!kept_alone(&visit.state.stage, visit.cx.today));
    assert!(!kept_alone(
        &at("identity").state.stage,
        at("identity").cx.today
    ));
}

#[test]
fn what_became_a_choice_meanwhile_is_not_filed_unasked() {
    let mut visit = at("asking");
    let kept = kept_by(&visit);
    let adoption = WardFlags {
        adoption: true,
        ..WardFlags::default()
    };
    visit.cx.now += 60;
    let mut later = at("finding-certificate");
    let Event::CertificatesFound(mut again) = marked(&[certificate()], adoption) else {
        panic!("not found")
    };
    again.saved = Some(Box::new(kept));
    later.tell(Event::CertificatesFound(again));
    // Behind the page that only staff open.
    later.staff_open().tell(Event::ResumeWanted);
    let forms = &later.draft().forms;
    assert!(forms.iter().any(|form| form.optional));
    assert!(forms.iter().all(|form| !form.optional || !form.chosen));
}

#[test]
fn begin_anew_forgets_what_was_kept() {
    let mut visit = at("resume");
    visit.expect(
        Event::BeginAnewWanted,
        "certificate",
        &["discard-draft", "await-idle"],
    );
    visit
        .tell(Event::CertificatesConfirmed)
        .tell(Event::LineSeen);
    assert_eq!(visit.question(), (0, "child_mei"));
}

#[test]
fn a_pause_releases_the_card_wipes_the_screen_and_says_until_when() {
    let mut visit = at("asking");
    visit.expect(Event::PauseWanted, "keeping", &["clear-pin", "keep-draft"]);
    let Effect::KeepDraft { identity, .. } = &visit.effects[1] else {
        panic!("{:?}", visit.effects)
    };
    assert_eq!(*identity, card(1).facts.identity);
    visit.expect(
        Event::DraftKept { until: 77 },
        "paused",
        &["clear-pin", "release", "wipe", "await-farewell"],
    );
    assert_eq!(
        visit.state.stage,
        Stage::Paused {
            until: 77,
            answers: 3
        }
    );
}

#[test]
fn what_could_not_be_kept_is_not_lost_while_she_is_there() {
    let mut visit = at("asking");
    let answers = visit.draft().forms.clone();
    visit
        .tell(Event::PauseWanted)
        .tell(Event::DraftNotKept { full: false });
    assert_eq!(visit.code(), Some("S-102"));
    visit.tell(Event::RetryWanted);
    assert_eq!((visit.stage(), &visit.draft().forms), ("line", &answers));
    // Her card went meanwhile: behind its cover.
    let mut visit = at("asking");
    visit
        .tell(Event::PauseWanted)
        .tell(Event::CardRemoved { ticket: Ticket(1) })
        .tell(Event::DraftNotKept { full: true });
    assert_eq!(visit.stage(), "card-away");
}

#[test]
fn a_protected_familys_answers_are_kept_only_if_she_asks_for_it() {
    let flags = WardFlags {
        protection: true,
        ..WardFlags::default()
    };
    let mut visit = at("finding-certificate");
    visit
        .tell(marked(&[certificate()], flags))
        .tell(Event::CertificatesConfirmed)
        .tell(Event::LineSeen)
        .tell(Event::Answered(said("child_mei")));
    let mut alone = visit.clone();
    alone
        .tell(Event::Elapsed(Timer::Idle))
        .tell(Event::Elapsed(Timer::StillThere));
    assert_eq!(alone.stage(), "finished");
    visit.tell(Event::PauseWanted);
    assert_eq!(visit.stage(), "keeping");
}

#[test]
fn language_and_looks_come_back_with_the_draft_and_leave_with_the_visit() {
    let mut visit = at("asking");
    let large = Comfort {
        text: TextSize::Large,
        ..Comfort::default()
    };
    visit
        .tell(Event::LanguageChosen(Tongue::Vi))
        .tell(Event::ComfortChanged(large));
    let mut later = come_back(&visit, 60);
    assert_eq!(later.state.tongue, Tongue::Ja);
    later.tell(Event::ResumeWanted);
    assert_eq!(
        (later.state.tongue, later.state.comfort),
        (Tongue::Vi, large)
    );
    later.tell(Event::QuietExitWanted);
    assert_eq!(
        (later.state.tongue, later.state.comfort),
        (Tongue::Ja, Comfort::default())
    );
    // Unless she has chosen another language on her way in.
    let mut later = come_back(&visit, 60);
    later
        .tell(Event::LanguageChosen(Tongue::En))
        .tell(Event::ResumeWanted);
    assert_eq!(later.state.tongue, Tongue::En);
}

#[test]
fn a_kept_answer_is_hers_and_an_item_added_stays_added() {
    let mut visit = at("line");
    visit
        .tell(Event::ItemToggled("kodomo_iryohi".parse().unwrap()))
        .tell(Event::LineSeen)
        .answer_all(said);
    let mut later = come_back(&visit, 60);
    later.tell(Event::ResumeWanted);
    assert_eq!((later.stage(), later.prepared().len()), ("reviewing", 3));
    let birth = later.draft().forms.first().unwrap();
    let name = birth.own.get("child_mei").unwrap();
    assert_eq!(name.source, Source::Parent);
}

#[test]
fn another_card_finds_the_resting_screen_after_a_pause_and_nothing_else() {
    let mut visit = at("kept");
    visit
        .tell(Event::CardRemoved { ticket: Ticket(1) })
        .tell(Event::CardInserted(other_card(2)));
    assert_eq!(visit.stage(), "notice");
    assert!(visit.state.stage.draft().is_none());
}
