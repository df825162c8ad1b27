//! Which of several credentials is taken, and what is told where none will do.

use crate::{
    authority::{Authority, entra_error},
    azure::TOKEN,
    over_http::told,
    world::{APPLICATION, World, az_answer, error_of, giving, source_of},
};

const SECRET: (&str, &str) = ("AZURE_CLIENT_SECRET", "hush");

fn with_secret<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&APPLICATION[..], &[SECRET], more].concat()
}

#[test]
fn a_specified_token_is_used_without_a_request() {
    let (world, authority) = (World::new(), giving());
    world.install("az", &az_answer());
    let output = world.run_trusting(&authority, &with_secret(&[("SWA_APIM_ACCESS_TOKEN", TOKEN)]));
    assert_eq!(source_of(&output), "access-token");
    assert_eq!((authority.asked().len(), world.ran("az")), (0, None));
}

#[test]
fn only_the_first_configured_credential_is_used() {
    let (world, authority) = (World::new(), giving());
    world.install("az", &az_answer());
    assert_eq!(source_of(&world.run_trusting(&authority, &with_secret(&[]))), "client-secret");
    assert_eq!(world.ran("az"), None);
}

#[test]
fn one_that_fails_leads_to_the_next() {
    let world = World::new();
    let authority = Authority::with_tls(|_| entra_error("AADSTS7000215: Invalid client secret."));
    world.install("az", &az_answer());
    assert_eq!(source_of(&world.run_trusting(&authority, &with_secret(&[]))), "azure-cli");
}

#[test]
fn a_kind_that_is_asked_for_is_the_only_one() {
    let (world, authority) = (World::new(), giving());
    world.install("az", &az_answer());
    let az = with_secret(&[("SWA_APIM_CREDENTIAL", "azure-cli")]);
    assert_eq!(source_of(&world.run_trusting(&authority, &az)), "azure-cli");
    assert_eq!(authority.asked().len(), 0);
    world.install("az", "exit 1");
    let output = world.run_trusting(&authority, &az);
    assert_eq!(output.status.code(), Some(6), "{}", told(&output));
    assert_eq!(authority.asked().len(), 0, "also where it gives none");
}

#[test]
fn each_tried_credential_is_reported_with_its_result_and_a_hint() {
    let world = World::new();
    let authority =
        Authority::with_tls(|_| entra_error("AADSTS7000215: Invalid client secret.\r\nTrace ID: 1"));
    world.install("az", "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
    let output = world.run_trusting(&authority, &with_secret(&[]));
    assert_eq!(output.status.code(), Some(6), "{}", told(&output));
    let said = error_of(&output);
    for part in [
        "no credential returned a token",
        "client-secret: ClientSecretCredential authentication failed. AADSTS7000215: Invalid client secret.",
        "azure-cli: AzureCliCredential authentication failed. ERROR: Please run 'az login' to setup account.",
        "azure-developer-cli: ",
        "managed-identity: ",
        "hint: sign in with `az login`, or set a token: `SWA_APIM_ACCESS_TOKEN=$(az account get-access-token",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("Trace ID"), "a line for each: {said}");
}

#[test]
fn unusable_settings_are_reported_before_the_first_request() {
    let world = World::new();
    world.install("az", &az_answer());
    for (variables, exit, part) in [
        (vec![("SWA_APIM_CREDENTIAL", "password")], 2, "SWA_APIM_CREDENTIAL: `password` is not a kind of"),
        (vec![("SWA_APIM_CREDENTIAL", "password")], 2, "hint: the kinds are access-token, client-secret"),
        (
            vec![("SWA_APIM_CREDENTIAL", "client-secret")],
            6,
            "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_",
        ),
        (vec![("SWA_APIM_ACCESS_TOKEN", "two words")], 6, "`SWA_APIM_ACCESS_TOKEN` is not a token"),
        (
            with_secret(&[
                ("AZURE_AUTHORITY_HOST", "http://localhost:1"),
                ("SWA_APIM_CREDENTIAL", "client-secret"),
            ]),
            6,
            "client-secret: authority host doesn't use HTTPS scheme",
        ),
        (
            [
                &APPLICATION[..],
                &[("ACTIONS_ID_TOKEN_REQUEST_URL", "http://github.example/job")],
                &[("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of-github"), ("SWA_APIM_CREDENTIAL", "github-actions")],
            ]
            .concat(),
            6,
            "github-actions: ACTIONS_ID_TOKEN_REQUEST_URL is not an https URL, so the token of the job was \
             not sent",
        ),
        (
            vec![("AZURE_CLIENT_CERTIFICATE_PATH", "x.pfx"), ("SWA_APIM_CREDENTIAL", "client-certificate")],
            6,
            "client-certificate: this build does not support certificates",
        ),
    ] {
        let output = world.run(&variables);
        assert_eq!(output.status.code(), Some(exit), "{variables:?}: {}", told(&output));
        assert!(error_of(&output).contains(part), "{variables:?}: {}", told(&output));
        assert_eq!(world.ran("az"), None);
    }
}
