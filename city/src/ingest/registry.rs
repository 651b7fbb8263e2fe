//! The devices whose word counts: those of the configuration, and those that registered themselves since.
//!
//! Answers for everybody in one program seeing the same ones at the same time. Where a device is in both, the configuration
//! counts: it is what somebody wrote by hand.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use ubugoe_protocol::DeviceId;

use crate::config::Device;
use crate::store::enrol::EnrolledDevice;

/// Devices, shared.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    fixed: Arc<BTreeMap<DeviceId, Arc<Device>>>,
    enrolled: Arc<RwLock<BTreeMap<DeviceId, Arc<Device>>>>,
}

impl From<BTreeMap<DeviceId, Device>> for Registry {
    fn from(devices: BTreeMap<DeviceId, Device>) -> Self {
        let shared = devices
            .into_iter()
            .map(|(id, device)| (id, Arc::new(device)));
        Self {
            fixed: Arc::new(shared.collect()),
            enrolled: Arc::default(),
        }
    }
}

impl Registry {
    /// One device.
    #[must_use]
    pub fn get(&self, id: &DeviceId) -> Option<Arc<Device>> {
        let fixed = self.fixed.get(id).cloned();
        fixed.or_else(|| self.enrolled().get(id).cloned())
    }

    /// Where a device stands, as staff call it.
    #[must_use]
    pub fn ward(&self, id: &DeviceId) -> Option<String> {
        self.get(id).map(|device| device.ward.clone())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids().len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them, in order of their ids.
    #[must_use]
    pub fn all(&self) -> BTreeMap<DeviceId, Arc<Device>> {
        let mut all = self.enrolled().clone();
        all.extend(
            self.fixed
                .iter()
                .map(|(id, device)| (id.clone(), Arc::clone(device))),
        );
        all
    }

    /// The ids of all of them.
    #[must_use]
    pub fn ids(&self) -> Vec<DeviceId> {
        self.all().into_keys().collect()
    }

    /// The ids of those that are not revoked.
    #[must_use]
    pub fn trusted(&self) -> Vec<DeviceId> {
        let all = self.all().into_iter();
        all.filter(|(_, device)| device.revoked_at.is_none())
            .map(|(id, _)| id)
            .collect()
    }

    /// Takes what the store says now. Answers whether there is a device that was not there before.
    pub fn refresh(&self, enrolled: Vec<EnrolledDevice>) -> bool {
        let fresh: BTreeMap<_, _> = enrolled
            .into_iter()
            .map(|one| (one.id, Arc::new(one.device)))
            .collect();
        let mut held = self
            .enrolled
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let news = fresh.keys().any(|id| !held.contains_key(id));
        *held = fresh;
        news
    }

    fn enrolled(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<DeviceId, Arc<Device>>> {
        self.enrolled.read().unwrap_or_else(PoisonError::into_inner)
    }
}
