//! Who is linked to the city, and who may do what: deny by default.

use ubugoe_exchange::{Service, Subsystem};
use ubugoe_procedures::MunicipalityCode;

use super::Offered;
use crate::config::{AgencyConfig, Ask, Call};

/// Why something is not allowed. The first that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody of this address is linked to the city.
    #[error("this subsystem is not linked to the city")]
    Stranger,
    /// The address is of another member, or there is no such service.
    #[error("there is no such service")]
    NoService,
    /// Linked, but not for this service.
    #[error("this subsystem has no right to this service")]
    NoRight,
    /// The agency is not competent for this municipality.
    #[error("this agency is not competent for this municipality")]
    Jurisdiction,
}

/// The address book.
#[derive(Debug, Clone)]
pub struct Book {
    own: Subsystem,
    municipality: MunicipalityCode,
    agencies: Vec<AgencyConfig>,
}

impl Book {
    /// Of this city.
    #[must_use]
    pub fn new(
        own: Subsystem,
        municipality: MunicipalityCode,
        agencies: Vec<AgencyConfig>,
    ) -> Self {
        Self {
            own,
            municipality,
            agencies,
        }
    }

    /// The city's own address.
    #[must_use]
    pub fn own(&self) -> &Subsystem {
        &self.own
    }

    /// The municipality that the city is.
    #[must_use]
    pub const fn municipality(&self) -> MunicipalityCode {
        self.municipality
    }

    /// Everybody.
    #[must_use]
    pub fn agencies(&self) -> &[AgencyConfig] {
        &self.agencies
    }

    /// Somebody by short id.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&AgencyConfig> {
        self.agencies.iter().find(|agency| agency.id == id)
    }

    /// Somebody by address.
    #[must_use]
    pub fn by_address(&self, address: &Subsystem) -> Option<&AgencyConfig> {
        self.agencies
            .iter()
            .find(|agency| agency.address == *address)
    }

    /// The agency whose clerk this account is.
    #[must_use]
    pub fn of_clerk(&self, account: &str) -> Option<&AgencyConfig> {
        self.agencies
            .iter()
            .find(|agency| agency.clerks.iter().any(|clerk| clerk == account))
    }

    /// Whether a client may call this service, and why.
    ///
    /// # Errors
    /// [`Denied`].
    pub fn may_call(
        &self,
        client: &Subsystem,
        service: &Service,
    ) -> Result<(&AgencyConfig, &Call), Denied> {
        let agency = self.by_address(client).ok_or(Denied::Stranger)?;
        let offered = Offered::from_code(service.code.as_str())
            .filter(|_| service.provider == self.own)
            .ok_or(Denied::NoService)?;
        let call = agency
            .calls
            .iter()
            .find(|call| call.service == offered)
            .ok_or(Denied::NoRight)?;
        self.competent(agency)?;
        Ok((agency, call))
    }

    /// Whether the city may ask an agency this, and why.
    ///
    /// # Errors
    /// [`Denied`].
    pub fn may_ask(
        &self,
        agency: &str,
        service: &str,
        purpose: &str,
    ) -> Result<(&AgencyConfig, &Ask), Denied> {
        let agency = self.by_id(agency).ok_or(Denied::Stranger)?;
        let ask = agency
            .asks
            .iter()
            .find(|ask| ask.service == service && ask.purpose == purpose)
            .ok_or(Denied::NoRight)?;
        self.competent(agency)?;
        Ok((agency, ask))
    }

    fn competent(&self, agency: &AgencyConfig) -> Result<(), Denied> {
        let ours = self.municipality.to_string();
        let covers = |area: &String| ours.starts_with(area.as_str());
        if agency.jurisdiction.is_empty() || agency.jurisdiction.iter().any(covers) {
            Ok(())
        } else {
            Err(Denied::Jurisdiction)
        }
    }
}
