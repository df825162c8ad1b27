//! A graph as SVG, readable on light and dark backgrounds. Every state is shown by shape and word, not only by colour.

use std::{fmt::Write as _, iter};

use super::{
    Graph, Link, Stroke,
    layout::{APIS, BOX_HEIGHT, Item, Layout, Line, MARGIN, PRODUCTS, Placed, SERVICES, SITES, WIDTH},
};
use crate::{model::is_hazard, report::Mark};

const STYLE: &str = "
    text { font-family: system-ui, -apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif; font-size: 11px; fill: #57606a }
    .paper { fill: #ffffff } .title { font-size: 17px; font-weight: 600 } .name { font-size: 13px; font-weight: 600 }
    .title, .name { fill: #1f2328 } .head { font-weight: 600; letter-spacing: .02em }
    .box { fill: #f6f8fa; stroke: #8c959f } .bar { fill: #ddf4ff; stroke: #218bff }
    .missing { fill: none; stroke-dasharray: 4 3 }
    .line { fill: none; stroke: #6e7781; stroke-width: 1.5; stroke-linejoin: round }
    .dashed { stroke-dasharray: 7 4 } .dotted { stroke-dasharray: 0.1 5; stroke-linecap: round; stroke-width: 2.5 }
    .tip { fill: #6e7781 } .rule { stroke: #d0d7de }
    .good { fill: #1a7f37 } .noted { fill: #0969da } .degraded { fill: #9a6700 } .broken { fill: #cf222e }
    .absent { fill: none; stroke: #6e7781; stroke-width: 2 } .sign { fill: #ffffff; font-weight: 700 }
    @media (prefers-color-scheme: dark) {
      text { fill: #9ea7b3 } .paper { fill: #0d1117 } .title, .name { fill: #f0f6fc }
      .box { fill: #161b22; stroke: #6e7681 } .bar { fill: #0c2d4d; stroke: #4493f8 } .missing { fill: none }
      .line { stroke: #8b949e } .tip { fill: #8b949e } .rule { stroke: #30363d }
      .good { fill: #3fb950 } .noted { fill: #58a6ff } .degraded { fill: #d29922 } .broken { fill: #ff7b72 }
      .absent { fill: none; stroke: #8b949e } .sign { fill: #0d1117 }
    }
";

/// Returns the picture as a document of its own, with its style.
pub(super) fn draw(graph: &Graph) -> String {
    picture(graph, "img", &format!("<style>{STYLE}</style>\n"), |_| None)
}

/// Returns the picture for a page that has the style. Each site leads to the address of its env.
#[cfg(feature = "ui")]
pub(super) fn draw_in_page(graph: &Graph, address: impl Fn(&str) -> String) -> String {
    picture(graph, "group", "", |env| Some(address(env)))
}

fn picture(graph: &Graph, role: &str, style: &str, address: impl Fn(&str) -> Option<String>) -> String {
    let layout = Layout::of(graph);
    let (height, summary) = (layout.height, graph.summary());
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" role=\"{role}\">\n\
         <title>Links of static web apps to API Management</title>\n<desc>{summary}</desc>\n\
         {style}<rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>\n"
    );
    put(&mut text, "title", MARGIN, 38, "Links of static web apps to API Management");
    put(&mut text, "", MARGIN, 58, &summary);
    for column in [SITES, PRODUCTS, SERVICES, APIS] {
        put(&mut text, "head", column.x, 90, column.title);
    }
    layout.lines.iter().for_each(|line| draw_line(&mut text, line));
    for placed in &layout.items {
        draw_linked(&mut text, placed, &address);
    }
    legend(&mut text, layout.legend);
    text + "</svg>\n"
}

fn draw_line(text: &mut String, line: &Line) {
    let stroke = stroke_class(line.stroke);
    let mut path = String::new();
    for (at, (x, y)) in line.points.iter().enumerate() {
        let _ = write!(path, "{}{x} {y}", if at == 0 { 'M' } else { 'L' });
    }
    let _ = writeln!(text, "<path class=\"line{stroke}\" d=\"{path}\"/>");
    if let (true, Some((x, y))) = (line.arrow, line.points.last()) {
        let (back, above, below) = (x - 8, y - 4, y + 4);
        let _ = writeln!(text, "<path class=\"tip\" d=\"M{x} {y}L{back} {above}L{back} {below}Z\"/>");
    }
}

fn stroke_class(stroke: Stroke) -> &'static str {
    match stroke {
        Stroke::Solid => "",
        Stroke::Dashed => " dashed",
        Stroke::Dotted => " dotted",
    }
}

/// Draws an item; a site that has a page leads to it.
fn draw_linked(text: &mut String, placed: &Placed<'_>, address: impl Fn(&str) -> Option<String>) {
    let of_site = match &placed.what {
        Item::Site { link, .. } => address(&link.env),
        Item::Product { .. } | Item::Service { .. } | Item::Elsewhere(_) | Item::Api(_) => None,
    };
    let Some(address) = of_site else { return draw_item(text, placed) };
    let _ = write!(text, "<a href=\"{}\">", escaped(&address));
    draw_item(text, placed);
    text.push_str("</a>\n");
}

fn draw_item(text: &mut String, placed: &Placed<'_>) {
    let (x, y) = (placed.column.x, placed.y);
    match &placed.what {
        Item::Site { name, link } => {
            frame(text, placed, "box", 6, &site_tooltip(name, link));
            shape(text, link.mark, x + 20, y + BOX_HEIGHT / 2);
            two_lines(text, placed, y, 40, name, &site_detail(link));
        }
        Item::Product { product, service } => {
            let names: Vec<&str> = product.apis.iter().map(|at| service.apis[*at].name.as_str()).collect();
            let apis = if names.is_empty() { "no APIs".to_owned() } else { names.join(", ") };
            frame(text, placed, "box", 0, &[format!("{}: {apis}", product.name)]);
            two_lines(text, placed, y, 12, &product.name, &apis);
        }
        Item::Service { service, labels } => {
            frame(text, placed, "bar", 6, std::slice::from_ref(&service.name));
            for y in labels {
                let is_well = service.mark == Mark::Good;
                two_lines(text, placed, *y, if is_well { 12 } else { 40 }, &service.name, &service.detail);
                if !is_well {
                    shape(text, service.mark, x + 20, y + BOX_HEIGHT / 2);
                }
            }
        }
        Item::Elsewhere(elsewhere) => {
            let class = if elsewhere.gone { "box missing" } else { "box" };
            frame(text, placed, class, 6, std::slice::from_ref(&elsewhere.name));
            two_lines(text, placed, y, 12, &elsewhere.name, &elsewhere.detail());
        }
        Item::Api(api) => {
            frame(text, placed, "box", BOX_HEIGHT / 2, &[format!("{} at {}", api.name, api.path)]);
            let detail = match api.products {
                1 => api.path.clone(),
                several => format!("{} in {several} products", api.path),
            };
            two_lines(text, placed, y, 20, &api.name, &detail);
        }
    }
}

fn site_detail(link: &Link) -> String {
    let reported = link.told().map(|reported| format!(" · {reported}")).unwrap_or_default();
    format!("{} · {}{reported}", link.state, link.env)
}

/// Returns the lines of the tooltip.
fn site_tooltip(name: &str, link: &Link) -> Vec<String> {
    let titles = link.codes.iter().map(|code| format!("{code}: {}", code.title()));
    iter::once(format!("{name}, env {}: {}", link.env, link.state)).chain(titles).collect()
}

fn frame(text: &mut String, placed: &Placed<'_>, class: &str, radius: i32, tooltip: &[String]) {
    let Placed { column, y, height, .. } = placed;
    let tooltip: Vec<String> = tooltip.iter().map(|line| escaped(line)).collect();
    let _ = writeln!(
        text,
        "<rect class=\"{class}\" x=\"{}\" y=\"{y}\" width=\"{}\" height=\"{height}\" rx=\"{radius}\">\
         <title>{}</title></rect>",
        column.x,
        column.width,
        tooltip.join("\n")
    );
}

/// Writes a name and a detail below it, both truncated to the width between an indent and the end of the column.
fn two_lines(text: &mut String, placed: &Placed<'_>, y: i32, indent: i32, name: &str, detail: &str) {
    let (x, room) = (placed.column.x + indent, placed.column.width - indent - 10);
    put(text, "name", x, y + 17, &fitting(name, room, 13));
    put(text, "", x, y + 32, &fitting(detail, room, 11));
}

fn put(text: &mut String, class: &str, x: i32, y: i32, line: &str) {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let _ = writeln!(text, "<text{class} x=\"{x}\" y=\"{y}\">{}</text>", escaped(line));
}

/// Draws a mark; every mark has a different shape.
fn shape(text: &mut String, mark: Mark, x: i32, y: i32) {
    let at = |dx: i32, dy: i32| format!("{} {}", x + dx, y + dy);
    let (class, shape) = match mark {
        Mark::Good => ("good", format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"9\"")),
        Mark::Noted => {
            let (left, top) = (x - 8, y - 8);
            ("noted", format!("<rect x=\"{left}\" y=\"{top}\" width=\"16\" height=\"16\" rx=\"2\""))
        }
        Mark::Degraded | Mark::Warning => {
            let points = [at(0, -10), at(11, 8), at(-11, 8)].join("L");
            ("degraded", format!("<path d=\"M{points}Z\""))
        }
        Mark::Broken | Mark::Failed => {
            let points = [at(0, -11), at(11, 0), at(0, 11), at(-11, 0)].join("L");
            ("broken", format!("<path d=\"M{points}Z\""))
        }
        Mark::Absent => ("absent", format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"7\"")),
    };
    let _ = writeln!(text, "{shape} class=\"{class}\"/>");
    let lower = if matches!(mark, Mark::Degraded | Mark::Warning) { 6 } else { 4 };
    if mark != Mark::Absent {
        let (y, glyph) = (y + lower, mark.glyph());
        let _ =
            writeln!(text, "<text class=\"sign\" x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{glyph}</text>");
    }
}

fn legend(text: &mut String, y: i32) {
    let (rule, right) = (y - 10, WIDTH - MARGIN);
    let _ = writeln!(text, "<path class=\"rule\" d=\"M{MARGIN} {rule}L{right} {rule}\"/>");
    let marks = [
        (Mark::Good, "as expected"),
        (Mark::Noted, "note: no action required"),
        (Mark::Degraded, "works, but not as expected"),
        (Mark::Broken, "calls of /api fail, or are wrongly accepted"),
        (Mark::Absent, "not linked"),
    ];
    let mut x = MARGIN + 12;
    for (mark, meaning) in marks {
        shape(text, mark, x, y + 14);
        put(text, "", x + 18, y + 18, meaning);
        x += 52 + width(meaning, 11);
    }
    let strokes = [
        (Stroke::Solid, "/api is proxied"),
        (Stroke::Dashed, "/api is proxied, but a part is missing"),
        (Stroke::Dotted, "/api is not proxied, or unknown"),
    ];
    let mut x = MARGIN;
    for (stroke, meaning) in strokes {
        let points = vec![(x, y + 46), (x + 40, y + 46)];
        draw_line(text, &Line { points, stroke, arrow: true });
        put(text, "", x + 48, y + 50, meaning);
        x += 88 + width(meaning, 11);
    }
}

/// Returns the estimated width of a text in pixels; no font metrics are available.
fn width(text: &str, size: i32) -> i32 {
    text.chars().map(|c| advance(c) * size).sum::<i32>() / 100
}

/// Returns the estimated width of a character in hundredths of the font size, rounded up.
fn advance(c: char) -> i32 {
    match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | '\'' | '|' | ' ' | '/' | '-' => 40,
        'm' | 'w' | 'M' | 'W' | '@' => 98,
        'A'..='Z' => 78,
        c if c.is_ascii() => 67,
        _ => 100,
    }
}

/// Returns the text, truncated with an ellipsis if it is wider than `room`.
fn fitting(text: &str, room: i32, size: i32) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut left = room * 100 - 100 * size;
    let fits = |c: &char| {
        left -= advance(*c) * size;
        left >= 0
    };
    text.chars().take_while(fits).collect::<String>().trim_end().to_owned() + "…"
}

/// Escapes a text so that it is on one line and nothing in it is markup, and replaces characters that are not allowed in XML.
fn escaped(text: &str) -> String {
    let escape = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\u{fffe}' | '\u{ffff}' => " ".to_owned(),
        c if is_hazard(c) => " ".to_owned(),
        c => c.to_string(),
    };
    // A pipeline that prints the file reads `##[` and `##vso[` as commands.
    text.chars().map(escape).collect::<String>().replace("##", "#&#35;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_to_its_room_and_says_so() {
        assert_eq!(fitting("shop-web", 200, 13), "shop-web");
        let cut = fitting(&"w".repeat(80), 200, 13);
        assert!(cut.ends_with('…') && width(&cut, 13) <= 200, "{cut}");
    }

    #[test]
    fn no_text_becomes_markup() {
        assert_eq!(escaped("<a b=\"c\">&\u{1}"), "&lt;a b=&quot;c&quot;&gt;&amp; ");
    }
}
