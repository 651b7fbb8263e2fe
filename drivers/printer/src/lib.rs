//! Printers of a kiosk: receipts of dots by ESC/POS, pages of PDF by IPP to a print server.
//!
//! Answers for how a sheet reaches paper, for what keeps it from it, and for whose it is: every job belongs to a [`Visit`], and
//! when that ends nothing of it is sent, held in a buffer or left in a queue. Knows nothing of what stands on a sheet: pictures and
//! files come in, states go out. Decision 0026.
//!
//! [`Printers`] is the way in. Each printer has a thread of its own, so that a silent one keeps nobody waiting.

mod escpos;
mod port;
mod queue;
mod receipts;
mod service;

pub use port::{Place, Port};
pub use queue::{Media, Queue, Server};
pub use receipts::Receipts;
pub use service::{Config, Document, Event, Job, Printers, Stale, Visit};

/// Rows of dots, black or white.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Bitmap {
    /// Bytes in a row; eight dots each, the leftmost the highest bit, 1 is black.
    pub row: usize,
    /// Row by row.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Bitmap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bitmap({} bytes a row, masked)", self.row)
    }
}

/// What keeps a sheet from coming out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// There is no such printer.
    Absent,
    /// It has no paper.
    NoPaper,
    /// Its cover is open.
    CoverOpen,
    /// It does not answer.
    Offline,
    /// It prints something else.
    Busy,
    /// It says that something is wrong with it.
    Broken,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is being printed.
    Printing,
    /// It waits for somebody to help; it goes on by itself.
    Waiting(Trouble),
    /// As far as the printer says, it came out.
    Done,
    /// It will not come out.
    Failed(Trouble),
}
