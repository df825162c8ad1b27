//! Absent or undetermined: an answer that does not prove that a resource is missing changes nothing.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    path::Path,
    thread,
};

use serde_json::json;

use crate::{
    azure::{FakeAzure, Fault, Kind, Options, SERVICE, SITE, Shape, service},
    program::{Run, command, linked, run, side_by_side},
};

const OTHER: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.ApiManagement/service/other";

/// The requests that change something.
fn writes(azure: &FakeAzure) -> Vec<String> {
    let seen = azure.take_seen().into_iter().filter(|seen| !["GET", "HEAD"].contains(&&*seen.method));
    seen.filter(|seen| !seen.path.ends_with("listSecrets"))
        .map(|seen| format!("{} {}", seen.method, seen.path))
        .collect()
}

/// Answers with 404 that prove nothing.
fn unproven() -> Vec<Kind> {
    vec![
        Kind::Page(404),
        Kind::Says(404, ""),
        Kind::Says(404, "{}"),
        Kind::Says(404, "{\"message\": \"no Route matched with those values\"}"),
        Kind::Error(404, "SubscriptionNotFound", "The subscription 's' could not be found."),
        Kind::Error(404, "InvalidResourceType", "The resource type could not be found."),
    ]
}

#[test]
fn a_read_that_proves_nothing_is_an_unknown_state_and_no_change() {
    let paths =
        ["/staticsites/shop", "/service/gate", "/products/agreeable", "/policies/policy", "/linkedbackends"];
    side_by_side(paths, |path| {
        let azure = linked();
        for kind in unproven() {
            azure.fault(Fault::always("GET", path, kind.clone()));
            for verb in ["link", "status -o json"] {
                let run = run(&azure, verb);
                assert_eq!(run.code, Some(5), "{verb}, {path}, {kind:?}: {run:?}");
                assert!(run.stderr.contains("does not prove that the resource does not exist"), "{run:?}");
                if verb != "link" {
                    assert_eq!(run.json()["links"][0]["state"], "unknown", "{run:?}");
                }
            }
            azure.mend();
        }
        assert_eq!(writes(&azure), Vec::<String>::new(), "{path}");
    });
}

#[test]
fn keys_that_could_not_be_read_are_never_replaced() {
    let azure = linked();
    let before = azure.state().link_keys();
    let mut kinds = unproven();
    kinds.extend([
        Kind::Says(200, "{}"),
        Kind::Says(200, "null"),
        Kind::Says(200, ""),
        Kind::Says(200, "{\"primaryKey\": \"0123456789abcdef0123456789abcdef\"}"),
        Kind::Says(200, "{\"primaryKey\": null, \"secondaryKey\": null}"),
    ]);
    for kind in kinds {
        azure.fault(Fault::always("POST", "/listsecrets", kind.clone()));
        let link = run(&azure, "link");
        assert_eq!(link.code, Some(5), "{kind:?}: {link:?}");
        assert!(!link.stderr.contains("0123456789abcdef"), "{link:?}");
        azure.mend();
    }
    assert_eq!(writes(&azure), Vec::<String>::new());
    assert_eq!(azure.state().link_keys(), before);
}

#[test]
fn a_delete_that_is_answered_with_a_page_has_not_deleted() {
    let azure = linked();
    for kind in unproven() {
        azure.fault(Fault::always("DELETE", "/linkedbackends/", kind.clone()));
        let unlink = run(&azure, "unlink");
        assert_eq!(unlink.code, Some(5), "{kind:?}: {unlink:?}");
        azure.mend();
    }
    azure.fault(Fault::once(
        "DELETE",
        "/linkedbackends/",
        Kind::Says(404, "{\"Code\": \"NotFound\", \"Message\": \"Cannot find WebSite with name gate.\"}"),
    ));
    assert_eq!(run(&azure, "unlink").code, Some(4), "the backend is missing, and the link stands");
    assert_eq!(run(&azure, "status -o json").json()["links"][0]["state"], "linked");
}

fn with_apim(azure: &FakeAzure, line: &str) -> Run {
    Run::of(&command(azure, line).env("SWA_APIM_APIM", OTHER).output().unwrap())
}

#[test]
fn a_backend_that_could_not_be_determined_is_replaced_only_on_request() {
    let azure = linked();
    azure.put(&service(OTHER, &azure.gateway()));
    let mut kinds = unproven();
    kinds.push(Kind::Error(403, "AuthorizationFailed", "The client does not have authorization."));
    for kind in kinds {
        azure.fault(Fault::always("GET", "/service/gate", kind.clone()));
        let status = with_apim(&azure, "status -o json");
        assert_eq!(status.code, Some(0), "{kind:?}: {status:?}");
        assert_eq!(status.json()["links"][0]["state"], "linked-elsewhere", "{kind:?}: {status:?}");
        let link = with_apim(&azure, "link");
        assert_eq!(link.code, Some(4), "{kind:?}: {link:?}");
        assert!(link.stderr.contains("could not be read"), "{kind:?}: {link:?}");
        assert_eq!(writes(&azure), Vec::<String>::new(), "{kind:?}");
        azure.mend();
    }
    azure.fault(Fault::always("GET", "/service/gate", Kind::Page(404)));
    let replaced = with_apim(&azure, "link --replace");
    assert_eq!(replaced.code, Some(0), "{replaced:?}");
}

#[test]
fn a_backend_of_another_type_is_linked_elsewhere_and_a_missing_service_is_dangling() {
    let azure = FakeAzure::with_scene(Options::default());
    let backend = format!("{SITE}/builds/default/linkedBackends/b");
    let state = |named: &str| {
        azure.put(&json!({"id": backend, "properties": {"backendResourceId": named, "provisioningState": "Succeeded"}}));
        let status = run(&azure, "status -o json");
        status.json()["links"][0]["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        state(&SERVICE.replace("Microsoft.ApiManagement/service", "Microsoft.App/containerApps")),
        "linked-elsewhere"
    );
    assert_eq!(state(OTHER), "dangling");
}

#[test]
fn a_missing_resource_group_is_named_as_such() {
    let azure = FakeAzure::with_scene(Options::default());
    let missing = Kind::Error(404, "ResourceGroupNotFound", "Resource group 'rg' could not be found.");
    azure.fault(Fault::always("GET", "/resourcegroups/rg/", missing));
    let link = run(&azure, "link");
    assert_eq!(link.code, Some(4), "{link:?}");
    assert!(link.stderr.contains("has no resource group `rg`"), "{link:?}");
}

#[test]
fn an_accepted_change_with_an_unknown_result_exits_with_7() {
    let takes = std::time::Duration::from_millis(1_200);
    let kinds = [
        Kind::Error(403, "AuthorizationFailed", "The client does not have authorization."),
        Kind::Error(400, "BadRequest", "no"),
        Kind::Error(412, "PreconditionFailed", "no"),
        Kind::Page(404),
    ];
    side_by_side(kinds, |kind| {
        let azure =
            FakeAzure::with_scene(Options { shape: Shape::AsyncOperation, takes, ..Options::default() });
        azure.fault(Fault::always("GET", "/operationresults/", kind.clone()));
        let link = run(&azure, "link --timeout 4s");
        assert_eq!(link.code, Some(7), "{kind:?}: {link:?}");
        azure.mend();
        let again = run(&azure, "link --grace 60");
        assert_eq!(again.code, Some(0), "{kind:?}: {again:?}");
    });
}

#[test]
fn a_404_while_a_change_is_carried_out_is_waited_out() {
    let takes = std::time::Duration::from_millis(1_200);
    side_by_side(Shape::ALL, |shape| {
        let azure = FakeAzure::with_scene(Options { shape, takes, ..Options::default() });
        for path in ["/operationresults/", "/linkedbackends/gate"] {
            azure.fault(Fault::once("GET", path, Kind::Page(404)));
        }
        let link = run(&azure, "link");
        assert_eq!(link.code, Some(0), "{shape:?}: {link:?}");
    });
}

#[test]
fn the_version_after_an_operation_is_read_and_not_taken_from_what_was_sent() {
    let takes = std::time::Duration::from_millis(100);
    let azure = FakeAzure::with_scene(Options { shape: Shape::AsyncOperation, takes, ..Options::default() });
    assert_eq!(run(&azure, "link").code, Some(0));
    assert_eq!(run(&azure, "api add orders").code, Some(0));
    let id = format!("{SITE}/builds/default/linkedBackends/gate");
    let mut backend = azure.state().get(&id).cloned().unwrap();
    backend["properties"]["region"] = "Central US".into();
    azure.put(&backend);
    azure.take_seen();
    let relink = run(&azure, "relink");
    assert_eq!(relink.code, Some(0), "{relink:?}");
    let changes_of_keys = azure.take_seen().into_iter().filter(|seen| seen.method == "PATCH").count();
    assert_eq!(changes_of_keys, 2, "one swap, and one retirement");
}

#[test]
fn another_operation_is_waited_for() {
    for kind in [
        Kind::Error(
            409,
            "ServiceLocked",
            "The API Service gate is transitioning at this time. Please try the request again later.",
        ),
        Kind::Says(
            429,
            "{\"Code\":\"429\",\"Message\":\"Cannot acquire exclusive lock to create, update or delete this site. Retry the request later.\"}",
        ),
        Kind::Says(409, "{\"Code\":\"Conflict\",\"Message\":\"Another operation is in progress.\"}"),
    ] {
        let azure = FakeAzure::with_scene(Options::default());
        azure.fault(Fault::once("PUT", "/linkedbackends/", kind.clone()));
        let link = run(&azure, "link");
        assert_eq!(link.code, Some(0), "{kind:?}: {link:?}");
    }
}

#[test]
fn a_wait_beyond_the_time_of_the_command_is_reported_at_once() {
    let takes = std::time::Duration::from_secs(1);
    let azure =
        FakeAzure::with_scene(Options { shape: Shape::AcceptedLocation, takes, ..Options::default() });
    azure.fault(Fault::once("PUT", "/linkedbackends/", Kind::Header("retry-after", u64::MAX.to_string())));
    let link = run(&azure, "link");
    assert_eq!(link.code, Some(7), "{link:?}");
    let azure = FakeAzure::with_scene(Options::default());
    for after in [u64::MAX.to_string(), "Fri, 31 Dec 9999 23:59:59 GMT".to_owned()] {
        azure.fault(Fault::always("GET", "/staticsites/", Kind::Later(429, after)));
        let status = run(&azure, "status");
        assert_eq!(status.code, Some(5), "{status:?}");
        assert!(status.stderr.contains("hint: wait "), "{status:?}");
        azure.mend();
    }
}

#[test]
fn a_list_that_goes_round_in_a_circle_is_an_error() {
    let azure = linked();
    let link = format!("{}{SERVICE}/products?api-version=2024-05-01&x=1", azure.endpoint());
    azure.fault(Fault::always("GET", "/service/gate/products", Kind::NextLink(link)));
    let status = run(&azure, "status");
    assert_eq!(status.code, Some(5), "{status:?}");
    assert!(status.stderr.contains("refers to a page that was already read"), "{status:?}");
}

#[test]
fn a_token_of_one_letter_leaves_messages_as_they_are() {
    let azure = FakeAzure::with_scene(Options::default());
    let message = "The access token is invalid; renew the token.";
    azure.fault(Fault::always("GET", "/", Kind::Error(401, "InvalidAuthenticationToken", message)));
    let status = Run::of(&command(&azure, "status").env("SWA_APIM_ACCESS_TOKEN", "e").output().unwrap());
    assert_eq!(status.code, Some(6), "{status:?}");
    assert!(status.stderr.contains("The access token is invalid; renew the token"), "{status:?}");
}

#[test]
fn a_missing_store_of_certificates_is_named_with_its_variable_at_once() {
    let azure = FakeAzure::with_scene(Options::default());
    let mut command = command(&azure, "status");
    command.env("SWA_APIM_ENDPOINT", "https://127.0.0.1:1").env("SSL_CERT_FILE", "/nonexistent/ca.pem");
    let status = Run::of(&command.output().unwrap());
    assert_eq!(status.code, Some(2), "{status:?}");
    assert!(
        status.stderr.contains("SSL_CERT_FILE is set to `/nonexistent/ca.pem`, which does not exist"),
        "{status:?}"
    );
}

#[test]
fn a_proxy_is_named_by_its_variable_and_without_its_password() {
    if !Path::new("/etc/ssl/certs/ca-certificates.crt").exists() {
        crate::skip::skipped("this machine has no store of certificates");
        return;
    }
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = proxy.local_addr().unwrap().port();
    let serving = thread::spawn(move || {
        let (mut stream, _) = proxy.accept().unwrap();
        let mut request = [0; 4_096];
        let _ = stream.read(&mut request).unwrap();
        stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    let azure = FakeAzure::with_scene(Options::default());
    let through = |port: u16| {
        let mut command = command(&azure, "status --timeout 2s");
        command.env("SWA_APIM_ENDPOINT", "https://arm.example");
        command.env("HTTPS_PROXY", format!("http://user:hunter2@127.0.0.1:{port}"));
        Run::of(&command.output().unwrap())
    };
    let asked = through(port);
    serving.join().unwrap();
    assert_eq!(asked.code, Some(6), "{asked:?}");
    let refused = through(1);
    assert_eq!(refused.code, Some(5), "{refused:?}");
    for run in [asked, refused] {
        assert!(run.stderr.contains("(from HTTPS_PROXY)") && !run.stderr.contains("hunter2"), "{run:?}");
    }
}

#[test]
fn a_policy_without_json_around_it_is_judged_and_a_page_is_not_taken_for_one() {
    const BARE: &str = "<!-- IMPORTANT: bare -->\r\n<policies>\r\n\t<inbound>\r\n\t\t<base />\r\n\t\t<validate-jwt \
        header-name=\"X-MS-AUTH-TOKEN\">\r\n\t\t\t<openid-config url=\"https://agreeable-smoke-06273c21e.5.azurestaticapps.net/.auth/.well-known/openid-configuration\" />\
        \r\n\t\t</validate-jwt>\r\n\t</inbound>\r\n</policies>";
    let azure = linked();
    azure.fault(Fault::always("GET", "/policies/policy", Kind::Says(200, BARE)));
    let status = run(&azure, "status -o json").json();
    assert_eq!(status["links"][0]["policy"]["verdict"], "healthy", "{status}");
    assert_eq!(status["links"][0]["state"], "linked", "{status}");
    azure.mend();
    azure.fault(Fault::always("GET", "/policies/policy", Kind::Page(200)));
    let page = run(&azure, "link --timeout 3s");
    assert_eq!(page.code, Some(5), "{page:?}");
    assert_eq!(writes(&azure), Vec::<String>::new());
}
