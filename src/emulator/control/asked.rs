//! What a request asks for, as far as its address shows.

use hyper::{StatusCode, Uri};

use super::{
    call::{Query, decoded},
    route::{Route, Unrouted},
};
use crate::emulator::reply::Reply;

/// The parsed address of a request.
pub(in crate::emulator) struct Asked {
    /// The decoded path.
    pub(super) path: String,
    pub(in crate::emulator) query: Query,
    pub(super) route: Result<Route, Unrouted>,
}

/// The credentials that a client must send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::emulator) enum Access {
    /// None: the client requests a token.
    Identity,
    /// None.
    Open,
    /// A token.
    Token,
}

impl Asked {
    /// Parses an address.
    ///
    /// # Errors
    ///
    /// The answer to a path that is not valid UTF-8.
    pub(in crate::emulator) fn of(address: &Uri) -> Result<Self, Reply> {
        let message = "The path of the request is not UTF-8.";
        let unfit = || Reply::arm(StatusCode::BAD_REQUEST, "InvalidRequestUri", message);
        let path = decoded(address.path()).ok_or_else(unfit)?;
        let (query, route) = (Query::parse(address.query().unwrap_or_default()), Route::of(&path));
        Ok(Self { path: path.trim_end_matches('/').to_owned(), query, route })
    }

    /// Whether the path is that of an Azure subscription, or below one.
    pub(in crate::emulator) fn is_in_an_azure_subscription(&self) -> bool {
        self.path.get(..15).is_some_and(|start| start.eq_ignore_ascii_case("/subscriptions/"))
    }

    /// Returns the credentials that the request must carry.
    pub(in crate::emulator) fn access(&self) -> Access {
        match self.route {
            Ok(Route::Identity) => Access::Identity,
            Ok(Route::Endpoints) => Access::Open,
            Ok(_) | Err(_) => Access::Token,
        }
    }
}
