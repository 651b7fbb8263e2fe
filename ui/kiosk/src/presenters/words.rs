//! Small things every page needs: titles from the catalogue, models, QR pictures.
//!
//! Data only: a title, a name, a sum. Sentences belong to the view.

use qrcode::{EcLevel, QrCode};
use ubugoe_procedures::{Catalogue, Lang, LegalBasis, MunicipalityCode, ProcedureId, Sex, Tongue};
use ubugoe_view::{
    ComfortAdapter, ComponentHandle, Image, ModelRc, Screen, Shell, TextSize, VecModel,
};
use ubugoe_visit::{Draft, Event};

use super::Around;
use crate::core::{Input, Sender, Wish};

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
pub(crate) fn municipality(catalogue: &Catalogue, code: MunicipalityCode, lang: Lang) -> String {
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
pub(crate) fn short_digest(digest: &[u8; 32]) -> String {
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

/// A number for the view.
pub(super) fn count(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

/// Yen with commas.
pub(super) fn thousands(yen: i64) -> String {
    let digits = yen.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if yen < 0 {
        text.insert(0, '-');
    }
    text
}

/// A child's place in the delivery, as plain data.
pub(super) fn place(child: usize) -> String {
    (child + 1).to_string()
}

/// What a child is called: the name, once it was said; else its place in the delivery.
pub(super) fn child(draft: &Draft, child: usize) -> String {
    let named = draft.forms.iter().find_map(|form| {
        let of_it = form.child == Some(child);
        form.answers.text("child_mei").filter(|_| of_it)
    });
    named.map_or_else(|| place(child), str::to_owned)
}

/// For how many hours a paused visit is kept here.
pub(super) fn kept_hours(around: &Around<'_>) -> i32 {
    let profile = around.catalogue.profile(&around.birthplace);
    profile.map_or(72, |profile| i32::from(profile.resume_hours))
}

/// What every page has: stop, pause, the quiet way out, staff, language, and how it looks.
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
        if let Some(tongue) = Tongue::from_tag(&id) {
            send.send(Input::Visit(Event::LanguageChosen(tongue)));
        }
    });
    let send = to.clone();
    shell.on_touched(move || send.send(Input::Visit(Event::Touched)));
    let send = to.clone();
    shell.on_quiet_exit(move || send.send(Input::Visit(Event::QuietExitWanted)));
    let send = to.clone();
    shell.on_pause(move || send.send(Input::Visit(Event::PauseWanted)));
    let comfort = screen.global::<ComfortAdapter>();
    let send = to.clone();
    comfort.on_text_wanted(move |size| {
        let size = match size {
            TextSize::Normal => ubugoe_visit::TextSize::Normal,
            TextSize::Large => ubugoe_visit::TextSize::Large,
            TextSize::Largest => ubugoe_visit::TextSize::Largest,
        };
        send.send(Input::Comfort(Wish::Text(size)));
    });
    let send = to.clone();
    comfort.on_night_wanted(move |on| send.send(Input::Comfort(Wish::Night(on))));
    let send = to.clone();
    comfort.on_contrast_wanted(move |on| send.send(Input::Comfort(Wish::Contrast(on))));
    let send = to.clone();
    comfort.on_left_handed_wanted(move |on| send.send(Input::Comfort(Wish::LeftHanded(on))));
    let send = to.clone();
    comfort.on_glove_wanted(move |on| send.send(Input::Comfort(Wish::Glove(on))));
    let send = to.clone();
    comfort.on_sound_wanted(move |on| send.send(Input::Comfort(Wish::Sound(on))));
}
