//! Around the card: the service that dies and returns, other programs, and what is left behind.

use std::ffi::CString;
use std::sync::mpsc::channel;
use std::time::Duration;

use ubugoe_card::{
    CardError, CardEvent, CardService, Config, Pin, Request, Ticket, TransmitError, Unusable,
};
use ubugoe_vcard::{Effect, Fault, Pcscd, PcscdConfig};

use crate::desk::{Desk, LIMIT, config, pins, story};

/// Another program's connection to the card.
fn another_program(desk: &Desk) -> pcsc::Card {
    let context = pcsc::Context::establish(pcsc::Scope::User).unwrap();
    let reader = CString::new(desk.pcscd.reader_name()).unwrap();
    context
        .connect(&reader, pcsc::ShareMode::Shared, pcsc::Protocols::ANY)
        .unwrap()
}

fn send(card: &pcsc::Card, command: &str) -> String {
    let mut buffer = [0; 300];
    let answer = card
        .transmit(&hex::decode(command).unwrap(), &mut buffer)
        .unwrap();
    hex::encode_upper(&answer[answer.len() - 2..])
}

/// What another program gets from the attributes file without a PIN.
fn attributes_status(desk: &Desk) -> String {
    let card = another_program(desk);
    assert_eq!(send(&card, "00A4040C0AD3921000310001010408"), "9000");
    send(&card, "00B0820000")
}

story!(after_the_visit_the_card_is_logged_out, desk = "hana", {
    let (pin, password) = pins("hana");
    let (ticket, _) = desk.insert();
    desk.attributes(ticket, &pin).unwrap();
    desk.sign(ticket, &password).unwrap();
    desk.finish(ticket);
    assert_eq!(attributes_status(&desk), "6982");
    // A finished card is finished until it is taken away.
    assert_eq!(
        desk.attributes(ticket, &pin).err(),
        Some(CardError::OldTicket)
    );
    desk.remove(ticket);
    let (ticket, _) = desk.insert();
    assert!(desk.attributes(ticket, &pin).is_ok());
});

story!(
    even_without_power_cut_no_job_leaves_the_card_unlocked,
    desk = "hana",
    {
        let (pin, password) = pins("hana");
        let (ticket, _) = desk.insert();
        desk.attributes(ticket, &pin).unwrap();
        desk.sign(ticket, &password).unwrap();
        let commands: Vec<String> = desk
            .card
            .take_exchanges()
            .into_iter()
            .map(|one| one.command)
            .collect();
        // After each VERIFY, and before the next, another application is selected.
        let selected = |from: &str, until: &str| {
            let start = commands
                .iter()
                .position(|one| one.starts_with(from))
                .unwrap();
            commands[start..].iter().any(|one| one == until)
        };
        assert!(selected("0020009104", "00A4040C0AD392F000260100000001"));
        assert!(selected("0020009B0A", "00A4040C0AD3921000310001010408"));
    }
);

story!(dropping_the_service_logs_out, socket => {
        let mut desk = Desk::new(socket, "hana");
        let (ticket, _) = desk.insert();
        desk.attributes(ticket, &pins("hana").0).unwrap();
        let (sender, _events) = channel();
        let idle = Config {
            reader_name_contains: Some("no such reader".to_owned()),
            ..config()
        };
        desk.service = CardService::start(idle, move |event| drop(sender.send(event))).unwrap();
        let last = desk.card.take_exchanges().pop().unwrap().command;
        assert_eq!(last, "00A4040C07A0000001510000", "the ISD was selected");
        assert_eq!(attributes_status(&desk), "6982");
});

story!(a_card_held_by_another_program_is_reported_and_used_when_it_is_let_go, socket => {
        let mut desk = Desk::new(socket, "hana");
        let (ticket, _) = desk.insert();
        desk.finish(ticket);
        let other = another_program(&desk);
        let (sender, events) = channel();
        let eager = Config {
            in_use_after: Duration::from_millis(300),
            ..config()
        };
        desk.service = CardService::start(eager, move |event| drop(sender.send(event))).unwrap();
        desk.events = events;
        assert!(matches!(desk.next(), CardEvent::Readers(_)));
        let (held, why) = desk.unusable();
        assert_eq!(why, Unusable::InUse);
        assert!(other.disconnect(pcsc::Disposition::LeaveCard).is_ok());
        let (ticket, _) = desk.inserted();
        assert_eq!(ticket, held, "the same insertion");
        assert!(desk.attributes(ticket, &pins("hana").0).is_ok());
        // And while we have it, nobody else gets it.
        let context = pcsc::Context::establish(pcsc::Scope::User).unwrap();
        let reader = CString::new(desk.pcscd.reader_name()).unwrap();
        let refused = context.connect(&reader, pcsc::ShareMode::Shared, pcsc::Protocols::ANY);
        assert_eq!(refused.err(), Some(pcsc::Error::SharingViolation));
});

story!(the_card_service_may_die_and_return, socket => {
        let mut desk = Desk::new(socket, "hana");
        let (pin, _) = pins("hana");
        for _ in 0..2 {
            let (ticket, _) = desk.insert();
            desk.attributes(ticket, &pin).unwrap();
            desk.pcscd.stop();
            assert_eq!(desk.next(), CardEvent::Removed { ticket });
            assert_eq!(desk.next(), CardEvent::ServiceLost);
            desk.card.remove();
            desk.pcscd.restart().unwrap();
            assert_eq!(desk.next(), CardEvent::ServiceBack);
            assert_eq!(
                desk.next(),
                CardEvent::Readers(vec![desk.pcscd.reader_name()])
            );
        }
});

story!(the_card_service_may_die_in_the_middle_of_a_job, socket => {
        let mut desk = Desk::new(socket, "hana");
        let (ticket, _) = desk.insert();
        desk.fault(Fault::next(2, Effect::Mute(None)));
        let pin = Pin::new(&pins("hana").0).unwrap();
        desk.service.request(ticket, Request::ReadAttributes { pin });
        assert!(desk.card.wait_until(LIMIT, |status| status.faults == 0));
        desk.pcscd.stop();
        assert!(matches!(
            desk.answer(ticket),
            Err(CardError::Gone {
                source: TransmitError::Service(_) | TransmitError::Exchange(_)
            })
        ));
        assert_eq!(desk.next(), CardEvent::Removed { ticket });
        assert_eq!(desk.next(), CardEvent::ServiceLost);
        desk.card.remove();
        desk.pcscd.restart().unwrap();
        assert_eq!(desk.next(), CardEvent::ServiceBack);
        assert!(matches!(desk.next(), CardEvent::Readers(_)));
        let (ticket, _) = desk.insert();
        assert!(desk.attributes(ticket, &pins("hana").0).is_ok());
});

story!(a_service_that_is_not_there_at_the_start_is_waited_for, socket => {
        let (sender, events) = channel();
        let service =
            CardService::start(config(), move |event| drop(sender.send(event))).unwrap();
        assert_eq!(events.recv_timeout(LIMIT), Ok(CardEvent::ServiceLost));
        let pcscd = Pcscd::start(PcscdConfig {
            socket: Some(socket.to_owned()),
            ..PcscdConfig::default()
        })
        .unwrap();
        assert_eq!(events.recv_timeout(LIMIT), Ok(CardEvent::ServiceBack));
        let readers = vec![pcscd.reader_name()];
        assert_eq!(
            events.recv_timeout(LIMIT),
            Ok(CardEvent::Readers(readers))
        );
        drop(service);
});

story!(readers_that_are_not_wanted_are_not_there, socket => {
        let desk = Desk::new(socket, "hana");
        let (sender, events) = channel();
        let picky = Config {
            reader_name_contains: Some("no such reader".to_owned()),
            ..config()
        };
        let _service =
            CardService::start(picky, move |event| drop(sender.send(event))).unwrap();
        assert_eq!(
            events.recv_timeout(LIMIT),
            Ok(CardEvent::Readers(Vec::new()))
        );
        desk.insert();
        assert!(events.try_recv().is_err());
});

story!(
    a_request_with_an_old_ticket_fails_and_touches_no_card,
    desk = "hana",
    {
        let (old, _) = desk.insert();
        desk.remove(old);
        let (ticket, _) = desk.insert();
        assert!(ticket > old);
        let before = desk.card.counters().apdus;
        for stale in [old, Ticket(u64::MAX)] {
            assert_eq!(
                desk.attributes(stale, "0000").err(),
                Some(CardError::OldTicket)
            );
        }
        assert_eq!(desk.card.counters().apdus, before);
    }
);
