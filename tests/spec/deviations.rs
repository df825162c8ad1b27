//! Where Azure, as it is known to be, is not as its definitions say.

use crate::check::{Fault, Part};

/// One way in which Azure differs from its definitions, on purpose so here.
#[derive(Debug)]
pub(crate) struct Deviation {
    /// How the operation begins.
    method: &'static str,
    /// What its template has in it.
    template: &'static str,
    part: Part,
    /// How what is said of it begins.
    detail: &'static str,
    /// What it is known from, in words that say no more than that.
    source: &'static str,
}

impl Deviation {
    pub(crate) fn is(&self, fault: &Fault) -> bool {
        let (method, template) = fault.operation.split_once(' ').unwrap();
        (self.method == "*" || self.method == method)
            && template.contains(self.template)
            && self.part == fault.part
            && fault.detail.starts_with(self.detail)
    }

    /// What it is, and what it is known from.
    pub(crate) fn told(&self) -> String {
        let Self { method, template, part, detail, source } = self;
        format!("{part:?} of {method} {template}: {detail} ({source})")
    }
}

/// Every one that is known.
pub(crate) const DEVIATIONS: &[Deviation] = &[
    // Microsoft.Web's errors are in no `error`, and begin with capitals
    web_error("/Code: is not declared"),
    web_error("/Message: is not declared"),
    web_error("/Target: is not declared"),
    web_error("/Details: is not declared"),
    web_error("/Innererror: is not declared"),
    // linked backends
    answer("linkedBackends", "/location: is not declared", "recorded: PUT of a linked backend"),
    answer("linkedBackends", "/value[]/location: is not declared", "recorded: list of linked backends"),
    answer(
        "linkedBackends",
        "/properties/managedServiceIdentityType: is",
        "recorded: PUT of a linked backend",
    ),
    answer("linkedBackends", "/properties/routingPath: is not declared", "recorded: PUT of a linked backend"),
    answer(
        "linkedBackends",
        "/value[]/properties/managedServiceIdentityType",
        "recorded: list of linked backends",
    ),
    answer("linkedBackends", "/value[]/properties/routingPath", "recorded: list of linked backends"),
    answer(
        "linkedBackends",
        "/properties/region: null",
        "the definitions' own examples have null with a service",
    ),
    answer("linkedBackends", "/value/0/properties/region: null", "the same, in a list"),
    answer("staticSites", "/nextLink: null", "recorded: list of linked backends"),
    answer("staticSites", "/id: is not declared", "recorded: list of linked backends"),
    // sites
    answer(
        "staticSites/{name}",
        "/properties/linkedBackends/0/region: null",
        "the definitions' example GetStaticSite",
    ),
    answer(
        "staticSites/{name}",
        "/properties/linkedBackends/0/createdOn",
        "recorded: reads tell no time zone",
    ),
    answer("staticSites/{name}", "/properties/userProvidedFunctionApps: null", "recorded: GET of a site"),
    // connecting as newer definitions have it, and as other resources of the provider do
    connecting(Part::Status, "201 is not declared", "clients of newer definitions take it"),
    connecting(Part::Status, "202 is not declared", "clients of newer definitions take it"),
    connecting(Part::AnswerHeader, "`location`", "newer definitions give the 200 a Location"),
    connecting(
        Part::AnswerHeader,
        "`azure-asyncoperation`",
        "Resource Manager's contract for what takes long",
    ),
    connecting(Part::AnswerHeader, "`retry-after`", "Resource Manager's contract for what takes long"),
    // API Management
    answer("Microsoft.ApiManagement", "/error/details: null", "recorded: GET of a policy that is not there"),
    answer("/products", "/properties/terms: null", "recorded: list of products"),
    answer("/products", "/value/0/properties/terms: null", "recorded: list of products"),
    Deviation {
        method: "PUT",
        template: "/products/{productId}/apis/{apiId}",
        part: Part::AnswerHeader,
        detail: "`etag`",
        source: "recorded: PUT of an API into a product",
    },
    // all of Resource Manager
    Deviation {
        method: "*",
        template: "",
        part: Part::AnswerHeader,
        detail: "`retry-after`",
        source: "documented: limits of requests and throttling",
    },
    answer("ResourceGraph", "/data: ", "the definitions' own examples have an array, with objectArray"),
];

const fn answer(template: &'static str, detail: &'static str, source: &'static str) -> Deviation {
    Deviation { method: "*", template, part: Part::Answer, detail, source }
}

const fn web_error(detail: &'static str) -> Deviation {
    answer("Microsoft.Web", detail, "recorded: PUT of a linked backend that is not there")
}

const fn connecting(part: Part, detail: &'static str, source: &'static str) -> Deviation {
    Deviation { method: "PUT", template: "linkedBackends/{linkedBackendName}", part, detail, source }
}
