//! How many links are processed concurrently. The control plane limits its own concurrent requests as well.

/// How many links are read concurrently.
pub(super) const READS: usize = 64;
/// How many links in Azure are changed concurrently.
pub(super) const CHANGES: usize = 8;
