//! A graph in Mermaid, which Markdown viewers render.

use std::fmt::Write as _;

use super::{Graph, Link, ServiceNode, Stroke};
use crate::model::is_hazard;

/// Returns a flowchart from sites to APIs, with a frame around the content of each service.
pub(super) fn draw(graph: &Graph) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (at, site) in graph.sites.iter().enumerate() {
        let _ = writeln!(text, "  site{at}[\"{}\"]", escaped(&site.name));
    }
    for (at, service) in graph.services.iter().enumerate() {
        frame(&mut text, at, service);
        for (place, link) in service.links.iter().enumerate() {
            lines(&mut text, at, place, link);
        }
    }
    text
}

fn frame(text: &mut String, at: usize, service: &ServiceNode) {
    let _ = writeln!(text, "  subgraph service{at}[\"{}\"]", two_lines(&service.name, &service.detail));
    for (place, link) in service.links.iter().enumerate() {
        if let Some(product) = &link.product {
            let _ = writeln!(text, "    product{at}x{place}[[\"{}\"]]", escaped(&product.name));
        }
    }
    for (place, api) in service.apis.iter().enumerate() {
        let _ = writeln!(text, "    api{at}x{place}([\"{}\"])", two_lines(&api.name, &api.path));
    }
    text.push_str("  end\n");
}

fn lines(text: &mut String, at: usize, place: usize, link: &Link) {
    let site = link.site;
    let label = escaped(&link.state_label());
    let own = match &link.product {
        Some(_) => format!("product{at}x{place}"),
        None => format!("service{at}"),
    };
    if let Some(elsewhere) = &link.elsewhere {
        let other = format!("other{at}x{place}");
        let name = two_lines(&elsewhere.name, &elsewhere.detail());
        let _ = writeln!(text, "  {other}{{{{\"{name}\"}}}}\n  site{site} -->|\"{label}\"| {other}");
        let _ = writeln!(text, "  site{site} -.- {own}");
    } else {
        let arrow = if link.stroke() == Stroke::Solid { "-->" } else { "-.->" };
        let _ = writeln!(text, "  site{site} {arrow}|\"{label}\"| {own}");
    }
    for api in link.product.iter().flat_map(|product| &product.apis) {
        let _ = writeln!(text, "  {own} --> api{at}x{api}");
    }
}

fn two_lines(first: &str, second: &str) -> String {
    match second {
        "" => escaped(first),
        second => format!("{}<br/>{}", escaped(first), escaped(second)),
    }
}

/// Escapes a text for quotes, so that nothing in it is markup: Mermaid reads `#35;` as the character with that number.
fn escaped(text: &str) -> String {
    let escape = |c: char| match c {
        '"' | '#' | '<' | '>' | '&' | '`' | '\\' | '*' | '_' | '~' => format!("#{};", u32::from(c)),
        c if is_hazard(c) => " ".to_owned(),
        c => c.to_string(),
    };
    text.chars().map(escape).collect()
}
