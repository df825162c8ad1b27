//! What a finding does to the commands that change a link.

/// The effect of a finding on a command that would create or repair the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// None: no command of this program changes it.
    Told,
    /// `link` and `relink` repair it.
    Mended,
    /// `link` and `relink` refuse until it is resolved.
    Blocks,
    /// `link --replace` repairs it; without the flag, `link` refuses.
    BlocksUnlessReplace,
    /// `link` refuses without `--allow-preview`.
    BlocksUnlessPreview,
    /// `link` and `relink` refuse without `--adopt`.
    BlocksUnlessAdopted,
    /// `unlink --purge` refuses until it is resolved.
    BlocksPurge,
}

/// The changes other than creating and repairing a link that a finding blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlsoBlocks {
    /// None.
    Nothing,
    /// `unlink` and every change of APIs.
    Everything,
    /// `unlink`, if nothing of the link is left.
    Unlinking,
    /// Every change of APIs.
    Apis,
    /// `api add`.
    NewApis,
}
