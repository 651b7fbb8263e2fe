//! "Is this your child?": the ward's certificates that name this mother.

use ubugoe_procedures::{BirthCertificate, Lang, Plurality};
use ubugoe_view::{CertificateAdapter, CertificateChild, ComponentHandle, Model, Screen};

use super::{Picture, words};
use crate::core::{Input, Sender};

pub(super) fn show(candidates: &[BirthCertificate], lang: Lang) -> Picture {
    let children: Vec<CertificateChild> = (1..)
        .zip(candidates)
        .map(|(number, certificate)| child(number, certificate, lang))
        .collect();
    Box::new(move |screen| {
        let page = screen.global::<CertificateAdapter>();
        page.set_children(words::model(children));
        page.set_ticked(0);
    })
}

fn child(number: i32, certificate: &BirthCertificate, lang: Lang) -> CertificateChild {
    CertificateChild {
        number,
        born_text: words::date_time(certificate.birth_dt, lang).into(),
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
        selected: false,
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
    let weak = screen.as_weak();
    page.on_confirm(move || {
        let Some(screen) = weak.upgrade() else { return };
        let children = screen.global::<CertificateAdapter>().get_children();
        let alone = children.row_count() == 1;
        if let Some(index) = children.iter().position(|child| alone || child.selected) {
            send.send(Input::CertificateChosen(index));
        }
    });
    let weak = screen.as_weak();
    page.on_toggle(move |index| {
        let Some(screen) = weak.upgrade() else { return };
        let page = screen.global::<CertificateAdapter>();
        let children = page.get_children();
        for (at, mut child) in children.iter().enumerate() {
            // One certificate a visit, until a visit carries several.
            child.selected = usize::try_from(index) == Ok(at);
            children.set_row_data(at, child);
        }
        page.set_ticked(1);
    });
    let send = to.clone();
    page.on_none_matches(move || send.send(Input::Visit(ubugoe_visit::Event::NoCertificateIsMine)));
}
