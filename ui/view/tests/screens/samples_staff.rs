//! The staff pages in every state worth looking at, filled with invented people.

use slint::ComponentHandle;
use ubugoe_view::{
    CertificateNews, CheckAdapter, CheckRow, CodeTrouble, CounterAdapter, CounterDocument,
    CounterProcedure, DocumentMark, ErrandAdapter, ErrandKind, ErrandResult, FigureBox, FigureKind,
    FiguresAdapter, HandOverAdapter, HandedTo, Language, LossAdapter, LossItem, NetworkTrouble,
    Page, PaperMarks, PaperState, PapersAdapter, PartHealth, Printer, ReceiptAdapter,
    ReceiptVerdict, ReportPart, ReportRow, Screen, ServiceAdapter, ServicePage, ServiceWait, Sex,
    SignInAdapter, SignInProblem, TechnicianAdapter, WardPaper, WardPaperAdapter, WipeAdapter,
    qr_image,
};

use super::{model, page, t};

/// Shows one of the staff pages by the name of its sample.
pub(super) fn show(s: &Screen, l: Language, name: &str) {
    let shell = s.global::<ServiceAdapter>();
    shell.set_who(t(l, "海野　渚（0417）", "Nagisa Umino (0417)"));
    let open = |at: ServicePage| {
        shell.set_page(at);
        page(s, Page::Service);
    };
    match name {
        "number" => {
            shell.set_who("".into());
            s.global::<SignInAdapter>().set_number("0417".into());
            open(ServicePage::Number);
        }
        "pin-wrong" => {
            shell.set_who("".into());
            let a = s.global::<SignInAdapter>();
            a.set_entered(4);
            a.set_problem(SignInProblem::Wrong);
            a.set_left(3);
            a.set_seconds(15);
            open(ServicePage::Pin);
        }
        "wait" => {
            shell.set_wait(ServiceWait::Testing);
            open(ServicePage::Wait);
        }
        "trouble" => {
            shell.set_code("S-203".into());
            open(ServicePage::Trouble);
        }
        "papers" => {
            let a = s.global::<PapersAdapter>();
            a.set_papers(model(vec![
                paper(l, 0, 2, PaperState::Waiting),
                paper(l, 1, 0, PaperState::Filed),
            ]));
            a.set_unreadable(1);
            open(ServicePage::Papers);
        }
        "papers-none" => {
            s.global::<PapersAdapter>().set_waiting(true);
            open(ServicePage::Papers);
        }
        "paper" => one(s, l, &open),
        "moment" | "figures" => boxes(s, l, name == "moment", &open),
        "check" => check(s, l, &open),
        "hand-over" => {
            let a = s.global::<HandOverAdapter>();
            a.set_mother(t(l, "渡邊　吉乃", "Yoshino Watanabe"));
            a.set_to(HandedTo::Father);
            open(ServicePage::HandOver);
        }
        "handed" => open(ServicePage::Handed),
        "loss-asked" => open(ServicePage::LossAsked),
        "loss" => loss(s, l, &open),
        "counter" => open(ServicePage::Counter),
        "procedures" | "documents" => counter(s, l, name == "documents", &open),
        "receipt" => open(ServicePage::Receipt),
        "verified" | "altered" => receipt(s, l, name == "verified", &open),
        "technician" => {
            s.global::<TechnicianAdapter>().set_unlocked(true);
            open(ServicePage::Technician);
        }
        "report" => report(s, l, &open),
        "code" | "register" | "sticks" | "no-sticks" | "working" | "moved" | "exported"
        | "imported" => {
            errand(s, l, name, &open);
        }
        _ => wipe(s, name, &open),
    }
}

fn born(l: Language) -> slint::SharedString {
    t(l, "令和8年11月24日 午前3時05分", "24 November 2026, 03:05")
}

fn paper(l: Language, at: i32, of: i32, state: PaperState) -> WardPaper {
    WardPaper {
        at,
        mother: if at == 0 {
            t(l, "渡邊　吉乃", "Yoshino Watanabe")
        } else {
            t(l, "佐藤　空", "Sora Sato")
        },
        born_text: born(l),
        order: of.min(1),
        of,
        state,
        marks: marks(at == 0),
        unreadable: at == 1,
    }
}

fn marks(some: bool) -> PaperMarks {
    PaperMarks {
        nicu: some,
        loss: some,
        sibling_lost: false,
        protection: some,
        adoption: false,
    }
}

fn one(s: &Screen, l: Language, open: &dyn Fn(ServicePage)) {
    let a = s.global::<WardPaperAdapter>();
    a.set_paper(paper(l, 0, 2, PaperState::Waiting));
    a.set_sex(Sex::Female);
    a.set_weight_g(2412);
    a.set_length_text("46.5 cm".into());
    a.set_weeks_text("36＋2".into());
    a.set_place(t(
        l,
        "あすこえ市民病院　ことほぎ県あすこえ市みなと町４丁目５番地",
        "Asukoe Hospital, Minatomachi 4-5, Asukoe",
    ));
    a.set_issuer(t(l, "海野　渚", "Nagisa Umino"));
    a.set_attested_by(t(l, "海野　渚", "Nagisa Umino"));
    a.set_attested_at(born(l));
    a.set_can_correct(true);
    a.set_can_add_twin(true);
    a.set_can_hand_over(true);
    a.set_marks(marks(true));
    a.set_changed(true);
    open(ServicePage::Paper);
}

fn boxes(s: &Screen, l: Language, moment: bool, open: &dyn Fn(ServicePage)) {
    let one = |kind, value: &str, digits, wrong| FigureBox {
        kind,
        value: value.into(),
        digits,
        wrong,
    };
    let a = s.global::<FiguresAdapter>();
    if moment {
        a.set_days(model(vec![
            t(l, "令和8年11月24日", "24 November 2026"),
            t(l, "令和8年11月23日", "23 November 2026"),
        ]));
        a.set_boxes(model(vec![
            one(FigureKind::Hour, "03", 2, false),
            one(FigureKind::Minute, "", 2, false),
        ]));
        a.set_active(1);
    } else {
        a.set_boxes(model(vec![
            one(FigureKind::Weight, "9012", 4, true),
            one(FigureKind::Length, "49", 2, false),
            one(FigureKind::Tenth, "5", 1, false),
            one(FigureKind::Weeks, "39", 2, false),
            one(FigureKind::Days, "2", 1, false),
            one(FigureKind::Live, "", 2, false),
            one(FigureKind::Still, "", 2, false),
        ]));
        a.set_active(5);
        a.set_wrong(true);
    }
    open(ServicePage::Figures);
}

fn check(s: &Screen, l: Language, open: &dyn Fn(ServicePage)) {
    let row = |path: &str, label, value| CheckRow {
        path: path.into(),
        label,
        value,
        can_correct: true,
    };
    let a = s.global::<CheckAdapter>();
    a.set_who(t(l, "海野　渚", "Nagisa Umino"));
    a.set_rows(model(vec![
        row(
            "mother",
            t(l, "母の氏名", "Name of the mother"),
            t(l, "渡邊　吉乃", "Yoshino Watanabe"),
        ),
        row("birth_dt", t(l, "生まれたとき", "Born on"), born(l)),
        row(
            "stillbirths",
            t(
                l,
                "この母の出産した子の数（妊娠満22週以後の死産児）",
                "Stillbirths of this mother from 22 weeks on",
            ),
            "0".into(),
        ),
    ]));
    open(ServicePage::Check);
}

fn loss(s: &Screen, l: Language, open: &dyn Fn(ServicePage)) {
    let item = |title, to, due_text, reason| LossItem {
        title,
        to,
        due_text,
        reason,
    };
    let a = s.global::<LossAdapter>();
    a.set_rights(model(vec![item(
        t(l, "産後ケア事業", "Postnatal care"),
        t(l, "あすこえ市", "Asukoe"),
        "".into(),
        t(
            l,
            "からだとこころを休める場所を、市が用意しています。",
            "The city offers a place to rest.",
        ),
    )]));
    a.set_duties(model(vec![item(
        t(l, "死産届", "Notification of a stillbirth"),
        t(l, "あすこえ市", "Asukoe"),
        t(l, "令和8年11月30日", "30 November 2026"),
        t(
            l,
            "死産から7日までに届け出ます。",
            "It is due within seven days.",
        ),
    )]));
    open(ServicePage::Loss);
}

fn counter(s: &Screen, l: Language, documents: bool, open: &dyn Fn(ServicePage)) {
    let a = s.global::<CounterAdapter>();
    if documents {
        let document = |id: &str, label, mark| CounterDocument {
            id: id.into(),
            label,
            may_follow: true,
            mark,
        };
        a.set_procedure(t(l, "出生届", "Birth notification"));
        a.set_printer(Printer::NoPaper);
        a.set_papers(model(vec![
            document(
                "certificate",
                t(l, "出生証明書", "Birth certificate"),
                DocumentMark::Seen,
            ),
            document(
                "translation",
                t(
                    l,
                    "日本語の訳文（訳した方の名前を書いたもの）",
                    "Translation into Japanese, with the translator's name",
                ),
                DocumentMark::Missing,
            ),
        ]));
        open(ServicePage::Documents);
    } else {
        let one = |id: &str, title, noted| CounterProcedure {
            id: id.into(),
            title,
            noted,
            total: 3,
        };
        a.set_procedures(model(vec![
            one("a", t(l, "出生届", "Birth notification"), 1),
            one("b", t(l, "児童手当", "Child allowance"), 0),
        ]));
        open(ServicePage::Procedures);
    }
}

fn receipt(s: &Screen, l: Language, genuine: bool, open: &dyn Fn(ServicePage)) {
    let a = s.global::<ReceiptAdapter>();
    a.set_verdict(if genuine {
        ReceiptVerdict::Genuine
    } else {
        ReceiptVerdict::Altered
    });
    a.set_arrival_no("417".into());
    a.set_time_text(born(l));
    a.set_city(t(l, "あすこえ市", "Asukoe"));
    a.set_digest("a1b2 c3d4 0718".into());
    open(ServicePage::Verified);
}

fn errand(s: &Screen, l: Language, name: &str, open: &dyn Fn(ServicePage)) {
    let a = s.global::<ErrandAdapter>();
    let ward = t(l, "あすこえ産院 3階東", "Asukoe Ward 3E");
    match name {
        "code" => {
            a.set_kind(ErrandKind::Move);
            a.set_code("BAY0-MVY4-MN0Z-1FMD-4X0F-V277-850D-9SXH".into());
            a.set_trouble(CodeTrouble::Unreachable);
            open(ServicePage::Code);
        }
        "register" => {
            s.global::<ServiceAdapter>().set_who("".into());
            a.set_kind(ErrandKind::Register);
            a.set_ask_address(true);
            a.set_address("enrol.asukoe.example".into());
            open(ServicePage::Code);
        }
        "sticks" => {
            a.set_kind(ErrandKind::Import);
            a.set_sticks(model(vec!["KINGSTON".into(), "USB-2".into()]));
            open(ServicePage::Sticks);
        }
        "no-sticks" => {
            a.set_kind(ErrandKind::Export);
            open(ServicePage::Sticks);
        }
        "working" => {
            a.set_kind(ErrandKind::Rotate);
            a.set_step(2);
            a.set_steps(4);
            open(ServicePage::Working);
        }
        "moved" => {
            a.set_result(ErrandResult::Moved);
            a.set_ward(ward);
            open(ServicePage::Done);
        }
        "exported" | "imported" => {
            a.set_result(if name == "exported" {
                ErrandResult::Exported
            } else {
                ErrandResult::Imported
            });
            a.set_count("12".into());
            a.set_other("3".into());
            a.set_left("1".into());
            open(ServicePage::Done);
        }
        other => unreachable!("no errand {other}"),
    }
}

fn wipe(s: &Screen, name: &str, open: &dyn Fn(ServicePage)) {
    let a = s.global::<WipeAdapter>();
    a.set_stick("USB-sda1".into());
    match name {
        "wipe-sure" | "wipe-mistyped" => {
            a.set_waiting("12".into());
            a.set_digits("4719".into());
            a.set_mistyped(name == "wipe-mistyped");
            if name == "wipe-sure" {
                a.set_typed("471".into());
            }
            open(ServicePage::Sure);
        }
        "wipe-held" | "wipe-stuck" => {
            s.global::<ServiceAdapter>().set_who("".into());
            a.set_whole(name == "wipe-held");
            a.set_code(
                if name == "wipe-held" {
                    "T-213"
                } else {
                    "T-214"
                }
                .into(),
            );
            open(ServicePage::Held);
        }
        "wipe-done" | "wipe-done-here" => {
            s.global::<ServiceAdapter>().set_who("".into());
            a.set_device("d-d042a2b0".into());
            a.set_files("214".into());
            a.set_exported("12".into());
            a.set_record("d-d042a2b0.wiped".into());
            a.set_on_stick(name == "wipe-done");
            a.set_told(name == "wipe-done");
            open(ServicePage::Wiped);
        }
        other => unreachable!("no staff page {other}"),
    }
}

fn report(s: &Screen, l: Language, open: &dyn Fn(ServicePage)) {
    let row = |part, health, detail: slint::SharedString| ReportRow {
        part,
        health,
        detail,
    };
    let a = s.global::<TechnicianAdapter>();
    a.set_rows(model(vec![
        row(
            ReportPart::Identity,
            PartHealth::Good,
            t(
                l,
                "d-d042a2b0　あすこえ産院 3階東",
                "d-d042a2b0　Asukoe Ward 3E",
            ),
        ),
        row(ReportPart::Reader, PartHealth::Good, "ACR 39U 00 00".into()),
        row(ReportPart::Printer, PartHealth::Absent, "".into()),
        row(ReportPart::Panel, PartHealth::Absent, "".into()),
        row(
            ReportPart::Network,
            PartHealth::Look,
            "10.0.0.5:8883".into(),
        ),
        row(ReportPart::Certificate, PartHealth::Look, born(l)),
        row(ReportPart::Clock, PartHealth::Good, born(l)),
        row(ReportPart::Storage, PartHealth::Good, "12 GB　4 MB".into()),
        row(ReportPart::Queue, PartHealth::Good, "".into()),
        row(ReportPart::Versions, PartHealth::Good, "0.1.0　1".into()),
    ]));
    a.set_network_trouble(NetworkTrouble::CertificateRefused);
    a.set_certificate_news(CertificateNews::Rejected);
    a.set_queued(3);
    a.set_arrived(24);
    a.set_qr(qr_image(2, &[true, false, false, true]));
    open(ServicePage::Report);
}
