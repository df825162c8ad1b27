//! What a request asks for, as far as its address says.

use hyper::{StatusCode, Uri};

use super::{
    call::{Query, decoded},
    route::{Route, Unrouted},
};
use crate::emulator::reply::Reply;

/// The address of a request, taken apart.
pub(in crate::emulator) struct Asked {
    /// The path, decoded.
    pub(super) path: String,
    pub(in crate::emulator) query: Query,
    pub(super) route: Result<Route, Unrouted>,
}

/// What a client has to bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::emulator) enum Access {
    /// Nothing: it asks for a token.
    Identity,
    /// Nothing.
    Open,
    /// A token.
    Token,
}

impl Asked {
    /// Takes an address apart.
    ///
    /// # Errors
    ///
    /// The answer to a path that is not text.
    pub(in crate::emulator) fn of(address: &Uri) -> Result<Self, Reply> {
        let message = "The path of the request is not UTF-8.";
        let unfit = || Reply::arm(StatusCode::BAD_REQUEST, "InvalidRequestUri", message);
        let path = decoded(address.path()).ok_or_else(unfit)?;
        let (query, route) = (Query::parse(address.query().unwrap_or_default()), Route::of(&path));
        Ok(Self { path: path.trim_end_matches('/').to_owned(), query, route })
    }

    /// What a client has to bring for it.
    pub(in crate::emulator) fn access(&self) -> Access {
        match self.route {
            Ok(Route::Identity) => Access::Identity,
            Ok(Route::Endpoints) => Access::Open,
            Ok(_) | Err(_) => Access::Token,
        }
    }
}
