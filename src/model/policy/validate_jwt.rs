//! What a policy demands of tokens, read from its `validate-jwt` as
//! [API Management](https://learn.microsoft.com/azure/api-management/validate-jwt-policy) has it.

use roxmltree::{Document, Node};

use super::{ApimPolicy, applies_to_every_request, texts_of, without_mark};

/// Where a request carries its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenPlace {
    /// In the header of this name.
    Header(String),
    /// In the query parameter of this name.
    QueryParameter(String),
}

/// How many of the values that a claim may have it has to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimMatch {
    /// Each of them.
    All,
    /// At least one.
    Any,
}

/// A claim that a token has to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredClaim {
    /// The claim's name.
    pub name: String,
    /// How many of `values` it has to have.
    pub matching: ClaimMatch,
    /// The values; none where it is enough that the claim is there.
    pub values: Vec<String>,
    /// What stands between the values of a claim that is one text.
    pub separator: Option<String>,
}

/// A `validate-jwt` that applies to every request, with the defaults of the service filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidateJwt {
    /// Where it looks for the token.
    pub token: TokenPlace,
    /// The scheme that has to stand before the token.
    pub scheme: Option<String>,
    /// The status of a refusal.
    pub failure_status: u16,
    /// The message of every refusal, in place of the one that says why.
    pub failure_message: Option<String>,
    /// Whether a token has to say when it expires.
    pub requires_expiration: bool,
    /// Whether a token has to be signed.
    pub requires_signature: bool,
    /// By how many seconds clocks may differ.
    pub clock_skew: u64,
    /// Where the keys and issuers are published that it trusts.
    pub openid_configurations: Vec<String>,
    /// The issuers that it trusts.
    pub issuers: Vec<String>,
    /// Whom a token may be meant for; anybody, where there are none.
    pub audiences: Vec<String>,
    /// What else a token has to claim.
    pub required_claims: Vec<RequiredClaim>,
}

/// A policy that cannot be carried out as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnfitPolicy {
    /// It is not well-formed XML; the text says where.
    #[error("the policy is not well-formed: {0}")]
    NotXml(String),
    /// An attribute has a value that it cannot have.
    #[error("`{name}=\"{value}\"` of `validate-jwt` is {problem}")]
    Attribute {
        /// The attribute.
        name: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// It does not say where the token is.
    #[error("`validate-jwt` needs a `header-name` or a `query-parameter-name`")]
    NoTokenPlace,
}

impl ApimPolicy {
    /// Every check of tokens that applies to every request, in the order in which they are made.
    ///
    /// # Errors
    ///
    /// [`UnfitPolicy`] if the policy is not well-formed, or a check of it cannot be carried out.
    pub fn token_checks(&self) -> Result<Vec<ValidateJwt>, UnfitPolicy> {
        let document = Document::parse(without_mark(&self.xml));
        let document = document.map_err(|error| UnfitPolicy::NotXml(error.to_string()))?;
        document.descendants().filter(|node| applies_to_every_request(*node)).map(ValidateJwt::read).collect()
    }
}

impl ValidateJwt {
    fn read(element: Node<'_, '_>) -> Result<Self, UnfitPolicy> {
        let text = |name| element.attribute(name).map(str::to_owned);
        let openid = element.descendants().filter(|node| node.has_tag_name("openid-config"));
        Ok(Self {
            token: token_place(element)?,
            scheme: text("require-scheme"),
            failure_status: failure_status(element)?,
            failure_message: text("failed-validation-error-message"),
            requires_expiration: flag(element, "require-expiration-time")?,
            requires_signature: flag(element, "require-signed-tokens")?,
            clock_skew: number(element, "clock-skew")?.unwrap_or(0),
            openid_configurations: openid
                .filter_map(|node| node.attribute("url"))
                .map(str::to_owned)
                .collect(),
            issuers: texts_of(element, "issuer"),
            audiences: texts_of(element, "audience"),
            required_claims: element
                .descendants()
                .filter(|node| node.has_tag_name("claim"))
                .map(required_claim)
                .collect::<Result<_, _>>()?,
        })
    }
}

fn token_place(element: Node<'_, '_>) -> Result<TokenPlace, UnfitPolicy> {
    let header = element.attribute("header-name").map(|name| TokenPlace::Header(name.to_owned()));
    let query = || Some(TokenPlace::QueryParameter(element.attribute("query-parameter-name")?.to_owned()));
    header.or_else(query).ok_or(UnfitPolicy::NoTokenPlace)
}

fn failure_status(element: Node<'_, '_>) -> Result<u16, UnfitPolicy> {
    const NAME: &str = "failed-validation-httpcode";
    let Some(status) = number(element, NAME)? else { return Ok(401) };
    let fits = u16::try_from(status).ok().filter(|status| (200..600).contains(status));
    fits.ok_or_else(|| unfit(element, NAME, "no status of a refusal"))
}

fn flag(element: Node<'_, '_>, name: &'static str) -> Result<bool, UnfitPolicy> {
    match element.attribute(name) {
        None => Ok(true),
        Some(value) if value.eq_ignore_ascii_case("true") => Ok(true),
        Some(value) if value.eq_ignore_ascii_case("false") => Ok(false),
        Some(_) => Err(unfit(element, name, "neither true nor false")),
    }
}

fn number(element: Node<'_, '_>, name: &'static str) -> Result<Option<u64>, UnfitPolicy> {
    let parsed = element.attribute(name).map(|value| value.trim().parse());
    parsed.transpose().map_err(|_| unfit(element, name, "no number"))
}

fn required_claim(element: Node<'_, '_>) -> Result<RequiredClaim, UnfitPolicy> {
    let matching = match element.attribute("match") {
        None | Some("all") => ClaimMatch::All,
        Some("any") => ClaimMatch::Any,
        Some(_) => return Err(unfit(element, "match", "neither all nor any")),
    };
    Ok(RequiredClaim {
        name: element.attribute("name").unwrap_or_default().to_owned(),
        matching,
        values: texts_of(element, "value"),
        separator: element.attribute("separator").filter(|it| !it.is_empty()).map(str::to_owned),
    })
}

fn unfit(element: Node<'_, '_>, name: &'static str, problem: &'static str) -> UnfitPolicy {
    UnfitPolicy::Attribute { name, value: element.attribute(name).unwrap_or_default().to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ProductId;

    const PRODUCT: &str =
        "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a/products/l";

    fn checks(inbound: &str) -> Result<Vec<ValidateJwt>, UnfitPolicy> {
        let xml = format!("\u{feff}<policies><inbound><base />{inbound}</inbound></policies>");
        ApimPolicy { id: ProductId::parse(PRODUCT).unwrap().policy(), xml }.token_checks()
    }

    fn only(inbound: &str) -> ValidateJwt {
        let mut checks = checks(inbound).unwrap();
        assert_eq!(checks.len(), 1);
        checks.remove(0)
    }

    #[test]
    fn what_is_not_said_is_as_the_service_has_it() {
        let check = only("<validate-jwt header-name=\"X\" />");
        assert_eq!(check.token, TokenPlace::Header("X".to_owned()));
        assert_eq!((check.failure_status, check.failure_message, check.clock_skew), (401, None, 0));
        assert!(check.requires_expiration && check.requires_signature);
    }

    #[test]
    fn everything_that_is_said_is_read() {
        let check = only(
            "<validate-jwt query-parameter-name=\"t\" require-scheme=\"Bearer\" clock-skew=\"60\"
                failed-validation-httpcode=\"403\" failed-validation-error-message=\"No.\"
                require-expiration-time=\"False\" require-signed-tokens=\"false\">
                <openid-config url=\"https://h/c\" /><audiences><audience> a </audience></audiences>
                <issuers><issuer>i</issuer></issuers>
                <required-claims><claim name=\"roles\" match=\"any\" separator=\",\"><value>x</value>
                <value>y</value></claim><claim name=\"sub\" /></required-claims></validate-jwt>",
        );
        assert_eq!(check.token, TokenPlace::QueryParameter("t".to_owned()));
        assert_eq!((check.failure_status, check.failure_message.as_deref()), (403, Some("No.")));
        assert!(!check.requires_expiration && !check.requires_signature && check.clock_skew == 60);
        assert_eq!((&*check.openid_configurations[0], &*check.audiences[0]), ("https://h/c", "a"));
        let [roles, sub] = check.required_claims.as_slice() else { panic!("two claims") };
        assert_eq!((roles.matching, roles.values.len()), (ClaimMatch::Any, 2));
        assert_eq!(roles.separator.as_deref(), Some(","));
        assert_eq!((sub.matching, sub.values.len()), (ClaimMatch::All, 0));
    }

    #[test]
    fn what_an_alternative_can_skip_or_another_section_does_is_no_check() {
        let skipped = "<choose><when condition=\"x\"><validate-jwt header-name=\"X\" /></when></choose>";
        assert_eq!(checks(skipped), Ok(vec![]));
        assert_eq!(checks("<!-- <validate-jwt header-name=\"X\" /> -->"), Ok(vec![]));
    }

    #[test]
    fn what_cannot_be_carried_out_is_refused_by_name() {
        assert_eq!(checks("<validate-jwt />"), Err(UnfitPolicy::NoTokenPlace));
        assert!(matches!(checks("<oops>"), Err(UnfitPolicy::NotXml(_))));
        for attribute in
            ["clock-skew=\"@(x)\"", "failed-validation-httpcode=\"7\"", "require-signed-tokens=\"maybe\""]
        {
            let refused = checks(&format!("<validate-jwt header-name=\"X\" {attribute} />"));
            assert!(matches!(refused, Err(UnfitPolicy::Attribute { .. })), "{attribute}: {refused:?}");
        }
    }
}
