//! Three pages with invented data, to be measured: in a window, or drawn in memory a number of times.
//!
//! `figures_ui` opens a window; the staff button turns the page, a digit adds a dot. `figures_ui --redraws N` draws the line
//! N times in memory, for counting instructions. `tests/peers/ui/run.py` measures; this file only shows.

#[path = "../tests/screens/samples.rs"]
mod samples;

use std::{cell::Cell, rc::Rc};

use samples::SAMPLES;
use slint::{
    PhysicalSize,
    platform::{
        Platform, PlatformError, WindowAdapter,
        software_renderer::{MinimalSoftwareWindow, RepaintBufferType, Rgb565Pixel},
    },
};
use ubugoe_view::{ComponentHandle, Language, PinAdapter, Screen, Shell};

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
        return redraw(count.parse()?);
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

/// Draws the line anew, all of it, as the appliance does: into a buffer that holds nothing yet.
fn redraw(times: u32) -> Result<(), Box<dyn std::error::Error>> {
    let window = MinimalSoftwareWindow::new(RepaintBufferType::NewBuffer);
    slint::platform::set_platform(Box::new(Memory(window.clone())))?;
    let screen = ubugoe_view::open(Language::Ja)?;
    window.set_size(PhysicalSize::new(1280, 800));
    screen.show()?;
    show(&screen, "06-line");
    let mut pixels = vec![Rgb565Pixel::default(); 1280 * 800];
    for _ in 0..times {
        window.request_redraw();
        window.draw_if_needed(|renderer| {
            renderer.render(&mut pixels, 1280);
        });
    }
    Ok(())
}

/// A platform with one window and no events.
struct Memory(Rc<MinimalSoftwareWindow>);

impl Platform for Memory {
    fn create_window_adapter(&self) -> Result<Rc<dyn WindowAdapter>, PlatformError> {
        Ok(self.0.clone())
    }
}
