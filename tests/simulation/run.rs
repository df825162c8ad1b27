//! One seed: a world, a command in bad weather, and twice the same command in good weather. The command may be one that
//! saves a plan, and the one that applies it, with changes by others in between.

use std::{
    fmt::{self, Write as _},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::FutureExt as _;
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
    chance::{Chance, Part},
    found::Known,
    mutants::Mutant,
    network::{Entry, Network, Weather},
    oracle::{self, Watch},
    verb::{self, How, Run, Verb},
    world::World,
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
    start: Timestamp,
    since: Instant,
}

impl Ambient for Simulated {
    fn now(&self) -> Timestamp {
        self.start.saturating_add(self.since.elapsed()).unwrap()
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
    /// The seed, the world and the weather.
    pub(crate) title: String,
    /// Verb, start and exit codes.
    pub(crate) line: String,
    runs: Vec<Told>,
}

/// One run of the program, for people.
#[derive(Debug)]
struct Told {
    when: &'static str,
    outcome: Outcome,
    log: Vec<Entry>,
    others: Vec<String>,
}

impl Report {
    /// The world, the requests and the reports, for people.
    pub(crate) fn story(&self) -> String {
        let mut story = format!("{}\n", self.title);
        self.runs.iter().for_each(|run| tell(&mut story, run));
        story
    }
}

/// What a world is lived through with.
#[derive(Clone, Copy)]
pub(crate) enum Tale {
    /// All of it follows from a seed.
    Seed(u64),
    /// A world that is kept, in the weather of a seed; in none with 0.
    Known(&'static Known, u64),
}

impl fmt::Display for Tale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seed(seed) => write!(f, "SEED={seed}"),
            Self::Known(known, weather) => write!(f, "`{}`, in weather {weather}", known.name),
        }
    }
}

impl Report {
    /// The report of a world in which the program panicked.
    pub(crate) fn of_panic(tale: Tale, text: &str) -> Self {
        let faults = vec![format!("the program panicked: {text}")];
        Self { faults, title: tale.to_string(), line: "panic".to_owned(), runs: Vec::new() }
    }
}

/// Lives through it.
pub(crate) fn simulate(tale: Tale, mutant: Mutant) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(lived(tale, mutant))
}

async fn lived(tale: Tale, mutant: Mutant) -> Report {
    let (Tale::Seed(seed) | Tale::Known(_, seed)) = tale;
    seed_keys(seed);
    let ((world, mut azure), weather) = match tale {
        Tale::Seed(seed) => (World::new(seed), Weather::new(seed)),
        Tale::Known(known, 0) => (World::of(known, 0), Weather { strikes: known.strikes, ..Weather::CALM }),
        Tale::Known(known, seed) => {
            (World::of(known, seed), Weather { strikes: known.strikes, ..Weather::new(seed) })
        }
    };
    let watch = Watch::new(world.verb, world.start, &mut azure);
    let network = Arc::new(Network::new(azure, watch, Chance::of_part(seed, Part::Network), mutant));
    let mut life = Life {
        ambient: Arc::new(Simulated {
            chance: Mutex::new(Chance::of_part(seed, Part::Program)),
            start: Timestamp::from_second(world.clock).unwrap(),
            since: Instant::now(),
        }),
        network,
        mutant,
        quiet: false,
        report: Report { title: format!("{tale}: {world:?}, {weather:?}"), ..Report::default() },
        world,
    };
    let first = life.disturbed(seed, weather).await;
    sleep(AFTERWARDS).await;
    life.undisturbed(first).await;
    life.report
}

/// A world, and what was found in it.
struct Life {
    world: World,
    network: Arc<Network>,
    ambient: Arc<Simulated>,
    mutant: Mutant,
    /// Whether nothing happened while the command ran for the first time.
    quiet: bool,
    report: Report,
}

impl Life {
    async fn run(&self, run: Run) -> Outcome {
        let mut outcome = ran(verb::invocation(self.world.verb, self.world.flags, run), self).await;
        outcome.code = outcome.code.map(|code| self.mutant.exit(code));
        outcome
    }

    fn others(&self) -> Vec<String> {
        self.network.inner().others.clone()
    }

    fn fault(&mut self, faults: impl IntoIterator<Item = String>) {
        self.report.faults.extend(faults);
    }

    fn tell(&mut self, when: &'static str, outcome: &Outcome, log: Vec<Entry>, others: Vec<String>) {
        self.report.runs.push(Told { when, outcome: outcome.clone(), log, others });
    }

    /// Runs the command while anything may happen, and returns its exit code.
    async fn disturbed(&mut self, seed: u64, weather: Weather) -> Option<i32> {
        let mut how = Run::Now;
        if self.world.how == How::BySavedPlan {
            if !self.save(seed, &weather).await {
                return None;
            }
            how = Run::Apply;
        }
        self.network.turn(weather);
        let outcome = self.run(how).await;
        let log = self.network.calm();
        let others = self.others();
        let deceived = log.iter().any(|entry| entry.heard.starts_with("Twice"));
        self.quiet = how == Run::Now && others.is_empty() && log.iter().all(Entry::is_honest);
        let verb = self.world.verb;
        let faults = {
            let mut inner = self.network.inner();
            let inner = &mut *inner;
            let mut faults = std::mem::take(&mut inner.watch.violations);
            faults.extend(oracle::untrue(&outcome, &log, &inner.watch, verb, &others));
            if outcome.code == Some(0) && others.is_empty() && !deceived {
                let unmet = oracle::unmet(verb, &inner.watch, &mut inner.azure);
                faults.extend(unmet.map(|it| format!("exit code 0, and {it}")));
            }
            faults
        };
        self.fault(faults);
        self.tell("in bad weather", &outcome, log, others);
        outcome.code
    }

    /// Saves a plan, and lets others change something. Returns whether there is a plan.
    async fn save(&mut self, seed: u64, weather: &Weather) -> bool {
        let mut chance = Chance::of_part(seed, Part::Meanwhile);
        let _ = std::fs::remove_file(verb::plan());
        // What strikes a world that is kept strikes the saving as well.
        let mut is_saved = false;
        if chance.hits(300) || !weather.strikes.is_empty() {
            self.network.turn(weather.clone());
            is_saved = self.save_once("a plan is saved in bad weather").await.code == Some(0);
        }
        // With any other exit code, the plan may lack what could not be determined, so it is made again.
        if !is_saved || !verb::plan().exists() {
            let _ = std::fs::remove_file(verb::plan());
            // The target may be one for which there is no plan.
            let saved = self.save_once("a plan is saved").await;
            if saved.code != Some(0) {
                let others = self.others();
                let is_refused = saved.code == Some(4) && oracle::may_be_refused(&self.world, &others);
                self.fault((!is_refused).then(|| format!("no plan is saved: {:?}", saved.code)));
                return false;
            }
        }
        if chance.hits(500) {
            (0..=chance.below(2)).for_each(|_| self.network.inner().act());
        }
        true
    }

    async fn save_once(&mut self, when: &'static str) -> Outcome {
        let outcome = self.run(Run::Save).await;
        let log = self.network.calm();
        let violations = std::mem::take(&mut self.network.inner().watch.violations);
        self.fault(violations);
        self.fault(oracle::untrue_of_saving(&outcome, &log, verb::plan().exists()));
        self.tell(when, &outcome, log, Vec::new());
        outcome
    }

    /// Runs the command until there is nothing to do, while nothing else happens.
    async fn undisturbed(&mut self, first: Option<i32>) {
        if self.world.how == How::BySavedPlan && verb::plan().exists() {
            let applied = self.calm(Run::Apply, "the plan once more, undisturbed").await;
            let moved = self.network.inner().watch.has_changed || !self.others().is_empty();
            let fits = applied == Some(0) || applied == Some(4) && moved;
            self.fault((!fits).then(|| format!("a plan ends with {applied:?}, undisturbed")));
        }
        let second = match first {
            // It was undisturbed already.
            Some(0) if self.quiet => first,
            Some(_) | None => self.calm(Run::Now, "undisturbed").await,
        };
        let allowed =
            second == Some(0) || second == Some(4) && oracle::may_be_refused(&self.world, &self.others());
        self.fault((!allowed).then(|| format!("undisturbed, the command ends with {second:?}")));
        // A relink replaces the keys each time.
        if second == Some(0) && self.world.verb != Verb::Relink {
            let third = self.run(Run::Now).await;
            let log = self.network.calm();
            if log.iter().any(Entry::is_write) || third.code != Some(0) {
                let text = format!("run once more, the command ends with {:?} and writes", third.code);
                self.fault([text]);
                self.tell("once more", &third, log, Vec::new());
            }
        }
        let World { verb, start, how, .. } = self.world;
        self.report.line = format!("{verb:?} {how:?} {start:?} {first:?} {second:?}");
    }

    /// Runs the program while nothing else happens, and returns its exit code.
    async fn calm(&mut self, run: Run, when: &'static str) -> Option<i32> {
        self.network.inner().watch.changed = false;
        let outcome = self.run(run).await;
        let log = self.network.calm();
        let (verb, others) = (self.world.verb, self.others());
        let faults = {
            let mut inner = self.network.inner();
            let inner = &mut *inner;
            let mut faults = std::mem::take(&mut inner.watch.violations);
            faults.extend(oracle::untrue(&outcome, &log, &inner.watch, verb, &others));
            // A plan is for what there was when it was made.
            let for_now = run == Run::Now || others.is_empty();
            if outcome.code == Some(0) && for_now {
                let unmet = oracle::unmet(verb, &inner.watch, &mut inner.azure);
                faults.extend(unmet.map(|it| format!("exit code 0, and {it}")));
            }
            faults
        };
        self.fault(faults.into_iter().map(|text| format!("undisturbed: {text}")));
        self.tell(when, &outcome, log, Vec::new());
        outcome.code
    }
}

async fn ran(invocation: &Invocation, Life { network, ambient, .. }: &Life) -> Outcome {
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
    // It may end in the moment of its crash, which must not be left to the next run.
    let code = code.filter(|_| network.crashed.notified().now_or_never().is_none());
    let written = written.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Outcome { code, stdout: written.stdout, stderr: written.stderr }
}

fn tell(story: &mut String, Told { when, outcome, log, others }: &Told) {
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
