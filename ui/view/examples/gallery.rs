//! Draws every page with invented data, in both languages, by day and by night, at both sizes, into PNG files.
//!
//! `cargo run -p ubugoe-view --example gallery -- OUTDIR [PART-OF-A-NAME]`. Looks only; decides nothing.

#[path = "../tests/screens/samples.rs"]
mod samples;

use samples::{SAMPLES, Sample};
use slint::ComponentHandle;
use std::path::PathBuf;
use ubugoe_view::{Language, Theme, drive};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let out = PathBuf::from(
        args.next()
            .ok_or("usage: gallery OUTDIR [PART-OF-A-NAME]")?,
    );
    let part = args.next().unwrap_or_default();
    std::fs::create_dir_all(&out)?;
    drive::in_memory_still()?;
    for language in [Language::Ja, Language::En] {
        for (width, height) in [(1280, 800), (1024, 600)] {
            for night in [false, true] {
                for Sample { name, show } in SAMPLES {
                    let lang = if language == Language::Ja { "ja" } else { "en" };
                    let time = if night { "night" } else { "day" };
                    let file = format!("{name}-{lang}-{width}-{time}.png");
                    if !file.contains(&part) {
                        continue;
                    }
                    let screen = ubugoe_view::open(language)?;
                    screen.show()?;
                    drive::resize(&screen, width, height);
                    screen.global::<Theme>().set_night(night);
                    show(&screen, language);
                    drive::snapshot(&screen, &out.join(file))?;
                    screen.hide()?;
                }
            }
        }
    }
    Ok(())
}
