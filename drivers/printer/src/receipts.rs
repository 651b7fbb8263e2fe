//! A receipt printer at work: a picture goes to it band by band, and it says after each that it is on paper.
//!
//! Answers for that no more than one band is under way when a visit ends, and that this band is taken back or made white: a
//! printer that waits for paper must not print the rest of a sheet for the next person.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use crate::escpos::{self, Answer, Ask};
use crate::port::{Place, Port};
use crate::{Bitmap, State, Trouble};

/// Bytes of a line of 576 dots: 80 mm paper.
const USUAL_ROW: usize = 72;
/// How often somebody asks while nothing moves.
const LOOK: Duration = Duration::from_millis(200);
/// How long a printer may be silent.
const SILENT: Duration = Duration::from_secs(8);
/// How long taking back what is left may take at a time.
const TIDYING: Duration = Duration::from_secs(3);
/// How long a printer without answers may take no data.
const STUCK: Duration = Duration::from_secs(30);

/// A receipt printer.
#[derive(Debug)]
pub struct Receipts {
    place: Place,
    answers: bool,
    /// What a sheet that was broken off left behind.
    owed: Option<Owed>,
}

/// What is sent before anything else, once it can be.
#[derive(Debug, Clone, Copy)]
struct Owed {
    /// White for so many bytes that the last picture command may still wait for.
    bytes: usize,
    /// A part of a sheet is on paper, and is cut off.
    cut: bool,
}

/// Why a sheet ended.
enum End {
    Trouble(Trouble),
    /// Its visit is over.
    Over,
}

impl From<Trouble> for End {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// For as long as tidying up may take: somebody may open its cover meanwhile.
fn soon() -> impl Fn() -> bool {
    let until = Instant::now() + TIDYING;
    move || Instant::now() < until
}

/// How the way to it failed.
fn lost(error: &io::Error) -> Trouble {
    match error.kind() {
        io::ErrorKind::NotFound => Trouble::Absent,
        io::ErrorKind::ResourceBusy => Trouble::Busy,
        _ => Trouble::Offline,
    }
}

/// A sheet under way.
struct Sheet<'a> {
    port: Port,
    heard: VecDeque<Answer>,
    answers: bool,
    alive: &'a dyn Fn() -> bool,
    tell: &'a mut dyn FnMut(State),
    said: Option<State>,
}

impl<'a> Sheet<'a> {
    const fn new(
        port: Port,
        answers: bool,
        alive: &'a dyn Fn() -> bool,
        tell: &'a mut dyn FnMut(State),
    ) -> Self {
        Self {
            port,
            heard: VecDeque::new(),
            answers,
            alive,
            tell,
            said: None,
        }
    }
}

impl Receipts {
    /// A printer at a place. `answers`: it says how it is, as most do; one that cannot only takes what it is sent.
    #[must_use]
    pub const fn new(place: Place, answers: bool) -> Self {
        Self {
            place,
            answers,
            // whatever was under way when an earlier run ended
            owed: Some(Owed {
                bytes: USUAL_ROW * escpos::BAND,
                cut: false,
            }),
        }
    }

    /// How it is: nothing is printed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn look(&mut self) -> Result<(), Trouble> {
        let port = Port::open(&self.place).map_err(|error| lost(&error))?;
        if !self.answers {
            return Ok(());
        }
        let mut nobody = |_| {};
        let mut sheet = Sheet::new(port, true, &|| true, &mut nobody);
        match sheet.look() {
            Ok(None) | Err(End::Over) => Ok(()),
            Ok(Some(trouble)) | Err(End::Trouble(trouble)) => Err(trouble),
        }
    }

    /// Prints and cuts. Goes on for as long as `alive` says so; `tell` hears what it waits for. `None`: its visit ended.
    ///
    /// # Errors
    /// Why it did not come out.
    pub fn print(
        &mut self,
        picture: &Bitmap,
        alive: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(State),
    ) -> Result<Option<()>, Trouble> {
        let port = Port::open(&self.place).map_err(|error| lost(&error))?;
        let mut sheet = Sheet::new(port, self.answers, alive, tell);
        let row = picture.row.max(1);
        let ended = self.send(&mut sheet, row, &picture.bytes);
        match ended {
            Ok(()) => {
                self.owed = None;
                Ok(Some(()))
            }
            Err(end) => {
                self.break_off(sheet);
                match end {
                    End::Over => Ok(None),
                    End::Trouble(trouble) => Err(trouble),
                }
            }
        }
    }

    fn send(&mut self, sheet: &mut Sheet<'_>, row: usize, bytes: &[u8]) -> Result<(), End> {
        sheet.until_ready()?;
        if let Some(owed) = self.owed {
            sheet.settle(owed)?;
            self.owed = None;
        }
        sheet.write(&escpos::INITIALISE)?;
        sheet.tell(State::Printing);
        self.owed = Some(Owed {
            bytes: row * escpos::BAND,
            cut: true,
        });
        for band in bytes.chunks(row * escpos::BAND) {
            sheet.until_ready()?;
            sheet.write(&escpos::picture(row, band))?;
            sheet.until_done()?;
        }
        sheet.write(&escpos::CUT)?;
        sheet.until_done()
    }

    /// Takes back what is under way: at once, for it may be waiting for paper.
    fn break_off(&mut self, sheet: Sheet<'_>) {
        let Sheet { mut port, .. } = sheet;
        let cleared = port.write(&escpos::CLEAR, LOOK);
        if !matches!(cleared, Ok(written) if written == escpos::CLEAR.len()) {
            tracing::warn!("a receipt printer did not take the order to forget");
            return port.discard();
        }
        // What was printed of it falls out now if it can; else later, or before the next sheet.
        self.tidy(port);
    }

    fn tidy(&mut self, port: Port) {
        let soon = soon();
        let mut nobody = |_| {};
        let mut sheet = Sheet::new(port, self.answers, &soon, &mut nobody);
        if let Some(owed) = self.owed
            && matches!(sheet.look(), Ok(None))
            && sheet.settle(owed).is_ok()
        {
            self.owed = None;
        }
        sheet.port.discard();
    }

    /// Whether nothing of a broken-off sheet is left.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.owed.is_none()
    }

    /// Between visits: nothing is held in its buffer.
    pub fn sweep(&mut self) {
        if self.owed.is_none() {
            return;
        }
        if let Ok(mut port) = Port::open(&self.place) {
            let _ = port.write(&escpos::CLEAR, LOOK);
            self.tidy(port);
        }
    }
}

impl Sheet<'_> {
    fn tell(&mut self, state: State) {
        if self.said != Some(state) {
            self.said = Some(state);
            (self.tell)(state);
        }
    }

    /// White for what a picture command may still wait for (blank bytes mean nothing outside one), then as after switching on.
    fn settle(&mut self, owed: Owed) -> Result<(), End> {
        self.write(&escpos::CLEAR)?;
        self.write(&vec![0; owed.bytes])?;
        self.write(&escpos::INITIALISE)?;
        if owed.cut {
            self.write(&escpos::CUT)?;
        }
        self.until_done()
    }

    fn write(&mut self, mut bytes: &[u8]) -> Result<(), End> {
        let mut moved = Instant::now();
        while !bytes.is_empty() {
            if !(self.alive)() {
                return Err(End::Over);
            }
            let written = self.port.write(bytes, LOOK).map_err(|error| lost(&error))?;
            bytes = bytes.get(written..).unwrap_or_default();
            if written > 0 {
                moved = Instant::now();
            } else if self.answers {
                // it may have stopped for a reason that it can tell
                self.until_ready()?;
            } else if moved.elapsed() > STUCK {
                return Err(Trouble::Offline.into());
            }
        }
        Ok(())
    }

    fn hear(&mut self, wait: Duration) -> Result<Option<Answer>, End> {
        if self.heard.is_empty() {
            let bytes = self.port.read(wait).map_err(|error| lost(&error))?;
            self.heard.extend(bytes.into_iter().map(escpos::answer));
        }
        Ok(self.heard.pop_front())
    }

    /// Asks one question that is answered at once. `None`: it says nothing.
    fn ask(&mut self, ask: Ask) -> Result<Option<u8>, End> {
        let mut bytes = ask.bytes().to_vec();
        let until = Instant::now() + LOOK * 4;
        while Instant::now() < until {
            if !bytes.is_empty() {
                let written = self
                    .port
                    .write(&bytes, LOOK)
                    .map_err(|error| lost(&error))?;
                bytes.drain(..written.min(bytes.len()));
                continue;
            }
            match self.hear(LOOK)? {
                Some(Answer::Now(byte)) => return Ok(Some(byte)),
                // what it says about an earlier band is heard where that is waited for
                Some(Answer::Done { .. } | Answer::Other) | None => {}
            }
        }
        Ok(None)
    }

    /// What is wrong with it, if anything.
    fn look(&mut self) -> Result<Option<Trouble>, End> {
        let Some(printer) = self.ask(Ask::Printer)? else {
            return Ok(Some(Trouble::Offline));
        };
        if !escpos::is_offline(printer) {
            return Ok(None);
        }
        let cause = self.ask(Ask::Offline)?.unwrap_or_default();
        let paper = self.ask(Ask::Paper)?.unwrap_or_default();
        Ok(Some(match escpos::wants_help(cause, paper) {
            Some(trouble) => trouble,
            None if escpos::has_error(cause) => Trouble::Broken,
            None => Trouble::Offline,
        }))
    }

    /// Until it takes data: as long as its visit lasts where somebody can help, not for ever where it is silent.
    fn until_ready(&mut self) -> Result<(), End> {
        if !self.answers {
            return Ok(());
        }
        let began = Instant::now();
        loop {
            if !(self.alive)() {
                return Err(End::Over);
            }
            match self.look()? {
                None => {
                    if self.said.is_some() {
                        self.tell(State::Printing);
                    }
                    return Ok(());
                }
                Some(trouble @ (Trouble::NoPaper | Trouble::CoverOpen)) => {
                    self.tell(State::Waiting(trouble));
                    // its answer to a question is the pace; one that answers at once is asked again after a while
                    if let Some(answer) = self.hear(LOOK)? {
                        self.heard.push_back(answer);
                    }
                }
                Some(trouble) if began.elapsed() > SILENT => return Err(trouble.into()),
                Some(trouble) => self.tell(State::Waiting(trouble)),
            }
        }
    }

    /// Until everything sent before is on paper.
    fn until_done(&mut self) -> Result<(), End> {
        if !self.answers {
            return Ok(());
        }
        self.write(&escpos::TELL_WHEN_DONE)?;
        let mut quiet = Instant::now();
        loop {
            if !(self.alive)() {
                return Err(End::Over);
            }
            match self.hear(LOOK)? {
                Some(Answer::Done { .. }) => return Ok(()),
                Some(Answer::Now(_) | Answer::Other) => {}
                None => match self.waits_for()? {
                    Waits::Done => return Ok(()),
                    Waits::Help => quiet = Instant::now(),
                    Waits::Nothing if quiet.elapsed() > SILENT => {
                        return Err(Trouble::Offline.into());
                    }
                    Waits::Nothing => {}
                },
            }
        }
    }

    /// Looks while an answer to `GS r` is waited for, which may come meanwhile.
    fn waits_for(&mut self) -> Result<Waits, End> {
        let mut done = false;
        let mut seen = [None; 3];
        for (at, ask) in [Ask::Printer, Ask::Offline, Ask::Paper]
            .into_iter()
            .enumerate()
        {
            self.port
                .write(&ask.bytes(), LOOK)
                .map_err(|error| lost(&error))?;
            while let Some(answer) = self.hear(LOOK)? {
                match answer {
                    Answer::Done { .. } => done = true,
                    Answer::Now(byte) => {
                        if let Some(slot) = seen.get_mut(at) {
                            *slot = Some(byte);
                        }
                        break;
                    }
                    Answer::Other => {}
                }
            }
        }
        if done {
            return Ok(Waits::Done);
        }
        let [printer, cause, paper] = seen.map(Option::unwrap_or_default);
        if let Some(trouble) = escpos::wants_help(cause, paper) {
            self.tell(State::Waiting(trouble));
            return Ok(Waits::Help);
        }
        if seen.iter().any(Option::is_some) && !escpos::is_offline(printer) {
            self.tell(State::Printing);
        }
        Ok(Waits::Nothing)
    }
}

/// What a printer that has not finished waits for.
enum Waits {
    Done,
    Help,
    Nothing,
}
