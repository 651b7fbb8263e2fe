//! Three pages with invented data, to be measured: in a window, or drawn in memory a number of times.
//!
//! `figures_ui` opens a window; the staff button turns the page, a digit adds a dot. `figures_ui --redraws N` draws the line
//! N times in memory, for counting instructions. `tests/peers/ui/run.py` measures; this file only shows.

#[path = "../tests/screens/samples.rs"]
mod samples;

use std::{cell::Cell, rc::Rc};

use samples::SAMPLES;
use ubugoe_view::{ComponentHandle, Language, PinAdapter, Screen, Shell, drive};

/// What the staff button turns through.
const PAGES: [&str; 3] = ["06-line", "04-identity", "03-pin"];

fn show(screen: &Screen, name: &str) {
    for sample in SAMPLES.iter().filter(|sample| sample.name == name) {
        (sample.show)(screen, Language::Ja);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, count] = arguments.as_slice()
        && mode == "--redraws"
    {
        drive::in_memory_still()?;
        let screen = ubugoe_view::open(Language::Ja)?;
        screen.show()?;
        drive::resize(&screen, 1280, 800);
        show(&screen, "06-line");
        for _ in 0..count.parse::<u32>()? {
            screen.window().take_snapshot()?;
        }
        return Ok(());
    }
    let screen = ubugoe_view::open(Language::Ja)?;
    let at = Rc::new(Cell::new(0));
    let turned = screen.as_weak();
    screen.global::<Shell>().on_call_staff(move || {
        at.set((at.get() + 1) % PAGES.len());
        if let (Some(screen), Some(name)) = (turned.upgrade(), PAGES.get(at.get())) {
            show(&screen, name);
        }
    });
    let pressed = screen.as_weak();
    screen.global::<PinAdapter>().on_key(move |_| {
        if let Some(screen) = pressed.upgrade() {
            let pin = screen.global::<PinAdapter>();
            pin.set_entered((pin.get_entered() + 1) % 5);
        }
    });
    show(&screen, "06-line");
    screen.run()?;
    Ok(())
}
