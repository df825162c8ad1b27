//! The format of a file that `--out` names.

use std::path::Path;

use crate::workflow::UsageError;

/// The format that `--format` selects, or else the extension of the file; `None` if neither does.
///
/// # Errors
///
/// A usage error, if the extension is that of another format.
pub(crate) fn file_format<F: Copy + PartialEq + Into<&'static str>>(
    given: Option<F>,
    file: Option<&Path>,
    of_extension: impl Fn(&str) -> Option<F>,
) -> Result<Option<F>, UsageError> {
    let of_file = extension(file).and_then(of_extension);
    match (given, of_file, file) {
        (Some(format), Some(other), Some(file)) if format != other => {
            let (format, other, file) = (format.into(), other.into(), file.display());
            let message =
                format!("`--format {format}` contradicts `{file}`, whose extension is that of {other}");
            Err(UsageError::new(message).hint("remove `--format`, or choose another file name"))
        }
        (given, of_file, _) => Ok(given.or(of_file)),
    }
}

/// The extension of a file.
pub(crate) fn extension(file: Option<&Path>) -> Option<&str> {
    file.and_then(Path::extension).and_then(|extension| extension.to_str())
}
