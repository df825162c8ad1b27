//! How much is done at once. What is sent at once is limited again where it is sent.

/// How many links are read side by side.
pub(super) const READS: usize = 64;
/// How many links in Azure are changed side by side.
pub(super) const CHANGES: usize = 8;
