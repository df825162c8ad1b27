//! The graph of all links.

use axum::{http::StatusCode, response::Response};
use maud::html;

use super::{Frame, Head, Section, page, raw};

/// The picture as SVG, which escapes every name itself.
pub(in crate::ui) fn picture(svg: String, frame: Frame) -> Response {
    let body = html! {
        h1 { "Picture" }
        div.picture tabindex="0" role="group" aria-label="Sites, products, services and APIs" { (raw(svg)) }
    };
    page(StatusCode::OK, &Head::new("Picture", Section::Picture), frame, &body)
}
