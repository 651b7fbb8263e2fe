//! Every persona: what the card says is what comes out.

use ubugoe_card::{Broken, CardDate, CardError, Integrity, SecretKind, Token, Unusable};
use ubugoe_vcard::Persona;

use crate::desk::{Desk, pins, story};

/// Reads the attributes and compares them with the persona's file, code point by code point.
fn check_attributes(desk: &Desk, persona: &str) {
    let (ticket, look) = desk.insert();
    assert_eq!(look.token, Token::Card);
    let (attributes, _) = desk.attributes(ticket, &pins(persona).0).unwrap();
    let holder = Persona::built_in(persona).unwrap().holder.unwrap();
    let points = |text: &str| text.chars().map(u32::from).collect::<Vec<_>>();
    assert_eq!(points(&attributes.name), points(&holder.name));
    assert_eq!(points(&attributes.address), points(&holder.address));
    let birth = holder.birth;
    assert_eq!(
        (
            attributes.birth.year,
            attributes.birth.month,
            attributes.birth.day
        ),
        (birth.year(), birth.month(), birth.day())
    );
    assert!(
        matches!(attributes.integrity, Integrity::Trusted { .. }),
        "{:?}",
        attributes.integrity
    );
    desk.remove(ticket);
}

story!(a_plain_card_gives_what_is_on_it, desk = "hana", {
    let (ticket, look) = desk.insert();
    assert_eq!(look.tries.attributes, Some(3));
    assert_eq!(look.tries.sign, Some(5));
    assert_eq!(look.tries.auth, Some(3));
    assert!(look.has_auth_cert && look.has_sign_cert);
    assert_eq!(look.card_expiry, CardDate::parse(b"20320517").ok());
    desk.remove(ticket);
    check_attributes(&desk, "hana");
});

story!(names_come_out_of_any_card_as_they_went_in, desk = "rare", {
    for persona in ["rare", "long127", "long255", "foreign", "extended"] {
        desk.card.take(persona).unwrap();
        check_attributes(&desk, persona);
    }
});

story!(
    the_same_card_is_recognised_and_another_is_not,
    desk = "hana",
    {
        let (ticket, first) = desk.insert();
        desk.remove(ticket);
        let (ticket, again) = desk.insert();
        assert_eq!(again.identity, first.identity);
        desk.remove(ticket);
        desk.card.take("sora").unwrap();
        let (_, other) = desk.insert();
        assert_ne!(other.identity, first.identity);
    }
);

story!(
    a_forged_record_is_read_and_called_broken,
    desk = "forged",
    {
        let (ticket, _) = desk.insert();
        let (attributes, _) = desk.attributes(ticket, &pins("forged").0).unwrap();
        assert_eq!(attributes.integrity, Integrity::Broken(Broken::Digest));
    }
);

story!(
    a_child_without_a_signing_certificate_is_told_so_without_a_password,
    desk = "child",
    {
        let (ticket, look) = desk.insert();
        assert!(!look.has_sign_cert && look.has_auth_cert);
        assert_eq!(
            desk.sign(ticket, "ICHIGO2021").err(),
            Some(CardError::NoSignCertificate)
        );
        assert!(desk.attributes(ticket, &pins("child").0).is_ok());
    }
);

story!(
    a_locked_card_is_told_before_and_sent_nothing,
    desk = "locked",
    {
        let (ticket, look) = desk.insert();
        let (pin, password) = pins("locked");
        assert_eq!(look.tries.attributes, Some(0));
        assert_eq!(
            desk.attributes(ticket, &pin).err(),
            Some(CardError::Locked {
                secret: SecretKind::Attributes
            })
        );
        assert_eq!(
            desk.sign(ticket, &password).err(),
            Some(CardError::Locked {
                secret: SecretKind::Sign
            })
        );
    }
);

story!(the_last_try_is_never_spent, desk = "last_try", {
    let (ticket, look) = desk.insert();
    let (pin, password) = pins("last_try");
    assert_eq!((look.tries.attributes, look.tries.sign), (Some(1), Some(1)));
    let before = desk.card.counters().apdus;
    // Not even with the right secret: nobody here can know that it is.
    assert_eq!(
        desk.attributes(ticket, &pin).err(),
        Some(CardError::LastTryKept {
            secret: SecretKind::Attributes
        })
    );
    assert_eq!(desk.card.counters().apdus, before, "nothing was sent");
    assert_eq!(
        desk.sign(ticket, &password).err(),
        Some(CardError::LastTryKept {
            secret: SecretKind::Sign
        })
    );
    let sent = desk.card.take_exchanges();
    assert!(
        sent.iter().all(|one| !one.command.contains('*')),
        "{sent:?}"
    );
    assert_eq!(desk.tries(), (Some(1), Some(1)));
});

story!(
    wrong_secrets_are_counted_down_to_the_last_try_and_kept_there,
    desk = "hana",
    {
        let (ticket, _) = desk.insert();
        let wrong = |left| CardError::WrongPin {
            secret: SecretKind::Attributes,
            left,
        };
        assert_eq!(desk.attributes(ticket, "0000").err(), Some(wrong(2)));
        assert_eq!(desk.attributes(ticket, "0000").err(), Some(wrong(1)));
        let kept = CardError::LastTryKept {
            secret: SecretKind::Attributes,
        };
        assert_eq!(desk.attributes(ticket, "0000").err(), Some(kept.clone()));
        assert_eq!(desk.tries().0, Some(1));
        for left in [4, 3, 2, 1] {
            assert_eq!(
                desk.sign(ticket, "WRONG1").err(),
                Some(CardError::WrongPin {
                    secret: SecretKind::Sign,
                    left
                })
            );
        }
        assert_eq!(
            desk.sign(ticket, "WRONG1").err(),
            Some(CardError::LastTryKept {
                secret: SecretKind::Sign
            })
        );
        assert_eq!(desk.tries(), (Some(1), Some(1)));
        // Taking the card away and putting it back does not change that.
        desk.remove(ticket);
        let (ticket, _) = desk.insert();
        assert_eq!(desk.attributes(ticket, "0000").err(), Some(kept));
    }
);

story!(
    other_cards_and_telephones_are_told_apart,
    desk = "wrong_kind",
    {
        for (persona, expected) in [
            ("wrong_kind", Unusable::NotMyNumberCard { token: None }),
            ("smartphone", Unusable::Smartphone(Token::Android)),
            ("iphone", Unusable::Smartphone(Token::Iphone)),
            (
                "expired",
                Unusable::Expired {
                    on: CardDate::parse(b"20250314").unwrap(),
                },
            ),
        ] {
            desk.card.take(persona).unwrap();
            desk.card.insert();
            let (ticket, why) = desk.unusable();
            assert_eq!(why, expected, "{persona}");
            desk.remove(ticket);
        }
        // And then a card again.
        desk.card.take("hana").unwrap();
        desk.insert();
    }
);

story!(
    certificates_and_signatures_are_those_of_the_card,
    desk = "hana",
    {
        use der::Decode;
        use rsa::pkcs1::DecodeRsaPublicKey;
        let (ticket, _) = desk.insert();
        let (auth, _) = desk.auth_certificate(ticket).unwrap();
        let (signed, _) = desk.sign(ticket, &pins("hana").1).unwrap();
        assert_ne!(auth, signed.certificate);
        let certificate = x509_cert::Certificate::from_der(&signed.certificate).unwrap();
        let spki = certificate.tbs_certificate.subject_public_key_info;
        let key =
            rsa::RsaPublicKey::from_pkcs1_der(spki.subject_public_key.as_bytes().unwrap()).unwrap();
        let scheme = rsa::Pkcs1v15Sign::new::<sha2::Sha256>();
        key.verify(scheme, &[0x42; 32], &signed.signatures[0])
            .unwrap();
    }
);
