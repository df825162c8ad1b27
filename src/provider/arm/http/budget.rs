//! The limits on how much one command reads over HTTP.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// The maximum number of bytes of answers that one command reads.
const BYTES: usize = 1 << 30;
/// The maximum number of pages of lists that one command reads.
const PAGES: usize = 100_000;

/// How much the command may still read, from all control planes and lists together. Clones share it.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Left>);

#[derive(Debug)]
struct Left {
    bytes: AtomicUsize,
    pages: AtomicUsize,
}

impl Default for Budget {
    /// 1,024 MiB and 100,000 pages.
    fn default() -> Self {
        Self::of(BYTES, PAGES)
    }
}

impl Budget {
    fn of(bytes: usize, pages: usize) -> Self {
        Self(Arc::new(Left { bytes: AtomicUsize::new(bytes), pages: AtomicUsize::new(pages) }))
    }

    /// Resets the budget to its initial size, for a command that reads repeatedly for hours.
    pub fn renew(&self) {
        self.0.bytes.store(BYTES, Ordering::Relaxed);
        self.0.pages.store(PAGES, Ordering::Relaxed);
    }

    /// Deducts bytes that were read. If there were too many, returns the problem with the answer.
    pub(in crate::provider::arm) fn take_bytes(&self, count: usize) -> Result<(), String> {
        take(&self.0.bytes, count)
            .ok_or_else(|| format!("exceeds the limit of {} MiB for a command", BYTES >> 20))
    }

    /// Deducts a page that is about to be read. If there were too many, returns the problem with the list.
    pub(in crate::provider::arm) fn take_page(&self) -> Result<(), String> {
        take(&self.0.pages, 1).ok_or_else(|| format!("exceeds the limit of {PAGES} pages for a command"))
    }
}

fn take(left: &AtomicUsize, count: usize) -> Option<()> {
    let less = |left: usize| left.checked_sub(count);
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).ok().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_what_is_left_until_it_is_renewed() {
        let (one, limits) = (Budget::of(10, 2), ["MiB", "pages"]);
        let other = one.clone();
        one.take_bytes(6).unwrap();
        assert!(other.take_bytes(5).unwrap_err().contains(limits[0]));
        other.take_bytes(4).unwrap();
        one.take_page().unwrap();
        other.take_page().unwrap();
        assert!(one.take_page().unwrap_err().contains(limits[1]));
        one.renew();
        assert_eq!((other.take_bytes(BYTES), other.take_page()), (Ok(()), Ok(())));
    }
}
