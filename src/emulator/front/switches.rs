//! The switches of the emulator's behavior, which are set at start and can be changed while it runs.
#![warn(clippy::arithmetic_side_effects)]

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    fault::{EmulatedPlane, FaultEffect, InjectedFault},
    throttle::Throttling,
};
use crate::{
    ambient::Ambient,
    diagnosis::misfit,
    emulator::control::{LinkProvisioning, Linking},
};

/// How the emulator behaves. In JSON, the form that the admin routes show and accept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Switches {
    /// The delay of each answer of the control plane, in milliseconds.
    pub latency_ms: u64,
    /// Whether connecting a backend creates product, subscription and policy.
    pub provisions: bool,
    /// How the operation that connects a backend proceeds.
    pub provisioning: LinkProvisioning,
    /// The rate limits of the control plane; the default is none.
    pub throttling: Option<Throttling>,
    /// The delay until a key takes effect at the gateway, in milliseconds.
    pub gateway_delay_ms: u64,
    /// The delay until a link takes effect at the site's edge, in milliseconds.
    pub edge_delay_ms: u64,
    /// The delay until a change is in the activity log, in milliseconds.
    pub log_delay_ms: u64,
    /// The injected faults; the first that matches a request applies.
    pub faults: Vec<InjectedFault>,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            latency_ms: 0,
            provisions: true,
            provisioning: LinkProvisioning::default(),
            throttling: None,
            gateway_delay_ms: 0,
            edge_delay_ms: 0,
            log_delay_ms: 0,
            faults: Vec::new(),
        }
    }
}

impl Switches {
    /// The maximum of the switches for times: a day, in milliseconds.
    pub const LONGEST_MS: u64 = 24 * 60 * 60 * 1000;

    /// Rejects values that the emulator does not support.
    ///
    /// # Errors
    ///
    /// The name of the switch, and the values that it can have.
    pub fn check(&self) -> Result<(), String> {
        for (name, time) in [
            ("latencyMs", self.latency_ms),
            ("provisioning.takesMs", self.provisioning.takes_ms),
            ("gatewayDelayMs", self.gateway_delay_ms),
            ("edgeDelayMs", self.edge_delay_ms),
            ("logDelayMs", self.log_delay_ms),
        ] {
            if time > Self::LONGEST_MS {
                return Err(format!("`{name}` is {time}, but the maximum is {} (one day)", Self::LONGEST_MS));
            }
        }
        if let Some(throttling) = &self.throttling {
            throttling.check()?;
        }
        for (at, fault) in self.faults.iter().enumerate() {
            fault.check().map_err(|(name, problem)| format!("`faults[{at}].{name}` {problem}"))?;
        }
        Ok(())
    }
}

/// The switches of a running emulator.
#[derive(Debug)]
pub(in crate::emulator) struct Switchboard {
    switches: Mutex<Switches>,
    /// For the data plane, which reads it with each request.
    pub(in crate::emulator) gateway_delay: Arc<AtomicU64>,
    pub(in crate::emulator) edge_delay: Arc<AtomicU64>,
}

impl Switchboard {
    pub(in crate::emulator) fn new(switches: Switches) -> Self {
        let board =
            Self { switches: Mutex::default(), gateway_delay: Arc::default(), edge_delay: Arc::default() };
        board.set(switches);
        board
    }

    fn lock(&self) -> MutexGuard<'_, Switches> {
        self.switches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the current switches.
    pub(in crate::emulator) fn now(&self) -> Switches {
        self.lock().clone()
    }

    /// Returns how long a change is not in the activity log.
    pub(in crate::emulator) fn log_delay(&self) -> Duration {
        Duration::from_millis(self.lock().log_delay_ms)
    }

    /// Returns how a PUT of a linked backend behaves.
    pub(in crate::emulator) fn linking(&self) -> Linking {
        let switches = self.lock();
        Linking { provisions: switches.provisions, provisioning: switches.provisioning.clone() }
    }

    fn set(&self, switches: Switches) {
        self.gateway_delay.store(switches.gateway_delay_ms, Relaxed);
        self.edge_delay.store(switches.edge_delay_ms, Relaxed);
        *self.lock() = switches;
    }

    /// Applies a JSON merge patch as a whole, or changes nothing. A fault can be a line, as on the command line.
    pub(in crate::emulator) fn patch(&self, change: &Value) -> Result<Switches, String> {
        if !change.is_object() {
            return Err("an object of switches".to_owned());
        }
        let change = &with_parsed_faults(change)?;
        let before = serde_json::to_value(self.now()).map_err(|error| error.to_string())?;
        let merged = |change: &Value| {
            let mut value = before.clone();
            merge(&mut value, change);
            serde_json::from_value::<Switches>(value).map_err(|error| misfit(&error))
        };
        let switches = merged(change).map_err(|problem| match culprit(change, merged) {
            Some(name) => format!("`{name}`: {problem}"),
            None => problem,
        })?;
        switches.check()?;
        self.set(switches.clone());
        Ok(switches)
    }

    /// Returns the effect of an injected fault on a request, if one applies.
    pub(in crate::emulator) fn strike(
        &self,
        plane: EmulatedPlane,
        method: &str,
        path: &str,
        ambient: &dyn Ambient,
    ) -> Option<FaultEffect> {
        let mut switches = self.lock();
        switches.faults.iter_mut().find_map(|fault| fault.strike(plane, method, path, ambient))
    }
}

/// Replaces each fault that is a line by its object.
fn with_parsed_faults(change: &Value) -> Result<Value, String> {
    let mut change = change.clone();
    let faults = change.get_mut("faults").and_then(Value::as_array_mut);
    for (at, fault) in faults.into_iter().flatten().enumerate() {
        let Value::String(line) = fault else { continue };
        let parsed = line.parse::<InjectedFault>().map_err(|problem| format!("`faults[{at}]`: {problem}"))?;
        *fault = serde_json::to_value(parsed).map_err(|error| error.to_string())?;
    }
    Ok(change)
}

/// Applies [RFC 7396](https://www.rfc-editor.org/rfc/rfc7396): null removes a member, objects are merged, and all other
/// values replace.
fn merge(target: &mut Value, change: &Value) {
    let Value::Object(members) = change else {
        *target = change.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(target) = target else { return };
    for (name, change) in members {
        if change.is_null() {
            target.shift_remove(name);
        } else {
            merge(target.entry(name.clone()).or_insert(Value::Null), change);
        }
    }
}

/// Returns the member of a change that is invalid by itself.
fn culprit<T>(change: &Value, merged: impl Fn(&Value) -> Result<Switches, T>) -> Option<String> {
    let mut members = change.as_object()?.iter();
    let is_refused = |(name, value): &(&String, &Value)| {
        let alone = Value::Object(serde_json::Map::from_iter([((*name).clone(), (*value).clone())]));
        merged(&alone).is_err()
    };
    members.find(is_refused).map(|(name, _)| name.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::emulator::Shape;

    #[test]
    fn a_patch_changes_what_it_names_and_null_restores_the_default() {
        let board = Switchboard::new(Switches { latency_ms: 5, ..Switches::default() });
        let patch = json!({"gatewayDelayMs": 2000, "provisioning": {"shape": "location"}});
        let now = board.patch(&patch).unwrap();
        assert_eq!((now.latency_ms, now.gateway_delay_ms), (5, 2000));
        assert_eq!(now.provisioning.shape, Shape::Location);
        assert_eq!(board.gateway_delay.load(Relaxed), 2000);
        let now = board.patch(&json!({"provisioning": null, "latencyMs": null})).unwrap();
        assert_eq!((now.latency_ms, now.provisioning), (0, LinkProvisioning::default()));
    }

    #[test]
    fn a_fault_can_be_a_line_as_on_the_command_line() {
        let board = Switchboard::new(Switches::default());
        let now =
            board.patch(&json!({"faults": ["PUT linkedBackends 503 x2", "* /api reset 50% data"]})).unwrap();
        assert_eq!(
            now.faults,
            ["PUT linkedBackends 503 x2", "* /api reset 50% data"].map(|it| it.parse().unwrap())
        );
        let problem = board.patch(&json!({"faults": ["PUT x 503", "oops"]})).unwrap_err();
        assert!(problem.contains("`faults[1]`: `oops` is not a fault"), "{problem}");
        assert_eq!(board.now(), now);
    }

    #[test]
    fn a_patch_that_does_not_fit_changes_nothing() {
        let board = Switchboard::new(Switches::default());
        for patch in [json!({"latency": 1}), json!({"latencyMs": -1}), json!([]), json!({"faults": {}})] {
            assert!(board.patch(&patch).is_err(), "{patch}");
        }
        assert_eq!(board.now(), Switches::default());
    }

    #[test]
    fn a_value_out_of_range_is_refused_by_the_name_of_its_switch() {
        let board = Switchboard::new(Switches::default());
        let fault = |rest: Value| {
            let mut fault = json!({"path": "x", "effect": "reset"});
            merge(&mut fault, &rest);
            json!({"faults": [{"path": "y", "effect": "lost"}, fault]})
        };
        let bucket = |bucket: Value| json!({"throttling": {"writes": bucket}});
        for (patch, name) in [
            (json!({"latencyMs": 86_400_001}), "`latencyMs`"),
            (json!({"latencyMs": "soon"}), "`latencyMs`"),
            (json!({"edgeDelayMs": u64::MAX}), "`edgeDelayMs`"),
            (json!({"latencyMs": 1, "gatewayDelayMs": -1}), "`gatewayDelayMs`"),
            (json!({"provisioning": {"takesMs": u64::MAX}}), "`provisioning.takesMs`"),
            (json!({"provisioning": {"shape": "round"}}), "`provisioning`"),
            (json!({"provisions": "yes"}), "`provisions`"),
            (json!({"latency": 1}), "`latency`"),
            (fault(json!({"rate": 1.5})), "`faults[1].rate`"),
            (fault(json!({"rate": -0.5})), "`faults[1].rate`"),
            (fault(json!({"effect": {"status": 200}})), "`faults[1].effect`"),
            (fault(json!({"effect": {"status": 1000}})), "`faults[1].effect`"),
            (fault(json!({"effect": "explode"})), "`faults`"),
            (fault(json!({"method": "GET /x"})), "`faults[1].method`"),
            (bucket(json!({"capacity": 0, "perSecond": 1.0})), "`throttling.writes.capacity`"),
            (bucket(json!({"capacity": 1, "perSecond": -1.0})), "`throttling.writes.perSecond`"),
        ] {
            let problem = board.patch(&patch).unwrap_err();
            assert!(problem.contains(name), "{patch}: {problem}");
        }
        assert_eq!(board.now(), Switches::default());
    }
}
