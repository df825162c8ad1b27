//! One seed: a world, a command in bad weather, and twice the same command in good weather.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use swa_apim::{
    ambient::Ambient,
    cli::{Invocation, Outside},
    output::{Streams, Written},
};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::{
    azure::{TOKEN, seed_keys},
    chance::Chance,
    mutants::Mutant,
    network::{Entry, Network, Weather},
    oracle::{self, Watch},
    world::{Verb, World},
};

/// How long Azure needs at most for what it has begun.
const AFTERWARDS: Duration = Duration::from_secs(60);

/// How a command ended.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// Its exit code, if it did not crash.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Time and chance of one seed.
#[derive(Debug)]
struct Simulated {
    chance: Mutex<Chance>,
    since: Instant,
}

impl Ambient for Simulated {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_764_000_000).unwrap() + self.since.elapsed()
    }

    fn unguessable(&self) -> Uuid {
        let mut chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
        uuid::Builder::from_random_bytes(
            (u128::from(chance.next()) << 64 | u128::from(chance.next())).to_be_bytes(),
        )
        .into_uuid()
    }
}

/// What came of a seed.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) faults: Vec<String>,
    /// The seed, the world, the requests and the reports, for people.
    pub(crate) story: String,
    /// Verb, start and exit codes.
    pub(crate) line: String,
}

/// Lives through a seed.
pub(crate) fn simulate(seed: u64, mutant: Mutant) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(lived(seed, mutant))
}

async fn lived(seed: u64, mutant: Mutant) -> Report {
    seed_keys(seed);
    let mut chance = Chance::new(seed);
    let (world, mut azure) = World::new(&mut chance);
    let weather = Weather::new(&mut chance);
    let invocation = world.invocation();
    let watch = Watch::new(world.verb, world.start, &mut azure);
    let network = Arc::new(Network::new(azure, watch, weather.clone(), chance.clone(), mutant));
    let ambient = Arc::new(Simulated { chance: Mutex::new(Chance::new(!seed)), since: Instant::now() });
    let mut report = Report::default();
    let _ = writeln!(
        report.story,
        "seed {seed}: {:?} from {:?}, engine provisions: {}, {weather:?}",
        world.verb, world.start, world.engine_provisions
    );

    let mut first = run(invocation, &network, &ambient).await;
    first.code = first.code.map(|code| mutant.exit(code));
    let log = network.calm();
    let others = network.inner().others.clone();
    let deceived = log.iter().any(|entry| entry.heard.starts_with("Twice"));
    {
        let mut inner = network.inner();
        let inner = &mut *inner;
        report.faults.append(&mut inner.watch.violations);
        report.faults.extend(oracle::untrue(&first, &log, &inner.watch, world.verb, &others));
        if first.code == Some(0) && others.is_empty() && !deceived {
            let unmet = oracle::unmet(world.verb, &inner.watch, &mut inner.azure);
            report.faults.extend(unmet.map(|it| format!("exit code 0, and {it}")));
        }
    }
    tell(&mut report.story, "in bad weather", &first, &log, &others);

    sleep(AFTERWARDS).await;
    network.inner().watch.changed = false;
    let second = run(invocation, &network, &ambient).await;
    let log = network.calm();
    judge_calm(&mut report, &world, &network, &second, &log, &others);
    tell(&mut report.story, "undisturbed", &second, &log, &[]);

    // A relink replaces the keys each time.
    if second.code == Some(0) && world.verb != Verb::Relink {
        let third = run(invocation, &network, &ambient).await;
        let log = network.calm();
        if log.iter().any(Entry::is_write) || third.code != Some(0) {
            report.faults.push(format!("run once more, the command ends with {:?} and writes", third.code));
            tell(&mut report.story, "once more", &third, &log, &[]);
        }
    }
    let _ = write!(report.line, "{:?} {:?} {:?} {:?}", world.verb, world.start, first.code, second.code);
    report
}

/// Judges a command that nothing disturbed.
fn judge_calm(
    report: &mut Report,
    world: &World,
    network: &Network,
    outcome: &Outcome,
    log: &[Entry],
    others: &[String],
) {
    let mut inner = network.inner();
    let inner = &mut *inner;
    report.faults.append(&mut inner.watch.violations);
    let untrue = oracle::untrue(outcome, log, &inner.watch, world.verb, others);
    report.faults.extend(untrue.into_iter().map(|text| format!("undisturbed: {text}")));
    match outcome.code {
        Some(0) => {
            let unmet = oracle::unmet(world.verb, &inner.watch, &mut inner.azure);
            report.faults.extend(unmet.map(|it| format!("undisturbed: exit code 0, and {it}")));
        }
        Some(4) if oracle::may_be_refused(world, others) => {}
        code => report.faults.push(format!("undisturbed, the command ends with {code:?}")),
    }
}

async fn run(invocation: &Invocation, network: &Arc<Network>, ambient: &Arc<Simulated>) -> Outcome {
    let written = Arc::new(Mutex::new(Written::default()));
    let outside = Outside {
        ambient: ambient.clone(),
        variables: |name| (name == "SWA_APIM_ACCESS_TOKEN").then(|| TOKEN.to_owned()),
        transport: Some(network.clone()),
        streams: Streams::Kept(Arc::clone(&written)),
    };
    let code = tokio::select! {
        biased;
        () = network.crashed.notified() => None,
        code = Box::pin(invocation.run(&outside)) => Some(code as i32),
    };
    let written = written.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Outcome { code, stdout: written.stdout, stderr: written.stderr }
}

fn tell(story: &mut String, when: &str, outcome: &Outcome, log: &[Entry], others: &[String]) {
    let _ = writeln!(story, "{when}: exit code {:?}", outcome.code);
    for act in others {
        let _ = writeln!(story, "  {act}");
    }
    for (number, entry) in log.iter().enumerate() {
        let Entry { asked, done, heard, at } = entry;
        let done = done.map_or_else(|| "not carried out".to_owned(), |status| format!("answered {status}"));
        let _ = writeln!(story, "  {number} {at:?} {} {}: {done}, heard: {heard}", asked.method, asked.path);
    }
    let _ = writeln!(story, "  stdout: {}\n  stderr: {}", outcome.stdout, outcome.stderr);
}
