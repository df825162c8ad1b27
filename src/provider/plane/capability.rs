//! What can be expected of a control plane.

/// Whether what the caller sees is all that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// There is nothing else.
    Everything,
    /// There may be more, which the caller has no right to see: it looks as if it did not exist.
    WhatIsAllowed,
}

/// Whether a command's changes can be made as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transactions {
    /// Between `begin` and `commit` nobody else writes, and all becomes durable at once.
    Whole,
    /// Each change stands by itself, and others may write in between.
    None,
}

/// How closely things are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Each by itself, its keys too.
    Whole,
    /// Many on a page: no keys, and a linked backend as it stands in its site, whose name is not told there.
    ByPage,
}

/// What can be expected of a control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// How closely things are looked at.
    pub depth: Depth,
    /// Whether what the caller sees is all that there is.
    pub sight: Sight,
    /// Whether the changes of a command can be made as one.
    pub transactions: Transactions,
    /// Whether a key that is not known does not exist. A snapshot is taken without keys.
    pub knows_every_key: bool,
}

impl Default for Capabilities {
    /// Everything is seen, closely and with its keys; each change stands by itself.
    fn default() -> Self {
        Self {
            depth: Depth::Whole,
            sight: Sight::Everything,
            transactions: Transactions::None,
            knows_every_key: true,
        }
    }
}
