//! Policies: how the service accepts, stores and returns them, with tabs and CRLF line ends.

use std::{net::IpAddr, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{StatusCode, Uri};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::{Value, json};

use super::{call::Call, layout::laid_out, refused::refused};
use crate::{
    emulator::reply::Reply,
    model::{ApimPolicy, PolicyFormat, Resource, policy_from_raw, policy_to_raw, text_without_mark},
};

/// The time limit for fetching a linked policy.
const PATIENCE: Duration = Duration::from_secs(10);
/// The maximum size of a policy, in bytes.
const LONGEST: usize = 256 << 10;

/// Extracts the policy's text, as it is stored, from the body of a PUT. Recorded: without a value, the rest of the body
/// becomes the text.
pub(super) fn kept(resource: &Resource) -> Result<String, Reply> {
    let text = |field| resource.text(field).map_err(|error| refused(&error.into()));
    let format = text("properties.format")?;
    let known = known_format(format)?;
    let xml = match (text("properties.value")?, format) {
        (None, Some(format)) => format!("<format>{format}</format>"),
        (None | Some(""), _) => {
            return Err(Reply::apim_invalid("representation", "'value' should not be empty."));
        }
        (Some(raw), _) if known == PolicyFormat::RawXml => policy_from_raw(raw).map_err(|it| unfit(&it))?,
        (Some(xml), _) => reformatted(xml),
    };
    let mut read = resource.clone();
    read.set_property("value", xml.as_str());
    read.set_property("format", "xml");
    let policy = ApimPolicy::read(&read).map_err(|error| refused(&error.into()))?;
    policy.check().map_err(|error| unfit(&error))?;
    Ok(reformatted(&laid_out(&xml)))
}

/// Parses the format that a request names.
pub(super) fn known_format(name: Option<&str>) -> Result<PolicyFormat, Reply> {
    PolicyFormat::of(name).ok_or_else(|| {
        let name = name.unwrap_or_default();
        Reply::apim_invalid("format", &format!("'{name}' is not a valid value of 'format'."))
    })
}

/// Returns the format and the text with which a policy is returned.
pub(super) fn shown(xml: &str, format: PolicyFormat) -> (&'static str, String) {
    match format {
        PolicyFormat::RawXml | PolicyFormat::RawXmlLink => ("rawxml", reformatted(&policy_to_raw(xml))),
        PolicyFormat::Xml | PolicyFormat::XmlLink => ("xml", reformatted(xml)),
    }
}

fn unfit(problem: &dyn std::error::Error) -> Reply {
    Reply::apim_invalid("representation", &problem.to_string())
}

/// Returns the request with a linked policy's text in place of its address.
pub(super) async fn fetched(call: &Call) -> Result<Call, Reply> {
    let mut body = Value::Object(call.object()?);
    let format = body.pointer("/properties/format").and_then(Value::as_str);
    let format = match PolicyFormat::of(format) {
        Some(PolicyFormat::XmlLink) => "xml",
        Some(PolicyFormat::RawXmlLink) => "rawxml",
        Some(PolicyFormat::Xml | PolicyFormat::RawXml) | None => return Ok(call.clone()),
    };
    let address = body.pointer("/properties/value").and_then(Value::as_str).unwrap_or_default().to_owned();
    let unavailable = || {
        let message = format!("Unable to obtain the policy from the link '{address}'.");
        Reply::apim_invalid("representation", &message)
    };
    let local = loopback(&address).ok_or_else(unavailable)?;
    let fetched = tokio::time::timeout(PATIENCE, fetch(local)).await;
    let text = fetched.ok().flatten().ok_or_else(unavailable)?;
    body["properties"]["value"] = text.into();
    body["properties"]["format"] = json!(format);
    Ok(Call { body: Bytes::from(body.to_string()), ..call.clone() })
}

/// Parses an address on this machine. A policy is never fetched from another host: the emulator's machine may reach
/// hosts that its client may not.
fn loopback(address: &str) -> Option<Uri> {
    let uri = Uri::try_from(address).ok()?;
    let host = uri.host()?.trim_matches(['[', ']']);
    let is_local = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let is_plain = uri.scheme_str() == Some("http") && !uri.authority()?.as_str().contains('@');
    (is_local || host.eq_ignore_ascii_case("localhost")).then_some(uri).filter(|_| is_plain)
}

async fn fetch(address: Uri) -> Option<String> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let answer = client.get(address).await.ok()?;
    if answer.status() != StatusCode::OK {
        return None;
    }
    let body = Limited::new(answer.into_body(), LONGEST).collect().await.ok()?.to_bytes();
    String::from_utf8(body.to_vec()).ok()
}

/// Returns a policy's text as the service returns it. Recorded: eight spaces become a tab, and `\n` becomes `\r\n`.
/// Here, a tab replaces each level of indentation, however many spaces it has.
pub(super) fn reformatted(xml: &str) -> String {
    let lines: Vec<&str> = text_without_mark(xml).lines().collect();
    let depth = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let level = lines.iter().map(|line| depth(line)).filter(|depth| *depth > 0).min().unwrap_or(1);
    let written = lines.iter().map(|line| {
        let depth = depth(line);
        format!("{}{}", "\t".repeat(depth / level), &line[depth - depth % level..])
    });
    written.collect::<Vec<_>>().join("\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_comes_back_as_it_was_recorded() {
        let given = "<policies>\n        <inbound></inbound>\n        <backend>\n                <!-- test -->\n        </backend>\n        <outbound />\n        <on-error />\n</policies>";
        let recorded = "<policies>\r\n\t<inbound></inbound>\r\n\t<backend>\r\n\t\t<!-- test -->\r\n\t</backend>\r\n\t<outbound />\r\n\t<on-error />\r\n</policies>";
        assert_eq!(reformatted(given), recorded);
        assert_eq!(reformatted(recorded), recorded, "and stays so");
        assert_eq!(reformatted(&given.replace("        ", "    ")), recorded);
    }

    #[test]
    fn a_policy_is_fetched_only_from_this_machine() {
        for address in ["http://127.0.0.1:8000/p.xml", "http://localhost/p", "http://[::1]:80/p"] {
            assert!(loopback(address).is_some(), "{address}");
        }
        for address in [
            "https://raw.example/p.xml",
            "http://10.0.0.1/p",
            "http://127.0.0.1@evil.example/p",
            "http://u@127.0.0.1/p",
            "http://localhost.evil.example/p",
            "http://169.254.169.254/p",
            "file:///etc/passwd",
            "/p",
            "",
        ] {
            assert!(loopback(address).is_none(), "{address}");
        }
    }

    #[test]
    fn nothing_but_space_before_a_line_is_changed() {
        assert_eq!(
            reformatted("<a>\n   <b c=\"    x\" />\n     <d/>\n</a>"),
            "<a>\r\n\t<b c=\"    x\" />\r\n\t  <d/>\r\n</a>"
        );
    }
}
