//! The limits that Azure Resource Manager documents for the requests of one caller to one subscription: a token bucket for
//! each kind of request ([documentation](https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling)).

use reqwest::Method;

/// A kind of request that is counted separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RequestKind {
    /// GET and HEAD.
    Reads,
    /// PUT, PATCH and POST.
    Writes,
    /// DELETE.
    Deletes,
}

impl RequestKind {
    /// Returns the kind of a request.
    pub(crate) fn of(method: &Method) -> Self {
        match *method {
            Method::GET | Method::HEAD => Self::Reads,
            Method::DELETE => Self::Deletes,
            _ => Self::Writes,
        }
    }

    /// Returns how many requests are accepted at once.
    pub(crate) fn capacity(self) -> u32 {
        match self {
            Self::Reads => 250,
            Self::Writes | Self::Deletes => 200,
        }
    }

    /// Returns how many requests of all callers are accepted at once.
    #[cfg(feature = "emulator")]
    pub(crate) fn global_capacity(self) -> u32 {
        match self {
            Self::Reads => 3750,
            Self::Writes | Self::Deletes => 3000,
        }
    }

    /// Returns how many requests are accepted per second in the long term.
    pub(crate) fn per_second(self) -> f64 {
        match self {
            Self::Reads => 25.0,
            Self::Writes | Self::Deletes => 10.0,
        }
    }

    /// Returns the header with the number of requests that remain to the caller.
    pub(crate) fn header(self) -> &'static str {
        match self {
            Self::Reads => "x-ms-ratelimit-remaining-subscription-reads",
            Self::Writes => "x-ms-ratelimit-remaining-subscription-writes",
            Self::Deletes => "x-ms-ratelimit-remaining-subscription-deletes",
        }
    }

    /// Returns the header with the number of requests that remain to all callers.
    pub(crate) fn global_header(self) -> &'static str {
        match self {
            Self::Reads => "x-ms-ratelimit-remaining-subscription-global-reads",
            Self::Writes => "x-ms-ratelimit-remaining-subscription-global-writes",
            Self::Deletes => "x-ms-ratelimit-remaining-subscription-global-deletes",
        }
    }
}
