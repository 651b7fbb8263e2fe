//! Printing at the kiosk: from what a visit shows to dots and pages, and from a printer's news to the visit's events.
//!
//! Answers for that a sheet is set from the state it was asked in, off the loop, and handed in with that visit's token: what
//! is set too late is refused by the printers, and gone. Nothing is written to a file here. Decision 0026.

mod sheets;
mod staff;

use std::{fs, io, sync::Arc, thread, time::Duration};

use ubugoe_papers::{DEBIAN_FONTS, DEBIAN_RECEIPT_FONTS, FontProblem, Fontcase};
use ubugoe_printer::{Bitmap, Config, Document, Event, Job, Printers, State, Trouble, Visit};
use ubugoe_visit::{
    PrintTrouble, Sheet,
    service::{Printed, ServiceEvent},
};

pub(crate) use sheets::{Now, Wanted, wanted};
pub(crate) use staff::slip;

use crate::{
    config,
    core::{Input, Sender},
};

/// The device's printers, and the sheet that is at one of them.
#[derive(Debug)]
pub struct Printing {
    printers: Arc<Printers>,
    fonts: Arc<Typefaces>,
    dots: usize,
    visit: Option<Visit>,
    /// Number of the last sheet, and whose it is.
    last: (u32, Option<Whose>),
    inputs: Sender,
}

/// Whose sheet is at a printer.
#[derive(Debug, Clone, Copy)]
enum Whose {
    /// A visit's.
    Visit(Sheet),
    /// Staff's.
    Staff,
}

#[derive(Debug)]
struct Typefaces {
    receipts: Fontcase,
    pages: Fontcase,
}

impl Printing {
    /// Starts a thread for each printer; each first takes back what an earlier run left.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(config: &config::Printers, inputs: &Sender) -> io::Result<Self> {
        let tell = inputs.clone();
        let receipts = config.receipts.as_ref();
        let printers = Printers::start(
            Config {
                receipts: receipts.map(|one| (one.place.clone(), one.answers)),
                pages: config.pages.clone(),
            },
            move |event| tell.send(Input::Printer(event)),
        )?;
        let read = |path: &std::path::Path| fs::read(path).ok();
        Ok(Self {
            printers: Arc::new(printers),
            fonts: Arc::new(Typefaces {
                receipts: Fontcase::new(Vec::new(), read).usually(&DEBIAN_RECEIPT_FONTS),
                pages: Fontcase::new(Vec::new(), read).usually(&DEBIAN_FONTS),
            }),
            dots: receipts.map_or(576, |one| one.dots),
            visit: None,
            last: (0, None),
            inputs: inputs.clone(),
        })
    }

    /// Whether there is a printer for receipts, and one for pages.
    #[must_use]
    pub fn has(&self) -> (bool, bool) {
        self.printers.has()
    }

    /// To ask how they are, off the loop.
    pub(crate) fn handle(&self) -> Arc<Printers> {
        Arc::clone(&self.printers)
    }

    /// Sets a sheet and prints it, in the visit that is now. What follows comes as [`Input::Printer`].
    pub(crate) fn print(&mut self, sheet: Sheet, wanted: Wanted) {
        self.set(Whose::Visit(sheet), wanted);
    }

    /// The same for staff: their session is as a visit to the printers.
    pub(crate) fn print_for_staff(&mut self, wanted: Wanted) {
        self.set(Whose::Staff, wanted);
    }

    fn set(&mut self, whose: Whose, wanted: Wanted) {
        let printers = Arc::clone(&self.printers);
        let visit = *self.visit.get_or_insert_with(|| printers.begin());
        let job = self.last.0.wrapping_add(1);
        self.last = (job, Some(whose));
        let (fonts, dots, inputs) = (Arc::clone(&self.fonts), self.dots, self.inputs.clone());
        let set = move || {
            let failed = |trouble| Event {
                visit,
                job,
                state: State::Failed(trouble),
            };
            let what = fonts.set(wanted, dots).inspect_err(|error| {
                tracing::error!(
                    error = error as &dyn std::error::Error,
                    "nothing is printed"
                );
            });
            let Ok(what) = what else {
                return inputs.send(Input::Printer(failed(Trouble::Broken)));
            };
            // a visit that ended meanwhile has nothing printed, and nobody to tell
            if let Ok(Err(trouble)) = printers.print(visit, job, what) {
                inputs.send(Input::Printer(failed(trouble)));
            }
        };
        let named = thread::Builder::new().name("paper".to_owned());
        if let Err(error) = named.spawn(set) {
            tracing::error!(%error, "no thread to set a paper");
        }
    }

    /// Takes back what is at the printers; the visit goes on.
    pub(crate) fn stop(&mut self) {
        self.last.1 = None;
        self.printers.cancel();
    }

    /// The visit is over, or what it printed from is gone.
    pub(crate) fn end(&mut self) {
        self.last.1 = None;
        self.visit = None;
        self.printers.end();
    }

    /// What news of a printer mean to the visit; `None`: it is about another sheet.
    pub(crate) fn heard(&self, event: &Event) -> Option<ubugoe_visit::Event> {
        if self.visit != Some(event.visit) || self.last.0 != event.job {
            return None;
        }
        let sheet = match self.last.1? {
            Whose::Visit(sheet) => sheet,
            Whose::Staff => {
                return Some(ubugoe_visit::Event::Service(ServiceEvent::PrintMoved(
                    match event.state {
                        State::Printing => Printed::Busy,
                        State::Waiting(why) => Printed::Waiting(trouble(why)),
                        State::Done => Printed::Done,
                        State::Failed(why) => Printed::Failed(trouble(why)),
                    },
                )));
            }
        };
        Some(match event.state {
            State::Printing => ubugoe_visit::Event::PrintWaits(sheet, None),
            State::Waiting(why) => ubugoe_visit::Event::PrintWaits(sheet, Some(trouble(why))),
            State::Done => ubugoe_visit::Event::Printed(sheet),
            State::Failed(why) => ubugoe_visit::Event::PrintFailed(sheet, trouble(why)),
        })
    }
}

const fn trouble(why: Trouble) -> PrintTrouble {
    match why {
        Trouble::Absent => PrintTrouble::NoPrinter,
        Trouble::NoPaper => PrintTrouble::NoPaper,
        Trouble::CoverOpen => PrintTrouble::CoverOpen,
        Trouble::Offline => PrintTrouble::Broken,
        Trouble::Busy => PrintTrouble::Busy,
        Trouble::Broken => PrintTrouble::Faulty,
    }
}

/// How long a self-test waits for a printer.
const LOOK: Duration = Duration::from_secs(8);

/// How the printers are, for the self-test: there or not, and the codes of what is wrong.
pub(crate) fn health(printers: &Printers) -> (bool, Vec<&'static str>) {
    let (receipts, pages) = printers.look(LOOK);
    let troubles = [receipts, pages];
    let there = troubles.iter().any(Option::is_some);
    let codes = troubles
        .into_iter()
        .flatten()
        .flatten()
        .map(|why| ubugoe_visit::print_failure(trouble(why)).code());
    (there, codes.collect())
}

impl Typefaces {
    fn set(&self, wanted: Wanted, dots: usize) -> Result<Job, FontProblem> {
        match wanted {
            Wanted::Receipt(receipt) => {
                let fonts = self.receipts.fonts()?;
                let picture = ubugoe_papers::receipt(&fonts, &receipt, dots);
                told(picture.missing.len(), 0);
                Ok(Job::Receipt(Bitmap {
                    row: picture.width() / 8,
                    bytes: picture.bytes().to_vec(),
                }))
            }
            Wanted::Slip(slip) => {
                let fonts = self.receipts.fonts()?;
                let picture = ubugoe_papers::slip(&fonts, &slip, dots);
                told(picture.missing.len(), 0);
                Ok(Job::Receipt(Bitmap {
                    row: picture.width() / 8,
                    bytes: picture.bytes().to_vec(),
                }))
            }
            Wanted::Papers(papers) => {
                let fonts = self.pages.fonts()?;
                let mut documents = Vec::new();
                for (media, paper) in papers.set(&fonts)? {
                    told(paper.missing.len(), paper.overflows);
                    documents.push(Document {
                        media,
                        pdf: paper.pdf,
                    });
                }
                Ok(Job::Pages(documents))
            }
        }
    }
}

fn told(missing: usize, overflows: usize) {
    if missing + overflows > 0 {
        tracing::warn!(missing, overflows, "a paper is not as it should be");
    }
}
