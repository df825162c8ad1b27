use std::sync::{
    Mutex as StdMutex,
    atomic::{AtomicI64, AtomicUsize, Ordering},
};

use azure_core::{
    credentials::{AccessToken as Issued, Secret, TokenCredential, TokenRequestOptions},
    error::ErrorKind,
    time::OffsetDateTime,
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use uuid::Uuid;

use super::{source::TokenSource, *};
use crate::diagnosis::{Diagnose as _, ExitCode};

/// A clock that the test sets.
#[derive(Debug, Default)]
struct Clock(AtomicI64);

impl Clock {
    fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Ambient for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::Relaxed)).unwrap()
    }

    fn unguessable(&self) -> Uuid {
        Uuid::nil()
    }
}

/// A credential that returns numbered tokens that are valid for an hour, or none.
#[derive(Debug)]
struct Giver {
    clock: Arc<Clock>,
    given: AtomicUsize,
    refuses: StdMutex<Option<&'static str>>,
    takes: Duration,
}

impl Giver {
    fn new(clock: &Arc<Clock>) -> Arc<Self> {
        let (given, refuses, takes) = (AtomicUsize::new(0), StdMutex::default(), Duration::from_millis(10));
        Arc::new(Self { clock: Arc::clone(clock), given, refuses, takes })
    }

    fn refusing(clock: &Arc<Clock>, why: &'static str) -> Arc<Self> {
        let giver = Self::new(clock);
        *giver.refuses.lock().unwrap() = Some(why);
        giver
    }

    fn asked(&self) -> usize {
        self.given.load(Ordering::Relaxed)
    }
}

#[async_trait::async_trait]
impl TokenCredential for Giver {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<Issued> {
        let number = self.given.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(self.takes).await;
        if let Some(why) = *self.refuses.lock().unwrap() {
            return Err(azure_core::Error::with_message(ErrorKind::Credential, why));
        }
        let end = self.clock.now().as_second() + 3600;
        let end = OffsetDateTime::from_unix_timestamp(end).unwrap();
        Ok(Issued::new(Secret::new(format!("token-{number}")), end))
    }
}

const PATIENCE: Duration = Duration::from_secs(2);

fn asking(clock: &Arc<Clock>, givers: &[(CredentialKind, &Arc<Giver>)]) -> Credentials {
    let sources = givers.iter().map(|(kind, giver)| {
        let giver: Arc<dyn TokenCredential> = Arc::<Giver>::clone(giver);
        TokenSource::asked(*kind, "scope", PATIENCE, giver)
    });
    let configured = Configured { sources: sources.collect(), impossible: Vec::new() };
    let ambient = Arc::<Clock>::clone(clock);
    Credentials { configured, ambient, held: Mutex::default(), fetching: tokio::sync::Mutex::default() }
}

fn one(clock: &Arc<Clock>) -> (Credentials, Arc<Giver>) {
    let giver = Giver::new(clock);
    (asking(clock, &[(CredentialKind::AzureCli, &giver)]), giver)
}

#[tokio::test(start_paused = true)]
async fn a_token_is_used_until_shortly_before_its_end() {
    let clock = Arc::new(Clock::default());
    let (credentials, giver) = one(&clock);
    assert_eq!(credentials.token().await.unwrap().secret(), "token-0");
    clock.forward(3600 - 301);
    assert_eq!(credentials.token().await.unwrap().secret(), "token-0");
    clock.forward(1);
    assert_eq!(credentials.token().await.unwrap().secret(), "token-1", "five minutes before its end");
    assert_eq!(giver.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn many_who_need_one_at_once_ask_for_one() {
    let clock = Arc::new(Clock::default());
    let (credentials, giver) = one(&clock);
    let all = futures_util::future::join_all((0..20).map(|_| credentials.token())).await;
    assert!(all.iter().all(|token| token.as_ref().unwrap().secret() == "token-0"));
    assert_eq!(giver.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_once_it_is_old_enough_for_that_to_help() {
    let clock = Arc::new(Clock::default());
    let (credentials, _) = one(&clock);
    assert!(!credentials.forget(), "there is none yet");
    credentials.token().await.unwrap();
    clock.forward(59);
    assert!(!credentials.forget(), "a fresh one is refused for another reason");
    clock.forward(1);
    assert!(credentials.forget());
    assert_eq!(credentials.kind_in_use(), None);
    assert_eq!(credentials.token().await.unwrap().secret(), "token-1");
}

#[tokio::test(start_paused = true)]
async fn the_first_credential_that_returns_a_token_is_used_after_earlier_ones_failed() {
    let clock = Arc::new(Clock::default());
    let (no, yes, never) = (Giver::refusing(&clock, "no"), Giver::new(&clock), Giver::new(&clock));
    let kinds = [CredentialKind::ClientSecret, CredentialKind::AzureCli, CredentialKind::AzureDeveloperCli];
    let credentials = asking(&clock, &[(kinds[0], &no), (kinds[1], &yes), (kinds[2], &never)]);
    credentials.token().await.unwrap();
    assert_eq!(credentials.kind_in_use(), Some(CredentialKind::AzureCli));
    assert_eq!((no.asked(), yes.asked(), never.asked()), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn one_that_does_not_answer_is_waited_for_no_longer_than_it_deserves() {
    let clock = Arc::new(Clock::default());
    let silent =
        Arc::new(Giver { takes: Duration::from_secs(600), ..Arc::into_inner(Giver::new(&clock)).unwrap() });
    let no = Giver::refusing(&clock, "first line, with eyJhbGciOi.J9.x\nsecond line");
    let kinds = [CredentialKind::ManagedIdentity, CredentialKind::AzureCli];
    let credentials = asking(&clock, &[(kinds[0], &silent), (kinds[1], &no)]);
    let error = credentials.token().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no credential returned a token\nmanaged-identity: no answer within 2 s\nazure-cli: first line, with \
         …"
    );
    let diagnosis = error.diagnosis();
    assert_eq!(diagnosis.exit, ExitCode::NotAuthorized);
    assert!(diagnosis.hint.unwrap().text(|_, _| String::new()).contains("az login"));
}

fn http() -> reqwest::Result<reqwest::Client> {
    // If a provider is installed, it is the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().build()
}

fn no_http() -> reqwest::Result<reqwest::Client> {
    panic!("no request is expected")
}

/// Returns the kinds that are found, in order, and those that cannot be used.
fn found(
    variables: fn(&str) -> Option<String>,
) -> Result<(Vec<CredentialKind>, Vec<CredentialKind>), CredentialError> {
    let endpoint = Endpoint::public();
    let ambient = Arc::new(Clock::default());
    let found = Configured::find(&CredentialOptions {
        kind: None,
        endpoint: &endpoint,
        http,
        variables,
        ambient,
        azure_subscription: None,
    })?;
    let impossible = found.impossible.iter().map(|tried| tried.kind);
    Ok((found.sources.iter().map(TokenSource::kind).collect(), impossible.collect()))
}

fn set(names: &[&str], name: &str) -> Option<String> {
    let value = match name.rsplit('_').next() {
        Some("URL" | "ENDPOINT") => "https://localhost/",
        Some("FILE") => concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        _ => "x",
    };
    names.contains(&name).then(|| value.to_owned())
}

#[test]
fn configured_credentials_are_found_in_order_and_the_managed_identity_is_last() {
    use CredentialKind as Kind;
    let always = [Kind::AzureCli, Kind::AzureDeveloperCli, Kind::ManagedIdentity];
    assert_eq!(found(|_| None).unwrap(), (always.to_vec(), Vec::new()));
    let (kinds, impossible) = found(|name| {
        let application = ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"];
        let files = ["AZURE_FEDERATED_TOKEN_FILE", "AZURE_CLIENT_CERTIFICATE_PATH"];
        let github = ["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"];
        set(&[&application[..], &files, &github].concat(), name)
    })
    .unwrap();
    let configured = [Kind::ClientSecret, Kind::WorkloadIdentity, Kind::GitHubActions];
    assert_eq!(kinds, [&configured[..], &always].concat());
    assert_eq!(impossible, [Kind::ClientCertificate]);
}

#[test]
fn a_machine_that_announces_an_identity_is_asked_in_its_turn() {
    use CredentialKind as Kind;
    let (kinds, _) = found(|name| set(&["MSI_ENDPOINT"], name)).unwrap();
    assert_eq!(kinds, [Kind::ManagedIdentity, Kind::AzureCli, Kind::AzureDeveloperCli]);
}

#[test]
fn half_of_what_a_kind_needs_is_not_enough() {
    for half in [
        &["AZURE_CLIENT_SECRET"][..],
        &["AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"],
        &["AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"],
        &["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"],
        &["SYSTEM_ACCESSTOKEN", "SYSTEM_OIDCREQUESTURI"],
    ] {
        static HALF: StdMutex<&[&str]> = StdMutex::new(&[]);
        *HALF.lock().unwrap() = half;
        let (kinds, impossible) = found(|name| set(&HALF.lock().unwrap(), name)).unwrap();
        assert_eq!((kinds.len(), impossible.len()), (3, 0), "{half:?}");
    }
}

#[test]
fn a_given_token_makes_all_else_superfluous_certificates_as_well() {
    let variables = |name: &str| set(&["SWA_APIM_ACCESS_TOKEN", "AZURE_CLIENT_SECRET"], name);
    let endpoint = Endpoint::public();
    let ambient = Arc::new(Clock::default());
    let options = CredentialOptions {
        kind: None,
        endpoint: &endpoint,
        http: no_http,
        variables,
        ambient,
        azure_subscription: None,
    };
    let found = Configured::find(&options).unwrap();
    assert_eq!(
        found.sources.iter().map(TokenSource::kind).collect::<Vec<_>>(),
        [CredentialKind::AccessToken]
    );
}

#[tokio::test]
async fn a_given_token_is_never_forgotten() {
    let variables = |name: &str| set(&["SWA_APIM_ACCESS_TOKEN"], name);
    let endpoint = Endpoint::public();
    let clock = Arc::new(Clock::default());
    let ambient = Arc::<Clock>::clone(&clock);
    let options = CredentialOptions {
        kind: None,
        endpoint: &endpoint,
        http: no_http,
        variables,
        ambient,
        azure_subscription: None,
    };
    let credentials = Credentials::new(&options).unwrap();
    assert_eq!(credentials.token().await.unwrap().secret(), "x");
    clock.forward(10_000);
    assert!(!credentials.forget(), "there is no other one to be had");
    assert_eq!(credentials.token().await.unwrap().secret(), "x");
}

#[test]
fn a_value_that_is_not_a_token_is_refused() {
    let clock = Clock::default();
    clock.forward(1000);
    let given = |text: &str| AccessToken::given(text, clock.now());
    for text in ["abc", " abc\n", "Bearer abc", "bearer abc"] {
        assert_eq!(given(text).unwrap().secret(), "abc", "{text:?}");
    }
    for text in ["", "  ", "Bearer ", "two words", "na\u{ef}ve", "a\u{7}b"] {
        let error = given(text).unwrap_err();
        assert!(text.trim().is_empty() || !error.to_string().contains(text.trim()), "{error}");
    }
    let ending = |end: i64| format!("e.{}.s", BASE64_URL_SAFE_NO_PAD.encode(format!("{{\"exp\":{end}}}")));
    assert_eq!(
        given(&ending(1000)).unwrap_err().to_string(),
        "`SWA_APIM_ACCESS_TOKEN` contains a token that has expired"
    );
    assert_eq!(given(&ending(1001)).unwrap().ends(), Timestamp::from_second(1001).ok());
    assert_eq!(given("not.json.at-all").unwrap().ends(), None);
}

#[tokio::test(start_paused = true)]
async fn nothing_that_is_printed_of_it_shows_a_token() {
    let clock = Arc::new(Clock::default());
    let (credentials, _) = one(&clock);
    let token = credentials.token().await.unwrap();
    let shown = format!("{credentials:?} {token:?} {:?}", credentials.configured.sources[0].kind());
    assert!(!shown.contains("token-0"), "{shown}");
}

#[test]
fn every_kind_has_one_word_by_which_it_is_asked_for() {
    for kind in CredentialKind::ALL.iter().copied() {
        assert_eq!(kind.as_str().parse(), Ok(kind));
        assert_eq!(kind.as_str().to_uppercase().parse(), Ok(kind));
    }
    let error = "password".parse::<CredentialKind>().unwrap_err();
    assert_eq!(error.diagnosis().exit, ExitCode::Usage);
    assert!(error.diagnosis().hint.unwrap().text(|_, _| String::new()).contains("azure-developer-cli"));
}
