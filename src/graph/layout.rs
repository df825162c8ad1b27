//! The layout of the SVG picture: columns for sites, products, services and APIs, and a row for each link.
//!
//! A service is as tall as all of its links, so that all lines except those to other backends are straight.

use super::{ApiNode, Elsewhere, Graph, Link, ProductNode, ServiceNode, Stroke};

pub(super) const MARGIN: i32 = 24;
pub(super) const BOX_HEIGHT: i32 = 40;
const ROW: i32 = 52;
const GAP: i32 = 36;
const TOP: i32 = 104;
const LEGEND: i32 = 84;
/// The number of rows after which the label of a service is repeated.
const REPEAT: usize = 14;

/// A column: its left edge and its width, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) x: i32,
    pub(super) width: i32,
    pub(super) title: &'static str,
}

pub(super) const SITES: Column = Column { x: MARGIN, width: 300, title: "Static web app" };
pub(super) const PRODUCTS: Column = Column { x: 392, width: 240, title: "Product" };
pub(super) const SERVICES: Column = Column { x: 696, width: 190, title: "API Management" };
pub(super) const APIS: Column = Column { x: 942, width: 234, title: "APIs that a site can call" };
pub(super) const WIDTH: i32 = APIS.x + APIS.width + MARGIN;

impl Column {
    pub(super) fn right(self) -> i32 {
        self.x + self.width
    }
}

/// An item with its position.
#[derive(Debug)]
pub(super) struct Placed<'a> {
    pub(super) what: Item<'a>,
    pub(super) column: Column,
    pub(super) y: i32,
    pub(super) height: i32,
}

/// The kinds of items.
#[derive(Debug)]
pub(super) enum Item<'a> {
    Site { name: &'a str, link: &'a Link },
    Product { product: &'a ProductNode, service: &'a ServiceNode },
    Service { service: &'a ServiceNode, labels: Vec<i32> },
    Elsewhere(&'a Elsewhere),
    Api(&'a ApiNode),
}

/// A line through these points; it has an arrowhead if requests go to its end.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) points: Vec<(i32, i32)>,
    pub(super) stroke: Stroke,
    pub(super) arrow: bool,
}

/// A picture with the positions of all items.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    pub(super) items: Vec<Placed<'a>>,
    pub(super) lines: Vec<Line>,
    pub(super) legend: i32,
    pub(super) height: i32,
}

impl<'a> Layout<'a> {
    pub(super) fn of(graph: &'a Graph) -> Self {
        let mut layout = Self { items: Vec::new(), lines: Vec::new(), legend: 0, height: 0 };
        let mut y = TOP;
        for service in &graph.services {
            y = layout.group(graph, service, y) + GAP;
        }
        layout.legend = y;
        layout.height = y + LEGEND;
        layout
    }

    /// Places a service with its links, and returns the bottom edge.
    fn group(&mut self, graph: &'a Graph, service: &'a ServiceNode, top: i32) -> i32 {
        let (mut beside, below): (Vec<&Link>, Vec<&Link>) =
            service.links.iter().partition(|link| link.elsewhere.is_none() || link.product.is_some());
        // Links with another backend come last, next to those backends, so that the lines are short.
        beside.sort_by_key(|link| link.elsewhere.is_some());
        let rows = beside.len().max(service.apis.len()).max(1);
        let rows = i32::try_from(rows).unwrap_or(i32::MAX / ROW);
        let bar = Placed {
            what: Item::Service {
                service,
                labels: (0..rows).step_by(REPEAT).map(|row| top + row * ROW).collect(),
            },
            column: SERVICES,
            y: top,
            height: rows * ROW - (ROW - BOX_HEIGHT),
        };
        self.items.push(bar);
        let mut bottom = top + rows * ROW;
        for (row, link) in (0..).zip(&beside) {
            self.link(graph, service, link, top + row * ROW);
            if let Some(elsewhere) = &link.elsewhere {
                self.elsewhere(elsewhere, (top + row * ROW, 12), bottom);
                bottom += ROW;
            }
        }
        for link in below {
            self.site(graph, link, bottom);
            if let Some(elsewhere) = &link.elsewhere {
                self.elsewhere(elsewhere, (bottom, 0), bottom);
            }
            bottom += ROW;
        }
        for (row, api) in (0..).zip(&service.apis) {
            let y = top + row * ROW;
            self.place(Item::Api(api), APIS, y);
            self.straight(SERVICES.right(), APIS.x, y, Stroke::Solid, false);
        }
        bottom - (ROW - BOX_HEIGHT)
    }

    /// Places a link in its row, up to its service.
    fn link(&mut self, graph: &'a Graph, service: &'a ServiceNode, link: &'a Link, y: i32) {
        self.site(graph, link, y);
        let goes_there = link.elsewhere.is_none();
        let Some(product) = &link.product else {
            self.straight(SITES.right(), SERVICES.x, y, link.stroke(), goes_there);
            return;
        };
        self.place(Item::Product { product, service }, PRODUCTS, y);
        self.straight(SITES.right(), PRODUCTS.x, y, link.stroke(), goes_there);
        self.straight(PRODUCTS.right(), SERVICES.x, y, Stroke::Solid, false);
    }

    fn site(&mut self, graph: &'a Graph, link: &'a Link, y: i32) {
        let name = &graph.sites[link.site].name;
        self.place(Item::Site { name, link }, SITES, y);
    }

    /// Places another backend in its own row, and the line to it from a site's row, `lower` pixels below the row's
    /// middle.
    fn elsewhere(&mut self, elsewhere: &'a Elsewhere, (from, lower): (i32, i32), y: i32) {
        self.place(Item::Elsewhere(elsewhere), SERVICES, y);
        let (start, end) = (from + BOX_HEIGHT / 2 + lower, y + BOX_HEIGHT / 2);
        let gutter = SITES.right() + 24;
        let mut points = vec![(SITES.right(), start)];
        if start != end {
            points.extend([(gutter, start), (gutter, end)]);
        }
        points.push((SERVICES.x, end));
        self.lines.push(Line { points, stroke: Stroke::Solid, arrow: true });
    }

    fn place(&mut self, what: Item<'a>, column: Column, y: i32) {
        self.items.push(Placed { what, column, y, height: BOX_HEIGHT });
    }

    fn straight(&mut self, from: i32, to: i32, y: i32, stroke: Stroke, arrow: bool) {
        let middle = y + BOX_HEIGHT / 2;
        self.lines.push(Line { points: vec![(from, middle), (to, middle)], stroke, arrow });
    }
}
