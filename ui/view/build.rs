//! Compiles the screens and bundles their translations. For tests (feature `drive`) it adds a language that nobody speaks,
//! `xx`: the English words with accents and two fifths longer, so that words of other languages will find room.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let drive = std::env::var_os("CARGO_FEATURE_DRIVE").is_some();
    let out = std::env::var("OUT_DIR")?;
    let lang = if drive {
        Path::new(&out).join("lang")
    } else {
        "lang".into()
    };
    if drive {
        copy(Path::new("lang"), &lang)?;
        let english = std::fs::read_to_string("lang/en/LC_MESSAGES/ubugoe-view.po")?;
        let folder = lang.join("xx/LC_MESSAGES");
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("ubugoe-view.po"), pseudo(&english))?;
        age(&lang)?;
    }
    println!("cargo::rerun-if-changed=lang");
    let config = slint_build::CompilerConfiguration::new()
        .with_style("fluent-light".into())
        .with_bundled_translations(lang)
        .with_default_translation_context(slint_build::DefaultTranslationContext::None)
        .with_debug_info(drive);
    slint_build::compile_with_config("ui/main.slint", config)?;
    Ok(())
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy(&source, &target)?;
        } else {
            std::fs::copy(source, target)?;
        }
    }
    Ok(())
}

/// Slint's compiler names what it reads, and Cargo takes files that are younger than this script's start for changed: without
/// this the screens, minutes of work, were compiled anew by every command.
fn age(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            age(&entry?.path())?;
        }
    }
    std::fs::File::open(path)?.set_modified(std::time::UNIX_EPOCH)
}

/// Every translated word made longer; the head of the file and what stands for values stay.
fn pseudo(po: &str) -> String {
    let mut words = Vec::new();
    let mut head = true;
    for line in po.lines() {
        head &= !line.is_empty();
        let value = line
            .split_once(" \"")
            .filter(|(key, _)| !head && key.starts_with("msgstr"))
            .and_then(|(key, rest)| Some((key, rest.strip_suffix('"')?)));
        words.push(match value {
            Some((key, value)) => format!("{key} \"{}\"", longer(value)),
            None => line.to_owned(),
        });
    }
    words.join("\n") + "\n"
}

fn longer(text: &str) -> String {
    let mut inside = false;
    let mut made: String = text
        .chars()
        .map(|c| {
            inside = c == '{' || inside && c != '}';
            match c {
                _ if inside => c,
                'a' => 'å',
                'e' => 'é',
                'i' => 'ï',
                'o' => 'ö',
                'u' => 'û',
                _ => c,
            }
        })
        .collect();
    // Whole words more, as other languages have them, not one endless one.
    for at in 0..(text.chars().count() * 2).div_ceil(5) {
        made.push(if at % 6 == 0 { ' ' } else { 'ñ' });
    }
    made.trim_end().to_owned()
}
