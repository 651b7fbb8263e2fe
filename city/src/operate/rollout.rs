//! How an update goes out: to the canary wards first, and to everybody only when they are well.
//!
//! ```text
//!              publish                  all canaries healthy, observed long enough
//!   (file) ────────────> Canary ─────────────────────────────────────────────────> Everywhere
//!                          │  a canary failed, took it back, or was there and said nothing      │ a canary failed
//!                          v                                                                    v
//!                       Withdrawn: orders to everybody who has it; nobody else gets it  <───────┘
//! ```
//! [`step`] decides and is pure; [`look`] carries out, from the link's worker, by the city's clock.

use ubugoe_protocol::report::UpdateState;
use ubugoe_protocol::update::{Content, MAX_PARTS, PART_LEN, cut};
use ubugoe_protocol::{DeviceId, Manifest, Order, SystemOrder, UpdateId, digest};

use super::{OPERATOR, OperateError, Operator, STANDS};
use crate::config::Config;
use crate::ingest::Desk;
use crate::store::down::content_code;
use crate::store::{Advance, NewRollout, Rollout, RolloutState, Store, StoreError, system_line};

/// Seconds the canaries are observed unless said otherwise.
pub const OBSERVE: i64 = 86_400;

/// The same for a system, whose bundle is fetched through whatever line a ward has.
pub const OBSERVE_SYSTEM: i64 = 3 * 86_400;

/// Seconds a canary has on the link before its silence says anything: one that is switched on at the last moment of the
/// observation is given the time to fetch the update.
pub const HEARD: i64 = 3_600;

/// How long a canary that has come may be silent: a bundle takes hours, so for a system as long as it is observed.
fn heard(rollout: &Rollout) -> i64 {
    match rollout.content {
        Content::Catalogue | Content::Profile => HEARD,
        Content::System => rollout.observe.max(HEARD),
    }
}

/// What a rollout does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Wait,
    /// Goes to these devices, who have not had it.
    Spread(Vec<DeviceId>),
    /// Is taken back.
    Withdraw(Why),
}

/// Why a rollout is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// A check failed on this canary, or it took the update back.
    Failed(DeviceId),
    /// This canary was on the link and did not report that it is well.
    Silent(DeviceId),
}

impl Why {
    fn words(&self) -> String {
        match self {
            Self::Failed(device) => format!("failed on {device}"),
            Self::Silent(device) => format!("no word from {device}"),
        }
    }
}

/// What a rollout does at `now` (unix seconds). `newest`: no later version of its content is everywhere. `registered`:
/// all devices that are not revoked.
#[must_use]
pub fn step(rollout: &Rollout, newest: bool, registered: &[DeviceId], now: i64) -> Step {
    if rollout.state == RolloutState::Withdrawn {
        return Step::Wait;
    }
    let canaries = || rollout.devices.iter().filter(|device| device.canary);
    let state = |device: &crate::store::RolloutDevice| device.report.as_ref().map(|(s, _)| *s);
    let failed = canaries().find(|device| {
        matches!(
            state(device),
            Some(UpdateState::Failed | UpdateState::Withdrawn)
        )
    });
    if let Some(device) = failed {
        return Step::Withdraw(Why::Failed(device.device.clone()));
    }
    let missing = || {
        let has = |id: &DeviceId| rollout.devices.iter().any(|device| device.device == *id);
        registered.iter().filter(|id| !has(id)).cloned().collect()
    };
    match rollout.state {
        RolloutState::Canary if now < rollout.published_at.saturating_add(rollout.observe) => {
            Step::Wait
        }
        RolloutState::Canary => {
            let mut unwell = canaries()
                .filter(|device| state(device) != Some(UpdateState::Healthy))
                .peekable();
            if unwell.peek().is_none() {
                return Step::Spread(missing());
            }
            // one that was not on the link since cannot have said anything
            let silent = |from: i64| now >= from.saturating_add(heard(rollout));
            unwell
                .find(|device| device.seen_from.is_some_and(silent))
                .map_or(Step::Wait, |device| {
                    Step::Withdraw(Why::Silent(device.device.clone()))
                })
        }
        RolloutState::Everywhere => {
            let missing: Vec<DeviceId> = missing();
            if newest && !missing.is_empty() {
                Step::Spread(missing)
            } else {
                Step::Wait
            }
        }
        RolloutState::Withdrawn => Step::Wait,
    }
}

/// Publishes an update to its canaries; answers its id and version.
///
/// # Errors
/// [`OperateError`]; nothing was published then.
pub async fn publish(
    config: &Config,
    store: &dyn Store,
    (content, whole): (Content, &[u8]),
    (wards, observe): (Vec<String>, i64),
    now: i64,
) -> Result<(UpdateId, u64), OperateError> {
    let operator = Operator::of(config)?;
    if !(1..=MAX_PARTS * PART_LEN).contains(&whole.len()) {
        return Err(OperateError::Length(whole.len()));
    }
    if content == Content::System {
        SystemOrder::from_bytes(whole)?;
    }
    let canaries: Vec<DeviceId> = config
        .devices
        .iter()
        .filter(|(_, device)| device.revoked_at.is_none() && wards.contains(&device.ward))
        .map(|(id, _)| id.clone())
        .collect();
    if canaries.is_empty() {
        return Err(OperateError::NoCanary(wards));
    }
    let (id, version) = (
        UpdateId::generate()?,
        store.newest_version(content).await?.saturating_add(1),
    );
    let manifest = Manifest {
        id,
        content,
        version,
        sha256: digest(whole),
        len: whole.len() as u64,
        at: now,
    };
    let rollout = NewRollout {
        id,
        content,
        version,
        manifest: manifest.sign(operator.key)?,
        parts: cut(id, whole),
        wards,
        canaries,
        observe,
        at: now,
        actor: OPERATOR.to_owned(),
    };
    if store.publish(rollout).await? {
        Ok((id, version))
    } else {
        Err(OperateError::Occupied)
    }
}

/// Looks at every rollout that is not withdrawn and takes it as far as it goes. Nothing without an operator's key.
///
/// # Errors
/// The store's.
pub async fn look(desk: &Desk, store: &dyn Store, now: i64) -> Result<(), StoreError> {
    let Some(operator) = Operator::at(desk) else {
        return Ok(());
    };
    let registered = desk.devices.trusted();
    let rollouts = store.rollouts(true).await?;
    for rollout in &rollouts {
        let later = |other: &Rollout| {
            other.content == rollout.content
                && other.version > rollout.version
                && other.state == RolloutState::Everywhere
        };
        let newest = !rollouts.iter().any(later);
        let advance = match step(rollout, newest, &registered, now) {
            Step::Wait => continue,
            Step::Spread(devices) => spread(rollout, devices, now),
            Step::Withdraw(why) => match withdraw(operator, desk, rollout, &why, now) {
                Ok(advance) => advance,
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "cannot withdraw an update"
                    );
                    continue;
                }
            },
        };
        let (to, detail) = (advance.to, advance.entry.detail.clone());
        if store.advance(advance).await? {
            let (update, to) = (rollout.id, to.code());
            if to == RolloutState::Withdrawn.code() {
                tracing::error!(%update, detail, "an update is withdrawn");
            } else {
                tracing::info!(%update, to, detail, "a rollout goes on");
            }
        }
    }
    Ok(())
}

fn entry(
    rollout: &Rollout,
    to: RolloutState,
    detail: &str,
    now: i64,
) -> crate::casework::audit::AuditEntry {
    let action = format!("rollout.{}", to.code());
    let content = content_code(rollout.content);
    let detail = format!("{content} version={} {detail}", rollout.version);
    system_line(now, &action, &rollout.id, detail)
}

fn spread(rollout: &Rollout, devices: Vec<DeviceId>, now: i64) -> Advance {
    let to = RolloutState::Everywhere;
    Advance {
        id: rollout.id,
        from: rollout.state,
        to,
        entry: entry(rollout, to, &format!("devices={}", devices.len()), now),
        send: devices,
        orders: Vec::new(),
    }
}

fn withdraw(
    operator: Operator<'_>,
    desk: &Desk,
    rollout: &Rollout,
    why: &Why,
    now: i64,
) -> Result<Advance, OperateError> {
    let to = RolloutState::Withdrawn;
    let order = Order::Withdraw { update: rollout.id };
    // a device that is away for long must hear of it all the same
    let stands = (now, now + 13 * STANDS);
    let orders = rollout
        .devices
        .iter()
        .filter(|device| {
            let known = desk.devices.get(&device.device);
            known.is_some_and(|known| known.revoked_at.is_none())
        })
        .map(|device| operator.order(&device.device, order, stands, "system"))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Advance {
        id: rollout.id,
        from: rollout.state,
        to,
        send: Vec::new(),
        orders,
        entry: entry(rollout, to, &why.words(), now),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;
    use crate::store::RolloutDevice;

    const PUBLISHED: i64 = 1_000;
    const DAY: i64 = 86_400;

    fn id(n: u8) -> DeviceId {
        format!("ward-{n}").parse().unwrap()
    }

    fn device(
        n: u8,
        canary: bool,
        report: Option<UpdateState>,
        seen_from: Option<i64>,
    ) -> RolloutDevice {
        RolloutDevice {
            device: id(n),
            canary,
            since: PUBLISHED,
            report: report.map(|state| (state, String::new())),
            seen_from,
            seen_at: seen_from,
        }
    }

    fn rollout(state: RolloutState, devices: Vec<RolloutDevice>) -> Rollout {
        Rollout {
            id: UpdateId::from_bytes([1; 16]),
            content: Content::Catalogue,
            version: 3,
            wards: vec!["three".into()],
            observe: DAY,
            published_at: PUBLISHED,
            actor: OPERATOR.into(),
            state,
            state_at: PUBLISHED,
            devices,
        }
    }

    #[test]
    fn canaries_decide_and_nobody_else_gets_it_before() {
        use UpdateState::{Failed, Healthy, Staged, Withdrawn};
        let (early, late) = (PUBLISHED + DAY - 1, PUBLISHED + DAY);
        let there = Some(PUBLISHED);
        let at_last = Some(late - 10);
        let spread = Step::Spread(vec![id(3)]);
        let failed = Step::Withdraw(Why::Failed(id(1)));
        let silent = Step::Withdraw(Why::Silent(id(1)));
        // first canary's word and first sign of life, second canary's word, when, what follows
        for (one, seen, two, now, expected) in [
            (Some(Healthy), there, Some(Healthy), late, &spread),
            (Some(Healthy), there, Some(Healthy), early, &Step::Wait),
            (Some(Failed), there, Some(Healthy), early, &failed),
            (Some(Withdrawn), there, Some(Healthy), early, &failed),
            (Some(Failed), there, Some(Healthy), late, &failed),
            (None, there, Some(Healthy), early, &Step::Wait),
            (None, there, Some(Healthy), late, &silent),
            (Some(Staged), there, Some(Healthy), late, &silent),
            (None, at_last, Some(Healthy), late, &Step::Wait),
            (None, at_last, Some(Healthy), late - 10 + HEARD, &silent),
            (None, None, Some(Healthy), late + 99 * DAY, &Step::Wait),
        ] {
            let devices = vec![device(1, true, one, seen), device(2, true, two, there)];
            let registered = [id(1), id(2), id(3)];
            let found = step(
                &rollout(RolloutState::Canary, devices),
                true,
                &registered,
                now,
            );
            assert_eq!(found, *expected, "{one:?} {seen:?} {two:?} {now}");
        }
    }

    #[test]
    fn a_system_that_is_being_fetched_has_as_long_as_it_is_observed() {
        let late = PUBLISHED + DAY;
        for (content, seen, now, silent) in [
            (Content::System, PUBLISHED, late, true),
            (Content::System, late - 10, late - 10 + HEARD, false),
            (Content::System, late - 10, late - 11 + DAY, false),
            (Content::System, late - 10, late - 10 + DAY, true),
            // control: an hour for what comes in parts
            (Content::Profile, late - 10, late - 10 + HEARD, true),
        ] {
            let fetching = device(1, true, Some(UpdateState::Staged), Some(seen));
            let rollout = Rollout {
                content,
                ..rollout(RolloutState::Canary, vec![fetching])
            };
            let found = step(&rollout, true, &[id(1), id(2)], now);
            let expected = if silent {
                Step::Withdraw(Why::Silent(id(1)))
            } else {
                Step::Wait
            };
            assert_eq!(found, expected, "{content:?} {seen} {now}");
        }
    }

    #[test]
    fn once_everywhere_it_follows_new_devices_and_a_failing_canary_still_takes_it_back() {
        let everywhere = |canary, other| {
            let devices = vec![
                device(1, true, Some(canary), None),
                device(2, false, other, None),
            ];
            rollout(RolloutState::Everywhere, devices)
        };
        let late = PUBLISHED + 9 * DAY;
        let well = everywhere(UpdateState::Healthy, None);
        let three = [id(1), id(2), id(3)];
        assert_eq!(step(&well, true, &three[..2], late), Step::Wait);
        assert_eq!(step(&well, true, &three, late), Step::Spread(vec![id(3)]));
        assert_eq!(
            step(&well, false, &three, late),
            Step::Wait,
            "there is a newer one"
        );
        let elsewhere = everywhere(UpdateState::Healthy, Some(UpdateState::Failed));
        assert_eq!(step(&elsewhere, true, &three[..2], late), Step::Wait);
        let failed = everywhere(UpdateState::Failed, None);
        assert_eq!(
            step(&failed, true, &three, late),
            Step::Withdraw(Why::Failed(id(1)))
        );
    }

    #[test]
    fn what_is_withdrawn_goes_nowhere() {
        for report in [None, Some(UpdateState::Healthy), Some(UpdateState::Failed)] {
            let devices = vec![device(1, true, report, Some(PUBLISHED + 1))];
            let found = step(
                &rollout(RolloutState::Withdrawn, devices),
                true,
                &[id(1), id(2)],
                PUBLISHED + 9 * DAY,
            );
            assert_eq!(found, Step::Wait, "{report:?}");
        }
    }
}
