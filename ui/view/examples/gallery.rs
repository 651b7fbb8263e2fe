//! Draws every page with invented data in every language into PNG files, with one sheet of all of them for each language;
//! Japanese also by night, at high contrast, with large words and on the other panels.
//!
//! `cargo run -p ubugoe-view --example gallery -- OUTDIR [PART-OF-A-NAME]`. Looks only; decides nothing.

#[path = "../tests/screens/samples.rs"]
mod samples;

use samples::{SAMPLES, Sample};
use slint::ComponentHandle;
use std::path::PathBuf;
use ubugoe_view::{Comfort, LANGUAGES, Language, TextSize, drive, set_comfort};

/// A way to look at all pages: its name, the panel, and how the screen is set.
struct Way {
    name: &'static str,
    panel: (u32, u32),
    comfort: fn(&mut Comfort),
}

/// The first is for every language, the others for Japanese.
const WAYS: [Way; 6] = [
    Way {
        name: "day",
        panel: (1280, 800),
        comfort: |_| {},
    },
    Way {
        name: "night-small",
        panel: (1024, 600),
        comfort: |c| c.night = true,
    },
    Way {
        name: "upright",
        panel: (800, 1280),
        comfort: |c| c.left_handed = true,
    },
    Way {
        name: "contrast-150",
        panel: (1280, 800),
        comfort: |c| {
            c.contrast = true;
            c.text = TextSize::Large;
        },
    },
    Way {
        name: "night-contrast-gloves",
        panel: (1280, 800),
        comfort: |c| {
            c.contrast = true;
            c.night = true;
            c.glove = true;
        },
    },
    Way {
        name: "day-200",
        panel: (1280, 800),
        comfort: |c| c.text = TextSize::Largest,
    },
];

const fn tag(language: Language) -> &'static str {
    match language {
        Language::Ja => "ja",
        Language::JaEasy => "ja-easy",
        Language::En => "en",
        Language::Zh => "zh",
        Language::Pt => "pt",
        Language::Vi => "vi",
        Language::Tl => "tl",
        Language::Ne => "ne",
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let out = PathBuf::from(
        args.next()
            .ok_or("usage: gallery OUTDIR [PART-OF-A-NAME]")?,
    );
    let part = args.next().unwrap_or_default();
    std::fs::create_dir_all(&out)?;
    drive::in_memory_still()?;
    for language in LANGUAGES {
        let ways = if language == Language::Ja {
            WAYS.len()
        } else {
            1
        };
        for way in WAYS.iter().take(ways) {
            let mut all = Vec::new();
            for Sample { name, show } in SAMPLES {
                let file = format!("{name}-{}-{}.png", tag(language), way.name);
                if !file.contains(&part) {
                    continue;
                }
                let screen = ubugoe_view::open(language)?;
                screen.show()?;
                drive::resize(&screen, way.panel.0, way.panel.1);
                show(&screen, language);
                let mut comfort = Comfort::default();
                (way.comfort)(&mut comfort);
                set_comfort(&screen, comfort);
                let picture = drive::picture(&screen)?;
                drive::write(&out.join(file), &picture)?;
                all.push(picture);
                screen.hide()?;
            }
            if !all.is_empty() {
                let sheet = drive::contact_sheet(&all, 6, 3);
                drive::write(
                    &out.join(format!("sheet-{}-{}.png", tag(language), way.name)),
                    &sheet,
                )?;
            }
        }
    }
    Ok(())
}
