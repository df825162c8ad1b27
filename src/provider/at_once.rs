//! How much is done concurrently: every bound of the program stands here.

/// How many requests to Azure are sent concurrently.
pub(super) const REQUESTS: usize = 48;
/// How many links are read concurrently.
pub(crate) const LINKS_READ: usize = 64;
/// How many links in Azure are changed concurrently.
pub(crate) const LINKS_CHANGED: usize = 8;
/// How many services an audit reads concurrently, each with several reads.
pub(crate) const SERVICES_AUDITED: usize = 4;
/// How many reads of a service an audit makes concurrently.
pub(crate) const READS_OF_AUDIT: usize = 32;
