//! What each job costs, as literals: APDUs as the virtual card counts them, not as we do.

use crate::desk::{Desk, pins, story};

/// Runs a job and compares the card's count with ours.
fn counted<T>(desk: &Desk, job: impl FnOnce() -> (T, ubugoe_card::Cost)) -> ubugoe_card::Cost {
    let before = desk.card.counters();
    let (_, cost) = job();
    let after = desk.card.counters();
    assert_eq!(after.apdus - before.apdus, u64::from(cost.total().apdus));
    assert_eq!(after.bytes_in - before.bytes_in, cost.total().sent);
    assert_eq!(after.bytes_out - before.bytes_out, cost.total().received);
    cost
}

story!(a_visit_stays_within_its_apdus, desk = "hana", {
    let (pin, password) = pins("hana");
    let (ticket, _) = desk.insert();
    assert_eq!(desk.card.counters().apdus, 11, "first look");
    let attributes = counted(&desk, || desk.attributes(ticket, &pin).unwrap());
    assert_eq!(attributes.job.apdus, 3, "attributes: VERIFY, READ, log-out");
    assert_eq!(attributes.integrity.apdus, 5, "256 bytes at a time");
    let auth = counted(&desk, || desk.auth_certificate(ticket).unwrap());
    assert!(auth.job.apdus <= 8, "{auth:?}");
    let sign = counted(&desk, || desk.sign(ticket, &password).unwrap());
    assert_eq!(sign.job.apdus, 3, "signature: VERIFY, SIGN, log-out");
    assert!(sign.certificate.apdus <= 8, "{sign:?}");
    let before = desk.card.counters().apdus;
    desk.finish(ticket);
    assert_eq!(desk.card.counters().apdus - before, 1, "log-out");
});

story!(
    a_card_with_extended_length_needs_one_read_per_file,
    desk = "extended",
    {
        let (pin, password) = pins("extended");
        let (ticket, look) = desk.insert();
        assert!(look.extended_length);
        assert_eq!(desk.card.counters().apdus, 11, "first look");
        let auth = counted(&desk, || desk.auth_certificate(ticket).unwrap());
        assert_eq!(auth.job.apdus, 2);
        desk.remove(ticket);
        let (ticket, _) = desk.insert();
        let attributes = counted(&desk, || desk.attributes(ticket, &pin).unwrap());
        assert_eq!(
            (attributes.job.apdus, attributes.integrity.apdus),
            (3, 1),
            "0004 came with the probe"
        );
        let sign = counted(&desk, || desk.sign(ticket, &password).unwrap());
        assert_eq!((sign.job.apdus, sign.certificate.apdus), (3, 1));
    }
);

story!(
    a_signature_without_attributes_first_costs_one_proof_more,
    desk = "hana",
    {
        let (ticket, _) = desk.insert();
        let sign = counted(&desk, || desk.sign(ticket, &pins("hana").1).unwrap());
        assert_eq!(
            sign.job.apdus, 5,
            "is it still the same card?, SELECT, VERIFY, SIGN, log-out"
        );
    }
);
