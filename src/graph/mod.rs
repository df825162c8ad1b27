//! The graph of sites, services, products and APIs, and its three output formats.

mod dot;
mod layout;
mod mermaid;
mod svg;

use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::{
    engine::{FindingCode, LinkState, Part, Verdict},
    model::{Api, PRODUCTION},
    report::{Mark, environment_name, state_mark},
};

/// A link for the graph.
#[derive(Clone, Copy, Debug)]
pub enum Drawn<'a> {
    /// A link that was observed.
    Seen(&'a Verdict),
    /// A link that could not be read, with its site and service as the settings name them.
    Unread {
        /// The name of the environment in the configuration file.
        env: &'a str,
        /// The static web app, by name or id.
        site: &'a str,
        /// The site environment.
        environment: &'a str,
        /// The service, by name or id.
        service: &'a str,
    },
}

/// An output format of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "kebab-case", parse_err_ty = String, parse_err_fn = unknown)]
pub enum GraphFormat {
    /// Mermaid, for Markdown pages of GitHub, GitLab and Azure DevOps.
    Mermaid,
    /// DOT, for Graphviz.
    Dot,
    /// An SVG image.
    Svg,
}

impl GraphFormat {
    /// Returns the format for the extension of a file name.
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "svg" => Some(Self::Svg),
            "dot" | "gv" => Some(Self::Dot),
            "mmd" | "mermaid" => Some(Self::Mermaid),
            _ => None,
        }
    }

    /// Returns the file name extension of this format.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Mermaid => "mmd",
            Self::Dot => "dot",
            Self::Svg => "svg",
        }
    }
}

fn unknown(word: &str) -> String {
    format!("`{word}` is not a graph format")
}

/// The observed links, grouped by service.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    sites: Vec<Site>,
    services: Vec<ServiceNode>,
}

/// A site environment.
#[derive(Clone, Debug)]
struct Site {
    key: String,
    name: String,
}

/// A service, and the links to it.
#[derive(Clone, Debug)]
struct ServiceNode {
    key: String,
    name: String,
    detail: String,
    mark: Mark,
    links: Vec<Link>,
    apis: Vec<ApiNode>,
}

/// One link: its site, and its state.
#[derive(Clone, Debug)]
struct Link {
    env: String,
    site: usize,
    state: LinkState,
    mark: Mark,
    codes: Vec<FindingCode>,
    product: Option<ProductNode>,
    elsewhere: Option<Elsewhere>,
}

/// A link's product, and the APIs of the service that are in it.
#[derive(Clone, Debug)]
struct ProductNode {
    name: String,
    apis: Vec<usize>,
}

/// A backend other than the service of the environment.
#[derive(Clone, Debug)]
struct Elsewhere {
    name: String,
    kind: String,
    gone: bool,
}

/// An API that is in the product of at least one link.
#[derive(Clone, Debug)]
struct ApiNode {
    name: String,
    path: String,
    products: usize,
}

/// The style of a line, which shows a state without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stroke {
    /// Requests to `/api` go to the end of the line.
    Solid,
    /// Requests go there, but a part of the link is missing.
    Dashed,
    /// No requests go there, or it is unknown.
    Dotted,
}

impl Graph {
    /// Adds a link, after those that were added before.
    pub fn add(&mut self, link: Drawn<'_>) {
        match link {
            Drawn::Seen(verdict) => self.add_seen(verdict),
            Drawn::Unread { env, site, environment, service } => {
                self.add_unread(env, site, environment, service);
            }
        }
    }

    /// Returns the picture as SVG without a style, for a page that has the style and one page for each env.
    #[cfg(feature = "ui")]
    #[must_use]
    pub fn draw_in_page(&self, address: impl Fn(&str) -> String) -> String {
        svg::draw_in_page(self, address)
    }

    /// Returns the graph as text in a format.
    #[must_use]
    pub fn draw(&self, format: GraphFormat) -> String {
        match format {
            GraphFormat::Mermaid => mermaid::draw(self),
            GraphFormat::Dot => dot::draw(self),
            GraphFormat::Svg => svg::draw(self),
        }
    }

    fn add_seen(&mut self, verdict: &Verdict) {
        let (observed, id) = (&verdict.observed, verdict.observed.target.site_environment.site());
        let site = self.site(id.as_str(), id.name(), &environment_name(observed));
        let service = self.service_of(verdict);
        let product = observed.product.as_ref().map(|seen| ProductNode {
            name: seen.view.id.name().to_owned(),
            apis: observed.product_apis.iter().map(|api| service.api(api)).collect(),
        });
        let worst = verdict.findings.iter().map(|finding| finding.severity).max();
        service.links.push(Link {
            env: observed.target.env.clone(),
            site,
            state: verdict.state,
            mark: state_mark(verdict.state, worst),
            codes: verdict.findings.iter().map(|finding| finding.code).collect(),
            product,
            elsewhere: elsewhere(verdict),
        });
    }

    fn add_unread(&mut self, env: &str, site: &str, environment: &str, service: &str) {
        let name = |given: &str| given.rsplit('/').next().unwrap_or_default().to_owned();
        let site = self.site(site, &name(site), environment);
        let new = ServiceNode::new(service, name(service), String::new(), Mark::Good);
        self.service(new).links.push(Link {
            env: env.to_owned(),
            site,
            state: LinkState::Unknown,
            mark: state_mark(LinkState::Unknown, None),
            codes: Vec::new(),
            product: None,
            elsewhere: None,
        });
    }

    fn site(&mut self, id: &str, name: &str, environment: &str) -> usize {
        let key = format!("{id}/{environment}").to_lowercase();
        if let Some(known) = self.sites.iter().position(|site| site.key == key) {
            return known;
        }
        let name = match environment {
            PRODUCTION => name.to_owned(),
            preview => format!("{name} ({preview})"),
        };
        self.sites.push(Site { key, name });
        self.sites.len() - 1
    }

    fn service_of(&mut self, verdict: &Verdict) -> &mut ServiceNode {
        let (observed, id) = (&verdict.observed, &verdict.observed.target.service);
        let of_service = verdict.findings.iter().filter(|finding| finding.code.part() == Part::Service);
        let mark = Mark::of(of_service.map(|finding| finding.severity).max());
        let detail = observed.service.as_ref().map(|seen| seen.view.sku.clone()).unwrap_or_default();
        self.service(ServiceNode::new(id.as_str(), id.name().to_owned(), detail, mark))
    }

    /// Returns the service with the same key, after adding `new` if there is none.
    fn service(&mut self, new: ServiceNode) -> &mut ServiceNode {
        let known = self.services.iter().position(|service| service.key == new.key);
        let at = known.unwrap_or_else(|| {
            self.services.push(new);
            self.services.len() - 1
        });
        &mut self.services[at]
    }

    /// Returns a sentence with the number of links in each state.
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

fn elsewhere(verdict: &Verdict) -> Option<Elsewhere> {
    let observed = &verdict.observed;
    if observed.own_backend().is_some() {
        return None;
    }
    let backend = &observed.backends.first()?.view.backend;
    let resource_type = backend.resource_type();
    let (_, kind) = resource_type.rsplit_once('/')?;
    let gone = verdict.state == LinkState::Dangling;
    Some(Elsewhere { name: backend.name().to_owned(), kind: kind.to_owned(), gone })
}

impl ServiceNode {
    fn new(id: &str, name: String, detail: String, mark: Mark) -> Self {
        Self { key: id.to_lowercase(), name, detail, mark, links: Vec::new(), apis: Vec::new() }
    }

    /// Returns the index of an API, after adding it if it is new, and counts one more product for it.
    fn api(&mut self, api: &Api) -> usize {
        let name = api.id.name();
        let known = self.apis.iter().position(|known| known.name.eq_ignore_ascii_case(name));
        let at = known.unwrap_or_else(|| {
            self.apis.push(ApiNode { name: name.to_owned(), path: format!("/{}", api.path), products: 0 });
            self.apis.len() - 1
        });
        self.apis[at].products += 1;
        at
    }
}

impl Link {
    /// Returns the state with its mark.
    fn state_label(&self) -> String {
        format!("{} {}", self.mark.glyph(), self.state)
    }

    /// Returns the style of the line to the link's own product, or to the service.
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

    /// Returns the first finding code and the number of further ones.
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
        if self.gone { format!("{}, not found", self.kind) } else { self.kind.clone() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::is_hazard;

    /// Returns a graph with `text` from another party in every field.
    fn hostile(text: &str) -> Graph {
        let text = text.to_owned();
        let link = Link {
            env: text.clone(),
            site: 0,
            state: LinkState::LinkedElsewhere,
            mark: Mark::Broken,
            codes: FindingCode::ALL.iter().copied().take(2).collect(),
            product: Some(ProductNode { name: text.clone(), apis: vec![0] }),
            elsewhere: Some(Elsewhere { name: text.clone(), kind: text.clone(), gone: true }),
        };
        let mut service = ServiceNode::new(&text, text.clone(), text.clone(), Mark::Degraded);
        service.apis.push(ApiNode { name: text.clone(), path: text.clone(), products: 1 });
        service.links.push(link);
        Graph { sites: vec![Site { key: text.clone(), name: text }], services: vec![service] }
    }

    proptest! {
        #[test]
        fn no_name_steers_what_shows_a_picture_or_a_pipeline_that_prints_it(
            text in "(?s)([\u{1b}\u{9b}\u{202e}\u{200b}\r\n\t<>&\"`|#:\\[\\]]|\n *::|##vso\\[|##\\[|.){0,30}"
        ) {
            for format in [GraphFormat::Mermaid, GraphFormat::Dot, GraphFormat::Svg] {
                let drawn = hostile(&text).draw(format);
                prop_assert!(drawn.chars().all(|c| c == '\n' || !is_hazard(c)), "{format:?}: {drawn:?}");
                prop_assert!(!drawn.contains("##"), "{format:?}: {drawn:?}");
                let is_command = |line: &str| line.trim_start().starts_with("::");
                prop_assert!(!drawn.lines().any(is_command), "{format:?}: {drawn:?}");
            }
        }
    }
}
