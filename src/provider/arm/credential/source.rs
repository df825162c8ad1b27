//! The configured credentials, and how each obtains a token.
#![warn(clippy::arithmetic_side_effects)]

use std::{fmt, sync::Arc, time::Duration};

use azure_core::{
    cloud::{CloudConfiguration, CustomConfiguration},
    credentials::{Secret, TokenCredential, TokenRequestOptions},
    error::ErrorKind,
    http::{ClientMethodOptions, ClientOptions, ExponentialRetryOptions, RetryOptions, Transport},
};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzureDeveloperCliCredential, AzurePipelinesCredential,
    AzurePipelinesCredentialOptions, ClientAssertion, ClientAssertionCredential,
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
    ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential,
    WorkloadIdentityCredentialOptions,
};
use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use super::{AccessToken, CredentialError, CredentialKind, CredentialOptions, error::Tried};
use crate::provider::arm::{
    failure::redact::{redacted, without},
    http::endpoint::is_loopback,
};

/// How many times an authority that cannot be reached is retried, over about a second: other credentials may remain to
/// be tried.
const ASKED_AGAIN: u32 = 3;
/// How long the metadata address of the machine may take to answer. Outside Azure, no server answers there.
const MACHINE: Duration = Duration::from_secs(2);

/// Environment variables that hold secrets, besides tokens, which are recognised by their form.
const SECRETS: [&str; 5] = [
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "AZURE_CLIENT_SECRET",
    "IDENTITY_HEADER",
    "MSI_SECRET",
    "SYSTEM_ACCESSTOKEN",
];

/// A configured credential.
pub(super) struct TokenSource {
    kind: CredentialKind,
    scope: String,
    patience: Duration,
    /// Secrets that are removed from its messages.
    secrets: Vec<String>,
    way: Way,
}

enum Way {
    Given(AccessToken),
    Asked(Arc<dyn TokenCredential>),
}

/// All configured credentials, in the order in which they are tried.
pub(super) struct Configured {
    pub(super) sources: Vec<TokenSource>,
    /// Credentials that are configured but cannot be used.
    pub(super) impossible: Vec<Tried>,
}

impl TokenSource {
    /// Returns a source for a token that is already known.
    fn given(token: AccessToken) -> Self {
        let (kind, patience) = (CredentialKind::AccessToken, Duration::MAX);
        Self { kind, scope: String::new(), patience, secrets: Vec::new(), way: Way::Given(token) }
    }

    /// Returns a source that requests a token, for at most `patience`.
    pub(super) fn asked(
        kind: CredentialKind,
        scope: &str,
        patience: Duration,
        credential: Arc<dyn TokenCredential>,
    ) -> Self {
        let way = Way::Asked(credential);
        Self { kind, scope: scope.to_owned(), patience, secrets: Vec::new(), way }
    }

    pub(super) fn kind(&self) -> CredentialKind {
        self.kind
    }

    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// Returns a token, or one line that explains why there is none.
    pub(super) async fn token(&self) -> Result<AccessToken, String> {
        let credential = match &self.way {
            Way::Given(token) => return Ok(token.clone()),
            Way::Asked(credential) => credential,
        };
        let token = credential.get_token(&[&self.scope], None).await;
        let token = token.map_err(|error| line(&without(&error.to_string(), &self.secrets)))?;
        let ends = Timestamp::from_second(token.expires_on.unix_timestamp()).ok();
        Ok(AccessToken::new(token.token, ends))
    }
}

/// Returns the first line of a library's message, without secrets.
fn line(text: &str) -> String {
    let text = unquoted(text);
    let first =
        text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("the reason is not known");
    redacted(first).chars().take(300).collect()
}

/// Returns the message of Entra that the library quotes in an error of its own. The library cannot parse a text with
/// line ends, which every message of Entra has.
fn unquoted(text: &str) -> String {
    let Some((before, quoted)) = text.split_once("invalid type: string \"") else { return text.to_owned() };
    let said = quoted.split("\", expected a borrowed string").next().unwrap_or(quoted);
    [before, &said.replace("\\r\\n", "\n").replace("\\\"", "\"")].concat()
}

impl Configured {
    pub(super) fn find(options: &CredentialOptions<'_>) -> Result<Self, CredentialError> {
        let variables = options.variables;
        let wanted = match (options.kind, variables("SWA_APIM_CREDENTIAL")) {
            (Some(kind), _) => Some(kind),
            (None, Some(word)) => Some(word.parse()?),
            (None, None) => None,
        };
        let given = variables("SWA_APIM_ACCESS_TOKEN");
        if let Some(given) = given.filter(|_| wanted.is_none_or(|kind| kind == CredentialKind::AccessToken)) {
            let token = AccessToken::given(&given, options.ambient.now())?;
            return Ok(Self { sources: vec![TokenSource::given(token)], impossible: Vec::new() });
        }
        let maker = Maker::new(options)?;
        let secrets: Vec<String> = SECRETS.into_iter().filter_map(variables).collect();
        let mut found = Self { sources: Vec::new(), impossible: Vec::new() };
        for kind in CredentialKind::ALL.iter().copied().filter(|kind| wanted.is_none_or(|it| it == *kind)) {
            match maker.make(kind) {
                Made::Source(credential) => {
                    let (scope, patience) = (options.endpoint.scope(), maker.patience(kind));
                    let source = TokenSource::asked(kind, scope, patience, credential);
                    found.sources.push(TokenSource { secrets: secrets.clone(), ..source });
                }
                Made::Impossible(problem) => found.impossible.push(Tried { kind, problem }),
                Made::Missing(missing) if wanted.is_some() => {
                    return Err(CredentialError::NotConfigured { kind, missing });
                }
                Made::Missing(_) => {}
            }
        }
        // Outside Azure, a request to the metadata address ends only when its time is over, so it is tried last.
        found.sources.sort_by_key(|source| source.patience == MACHINE);
        Ok(found)
    }
}

enum Made {
    Source(Arc<dyn TokenCredential>),
    /// It is configured, but cannot be used.
    Impossible(String),
    /// It is not configured; this is the missing setting.
    Missing(&'static str),
}

struct Maker {
    variables: fn(&str) -> Option<String>,
    http: reqwest::Client,
    authority: String,
    audience: &'static str,
    azure_subscription: Option<String>,
}

impl Maker {
    fn new(options: &CredentialOptions<'_>) -> Result<Self, CredentialError> {
        let http =
            (options.http)().map_err(|error| CredentialError::Certificates { problem: error.to_string() })?;
        let authority = options.endpoint.authority();
        let host = authority.host_str().unwrap_or_default();
        let audience = if host.ends_with(".chinacloudapi.cn") {
            "api://AzureADTokenExchangeChina"
        } else if host.ends_with(".microsoftonline.us") {
            "api://AzureADTokenExchangeUSGov"
        } else {
            "api://AzureADTokenExchange"
        };
        let authority = (options.variables)("AZURE_AUTHORITY_HOST").unwrap_or_else(|| authority.to_string());
        let azure_subscription = options.azure_subscription.clone();
        Ok(Self { variables: options.variables, http, authority, audience, azure_subscription })
    }

    fn variable(&self, name: &str) -> Option<String> {
        (self.variables)(name)
    }

    fn patience(&self, kind: CredentialKind) -> Duration {
        let asks_machine = kind == CredentialKind::ManagedIdentity && !self.identity_is_announced();
        if asks_machine { MACHINE } else { kind.patience() }
    }

    fn identity_is_announced(&self) -> bool {
        ["IDENTITY_ENDPOINT", "MSI_ENDPOINT"].iter().any(|name| self.variable(name).is_some())
    }

    fn client_options(&self) -> ClientOptions {
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host.clone_from(&self.authority);
        ClientOptions {
            transport: Some(Transport::new(Arc::new(self.http.clone()))),
            cloud: Some(Arc::new(CloudConfiguration::Custom(cloud))),
            retry: RetryOptions::exponential(ExponentialRetryOptions {
                max_retries: ASKED_AGAIN,
                ..ExponentialRetryOptions::default()
            }),
            ..ClientOptions::default()
        }
    }

    /// Returns the tenant and the application id of a credential that signs in as an application.
    fn application(&self) -> Option<(String, String)> {
        Some((self.variable("AZURE_TENANT_ID")?, self.variable("AZURE_CLIENT_ID")?))
    }

    fn make(&self, kind: CredentialKind) -> Made {
        match kind {
            CredentialKind::AccessToken => Made::Missing("set SWA_APIM_ACCESS_TOKEN"),
            CredentialKind::ClientSecret => self.client_secret(),
            CredentialKind::ClientCertificate => match self.variable("AZURE_CLIENT_CERTIFICATE_PATH") {
                Some(_) => Made::Impossible("this build does not support certificates".to_owned()),
                None => Made::Missing("set AZURE_CLIENT_CERTIFICATE_PATH"),
            },
            CredentialKind::WorkloadIdentity => self.workload_identity(),
            CredentialKind::AzurePipelines => self.azure_pipelines(),
            CredentialKind::GitHubActions => self.github_actions(),
            CredentialKind::ManagedIdentity => self.managed_identity(),
            CredentialKind::AzureCli => self.azure_cli(),
            CredentialKind::AzureDeveloperCli => made(AzureDeveloperCliCredential::new(None)),
        }
    }

    /// `az` returns a token of the tenant of its default subscription, unless a subscription is requested. It refuses
    /// an unknown subscription, such as an emulator's; in that case the token of the default is used.
    fn azure_cli(&self) -> Made {
        let of = |azure_subscription: Option<String>| {
            let options = AzureCliCredentialOptions {
                subscription: azure_subscription,
                ..AzureCliCredentialOptions::default()
            };
            AzureCliCredential::new(Some(options))
        };
        let first =
            self.azure_subscription.clone().and_then(|azure_subscription| of(Some(azure_subscription)).ok());
        match (first, of(None)) {
            (Some(first), Ok(second)) => Made::Source(Arc::new(EitherAzureCli { first, second })),
            (None, second) => made(second),
            (Some(_), Err(error)) => made::<AzureCliCredential>(Err(error)),
        }
    }

    fn client_secret(&self) -> Made {
        let (Some((tenant, client)), Some(secret)) =
            (self.application(), self.variable("AZURE_CLIENT_SECRET"))
        else {
            return Made::Missing("set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET");
        };
        let options = ClientSecretCredentialOptions { client_options: self.client_options() };
        made(ClientSecretCredential::new(&tenant, client, Secret::new(secret), Some(options)))
    }

    fn assertion_options(&self) -> ClientAssertionCredentialOptions {
        ClientAssertionCredentialOptions { client_options: self.client_options() }
    }

    fn workload_identity(&self) -> Made {
        let (Some((tenant, client)), Some(file)) =
            (self.application(), self.variable("AZURE_FEDERATED_TOKEN_FILE"))
        else {
            return Made::Missing("set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE");
        };
        made(WorkloadIdentityCredential::new(Some(WorkloadIdentityCredentialOptions {
            credential_options: self.assertion_options(),
            client_id: Some(client),
            tenant_id: Some(tenant),
            token_file_path: Some(file.into()),
        })))
    }

    fn azure_pipelines(&self) -> Made {
        let of_connection = |name: &str| self.variable(&format!("AZURESUBSCRIPTION_{name}"));
        let (Some(client), Some(tenant), Some(connection), Some(token), Some(_)) = (
            of_connection("CLIENT_ID"),
            of_connection("TENANT_ID"),
            of_connection("SERVICE_CONNECTION_ID"),
            self.variable("SYSTEM_ACCESSTOKEN"),
            self.variable("SYSTEM_OIDCREQUESTURI"),
        ) else {
            return Made::Missing(
                "run the command in an AzureCLI task of Azure Pipelines, and pass SYSTEM_ACCESSTOKEN to it",
            );
        };
        let options = AzurePipelinesCredentialOptions { credential_options: self.assertion_options() };
        made(AzurePipelinesCredential::new(tenant, client, &connection, token, Some(options)))
    }

    fn github_actions(&self) -> Made {
        let (Some((tenant, client)), Some(address), Some(token)) = (
            self.application(),
            self.variable("ACTIONS_ID_TOKEN_REQUEST_URL"),
            self.variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
        ) else {
            return Made::Missing(
                "set AZURE_TENANT_ID and AZURE_CLIENT_ID in a job with `permissions: id-token: write`",
            );
        };
        let Ok(mut address) = Url::parse(&address) else {
            return Made::Impossible("ACTIONS_ID_TOKEN_REQUEST_URL is not a URL".to_owned());
        };
        if address.scheme() != "https" && !is_loopback(&address) {
            let problem = "ACTIONS_ID_TOKEN_REQUEST_URL is not an https URL, so the token of the job was not \
                           sent";
            return Made::Impossible(problem.to_owned());
        }
        address.query_pairs_mut().append_pair("audience", self.audience);
        let job = GitHubJob { http: self.http.clone(), address, token: Secret::new(token) };
        made(ClientAssertionCredential::new(tenant, client, job, Some(self.assertion_options())))
    }

    fn managed_identity(&self) -> Made {
        made(ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
            user_assigned_id: self.variable("AZURE_CLIENT_ID").map(UserAssignedId::ClientId),
            client_options: self.client_options(),
        })))
    }
}

fn made<C: TokenCredential + 'static>(credential: azure_core::Result<Arc<C>>) -> Made {
    match credential {
        Ok(credential) => Made::Source(credential),
        Err(error) => Made::Impossible(line(&error.to_string())),
    }
}

/// Runs `az` with one Azure subscription, and if that fails, with its default.
#[derive(Debug)]
struct EitherAzureCli {
    first: Arc<AzureCliCredential>,
    second: Arc<AzureCliCredential>,
}

#[async_trait::async_trait]
impl TokenCredential for EitherAzureCli {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<azure_core::credentials::AccessToken> {
        match self.first.get_token(scopes, options.clone()).await {
            Ok(token) => Ok(token),
            Err(_) => self.second.get_token(scopes, options).await,
        }
    }
}

/// A GitHub Actions job, which receives a token that identifies it.
struct GitHubJob {
    http: reqwest::Client,
    address: Url,
    token: Secret,
}

impl fmt::Debug for GitHubJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GitHubJob")
    }
}

#[async_trait::async_trait]
impl ClientAssertion for GitHubJob {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let failed = |what: &'static str| azure_core::Error::with_message(ErrorKind::Credential, what);
        let request = self.http.get(self.address.clone()).bearer_auth(self.token.secret());
        let response = request.send().await.map_err(|_| failed("GitHub does not answer"))?;
        let body: Value = response
            .error_for_status()
            .map_err(|_| failed("GitHub does not issue a token for this job"))?
            .json()
            .await
            .map_err(|_| failed("the answer of GitHub is not JSON"))?;
        let token = body.get("value").and_then(Value::as_str);
        token.map(str::to_owned).ok_or_else(|| failed("the answer of GitHub contains no token"))
    }
}
