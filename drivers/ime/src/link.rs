//! One question and one answer over the server's socket, within a deadline, as the user whom the server trusts.
//!
//! Knows nothing of conversion. Every question is a connection of its own: write, close the writing half, read to the
//! end. Both ends must have one user id (the server asks the kernel and hangs up on everybody else).

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use prost::Message;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    self, AddressFamily, RecvFlags, SendFlags, Shutdown, SocketAddrUnix, SocketFlags, SocketType,
};
use rustix::process::{Gid, Pid, Uid};

use crate::server::Account;
use crate::wire::{Input, Output};

/// More than any conversion has; a server that answers more is broken.
const LARGEST_ANSWER: usize = 4 << 20;

/// Where a server listens, and as whom to speak to it.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    /// Name in the abstract namespace, without its leading zero.
    pub(crate) name: String,
    /// The child's process id: whoever else listens under this name is not spoken to.
    pub(crate) pid: Pid,
    /// The server's account, when it is not ours.
    pub(crate) account: Option<Account>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    #[error("the conversion server did not answer in time")]
    Late,
    #[error("the conversion server cannot be reached")]
    Unreachable(#[source] io::Error),
    #[error("another process listens in the conversion server's place")]
    Stranger,
    #[error("the conversion server hung up")]
    HungUp(#[source] io::Error),
    #[error("the conversion server answered what is no answer")]
    Garbled(#[source] prost::DecodeError),
    #[error("the conversion server answered more than a conversion can have")]
    TooMuch,
}

/// Asks and waits for the answer, until `until` at the latest.
pub(crate) fn ask(
    address: &Address,
    question: &Input,
    until: Instant,
) -> Result<Output, LinkError> {
    let socket = connect(address, until)?;
    let bytes = question.encode_to_vec();
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        ready(&socket, PollFlags::OUT, until)?;
        match net::send(&socket, rest, SendFlags::NOSIGNAL) {
            Ok(sent) => rest = rest.get(sent..).unwrap_or_default(),
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(error) => return Err(LinkError::HungUp(error.into())),
        }
    }
    // The server knows the length of a question only by its end.
    net::shutdown(&socket, Shutdown::Write).map_err(|error| LinkError::HungUp(error.into()))?;
    let answer = read(&socket, until)?;
    if answer.is_empty() {
        // Nothing is what it says to a user it does not trust, too.
        return Err(LinkError::HungUp(io::ErrorKind::UnexpectedEof.into()));
    }
    Output::decode(answer.as_slice()).map_err(LinkError::Garbled)
}

fn read(socket: &OwnedFd, until: Instant) -> Result<Vec<u8>, LinkError> {
    let mut answer = Vec::new();
    let mut buffer = [0; 16 << 10];
    loop {
        ready(socket, PollFlags::IN, until)?;
        match net::recv(socket, &mut buffer[..], RecvFlags::empty()) {
            Ok((_, 0)) => return Ok(answer),
            Ok((_, read)) => answer.extend_from_slice(buffer.get(..read).unwrap_or_default()),
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(error) => return Err(LinkError::HungUp(error.into())),
        }
        if answer.len() > LARGEST_ANSWER {
            return Err(LinkError::TooMuch);
        }
    }
}

fn connect(address: &Address, until: Instant) -> Result<OwnedFd, LinkError> {
    let socket = match address.account {
        None => dial(&address.name),
        // The kernel remembers who connected. User and group belong to a thread, not to the process: a thread that
        // lives for this one call can be the server's user, and nothing has to be put back.
        Some(account) => std::thread::scope(|scope| {
            let as_server = scope.spawn(|| {
                rustix::thread::set_thread_gid(Gid::from_raw(account.gid))?;
                rustix::thread::set_thread_uid(Uid::from_raw(account.uid))?;
                dial(&address.name)
            });
            as_server.join().unwrap_or(Err(Errno::CANCELED))
        }),
    };
    let socket = socket.map_err(|error| LinkError::Unreachable(error.into()))?;
    ready(&socket, PollFlags::OUT, until)?;
    let peer = net::sockopt::socket_peercred(&socket)
        .map_err(|error| LinkError::Unreachable(error.into()))?;
    if peer.pid == address.pid {
        Ok(socket)
    } else {
        Err(LinkError::Stranger)
    }
}

fn dial(name: &str) -> rustix::io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    // A full queue answers at once (EAGAIN): the server hangs, and the caller does without it.
    net::connect(
        &socket,
        &SocketAddrUnix::new_abstract_name(name.as_bytes())?,
    )?;
    Ok(socket)
}

fn ready(socket: &OwnedFd, what: PollFlags, until: Instant) -> Result<(), LinkError> {
    match wait(&mut [PollFd::new(&socket.as_fd(), what)], until) {
        Ok(true) => Ok(()),
        Ok(false) => Err(LinkError::Late),
        Err(error) => Err(LinkError::Unreachable(error)),
    }
}

/// Waits for one of `these`; `false` when nothing came in time.
pub(crate) fn wait(these: &mut [PollFd<'_>], until: Instant) -> io::Result<bool> {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left.min(Duration::from_hours(1)))
            .map_err(|_| io::ErrorKind::InvalidInput)?;
        match poll(these, Some(&left)) {
            Ok(0) => return Ok(false),
            Ok(_) => return Ok(true),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    reason = "a test stops where something is missing"
)]
mod tests {
    use std::io::{Read, Write};
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixListener};
    use std::thread;

    use super::*;

    /// A listener of our own process in the server's place, and its address.
    fn listener(name: &str) -> (UnixListener, Address) {
        let name = format!("ubugoe-ime-test.{}.{name}", std::process::id());
        let at = SocketAddr::from_abstract_name(&name).unwrap();
        let address = Address {
            name,
            pid: rustix::process::getpid(),
            account: None,
        };
        (UnixListener::bind_addr(&at).unwrap(), address)
    }

    fn question() -> Input {
        Input {
            kind: crate::wire::kind::GET_CONFIG,
            ..Input::default()
        }
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(20)
    }

    /// What comes of a question when the other end answers with these bytes.
    fn answered(name: &str, bytes: &'static [u8]) -> Result<Output, LinkError> {
        let (listener, address) = listener(name);
        thread::scope(|scope| {
            scope.spawn(move || {
                let (mut socket, _) = listener.accept().unwrap();
                let mut asked = Vec::new();
                socket.read_to_end(&mut asked).unwrap();
                assert_eq!(asked, [0x08, 6], "GET_CONFIG is field 1, number 6");
                socket.write_all(bytes).unwrap();
            });
            ask(&address, &question(), soon())
        })
    }

    #[test]
    fn another_process_in_the_servers_place_is_told_nothing() {
        let (listener, mut address) = listener("stranger");
        address.pid = Pid::INIT;
        assert!(matches!(
            ask(&address, &question(), soon()),
            Err(LinkError::Stranger)
        ));
        let mut heard = Vec::new();
        listener
            .accept()
            .unwrap()
            .0
            .read_to_end(&mut heard)
            .unwrap();
        assert!(heard.is_empty());
    }

    #[test]
    fn a_server_that_never_answers_costs_the_deadline_and_no_more() {
        let (_listener, address) = listener("mute");
        let start = Instant::now();
        let answer = ask(&address, &question(), start + Duration::from_millis(50));
        assert!(matches!(answer, Err(LinkError::Late)), "{answer:?}");
        assert!(start.elapsed() >= Duration::from_millis(50));
    }

    #[test]
    fn an_answer_is_read_to_its_end_and_what_is_none_is_told_apart() {
        assert_eq!(answered("whole", &[0x08, 5]).unwrap().session, Some(5));
        assert!(matches!(answered("empty", &[]), Err(LinkError::HungUp(_))));
        assert!(matches!(
            answered("garbled", &[0x72, 9, 1]),
            Err(LinkError::Garbled(_))
        ));
        let address = Address {
            name: "ubugoe-ime-test.nobody-listens".to_owned(),
            pid: Pid::INIT,
            account: None,
        };
        assert!(matches!(
            ask(&address, &question(), soon()),
            Err(LinkError::Unreachable(_))
        ));
    }
}
