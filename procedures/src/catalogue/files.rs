//! The files of the catalogue that are part of the program. A new file needs its line here; a test compares this list
//! with the folder.

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
    "facts/childcare.toml",
    "procedures/jido_teate_nintei.toml",
    "procedures/kinenhin.toml",
    "procedures/kodomo_iryohi.toml",
    "procedures/shussei_shomeisho.toml",
    "procedures/shussei_todoke.toml",
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

/// The name of a file without folder and ending.
pub(super) fn stem(name: &str) -> &str {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    file.strip_suffix(".toml").unwrap_or(file)
}
