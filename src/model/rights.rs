//! The permissions of a caller, as Azure writes them: actions with wildcards.

use serde_json::Value;

/// The permissions that one role gives a caller in a scope: the allowed actions, and the exceptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permission {
    /// Patterns of allowed actions.
    pub actions: Vec<String>,
    /// Patterns of the exceptions from `actions`.
    pub not_actions: Vec<String>,
}

impl Permission {
    /// Reads an element of a [list of
    /// permissions](https://learn.microsoft.com/rest/api/authorization/permissions/list-for-resource). An action that
    /// the element does not name is not allowed.
    #[must_use]
    pub fn read(element: &Value) -> Self {
        let patterns = |field: &str| {
            let texts = element.get(field).and_then(Value::as_array).into_iter().flatten();
            texts.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Self { actions: patterns("actions"), not_actions: patterns("notActions") }
    }

    fn allows(&self, action: &str) -> bool {
        let covered_by = |patterns: &[String]| patterns.iter().any(|pattern| covers(pattern, action));
        covered_by(&self.actions) && !covered_by(&self.not_actions)
    }
}

/// All permissions of a caller in a scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions(Vec<Permission>);

impl Permissions {
    /// Returns the combined permissions of several roles.
    #[must_use]
    pub fn new(elements: Vec<Permission>) -> Self {
        Self(elements)
    }

    /// Whether at least one of the roles allows the action. The exceptions of one role do not restrict another role.
    #[must_use]
    pub fn allow(&self, action: &str) -> bool {
        self.0.iter().any(|permission| permission.allows(action))
    }
}

/// Whether a pattern covers an action, ignoring case: `*` matches any characters, including slashes.
fn covers(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let Some((first, others)) = pattern.split_once('*') else { return pattern == action };
    let (middle, last) = others.rsplit_once('*').unwrap_or(("", others));
    let within = action.strip_prefix(first).and_then(|rest| rest.strip_suffix(last));
    let Some(mut rest) = within else { return false };
    middle.split('*').all(|piece| match rest.split_once(piece) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => piece.is_empty(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const WRITE: &str = "Microsoft.Web/staticSites/builds/linkedBackends/write";

    fn permissions(elements: &Value) -> Permissions {
        Permissions::new(elements.as_array().unwrap().iter().map(Permission::read).collect())
    }

    #[test]
    fn what_a_role_leaves_out_another_may_give() {
        let all_but = json!({"actions": ["*"], "notActions": ["microsoft.web/staticSites/*/WRITE"]});
        assert!(!permissions(&json!([all_but])).allow(WRITE));
        let and_one = json!([all_but, {"actions": [WRITE], "notActions": []}]);
        assert!(permissions(&and_one).allow(WRITE));
    }

    #[test]
    fn an_action_is_allowed_only_if_a_permission_allows_it() {
        for nothing in [json!([]), json!([{}]), json!([{"actions": null}]), json!([{"notActions": ["x"]}])] {
            assert!(!permissions(&nothing).allow(WRITE), "{nothing}");
        }
        let of_data = json!([{"actions": [], "dataActions": ["*"]}]);
        assert!(!permissions(&of_data).allow(WRITE), "a right to data is none to resources");
    }

    #[test]
    fn a_wildcard_stands_for_any_depth_and_nothing_else_does() {
        for pattern in
            ["*", "*/write", "Microsoft.Web/*", "Microsoft.Web/staticSites/*/write", "*web*backends*"]
        {
            assert!(covers(pattern, WRITE), "{pattern}");
        }
        for pattern in ["", "*/read", "Microsoft.Web", "Microsoft.Web/staticSites", "*/delete*", "write"] {
            assert!(!covers(pattern, WRITE), "{pattern}");
        }
        assert!(!covers("a*a", "a"), "one letter is not two");
    }

    /// Whether a pattern matches a text, by a slow and obvious algorithm.
    fn matches(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), None) => matches(rest, text),
            (Some((b'*', rest)), Some((_, after))) => matches(rest, text) || matches(pattern, after),
            (Some((wanted, rest)), Some((found, after))) => {
                wanted.eq_ignore_ascii_case(found) && matches(rest, after)
            }
            (None, Some(_)) | (Some(_), None) => false,
        }
    }

    proptest! {
        #[test]
        fn a_pattern_covers_what_its_meaning_says(pattern in "[aB/*]{0,8}", action in "[Ab/]{0,10}") {
            prop_assert_eq!(covers(&pattern, &action), matches(pattern.as_bytes(), action.as_bytes()));
        }

        #[test]
        fn an_action_stays_covered_if_a_part_of_its_pattern_becomes_a_wildcard(
            action in "[a-c/]{1,12}", from in 0_usize..12, length in 0_usize..12,
        ) {
            let (from, to) = (from.min(action.len()), (from + length).min(action.len()));
            let pattern = format!("{}*{}", &action[..from], &action[to..]);
            prop_assert!(covers(&pattern, &action), "{pattern} {action}");
        }

        #[test]
        fn more_roles_never_mean_fewer_rights(
            roles in prop::collection::vec(("[a*/]{1,4}", "[a*/]{0,4}"), 0..4), action in "[a/]{1,4}",
        ) {
            let of = |(allowed, left_out): &(String, String)| Permission {
                actions: vec![allowed.clone()], not_actions: vec![left_out.clone()],
            };
            let each: Vec<Permission> = roles.iter().map(of).collect();
            let alone = each.iter().any(|one| Permissions::new(vec![one.clone()]).allow(&action));
            prop_assert_eq!(Permissions::new(each).allow(&action), alone);
        }
    }
}
