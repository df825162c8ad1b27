//! What connecting a backend makes the resource provider do, and how it tells about it.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    Spelling,
    routes::Reply,
    state::{State, fresh_key},
};

/// How a PUT of a linked backend answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// 200 and it is done.
    Final,
    /// 200 with `Location`.
    Location,
    /// 200 with `Azure-AsyncOperation`.
    AsyncOperation,
    /// 202 with `Location`.
    AcceptedLocation,
    /// 201 with `Azure-AsyncOperation`.
    CreatedAsyncOperation,
    /// 202 and nothing else: the resource itself tells.
    AcceptedOnly,
    /// 200 with a state that is not final.
    InProgress,
}

impl Shape {
    pub(crate) const ALL: [Self; 7] = [
        Self::Final,
        Self::Location,
        Self::AsyncOperation,
        Self::AcceptedLocation,
        Self::CreatedAsyncOperation,
        Self::AcceptedOnly,
        Self::InProgress,
    ];
}

/// How it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Succeeds,
    Fails,
    Canceled,
    Never,
}

#[derive(Clone)]
pub(super) struct Operation {
    backend: String,
    due: Instant,
    done: bool,
}

impl State {
    /// Carries out what a PUT of a linked backend asks for, now or later.
    pub(super) fn connect(&mut self, id: &str, base: &str) -> Reply {
        let shape = self.options.shape;
        let due = Instant::now() + self.options.takes;
        self.operations.push(Operation { backend: id.to_owned(), due, done: false });
        let number = self.operations.len() - 1;
        if shape == Shape::Final {
            self.finish(number);
        } else {
            self.set_backend_state(id, "InProgress");
            self.finish_operations();
        }
        let address = format!(
            "{base}/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Web/locations/centralus/operationResults/{number}?api-version=2024-04-01&sig=signed"
        );
        let (status, header) = match shape {
            Shape::Final | Shape::InProgress => (200, None),
            Shape::Location => (200, Some("location")),
            Shape::AsyncOperation => (200, Some("azure-asyncoperation")),
            Shape::AcceptedLocation => (202, Some("location")),
            Shape::CreatedAsyncOperation => (201, Some("azure-asyncoperation")),
            Shape::AcceptedOnly => (202, None),
        };
        let body = (shape != Shape::AcceptedOnly).then(|| self.get(id).cloned().unwrap_or_default());
        let mut reply = Reply { body, ..Reply::status(status) };
        if let Some(header) = header {
            reply.headers.push((header.to_owned(), address));
            reply.headers.push(("retry-after".to_owned(), "1".to_owned()));
        }
        reply
    }

    /// Links a site to a service, without asking.
    pub(crate) fn link(&mut self, site: &str, service: &str) {
        let id = format!("{site}/builds/default/linkedBackends/gate");
        self.set(json!({"id": id, "properties": {"backendResourceId": service, "region": null,
            "createdOn": "2024-06-19T09:03:33", "provisioningState": "Succeeded"}}));
        self.provision(&id);
        self.hand_over(&id);
    }

    /// Tells how far an operation has come.
    pub(super) fn progress(&mut self, number: usize) -> Reply {
        let Some(operation) = self.operations.get(number) else {
            return Reply::error(404, "NotFound", "no such operation");
        };
        let (done, backend) = (operation.done, operation.backend.clone());
        let by_location = matches!(self.options.shape, Shape::Location | Shape::AcceptedLocation);
        let word = match (done, self.options.ending) {
            (false, _) | (true, Ending::Never) => "InProgress",
            (true, Ending::Succeeds) => "Succeeded",
            (true, Ending::Fails) => "Failed",
            (true, Ending::Canceled) => "Canceled",
        };
        let error = json!({"code": "InternalError", "message": "it did not work out"});
        if by_location {
            return match word {
                "InProgress" => Reply::status(202),
                "Succeeded" => Reply::ok(self.get(&backend).cloned().unwrap_or_default()),
                _ => Reply::ok(json!({"status": word, "error": error})),
            };
        }
        let mut body = json!({"status": word});
        if word == "Failed" || word == "Canceled" {
            body["error"] = error;
        }
        Reply::ok(body)
    }

    pub(super) fn finish_operations(&mut self) {
        let now = Instant::now();
        for number in 0..self.operations.len() {
            if !self.operations[number].done && self.operations[number].due <= now {
                self.finish(number);
            }
        }
    }

    fn finish(&mut self, number: usize) {
        self.operations[number].done = true;
        let id = self.operations[number].backend.clone();
        match self.options.ending {
            Ending::Succeeds => {
                self.set_backend_state(&id, "Succeeded");
                if self.options.provisions {
                    self.provision(&id);
                }
                self.hand_over(&id);
            }
            Ending::Fails => self.set_backend_state(&id, "Failed"),
            Ending::Canceled => self.set_backend_state(&id, "Canceled"),
            Ending::Never => {}
        }
    }

    fn set_backend_state(&mut self, id: &str, word: &str) {
        if let Some(mut body) = self.get(id).cloned() {
            body["properties"]["provisioningState"] = word.into();
            self.set(body);
        }
    }

    fn parts_of(&self, backend: &str) -> (String, String, String) {
        let named = self.get(backend).map(|body| body["properties"]["backendResourceId"].clone());
        let service = named.unwrap_or_default().as_str().unwrap_or_default().to_owned();
        let product = self.product_of(&backend.to_lowercase());
        (service.clone(), product.clone(), format!("{service}/products/{product}"))
    }

    fn provision(&mut self, backend: &str) {
        let (service, label, product) = self.parts_of(backend);
        if !service.to_lowercase().contains("/microsoft.apimanagement/") {
            return;
        }
        let site = backend.split("/builds/").next().unwrap_or_default();
        let hostname = self.get(site).map(|site| site["properties"]["defaultHostname"].clone());
        let hostname = hostname.unwrap_or_default().as_str().unwrap_or_default().to_owned();
        let name = format!("Azure Static Web Apps - {hostname} (Linked)");
        let is_new = self.get(&product).is_none();
        self.set(json!({"id": product, "properties": {"displayName": name, "subscriptionRequired": true,
            "approvalRequired": false, "state": "published", "terms": null,
            "description": format!("Generated for Static Web Apps resource with default hostname: {hostname}")}}));
        if is_new && self.options.spelling == Spelling::Recorded {
            self.subscribe_owner(&product);
        }
        let policy = format!(
            "<policies>\r\n\t<inbound>\r\n\t\t<base />\r\n\t\t<validate-jwt header-name=\"X-MS-AUTH-TOKEN\" \
             failed-validation-httpcode=\"401\">\r\n\t\t\t<openid-config \
             url=\"https://{hostname}/.auth/.well-known/openid-configuration\" />\r\n\t\t\t<issuers>\r\n\t\t\t\t<issuer>https://{hostname}/.auth</issuer>\
             \r\n\t\t\t</issuers>\r\n\t\t</validate-jwt>\r\n\t</inbound>\r\n</policies>"
        );
        let id = format!("{product}/policies/policy");
        self.set(json!({"id": id, "properties": {"format": "xml", "value": policy}}));
        let existing = self.subscription_of(&service, &label);
        let existing = existing.filter(|id| self.is_named(id) && !self.is_partners(id));
        let subscription = existing.unwrap_or_else(|| {
            let hex = fresh_key();
            format!("{service}/subscriptions/{}", &hex[..24])
        });
        self.set(json!({"id": subscription, "properties": {"scope": product, "displayName": name,
            "state": "active", "allowTracing": false}}));
        if self.options.rotates || !self.keys.contains_key(&subscription.to_lowercase()) {
            let keys = (fresh_key(), fresh_key());
            self.set_keys(&subscription, keys);
        }
    }

    /// The site takes a copy of the primary key, or holds none where there is none.
    pub(super) fn hand_over(&mut self, backend: &str) {
        let (service, label, _) = self.parts_of(backend);
        let subscription = self.subscription_of(&service, &label);
        let keys = subscription.and_then(|id| self.keys.get(&id.to_lowercase()).cloned());
        if let Some((primary, _)) = keys {
            self.site_keys.insert(backend.to_lowercase(), primary);
            self.set_backend_state(backend, "Succeeded");
        } else {
            self.site_keys.remove(&backend.to_lowercase());
        }
        self.tick_history();
    }

    fn is_named(&self, subscription: &str) -> bool {
        self.get(subscription).is_some_and(|body| body["properties"]["displayName"].is_string())
    }

    /// Whether a subscription has a name and an owner: a link's has no owner.
    fn is_partners(&self, subscription: &str) -> bool {
        let owned = self.get(subscription).is_some_and(|body| body["properties"]["ownerId"].is_string());
        owned && self.is_named(subscription)
    }

    /// The subscription of a product whose key a site takes: one that has a name and no owner, or else any.
    pub(super) fn subscription_of(&self, service: &str, label: &str) -> Option<String> {
        let prefix = format!("{}/subscriptions/", service.to_lowercase());
        let is_of = |body: &Value| {
            let scope = body["properties"]["scope"].as_str().unwrap_or_default().to_lowercase();
            scope.ends_with(&format!("/products/{}", label.to_lowercase()))
        };
        let all = self.resources.iter().filter(|(id, body)| id.starts_with(&prefix) && is_of(body));
        let mut ids: Vec<String> =
            all.map(|(_, body)| body["id"].as_str().unwrap_or_default().to_owned()).collect();
        ids.sort_by_key(|id| (self.is_partners(id), !self.is_named(id)));
        ids.into_iter().next()
    }
}
