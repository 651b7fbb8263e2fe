//! A card that says nothing, as the reader's driver sees it on the wire: this test plays `vpcd`.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use ubugoe_vcard::{SimConfig, SimReader};

use crate::{LIMIT, SELECT_JPKI, issuer};

/// Sends one message as vpcd frames it.
fn say(reader: &mut TcpStream, message: &[u8]) {
    let length = u16::try_from(message.len()).unwrap().to_be_bytes();
    reader.write_all(&length).unwrap();
    reader.write_all(message).unwrap();
}

/// The next message, or `None` when the connection was closed.
fn hear(reader: &mut TcpStream) -> Option<Vec<u8>> {
    let mut length = [0; 2];
    match reader.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return None,
        Err(error) => panic!("{error}"),
    }
    let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
    reader.read_exact(&mut message).unwrap();
    Some(message)
}

#[test]
fn an_unpowered_card_closes_the_line_instead_of_announcing_zero_bytes_that_vpcd_would_wait_for() {
    let driver = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let accept = || {
        let (reader, _) = driver.accept().unwrap();
        reader.set_read_timeout(Some(LIMIT)).unwrap();
        reader
    };
    let config = SimConfig {
        port: driver.local_addr().unwrap().port(),
        trace: None,
    };
    let card = issuer().issue("hana").unwrap();
    let sim = SimReader::start(&config, issuer().clone(), card).unwrap();
    sim.insert();
    let select = hex::decode(SELECT_JPKI).unwrap();

    let mut reader = accept();
    say(&mut reader, &select);
    assert_eq!(hear(&mut reader), None);

    // It still lies there, and answers once it has power.
    let mut reader = accept();
    say(&mut reader, &[1]);
    say(&mut reader, &select);
    assert_eq!(hear(&mut reader), Some(vec![0x90, 0x00]));
    assert!(sim.status().inserted);
}
