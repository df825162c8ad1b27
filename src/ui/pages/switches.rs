//! The switches of the emulator: shown, changed, and set to their defaults.
#![warn(clippy::arithmetic_side_effects)]

use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Frame, Head, Section, page, prose};

/// The forms of the answer while a link is created, as `--operation-shape` accepts them.
const SHAPES: [&str; 7] = [
    "final",
    "location",
    "async-operation",
    "created-async-operation",
    "accepted-async-operation",
    "accepted-location",
    "in-progress",
];
/// The final states of creating a link, as `--operation-ending` accepts them.
const ENDINGS: [&str; 4] = ["succeeds", "fails", "cancelled", "never"];
/// The token buckets.
const BUCKETS: [&str; 3] = ["reads", "writes", "deletes"];

/// The switches as the fields of a form, as a browser sends them.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::ui) struct SwitchForm {
    /// The value that shows that the form is one of this page.
    pub(in crate::ui) form: String,
    /// The button that was pressed.
    button: String,
    latency: String,
    gateway_delay: String,
    edge_delay: String,
    /// `yes`, or empty.
    provisions: String,
    shape: String,
    takes: String,
    ending: String,
    /// `yes`, or empty.
    throttled: String,
    /// The capacity and the rate of each bucket; empty while nothing is limited.
    reads_capacity: String,
    reads_rate: String,
    writes_capacity: String,
    writes_rate: String,
    deletes_capacity: String,
    deletes_rate: String,
    /// One fault on each line.
    faults: String,
}

/// What came of a change.
pub(in crate::ui) enum Saved {
    /// None was sent.
    NotYet,
    /// The switches are set.
    Done,
    /// Nothing was changed; the emulator's reason.
    Refused(String),
}

impl SwitchForm {
    /// The switches as `GET /_emulator/switches` returns them.
    pub(in crate::ui) fn of(now: &Value) -> Self {
        let text = |pointer: &str| match now.pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) | None => String::new(),
        };
        let yes = |is: bool| if is { "yes".to_owned() } else { String::new() };
        let faults = now["faults"].as_array().map(Vec::as_slice).unwrap_or_default();
        Self {
            form: String::new(),
            button: String::new(),
            latency: text("/latencyMs"),
            gateway_delay: text("/gatewayDelayMs"),
            edge_delay: text("/edgeDelayMs"),
            provisions: yes(now["provisions"] == true),
            shape: text("/provisioning/shape"),
            takes: text("/provisioning/takesMs"),
            ending: text("/provisioning/ending"),
            throttled: yes(now["throttling"].is_object()),
            reads_capacity: text("/throttling/reads/capacity"),
            reads_rate: text("/throttling/reads/perSecond"),
            writes_capacity: text("/throttling/writes/capacity"),
            writes_rate: text("/throttling/writes/perSecond"),
            deletes_capacity: text("/throttling/deletes/capacity"),
            deletes_rate: text("/throttling/deletes/perSecond"),
            faults: faults.iter().map(fault).collect::<Vec<_>>().join("\n"),
        }
    }

    /// Whether the button sets all switches to their defaults.
    pub(in crate::ui) fn resets(&self) -> bool {
        self.button == "reset"
    }

    /// The change of the switches, for `PATCH /_emulator/switches`, which checks the values.
    pub(in crate::ui) fn change(&self) -> Value {
        let lines = self.faults.lines().map(str::trim).filter(|line| !line.is_empty());
        json!({
            "latencyMs": number(&self.latency),
            "gatewayDelayMs": number(&self.gateway_delay),
            "edgeDelayMs": number(&self.edge_delay),
            "provisions": self.provisions == "yes",
            "provisioning": {"shape": self.shape, "takesMs": number(&self.takes), "ending": self.ending},
            "throttling": self.throttling(),
            "faults": lines.collect::<Vec<_>>(),
        })
    }

    /// The buckets. Without values, they are those that Azure documents.
    fn throttling(&self) -> Value {
        if self.throttled != "yes" {
            return Value::Null;
        }
        let given = BUCKETS.into_iter().zip(self.buckets()).filter(|(_, (capacity, _))| !capacity.is_empty());
        let bucket = |(name, (capacity, rate)): (&str, (&str, &str))| {
            (name.to_owned(), json!({"capacity": number(capacity), "perSecond": number(rate)}))
        };
        Value::Object(given.map(bucket).collect::<Map<_, _>>())
    }

    /// The capacity and the rate of each bucket.
    fn buckets(&self) -> [(&str, &str); 3] {
        [
            (&self.reads_capacity, &self.reads_rate),
            (&self.writes_capacity, &self.writes_rate),
            (&self.deletes_capacity, &self.deletes_rate),
        ]
    }
}

/// A number, or the text itself, which the emulator refuses with the name of the switch. An empty text is 0.
fn number(text: &str) -> Value {
    let text = text.trim();
    if text.is_empty() {
        return json!(0);
    }
    let whole = text.parse::<u64>().map(Value::from);
    whole.or_else(|_| text.parse::<f64>().map(Value::from)).unwrap_or_else(|_| text.into())
}

/// A fault as a line: `METHOD PATH EFFECT [RATE%] [xCOUNT] [data]`, as `--fault` accepts it.
fn fault(fault: &Value) -> String {
    let any = |name: &str| fault[name].as_str().filter(|text| !text.is_empty()).unwrap_or("*").to_owned();
    let effect = match &fault["effect"] {
        Value::String(word) => word.clone(),
        other => other["status"].to_string(),
    };
    let rate = fault["rate"].as_f64().filter(|rate| *rate < 1.0).map(|rate| format!("{}%", rate * 100.0));
    let count = fault["count"].as_u64().map(|count| format!("x{count}"));
    let plane = fault["plane"].as_str().filter(|plane| *plane == "data").map(str::to_owned);
    let words = [Some(any("method")), Some(any("path")), Some(effect), rate, count, plane];
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The switches: with `form`, as a form; without, only shown.
pub(in crate::ui) fn switches(now: &SwitchForm, saved: &Saved, form: Option<&str>, frame: Frame) -> Response {
    let body = html! {
        h1 { "Switches" }
        p.detail { "How the emulator behaves. A change applies to the next request." }
        @match saved {
            Saved::NotYet => {},
            Saved::Done => p #saved role="status" { "The switches are set." },
            Saved::Refused(problem) => { div.failure role="alert" { p { strong { "Nothing was changed: " } (prose(problem)) } } },
        }
        form.fields method="post" action="/switches" {
            @if let Some(form) = form { input type="hidden" name="form" value=(form); }
            (times(now, form.is_none()))
            (linking(now, form.is_none()))
            (throttling(now, form.is_none()))
            (faults(now, form.is_none()))
            @if form.is_some() {
                p {
                    button type="submit" name="button" value="save" { "Save" } " "
                    button type="submit" name="button" value="reset" formnovalidate { "Restore the defaults" }
                }
            }
        }
    };
    let status = match saved {
        Saved::NotYet | Saved::Done => StatusCode::OK,
        Saved::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    page(status, &Head::still("Switches", Section::Switches), frame, &body)
}

fn times(now: &SwitchForm, is_fixed: bool) -> Markup {
    html! {
        fieldset disabled[is_fixed] {
            legend { "Delays in milliseconds" }
            (time_field("latency", "Each answer of Azure Resource Manager", &now.latency))
            (time_field("gateway_delay", "Until a new key takes effect at the gateway", &now.gateway_delay))
            (time_field("edge_delay", "Until a new link takes effect at the site", &now.edge_delay))
        }
    }
}

fn time_field(name: &str, label: &str, value: &str) -> Markup {
    html! {
        label for=(name) { (label) }
        input id=(name) type="number" name=(name) value=(value) min="0" max="86400000" required;
    }
}

fn linking(now: &SwitchForm, is_fixed: bool) -> Markup {
    html! {
        fieldset disabled[is_fixed] {
            legend { "Creating a link" }
            p.check {
                input #provisions type="checkbox" name="provisions" value="yes" checked[now.provisions == "yes"];
                label for="provisions" { "Creates the product, the subscription and the policy" }
            }
            label for="shape" { "Form of the answer" }
            (choice("shape", &SHAPES, &now.shape))
            (time_field("takes", "Duration in milliseconds", &now.takes))
            label for="ending" { "Final state" }
            (choice("ending", &ENDINGS, &now.ending))
        }
    }
}

fn choice(name: &str, words: &[&str], now: &str) -> Markup {
    html! {
        select id=(name) name=(name) {
            @for word in words { option selected[*word == now] { (word) } }
        }
    }
}

fn throttling(now: &SwitchForm, is_fixed: bool) -> Markup {
    html! {
        fieldset disabled[is_fixed] {
            legend { "Rate of requests to Azure Resource Manager" }
            p.check {
                input #throttled type="checkbox" name="throttled" value="yes" checked[now.throttled == "yes"];
                label for="throttled" { "Limit the rate, by default as Azure documents it" }
            }
            @if now.throttled == "yes" {
                @for (name, (capacity, rate)) in BUCKETS.into_iter().zip(now.buckets()) {
                    label for={ (name) "_capacity" } { (name) ": requests at once" }
                    input id={ (name) "_capacity" } type="number" name={ (name) "_capacity" } value=(capacity) min="1";
                    label for={ (name) "_rate" } { (name) ": requests per second" }
                    input id={ (name) "_rate" } type="number" name={ (name) "_rate" } value=(rate) min="0" step="any";
                }
            }
        }
    }
}

fn faults(now: &SwitchForm, is_fixed: bool) -> Markup {
    html! {
        fieldset disabled[is_fixed] {
            legend { "Faults" }
            label for="faults" { "One fault on each line" }
            textarea #faults name="faults" rows="4" spellcheck="false" aria-describedby="faults-form" { (now.faults) }
            p.detail #faults-form {
                code { "METHOD PATH EFFECT [RATE%] [xCOUNT] [data]" } ", such as " code { "GET /api 503 50% data" }
                ". EFFECT is a status, reset, lost, hang or panic; " code { "*" } " is any METHOD or PATH; "
                code { "data" } " selects the sites and gateways."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_unchanged_switches_changes_nothing() {
        let now = json!({
            "latencyMs": 5, "provisions": true,
            "provisioning": {"shape": "location", "takesMs": 7, "ending": "fails"},
            "throttling": {
                "reads": {"capacity": 250, "perSecond": 25.0}, "writes": {"capacity": 1, "perSecond": 0.5},
                "deletes": {"capacity": 200, "perSecond": 10.0}
            },
            "gatewayDelayMs": 8, "edgeDelayMs": 9, "faults": []
        });
        assert_eq!(SwitchForm::of(&now).change(), now);
    }

    #[test]
    fn a_fault_is_shown_as_the_command_line_accepts_it() {
        let all = json!({"plane": "data", "method": "PUT", "path": "/x", "effect": {"status": 503}, "rate": 0.5, "count": 2});
        assert_eq!(fault(&all), "PUT /x 503 50% x2 data");
        let least = json!({"plane": "control", "method": null, "path": "", "effect": "reset", "rate": 1.0, "count": null});
        assert_eq!(fault(&least), "* * reset");
    }

    #[test]
    fn a_value_that_is_not_a_number_is_sent_as_it_is() {
        let form = SwitchForm { latency: "soon".to_owned(), ..SwitchForm::default() };
        assert_eq!(form.change()["latencyMs"], "soon");
        assert_eq!(form.change()["edgeDelayMs"], 0);
    }
}
