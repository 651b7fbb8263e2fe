//! The technician's pages: what can be done, and the self-test's result with its QR code.

use ubugoe_procedures::{Lang, calendar};
use ubugoe_view::{
    CertificateNews, ComponentHandle, Image, NetworkTrouble, Page, PanelNews, PartHealth,
    ReportPart, ReportRow, Screen, ServicePage, ServiceWait, TechnicianAdapter,
};
use ubugoe_visit::service::{
    ServiceEvent, Technician,
    report::{CertificateCheck, Health, LinkTrouble, Presence, SelfTest},
};

use super::{Picture, errand, shown, trouble, wait, wiping};
use crate::{
    clock,
    core::{Input, Sender},
    presenters::{Around, words},
    service::selftest,
};

pub(super) fn page(at: &Technician, around: &Around<'_>, lang: Lang) -> (Page, Picture) {
    match at {
        Technician::Menu { unlocked } => {
            let unlocked = *unlocked;
            shown(
                ServicePage::Technician,
                Box::new(move |screen| {
                    errand::forget(screen);
                    wiping::forget(screen);
                    screen.global::<TechnicianAdapter>().set_unlocked(unlocked);
                }),
            )
        }
        Technician::Testing { .. } => wait(ServiceWait::Testing),
        Technician::Unlocking { .. } => wait(ServiceWait::Unlocking),
        Technician::Report(report) => result(report, lang),
        Technician::Code {
            errand: of,
            problem,
            ask_address,
        } => errand::code(*of, *problem, *ask_address),
        Technician::LookingForSticks { .. } => wait(ServiceWait::Sticks),
        Technician::Sticks { errand: of, names } => errand::sticks(*of, names),
        Technician::Sure {
            stick,
            digits,
            mistyped,
        } => wiping::sure(stick, digits, *mistyped, around.pending),
        Technician::Held { failure, stick } => wiping::held(*failure, stick),
        Technician::Working {
            errand: of, step, ..
        } => errand::working(*of, *step),
        Technician::Done(done) => errand::done(done),
        Technician::Trouble(failure) => trouble(*failure, false),
    }
}

const fn health(health: Health) -> PartHealth {
    match health {
        Health::Good => PartHealth::Good,
        Health::Look => PartHealth::Look,
        Health::Bad => PartHealth::Bad,
    }
}

const fn presence(presence: Presence) -> PartHealth {
    match presence {
        Presence::Ok => PartHealth::Good,
        Presence::Faulty => PartHealth::Bad,
        Presence::Absent => PartHealth::Absent,
    }
}

fn time(at: Option<i64>, lang: Lang) -> String {
    at.and_then(clock::civil)
        .map(|at| calendar::written_minute(at, lang.into()))
        .unwrap_or_default()
}

/// A size with its unit: data, in whole numbers.
fn bytes(n: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    if n >= 10 * 1024 * MIB {
        format!("{} GB", n / (1024 * MIB))
    } else {
        format!("{} MB", n / MIB)
    }
}

const fn network_trouble(trouble: Option<LinkTrouble>) -> NetworkTrouble {
    match trouble {
        None => NetworkTrouble::None,
        Some(LinkTrouble::Unreachable) => NetworkTrouble::Unreachable,
        Some(LinkTrouble::Proxy) => NetworkTrouble::Proxy,
        Some(LinkTrouble::Captive) => NetworkTrouble::Captive,
        Some(LinkTrouble::Untrusted) => NetworkTrouble::Untrusted,
        Some(LinkTrouble::BrokerRevoked) => NetworkTrouble::BrokerRevoked,
        Some(LinkTrouble::CertificateRefused) => NetworkTrouble::CertificateRefused,
        Some(LinkTrouble::Refused) => NetworkTrouble::Refused,
        Some(LinkTrouble::Unstable) => NetworkTrouble::Unstable,
    }
}

fn certificate_news(certificate: Option<CertificateCheck>) -> CertificateNews {
    match certificate {
        Some(certificate) if certificate.rejected => CertificateNews::Rejected,
        Some(certificate) if certificate.asked => CertificateNews::Asked,
        _ => CertificateNews::None,
    }
}

/// The gravest first.
fn panel_news(report: &SelfTest) -> PanelNews {
    match (report.panel, report.panel_says) {
        (Presence::Absent, _) => PanelNews::None,
        (_, Some(said)) if !said.same_tables => PanelNews::OtherTables,
        (Presence::Faulty, _) => PanelNews::Silent,
        (_, Some(said)) if said.case_open => PanelNews::CaseOpen,
        (_, Some(said)) if said.lamp_broken => PanelNews::LampBroken,
        (_, Some(said)) if !said.sensor => PanelNews::SensorSilent,
        (_, Some(said)) if said.openings > 0 => PanelNews::CaseWasOpened,
        (Presence::Ok, _) => PanelNews::None,
    }
}

fn rows(report: &SelfTest, lang: Lang) -> Vec<ReportRow> {
    let row = |part, health, detail: Vec<String>| ReportRow {
        part,
        health,
        detail: detail
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join("　")
            .into(),
    };
    let network = &report.network;
    let storage = &report.storage;
    let versions = &report.versions;
    let sizes = [storage.free, storage.used, storage.quota];
    let certificate = report.certificate_health().map(|how| {
        let until = report.certificate.map(|certificate| certificate.until);
        row(
            ReportPart::Certificate,
            health(how),
            vec![time(until, lang)],
        )
    });
    let mut rows = vec![
        row(
            ReportPart::Identity,
            PartHealth::Good,
            vec![
                report.device.clone(),
                report.ward.clone().unwrap_or_default(),
            ],
        ),
        row(
            ReportPart::Queue,
            health(report.queue_health()),
            vec![time(report.queue.oldest, lang)],
        ),
        row(
            ReportPart::Reader,
            health(report.reader_health()),
            report.reader.names.clone(),
        ),
        row(
            ReportPart::Printer,
            presence(report.printer),
            report
                .printer_codes
                .iter()
                .map(|code| (*code).to_owned())
                .collect(),
        ),
        row(
            ReportPart::Panel,
            report.panel_health().map_or(PartHealth::Absent, health),
            report
                .panel_says
                .map_or_else(Vec::new, |said| vec![said.firmware.to_string()]),
        ),
        row(
            ReportPart::Network,
            health(report.network_health()),
            vec![
                network.brokers.join("、"),
                network.addresses.join("、"),
                time(network.last_ack.or(network.since), lang),
            ],
        ),
        row(
            ReportPart::Clock,
            health(report.clock_health()),
            vec![time(Some(report.at), lang)],
        ),
        row(
            ReportPart::Storage,
            health(report.storage_health()),
            sizes.into_iter().flatten().map(bytes).collect(),
        ),
        row(
            ReportPart::Versions,
            PartHealth::Good,
            vec![
                versions.kiosk.clone(),
                versions.catalogue.clone(),
                versions.card.clone(),
                versions.protocol.to_string(),
            ],
        ),
    ];
    // After the network.
    if let Some(certificate) = certificate {
        rows.insert(6.min(rows.len()), certificate);
    }
    rows
}

fn result(report: &SelfTest, lang: Lang) -> (Page, Picture) {
    let rows = rows(report, lang);
    let (text, queue) = (selftest::qr_text(report), report.queue);
    let trouble = network_trouble(report.network.trouble);
    let news = certificate_news(report.certificate);
    let panel = panel_news(report);
    let narrow = |n: u64| i32::try_from(n).unwrap_or(i32::MAX);
    shown(
        ServicePage::Report,
        Box::new(move |screen| {
            let page = screen.global::<TechnicianAdapter>();
            page.set_rows(words::model(rows));
            page.set_qr(words::qr(&text).unwrap_or_default());
            page.set_network_trouble(trouble);
            page.set_certificate_news(news);
            page.set_panel_news(panel);
            page.set_queued(narrow(queue.queued));
            page.set_sent(narrow(queue.sent));
            page.set_arrived(narrow(queue.arrived));
            page.set_refused(narrow(queue.refused));
        }),
    )
}

pub(super) fn wipe(screen: &Screen) {
    let page = screen.global::<TechnicianAdapter>();
    page.set_rows(words::model(Vec::new()));
    page.set_qr(Image::default());
    page.set_unlocked(false);
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    let page = screen.global::<TechnicianAdapter>();
    let send = to.clone();
    page.on_test(move || send.send(Input::Service(ServiceEvent::SelfTestWanted)));
    let send = to.clone();
    page.on_unlock(move || send.send(Input::Service(ServiceEvent::UnlockWanted)));
}
