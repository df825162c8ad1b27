//! A site that no env names and that is not linked to a service: the services that it can be linked to.

use axum::{http::StatusCode, response::Response};
use maud::html;

use super::{Frame, Head, Section, page, sign};
use crate::report::{LinkedToReport, ListedSite, one_line, site_mark};

pub(in crate::ui) fn choose(site: &ListedSite, services: &[String], frame: Frame) -> Response {
    let backend = site.linked_to.as_ref().map(LinkedToReport::shown);
    let name = |id: &str| id.rsplit('/').next().unwrap_or(id).to_owned();
    let body = html! {
        p.crumbs { a href="/" { "Links" } " / " (one_line(&site.name)) }
        h1 { (sign(site_mark(site.state))) " " (one_line(&site.name)) ": " (site.state.as_str()) }
        p.detail {
            "No env of the configuration names this site. "
            @match &backend {
                Some(backend) => { "Its requests to " code { "/api" } " go to " (one_line(backend)) "." }
                None => { "Its requests to " code { "/api" } " are not sent to API Management." }
            }
        }
        dl.facts {
            dt { "Resource" } dd { code { (one_line(&site.id)) } }
            dt { "Environment" } dd { (one_line(&site.environment)) }
            dt { "Plan" } dd { (one_line(site.sku.as_deref().unwrap_or("unknown"))) }
            dt { "Hostname" } dd { (one_line(site.default_hostname.as_deref().unwrap_or("unknown"))) }
        }
        @if services.is_empty() {
            p { "No API Management service can be seen, so there is nothing to link the site to." }
        } @else {
            form.choice method="get" action="/site" {
                input type="hidden" name="id" value=(site.id);
                input type="hidden" name="environment" value=(site.environment);
                label for="apim" { "API Management service" }
                select #apim name="apim" { @for id in services { option value=(id) title=(id) { (one_line(&name(id))) } } }
                button type="submit" { "See the link" }
            }
            p.hint { "Nothing is changed yet: the next page shows the state of this link and, unless the page is read-only, plans it." }
        }
    };
    page(StatusCode::OK, &Head::still(&site.name, Section::Links), frame, &body)
}
