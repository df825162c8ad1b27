//! The services: their products, and which of them are left over.

use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};
use url::form_urlencoded::byte_serialize;

use super::{Frame, Head, Section, failure, findings, page, sign};
use crate::{
    report::{AuditReport, Mark, ProductAuditReport, ProductStatus, ServiceAuditReport, one_line},
    ui::{kept::Answer, news::Topic},
};

pub(in crate::ui) fn services(answer: &Answer<AuditReport>, frame: Frame) -> Response {
    let audit = &answer.value;
    let body = html! {
        h1 { "Services" }
        @if audit.services.is_empty() { p { "No API Management service can be seen." } }
        @for service in &audit.services { (one(service, frame)) }
        @if !audit.dangling_links.is_empty() {
            h2 { "Sites that are linked to a deleted service" }
            ul { @for link in &audit.dangling_links { li { code { (one_line(&link.static_site)) } } } }
        }
    };
    page(
        StatusCode::OK,
        &Head::new("Services", Section::Services, &Topic::Services, answer.mark),
        frame,
        &body,
    )
}

fn one(service: &ServiceAuditReport, frame: Frame) -> Markup {
    let orphans = service.count(ProductStatus::Orphan);
    let id: String = byte_serialize(service.id.as_bytes()).collect();
    html! {
        h2 { (one_line(&service.name)) }
        @if let Some(error) = &service.error { (failure(error)) }
        @if service.products.is_empty() && service.error.is_none() { p { "The service has no products." } }
        @else if !service.products.is_empty() { (table(&service.products)) }
        @if orphans > 0 && frame.can_change {
            p { a.button.danger href={ "/prune?service=" (id) } { "Delete what is left over…" } }
        }
        (findings(&service.findings, |_| None))
    }
}

fn table(products: &[ProductAuditReport]) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { span.unseen { "Condition" } }
                th scope="col" { "Product" } th scope="col" { "Used" } th scope="col" { "Site" } th scope="col" { "APIs" } th scope="col" { "Findings" }
            } }
            tbody {
                @for product in products {
                    tr {
                        td { (sign(mark(product))) }
                        th scope="row" { (one_line(&product.name)) }
                        td { (status(product.status)) }
                        td { (one_line(product.hostname.as_deref().unwrap_or_default())) }
                        td { @match &product.apis { Some(apis) => (one_line(&apis.join(", "))), None => "unknown" } }
                        td { @for finding in &product.findings { code title=(finding.code.title()) { (finding.code.as_str()) } " " } }
                    }
                }
            }
        }
    }
}

fn mark(product: &ProductAuditReport) -> Mark {
    let worst = product.findings.iter().map(|finding| finding.severity).max();
    match product.status {
        ProductStatus::InUse => Mark::of(worst),
        ProductStatus::Orphan | ProductStatus::Unknown => Mark::Degraded,
        ProductStatus::Foreign => Mark::Absent,
    }
}

fn status(status: ProductStatus) -> &'static str {
    match status {
        ProductStatus::InUse => "in use",
        ProductStatus::Orphan => "left over",
        ProductStatus::Unknown => "unknown",
        ProductStatus::Foreign => "not of a link",
    }
}
