//! Which link a page is about: that of an env, or that of a site that no env names.

use url::form_urlencoded::Serializer;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The characters that stand for themselves in a segment of an address.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The link that a page is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Subject {
    /// The link of the env with this name.
    Env(String),
    /// The link of a site that no env names.
    Site(SiteLink),
}

/// A site environment that no env names, and a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SiteLink {
    /// The ARM id of the site.
    pub(super) site: String,
    /// The environment of the site.
    pub(super) environment: String,
    /// The ARM id of the service.
    pub(super) apim: String,
}

impl Subject {
    /// The name of the env, or of the site.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Env(env) => env,
            Self::Site(link) => link.site.rsplit('/').next().unwrap_or(&link.site),
        }
    }

    /// The address of the link's page.
    pub(super) fn address(&self) -> String {
        self.below("")
    }

    /// The address of a page below that of the link, such as `relink`, with further parameters.
    pub(super) fn address_of(&self, word: &str, options: &[(&str, &str)]) -> String {
        let address = self.below(&format!("/{word}"));
        if options.is_empty() {
            return address;
        }
        let options = Serializer::new(String::new()).extend_pairs(options).finish();
        let sign = if address.contains('?') { '&' } else { '?' };
        format!("{address}{sign}{options}")
    }

    fn below(&self, tail: &str) -> String {
        match self {
            Self::Env(env) => format!("/links/{}{tail}", segment(env)),
            Self::Site(link) => {
                let query = Serializer::new(String::new()).extend_pairs(link.fields()).finish();
                format!("/site{tail}?{query}")
            }
        }
    }

    /// The parameters that name the link in another address.
    pub(super) fn fields(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Env(env) => vec![("env", env)],
            Self::Site(link) => link.fields().into(),
        }
    }
}

impl SiteLink {
    fn fields(&self) -> [(&'static str, &str); 3] {
        [("id", &self.site), ("environment", &self.environment), ("apim", &self.apim)]
    }
}

/// The address of the page of a site, on which the service is chosen.
pub(super) fn site_address(site: &str, environment: &str) -> String {
    let fields = [("id", site), ("environment", environment)];
    format!("/site?{}", Serializer::new(String::new()).extend_pairs(fields).finish())
}

fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_part_of_an_address() {
        let env = Subject::Env("a/../b?c=d&e#f".to_owned());
        assert_eq!(env.address(), "/links/a%2F..%2Fb%3Fc%3Dd%26e%23f");
        assert_eq!(
            env.address_of("link", &[("replace", "yes")]),
            "/links/a%2F..%2Fb%3Fc%3Dd%26e%23f/link?replace=yes"
        );
        let site = Subject::Site(SiteLink {
            site: "/x&apim=y".to_owned(),
            environment: "default".to_owned(),
            apim: "/z".to_owned(),
        });
        assert_eq!(
            site.address_of("link", &[("replace", "yes")]),
            "/site/link?id=%2Fx%26apim%3Dy&environment=default&apim=%2Fz&replace=yes"
        );
    }
}
