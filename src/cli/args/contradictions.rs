//! Flags of one command line that contradict each other. A flag that contradicts a variable wins over it.

use clap::{ArgMatches, parser::ValueSource};

use crate::cli::session::UsageError;

/// Pairs of flags that cannot both be meant, by their ids and as they are typed.
const PAIRS: [[(&str, &str); 2]; 2] =
    [[("quiet", "--quiet"), ("verbose", "-v")], [("sample", "--sample"), ("config", "--config")]];

/// Refuses the first pair that the command line has.
///
/// # Errors
///
/// A usage error that names both flags.
pub(crate) fn check(matches: &ArgMatches) -> Result<(), UsageError> {
    let given = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    match PAIRS.iter().find(|pair| pair.iter().all(|(id, _)| given(id))) {
        Some([(_, one), (_, other)]) => {
            let message = format!("`{one}` and `{other}` contradict each other");
            Err(UsageError::new(message).hint("leave one of them out"))
        }
        None => Ok(()),
    }
}
