//! How a device comes to its city: a code, a request, one answer that has everything, and what is signed when it leaves.
//!
//! ```text
//!  city: code = secret ‖ first bits of the hash of the device CA's root ─> paper, QR
//!  device: keys of its own ─> Request, signed by them, vouched for by the code or a bench ─TLS or a stick─> city
//!  city: certificate by the issuing key ─> Bundle, signed by that key too ─> device
//!  device: root's hash == the code's? chain from it? bundle under it? ─> everything is written, or nothing
//! ```
//! The device trusts nothing but the hash in the code. So it is the same whether the answer came over a network or on a stick.

mod answer;
mod code;
mod records;
mod request;

pub use answer::{Answer, AnswerError, Bundle, City, Runner, bundle_digest};
pub use code::{CodeError, EnrolCode, Pin};
pub use records::{Carried, Export, WipeRecord};
pub use request::{Core, Purpose, Request, Voucher, device_of};
