//! Sites, services, products and APIs as one picture: what is in it, and three ways to draw it.

mod dot;
mod layout;
mod mermaid;
mod svg;

use std::str::FromStr;

use crate::{
    engine::{FindingCode, LinkState, Part},
    model::PRODUCTION,
    report::{LinkReport, Mark, state_mark},
};

/// A way to draw a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphFormat {
    /// For Markdown pages of GitHub, GitLab and Azure DevOps.
    Mermaid,
    /// For Graphviz.
    Dot,
    /// A picture as it is.
    Svg,
}

impl GraphFormat {
    /// Every format by its name.
    pub const NAMES: [(&'static str, Self); 3] =
        [("mermaid", Self::Mermaid), ("dot", Self::Dot), ("svg", Self::Svg)];

    /// The format that a file's name ends with.
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "svg" => Some(Self::Svg),
            "dot" | "gv" => Some(Self::Dot),
            "mmd" | "mermaid" => Some(Self::Mermaid),
            _ => None,
        }
    }

    /// What the name of a file in this format ends with.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Mermaid => "mmd",
            Self::Dot => "dot",
            Self::Svg => "svg",
        }
    }
}

impl FromStr for GraphFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::NAMES.iter().find(|(name, _)| *name == text);
        found.map(|(_, format)| *format).ok_or_else(|| format!("there is no way to draw `{text}`"))
    }
}

/// Links as they were observed, by the service that each is for.
#[derive(Clone, Debug)]
pub struct Graph {
    sites: Vec<Site>,
    services: Vec<Service>,
}

/// A site environment.
#[derive(Clone, Debug)]
struct Site {
    key: String,
    name: String,
}

/// A service, and the links that are for it.
#[derive(Clone, Debug)]
struct Service {
    key: String,
    name: String,
    detail: String,
    mark: Mark,
    links: Vec<Link>,
    apis: Vec<Api>,
}

/// One link: which site it is of, and how it is.
#[derive(Clone, Debug)]
struct Link {
    env: String,
    site: usize,
    state: LinkState,
    mark: Mark,
    codes: Vec<FindingCode>,
    product: Option<Product>,
    elsewhere: Option<Elsewhere>,
}

/// A link's product, and which of the service's APIs are in it.
#[derive(Clone, Debug)]
struct Product {
    name: String,
    apis: Vec<usize>,
}

/// A backend that is not the service of the env.
#[derive(Clone, Debug)]
struct Elsewhere {
    name: String,
    kind: String,
    gone: bool,
}

/// An API that is in some link's product.
#[derive(Clone, Debug)]
struct Api {
    name: String,
    path: String,
    products: usize,
}

/// How a line is drawn, so that a state is told without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stroke {
    /// `/api` goes there.
    Solid,
    /// It goes there, and something is missing.
    Dashed,
    /// Nothing goes there, or nobody knows.
    Dotted,
}

impl Graph {
    /// The picture of these links, in their order.
    #[must_use]
    pub fn of(links: &[LinkReport]) -> Self {
        let mut graph = Self { sites: Vec::new(), services: Vec::new() };
        for link in links {
            graph.add(link);
        }
        graph
    }

    /// The graph as text in a format.
    #[must_use]
    pub fn draw(&self, format: GraphFormat) -> String {
        match format {
            GraphFormat::Mermaid => mermaid::draw(self),
            GraphFormat::Dot => dot::draw(self),
            GraphFormat::Svg => svg::draw(self),
        }
    }

    fn add(&mut self, link: &LinkReport) {
        let site = self.site(link);
        let service = self.service(link);
        let product = link.product.as_ref().map(|product| Product {
            name: product.name.clone(),
            apis: product.apis.iter().map(|api| service.api(&api.name, &api.path)).collect(),
        });
        let worst = link.findings.iter().map(|finding| finding.severity).max();
        service.links.push(Link {
            env: link.env.clone(),
            site,
            state: link.state,
            mark: state_mark(link.state, worst),
            codes: link.findings.iter().map(|finding| finding.code).collect(),
            product,
            elsewhere: elsewhere(link),
        });
    }

    fn site(&mut self, link: &LinkReport) -> usize {
        let site = &link.static_site;
        let key = format!("{}/{}", site.id, site.environment).to_lowercase();
        if let Some(known) = self.sites.iter().position(|site| site.key == key) {
            return known;
        }
        let name = match site.environment.as_str() {
            PRODUCTION => site.name.clone(),
            preview => format!("{} ({preview})", site.name),
        };
        self.sites.push(Site { key, name });
        self.sites.len() - 1
    }

    fn service(&mut self, link: &LinkReport) -> &mut Service {
        let key = link.apim.id.to_lowercase();
        let known = self.services.iter().position(|service| service.key == key);
        let at = known.unwrap_or_else(|| {
            let of_service = link.findings.iter().filter(|finding| finding.code.part() == Part::Service);
            self.services.push(Service {
                key,
                name: link.apim.name.clone(),
                detail: link.apim.sku.clone().unwrap_or_default(),
                mark: Mark::of(of_service.map(|finding| finding.severity).max()),
                links: Vec::new(),
                apis: Vec::new(),
            });
            self.services.len() - 1
        });
        &mut self.services[at]
    }

    /// How many links are in each state, for a sentence.
    fn summary(&self) -> String {
        let links = || self.services.iter().flat_map(|service| &service.links);
        let count = |state: &LinkState| links().filter(|link| link.state == *state).count();
        let states = LinkState::ALL.iter().map(|state| (count(state), state));
        let states: Vec<String> =
            states.filter(|(n, _)| *n > 0).map(|(n, state)| format!("{n} {state}")).collect();
        let apis: usize = self.services.iter().map(|service| service.apis.len()).sum();
        let parts = [
            counted(self.sites.len(), "static web app"),
            counted(self.services.len(), "service"),
            counted(apis, "API"),
        ];
        format!("{}: {}", parts.join(", "), states.join(", "))
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn elsewhere(link: &LinkReport) -> Option<Elsewhere> {
    let backend = &link.linked_backend.as_ref()?.backend_resource_id;
    if backend.eq_ignore_ascii_case(&link.apim.id) {
        return None;
    }
    let mut segments = backend.rsplit('/');
    let name = segments.next().unwrap_or_default().to_owned();
    let kind = segments.next().unwrap_or_default().to_owned();
    Some(Elsewhere { name, kind, gone: link.state == LinkState::Dangling })
}

impl Service {
    /// The place of an API among those that are in some product, which now has one product more.
    fn api(&mut self, name: &str, path: &str) -> usize {
        let known = self.apis.iter().position(|api| api.name.eq_ignore_ascii_case(name));
        let at = known.unwrap_or_else(|| {
            self.apis.push(Api { name: name.to_owned(), path: format!("/{path}"), products: 0 });
            self.apis.len() - 1
        });
        self.apis[at].products += 1;
        at
    }
}

impl Link {
    /// The state with the sign that stands for it.
    fn state_label(&self) -> String {
        format!("{} {}", self.mark.glyph(), self.state)
    }

    /// How the line to the link's own product, or to the service, is drawn.
    fn stroke(&self) -> Stroke {
        match self.state {
            LinkState::Linked | LinkState::Drifted => Stroke::Solid,
            LinkState::Partial => Stroke::Dashed,
            LinkState::Unlinked
            | LinkState::Leftover
            | LinkState::LinkedElsewhere
            | LinkState::Dangling
            | LinkState::Unknown => Stroke::Dotted,
        }
    }

    /// The first of the findings, and how many there are besides.
    fn told(&self) -> Option<String> {
        let first = self.codes.first()?;
        Some(match self.codes.len() {
            1 => first.to_string(),
            several => format!("{first} +{}", several - 1),
        })
    }
}

impl Elsewhere {
    fn detail(&self) -> String {
        if self.gone { format!("{}, gone", self.kind) } else { self.kind.clone() }
    }
}
