//! Every page in every state worth looking at, filled with invented people: shared by the gallery and the tests.
//! Nobody here exists; addresses are in あすこえ市, which does not exist either.

#![allow(dead_code, reason = "each user takes what it needs")]

use slint::{ComponentHandle, ModelRc, VecModel};
use ubugoe_view::{
    CertificateAdapter, CertificateChild, CommentAdapter, CommentStep, Face, FilingState, Finding,
    FinishedAdapter, IdentityAdapter, Integrity, Language, LineAdapter, LineEntry, LookingAdapter,
    LookingKind, Network, NoticeAdapter, NurseryAdapter, NurseryChoice, NurseryFinding, NurseryHit,
    NurseryOption, OutcomeAdapter, OutcomeAdvice, OutcomeFiling, OutcomeSheet, Page, PaperAdapter,
    PaperReason, PausedAdapter, PinAdapter, PinKind, Printer, Problem, QuestionAdapter,
    QuestionKind, QuestionOption, RestingAdapter, ResumeAdapter, ReviewAdapter, ReviewForm,
    ReviewRow, Screen, SecondAdapter, SecondNote, SecondPart, ServiceAdapter, Sex, Shell,
    StillThereAdapter, TroubleAdapter, TroubleKind, TroublePicture, ValueSource, drive, qr_image,
};

/// A page in one state.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) show: fn(&Screen, Language),
}

/// Picks the text of a language.
fn t(language: Language, ja: &'static str, en: &'static str) -> slint::SharedString {
    // As the product does: the catalogue has Japanese and English, and every other language reads Japanese.
    if language == Language::En { en } else { ja }.into()
}

fn model<T: Clone + 'static>(items: Vec<T>) -> ModelRc<T> {
    ModelRc::new(VecModel::from(items))
}

pub(crate) const SAMPLES: &[Sample] = &[
    Sample {
        name: "01-resting",
        show: |s, _| page(s, Page::Resting),
    },
    Sample {
        name: "01-resting-no-reader",
        show: |s, _| {
            s.global::<RestingAdapter>().set_reader_ok(false);
            page(s, Page::Resting);
        },
    },
    Sample {
        name: "01-resting-all-wrong",
        show: |s, _| {
            let a = s.global::<RestingAdapter>();
            a.set_reader_ok(false);
            a.set_service_ok(false);
            a.set_room_ok(false);
            page(s, Page::Resting);
        },
    },
    Sample {
        name: "01-language",
        show: |s, _| page(s, Page::Language),
    },
    Sample {
        name: "01-notice",
        show: |s, l| {
            let a = s.global::<NoticeAdapter>();
            a.set_city(t(l, "あすこえ市", "Asukoe City"));
            page(s, Page::Notice);
        },
    },
    Sample {
        name: "01-card",
        show: |s, _| page(s, Page::Card),
    },
    Sample {
        name: "01-card-left",
        show: |s, _| page(s, Page::CardLeft),
    },
    Sample {
        name: "01-staff-guides",
        show: |s, _| page(s, Page::StaffGuides),
    },
    Sample {
        name: "02-looking-card",
        show: |s, _| looking(s, LookingKind::Card),
    },
    Sample {
        name: "02-looking-attributes",
        show: |s, _| looking(s, LookingKind::Attributes),
    },
    Sample {
        name: "02-looking-certificate",
        show: |s, _| looking(s, LookingKind::Certificate),
    },
    Sample {
        name: "02-looking-signing",
        show: |s, _| looking(s, LookingKind::Signing),
    },
    Sample {
        name: "02-looking-storing",
        show: |s, _| looking(s, LookingKind::Storing),
    },
    Sample {
        name: "03-pin",
        show: |s, _| pin(s, PinKind::Attributes, 3, 2, false),
    },
    Sample {
        name: "03-pin-wrong",
        show: |s, _| pin(s, PinKind::Attributes, 2, 0, true),
    },
    Sample {
        name: "03-pin-sign",
        show: |s, _| pin(s, PinKind::Sign, 5, 7, false),
    },
    Sample {
        name: "03-pin-sign-wrong",
        show: |s, _| pin(s, PinKind::Sign, 3, 0, true),
    },
    Sample {
        name: "03-pin-held",
        show: |s, _| {
            s.global::<PinAdapter>().set_held(true);
            pin(s, PinKind::Attributes, 1, 0, false);
        },
    },
    Sample {
        name: "03-pin-sign-held",
        show: |s, _| {
            s.global::<PinAdapter>().set_held(true);
            pin(s, PinKind::Sign, 1, 0, false);
        },
    },
    Sample {
        name: "04-identity",
        show: |s, l| identity(s, l, Integrity::Ok),
    },
    Sample {
        name: "04-identity-unchecked",
        show: |s, l| identity(s, l, Integrity::Unchecked),
    },
    Sample {
        name: "05-certificate",
        show: |s, l| certificate(s, l, 1),
    },
    Sample {
        name: "05-certificate-twins",
        show: |s, l| certificate(s, l, 2),
    },
    Sample {
        name: "05-resume",
        show: |s, l| {
            let a = s.global::<ResumeAdapter>();
            a.set_kept_text(t(
                l,
                "11月22日（日）午後2時5分",
                "Sunday 22 November, 14:05",
            ));
            a.set_until_text(t(
                l,
                "11月25日（水）午後2時5分",
                "Wednesday 25 November, 14:05",
            ));
            a.set_answers(12);
            page(s, Page::Resume);
        },
    },
    Sample {
        name: "06-line",
        show: line,
    },
    Sample {
        name: "06-line-open",
        show: |s, l| {
            let a = s.global::<LineAdapter>();
            a.set_opened("b".into());
            a.set_paper_advised(true);
            line(s, l);
            a.set_deadline_days(1);
        },
    },
    Sample {
        name: "06-line-unfolded",
        show: |s, l| {
            line(s, l);
            let a = s.global::<LineAdapter>();
            a.set_now(model(Vec::new()));
            a.set_confirm(model(Vec::new()));
            a.set_deadline_text("".into());
            a.set_by_itself_open(true);
            a.set_waits_open(true);
            a.set_later_open(true);
            a.set_offers_open(true);
        },
    },
    Sample {
        name: "07-nursery",
        show: nursery,
    },
    Sample {
        name: "07-nursery-ranking",
        show: |s, l| {
            nursery(s, l);
            s.global::<NurseryAdapter>().set_ranking(true);
        },
    },
    Sample {
        name: "07-nursery-nothing",
        show: |s, l| {
            nursery(s, l);
            let a = s.global::<NurseryAdapter>();
            a.set_hits(model(Vec::new()));
            a.set_ranked(model(Vec::new()));
        },
    },
    Sample {
        name: "07-question-name",
        show: |s, l| {
            question(
                s,
                l,
                QuestionKind::Name,
                t(l, "子の名", "Child's given name"),
                "𠮷葉",
            );
        },
    },
    Sample {
        name: "07-question-name-problem",
        show: |s, l| {
            question(
                s,
                l,
                QuestionKind::Name,
                t(l, "子の名", "Child's given name"),
                "𠮷A葉",
            );
            problem(s, Problem::Charset, "A");
        },
    },
    Sample {
        name: "07-question-name-review",
        show: |s, l| {
            question(
                s,
                l,
                QuestionKind::Name,
                t(l, "子の名", "Child's given name"),
                "葛󠄀葉",
            );
            problem(s, Problem::Review, "葛󠄀");
        },
    },
    Sample {
        name: "07-question-kana",
        show: |s, l| {
            s.global::<QuestionAdapter>().set_katakana(true);
            question(
                s,
                l,
                QuestionKind::Kana,
                t(l, "子の名のよみかた", "Reading of the child's given name"),
                "ヨシ",
            );
        },
    },
    Sample {
        name: "07-question-text",
        show: |s, l| {
            s.global::<QuestionAdapter>().set_optional(true);
            question(
                s,
                l,
                QuestionKind::Text,
                t(
                    l,
                    "窓口に伝えておきたいこと",
                    "Anything the counter should know",
                ),
                "",
            );
        },
    },
    Sample {
        name: "07-question-choice",
        show: |s, l| {
            question(
                s,
                l,
                QuestionKind::Choice,
                t(l, "父母との続き柄", "Relationship to the parents"),
                "",
            );
            options(
                s,
                &[
                    t(l, "長男", "First son"),
                    t(l, "長女", "First daughter"),
                    t(l, "二男", "Second son"),
                ],
            );
        },
    },
    Sample {
        name: "07-question-choice-many",
        show: |s, l| {
            question(
                s,
                l,
                QuestionKind::Choice,
                t(l, "世帯のおもな仕事", "Main work of the household"),
                "",
            );
            options(
                s,
                &[
                    t(
                        l,
                        "農業だけ、または農業とその他の仕事を持っている",
                        "Farming only, or farming and other work",
                    ),
                    t(
                        l,
                        "自由業・商工業・サービス業などの個人経営",
                        "Self-employed: profession, trade or service",
                    ),
                    t(
                        l,
                        "常用勤労者（従業者1〜99人の勤め先）",
                        "Employee of an enterprise of 1 to 99 people",
                    ),
                    t(
                        l,
                        "常用勤労者（100人以上の勤め先）",
                        "Employee of an enterprise of 100 people or more",
                    ),
                    t(l, "その他の仕事をしている", "Other work"),
                    t(
                        l,
                        "仕事をしている者のいない世帯",
                        "Nobody in the household works",
                    ),
                ],
            );
            problem(s, Problem::Empty, "");
        },
    },
    Sample {
        name: "07-question-yes-no",
        show: |s, l| {
            question(
                s,
                l,
                QuestionKind::YesNo,
                t(
                    l,
                    "お子さんは、あなたと同じところに住みますか",
                    "Will the child live at your address?",
                ),
                "yes",
            );
        },
    },
    Sample {
        name: "07-question-date",
        show: |s, l| {
            question(
                s,
                l,
                QuestionKind::Date,
                t(l, "父の生年月日", "Father's date of birth"),
                "1994-03",
            );
            s.global::<QuestionAdapter>().set_part(2);
        },
    },
    Sample {
        name: "07-question-date-era",
        show: |s, l| {
            question(
                s,
                l,
                QuestionKind::Date,
                t(l, "父の生年月日", "Father's date of birth"),
                "1994-03-32",
            );
            let a = s.global::<QuestionAdapter>();
            a.set_era(2);
            a.set_part(2);
            problem(s, Problem::Format, "1994-03-31");
        },
    },
    Sample {
        name: "07-question-month",
        show: |s, l| {
            question(
                s,
                l,
                QuestionKind::YearMonth,
                t(l, "同居を始めたとき", "When you began to live together"),
                "2021",
            );
            s.global::<QuestionAdapter>().set_part(1);
        },
    },
    Sample {
        name: "07-question-phone",
        show: |s, l| {
            question(
                s,
                l,
                QuestionKind::Phone,
                t(l, "連絡先の電話番号", "Telephone number"),
                "0901234",
            );
        },
    },
    Sample {
        name: "07-question-number",
        show: |s, l| {
            question(
                s,
                l,
                QuestionKind::Number,
                t(l, "口座番号", "Account number"),
                "12345678",
            );
            problem(s, Problem::TooLong, "7");
        },
    },
    Sample {
        name: "08-review",
        show: review,
    },
    Sample {
        name: "08-review-second",
        show: |s, l| {
            review(s, l);
            s.global::<ReviewAdapter>().set_current(1);
        },
    },
    Sample {
        name: "08-review-elsewhere",
        show: |s, l| {
            review(s, l);
            s.global::<ReviewAdapter>().set_elsewhere(t(
                l,
                "児童手当 認定請求書: 公務員の方は、勤務先に請求します。15日の期限は勤務先でも同じです。早めに職場の担当へご連絡ください。",
                "Child allowance claim: Public servants claim from their employer. The 15 days apply there too, so please contact them soon.",
            ));
        },
    },
    Sample {
        name: "08-review-words",
        show: |s, l| {
            s.global::<ReviewAdapter>().set_in_words(true);
            review(s, l);
        },
    },
    Sample {
        name: "09-outcome-stored",
        show: |s, l| outcome(s, l, FilingState::Stored, false),
    },
    Sample {
        name: "09-outcome-sending",
        show: |s, l| {
            s.global::<Shell>().set_network(Network::Offline);
            outcome(s, l, FilingState::Sending, false);
        },
    },
    Sample {
        name: "09-outcome-arrived",
        show: |s, l| outcome(s, l, FilingState::Arrived, true),
    },
    Sample {
        name: "09-outcome-accepted",
        show: |s, l| outcome(s, l, FilingState::Accepted, true),
    },
    Sample {
        name: "09-outcome-returned",
        show: |s, l| outcome(s, l, FilingState::Returned, true),
    },
    Sample {
        name: "09-outcome-refused",
        show: |s, l| outcome(s, l, FilingState::Refused, true),
    },
    Sample {
        name: "09-outcome-phone",
        show: |s, l| {
            s.global::<OutcomeAdapter>().set_sheet(OutcomeSheet::Phone);
            outcome(s, l, FilingState::Arrived, true);
        },
    },
    Sample {
        name: "09-outcome-receipt",
        show: |s, l| {
            s.global::<OutcomeAdapter>()
                .set_sheet(OutcomeSheet::Receipt);
            outcome(s, l, FilingState::Arrived, true);
        },
    },
    Sample {
        name: "09-outcome-second-parent",
        show: |s, l| {
            s.global::<OutcomeAdapter>()
                .set_sheet(OutcomeSheet::SecondParent);
            outcome(s, l, FilingState::Arrived, true);
        },
    },
    Sample {
        name: "09-comment",
        show: |s, _| {
            let a = s.global::<CommentAdapter>();
            a.set_face(Face::Fair);
            a.set_step(CommentStep::Questions);
            page(s, Page::Comment);
        },
    },
    Sample {
        name: "09-comment-writing",
        show: |s, _| {
            let a = s.global::<CommentAdapter>();
            a.set_face(Face::Hard);
            a.set_writing(true);
            page(s, Page::Comment);
        },
    },
    Sample {
        name: "09-paper",
        show: |s, l| paper(s, l, PaperReason::Deadline, Printer::Ready),
    },
    Sample {
        name: "09-paper-no-printer",
        show: |s, l| paper(s, l, PaperReason::Card, Printer::Absent),
    },
    Sample {
        name: "09-paper-not-printed",
        show: |s, l| paper(s, l, PaperReason::Law, Printer::Failed),
    },
    Sample {
        name: "09-paused",
        show: |s, l| paused(s, l, 12, true),
    },
    Sample {
        name: "09-paused-quiet",
        show: |s, l| {
            s.global::<Shell>().set_quiet(true);
            paused(s, l, 0, false);
        },
    },
    Sample {
        name: "09-still-there",
        show: |s, _| {
            s.global::<StillThereAdapter>().set_seconds(61);
            page(s, Page::StillThere);
        },
    },
    Sample {
        name: "09-still-there-unkept",
        show: |s, _| {
            s.global::<StillThereAdapter>().set_keeps(false);
            page(s, Page::StillThere);
        },
    },
    Sample {
        name: "09-called",
        show: |s, _| page(s, Page::Called),
    },
    Sample {
        name: "10-trouble-c302",
        show: |s, _| trouble(s, "C-302", TroubleKind::Counter),
    },
    Sample {
        name: "10-trouble-c204",
        show: |s, _| trouble(s, "C-204", TroubleKind::Retry),
    },
    Sample {
        name: "10-trouble-c303",
        show: |s, _| trouble(s, "C-303", TroubleKind::Counter),
    },
    Sample {
        name: "10-trouble-c102",
        show: |s, _| trouble(s, "C-102", TroubleKind::Technician),
    },
    Sample {
        name: "10-trouble-pictured",
        show: |s, _| {
            s.global::<TroubleAdapter>()
                .set_picture(TroublePicture::Network);
            trouble(s, "S-101", TroubleKind::Counter);
        },
    },
    Sample {
        name: "10-trouble-unknown",
        show: |s, _| trouble(s, "X-999", TroubleKind::Staff),
    },
    Sample {
        name: "11-finished",
        show: |s, _| {
            s.global::<FinishedAdapter>().set_pending(2);
            page(s, Page::Finished);
        },
    },
    Sample {
        name: "11-finished-gone",
        show: |s, _| {
            s.global::<FinishedAdapter>().set_card_present(false);
            page(s, Page::Finished);
        },
    },
    Sample {
        name: "11-finished-reminder",
        show: |s, _| {
            s.global::<FinishedAdapter>().set_reminder(true);
            page(s, Page::Finished);
        },
    },
    Sample {
        name: "12-confirm-pause",
        show: |s, l| {
            identity(s, l, Integrity::Ok);
            let _ = drive::labels(s);
            let shell = s.global::<Shell>();
            shell.set_can_pause(true);
            shell.set_confirm_quit(true);
        },
    },
    Sample {
        name: "12-details-line",
        show: |s, l| {
            line(s, l);
            let _ = drive::labels(s);
            s.global::<Shell>().set_details(true);
        },
    },
    Sample {
        name: "12-confirm-quit",
        show: |s, l| {
            identity(s, l, Integrity::Ok);
            let _ = drive::labels(s);
            s.global::<Shell>().set_confirm_quit(true);
        },
    },
    Sample {
        name: "12-details",
        show: |s, l| {
            question(
                s,
                l,
                QuestionKind::Name,
                t(l, "子の名", "Child's given name"),
                "",
            );
            let _ = drive::labels(s);
            s.global::<Shell>().set_staff_called(true);
            s.global::<Shell>().set_details(true);
        },
    },
    Sample {
        name: "10-trouble-at-rest-with-staff-entry",
        show: |s, _| {
            s.global::<ServiceAdapter>().set_entry(true);
            s.global::<TroubleAdapter>().set_code("C-101".into());
            page(s, Page::Trouble);
        },
    },
    Sample {
        name: "12-staff-number",
        show: |s, l| staff::show(s, l, "number"),
    },
    Sample {
        name: "12-staff-pin-wrong",
        show: |s, l| staff::show(s, l, "pin-wrong"),
    },
    Sample {
        name: "12-staff-wait",
        show: |s, l| staff::show(s, l, "wait"),
    },
    Sample {
        name: "12-staff-trouble",
        show: |s, l| staff::show(s, l, "trouble"),
    },
    Sample {
        name: "12-staff-papers",
        show: |s, l| staff::show(s, l, "papers"),
    },
    Sample {
        name: "12-staff-papers-none",
        show: |s, l| staff::show(s, l, "papers-none"),
    },
    Sample {
        name: "12-staff-paper",
        show: |s, l| staff::show(s, l, "paper"),
    },
    Sample {
        name: "12-staff-moment",
        show: |s, l| staff::show(s, l, "moment"),
    },
    Sample {
        name: "12-staff-figures",
        show: |s, l| staff::show(s, l, "figures"),
    },
    Sample {
        name: "12-staff-check",
        show: |s, l| staff::show(s, l, "check"),
    },
    Sample {
        name: "12-staff-hand-over",
        show: |s, l| staff::show(s, l, "hand-over"),
    },
    Sample {
        name: "12-staff-handed",
        show: |s, l| staff::show(s, l, "handed"),
    },
    Sample {
        name: "12-staff-loss-asked",
        show: |s, l| staff::show(s, l, "loss-asked"),
    },
    Sample {
        name: "12-staff-loss",
        show: |s, l| staff::show(s, l, "loss"),
    },
    Sample {
        name: "12-staff-counter",
        show: |s, l| staff::show(s, l, "counter"),
    },
    Sample {
        name: "12-staff-procedures",
        show: |s, l| staff::show(s, l, "procedures"),
    },
    Sample {
        name: "12-staff-documents",
        show: |s, l| staff::show(s, l, "documents"),
    },
    Sample {
        name: "12-staff-receipt",
        show: |s, l| staff::show(s, l, "receipt"),
    },
    Sample {
        name: "12-staff-verified",
        show: |s, l| staff::show(s, l, "verified"),
    },
    Sample {
        name: "12-staff-altered",
        show: |s, l| staff::show(s, l, "altered"),
    },
    Sample {
        name: "12-staff-technician",
        show: |s, l| staff::show(s, l, "technician"),
    },
    Sample {
        name: "12-staff-report",
        show: |s, l| staff::show(s, l, "report"),
    },
    // At the end, with what came later: which language and panel a page meets goes by its place.
    Sample {
        name: "01-resting-closed",
        show: |s, _| {
            s.global::<RestingAdapter>().set_open(false);
            page(s, Page::Resting);
        },
    },
    Sample {
        name: "09-outcome-soon",
        show: |s, l| {
            let a = s.global::<OutcomeAdapter>();
            a.set_advice(OutcomeAdvice::Soon);
            a.set_advice_day(t(l, "１２月７日", "7 December"));
            outcome(s, l, FilingState::Sending, false);
        },
    },
    Sample {
        name: "09-outcome-no-network",
        show: |s, l| {
            let a = s.global::<OutcomeAdapter>();
            a.set_advice(OutcomeAdvice::Now);
            a.set_advice_day(t(l, "１２月７日", "7 December"));
            outcome(s, l, FilingState::Stored, false);
        },
    },
    Sample {
        name: "09-outcome-late",
        show: |s, l| {
            let a = s.global::<OutcomeAdapter>();
            a.set_advice(OutcomeAdvice::Late);
            a.set_advice_day(t(l, "１２月７日", "7 December"));
            outcome(s, l, FilingState::Stored, false);
        },
    },
    Sample {
        name: "09-outcome-paper-offered",
        show: |s, l| {
            outcome(s, l, FilingState::Stored, false);
            let a = s.global::<OutcomeAdapter>();
            a.set_advice(OutcomeAdvice::Now);
            a.set_advice_day(t(l, "12月7日（月）", "Monday 7 December"));
            a.set_printer(Printer::Printing);
            a.set_can_print_paper(true);
        },
    },
    Sample {
        name: "09-outcome-came-out",
        show: |s, l| {
            outcome(s, l, FilingState::Arrived, true);
            s.global::<OutcomeAdapter>().set_printer(Printer::Asking);
        },
    },
    Sample {
        name: "09-paper-no-paper",
        show: |s, l| paper(s, l, PaperReason::Network, Printer::NoPaper),
    },
    Sample {
        name: "09-paper-came-out",
        show: |s, l| paper(s, l, PaperReason::Network, Printer::Asking),
    },
    Sample {
        name: "09-paper-missing",
        show: |s, l| paper(s, l, PaperReason::Chosen, Printer::Missing),
    },
    Sample {
        name: "13-second-card",
        show: |s, _| second(s, SecondPart::Card),
    },
    Sample {
        name: "13-second-number",
        show: |s, _| {
            s.global::<SecondAdapter>().set_shown("123 456 7–––".into());
            second(s, SecondPart::Number);
        },
    },
    Sample {
        name: "13-second-number-unknown",
        show: |s, _| {
            let a = s.global::<SecondAdapter>();
            a.set_shown("123 456 7897".into());
            a.set_complete(true);
            a.set_note(SecondNote::Unknown);
            second(s, SecondPart::Number);
        },
    },
    Sample {
        name: "13-second-number-offline",
        show: |s, _| {
            let a = s.global::<SecondAdapter>();
            a.set_shown("––– ––– ––––".into());
            a.set_note(SecondNote::Offline);
            second(s, SecondPart::Number);
        },
    },
    Sample {
        name: "13-second-asking",
        show: |s, _| looking(s, LookingKind::Asking),
    },
    Sample {
        name: "13-second-review",
        show: |s, l| {
            review(s, l);
            let a = s.global::<ReviewAdapter>();
            a.set_second(true);
            let rows = [child_rows(l), mother_rows(l)].concat();
            let rows = rows.into_iter().map(|row| ReviewRow {
                correctable: false,
                ..row
            });
            a.set_forms(model(vec![ReviewForm {
                title: t(l, "出生届", "Birth notification"),
                to: t(l, "あすこえ市長", "Mayor of Asukoe"),
                digest: "3f9a 07c2 b1e4".into(),
                rows: model(rows.collect()),
                ..ReviewForm::default()
            }]));
        },
    },
    Sample {
        name: "13-second-stored",
        show: |s, _| {
            s.global::<SecondAdapter>().set_card_present(true);
            second(s, SecondPart::Done);
        },
    },
    Sample {
        name: "13-second-arrived",
        show: |s, _| {
            s.global::<SecondAdapter>().set_arrived(true);
            second(s, SecondPart::Done);
        },
    },
    Sample {
        name: "13-second-first-signer",
        show: |s, _| trouble(s, "C-406", TroubleKind::Staff),
    },
    Sample {
        name: "12-staff-errand-code",
        show: |s, l| staff::show(s, l, "code"),
    },
    Sample {
        name: "12-staff-errand-register",
        show: |s, l| staff::show(s, l, "register"),
    },
    Sample {
        name: "12-staff-errand-sticks",
        show: |s, l| staff::show(s, l, "sticks"),
    },
    Sample {
        name: "12-staff-errand-no-sticks",
        show: |s, l| staff::show(s, l, "no-sticks"),
    },
    Sample {
        name: "12-staff-errand-working",
        show: |s, l| staff::show(s, l, "working"),
    },
    Sample {
        name: "12-staff-errand-moved",
        show: |s, l| staff::show(s, l, "moved"),
    },
    Sample {
        name: "12-staff-errand-exported",
        show: |s, l| staff::show(s, l, "exported"),
    },
    Sample {
        name: "12-staff-errand-imported",
        show: |s, l| staff::show(s, l, "imported"),
    },
    Sample {
        name: "12-staff-wipe-sure",
        show: |s, l| staff::show(s, l, "wipe-sure"),
    },
    Sample {
        name: "12-staff-wipe-mistyped",
        show: |s, l| staff::show(s, l, "wipe-mistyped"),
    },
    Sample {
        name: "12-staff-wipe-held",
        show: |s, l| staff::show(s, l, "wipe-held"),
    },
    Sample {
        name: "12-staff-wipe-stuck",
        show: |s, l| staff::show(s, l, "wipe-stuck"),
    },
    Sample {
        name: "12-staff-wipe-done",
        show: |s, l| staff::show(s, l, "wipe-done"),
    },
    Sample {
        name: "12-staff-wipe-done-here",
        show: |s, l| staff::show(s, l, "wipe-done-here"),
    },
];

fn page(s: &Screen, page: Page) {
    s.global::<Shell>().set_page(page);
}

fn looking(s: &Screen, kind: LookingKind) {
    s.global::<LookingAdapter>().set_kind(kind);
    page(s, Page::Looking);
}

fn second(s: &Screen, part: SecondPart) {
    s.global::<SecondAdapter>().set_part(part);
    page(s, Page::Second);
}

fn pin(s: &Screen, kind: PinKind, left: i32, entered: i32, wrong: bool) {
    let a = s.global::<PinAdapter>();
    a.set_kind(kind);
    a.set_tries_left(left);
    a.set_entered(entered);
    a.set_wrong(wrong);
    let (min, max) = if kind == PinKind::Sign {
        (6, 16)
    } else {
        (4, 4)
    };
    a.set_min(min);
    a.set_max(max);
    page(s, Page::Pin);
}

fn identity(s: &Screen, l: Language, integrity: Integrity) {
    let a = s.global::<IdentityAdapter>();
    a.set_name("渡邊󠄃　𠮷乃".into());
    a.set_address("あすこえ市葛󠄀城三丁目１２番地の５　髙﨑ハイツ２０３号室".into());
    a.set_birth_text(t(l, "1996年4月9日", "9 April 1996"));
    a.set_sex(Sex::Female);
    a.set_integrity(integrity);
    page(s, Page::Identity);
}

fn certificate(s: &Screen, l: Language, children: i32) {
    let order = [
        t(l, "双子の1人目", "First of twins"),
        t(l, "双子の2人目", "Second of twins"),
    ];
    let list = (0..children)
        .map(|i| CertificateChild {
            number: i + 1,
            born_text: if i == 0 {
                t(
                    l,
                    "2026年11月20日 午前3時12分",
                    "20 November 2026, 3:12 a.m.",
                )
            } else {
                t(
                    l,
                    "2026年11月20日 午前3時31分",
                    "20 November 2026, 3:31 a.m.",
                )
            },
            sex: if i == 0 { Sex::Female } else { Sex::Male },
            weight_g: 2950 - 510 * i,
            length_text: if i == 0 { "49.5 cm".into() } else { "".into() },
            place: t(
                l,
                "あすこえ市　みどりの丘産科病院",
                "Midorinooka Maternity Hospital, Asukoe",
            ),
            order_text: if children == 1 {
                "".into()
            } else {
                order[usize::try_from(i).unwrap_or(0)].clone()
            },
            mother_name: "渡邊󠄃　𠮷乃".into(),
            selected: i == 0,
        })
        .collect();
    s.global::<CertificateAdapter>().set_children(model(list));
    s.global::<CertificateAdapter>().set_ticked(1);
    page(s, Page::Certificate);
}

/// A thing on the line that the tests know by one letter.
fn entry(id: &str, title: slint::SharedString) -> LineEntry {
    LineEntry {
        id: id.into(),
        title,
        whom: "𠮷葉".into(),
        ..LineEntry::default()
    }
}

fn now_entries(l: Language) -> Vec<LineEntry> {
    let city = || t(l, "あすこえ市", "Asukoe City");
    let monday = || t(l, "12月7日（月）", "Monday 7 December");
    vec![
        LineEntry {
            to: city(),
            due_text: monday(),
            due_days: 15,
            reason: t(
                l,
                "お子さんが戸籍と住民票にのります。",
                "The child is entered in the family register and the residents' record.",
            ),
            law: t(
                l,
                "戸籍法 第49条・第52条",
                "Family Register Act, Articles 49 and 52",
            ),
            papers: t(l, "母子健康手帳", "Mother and child handbook"),
            here: true,
            paper: true,
            ..entry("a", t(l, "出生届", "Birth notification"))
        },
        LineEntry {
            to: city(),
            due_text: monday(),
            due_days: 15,
            reason: t(
                l,
                "出生の翌日から15日のうちに出すと、翌月分から受け取れます。",
                "If claimed within 15 days of the day after birth, it is paid from the following month.",
            ),
            law: t(
                l,
                "児童手当法 第7条・第8条",
                "Child Allowance Act, Articles 7 and 8",
            ),
            yen_text: "15,000".into(),
            monthly: true,
            here: true,
            optional: true,
            ticked: true,
            ..entry("b", t(l, "児童手当の認定請求", "Claim for child allowance"))
        },
        LineEntry {
            to: city(),
            due_text: t(l, "12月25日（金）", "Friday 25 December"),
            due_days: 33,
            here: true,
            optional: true,
            ..entry(
                "c",
                t(l, "保育所の利用申し込み", "Application for a nursery"),
            )
        },
        LineEntry {
            whom: "".into(),
            to: t(
                l,
                "全国健康保険協会",
                "National health insurance association",
            ),
            yen_text: "500,000".into(),
            ..entry("d", t(l, "出産育児一時金", "Childbirth lump sum"))
        },
    ]
}

fn line(s: &Screen, l: Language) {
    let a = s.global::<LineAdapter>();
    let city = || t(l, "あすこえ市", "Asukoe City");
    a.set_now(model(now_entries(l)));
    a.set_confirm(model(vec![LineEntry {
        to: city(),
        here: true,
        optional: true,
        ticked: true,
        ..entry(
            "e",
            t(l, "子どもの医療費助成", "Medical expenses for children"),
        )
    }]));
    a.set_by_itself(model(vec![
        LineEntry {
            to: city(),
            ..entry(
                "f",
                t(l, "住民票への記載", "Entry in the residents' record"),
            )
        },
        LineEntry {
            free_months: 4,
            whom: "".into(),
            ..entry(
                "g",
                t(l, "国民年金の産前産後免除", "Pension premiums around birth"),
            )
        },
    ]));
    a.set_waits(model(vec![LineEntry {
        waits_for: t(
            l,
            "出生届、健康保険への加入",
            "Birth notification, health insurance",
        ),
        ..entry(
            "h",
            t(
                l,
                "マイナ保険証の登録",
                "Registering the card as insurance card",
            ),
        )
    }]));
    a.set_later(model(vec![LineEntry {
        from_text: t(l, "12月20日（日）", "Sunday 20 December"),
        due_text: t(l, "1月3日（日）", "Sunday 3 January"),
        due_days: 42,
        ..entry("i", t(l, "1か月児の健康診査", "One-month check-up"))
    }]));
    a.set_offers(model(vec![LineEntry {
        whom: "".into(),
        to: t(l, "ほしぞら商店", "Hoshizora Store"),
        ..entry("j", t(l, "おむつの定期便", "Nappies by post"))
    }]));
    a.set_filed_here(3);
    a.set_deadline_text(t(l, "12月7日（月）", "Monday 7 December"));
    a.set_deadline_days(15);
    page(s, Page::Line);
}

fn hits(l: Language) -> Vec<NurseryHit> {
    let finding = |outcome, ja, en| NurseryFinding {
        outcome,
        text: t(l, ja, en),
    };
    let hit = |id: &str, name, distance_m, findings| NurseryHit {
        id: id.into(),
        name,
        kind: t(l, "認可保育所", "Licensed nursery"),
        distance_m,
        free: -1,
        free_text: t(l, "11月1日", "1 November"),
        findings: model(findings),
        ..NurseryHit::default()
    };
    let class = || {
        finding(
            Finding::Met,
            "0歳クラスがあります。",
            "It has a class for babies.",
        )
    };
    vec![
        NurseryHit {
            free: 2,
            fits: true,
            rank: 1,
            ..hit(
                "1",
                t(l, "みどりの丘保育園", "Midorinooka Nursery"),
                450,
                vec![class()],
            )
        },
        NurseryHit {
            free: 0,
            rank: 2,
            ..hit(
                "2",
                t(l, "あすこえ中央こども園", "Asukoe Central Kindergarten"),
                1240,
                vec![
                    class(),
                    finding(
                        Finding::Missed,
                        "入る日に生後6か月をこえている必要があります。",
                        "Babies must be older than six months on the first day.",
                    ),
                ],
            )
        },
        NurseryHit {
            free: 3,
            free_old: true,
            fits: true,
            ..hit(
                "3",
                t(l, "ほしのこ保育室", "Hoshinoko Nursery"),
                -1,
                vec![finding(
                    Finding::Unknown,
                    "土曜日のことは書かれていません。園に聞いてください。",
                    "The list does not say anything about Saturdays. Please ask.",
                )],
            )
        },
        hit(
            "4",
            t(l, "本町保育園", "Honcho Nursery"),
            2310,
            vec![class()],
        ),
    ]
}

fn nursery(s: &Screen, l: Language) {
    let a = s.global::<NurseryAdapter>();
    let options = |labels: &[slint::SharedString]| {
        let list = labels.iter().enumerate().map(|(i, label)| NurseryOption {
            id: i.to_string().into(),
            label: label.clone(),
            selected: i == 0,
        });
        model(list.collect())
    };
    let months = [
        t(l, "2027年4月", "April 2027"),
        t(l, "2027年5月", "May 2027"),
    ];
    let origins = [t(l, "家", "Home"), t(l, "職場", "Work")];
    let kinds = [
        t(l, "認可保育所", "Licensed nursery"),
        t(l, "認定こども園", "Kindergarten with nursery"),
    ];
    a.set_month_text(months[0].clone());
    a.set_origin_text(origins[0].clone());
    a.set_kinds_text(kinds[0].clone());
    a.set_months(options(&months));
    a.set_origins(options(&origins));
    a.set_kinds(options(&kinds));
    a.set_hits(model(hits(l)));
    a.set_more(true);
    a.set_ranked(model(
        hits(l)
            .into_iter()
            .take(2)
            .map(|hit| NurseryChoice {
                id: hit.id,
                name: hit.name,
            })
            .collect(),
    ));
    page(s, Page::Nursery);
}

fn paper(s: &Screen, l: Language, reason: PaperReason, printer: Printer) {
    let a = s.global::<PaperAdapter>();
    a.set_reason(reason);
    a.set_due_text(t(l, "12月7日（月）", "Monday 7 December"));
    a.set_due_days(2);
    a.set_office(t(
        l,
        "あすこえ市役所　市民課",
        "Asukoe City Hall, Residents' Section",
    ));
    a.set_office_address(t(l, "本町一丁目１番地", "Honcho 1-1"));
    a.set_office_hours(t(l, "平日 8:30〜17:15", "Weekdays 8:30 to 17:15"));
    a.set_office_phone("000-000-0000".into());
    a.set_filled(true);
    a.set_printer(printer);
    page(s, Page::Paper);
}

fn paused(s: &Screen, l: Language, answers: i32, card: bool) {
    let a = s.global::<PausedAdapter>();
    a.set_until_text(t(
        l,
        "11月25日（水）午後2時5分",
        "Wednesday 25 November, 14:05",
    ));
    a.set_answers(answers);
    a.set_card_present(card);
    page(s, Page::Paused);
}

fn question(s: &Screen, l: Language, kind: QuestionKind, label: slint::SharedString, value: &str) {
    let a = s.global::<QuestionAdapter>();
    a.set_section(t(
        l,
        "出生届　お子さんのこと",
        "Birth notification: the child",
    ));
    a.set_label(label);
    a.set_why(t(
        l,
        "戸籍に書かれる内容です。あとから変えるには家庭裁判所の許可が要ります。",
        "It is written into the family register. Changing it later needs a family court.",
    ));
    a.set_seen_by(t(
        l,
        "あすこえ市の戸籍係",
        "the register office of Asukoe City",
    ));
    a.set_kind(kind);
    a.set_value(value.into());
    a.set_index(3);
    a.set_total(9);
    page(s, Page::Question);
}

fn problem(s: &Screen, problem: Problem, detail: &str) {
    let a = s.global::<QuestionAdapter>();
    a.set_problem(problem);
    a.set_problem_detail(detail.into());
}

fn options(s: &Screen, labels: &[slint::SharedString]) {
    let list = labels
        .iter()
        .enumerate()
        .map(|(i, label)| QuestionOption {
            id: i.to_string().into(),
            label: label.clone(),
            selected: i == 1,
        })
        .collect();
    s.global::<QuestionAdapter>().set_options(model(list));
}

fn heading(label: &slint::SharedString) -> ReviewRow {
    ReviewRow {
        heading: true,
        label: label.clone(),
        ..ReviewRow::default()
    }
}

/// What came from card or certificate cannot be corrected here.
fn row(
    section: &slint::SharedString,
    label: slint::SharedString,
    value: slint::SharedString,
    source: ValueSource,
    path: &str,
) -> ReviewRow {
    ReviewRow {
        heading: false,
        section: section.clone(),
        label,
        value,
        source,
        path: path.into(),
        correctable: !matches!(source, ValueSource::Card | ValueSource::Certificate),
    }
}

fn child_rows(l: Language) -> Vec<ReviewRow> {
    use ValueSource::{Certificate, Derived, Parent};
    let child = t(l, "お子さん", "The child");
    let born = t(
        l,
        "2026年11月20日 午前3時12分",
        "20 November 2026, 3:12 a.m.",
    );
    let place = t(
        l,
        "あすこえ市みどりの丘一丁目２番地",
        "Midorinooka 1-2, Asukoe City",
    );
    let relation = t(l, "父母との続き柄", "Relationship to the parents");
    let reading = t(l, "氏名のよみかた", "Reading of the name");
    vec![
        heading(&child),
        row(
            &child,
            t(l, "氏名", "Name"),
            "渡邊󠄃　𠮷葉".into(),
            Parent,
            "child.name",
        ),
        row(
            &child,
            reading,
            "ワタナベ　ヨシハ".into(),
            Parent,
            "child.kana",
        ),
        row(
            &child,
            t(l, "生まれたとき", "Born"),
            born,
            Certificate,
            "child.born",
        ),
        row(
            &child,
            t(l, "生まれたところ", "Place of birth"),
            place,
            Certificate,
            "child.place",
        ),
        row(
            &child,
            relation,
            t(l, "長女", "First daughter"),
            Derived,
            "child.rel",
        ),
    ]
}

fn mother_rows(l: Language) -> Vec<ReviewRow> {
    use ValueSource::{Card, Parent};
    let mother = t(l, "母", "Mother");
    let birth = t(l, "1996年4月9日", "9 April 1996");
    let address = "あすこえ市葛󠄀城三丁目１２番地の５　髙﨑ハイツ２０３号室".into();
    let since = t(l, "同居を始めたとき", "Living together since");
    vec![
        heading(&mother),
        row(
            &mother,
            t(l, "氏名", "Name"),
            "渡邊󠄃　𠮷乃".into(),
            Card,
            "mother.name",
        ),
        row(
            &mother,
            t(l, "生年月日", "Date of birth"),
            birth,
            Card,
            "mother.birth",
        ),
        row(
            &mother,
            t(l, "住所", "Address"),
            address,
            Card,
            "mother.addr",
        ),
        row(&mother, since, "".into(), Parent, "mother.since"),
    ]
}

fn claimant_rows(l: Language) -> Vec<ReviewRow> {
    use ValueSource::{Card, Parent};
    let claimant = t(l, "請求する人", "Claimant");
    let phone = t(l, "電話番号", "Telephone");
    vec![
        heading(&claimant),
        row(
            &claimant,
            t(l, "氏名", "Name"),
            "渡邊󠄃　𠮷乃".into(),
            Card,
            "claimant.name",
        ),
        row(
            &claimant,
            phone,
            "090-0000-0000".into(),
            Parent,
            "claimant.phone",
        ),
    ]
}

fn review(s: &Screen, l: Language) {
    let forms = vec![
        ReviewForm {
            title: t(l, "出生届", "Birth notification"),
            to: t(l, "あすこえ市長", "Mayor of Asukoe"),
            digest: "3f9a 07c2 b1e4".into(),
            filer: "渡邊󠄃　𠮷乃".into(),
            whom: "𠮷葉".into(),
            next: t(
                l,
                "受理されると、住民票ができます。",
                "Once accepted, the child has an entry in the residents' record.",
            ),
            rows: model([child_rows(l), mother_rows(l)].concat()),
            ..ReviewForm::default()
        },
        ReviewForm {
            title: t(l, "児童手当 認定請求書", "Claim for child allowance"),
            to: t(l, "あすこえ市長", "Mayor of Asukoe"),
            digest: "a410 55d8 9c3e".into(),
            filer: "渡邊󠄃　𠮷乃".into(),
            whom: "𠮷葉".into(),
            yen_text: "15,000".into(),
            monthly: true,
            rows: model(claimant_rows(l)),
            ..ReviewForm::default()
        },
    ];
    s.global::<ReviewAdapter>().set_forms(model(forms));
    page(s, Page::Review);
}

fn outcome(s: &Screen, l: Language, state: FilingState, qr: bool) {
    let there = !matches!(state, FilingState::Stored | FilingState::Sending);
    let back = matches!(state, FilingState::Returned | FilingState::Refused);
    let filing = |title, digest: &str, state, no: &str| OutcomeFiling {
        title,
        whom: "𠮷葉".into(),
        to: t(l, "あすこえ市", "Asukoe City"),
        state,
        arrival_no: if there { no.into() } else { "".into() },
        time_text: t(l, "11月22日 14:05", "22 November, 14:05"),
        reason: if back {
            t(
                l,
                "母の本籍の番地が、住民票の記録とちがいます。",
                "The number in the mother's registered domicile differs from the record.",
            )
        } else {
            "".into()
        },
        digest: digest.into(),
    };
    s.global::<OutcomeAdapter>().set_filings(model(vec![
        filing(
            t(l, "出生届", "Birth notification"),
            "3f9a 07c2",
            state,
            "1042",
        ),
        filing(
            t(l, "児童手当の認定請求", "Claim for child allowance"),
            "a410 55d8",
            if there { FilingState::Arrived } else { state },
            "1043",
        ),
    ]));
    if qr {
        // Not a readable code: a pattern of the right density.
        let modules: Vec<bool> = (0..45 * 45)
            .map(|i: usize| (i * i / 7 + i / 45 * 3) % 5 < 2)
            .collect();
        let a = s.global::<OutcomeAdapter>();
        a.set_qr(qr_image(45, &modules));
        a.set_receipt_qr(qr_image(45, &modules));
        a.set_second_qr(qr_image(45, &modules));
        a.set_second_parent_possible(true);
        a.set_printer(Printer::Ready);
    }
    page(s, Page::Outcome);
}

fn trouble(s: &Screen, code: &str, kind: TroubleKind) {
    let a = s.global::<TroubleAdapter>();
    a.set_code(code.into());
    a.set_kind(kind);
    a.set_can_paper(kind == TroubleKind::Counter);
    page(s, Page::Trouble);
}

/// The staff pages.
#[path = "samples_staff.rs"]
mod staff;
