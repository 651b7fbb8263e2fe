//! Running a test inside its own private card service. PC/SC clients take the service's socket from the environment,
//! which a running process cannot change safely, so the test runs itself again with the variable set.

use std::{
    path::Path,
    process::{Command, Stdio},
    sync::mpsc::channel,
    time::Duration,
};

use crate::Error;

/// What clients read the socket's path from (pcsc-lite).
const SOCKET: &str = "PCSCLITE_CSOCK_NAME";
/// Names the test whose inner run this is.
const INNER: &str = "UBUGOE_VCARD_INNER_TEST";

/// Runs `body` in a copy of this test process whose PC/SC socket is the path it is given.
///
/// Call it as the whole of a `#[test]`, with the test's own full name (module path within the test binary). The
/// copy gets a path at which `body` should start a [`crate::Pcscd`]; everything the body builds lives in the copy.
///
/// # Errors
/// Fails when the copy fails, or takes longer than `limit` (it is killed then).
pub fn in_private_service(
    test: &str,
    limit: Duration,
    body: impl FnOnce(&Path),
) -> Result<(), Error> {
    let failed = |reason: String| Error::InnerTest {
        test: test.to_owned(),
        reason,
    };
    let inner = std::env::var_os(INNER).is_some_and(|name| name == test);
    if let Some(socket) = std::env::var_os(SOCKET).filter(|_| inner) {
        body(Path::new(&socket));
        return Ok(());
    }
    let folder = tempfile::tempdir().map_err(|error| failed(error.to_string()))?;
    let program = std::env::current_exe().map_err(|error| failed(error.to_string()))?;
    let mut child = Command::new(program)
        .args([test, "--exact", "--nocapture", "--include-ignored"])
        .env(SOCKET, folder.path().join("pcscd.comm"))
        .env(INNER, test)
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    wait(&mut child, limit).map_err(failed)
}

/// Waits for the copy on a thread of its own, so that the wait can be given up.
fn wait(child: &mut std::process::Child, limit: Duration) -> Result<(), String> {
    let (done, outcome) = channel();
    let pid = child.id();
    std::thread::scope(|scope| {
        let watch = scope.spawn(move || {
            let in_time = outcome.recv_timeout(limit).is_ok();
            if !in_time {
                // by its own id, and only this process
                let mut kill = Command::new("kill");
                drop(kill.args(["-KILL", &pid.to_string()]).status());
            }
            in_time
        });
        let status = child.wait().map_err(|error| error.to_string())?;
        done.send(()).ok();
        let in_time = watch.join().unwrap_or(false);
        match (status.success(), in_time) {
            (true, true) => Ok(()),
            (_, false) => Err(format!("no end within {} s", limit.as_secs())),
            (false, true) => Err(status.to_string()),
        }
    })
}
