//! How fast browsers may ask: a token bucket for each address and each session.
//!
//! Answers for who is asking as far as addresses go, and for whether they may ask now. In memory, bounded, for this process:
//! several replicas each count for themselves. Must not know what is asked.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderMap;

use crate::config::{Limits, Rate};

/// Most buckets kept. Beyond, whoever is new shares one.
const MOST: usize = 16_384;
/// Full buckets are thrown away at most this often, milliseconds.
const SWEEP: i64 = 1_000;
/// How much larger the bucket is that strangers share when memory is full.
const SHARED: u32 = 64;

/// Whose bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Whose {
    /// Everything from an address.
    Address(IpAddr),
    /// Attempts at signing in from an address.
    SignIn(IpAddr),
    /// Everything of a session.
    Session([u8; 32]),
    /// Audit lines about what a session was refused.
    Refused([u8; 32]),
    /// Whoever finds no room.
    Strangers,
}

/// Lines about refusals of one session: ten, and then one a minute.
const REFUSED: Rate = Rate {
    burst: 10,
    per_minute: 1,
};

/// One request, in the unit that buckets are counted in: what a rate of one a minute brings in a millisecond, so that
/// nothing is ever rounded away.
const ONE: i64 = 60_000;

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// What is left, in parts of [`ONE`].
    left: i64,
    /// When that was so, unix milliseconds.
    at: i64,
}

#[derive(Debug, Default)]
struct Buckets {
    all: HashMap<Whose, Bucket>,
    swept_at: i64,
}

/// The buckets.
#[derive(Debug)]
pub struct Limiter {
    limits: Limits,
    buckets: Mutex<Buckets>,
}

impl Limiter {
    /// With everybody's bucket full.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            buckets: Mutex::default(),
        }
    }

    fn rate(&self, whose: Whose) -> Rate {
        let larger = |rate: Rate| Rate {
            burst: rate.burst.saturating_mul(SHARED),
            per_minute: rate.per_minute.saturating_mul(SHARED),
        };
        match whose {
            Whose::Address(_) => self.limits.address,
            Whose::SignIn(_) => self.limits.sign_in,
            Whose::Session(_) => self.limits.session,
            Whose::Refused(_) => REFUSED,
            Whose::Strangers => larger(self.limits.address),
        }
    }

    /// Takes one request out of a bucket at `now` (unix milliseconds); `Err` says in how many seconds one is there again.
    pub(super) fn take(&self, whose: Whose, now: i64) -> Result<(), u32> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let whose = self.place(&mut buckets, whose, now);
        let rate = self.rate(whose);
        let full = i64::from(rate.burst) * ONE;
        let bucket = buckets.all.entry(whose).or_insert(Bucket {
            left: full,
            at: now,
        });
        bucket.left = filled(*bucket, rate, now);
        bucket.at = now;
        if bucket.left >= ONE {
            bucket.left -= ONE;
            return Ok(());
        }
        let each_second = i64::from(rate.per_minute).max(1) * 1_000;
        let wait = (ONE - bucket.left + each_second - 1) / each_second;
        Err(u32::try_from(wait).unwrap_or(u32::MAX))
    }

    /// Makes room if there is none; whoever finds none shares.
    fn place(&self, buckets: &mut Buckets, whose: Whose, now: i64) -> Whose {
        if buckets.all.len() < MOST || buckets.all.contains_key(&whose) {
            return whose;
        }
        // a clock that was set back sweeps too
        if !(0..SWEEP).contains(&(now - buckets.swept_at)) {
            buckets.swept_at = now;
            buckets.all.retain(|whose, bucket| {
                let rate = self.rate(*whose);
                filled(*bucket, rate, now) < i64::from(rate.burst) * ONE
            });
        }
        if buckets.all.len() < MOST {
            whose
        } else {
            Whose::Strangers
        }
    }

    /// Where a request comes from: the peer, or what a trusted proxy says. Of a chain of proxies the last address counts that
    /// is none of ours: what stands before it anybody may have written.
    pub(super) fn from(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let trusted = |address: &IpAddr| self.limits.trusted_proxies.contains(address);
        let peer = peer.to_canonical();
        if !trusted(&peer) {
            return whole(peer);
        }
        let mut nearest = peer;
        let lines: Vec<&str> = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        for text in lines.join(",").rsplit(',') {
            let Ok(address) = text.trim().parse::<IpAddr>() else {
                break;
            };
            nearest = address.to_canonical();
            if !trusted(&nearest) {
                break;
            }
        }
        whole(nearest)
    }
}

/// What is in a bucket at `now`. A clock that was set back fills nothing.
fn filled(bucket: Bucket, rate: Rate, now: i64) -> i64 {
    let passed = (now - bucket.at).max(0);
    let more = passed.saturating_mul(i64::from(rate.per_minute));
    bucket
        .left
        .saturating_add(more)
        .min(i64::from(rate.burst) * ONE)
}

/// One customer's addresses count as one: of IPv6 a whole /64.
fn whole(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    fn limiter(burst: u32, per_minute: u32) -> Limiter {
        let rate = Rate { burst, per_minute };
        Limiter::new(Limits {
            address: rate,
            session: rate,
            sign_in: rate,
            trusted_proxies: vec!["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()],
        })
    }

    fn address(n: u32) -> Whose {
        Whose::Address(IpAddr::V4(n.into()))
    }

    #[test]
    fn a_bucket_empties_fills_and_says_when() {
        let limiter = limiter(2, 30);
        assert_eq!(limiter.take(address(1), 0), Ok(()));
        assert_eq!(limiter.take(address(1), 0), Ok(()));
        assert_eq!(limiter.take(address(1), 0), Err(2), "one every two seconds");
        assert_eq!(
            limiter.take(address(2), 0),
            Ok(()),
            "somebody else's is full"
        );
        assert!(limiter.take(address(1), 1_999).is_err());
        assert_eq!(limiter.take(address(1), 2_000), Ok(()));
        assert!(
            limiter.take(address(1), 1_000).is_err(),
            "a clock set back fills nothing"
        );
        assert_eq!(limiter.take(address(1), 1_000_000), Ok(()));
        assert_eq!(
            limiter.take(address(1), 1_000_000),
            Ok(()),
            "never more than the burst"
        );
        assert!(limiter.take(address(1), 1_000_000).is_err());
    }

    #[test]
    fn memory_is_bounded_and_strangers_share_when_it_is_full() {
        let limiter = limiter(1, 1);
        for n in 0..100_000 {
            let _ = limiter.take(address(n), 0);
        }
        assert!(limiter.buckets.lock().unwrap().all.len() <= MOST + 1);
        assert!(
            limiter.take(address(200_000), 0).is_err(),
            "the strangers' bucket is empty too"
        );
        assert_eq!(
            limiter.take(address(200_000), 600_000),
            Ok(()),
            "full buckets were thrown away"
        );
        assert!(limiter.buckets.lock().unwrap().all.len() < 10);
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_as_far_as_it_goes() {
        let limiter = limiter(1, 1);
        let from = |peer: &str, line: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", line.parse().unwrap());
            limiter.from(peer.parse().unwrap(), &headers).to_string()
        };
        assert_eq!(from("192.0.2.1", "198.51.100.9"), "192.0.2.1");
        assert_eq!(from("10.0.0.1", "198.51.100.9"), "198.51.100.9");
        assert_eq!(
            from("10.0.0.1", "1.1.1.1, 198.51.100.9, 10.0.0.2"),
            "198.51.100.9"
        );
        assert_eq!(from("10.0.0.1", "198.51.100.9, rubbish"), "10.0.0.1");
        assert_eq!(from("10.0.0.1", ""), "10.0.0.1");
        assert_eq!(from("::ffff:192.0.2.1", ""), "192.0.2.1");
        assert_eq!(from("2001:db8:1:2:3::4", ""), "2001:db8:1:2::");
    }
}
