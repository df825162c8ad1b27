//! A graph in the DOT language of Graphviz.

use std::fmt::Write as _;

use super::{Graph, Link, ServiceNode, Stroke};
use crate::model::is_hazard;

/// Returns a directed graph from sites to APIs, with a frame around the content of each service.
pub(super) fn draw(graph: &Graph) -> String {
    let mut text = "digraph \"swa-apim\" {\n  rankdir=LR\n  compound=true\n".to_owned();
    text += "  node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11]\n";
    text += "  edge [fontname=\"sans-serif\", fontsize=10]\n";
    for (at, site) in graph.sites.iter().enumerate() {
        let _ = writeln!(text, "  site{at} [label=\"{}\"]", escaped(&site.name));
    }
    for (at, service) in graph.services.iter().enumerate() {
        frame(&mut text, at, service);
        for (place, link) in service.links.iter().enumerate() {
            lines(&mut text, at, place, link);
        }
    }
    text + "}\n"
}

fn frame(text: &mut String, at: usize, service: &ServiceNode) {
    let label = two_lines(&service.name, &service.detail);
    let _ = writeln!(text, "  subgraph cluster{at} {{\n    label=\"{label}\"\n    fontname=\"sans-serif\"");
    // In DOT, an edge cannot end at a frame. An edge that only leads to the service ends at this invisible point.
    let _ = writeln!(text, "    service{at} [label=\"\", shape=point, style=invis]");
    for (place, link) in service.links.iter().enumerate() {
        if let Some(product) = &link.product {
            let name = escaped(&product.name);
            let _ = writeln!(text, "    product{at}x{place} [label=\"{name}\", peripheries=2]");
        }
    }
    for (place, api) in service.apis.iter().enumerate() {
        let name = two_lines(&api.name, &api.path);
        let _ = writeln!(text, "    api{at}x{place} [label=\"{name}\", shape=ellipse]");
    }
    text.push_str("  }\n");
}

fn lines(text: &mut String, at: usize, place: usize, link: &Link) {
    let site = link.site;
    let label = escaped(&link.state_label());
    let (own, frame) = match &link.product {
        Some(_) => (format!("product{at}x{place}"), String::new()),
        None => (format!("service{at}"), format!(", lhead=cluster{at}")),
    };
    if let Some(elsewhere) = &link.elsewhere {
        let name = two_lines(&elsewhere.name, &elsewhere.detail());
        let _ = writeln!(text, "  other{at}x{place} [label=\"{name}\", shape=hexagon]");
        let _ = writeln!(text, "  site{site} -> other{at}x{place} [label=\"{label}\"]");
        let _ = writeln!(text, "  site{site} -> {own} [style=dotted, arrowhead=none{frame}]");
    } else {
        let style = match link.stroke() {
            Stroke::Solid => "solid",
            Stroke::Dashed => "dashed",
            Stroke::Dotted => "dotted",
        };
        let _ = writeln!(text, "  site{site} -> {own} [label=\"{label}\", style={style}{frame}]");
    }
    for api in link.product.iter().flat_map(|product| &product.apis) {
        let _ = writeln!(text, "  {own} -> api{at}x{api}");
    }
}

fn two_lines(first: &str, second: &str) -> String {
    match second {
        "" => escaped(first),
        second => format!("{}\\n{}", escaped(first), escaped(second)),
    }
}

fn escaped(text: &str) -> String {
    let escape = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        // Graphviz reads HTML entities in every label.
        '&' => "&amp;".to_owned(),
        c if is_hazard(c) => " ".to_owned(),
        c => c.to_string(),
    };
    // A pipeline that prints the file reads `##[` and `##vso[` as commands.
    text.chars().map(escape).collect::<String>().replace("##", "#&#35;")
}
