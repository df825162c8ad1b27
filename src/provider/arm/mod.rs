//! A control plane over HTTP: Azure Resource Manager, in any cloud or at any address.

mod endpoint;

pub use endpoint::{Endpoint, ForeignAddress, InvalidEndpoint};
