//! The field that filters the rows of a page: while the user types, or by a form where there are no scripts.

use maud::{Markup, html};

/// The field of the page at `action`, for the table with the id `rows`; `parts` are what it searches.
pub(super) fn field(action: &str, rows: &str, parts: &str, value: &str) -> Markup {
    html! {
        form.filter method="get" action=(action) role="search" {
            label.unseen for="filter" { "Filter" }
            input #filter type="search" name="q" value=(value) autocomplete="off" data-rows=(rows) placeholder={ "Filter: " (parts) } aria-keyshortcuts="/";
            noscript { button type="submit" { "Show" } }
        }
    }
}
