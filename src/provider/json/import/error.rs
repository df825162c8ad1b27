//! Why an import was refused.

use crate::{
    diagnosis::{Cure, Diagnose, Diagnosis, ExitCode, Hint, Selection},
    provider::ProviderError,
};

/// An error of an import, which then changed nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// An element that cannot be put.
    #[error("element {index}{} cannot be imported", .id.as_ref().map(|id| format!(" (`{id}`)")).unwrap_or_default())]
    Element {
        /// Its position among all elements, from 0.
        index: usize,
        /// Its id, if it has one.
        id: Option<String>,
        /// The reason.
        source: Box<ProviderError>,
    },
    /// An element with fields that have no place in the form of Azure Resource Manager.
    #[error("element {index} (`{id}`) cannot be imported: `{field}` {why}")]
    Shape {
        /// Its position among all elements, from 0.
        index: usize,
        /// Its id.
        id: String,
        /// The field.
        field: String,
        /// The problem with the field, as the rest of a sentence.
        why: &'static str,
        /// How to get the resource in a form that can be imported.
        cure: String,
    },
    /// A list answer that is one page of several.
    #[error("the list of {elements} elements that begins with element {index} is not complete: {sign}")]
    Page {
        /// The position of its first element among all elements, from 0.
        index: usize,
        /// The number of its elements.
        elements: usize,
        /// The field that shows that there are more pages.
        sign: String,
    },
    /// The model cannot be changed.
    #[error(transparent)]
    Storage(ProviderError),
}

/// Returns the hint for a list with missing pages.
fn rest_of_list() -> Hint {
    let import = Cure::ImportModel(Some("-".to_owned()));
    Hint::from(
        "fetch the other pages too, and import all of them as one array: `jq -s . page-1.json page-2.json | ",
    )
    .then(Hint::bare(import, Selection::default()))
    .then("`; or add `--partial` to import only the resources of this page")
}

impl Diagnose for ImportError {
    fn diagnosis(&self) -> Diagnosis {
        let usage = Diagnosis::new(ExitCode::Usage);
        match self {
            Self::Element { source, .. } => match &**source {
                error @ ProviderError::Storage(_) => error.diagnosis(),
                ProviderError::NotFound(parent) => usage
                    .hint(format!("import `{parent}` before it or together with it; nothing was changed")),
                ProviderError::Conflict(_)
                | ProviderError::ConflictAfterLostAnswer(_)
                | ProviderError::Rejected { .. }
                | ProviderError::NotAuthenticated(_)
                | ProviderError::NotAuthorized(_)
                | ProviderError::Throttled(_)
                | ProviderError::Unavailable(_)
                | ProviderError::Undetermined(_)
                | ProviderError::Unfinished(_)
                | ProviderError::Malformed(_) => {
                    usage.hint("correct or remove the element; nothing was changed")
                }
            },
            Self::Shape { cure, .. } => usage.hint(cure.clone()),
            Self::Page { .. } => usage.hint(rest_of_list()),
            Self::Storage(error) => error.diagnosis(),
        }
    }
}
