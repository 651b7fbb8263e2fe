//! A new key and certificate for the broker, at a technician's wish. The old ones go only after a broker took the new ones.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;
use ubugoe_edge::enrol::State;
use ubugoe_edge::{Asked, Identities, IdentityError};
use ubugoe_protocol::enrol::{Core, Purpose, Request, Voucher};
use ubugoe_protocol::{DeviceId, RecipientSecretKey, SigningKey, digest};

use crate::device::{Kiosk, enrol_failed, enrolment, key_unusable, tpm_failed};
use crate::diagnose::{Found, Identity, probe};
use crate::say::{Done, NOBODY, Steps, words};
use crate::{Bench, Failed, Outcome, audit, enrol, not_enrolled};

/// Where to ask.
#[derive(Debug, Args)]
pub struct Rotate {
    /// The city's door, `host:port`, where the device did not come through it before.
    #[arg(long)]
    pub city: Option<String>,
    /// The kiosk's configuration, where it is elsewhere.
    #[arg(long)]
    pub config: Option<PathBuf>,
}

fn identity_failed(error: &IdentityError) -> Failed {
    if let IdentityError::Tpm(error) = error {
        return tpm_failed(*error);
    }
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
    (sign, open): (&SigningKey, &RecipientSecretKey),
    asked: &Asked,
) -> Result<Request, Failed> {
    let core = Core {
        purpose: Purpose::Renew,
        csr: asked.der.clone(),
        sign: sign.verifying().map_err(|error| key_unusable(&error))?,
        seal: open.public().map_err(|error| key_unusable(&error))?,
        at: bench.at,
    };
    Ok(Request {
        core: core.sign(sign).map_err(|error| key_unusable(&error))?,
        voucher: Voucher::Known,
    })
}

/// A new certificate, kept beside the old one.
struct Granted {
    device: DeviceId,
    generation: u32,
    before: u32,
}

/// Makes a key, asks the city, keeps what it answers. The folder is locked for moments only: a link may be at work with it.
fn granted(
    bench: &Bench<'_>,
    rotate: &Rotate,
    kiosk: &Kiosk,
    identities: &Mutex<Identities>,
    steps: &Steps<'_>,
) -> Result<Granted, Failed> {
    let (device, sign, open) = (kiosk.device()?, kiosk.sign()?, kiosk.open()?);
    let mut enrolment = enrolment(&bench.layout)?;
    if enrolment.state() != State::Enrolled {
        return Err(not_enrolled());
    }
    let (pin, chain, key) = enrolment
        .delivered()
        .map_err(|error| enrol_failed(&error))?;
    let address = enrol::known_door(bench, rotate.city.as_deref())?;
    steps.next(&words("鍵を作る", "making a key"));
    let (before, asked) = {
        let mut identities = held(identities);
        identities
            .adopt(chain.as_bytes(), key.as_bytes())
            .map_err(|error| identity_failed(&error))?;
        let before = identities
            .current()
            .map_err(|error| identity_failed(&error))?
            .generation;
        let asked = identities
            .ask(&device)
            .map_err(|error| identity_failed(&error))?;
        (before, asked)
    };
    let request = request(bench, (&sign, &open), &asked)?;
    steps.next(&words("自治体に申請", "asking the city"));
    let answer = enrol::ask_door(&address, &request, pin)?;
    let bundle = ubugoe_edge::enrol::verified(&answer, &pin).map_err(|e| enrol_failed(&e))?;
    if bundle.request != digest(&request.core) {
        return Err(enrol_failed(&ubugoe_edge::EnrolError::Elsewhere(
            "an earlier question",
        )));
    }
    let generation = held(identities)
        .granted(&asked.digest, &bundle.chain_pem, &device, bundle.at)
        .map_err(|error| identity_failed(&error))?;
    Ok(Granted {
        device,
        generation,
        before,
    })
}

fn held(identities: &Mutex<Identities>) -> MutexGuard<'_, Identities> {
    identities.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a trial showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// It works; the old one is gone.
    Works,
    /// The broker does not take it; it is gone, and the old one stays.
    Refused,
    /// Nobody was there to say; both stay.
    Nothing,
}

/// Asks, proves, drops: with no kiosk on this device.
///
/// # Errors
/// While a kiosk runs; as the city or the broker say.
pub fn run(bench: &Bench<'_>, rotate: &Rotate) -> Outcome {
    let kiosk = Kiosk::read(bench, rotate.config.as_deref())?;
    let folder = kiosk.identities.clone().ok_or_else(not_enrolled)?;
    let _hold = kiosk.hold()?;
    let identities = Identities::open(&folder).map_err(|error| identity_failed(&error))?;
    let identities = Mutex::new(identities.with_tpm(kiosk.tpm()));
    let steps = bench.steps(4);
    let granted = granted(bench, rotate, &kiosk, &identities, &steps)?;
    steps.next(&words("新しい証明書で接続", "connecting with it"));
    let pem = held(&identities)
        .next()
        .map(|next| next.pem.clone())
        .unwrap_or_default();
    let new = Identity::whole(&pem);
    let found = kiosk
        .broker
        .iter()
        .map(|broker| probe(&kiosk, &new, &broker.host, broker.port))
        .find(|found| *found == Found::Connected || *found == Found::CertificateRefused);
    let shown = match found {
        Some(Found::Connected) => {
            held(&identities)
                .proven(granted.generation)
                .map_err(|error| identity_failed(&error))?;
            steps.next(&words("古い鍵を消す", "dropping the old one"));
            Shown::Works
        }
        Some(_) => {
            held(&identities)
                .failed(granted.generation)
                .map_err(|error| identity_failed(&error))?;
            Shown::Refused
        }
        None => Shown::Nothing,
    };
    told(bench, &granted, shown, &identities)
}

/// The same beside a running kiosk, whose link tries the new certificate: `tell_link` says that it is there, and something comes by
/// `news` whenever the link has found out more about its certificates.
///
/// # Errors
/// As [`run`]'s, but for the kiosk that runs.
pub fn beside_a_link(
    bench: &Bench<'_>,
    rotate: &Rotate,
    identities: &Mutex<Identities>,
    tell_link: &dyn Fn(),
    (news, patience): (&mpsc::Receiver<()>, Duration),
) -> Outcome {
    let kiosk = Kiosk::read(bench, rotate.config.as_deref())?;
    let steps = bench.steps(4);
    let granted = granted(bench, rotate, &kiosk, identities, &steps)?;
    steps.next(&words("新しい証明書で接続", "connecting with it"));
    tell_link();
    let end = Instant::now() + patience;
    let shown = loop {
        let (current, waits) = {
            let identities = held(identities);
            let current = identities.current().ok().map(|one| one.generation);
            (current, identities.next().is_some())
        };
        if current == Some(granted.generation) {
            break Shown::Works;
        }
        if !waits {
            break Shown::Refused;
        }
        let left = end.saturating_duration_since(Instant::now());
        if news.recv_timeout(left).is_err() {
            break Shown::Nothing;
        }
    };
    told(bench, &granted, shown, identities)
}

fn told(
    bench: &Bench<'_>,
    granted: &Granted,
    shown: Shown,
    identities: &Mutex<Identities>,
) -> Outcome {
    let Granted {
        device,
        generation,
        before,
    } = granted;
    match shown {
        Shown::Refused => {
            audit::note(bench, "rotate.failed", &format!("device={device}"))?;
            Err(Failed::new(
                "certificate-refused",
                words(
                    "新しい証明書が拒まれました。古い証明書のままです",
                    "the broker refused the new certificate; the old one stays",
                ),
            ))
        }
        Shown::Nothing => {
            audit::note(
                bench,
                "rotate.waits",
                &format!("device={device} generation={generation}"),
            )?;
            Err(Failed::new(
                "unproven",
                words(
                    "接続先につながりません。新しい証明書は、次につながったときに試されます",
                    "no broker answers; the new certificate is tried at the next connection, and the old one stays until then",
                ),
            )
            .coded(NOBODY))
        }
        Shown::Works => {
            audit::note(
                bench,
                "rotated",
                &format!("device={device} generation={generation} before={before}"),
            )?;
            let until = held(identities)
                .current()
                .map(|identity| identity.until)
                .ok();
            Ok(Done::new(
                words(
                    format!("端末 {device} の鍵と証明書を替えました"),
                    format!("device {device} has a new key and certificate"),
                ),
                json!({ "device": device.as_str(), "generation": generation, "before": before, "certificate_until": until }),
            ))
        }
    }
}
