//! The documented letter case of the words in ids. Resource Graph and users write them in other letter cases.

use crate::model::arm::{ArmType, OTHERS};

/// Returns the id with known words in their documented letter case. Names are unchanged.
pub(super) fn in_known_casing(text: &str) -> String {
    let mut segments: Vec<&str> = text.split('/').collect();
    let mut at = 1;
    for word in ["subscriptions", "resourceGroups"] {
        if segments.get(at).is_some_and(|segment| segment.eq_ignore_ascii_case(word)) {
            segments[at] = word;
            at += 2;
        }
    }
    if segments.get(at).is_some_and(|segment| segment.eq_ignore_ascii_case("providers")) {
        segments[at] = "providers";
        recase_type(&mut segments[at + 1..]);
    }
    segments.join("/")
}

/// Sets the letter case of a namespace and of the types after it, each of which is followed by a name.
fn recase_type(segments: &mut [&str]) {
    let places = std::iter::once(0).chain((1..segments.len()).step_by(2));
    let mut path = Vec::new();
    for place in places.collect::<Vec<_>>() {
        let Some(segment) = segments.get_mut(place) else { return };
        path.push(*segment);
        let Some(known) = known(&path) else { return };
        *segment = known;
    }
}

/// Returns the last word of a type, or of the first part of a type, in its documented letter case.
fn known(path: &[&str]) -> Option<&'static str> {
    ArmType::names().chain(OTHERS).find_map(|known| {
        let mut words = known.split('/');
        let mut last = None;
        for segment in path {
            last = Some(words.next().filter(|word| word.eq_ignore_ascii_case(segment))?);
        }
        last
    })
}

#[cfg(test)]
mod tests {
    use super::in_known_casing;

    #[test]
    fn known_words_are_recased_and_names_stay() {
        for id in [
            "/subscriptions/S/resourceGroups/RG-x/providers/Microsoft.Web/staticSites/Shop/builds/default/linkedBackends/B",
            "/subscriptions/S/resourceGroups/RG-x/providers/Microsoft.ApiManagement/service/A/products/P/policies/policy",
            "/subscriptions/S/resourceGroups/RG-x",
            "/subscriptions/S",
        ] {
            let words: Vec<&str> = id.split('/').collect();
            let is_name = |at: usize| at == 2 || at == 4 || at >= 8 && at.is_multiple_of(2);
            let upper = words
                .iter()
                .enumerate()
                .map(|(at, word)| if is_name(at) { (*word).to_owned() } else { word.to_uppercase() });
            let upper = upper.collect::<Vec<_>>().join("/");
            assert_eq!(in_known_casing(&upper), id);
            assert_eq!(in_known_casing(id), id);
        }
    }

    #[test]
    fn unknown_types_keep_their_casing() {
        for id in [
            "/subscriptions/s/resourceGroups/rg/providers/n.p/KINDS/x/apis/y",
            "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a/UNHEARD/x/Apis/y",
        ] {
            assert_eq!(in_known_casing(id), id);
        }
    }
}
