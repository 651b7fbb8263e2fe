//! Six commands of a TPM 2.0 as bytes, and what their answers hold. TCG, *TPM 2.0 Library*, revision 1.59: part 2 (structures), part 3
//! (commands). Everything is big-endian; what has a length has two bytes of it in front (`TPM2B`).

use zeroize::Zeroizing;

/// Under this the storage key is made (`TPM_RH_OWNER`).
pub(super) const OWNER: u32 = 0x4000_0001;

/// Longest command or answer that a TPM has to take, in bytes.
pub(super) const LONGEST: usize = 4096;
/// Tag, length, code.
pub(super) const HEADER: usize = 10;

/// `TPM_CC`, part 2, 6.5.2.
#[derive(Debug, Clone, Copy)]
pub(super) enum Code {
    CreatePrimary = 0x131,
    Create = 0x153,
    Load = 0x157,
    Sign = 0x15D,
    Unseal = 0x15E,
    FlushContext = 0x165,
}

const SHA256: u16 = 0x000B;
const ECC: u16 = 0x0023;
const KEYED_HASH: u16 = 0x0008;
const ECDSA: u16 = 0x0018;
const NULL: u16 = 0x0010;
const P256: u16 = 0x0003;

/// `TPMT_PUBLIC` of the storage key as TCG's provisioning guidance has it: P-256, AES-128-CFB, restricted to decryption, bound to
/// this TPM and to its owner's seed, outside the lock-out. Whoever makes it anew gets the same key, until the TPM is cleared.
pub(super) const STORAGE: [u16; 13] = [
    ECC, SHA256, 0x0003, 0x0472, 0, 0x0006, 128, 0x0043, NULL, P256, NULL, 0, 0,
];
/// A key that signs and does nothing else: P-256, ECDSA with SHA-256; made in the TPM, bound to it and to its parent, outside the
/// lock-out (its password is empty, so there is nothing to guess).
pub(super) const KEY: [u16; 12] = [
    ECC, SHA256, 0x0004, 0x0472, 0, NULL, ECDSA, SHA256, P256, NULL, 0, 0,
];
/// A few bytes from outside, bound alike.
pub(super) const SECRET: [u16; 7] = [KEYED_HASH, SHA256, 0x0000, 0x0452, 0, NULL, 0];

/// A template as bytes.
pub(super) fn template(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// `TPM2B`. Nothing here comes near 65536 bytes.
pub(super) fn sized(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(2 + bytes.len()));
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
    out
}

/// A command about one object. Every one but a flush shows the object's password, which is empty (`TPM_RS_PW`).
pub(super) fn command(code: Code, handle: u32, parameters: &[u8]) -> Zeroizing<Vec<u8>> {
    const NO_SESSIONS: u16 = 0x8001;
    const SESSIONS: u16 = 0x8002;
    /// Length of what follows; the password session; no nonce, no attributes, no password.
    const EMPTY_PASSWORD: [u8; 13] = [0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 0, 0, 0];
    let (tag, password) = match code {
        Code::FlushContext => (NO_SESSIONS, &[][..]),
        _ => (SESSIONS, &EMPTY_PASSWORD[..]),
    };
    let length = HEADER + 4 + password.len() + parameters.len();
    let mut out = Zeroizing::new(Vec::with_capacity(length));
    out.extend_from_slice(&tag.to_be_bytes());
    out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(&(code as u32).to_be_bytes());
    out.extend_from_slice(&handle.to_be_bytes());
    out.extend_from_slice(password);
    out.extend_from_slice(parameters);
    out
}

/// What `TPM2_CreatePrimary` and `TPM2_Create` are told: an empty password, the secret if it comes from outside, the template; nothing
/// to be noted about the outside, no PCR.
pub(super) fn creation(words: &[u16], secret: &[u8]) -> Zeroizing<Vec<u8>> {
    let secret = sized(secret);
    let mut sensitive = Zeroizing::new(Vec::with_capacity(2 + secret.len()));
    sensitive.extend_from_slice(&[0, 0]);
    sensitive.extend_from_slice(&secret);
    let (sensitive, public) = (sized(&sensitive), sized(&template(words)));
    let mut out = Zeroizing::new(Vec::with_capacity(sensitive.len() + public.len() + 6));
    out.extend_from_slice(&sensitive);
    out.extend_from_slice(&public);
    out.extend_from_slice(&[0; 6]);
    out
}

/// What `TPM2_Sign` is told: the digest; the key's own scheme; that nobody in the TPM made the digest (`TPMT_TK_HASHCHECK`, empty).
pub(super) fn signing(digest: &[u8; 32]) -> Vec<u8> {
    let mut out = sized(digest).to_vec();
    out.extend_from_slice(&NULL.to_be_bytes());
    out.extend_from_slice(&[0x80, 0x24, 0x40, 0, 0, 7, 0, 0]);
    out
}

/// Reads from the front. `None`: there is less than that.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(front)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    /// A `TPM2B` without its length.
    pub(super) fn sized(&mut self) -> Option<&'a [u8]> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }

    /// The length of the parameters, which end here where there are sessions.
    pub(super) fn parameters(&mut self) -> Option<Self> {
        let length = self.u32()?;
        self.take(usize::try_from(length).ok()?).map(Bytes)
    }
}

/// The point of a public area (`TPM2B_PUBLIC` without its length) that is one of [`KEY`]'s kind; other parts are not looked at.
/// A coordinate with zeros in front may come without them.
pub(super) fn point(public: &[u8]) -> Option<[[u8; 32]; 2]> {
    let mut area = Bytes(public);
    let (kind, _, _, _) = (area.u16()?, area.u16()?, area.u32()?, area.sized()?);
    let parameters = [
        area.u16()?,
        area.u16()?,
        area.u16()?,
        area.u16()?,
        area.u16()?,
    ];
    if kind != ECC || parameters != [NULL, ECDSA, SHA256, P256, NULL] {
        return None;
    }
    let mut coordinate = || {
        let short = area.sized()?;
        let mut whole = [0; 32];
        let from = whole.len().checked_sub(short.len())?;
        whole.get_mut(from..)?.copy_from_slice(short);
        Some(whole)
    };
    let point = [coordinate()?, coordinate()?];
    area.0.is_empty().then_some(point)
}

/// The two numbers of an ECDSA signature (`TPMT_SIGNATURE`).
pub(super) fn signature(mut parameters: Bytes<'_>) -> Option<(&[u8], &[u8])> {
    let scheme = (parameters.u16()?, parameters.u16()?);
    (scheme == (ECDSA, SHA256)).then_some(())?;
    Some((parameters.sized()?, parameters.sized()?))
}
