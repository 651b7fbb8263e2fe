//! A new key and certificate for the broker, at a technician's wish. The old ones go only after a broker took the new ones.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use ubugoe_edge::{Asked, Identities, IdentityError};
use ubugoe_protocol::enrol::{Core, Purpose, Request, Voucher};
use ubugoe_protocol::{RecipientSecretKey, SigningKey, digest};

use crate::device::{Kiosk, enrol_failed, enrolment, key_unusable};
use crate::diagnose::{Found, Identity, probe};
use crate::say::{Done, NOBODY, file, words};
use crate::{Bench, Failed, Outcome, audit, enrol, not_enrolled};

/// Where to ask.
#[derive(Debug, Args)]
pub(crate) struct Rotate {
    /// The city's door, `host:port`.
    #[arg(long)]
    city: String,
    /// The kiosk's configuration, where it is elsewhere.
    #[arg(long)]
    config: Option<PathBuf>,
}

fn identity_failed(error: &IdentityError) -> Failed {
    Failed::new(
        "identity",
        words(
            "証明書を扱えません",
            "the device's certificates cannot be used",
        ),
    )
    .because(error)
}

/// What the device asks, in its own name.
fn request(
    bench: &Bench<'_>,
    kiosk: &Kiosk,
    sign: &SigningKey,
    asked: &Asked,
) -> Result<Request, Failed> {
    let hpke = std::fs::read_to_string(&kiosk.keys.hpke).map_err(file("read", &kiosk.keys.hpke))?;
    let core = Core {
        purpose: Purpose::Renew,
        csr: asked.der.clone(),
        sign: sign.verifying().map_err(|error| key_unusable(&error))?,
        seal: RecipientSecretKey::from_text(&hpke)
            .and_then(|key| key.public())
            .map_err(|error| key_unusable(&error))?,
        at: bench.at,
    };
    Ok(Request {
        core: core.sign(sign).map_err(|error| key_unusable(&error))?,
        voucher: Voucher::Known,
    })
}

/// Asks, proves, drops.
pub(crate) fn run(bench: &Bench<'_>, rotate: &Rotate) -> Outcome {
    let kiosk = Kiosk::read(bench, rotate.config.as_deref())?;
    let (device, sign) = (kiosk.device()?, kiosk.sign()?);
    let folder = kiosk.identities.clone().ok_or_else(not_enrolled)?;
    let (pin, chain, key) = enrolment(&bench.layout)?
        .delivered()
        .map_err(|error| enrol_failed(&error))?;
    let mut identities = Identities::open(&folder).map_err(|error| identity_failed(&error))?;
    identities
        .adopt(chain.as_bytes(), key.as_bytes())
        .map_err(|error| identity_failed(&error))?;
    let before = identities
        .current()
        .map_err(|error| identity_failed(&error))?
        .generation;
    let steps = bench.say.steps(4);
    steps.next(&words("鍵を作る", "making a key"));
    let asked = identities
        .ask(&device)
        .map_err(|error| identity_failed(&error))?;
    let request = request(bench, &kiosk, &sign, &asked)?;
    steps.next(&words("自治体に申請", "asking the city"));
    let answer = enrol::ask_door(&rotate.city, &request, pin)?;
    let bundle = ubugoe_edge::enrol::verified(&answer, &pin).map_err(|e| enrol_failed(&e))?;
    if bundle.request != digest(&request.core) {
        return Err(enrol_failed(&ubugoe_edge::EnrolError::Elsewhere(
            "an earlier question",
        )));
    }
    let next = identities
        .granted(&asked.digest, &bundle.chain_pem, &device, bundle.at)
        .map_err(|error| identity_failed(&error))?;
    steps.next(&words("新しい証明書で接続", "connecting with it"));
    let pem = identities
        .next()
        .map(|next| next.pem.clone())
        .unwrap_or_default();
    let new = Identity::whole(&pem);
    let found = kiosk
        .broker
        .iter()
        .map(|broker| probe(&kiosk, &new, &broker.host, broker.port))
        .find(|found| *found == Found::Connected || *found == Found::CertificateRefused);
    match found {
        Some(Found::Connected) => {
            identities
                .proven(next)
                .map_err(|error| identity_failed(&error))?;
            steps.next(&words("古い鍵を消す", "dropping the old one"));
        }
        Some(_) => {
            identities
                .failed(next)
                .map_err(|error| identity_failed(&error))?;
            audit::note(bench, "rotate.failed", &format!("device={device}"))?;
            return Err(Failed::new(
                "certificate-refused",
                words(
                    "新しい証明書が拒まれました。古い証明書のままです",
                    "the broker refused the new certificate; the old one stays",
                ),
            ));
        }
        None => {
            audit::note(
                bench,
                "rotate.waits",
                &format!("device={device} generation={next}"),
            )?;
            return Err(Failed::new(
                "unproven",
                words(
                    "接続先につながりません。新しい証明書は、次につながったときに試されます",
                    "no broker answers; the new certificate is tried at the next connection, and the old one stays until then",
                ),
            )
            .coded(NOBODY));
        }
    }
    audit::note(
        bench,
        "rotated",
        &format!("device={device} generation={next} before={before}"),
    )?;
    let until = identities.current().map(|identity| identity.until).ok();
    Ok(Done::new(
        words(
            format!("端末 {device} の鍵と証明書を替えました"),
            format!("device {device} has a new key and certificate"),
        ),
        json!({ "device": device.as_str(), "generation": next, "before": before, "certificate_until": until }),
    ))
}
