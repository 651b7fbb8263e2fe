//! A virtual My Number card that real `pcscd` sees, for tests and demonstrations: the card as a pure state machine,
//! a test PKI with the real certificate profile, invented people, faults on demand, and a private card service.
//!
//! It must never be taken for the real thing: every key is derived from its name, so anybody can forge its
//! signatures, and the card it imitates is known only from public descriptions. EF 0001 of the text AP holds twelve
//! zeros, because the format needs twelve digits and no individual number belongs in this repository.

mod apdu;
mod card;
mod control;
mod error;
mod faults;
mod harness;
mod issuer;
mod pcscd;
mod persona;
mod pki;
mod sim;
mod tlv;
mod trace;

pub use card::{COMMON_AID, Card, ISD_AID, JPKI_AID, SecretName, TEXT_AID};
pub use control::{ask, execute, serve};
pub use error::Error;
pub use faults::{Effect, Fault, From as FaultFrom};
pub use harness::in_private_service;
pub use issuer::Issuer;
pub use pcscd::{Pcscd, PcscdConfig};
pub use persona::{BUILT_IN, Certificates, Holder, Kind, Persona, Pins, TestPin, Traits, Tries};
pub use pki::{
    AUTH_CA_FILE, Pki, SIGN_CA_FILE, TEXT_ISSUER_KEY_ID, TEXT_ROOT_FILE, TEXT_ROOT_KEY_ID,
};
pub use sim::{Counters, SimConfig, SimReader, Status};
pub use trace::{Exchange, masked};
