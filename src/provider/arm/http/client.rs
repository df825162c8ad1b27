//! Requests and answers: the token, deadlines, retries, pace, and the limits on how much is read.
#![warn(clippy::arithmetic_side_effects)]

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::{
    Body, Method, Request, StatusCode,
    header::{
        ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue,
        IF_MATCH, LOCATION,
    },
};
use serde_json::Value;
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, timeout_at},
};
use url::Url;

pub(crate) use super::call::{Answer, Call};
use super::{asked::LONGEST_WAIT, body, call::keys_in, earlier::Earlier, pace::Bucket, reach::Surroundings};
use crate::{
    ambient::Ambient,
    provider::arm::{
        ArmError, ArmFailure, Budget, Cause, Credentials, Endpoint, FailureKind, Pacer, RetrySchedule,
        Transport, TransportError,
        failure::redact::{redacted, without},
    },
    provider::at_once,
};

/// The maximum number of redirections of a request, which stay on the same host.
const REDIRECTS: usize = 5;
/// The maximum number of bytes of an answer that are read. A page of the longest list is far below it.
const LONGEST_ANSWER: usize = 16 << 20;
/// The maximum interval between two polls of an operation whose answers do not ask for one.
const LONGEST_OWN_WAIT: Duration = Duration::from_secs(15);
/// How long one request may take, including its answer.
const ONE_REQUEST: Duration = Duration::from_secs(60);

/// Sends requests to one endpoint.
pub(crate) struct Http {
    transport: Arc<dyn Transport>,
    endpoint: Endpoint,
    credentials: Arc<Credentials>,
    ambient: Arc<dyn Ambient>,
    retries: RetrySchedule,
    pacer: Mutex<Pacer>,
    slots: Semaphore,
    surroundings: Surroundings,
    /// Keys that were sent or received; they are removed from every failure.
    secrets: Mutex<BTreeSet<String>>,
    budget: Budget,
    correlation: HeaderValue,
    limit: Duration,
    end: Instant,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("endpoint", &self.endpoint.base().as_str()).finish_non_exhaustive()
    }
}

/// The limits of all requests together: their time, and how much of their answers is read.
pub(crate) struct Limits {
    pub(crate) time: Duration,
    pub(crate) budget: Budget,
}

/// How an attempt failed.
struct Miss {
    error: ArmError,
    cause: Cause,
}

impl Http {
    pub(crate) fn new(
        transport: Arc<dyn Transport>,
        endpoint: Endpoint,
        credentials: Arc<Credentials>,
        ambient: Arc<dyn Ambient>,
        limits: Limits,
        surroundings: Surroundings,
    ) -> Self {
        let correlation = HeaderValue::from_str(&ambient.unguessable().to_string());
        Self {
            transport,
            endpoint,
            credentials,
            retries: RetrySchedule::default(),
            pacer: Mutex::new(Pacer::new()),
            slots: Semaphore::new(at_once::REQUESTS),
            surroundings,
            secrets: Mutex::default(),
            budget: limits.budget,
            correlation: correlation.expect("a UUID is made of header characters"),
            limit: limits.time,
            end: later(Instant::now(), limits.time),
            ambient,
        }
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.ambient.now()
    }

    /// Sends a request until it succeeds, or until retrying is pointless.
    pub(crate) async fn send(&self, call: &Call) -> Result<Answer, ArmError> {
        let mut attempt = 0_u32;
        let mut renewed = false;
        let mut moves = 0_usize;
        let mut earlier = Earlier::Refused;
        let mut url = call.url.clone();
        loop {
            let miss = match self.attempt(call, &url).await {
                Ok(answer) if answer.status.is_redirection() => {
                    moves = moves.saturating_add(1);
                    url = self.redirected(call, &answer, moves)?;
                    continue;
                }
                Ok(answer) => return Ok(answer),
                Err(miss) => miss,
            };
            let expired = matches!(miss.error.kind(), Some(FailureKind::NotAuthenticated { claims: None }));
            if expired && !renewed && self.credentials.forget() {
                renewed = true;
                continue;
            }
            let wait =
                self.retries.next(attempt, &miss.cause, call.repeat, self.ambient.chance(), self.left());
            let Some(wait) = wait else { return Err(earlier.in_view_of(call, miss.error)) };
            tracing::debug!(target: super::retry::RETRIES, what = %call.what, attempt, wait_ms = wait.as_millis(), error = %miss.error, "asking again");
            earlier = earlier.and(&miss.cause, &miss.error);
            attempt = attempt.saturating_add(1);
            sleep(wait).await;
        }
    }

    /// Sleeps, but not beyond the time limit of the command.
    pub(crate) async fn wait(&self, duration: Duration, what: &str) -> Result<(), ArmError> {
        let left = self.left();
        if duration < left {
            sleep(duration).await;
            return Ok(());
        }
        if left.is_zero() || duration <= LONGEST_OWN_WAIT {
            return Err(ArmError::TimeOver { what: what.to_owned(), limit: self.limit });
        }
        Err(ArmError::TooLong { what: what.to_owned(), asked: duration, left })
    }

    /// Returns the remaining time of the command.
    fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// Returns the keys that were sent or received, and the token.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let known = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().cloned().chain(self.credentials.secret_in_use()).collect()
    }

    fn keep_secret(&self, keys: impl Iterator<Item = String>) {
        let mut keys = keys.peekable();
        if keys.peek().is_some() {
            self.secrets.lock().unwrap_or_else(PoisonError::into_inner).extend(keys);
        }
    }

    fn redirected(&self, call: &Call, answer: &Answer, moves: usize) -> Result<Url, ArmError> {
        let unusable =
            |problem: &str| ArmError::Unusable { what: call.what.clone(), problem: problem.into() };
        let keeps_method = [StatusCode::TEMPORARY_REDIRECT, StatusCode::PERMANENT_REDIRECT];
        if !keeps_method.contains(&answer.status) {
            return Err(unusable("is a redirect that would change the request"));
        }
        if moves > REDIRECTS {
            return Err(unusable("redirects too often"));
        }
        let link = answer.header(LOCATION.as_str()).ok_or_else(|| unusable("redirects to no address"))?;
        let url = self.own(&answer.url, link, &call.what)?;
        // The answer of another resource proves nothing about this one, and a change belongs to this one.
        let path = |url: &Url| url.path().trim_end_matches('/').to_ascii_lowercase();
        if path(&url) != path(&call.url) {
            return Err(unusable("is a redirect to another resource"));
        }
        Ok(url)
    }

    /// Resolves a link in an answer, if the token may be sent there.
    pub(crate) fn own(&self, from: &Url, link: &str, what: &str) -> Result<Url, ArmError> {
        let own = self.endpoint.own(from, link);
        own.map_err(|source| ArmError::Foreign { what: what.to_owned(), source })
    }

    async fn attempt(&self, call: &Call, url: &Url) -> Result<Answer, Miss> {
        let over = || Miss {
            error: ArmError::TimeOver { what: call.what.clone(), limit: self.limit },
            cause: Cause::Final,
        };
        let token = self.credentials.token();
        let token = timeout_at(self.end, token).await.map_err(|_| over())?;
        let token = token.map_err(|error| Miss { error: error.into(), cause: Cause::Final })?;
        let bucket = Bucket::of(&call.method, url);
        let (_slot, mut place) = loop {
            // The semaphore is never closed.
            let slot = self.slots.acquire().await;
            let wait = self.pacer().reserve(&bucket, Instant::now());
            if wait.is_zero() {
                break (slot, RequestPlace { http: self, bucket: &bucket, is_answered: false });
            }
            // Other requests may not have to wait.
            drop(slot);
            if wait >= self.left() {
                return Err(over());
            }
            sleep(wait).await;
        };
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.secret())).map_err(|_| Miss {
            error: ArmError::Unusable {
                what: "getting a token".to_owned(),
                problem: "is not a token: it contains characters that are not allowed".to_owned(),
            },
            cause: Cause::Final,
        })?;
        bearer.set_sensitive(true);
        let since = Instant::now();
        let end = self.end.min(later(since, ONE_REQUEST));
        self.keep_secret(call.body.iter().flat_map(keys_in));
        let result = timeout_at(end, self.exchange(call, url, bearer)).await;
        let outcome = match result {
            Ok(outcome) => outcome,
            Err(_) if end == self.end => Err(over()),
            Err(_) => Err(Miss {
                error: ArmError::Silent { what: call.what.clone(), after: ONE_REQUEST },
                cause: Cause::Broken { sent: true },
            }),
        };
        place.is_answered = true;
        self.note(call, url, &bucket, since, &outcome);
        outcome
    }

    /// Sends a request once. Known secrets are removed from the text of a failure.
    async fn exchange(&self, call: &Call, url: &Url, bearer: HeaderValue) -> Result<Answer, Miss> {
        let request = self.request(call, url, bearer)?;
        let response = self.transport.send(request).await;
        let mut response = response.map_err(|error| self.broken(call, url, &error))?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let mut bytes = Vec::new();
        let coding = body::coding_of(&headers);
        if let Some(coding) = coding.clone().filter(|_| status.is_success()) {
            let (what, host) = (call.what.clone(), url.host_str().unwrap_or_default().to_owned());
            return Err(Miss { error: ArmError::Compressed { what, coding, host }, cause: Cause::Final });
        }
        while let Some(chunk) =
            response.chunk().await.map_err(|error| self.broken(call, url, &error.into()))?
        {
            if bytes.len().saturating_add(chunk.len()) > LONGEST_ANSWER {
                return Err(unusable(
                    call,
                    format!("is longer than {} MiB", LONGEST_ANSWER >> 20),
                    Cause::Final,
                ));
            }
            self.budget.take_bytes(chunk.len()).map_err(|problem| unusable(call, problem, Cause::Final))?;
            bytes.extend_from_slice(&chunk);
        }
        if !status.is_success() && !status.is_redirection() {
            // The status of a failure is sufficient; an unreadable body is ignored.
            let bytes = if coding.is_some() { Vec::new() } else { bytes };
            let failure = ArmFailure::read_without(status, &headers, &bytes, &self.secrets()).from(url);
            let cause = Cause::of(&failure, self.ambient.now());
            let error = ArmError::Refused { what: call.what.clone(), failure: Box::new(failure) };
            return Err(Miss { error, cause });
        }
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let bare = || body::bare_policy(content_type, &bytes).map(Value::String);
        let body = match call.is_of_policy.then(bare).flatten() {
            Some(policy) => Ok(policy),
            None if status.is_redirection() => Ok(Value::Null),
            None => body::json(&bytes),
        };
        let body = body.map_err(|error| unusable(call, error.to_string(), Cause::Broken { sent: true }))?;
        self.keep_secret(keys_in(&body));
        Ok(Answer { status, headers, body, url: url.clone() })
    }

    fn request(&self, call: &Call, url: &Url, bearer: HeaderValue) -> Result<Request, Miss> {
        let id = HeaderValue::from_str(&self.ambient.unguessable().to_string());
        let mut request = Request::new(call.method.clone(), url.clone());
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, bearer);
        // For any other type, API Management can answer with a policy that has no JSON around it.
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert("x-ms-client-request-id", id.expect("a UUID is made of header characters"));
        headers.insert("x-ms-return-client-request-id", HeaderValue::from_static("true"));
        headers.insert("x-ms-correlation-request-id", self.correlation.clone());
        if let Some(tag) = &call.if_match {
            let unsendable = |_| unusable(call, "has a version that cannot be sent".to_owned(), Cause::Final);
            headers.insert(IF_MATCH, HeaderValue::from_str(tag).map_err(unsendable)?);
        }
        match &call.body {
            Some(body) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                *request.body_mut() = Some(Body::from(body.to_string()));
            }
            None if [Method::PUT, Method::POST].contains(&call.method) => {
                headers.insert(CONTENT_LENGTH, HeaderValue::from(0));
            }
            None => {}
        }
        Ok(request)
    }

    fn broken(&self, call: &Call, url: &Url, error: &TransportError) -> Miss {
        let (error, cause) = self.surroundings.explain(url, &call.what, error);
        Miss { error, cause }
    }

    fn note(&self, call: &Call, url: &Url, bucket: &Bucket, since: Instant, outcome: &Result<Answer, Miss>) {
        let now = Instant::now();
        let took_ms = now.duration_since(since).as_millis();
        let (method, path) = (&call.method, url.path());
        match outcome {
            Ok(answer) => {
                self.pacer().answered(bucket, now, &answer.headers, None);
                let shown = |id: &str| redacted(&without(id, &self.secrets()));
                let id = answer.header("x-ms-request-id").map(shown);
                let status = answer.status.as_u16();
                tracing::debug!(%method, path, status, took_ms, request_id = id, "answered");
            }
            Err(Miss { error: ArmError::Refused { failure, .. }, .. }) => {
                let retry_after = failure.retry_after_from(self.ambient.now());
                let closed = retry_after.filter(|_| *failure.kind() == FailureKind::Throttled);
                self.pacer().answered(bucket, now, failure.headers(), closed);
                let (status, id) = (failure.status().as_u16(), failure.request_id());
                tracing::debug!(%method, path, status, took_ms, request_id = id, "refused");
            }
            Err(miss) => {
                self.pacer().answered(bucket, now, &HeaderMap::new(), None);
                tracing::debug!(%method, path, took_ms, error = %miss.error, "no answer");
            }
        }
    }

    fn pacer(&self) -> std::sync::MutexGuard<'_, Pacer> {
        self.pacer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a request in progress. It is released when the request is answered or abandoned.
struct RequestPlace<'a> {
    http: &'a Http,
    bucket: &'a Bucket,
    is_answered: bool,
}

impl Drop for RequestPlace<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            self.http.pacer().answered(self.bucket, Instant::now(), &HeaderMap::new(), None);
        }
    }
}

/// Returns the moment `time` after `now`, or a year after it where that exceeds the range of the clock.
fn later(now: Instant, time: Duration) -> Instant {
    now.checked_add(time).or_else(|| now.checked_add(LONGEST_WAIT)).unwrap_or(now)
}

fn unusable(call: &Call, problem: String, cause: Cause) -> Miss {
    Miss { error: ArmError::Unusable { what: call.what.clone(), problem }, cause }
}

#[cfg(test)]
mod tests;
