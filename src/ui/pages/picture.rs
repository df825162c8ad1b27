//! The graph of all links.

use axum::{http::StatusCode, response::Response};
use maud::html;

use super::{Frame, Head, Section, page, raw};
use crate::ui::{kept::Answer, news::Topic};

/// The picture as SVG, which escapes every name itself.
pub(in crate::ui) fn picture(svg: &Answer<String>, frame: Frame) -> Response {
    let body = html! {
        h1 { "Picture" }
        div.picture tabindex="0" role="group" aria-label="Sites, products, services and APIs" { (raw(svg.value.clone())) }
    };
    page(StatusCode::OK, &Head::new("Picture", Section::Picture, &Topic::Picture, svg.mark), frame, &body)
}
