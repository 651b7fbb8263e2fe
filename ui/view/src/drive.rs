//! Look at the screen and touch it, by accessible label: for tests, the demo and the gallery.
//!
//! Works on any window: one drawn in memory ([`in_memory`], no display at all) and one on a desktop. Every function runs
//! on the UI thread and returns when it is done; from elsewhere, hand it to `slint::invoke_from_event_loop`. A touch is a
//! real pointer press in the middle of the element. Only the production image must lack this module: it is a cargo feature.

use crate::generated::Screen;
use i_slint_backend_testing::{
    ElementHandle, ElementQuery, ElementRoot, TestingBackend, TestingBackendOptions,
    testing_backend::TestingWindow,
};
use i_slint_core::{InternalToken, window::WindowInner};
use slint::platform::{Key, PointerEventButton, WindowEvent};
use slint::{ComponentHandle, LogicalPosition, PhysicalSize, SharedString};
use std::any::Any;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

pub use i_slint_backend_testing::AccessibleRole;

/// Pages of a scrolling pane that are searched for an element before giving up.
const MOST_PAGES: usize = 60;

/// A touch, a look or a picture that did not come about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DriveError {
    /// A platform is already there: [`in_memory`] comes first in a process, before any window.
    #[error("the in-memory screen must be chosen before any window is made")]
    Platform(#[source] slint::platform::SetPlatformError),
    /// Nothing that can be touched has this label.
    #[error("nothing to touch is labelled {label:?}; there is: {there:?}")]
    Absent {
        /// What was asked for.
        label: String,
        /// The labels of everything that can be touched now.
        there: Vec<String>,
    },
    /// Several things that can be touched have this label.
    #[error("{count} things are labelled {label:?}")]
    Ambiguous {
        /// What was asked for.
        label: String,
        /// How many have it.
        count: usize,
    },
    /// It is there and does not react.
    #[error("{label:?} is disabled")]
    Disabled {
        /// What was asked for.
        label: String,
    },
    /// It is there, and its middle lies outside of the window.
    #[error("{label:?} lies outside of the window, at {rect:?}")]
    Outside {
        /// What was asked for.
        label: String,
        /// Where it is.
        rect: Rect,
    },
    /// The window took the event and failed.
    #[error("the window refused the event")]
    Event(#[source] slint::PlatformError),
    /// The window could not be drawn.
    #[error("the window could not be drawn")]
    Draw(#[source] slint::PlatformError),
    /// The picture could not be encoded or written.
    #[error("the picture could not be written to {path}")]
    Write {
        /// Where it should have gone.
        path: PathBuf,
        /// Why it did not.
        #[source]
        source: std::io::Error,
    },
    /// The picture could not be read or decoded.
    #[error("no picture could be read from {path}")]
    Read {
        /// Where it should be.
        path: PathBuf,
        /// Why it could not.
        #[source]
        source: std::io::Error,
    },
}

/// A rectangle of the window, in logical pixels from its top left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl Rect {
    fn of(element: &ElementHandle) -> Self {
        let (at, size) = (element.absolute_position(), element.size());
        Self {
            x: at.x,
            y: at.y,
            width: size.width,
            height: size.height,
        }
    }

    /// The middle, where a touch goes.
    #[must_use]
    pub fn centre(&self) -> (f32, f32) {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    /// Whether a point lies inside.
    #[must_use]
    pub fn contains(&self, (x, y): (f32, f32)) -> bool {
        x >= self.x && x <= self.x + self.width && y >= self.y && y <= self.y + self.height
    }
}

/// Something on the screen that has an accessible label.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// What it is called, in the language of the screen.
    pub label: String,
    /// What it is.
    pub role: AccessibleRole,
    /// Its value, where it has one: the text of a field, the state of the progress line.
    pub value: Option<String>,
    /// Whether it reacts. Plain text counts as enabled.
    pub enabled: bool,
    /// For choices: whether it is the chosen one.
    pub checked: Option<bool>,
    /// Where it is. Parts of it may be scrolled out of sight.
    pub rect: Rect,
    /// The scrolling pane it belongs to, where it does.
    pub pane: Option<Rect>,
}

impl Element {
    fn of(handle: &ElementHandle, pane: Option<Rect>) -> Option<Self> {
        let label = handle.accessible_label()?;
        let role = handle.accessible_role()?;
        if role == AccessibleRole::None || label.is_empty() {
            return None;
        }
        Some(Self {
            label: label.into(),
            role,
            value: handle.accessible_value().map(Into::into),
            enabled: handle.accessible_enabled().unwrap_or(true),
            checked: handle.accessible_checked(),
            rect: Rect::of(handle),
            pane,
        })
    }

    /// Whether a finger has something to do here.
    #[must_use]
    pub fn is_touchable(&self) -> bool {
        matches!(
            self.role,
            AccessibleRole::Button
                | AccessibleRole::RadioButton
                | AccessibleRole::Checkbox
                | AccessibleRole::Switch
                | AccessibleRole::Tab
                | AccessibleRole::TextInput
        )
    }
}

/// Chooses a screen without a display: drawn in memory, with a real event loop, timers and `invoke_from_event_loop`.
/// Call it once per process, on the thread that will run the event loop, before [`crate::open`].
///
/// # Errors
/// [`DriveError::Platform`] when a platform was chosen before.
pub fn in_memory() -> Result<(), DriveError> {
    install(false)
}

/// As [`in_memory`], without an event loop and with a clock that stands still: each test thread can have its own.
///
/// # Errors
/// [`DriveError::Platform`] when this thread has a platform already.
pub fn in_memory_still() -> Result<(), DriveError> {
    install(true)
}

fn install(still: bool) -> Result<(), DriveError> {
    slint::platform::set_platform(Box::new(TestingBackend::new(TestingBackendOptions {
        mock_time: still,
        threading: !still,
        renderer_name: Some("software".into()),
    })))
    .map_err(DriveError::Platform)
}

/// Empties what the screen in memory notes of every field: all that was typed, for tests of input methods that are
/// not made here. On a display there is no such note.
pub(crate) fn forget(screen: &Screen) {
    let adapter = WindowInner::from_pub(screen.window()).window_adapter();
    let inner = adapter.internal(InternalToken);
    let window = inner.and_then(|inner| (inner as &dyn Any).downcast_ref::<TestingWindow>());
    if let Some(window) = window {
        window.clear_ime_requests();
    }
}

/// Gives the window this size.
pub fn resize(screen: &Screen, width: u32, height: u32) {
    screen.window().set_size(PhysicalSize::new(width, height));
    settle(screen);
}

/// Everything on the screen that has a label, top to bottom as in the page, scrolled-away parts left out.
#[must_use]
pub fn labels(screen: &Screen) -> Vec<Element> {
    settle(screen);
    let panes = panes(screen);
    let mut found = Vec::new();
    screen
        .root_element()
        .visit_descendants(|handle| -> ControlFlow<()> {
            let rect = Rect::of(&handle);
            // The innermost of several: those of a page come before those on it.
            let pane = panes
                .iter()
                .rfind(|pane| pane.members.contains(&key(&handle, rect)))
                .map(|pane| pane.rect);
            found.extend(Element::of(&handle, pane));
            ControlFlow::Continue(())
        });
    found
}

/// Everything that can be touched now.
#[must_use]
pub fn touchables(screen: &Screen) -> Vec<Element> {
    labels(screen)
        .into_iter()
        .filter(Element::is_touchable)
        .collect()
}

/// Touches the one thing with this label, scrolling it into sight first where it is in a scrolling pane.
///
/// # Errors
/// [`DriveError`] when it is absent, disabled, outside of the window, or there are several.
pub fn tap(screen: &Screen, label: &str) -> Result<(), DriveError> {
    let element = bring_into_sight(screen, label)?;
    if !element.enabled {
        return Err(DriveError::Disabled {
            label: label.to_owned(),
        });
    }
    let size = screen
        .window()
        .size()
        .to_logical(screen.window().scale_factor());
    let window = Rect {
        x: 0.0,
        y: 0.0,
        width: size.width,
        height: size.height,
    };
    if !window.contains(element.rect.centre()) {
        return Err(DriveError::Outside {
            label: label.to_owned(),
            rect: element.rect,
        });
    }
    touch(screen, element.rect.centre(), element.rect.centre())
}

/// A finger comes down at one point of the window and leaves at another (the same for a tap), whatever lies there.
///
/// # Errors
/// [`DriveError::Event`] when the window refuses it.
pub fn touch(screen: &Screen, down: (f32, f32), up: (f32, f32)) -> Result<(), DriveError> {
    let button = PointerEventButton::Left;
    let position = LogicalPosition::new(down.0, down.1);
    send(screen, WindowEvent::PointerMoved { position })?;
    send(screen, WindowEvent::PointerPressed { position, button })?;
    let position = LogicalPosition::new(up.0, up.1);
    if down != up {
        send(screen, WindowEvent::PointerMoved { position })?;
    }
    send(screen, WindowEvent::PointerReleased { position, button })?;
    // A finger leaves nothing hovering behind.
    send(screen, WindowEvent::PointerExited)?;
    settle(screen);
    Ok(())
}

/// Presses the one thing with this label, draws the finger by so much, and lifts it.
///
/// # Errors
/// As [`tap`].
pub fn draw(screen: &Screen, label: &str, (right, down): (f32, f32)) -> Result<(), DriveError> {
    let (x, y) = bring_into_sight(screen, label)?.rect.centre();
    let button = PointerEventButton::Left;
    let at = |part: f32| LogicalPosition::new(x + right * part, y + down * part);
    for event in [
        WindowEvent::PointerMoved { position: at(0.0) },
        WindowEvent::PointerPressed {
            position: at(0.0),
            button,
        },
        WindowEvent::PointerMoved { position: at(0.5) },
        WindowEvent::PointerMoved { position: at(1.0) },
        WindowEvent::PointerReleased {
            position: at(1.0),
            button,
        },
        WindowEvent::PointerExited,
    ] {
        send(screen, event)?;
    }
    settle(screen);
    Ok(())
}

/// Types on a hardware keyboard, one key after the other, into whatever has the focus.
///
/// # Errors
/// [`DriveError::Event`] when the window refuses a key.
pub fn type_text(screen: &Screen, text: &str) -> Result<(), DriveError> {
    for c in text.chars() {
        press(screen, c.into())?;
    }
    settle(screen);
    Ok(())
}

/// Presses one named key of a hardware keyboard, such as [`Key::Backspace`].
///
/// # Errors
/// [`DriveError::Event`] when the window refuses it.
pub fn press_key(screen: &Screen, key: Key) -> Result<(), DriveError> {
    press(screen, key.into())?;
    settle(screen);
    Ok(())
}

/// Presses a key of a hardware keyboard while another one is held down, such as [`Key::Control`].
///
/// # Errors
/// [`DriveError::Event`] when the window refuses a key.
pub fn press_with(screen: &Screen, held: Key, key: char) -> Result<(), DriveError> {
    send(screen, WindowEvent::KeyPressed { text: held.into() })?;
    press(screen, key.into())?;
    send(screen, WindowEvent::KeyReleased { text: held.into() })?;
    settle(screen);
    Ok(())
}

/// Draws the window as it is now into a PNG file.
///
/// # Errors
/// [`DriveError::Draw`] or [`DriveError::Write`].
pub fn snapshot(screen: &Screen, path: &Path) -> Result<(), DriveError> {
    write(path, &picture(screen)?)
}

/// Pixels, red, green, blue and alpha, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// In pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
    /// Four bytes a pixel.
    pub rgba: Vec<u8>,
}

/// The window as it is now.
///
/// # Errors
/// [`DriveError::Draw`].
pub fn picture(screen: &Screen) -> Result<Picture, DriveError> {
    settle(screen);
    let pixels = screen.window().take_snapshot().map_err(DriveError::Draw)?;
    Ok(Picture {
        width: usize::try_from(pixels.width()).unwrap_or_default(),
        height: usize::try_from(pixels.height()).unwrap_or_default(),
        rgba: pixels.as_bytes().to_vec(),
    })
}

/// The picture made `side` times smaller, each pixel the mean of a square.
#[must_use]
pub fn smaller(picture: &Picture, side: usize) -> Picture {
    let side = side.max(1);
    let (width, height) = (picture.width / side, picture.height / side);
    let pixels =
        (0..width * height).map(|at| mean(picture, at % width * side, at / width * side, side));
    Picture {
        width,
        height,
        rgba: pixels.flatten().collect(),
    }
}

/// Pictures side by side, `columns` in a row, each made `shrink` times smaller: for looking at many at once.
#[must_use]
pub fn contact_sheet(pictures: &[Picture], columns: usize, shrink: usize) -> Picture {
    const GAP: usize = 12;
    let columns = columns.max(1);
    let pictures: Vec<Picture> = pictures.iter().map(|p| smaller(p, shrink)).collect();
    let cell_width = pictures.iter().map(|p| p.width).max().unwrap_or(1) + GAP;
    let cell_height = pictures.iter().map(|p| p.height).max().unwrap_or(1) + GAP;
    let width = columns * cell_width + GAP;
    let height = pictures.len().div_ceil(columns) * cell_height + GAP;
    let mut rgba = vec![0x60; width * height * 4];
    for (at, picture) in pictures.iter().enumerate() {
        let (left, top) = (
            GAP + at % columns * cell_width,
            GAP + at / columns * cell_height,
        );
        let rows = picture.rgba.chunks_exact(picture.width.max(1) * 4);
        for (y, row) in rows.enumerate() {
            let to = ((top + y) * width + left) * 4;
            if let Some(slot) = rgba.get_mut(to..to + row.len()) {
                slot.copy_from_slice(row);
            }
        }
    }
    for alpha in rgba.iter_mut().skip(3).step_by(4) {
        *alpha = 255;
    }
    Picture {
        width,
        height,
        rgba,
    }
}

/// The mean colour of a square of pixels.
fn mean(picture: &Picture, left: usize, top: usize, side: usize) -> [u8; 4] {
    let mut sum = [0_usize; 4];
    for y in top..top + side {
        let row = (y * picture.width + left) * 4;
        for pixel in picture
            .rgba
            .get(row..row + side * 4)
            .unwrap_or_default()
            .chunks_exact(4)
        {
            for (total, part) in sum.iter_mut().zip(pixel) {
                *total += usize::from(*part);
            }
        }
    }
    sum.map(|total| u8::try_from(total / (side * side)).unwrap_or(u8::MAX))
}

/// Writes a picture to a PNG file.
///
/// # Errors
/// [`DriveError::Write`].
pub fn write(path: &Path, picture: &Picture) -> Result<(), DriveError> {
    let size = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    write_png(
        path,
        size(picture.width),
        size(picture.height),
        &picture.rgba,
    )
    .map_err(|source| DriveError::Write {
        path: path.to_owned(),
        source,
    })
}

/// Reads a picture that [`write`] wrote.
///
/// # Errors
/// [`DriveError::Read`].
pub fn read(path: &Path) -> Result<Picture, DriveError> {
    read_png(path).map_err(|source| DriveError::Read {
        path: path.to_owned(),
        source,
    })
}

fn read_png(path: &Path) -> Result<Picture, std::io::Error> {
    let file = std::io::BufReader::new(std::fs::File::open(path)?);
    let mut reader = png::Decoder::new(file).read_info()?;
    let mut rgba = vec![0; reader.output_buffer_size().unwrap_or_default()];
    let frame = reader.next_frame(&mut rgba)?;
    rgba.truncate(frame.buffer_size());
    Ok(Picture {
        width: usize::try_from(frame.width).unwrap_or_default(),
        height: usize::try_from(frame.height).unwrap_or_default(),
        rgba,
    })
}

fn write_png(path: &Path, width: u32, height: u32, rgba: &[u8]) -> Result<(), std::io::Error> {
    let file = std::io::BufWriter::new(std::fs::File::create(path)?);
    let mut encoder = png::Encoder::new(file, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rgba)?;
    writer.finish()?;
    Ok(())
}

/// Lets pending changes reach the element tree: pages that appear, rows of models, change handlers.
/// Timers are the event loop's business: running them here would fail inside a timer's own callback.
fn settle(screen: &Screen) {
    // Slint walks its tree before it handles a pointer event; leaving the window touches nothing.
    let _ = screen
        .window()
        .dispatch_event_with_result(WindowEvent::PointerExited);
}

fn send(screen: &Screen, event: WindowEvent) -> Result<(), DriveError> {
    screen
        .window()
        .dispatch_event_with_result(event)
        .map(drop)
        .map_err(DriveError::Event)
}

fn press(screen: &Screen, text: SharedString) -> Result<(), DriveError> {
    send(screen, WindowEvent::KeyPressed { text: text.clone() })?;
    send(screen, WindowEvent::KeyReleased { text })
}

/// What tells one element from another while nothing moves.
type ElementKey = (Option<SharedString>, [u32; 4]);

fn key(handle: &ElementHandle, rect: Rect) -> ElementKey {
    (
        handle.accessible_label(),
        [rect.x, rect.y, rect.width, rect.height].map(f32::to_bits),
    )
}

struct Pane {
    handle: ElementHandle,
    rect: Rect,
    members: Vec<ElementKey>,
}

fn panes(screen: &Screen) -> Vec<Pane> {
    ["PageScroll", "ScrollPane"]
        .into_iter()
        .flat_map(|kind| {
            ElementQuery::from_root(screen)
                .match_inherits(kind)
                .find_all()
        })
        // A page that fits its frame does not scroll and is no pane.
        .filter(|handle| handle.accessible_value_maximum().unwrap_or(100.0) > 0.0)
        .map(|handle| {
            let mut members = Vec::new();
            handle.visit_descendants(|member| -> ControlFlow<()> {
                members.push(key(&member, Rect::of(&member)));
                ControlFlow::Continue(())
            });
            Pane {
                rect: Rect::of(&handle),
                handle,
                members,
            }
        })
        .collect()
}

fn in_sight(element: &Element) -> bool {
    element
        .pane
        .is_none_or(|pane| pane.contains(element.rect.centre()))
}

/// Finds the element, paging through the scrolling panes from their beginning where it is not in sight.
/// A search in vain leaves every pane where it was.
fn bring_into_sight(screen: &Screen, label: &str) -> Result<Element, DriveError> {
    if let Some(element) = single(screen, label, in_sight)? {
        return Ok(element);
    }
    let there = touchables(screen).into_iter().map(|e| e.label).collect();
    for pane in panes(screen) {
        let before = pane.handle.accessible_value().unwrap_or_default();
        pane.handle.set_accessible_value("0");
        for _ in 0..MOST_PAGES {
            // Only what scrolls is searched for: the buttons around a pane may change with its position.
            if let Some(element) = single(screen, label, |e| e.pane.is_some() && in_sight(e))? {
                return Ok(element);
            }
            pane.handle.invoke_accessible_increment_action();
        }
        pane.handle.set_accessible_value(before);
    }
    Err(DriveError::Absent {
        label: label.to_owned(),
        there,
    })
}

/// The one touchable element with this label that `fits`.
fn single(
    screen: &Screen,
    label: &str,
    fits: impl Fn(&Element) -> bool,
) -> Result<Option<Element>, DriveError> {
    let mut matching = touchables(screen)
        .into_iter()
        .filter(|e| e.label == label)
        .collect::<Vec<_>>();
    if matching.len() > 1 {
        return Err(DriveError::Ambiguous {
            label: label.to_owned(),
            count: matching.len(),
        });
    }
    Ok(matching.pop().filter(fits))
}
