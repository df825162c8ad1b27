//! Which clients can call a site: those in certain networks, or those that send certain headers.

use std::net::IpAddr;

use hyper::{HeaderMap, header::HeaderName};

use super::document::{ForwardingGateway, Networking};

/// The checks that are made before any rule.
#[derive(Default)]
pub(super) struct Gate {
    /// The allowed networks; clients outside of them are refused. A service tag counts as a network without clients.
    networks: Option<Vec<Network>>,
    headers: Vec<(HeaderName, String)>,
}

enum Network {
    Block { address: IpAddr, bits: u8 },
    Tag,
}

impl Gate {
    pub(super) fn of(
        networking: Option<&Networking>,
        forwarding: Option<&ForwardingGateway>,
    ) -> Result<Self, String> {
        let networks = networking.map(|networking| networking.allowed_ip_ranges.as_slice());
        let networks = networks.filter(|ranges| !ranges.is_empty());
        let networks = networks.map(|ranges| ranges.iter().map(|range| Network::parse(range)).collect());
        let headers = forwarding.into_iter().flat_map(|forwarding| &forwarding.required_headers);
        let headers = headers.map(|(name, value)| {
            let read = HeaderName::try_from(name)
                .map_err(|_| format!("forwardingGateway: `{name}` is not a header name"))?;
            Ok((read, value.clone()))
        });
        Ok(Self { networks: networks.transpose()?, headers: headers.collect::<Result<_, String>>()? })
    }

    /// Whether a key of the file is one of these checks.
    pub(super) fn decides(&self, key: &str) -> bool {
        match key {
            "networking" => self.networks.is_some(),
            "forwardingGateway" => !self.headers.is_empty(),
            _ => false,
        }
    }

    pub(super) fn lets_in(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        let is_near = self.networks.as_ref().is_none_or(|networks| networks.iter().any(|it| it.holds(peer)));
        let has = |(name, value): &(HeaderName, String)| {
            headers.get(name).is_some_and(|found| found.as_bytes() == value.as_bytes())
        };
        is_near && self.headers.iter().all(has)
    }
}

impl Network {
    fn parse(text: &str) -> Result<Self, String> {
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let Ok(address) = address.parse::<IpAddr>() else {
            // A service tag, such as `AzureFrontDoor.Backend`.
            let is_tag = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
            let begins = text.starts_with(|c: char| c.is_ascii_alphabetic());
            return (is_tag && begins)
                .then_some(Self::Tag)
                .ok_or_else(|| format!("networking: `{text}` is not a network"));
        };
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(most), |bits| bits.parse().ok().filter(|bits| *bits <= most));
        let bits = bits.ok_or_else(|| format!("networking: `{text}` is not a network"))?;
        Ok(Self::Block { address, bits })
    }

    fn holds(&self, peer: IpAddr) -> bool {
        match self {
            Self::Tag => false,
            Self::Block { address, bits } => match (address, peer.to_canonical()) {
                (IpAddr::V4(own), IpAddr::V4(peer)) => {
                    let shift = 32 - u32::from(*bits);
                    own.to_bits().checked_shr(shift) == peer.to_bits().checked_shr(shift)
                }
                (IpAddr::V6(own), IpAddr::V6(peer)) => {
                    let shift = 128 - u32::from(*bits);
                    own.to_bits().checked_shr(shift) == peer.to_bits().checked_shr(shift)
                }
                (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_the_addresses_that_begin_as_it_does() {
        let holds = |network: &str, peer: &str| Network::parse(network).unwrap().holds(peer.parse().unwrap());
        for (network, peer, held) in [
            ("10.0.0.0/24", "10.0.0.7", true),
            ("10.0.0.0/24", "10.0.1.7", false),
            ("10.0.0.7", "10.0.0.7", true),
            ("0.0.0.0/0", "1.2.3.4", true),
            ("127.0.0.0/8", "::ffff:127.0.0.1", true),
            ("fd00::/8", "fd12::1", true),
            ("AzureFrontDoor.Backend", "127.0.0.1", false),
        ] {
            assert_eq!(holds(network, peer), held, "{network} {peer}");
        }
        for unfit in ["10.0.0.0/33", "10.0.0/8", "", "10.0.0.0/", "a b"] {
            assert!(Network::parse(unfit).is_err(), "{unfit}");
        }
    }
}
