//! Sites, services, products and APIs as one picture: what is in it, and three ways to draw it.

mod dot;
mod layout;
mod mermaid;
mod svg;

use std::str::FromStr;

use crate::{
    engine::{FindingCode, LinkState, Part, Verdict},
    model::{Api as ServiceApi, PRODUCTION},
    report::{Mark, environment_name, state_mark},
};

/// A link as it is drawn.
#[derive(Clone, Copy, Debug)]
pub enum Drawn<'a> {
    /// It was observed.
    Seen(&'a Verdict),
    /// It could not be read, and this is what the settings call its ends.
    Unread {
        /// The name of the env.
        env: &'a str,
        /// The static web app, by name or id.
        site: &'a str,
        /// The site environment.
        environment: &'a str,
        /// The service, by name or id.
        service: &'a str,
    },
}

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
    pub fn of<'a>(links: impl IntoIterator<Item = Drawn<'a>>) -> Self {
        let mut graph = Self { sites: Vec::new(), services: Vec::new() };
        for link in links {
            match link {
                Drawn::Seen(verdict) => graph.add(verdict),
                Drawn::Unread { env, site, environment, service } => {
                    graph.add_unread(env, site, environment, service);
                }
            }
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

    fn add(&mut self, verdict: &Verdict) {
        let (observed, id) = (&verdict.observed, verdict.observed.target.site_environment.site());
        let site = self.site(id.as_str(), id.name(), &environment_name(observed));
        let service = self.service_of(verdict);
        let product = observed.product.as_ref().map(|seen| Product {
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
        let new = Service::new(service, name(service), String::new(), Mark::Good);
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

    fn service_of(&mut self, verdict: &Verdict) -> &mut Service {
        let (observed, id) = (&verdict.observed, &verdict.observed.target.service);
        let of_service = verdict.findings.iter().filter(|finding| finding.code.part() == Part::Service);
        let mark = Mark::of(of_service.map(|finding| finding.severity).max());
        let detail = observed.service.as_ref().map(|seen| seen.view.sku.clone()).unwrap_or_default();
        self.service(Service::new(id.as_str(), id.name().to_owned(), detail, mark))
    }

    /// The service with the key of this one: it, unless there is one already.
    fn service(&mut self, new: Service) -> &mut Service {
        let known = self.services.iter().position(|service| service.key == new.key);
        let at = known.unwrap_or_else(|| {
            self.services.push(new);
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

impl Service {
    fn new(id: &str, name: String, detail: String, mark: Mark) -> Self {
        Self { key: id.to_lowercase(), name, detail, mark, links: Vec::new(), apis: Vec::new() }
    }

    /// The place of an API among those that are in some product, which now has one product more.
    fn api(&mut self, api: &ServiceApi) -> usize {
        let name = api.id.name();
        let known = self.apis.iter().position(|known| known.name.eq_ignore_ascii_case(name));
        let at = known.unwrap_or_else(|| {
            self.apis.push(Api { name: name.to_owned(), path: format!("/{}", api.path), products: 0 });
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::is_hazard;

    /// A graph in which every text is written by another party.
    fn hostile(text: &str) -> Graph {
        let text = text.to_owned();
        let link = Link {
            env: text.clone(),
            site: 0,
            state: LinkState::LinkedElsewhere,
            mark: Mark::Broken,
            codes: FindingCode::ALL.into_iter().take(2).copied().collect(),
            product: Some(Product { name: text.clone(), apis: vec![0] }),
            elsewhere: Some(Elsewhere { name: text.clone(), kind: text.clone(), gone: true }),
        };
        let mut service = Service::new(&text, text.clone(), text.clone(), Mark::Degraded);
        service.apis.push(Api { name: text.clone(), path: text.clone(), products: 1 });
        service.links.push(link);
        Graph { sites: vec![Site { key: text.clone(), name: text }], services: vec![service] }
    }

    proptest! {
        #[test]
        fn no_name_steers_what_shows_a_picture(text in "(?s)([\u{1b}\u{9b}\u{202e}\u{200b}\r\n\t<>&\"`|#:\\[\\]]|.){0,30}") {
            for (name, format) in GraphFormat::NAMES {
                let drawn = hostile(&text).draw(format);
                prop_assert!(drawn.chars().all(|c| c == '\n' || !is_hazard(c)), "{name}: {drawn:?}");
            }
        }
    }
}
