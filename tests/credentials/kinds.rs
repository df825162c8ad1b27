//! Each kind of credential, as the server that gives the token sees it.

use serde_json::json;

use crate::{
    authority::{Authority, entra_token},
    azure::TOKEN,
    world::{APPLICATION, World, az_answer, giving, source_of},
};

#[test]
fn a_client_secret_is_sent_to_the_authority_of_the_tenant() {
    let (world, authority) = (World::new(), giving());
    let variables = [&APPLICATION[..], &[("AZURE_CLIENT_SECRET", "hush & hush")]].concat();
    assert_eq!(source_of(&world.run_trusting(&authority, &variables)), "client-secret");
    let asked = authority.asked();
    assert_eq!(asked.len(), 1, "once for all that is asked of Azure");
    assert!(asked[0].line.starts_with("POST /contoso.example/oauth2/v2.0/token "), "{asked:?}");
    assert_eq!(asked[0].form("client_secret"), "hush & hush");
    assert_eq!(asked[0].form("client_id"), "the-application");
    assert_eq!(asked[0].form("scope"), "https://management.azure.com/.default");
}

#[test]
fn a_workload_proves_itself_with_the_token_in_a_file() {
    let (world, authority) = (World::new(), giving());
    world.program.write("federated", "token-of-kubernetes");
    let file = world.program.path("federated");
    let variables = [&APPLICATION[..], &[("AZURE_FEDERATED_TOKEN_FILE", file.to_str().unwrap())]].concat();
    assert_eq!(source_of(&world.run_trusting(&authority, &variables)), "workload-identity");
    assert_eq!(authority.asked()[0].form("client_assertion"), "token-of-kubernetes");
}

#[test]
fn a_job_of_github_proves_itself_with_the_token_that_github_gives_it() {
    let (world, authority) = (World::new(), giving());
    let github = Authority::plain(|_| (200, json!({"value": "token-of-the-job"}).to_string()));
    let address = format!("{}/job?x=1", github.origin);
    let job =
        [("ACTIONS_ID_TOKEN_REQUEST_URL", address.as_str()), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of-github")];
    let variables = [&APPLICATION[..], &job].concat();
    assert_eq!(source_of(&world.run_trusting(&authority, &variables)), "github-actions");
    let asked = &github.asked()[0];
    assert!(asked.line.starts_with("GET /job?x=1&audience=api%3A%2F%2FAzureADTokenExchange "), "{asked:?}");
    assert!(asked.head.contains("authorization: bearer of-github"), "{asked:?}");
    assert_eq!(authority.asked()[0].form("client_assertion"), "token-of-the-job");
}

#[test]
fn a_pipeline_proves_itself_with_the_token_of_its_service_connection() {
    let (world, authority) = (World::new(), giving());
    let pipelines = Authority::plain(|_| (200, json!({"oidcToken": "token-of-the-pipeline"}).to_string()));
    let variables = [
        ("AZURESUBSCRIPTION_CLIENT_ID", "the-application"),
        ("AZURESUBSCRIPTION_TENANT_ID", "contoso.example"),
        ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "the-connection"),
        ("SYSTEM_ACCESSTOKEN", "of-pipelines"),
        ("SYSTEM_OIDCREQUESTURI", &pipelines.origin),
    ];
    assert_eq!(source_of(&world.run_trusting(&authority, &variables)), "azure-pipelines");
    let asked = &pipelines.asked()[0];
    assert!(asked.line.contains("serviceConnectionId=the-connection"), "{asked:?}");
    assert_eq!(authority.asked()[0].form("client_assertion"), "token-of-the-pipeline");
}

#[test]
fn a_machine_with_an_identity_is_asked_for_it() {
    let world = World::new();
    let machine = Authority::plain(|_| {
        let token = json!({"access_token": TOKEN, "expires_on": "4070912645", "token_type": "Bearer",
            "resource": "https://management.azure.com"});
        (200, token.to_string())
    });
    let variables = [("IDENTITY_ENDPOINT", machine.origin.as_str()), ("IDENTITY_HEADER", "of-the-machine")];
    assert_eq!(source_of(&world.run(&variables)), "managed-identity");
    let asked = &machine.asked()[0];
    assert!(asked.line.contains("resource=https%3A%2F%2Fmanagement.azure.com"), "{asked:?}");
    assert!(!asked.line.contains("client_id"), "the machine's own: {asked:?}");
    assert!(asked.head.contains("x-identity-header: of-the-machine"), "{asked:?}");
    let named = [&variables[..], &[("AZURE_CLIENT_ID", "another")]].concat();
    assert_eq!(source_of(&world.run(&named)), "managed-identity");
    assert!(machine.asked()[1].line.contains("client_id=another"));
}

#[test]
fn a_sign_in_with_the_azure_cli_is_sufficient() {
    let world = World::new();
    world.install("az", &az_answer());
    assert_eq!(source_of(&world.run(&[])), "azure-cli");
    let ran = world.ran("az").unwrap();
    let asked = "account get-access-token -o json --scope https://management.azure.com/.default";
    assert_eq!(ran.trim(), format!("{asked} --subscription 00000000-0000-0000-0000-000000000001"));
}

#[test]
fn the_azure_developer_cli_will_do_as_well() {
    let world = World::new();
    world.install("az", "echo \"Please run 'az login' to setup account.\" >&2; exit 1");
    world.install("azd", &format!("echo '{}'", json!({"token": TOKEN, "expiresOn": "2099-01-02T03:04:05Z"})));
    assert_eq!(source_of(&world.run(&[])), "azure-developer-cli");
    assert!(world.ran("az").is_some(), "which is asked first");
}

#[test]
fn an_authority_without_a_trusted_certificate_receives_nothing() {
    let world = World::new();
    let authority = Authority::with_tls(|_| entra_token(TOKEN));
    let variables = [
        &APPLICATION[..],
        &[("AZURE_CLIENT_SECRET", "hush"), ("AZURE_AUTHORITY_HOST", authority.origin.as_str())],
        &[("SWA_APIM_CREDENTIAL", "client-secret")],
    ];
    let output = world.run(&variables.concat());
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    assert_eq!(authority.asked().len(), 0);
}
