//! Small things every page needs: dates written out, titles from the catalogue, models, QR pictures.
//!
//! Data only: a date, a title, a name. Sentences belong to the view.

use jiff::civil::{Date, DateTime};
use qrcode::{EcLevel, QrCode};
use ubugoe_procedures::{
    Catalogue, Lang, LegalBasis, MunicipalityCode, ProcedureId, Sex, calendar,
};
use ubugoe_view::{ComponentHandle, Image, ModelRc, Screen, Shell, VecModel};
use ubugoe_visit::Event;

use crate::core::{Input, Sender};

/// A day, in the calendar the reader uses: 令和8年11月22日, or 22 November 2026.
pub(super) fn date(day: Date, lang: Lang) -> String {
    match lang {
        Lang::Ja => calendar::japanese(day),
        Lang::En => calendar::english(day),
    }
}

/// A minute: with 午前/午後 as the form has it, or on the 24-hour clock.
pub(super) fn date_time(at: DateTime, lang: Lang) -> String {
    match lang {
        Lang::Ja => calendar::japanese_minute(at),
        Lang::En => calendar::english_minute(at),
    }
}

pub(super) const fn sex(sex: Sex) -> ubugoe_view::Sex {
    match sex {
        Sex::Male => ubugoe_view::Sex::Male,
        Sex::Female => ubugoe_view::Sex::Female,
        Sex::NotKnown => ubugoe_view::Sex::Unknown,
        Sex::NotApplicable => ubugoe_view::Sex::NotApplicable,
    }
}

/// A procedure's title; its id when the catalogue does not know it (a filing of an older catalogue).
pub(super) fn title(catalogue: &Catalogue, procedure: &ProcedureId, lang: Lang) -> String {
    catalogue
        .procedure(procedure)
        .map_or_else(|| procedure.to_string(), |p| p.title.get(lang).to_owned())
}

/// A municipality's name; its code when no profile is here.
pub(super) fn municipality(catalogue: &Catalogue, code: MunicipalityCode, lang: Lang) -> String {
    catalogue
        .profile(&code)
        .map_or_else(|| code.to_text(), |p| p.name.get(lang).to_owned())
}

/// The laws an item rests on, in one line.
pub(super) fn law(bases: &[LegalBasis]) -> String {
    bases
        .iter()
        .map(|b| format!("{} {}", b.name, b.article))
        .collect::<Vec<_>>()
        .join("、")
}

/// The first 8 bytes of a digest in groups of four: enough to compare two screens by eye.
pub(super) fn short_digest(digest: &[u8; 32]) -> String {
    digest
        .chunks(2)
        .take(4)
        .map(hex::encode)
        .collect::<Vec<_>>()
        .join(" ")
}

/// A model for a list of rows.
pub(super) fn model<T: Clone + 'static>(rows: Vec<T>) -> ModelRc<T> {
    ModelRc::new(VecModel::from(rows))
}

/// The picture of a QR code; `None` when the text is too long for one.
pub(super) fn qr(text: &str) -> Option<Image> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let dark: Vec<bool> = code
        .to_colors()
        .into_iter()
        .map(|c| c == qrcode::Color::Dark)
        .collect();
    Some(ubugoe_view::qr_image(code.width(), &dark))
}

/// What every page has: stop, staff, language.
pub(super) fn bind(screen: &Screen, to: &Sender) {
    let shell = screen.global::<Shell>();
    let send = to.clone();
    shell.on_quit(move || send.send(Input::Visit(Event::QuitWanted)));
    let send = to.clone();
    let weak = screen.as_weak();
    shell.on_call_staff(move || {
        if let Some(screen) = weak.upgrade() {
            screen.global::<Shell>().set_staff_called(true);
        }
        send.send(Input::StaffCalled);
    });
    let send = to.clone();
    shell.on_language(move |id| {
        let lang = if id == "en" { Lang::En } else { Lang::Ja };
        send.send(Input::Visit(Event::LanguageChosen(lang)));
    });
}
