//! The files of the catalogue that are part of the program. A new file needs its line here; a test compares this list
//! with the folder.

use super::elsewhere;

macro_rules! files {
    ($($name:literal,)*) => {
        &[$(($name, include_str!(concat!("../../catalogue/", $name))),)*]
    };
}

/// Name below `catalogue/`, and text.
pub(super) const BUILTIN: &[(&str, &str)] = files![
    "blocks.toml",
    "conditions.toml",
    "holidays.toml",
    "profiles.toml",
    "amounts/tokuji_teate.toml",
    "facts/benefits.toml",
    "facts/childcare.toml",
    "procedures/bukkadaka_teate.toml",
    "procedures/hitorioya_iryohi.toml",
    "procedures/ikuji_kyugyo_kyufu.toml",
    "procedures/ikuji_menjo_nenkin.toml",
    "procedures/jido_fuyo_teate.toml",
    "procedures/jido_teate_gakukaitei.toml",
    "procedures/jido_teate_kakunin.toml",
    "procedures/jido_teate_nintei.toml",
    "procedures/juminhyo_kisai.toml",
    "procedures/kenpo_hifuyosha.toml",
    "procedures/kinenhin.toml",
    "procedures/kodomo_iryohi.toml",
    "procedures/kojin_bango_tsuchi.toml",
    "procedures/kokuho_kanyu.toml",
    "procedures/kokuseki_ryuho.toml",
    "procedures/mynumber_card_newborn.toml",
    "procedures/ninchi_todoke.toml",
    "procedures/ninpu_shien_1.toml",
    "procedures/ninpu_shien_2.toml",
    "procedures/sanzen_sango_kokuho.toml",
    "procedures/sanzen_sango_nenkin.toml",
    "procedures/shakai_hoken_menjo.toml",
    "procedures/shibo_todoke.toml",
    "procedures/shizan_todoke.toml",
    "procedures/shogaiji_fukushi_teate.toml",
    "procedures/shussan_ikuji_ichijikin.toml",
    "procedures/shussan_teatekin.toml",
    "procedures/shussei_shomeisho.toml",
    "procedures/shussei_todoke.toml",
    "procedures/tokuji_teate.toml",
    "procedures/tsuikan_todoke.toml",
    "facts/elderly_care.toml",
    "facts/person.toml",
    "facts/regional_work.toml",
    "procedures/chokaku.toml",
    "procedures/daredemo_tsuen.toml",
    "procedures/famisapo.toml",
    "procedures/hoiku_nintei_riyo.toml",
    "procedures/ichiji_azukari.toml",
    "procedures/iju_shienkin.toml",
    "procedures/jutaku_kaishu.toml",
    "procedures/kaigo_keikaku.toml",
    "procedures/kaigo_kiroku.toml",
    "procedures/kaigo_service.toml",
    "procedures/kenshin_18m.toml",
    "procedures/kenshin_1m.toml",
    "procedures/kenshin_3_4m.toml",
    "procedures/kenshin_3y.toml",
    "procedures/kenshin_5y.toml",
    "procedures/kenshin_6_7m.toml",
    "procedures/kenshin_9_10m.toml",
    "procedures/kokyo_kunren.toml",
    "procedures/konnichiwa.toml",
    "procedures/kyoiku_kunren_kyufu.toml",
    "procedures/kyushoku_moshikomi.toml",
    "procedures/kyushokusha_shien.toml",
    "procedures/minkan_gakushi_hoken.toml",
    "procedures/minkan_junior_kouza.toml",
    "procedures/minkan_kaji.toml",
    "procedures/minkan_omutsu.toml",
    "procedures/minkan_photo.toml",
    "procedures/minkan_rental.toml",
    "procedures/minkan_sitter.toml",
    "procedures/ninpu_kenshin.toml",
    "procedures/ninshin_todoke.toml",
    "procedures/nyugaku_tsuchi.toml",
    "procedures/riyo_chosei.toml",
    "procedures/rsv_boshi.toml",
    "procedures/sango_care.toml",
    "procedures/senten_taisha.toml",
    "procedures/shien_sodan.toml",
    "procedures/shinseiji_homon.toml",
    "procedures/shugaku_enjo.toml",
    "procedures/shugakuji_kenshin.toml",
    "procedures/shuro_shomeisho.toml",
    "procedures/shussei_renraku.toml",
    "procedures/tanki_shien.toml",
    "procedures/teitaiju_todoke.toml",
    "procedures/yobosesshu.toml",
    "procedures/yoiku_iryo.toml",
    "procedures/yokaigo_nintei.toml",
    "procedures/zairyu_shikaku.toml",
];

/// What a file of the catalogue holds, by its name below the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FileKind {
    Blocks,
    Conditions,
    Facts,
    Holidays,
    Profiles,
    Procedure,
    /// A table of amounts, by its name.
    Amounts,
    /// Read by another module, which is asked.
    Elsewhere,
    /// Something another module reads, or a procedure in a folder without order: decided by its keys.
    Other,
    /// No TOML at all.
    Ignored,
}

impl FileKind {
    pub(super) fn of(name: &str) -> Self {
        let mut parts = name.rsplit(['/', '\\']);
        let file = parts.next().unwrap_or_default();
        let folder = parts.next().unwrap_or_default();
        match (folder, file) {
            ("procedures", _) => Self::Procedure,
            ("facts", _) | (_, "facts.toml") => Self::Facts,
            ("conditions", _) | (_, "conditions.toml") => Self::Conditions,
            ("profiles", _) | (_, "profiles.toml") => Self::Profiles,
            ("amounts", _) => Self::Amounts,
            (_, "blocks.toml") => Self::Blocks,
            (_, "holidays.toml") => Self::Holidays,
            _ if elsewhere::reader(file).is_some() => Self::Elsewhere,
            _ if is_toml(file) => Self::Other,
            _ => Self::Ignored,
        }
    }
}

/// Whether a file is TOML, by its name. One without an ending is taken for TOML: a door's question may name files freely.
fn is_toml(file: &str) -> bool {
    std::path::Path::new(file)
        .extension()
        .is_none_or(|ending| ending.eq_ignore_ascii_case("toml"))
}

/// The name of a file without folder.
pub(super) fn base(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

/// The name of a file without folder and ending.
pub(super) fn stem(name: &str) -> &str {
    let file = base(name);
    file.strip_suffix(".toml").unwrap_or(file)
}
