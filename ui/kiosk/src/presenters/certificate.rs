//! "Is this your child?": the ward's certificates that name this mother.

use std::collections::BTreeSet;

use ubugoe_procedures::{BirthCertificate, Plurality, Tongue, calendar};
use ubugoe_view::{CertificateAdapter, CertificateChild, ComponentHandle, Screen};
use ubugoe_visit::{Candidate, Event};

use super::{Picture, words};
use crate::core::{Input, Sender};

pub(super) fn show(candidates: &[Candidate], chosen: &BTreeSet<usize>, tongue: Tongue) -> Picture {
    let children: Vec<CertificateChild> = (0..)
        .zip(candidates)
        .map(|(at, found)| child(at, &found.certificate, chosen, tongue))
        .collect();
    let ticked = words::count(chosen.len());
    Box::new(move |screen| {
        let page = screen.global::<CertificateAdapter>();
        page.set_children(words::model(children));
        page.set_ticked(ticked);
    })
}

fn child(
    at: usize,
    certificate: &BirthCertificate,
    chosen: &BTreeSet<usize>,
    tongue: Tongue,
) -> CertificateChild {
    CertificateChild {
        number: words::count(at + 1),
        born_text: calendar::written_minute(certificate.birth_dt, tongue).into(),
        sex: words::sex(certificate.sex),
        weight_g: i32::from(certificate.weight_g),
        length_text: format!(
            "{}.{} cm",
            certificate.length_mm / 10,
            certificate.length_mm % 10
        )
        .into(),
        place: certificate
            .place_name
            .as_ref()
            .unwrap_or(&certificate.place_addr)
            .into(),
        order_text: match certificate.plurality {
            Plurality::Single => "".into(),
            Plurality::Multiple { order, of } => format!("{order}/{of}").into(),
        },
        mother_name: certificate.mother.as_str().into(),
        selected: chosen.contains(&at),
    }
}

pub(super) fn wipe(screen: &Screen) {
    let page = screen.global::<CertificateAdapter>();
    page.set_children(words::model(Vec::new()));
    page.set_ticked(0);
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    let page = screen.global::<CertificateAdapter>();
    let send = to.clone();
    page.on_confirm(move || send.send(Input::Visit(Event::CertificatesConfirmed)));
    let send = to.clone();
    page.on_toggle(move |index| {
        if let Ok(index) = usize::try_from(index) {
            send.send(Input::CertificateToggled(index));
        }
    });
    let send = to.clone();
    page.on_none_matches(move || send.send(Input::Visit(Event::NoCertificateIsMine)));
}
