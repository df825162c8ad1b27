//! What can go wrong.

use super::routes::Reply;

/// Whether the request is carried out before it goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Before,
    After,
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// An answer with this status and no more than a code.
    Status(u16),
    /// A status with `Retry-After`.
    Later(u16, String),
    /// An error of Resource Manager.
    Error(u16, &'static str, &'static str),
    /// A page of HTML.
    Page(u16),
    /// This very body.
    Says(u16, &'static str),
    /// A challenge for more claims.
    Claims,
    /// The connection is reset.
    Reset,
    /// Less is sent than was announced.
    Truncated,
    /// A body that is no JSON.
    Malformed,
    /// A body that goes on for ever, slowly.
    Endless,
    /// A body of a gigabyte.
    Huge,
    /// No answer.
    Hang,
    /// A redirection.
    Redirect(u16, String),
    /// Another header in an honest answer; without a value, none of that name.
    Header(&'static str, String),
    /// Another next page in an honest answer.
    NextLink(String),
}

/// A fault, and which requests it strikes.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) method: &'static str,
    /// What the path contains, in lower case; with `$` behind it, how the path ends.
    pub(crate) path: &'static str,
    /// How many are let through first.
    pub(crate) skip: usize,
    /// How many are struck.
    pub(crate) times: usize,
    pub(crate) when: When,
    pub(crate) kind: Kind,
}

pub(super) enum Effect {
    Reply(Reply),
    Headers(Vec<(String, String)>),
    NextLink(String),
    Reset,
    Hang,
    Body { declared: Option<u64>, content: Vec<u8>, repeats: u64 },
}

impl Fault {
    /// One that strikes the first request.
    pub(crate) fn once(method: &'static str, path: &'static str, kind: Kind) -> Self {
        Self { method, path, skip: 0, times: 1, when: When::Before, kind }
    }

    /// One that strikes every request.
    pub(crate) fn always(method: &'static str, path: &'static str, kind: Kind) -> Self {
        Self { times: usize::MAX, ..Self::once(method, path, kind) }
    }

    pub(crate) fn after(self) -> Self {
        Self { when: When::After, ..self }
    }

    pub(super) fn strikes(&mut self, method: &str, path: &str) -> Option<(When, Effect)> {
        let path = path.to_ascii_lowercase();
        let is_meant = match self.path.strip_suffix('$') {
            Some(end) => path.ends_with(end),
            None => path.contains(self.path),
        };
        let fits = (self.method == "*" || self.method == method) && is_meant && self.times > 0;
        if !fits {
            return None;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        self.times -= 1;
        Some((self.when, self.kind.effect()))
    }
}

impl Kind {
    fn effect(&self) -> Effect {
        let headed = |status: u16, name: &str, value: &str| {
            let mut reply = Reply::status(status);
            reply.headers.push((name.to_owned(), value.to_owned()));
            Effect::Reply(reply)
        };
        match self {
            Self::Status(status) => Effect::Reply(Reply::error(*status, "Fault", "something went wrong")),
            Self::Later(status, after) => {
                let mut reply = Reply::error(*status, "Fault", "something went wrong");
                reply.headers.push(("retry-after".to_owned(), after.clone()));
                Effect::Reply(reply)
            }
            Self::Error(status, code, message) => Effect::Reply(Reply::error(*status, code, message)),
            Self::Page(status) => {
                let text = "<html><head><title>A proxy is in your way</title></head></html>".to_owned();
                Effect::Reply(Reply { text: Some(text), ..Reply::status(*status) })
            }
            Self::Says(status, body) => {
                Effect::Reply(Reply { text: Some((*body).to_owned()), ..Reply::status(*status) })
            }
            Self::Claims => headed(
                401,
                "www-authenticate",
                "Bearer realm=\"\", error=\"insufficient_claims\", claims=\"eyJhIjp7fX0=\"",
            ),
            Self::Reset => Effect::Reset,
            Self::Truncated => {
                Effect::Body { declared: Some(1000), content: b"{\"id\": \"/subscr".to_vec(), repeats: 1 }
            }
            Self::Malformed => {
                Effect::Body { declared: None, content: b"{\"id\": /subscriptions".to_vec(), repeats: 1 }
            }
            Self::Endless => Effect::Body { declared: None, content: b" ".to_vec(), repeats: u64::MAX },
            Self::Huge => Effect::Body { declared: None, content: vec![b' '; 1 << 20], repeats: 1 << 10 },
            Self::Hang => Effect::Hang,
            Self::Redirect(status, to) => headed(*status, "location", to),
            Self::Header(name, value) => Effect::Headers(vec![((*name).to_owned(), value.clone())]),
            Self::NextLink(link) => Effect::NextLink(link.clone()),
        }
    }
}
