//! Printers of a device, each on a thread of its own, and whose sheet it is that they print.
//!
//! Answers for one rule: a sheet is printed in the visit it was made for, or not at all. A visit is a token that nothing else
//! than its beginning makes; when it ends, whatever has it stops at the next band or question, is taken out of buffers and
//! queues, and cannot be handed in again.

use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::queue::QueueError;
use crate::{Bitmap, Media, Place, Queue, Receipts, State, Trouble};

/// How often a queue is asked how far a job is.
const LOOK: Duration = Duration::from_millis(250);
/// How often what could not be swept is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// Which printers there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// The receipt printer, and whether it answers.
    pub receipts: Option<(Place, bool)>,
    /// The queue for pages.
    pub pages: Option<Queue>,
}

/// Whose a sheet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Visit(u64);

/// A file of pages, all on one size of paper.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    /// The paper.
    pub media: Media,
    /// The file.
    pub pdf: Vec<u8>,
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Document({:?}, {} bytes)", self.media, self.pdf.len())
    }
}

/// What is to be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// On the receipt printer.
    Receipt(Bitmap),
    /// On the printer of pages, one after the other.
    Pages(Vec<Document>),
}

/// The visit of a job is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the visit of this sheet is over")]
pub struct Stale;

/// News of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Whose.
    pub visit: Visit,
    /// Which: the number that the caller gave it.
    pub job: u32,
    /// How far it is.
    pub state: State,
}

enum Order {
    Print {
        visit: Visit,
        round: u64,
        job: u32,
        what: Job,
    },
    Look(mpsc::Sender<Option<Trouble>>),
    /// A visit ended: nothing of it may be left.
    Sweep,
    Stop,
}

/// Which round of printing is alive. A visit may have several: each "stop" ends one.
#[derive(Default)]
struct Rounds {
    now: Mutex<u64>,
    changed: Condvar,
}

impl Rounds {
    fn now(&self) -> u64 {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.changed.notify_all();
    }
}

/// The round that a sheet belongs to.
struct Alive<'a> {
    rounds: &'a Rounds,
    round: u64,
}

impl Alive<'_> {
    fn yes(&self) -> bool {
        self.rounds.now() == self.round
    }

    /// Waits, but not beyond the end of its round.
    fn pause(&self, wait: Duration) {
        let now = self
            .rounds
            .now
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let goes_on = |now: &mut u64| *now == self.round;
        drop(self.rounds.changed.wait_timeout_while(now, wait, goes_on));
    }
}

/// One printer's thread.
struct Worker {
    orders: mpsc::Sender<Order>,
    thread: Option<JoinHandle<()>>,
}

/// The printers of a device. Dropping it ends the visit and waits for what is being taken back.
pub struct Printers {
    receipts: Option<Worker>,
    pages: Option<Worker>,
    rounds: Arc<Rounds>,
    visit: Mutex<(Option<Visit>, u64)>,
}

impl std::fmt::Debug for Printers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Printers")
            .field("receipts", &self.receipts.is_some())
            .field("pages", &self.pages.is_some())
            .finish_non_exhaustive()
    }
}

impl Printers {
    /// Starts a thread for each printer, which first takes back whatever an earlier run left. `tell` is called from them.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        config: Config,
        tell: impl Fn(Event) + Send + Clone + 'static,
    ) -> std::io::Result<Self> {
        let rounds = Arc::new(Rounds::default());
        let receipts = config.receipts.map(|(place, answers)| {
            let tell = tell.clone();
            let device = Receipts::new(place, answers);
            worker("receipts", Desk::new(Arc::clone(&rounds), tell), device)
        });
        let pages = config.pages.map(|queue| {
            worker(
                "pages",
                Desk::new(Arc::clone(&rounds), tell),
                Pages::new(queue),
            )
        });
        Ok(Self {
            receipts: receipts.transpose()?,
            pages: pages.transpose()?,
            rounds,
            visit: Mutex::new((None, 0)),
        })
    }

    /// Whether there is a printer for receipts, and one for pages.
    #[must_use]
    pub const fn has(&self) -> (bool, bool) {
        (self.receipts.is_some(), self.pages.is_some())
    }

    /// A visit begins; one before it ends.
    pub fn begin(&self) -> Visit {
        self.end();
        let mut now = self.visit.lock().unwrap_or_else(PoisonError::into_inner);
        now.1 += 1;
        let visit = Visit(now.1);
        now.0 = Some(visit);
        visit
    }

    /// The visit ends: what is under way is broken off, what waits is dropped, what a queue holds is taken out.
    pub fn end(&self) {
        let mut now = self.visit.lock().unwrap_or_else(PoisonError::into_inner);
        if now.0.take().is_some() {
            self.stop_printing();
        }
    }

    /// Stops what is being printed; the visit goes on.
    pub fn cancel(&self) {
        let _now = self.visit.lock().unwrap_or_else(PoisonError::into_inner);
        self.stop_printing();
    }

    fn stop_printing(&self) {
        self.rounds.next();
        for worker in [&self.receipts, &self.pages].into_iter().flatten() {
            let _ = worker.orders.send(Order::Sweep);
        }
    }

    /// Prints in a visit.
    ///
    /// # Errors
    /// [`Stale`] where that visit is over, whichever is now.
    pub fn print(&self, visit: Visit, job: u32, what: Job) -> Result<Result<(), Trouble>, Stale> {
        let now = self.visit.lock().unwrap_or_else(PoisonError::into_inner);
        if now.0 != Some(visit) {
            return Err(Stale);
        }
        let worker = match &what {
            Job::Receipt(_) => &self.receipts,
            Job::Pages(_) => &self.pages,
        };
        let Some(worker) = worker else {
            return Ok(Err(Trouble::Absent));
        };
        let order = Order::Print {
            visit,
            round: self.rounds.now(),
            job,
            what,
        };
        Ok(worker.orders.send(order).map_err(|_| Trouble::Broken))
    }

    /// How the printers are, asked now and answered within `wait`: for receipts, and for pages. `Some(None)`: well.
    #[must_use]
    pub fn look(&self, wait: Duration) -> (Option<Option<Trouble>>, Option<Option<Trouble>>) {
        let ask = |worker: &Worker| {
            let (to, from) = mpsc::channel();
            let _ = worker.orders.send(Order::Look(to));
            from
        };
        let asked = [&self.receipts, &self.pages].map(|worker| worker.as_ref().map(ask));
        let [receipts, pages] = asked.map(|from| {
            // at work, and so not answering: it is there
            from.map(|from| from.recv_timeout(wait).unwrap_or(Some(Trouble::Busy)))
        });
        (receipts, pages)
    }
}

impl Drop for Printers {
    fn drop(&mut self) {
        self.end();
        for worker in [&mut self.receipts, &mut self.pages].into_iter().flatten() {
            let _ = worker.orders.send(Order::Stop);
            if let Some(thread) = worker.thread.take() {
                let _ = thread.join();
            }
        }
    }
}

/// What a printer's thread works with.
struct Desk<T> {
    rounds: Arc<Rounds>,
    tell: T,
}

impl<T: Fn(Event)> Desk<T> {
    const fn new(rounds: Arc<Rounds>, tell: T) -> Self {
        Self { rounds, tell }
    }
}

/// A printer as its thread has it.
trait Device: Send + 'static {
    /// Prints; `None`: broken off.
    fn print(
        &mut self,
        what: Job,
        alive: &Alive<'_>,
        tell: &mut dyn FnMut(State),
    ) -> Result<Option<()>, Trouble>;
    fn look(&mut self) -> Option<Trouble>;
    /// Takes back whatever is left; true: nothing is.
    fn sweep(&mut self) -> bool;
    /// Whether a sheet that goes in now meets nothing of an earlier one.
    fn may_print(&mut self) -> bool;
}

impl Device for Receipts {
    fn print(
        &mut self,
        what: Job,
        alive: &Alive<'_>,
        tell: &mut dyn FnMut(State),
    ) -> Result<Option<()>, Trouble> {
        match what {
            Job::Receipt(picture) => Self::print(self, &picture, &|| alive.yes(), tell),
            Job::Pages(_) => Err(Trouble::Broken),
        }
    }

    fn look(&mut self) -> Option<Trouble> {
        Self::look(self).err()
    }

    fn sweep(&mut self) -> bool {
        Self::sweep(self);
        self.is_clean()
    }

    fn may_print(&mut self) -> bool {
        // what is left is taken back first, on the same line
        true
    }
}

/// A queue with what this program has in it.
struct Pages {
    queue: Queue,
    jobs: Vec<i32>,
}

impl Pages {
    const fn new(queue: Queue) -> Self {
        Self {
            queue,
            jobs: Vec::new(),
        }
    }
}

impl Device for Pages {
    fn print(
        &mut self,
        what: Job,
        alive: &Alive<'_>,
        tell: &mut dyn FnMut(State),
    ) -> Result<Option<()>, Trouble> {
        let Job::Pages(documents) = what else {
            return Err(Trouble::Broken);
        };
        for document in documents {
            if !alive.yes() {
                return Ok(None);
            }
            // nobody is named in a queue, which anybody on the server may list
            let job = self.queue.put("ubugoe", document.media, &document.pdf);
            self.jobs.push(job.map_err(|error| told(&error))?);
        }
        let mut said = State::Printing;
        tell(said);
        while let Some(job) = self.jobs.first().copied() {
            if !alive.yes() {
                return Ok(None);
            }
            match self.queue.state(job).map_err(|error| told(&error))? {
                State::Done => {
                    self.jobs.remove(0);
                }
                State::Failed(trouble) => return Err(trouble),
                state => {
                    if state != said {
                        said = state;
                        tell(said);
                    }
                    alive.pause(LOOK);
                }
            }
        }
        Ok(Some(()))
    }

    fn look(&mut self) -> Option<Trouble> {
        self.queue
            .printer()
            .unwrap_or_else(|error| Some(told(&error)))
    }

    fn sweep(&mut self) -> bool {
        match self.queue.sweep() {
            Ok(left) => {
                if left > 0 {
                    tracing::info!(jobs = left, "jobs were taken out of the print queue");
                }
                self.jobs.clear();
                true
            }
            Err(error) => {
                told(&error);
                false
            }
        }
    }

    fn may_print(&mut self) -> bool {
        self.sweep()
    }
}

fn told(error: &QueueError) -> Trouble {
    let trouble = error.trouble();
    tracing::warn!(error = error as &dyn std::error::Error, "print server");
    trouble
}

fn worker<T: Fn(Event) + Send + 'static>(
    name: &str,
    desk: Desk<T>,
    mut device: impl Device,
) -> std::io::Result<Worker> {
    let (orders, from) = mpsc::channel();
    let thread = thread::Builder::new()
        .name(format!("print-{name}"))
        .spawn(move || work(&desk, &mut device, &from))?;
    Ok(Worker {
        orders,
        thread: Some(thread),
    })
}

fn work<T: Fn(Event)>(desk: &Desk<T>, device: &mut impl Device, from: &mpsc::Receiver<Order>) {
    let mut clean = device.sweep();
    loop {
        let order = if clean {
            from.recv().ok()
        } else {
            match from.recv_timeout(AGAIN) {
                Ok(order) => Some(order),
                Err(mpsc::RecvTimeoutError::Timeout) => Some(Order::Sweep),
                Err(mpsc::RecvTimeoutError::Disconnected) => None,
            }
        };
        match order {
            None => return,
            Some(Order::Stop) => {
                device.sweep();
                return;
            }
            Some(Order::Sweep) => clean = device.sweep(),
            Some(Order::Look(to)) => {
                let _ = to.send(device.look());
            }
            Some(Order::Print {
                visit,
                round,
                job,
                what,
            }) => {
                let alive = Alive {
                    rounds: &desk.rounds,
                    round,
                };
                if !alive.yes() {
                    continue;
                }
                let mut tell = |state| {
                    if alive.yes() {
                        (desk.tell)(Event { visit, job, state });
                    }
                };
                // What another visit left is gone before this one's goes in; where that cannot be had, nothing goes in.
                if !clean && !device.may_print() {
                    tell(State::Failed(device.look().unwrap_or(Trouble::Offline)));
                    continue;
                }
                match device.print(what, &alive, &mut tell) {
                    Ok(Some(())) => {
                        // with a server that keeps what was printed, until it is told not to
                        clean = device.sweep();
                        tell(State::Done);
                    }
                    // a sweep was ordered with the end of its round
                    Ok(None) => clean = false,
                    Err(trouble) => {
                        clean = device.sweep();
                        tell(State::Failed(trouble));
                    }
                }
            }
        }
    }
}
