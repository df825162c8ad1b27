//! Files that results are written to.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{
    error::{Result, UsageError},
    workspace::Workspace,
};
use crate::{
    config::{FILE_NAME, MODEL_NAME, Overrides, ProviderKind, Sourced},
    files::{self, follow, one_of},
    provider::json::{files_of_model, looks_like_a_model},
};

/// Writes a result like [`write_result`], but never over a file that the use case works with.
///
/// # Errors
///
/// The errors of [`write_result`], and [`UsageError`] if the use case works with the file.
pub async fn write_beside(work: &Workspace, path: &Path, text: &str) -> Result<()> {
    work.check_result_file(path)?;
    write_result(path, text).await
}

/// Writes a result to the file that the user specified.
///
/// # Errors
///
/// A usage error with a hint, if the file cannot be written. A pipe without a reader is not an error.
pub async fn write_result(path: &Path, text: &str) -> Result<()> {
    files::write(path, text).await.map_err(|error| {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return error.into();
        }
        UsageError::new(format!("could not write `{}`: {error}", path.display()))
            .hint(
                "specify a file in an existing directory for which you have write permission, or `-` for \
                 standard output",
            )
            .into()
    })
}

impl Workspace {
    /// Refuses to write a result over a file of a model that is in use, or over the configuration file, under any name
    /// of that file.
    ///
    /// # Errors
    ///
    /// [`UsageError`] that names the file.
    pub fn check_result_file(&self, path: &Path) -> Result<(), UsageError> {
        let model = self.settings.model().value;
        let is_used = self.settings.provider().value == ProviderKind::Json || model.exists();
        let models = self.open_models().into_iter().chain(Some(model).filter(|_| is_used));
        let models = models.map(|model| follow(&model).unwrap_or(model));
        let of_models: Vec<PathBuf> = models.flat_map(|model| files_of_model(&model)).collect();
        let configuration: Vec<PathBuf> = self.settings.file.iter().cloned().collect();
        refuse_kept(path, &of_models, &configuration)
    }
}

/// Refuses a result file like [`Workspace::check_result_file`], before the settings are read. It checks the files that
/// flags and variables name, and the default names.
///
/// # Errors
///
/// [`UsageError`] that names the file.
pub fn check_early(path: &Path, folder: &Path, overrides: &Overrides) -> Result<(), UsageError> {
    let given =
        |given: &Option<Sourced<PathBuf>>| given.iter().map(|it| folder.join(&it.value)).collect::<Vec<_>>();
    let mut models = given(&overrides.model);
    models.push(folder.join(MODEL_NAME));
    let of_models = models.iter().filter(|model| model.exists()).flat_map(|model| files_of_model(model));
    let configuration: Vec<PathBuf> =
        folder.ancestors().map(|folder| folder.join(FILE_NAME)).chain(given(&overrides.config)).collect();
    refuse_kept(path, &of_models.collect::<Vec<_>>(), &configuration)
}

fn refuse_kept(path: &Path, of_models: &[PathBuf], configuration: &[PathBuf]) -> Result<(), UsageError> {
    let kept = one_of(path, of_models).map(|kept| (kept, "a file of the model"));
    let kept = kept.or_else(|| one_of(path, configuration).map(|kept| (kept, "the configuration file")));
    if kept.is_none() && looks_like_a_model(&follow(path).unwrap_or_else(|_| path.to_owned())) {
        let message = format!("`{}` contains a model, and would be written over", path.display());
        return Err(UsageError::new(message).hint("name another file; nothing was written"));
    }
    let Some((kept, what)) = kept else { return Ok(()) };
    let message =
        format!("the result would overwrite `{}`, which is {what} `{}`", path.display(), kept.display());
    Err(UsageError::new(message).hint("specify another file; nothing was written"))
}
