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
