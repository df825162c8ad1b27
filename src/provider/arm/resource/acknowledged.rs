//! Whether an answer shows that a change was carried out.

use reqwest::{StatusCode, header::LOCATION};
use serde_json::Value;

use crate::{
    diagnosis::{Diagnose, Diagnosis, ExitCode},
    model::{LinkedBackendId, Resource},
    provider::{
        Failure, ProviderError,
        arm::{
            ArmControlPlane, ArmError,
            http::client::{Answer, Call},
        },
    },
};

/// How many times the PUT of a linked backend is sent while its answers do not show the backend.
const PUTS: usize = 3;

/// A change that succeeded, was sent again because the answer did not show the linked backend, and then failed.
#[derive(Debug, thiserror::Error)]
#[error("the answer to {what} did not contain the linked backend, and repeating the request failed")]
struct SentAgain {
    what: String,
    #[source]
    source: ProviderError,
}

impl Diagnose for SentAgain {
    fn diagnosis(&self) -> Diagnosis {
        Diagnosis { exit: ExitCode::Partial, ..self.source.diagnosis() }
    }
}

impl ArmControlPlane {
    /// Sends a change until its answer acknowledges it.
    ///
    /// A linked backend has no version, so only the answer to its PUT shows whether the site took the key. An answer
    /// that neither shows the backend that was sent nor names an operation is not an acknowledgement. The PUT is then
    /// sent again, which changes nothing further.
    pub(in crate::provider::arm) async fn acknowledged(
        &self,
        call: &Call,
        resource: &Resource,
    ) -> Result<Answer, ProviderError> {
        let id = resource.id();
        let mut answered = None;
        for _ in 0..PUTS {
            let answer = match self.change(call, id).await {
                Ok(answer) => answer,
                // The previous attempt succeeded.
                Err(source) if answered.is_some() => {
                    let what = call.what.clone();
                    return Err(ProviderError::Unfinished(Failure::new(SentAgain { what, source })));
                }
                Err(error) => return Err(error),
            };
            if !id.is_a(LinkedBackendId::TYPE) || acknowledges(&answer, resource) {
                return Ok(answer);
            }
            tracing::info!("the answer to {} does not contain the linked backend", call.what);
            answered = Some(answer);
        }
        // An answer without a body only means that the change was accepted.
        if let Some(accepted) = answered.filter(|answer| answer.status == StatusCode::ACCEPTED) {
            return Ok(accepted);
        }
        let (what, problem) = (call.what.clone(), "does not contain the linked backend".to_owned());
        let source = Box::new(ArmError::Unusable { what: what.clone(), problem });
        Err(ArmError::Unfinished { what, source }.about(id))
    }
}

/// Whether an answer shows the linked backend that was sent, or has an address at which its operation can be followed.
fn acknowledges(answer: &Answer, sent: &Resource) -> bool {
    let named = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_ascii_lowercase);
    let shown = named(answer.body.pointer("/properties/backendResourceId"));
    let follows = [LOCATION.as_str(), "azure-asyncoperation"];
    follows.iter().any(|header| answer.header(header).is_some())
        || shown.is_some() && shown == named(sent.field("properties.backendResourceId"))
}
