//! Property tests: every report in every format, with hostile text in every field.

use anstream::adapter::strip_str;
use proptest::prelude::*;
use strum::VariantNames as _;

use super::{
    ci::{Pipeline, Reader},
    format::{Format, json},
    printable,
    style::Style,
    ui::{Report, Ui, UiOptions},
};
use crate::{
    diagnosis::ExitCode,
    engine::{
        ChangeKind, Condition, FieldChange, FindingCode, HopName, LastChange, LinkState, Orphaned, Severity,
        StepAction,
    },
    model::{ResourceId, is_hazard},
    report::{Event, *},
};

/// Generates hostile names: letters, and everything that controls terminals and pipelines.
fn nasty() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("a b".to_owned()),
        Just("\u{1b}]52;c;aGk=\u{7}".to_owned()),
        Just("\u{1b}]8;;https://x.example\u{1b}\\".to_owned()),
        Just("\u{1b}[31m✗\u{9b}2J".to_owned()),
        Just("\u{202e}\u{2066}\u{200b}\u{feff}".to_owned()),
        Just("\r\n::error::x\n".to_owned()),
        Just("::add-mask::x".to_owned()),
        Just("##vso[task.complete]##[error]".to_owned()),
        Just("###vso[task.complete]####[error]".to_owned()),
        Just("|`<b>[x](y)&\t".to_owned()),
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(part, 1..4).prop_map(|parts| parts.concat())
}

fn finding(text: &str) -> FindingReport {
    let value = || Some(text.to_owned());
    FindingReport {
        code: FindingCode::ALL[0],
        severity: Severity::Broken,
        resource: value(),
        field: value(),
        expected: value(),
        actual: value(),
        message: text.to_owned(),
        hint: text.to_owned(),
        last_change: Some(LastChange {
            time: text.to_owned(),
            caller: Some(text.to_owned()),
            summary: text.to_owned(),
        }),
    }
}

fn error(text: &str) -> ErrorReport {
    let text = text.to_owned();
    let (causes, hint) = (vec![text.clone()], Some(text.clone()));
    ErrorReport { message: text, causes, hint, exit_code: 5, retry_after_ms: None }
}

const SERVICE: &str = "/subscriptions/s/resourceGroups/r/providers/Microsoft.ApiManagement/service/a";

fn step(text: &str) -> StepReport {
    let product = |name: &str| ResourceId::parse(&format!("{SERVICE}/products/{name}"));
    let (target, reason) = (product(text).or_else(|_| product("a")).unwrap(), text.to_owned());
    StepReport {
        action: StepAction::PutProduct,
        kind: ChangeKind::Update,
        target,
        reason,
        changes: vec![FieldChange {
            field: text.to_owned(),
            before: text.to_owned(),
            after: text.to_owned(),
        }],
        status: StepStatus::Unknown,
        seconds: None,
    }
}

fn link(text: &str) -> LinkReport {
    let mut link = LinkReport::unread(text, text, text, text, error(text));
    link.static_site.default_hostname = Some(text.to_owned());
    link.static_site.sku = Some(text.to_owned());
    link.apim.gateway_url = Some(text.to_owned());
    link.apim.sku = Some(text.to_owned());
    link.findings = vec![finding(text)];
    link
}

fn change(text: &str, outcome: Outcome) -> ChangeReport {
    let result = ChangeResult {
        env: text.to_owned(),
        outcome,
        steps: vec![step(text)],
        state: LinkState::Drifted,
        keys: None,
        address: Some(text.to_owned()),
        findings: vec![finding(text)],
        undo: Some(UndoReport::By { command: text.to_owned(), note: Some(text.to_owned()) }),
        error: (outcome != Outcome::Applied).then(|| error(text)),
        note: Some(text.to_owned()),
        product: Some(text.to_owned()),
        told: Told::Nothing,
        summary: text.to_owned(),
        exit: ExitCode::Success,
    };
    ChangeReport { schema_version: SCHEMA_VERSION, command: text.to_owned(), results: vec![result] }
}

fn prune(text: &str) -> PruneReport {
    let own = || text.to_owned();
    let product = PrunedReport {
        id: own(),
        name: own(),
        hostname: own(),
        reason: Orphaned::SiteGone,
        message: own(),
        outcome: PruneOutcome::Failed,
        steps: vec![step(text)],
        error: Some(error(text)),
        exit: ExitCode::Success,
    };
    let spared = SparedReport { id: own(), name: own(), message: own(), undetermined: true };
    PruneReport {
        schema_version: SCHEMA_VERSION,
        command: own(),
        service: own(),
        products: vec![product],
        spared: vec![spared],
        summary: own(),
    }
}

fn doctor(text: &str) -> DoctorReport {
    let hop = HopReport {
        hop: HopName::Configuration,
        outcome: Condition::Failed,
        saw: vec![text.to_owned(), text.to_owned()],
        hint: Some(text.to_owned()),
        findings: vec![finding(text)],
    };
    DoctorReport {
        schema_version: SCHEMA_VERSION,
        env: text.to_owned(),
        outcome: Condition::Failed,
        hops: vec![hop],
        rights: None,
        role_definition: None,
        exit: ExitCode::Success,
    }
}

fn list(text: &str) -> ListReport {
    let (own, some) = (|| text.to_owned(), || Some(text.to_owned()));
    let site = ListedSite {
        id: own(),
        name: own(),
        resource_group: own(),
        subscription: own(),
        sku: some(),
        default_hostname: some(),
        environment: own(),
        linked_to: Some(LinkedToReport { kind: BackendKind::Other, id: some(), name: some() }),
        state: SiteState::LinkedElsewhere,
        env: some(),
    };
    ListReport::new(vec![site], vec![own()])
}

fn history(text: &str) -> HistoryReport {
    let (own, some) = (|| text.to_owned(), || Some(text.to_owned()));
    let event = HistoryEventReport {
        time: own(),
        caller: some(),
        operation: own(),
        summary: own(),
        resource: step(text).target,
        status: own(),
        correlation_id: some(),
    };
    HistoryReport { schema_version: SCHEMA_VERSION, events: vec![event] }
}

fn audit(text: &str) -> AuditReport {
    let (own, some) = (|| text.to_owned(), || Some(text.to_owned()));
    let subscription = ProductSubscriptionReport {
        id: own(),
        name: own(),
        display_name: some(),
        state: own(),
        created_on: some(),
        of_link: true,
    };
    let product = ProductAuditReport {
        id: own(),
        name: own(),
        display_name: own(),
        status: ProductStatus::Unknown,
        reason: Some(Orphaned::SiteGone),
        hostname: some(),
        static_site: Some(step(text).target),
        environment: some(),
        subscriptions: vec![subscription],
        apis: Some(vec![own()]),
        last_change: Some(LastChange { time: own(), caller: some(), summary: own() }),
        findings: vec![finding(text)],
    };
    let service = ServiceAuditReport {
        id: own(),
        name: own(),
        products: vec![product],
        findings: vec![finding(text)],
        activity_log: Some(ActivityLogReport { since: own(), error: some() }),
        error: Some(error(text)),
    };
    let dangling = DanglingLinkReport { static_site: own(), environment: own(), backend_resource_id: own() };
    AuditReport::new(vec![service], vec![dangling])
}

fn apis(text: &str) -> ApiListReport {
    let own = || text.to_owned();
    let api = ApiReport { name: own(), path: own(), version: None, in_product: true };
    ApiListReport { schema_version: SCHEMA_VERSION, env: own(), product: Some(own()), apis: vec![api] }
}

fn imported(text: &str) -> ImportReport {
    let model = text.to_owned();
    ImportReport { schema_version: SCHEMA_VERSION, model, created: 1, changed: 0, unchanged: 0 }
}

fn snapshot(text: &str) -> SnapshotReport {
    SnapshotReport { schema_version: SCHEMA_VERSION, model: text.to_owned(), resources: 1, changed: true }
}

fn check(shown: &str) -> Result<(), TestCaseError> {
    let steering: Vec<char> = shown.chars().filter(|c| is_hazard(*c) && *c != '\n' && *c != '\t').collect();
    prop_assert_eq!(steering, Vec::<char>::new(), "{:?}", shown);
    for line in shown.lines() {
        prop_assert!(!line.trim_start().starts_with("::"), "{:?}", shown);
        prop_assert!(!line.contains("##[") && !line.to_lowercase().contains("##vso["), "{:?}", shown);
    }
    Ok(())
}

/// What prints results in a format, in a pipe or with colours.
fn printer(format: Format, colored: bool) -> Ui {
    let mut ui = Ui::new(UiOptions { format, ..UiOptions::default() });
    ui.style = Style { decorated: colored, colored, ..Style::PLAIN };
    ui
}

/// Whether a report is harmless in every format, and has as many lines as the report with plain text.
fn harmless<R: Report>(hostile: &R, plain: &R) -> Result<(), TestCaseError> {
    for decorated in [false, true] {
        let style = Style { decorated, ..Style::PLAIN };
        check(&printable(&hostile.text(style)))?;
    }
    let style = Style::PLAIN;
    let (shown, expected) = (hostile.text(style), plain.text(style));
    prop_assert_eq!(shown.lines().count(), expected.lines().count(), "{:?}", shown);
    prop_assert_eq!(hostile.rows().tsv().lines().count(), plain.rows().tsv().lines().count());
    let value = serde_json::to_value(hostile).unwrap();
    prop_assert_eq!(&serde_json::from_str::<serde_json::Value>(&json(hostile).unwrap()).unwrap(), &value);
    for format in Format::VARIANTS.iter().map(|name| name.parse().unwrap()) {
        let (plain, painted) = (printer(format, false), printer(format, true));
        let all = [plain.whole(hostile).unwrap(), plain.selected(&value).unwrap()];
        let in_colour = [painted.whole(hostile).unwrap(), painted.selected(&value).unwrap()];
        for (shown, painted) in all.iter().zip(&in_colour) {
            check(shown)?;
            if matches!(format, Format::Jsonc | Format::Yamlc) {
                prop_assert_eq!(&strip_str(painted).to_string(), shown);
            }
        }
    }
    for reader in [Reader::GitHub, Reader::AzurePipelines] {
        let annotating = Pipeline { reader, ..Pipeline::default() };
        let annotations = annotating.tell(&hostile.events()).unwrap();
        let steers = |c: char| is_hazard(c) && c != '\n';
        prop_assert!(!annotations.contains(steers), "{:?}", annotations);
        prop_assert_eq!(
            annotations.lines().count(),
            annotating.tell(&plain.events()).unwrap().lines().count()
        );
    }
    Ok(())
}

// Several tests, so that they run at the same time.
proptest! {
    #[test]
    fn no_text_of_a_status_steers_a_terminal_or_a_pipeline(text in nasty()) {
        let status = |text: &str| StatusReport::new(vec![link(text)]);
        harmless(&status(&text), &status("a"))?;
        let several = |text: &str| StatusReport::new(vec![link(text), link(text)]);
        harmless(&several(&text), &several("a"))?;
    }

    #[test]
    fn no_text_of_a_change_steers_a_terminal_or_a_pipeline(text in nasty()) {
        for outcome in [Outcome::Applied, Outcome::Refused, Outcome::Failed] {
            harmless(&change(&text, outcome), &change("a", outcome))?;
        }
        harmless(&prune(&text), &prune("a"))?;
    }

    #[test]
    fn no_text_of_another_report_steers_a_terminal_or_a_pipeline(text in nasty()) {
        harmless(&doctor(&text), &doctor("a"))?;
        harmless(&list(&text), &list("a"))?;
        harmless(&history(&text), &history("a"))?;
        harmless(&audit(&text), &audit("a"))?;
        harmless(&apis(&text), &apis("a"))?;
        harmless(&imported(&text), &imported("a"))?;
        harmless(&snapshot(&text), &snapshot("a"))?;
    }

    #[test]
    fn no_text_of_a_failure_steers_a_pipeline(text in nasty()) {
        let failure = Event::Failure { env: Some(text.clone()), error: error(&text) };
        for reader in [Reader::GitHub, Reader::AzurePipelines] {
            let annotating = Pipeline { reader, ..Pipeline::default() };
            prop_assert_eq!(annotating.tell(std::slice::from_ref(&failure)).unwrap().lines().count(), 1);
        }
    }
}
