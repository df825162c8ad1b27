//! Chance from a seed: the same numbers for the same seed, in every version of the test.

/// A source of numbers, [SplitMix64](https://prng.di.unimi.it/splitmix64.c).
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

/// What a seed decides. Each part has numbers of its own, so that one more decision in one of them leaves the others
/// as they are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    World,
    Weather,
    Network,
    /// What happens between the saving of a plan and its application.
    Meanwhile,
    /// The program's own random numbers.
    Program,
}

impl Chance {
    pub(crate) fn of_part(seed: u64, part: Part) -> Self {
        let mut chance = Self::new(seed);
        let first = chance.next();
        Self::new(first ^ (part as u64))
    }

    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let first = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let second = (first ^ (first >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        second ^ (second >> 31)
    }

    /// A number from 0 up to `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    /// True with a probability of `permille` in a thousand.
    pub(crate) fn hits(&mut self, permille: usize) -> bool {
        self.below(1_000) < permille
    }

    pub(crate) fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}
