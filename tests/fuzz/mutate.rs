//! Inputs by chance, the same in every run.

/// The longest input, in bytes.
const LONGEST: usize = 16 << 10;

/// Pieces that parsers take for something else than text.
const PIECES: [&[u8]; 40] = [
    b"\"",
    b"'",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b"(",
    b")",
    b"<",
    b">",
    b"</",
    b"/>",
    b"&",
    b";",
    b"&#x0;",
    b"&lt;",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"-->",
    b"<!DOCTYPE a>",
    b"@(",
    b"@{",
    b"{{",
    b"}}",
    b":",
    b",",
    b"/",
    b"//",
    b"%2f",
    b"%",
    b"\0",
    b"\r\n",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xf0\x9f\x98\x80",
    b"1e999",
];

const WORDS: [&[u8]; 16] = [
    b"null",
    b"true",
    b"-1",
    b"0",
    b"18446744073709551616",
    b"0.1",
    b"[]",
    b"{}",
    b"\"\"",
    b"\"id\"",
    b"\"value\"",
    b" and ",
    b" or ",
    b"not(",
    b"http://",
    b"localhost",
];

/// Texts that nest as deeply as their length lets them.
pub(crate) fn deep() -> Vec<Vec<u8>> {
    let openings: [&[u8]; 12] = [
        b"[",
        b"{\"a\":",
        b"(",
        b"<a>",
        b"not(",
        b"where (",
        b"<choose><when condition=\"true\">",
        b"@(",
        b"a[",
        b"[a.",
        b"{\"error\":{\"details\":[",
        b"{\"innererror\":",
    ];
    openings.iter().map(|opening| opening.repeat(LONGEST * 4 / opening.len())).collect()
}

/// Mutates seeds.
pub(crate) struct Mutator<'s> {
    seeds: &'s [Vec<u8>],
    state: u64,
}

impl<'s> Mutator<'s> {
    pub(crate) fn new(seeds: &'s [Vec<u8>]) -> Self {
        Self { seeds, state: 0x9e37_79b9_7f4a_7c15 }
    }

    /// The next input: a seed with one to eight changes.
    pub(crate) fn input(&mut self) -> Vec<u8> {
        let mut input = self.seed();
        for _ in 0..=self.below(8) {
            self.change(&mut input);
            input.truncate(LONGEST);
        }
        input
    }

    fn seed(&mut self) -> Vec<u8> {
        let at = self.below(self.seeds.len());
        self.seeds[at].clone()
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let (from, to) = self.range(input.len());
        match self.below(8) {
            0 if from < input.len() => input[from] ^= 1 << self.below(8),
            1 => drop(input.drain(from..to)),
            2 => input.truncate(from),
            3 => {
                let piece = PIECES[self.below(PIECES.len())];
                input.splice(from..from, piece.iter().copied());
            }
            4 => {
                let word = WORDS[self.below(WORDS.len())];
                input.splice(from..to, word.iter().copied());
            }
            5 => {
                let again = input[from..to].repeat(1 + self.below(4));
                input.splice(to..to, again);
            }
            6 => {
                let other = self.seed();
                let (start, end) = self.range(other.len());
                input.splice(from..to, other[start..end].iter().copied());
            }
            _ => {
                let byte = u8::try_from(self.below(256)).unwrap_or_default();
                input.splice(from..from, [byte]);
            }
        }
    }

    /// A range of positions, short more often than long.
    fn range(&mut self, length: usize) -> (usize, usize) {
        let from = self.below(length + 1);
        let reach = if self.below(4) == 0 { length } else { 16 };
        let to = from + self.below((length - from).min(reach) + 1);
        (from, to)
    }

    /// A number below a limit, by xorshift.
    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state % limit.max(1) as u64).unwrap_or_default()
    }
}
