//! The capabilities of a control plane.

/// Whether the caller sees all resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// The caller sees all resources.
    Everything,
    /// There may be resources that the caller has no permission to see: they look as if they did not exist.
    WhatIsAllowed,
}

/// Whether the changes of a command are one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transactions {
    /// Between `begin` and `commit` no other process writes, and all changes become durable at once.
    Whole,
    /// Each change is separate, and other clients may write in between.
    None,
}

/// How completely resources are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Each resource is read individually, including its keys.
    Whole,
    /// Many resources are read per page: without keys, and a linked backend as its site shows it, without its name.
    ByPage,
}

/// The capabilities of a control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// How completely resources are read.
    pub depth: Depth,
    /// Whether the caller sees all resources.
    pub sight: Sight,
    /// Whether the changes of a command are one transaction.
    pub transactions: Transactions,
    /// Whether a key that is not known does not exist. A snapshot is taken without keys.
    pub knows_every_key: bool,
}

impl Default for Capabilities {
    /// All resources are seen and read completely, with their keys; each change is separate.
    fn default() -> Self {
        Self {
            depth: Depth::Whole,
            sight: Sight::Everything,
            transactions: Transactions::None,
            knows_every_key: true,
        }
    }
}
