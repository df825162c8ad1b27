//! Reads a model again of which a few lines have changed: lines that an earlier generation has too are not parsed again.
//!
//! Only a text in the form in which the program writes it is read this way, with each resource and each secret on a line
//! of its own. No JSON value has a line end within a string, so lines that are complete values, with the separators
//! between them, are the content of the collection around them. Any other text is left to the parser of whole texts,
//! which also reports what is wrong with it.

use std::{borrow::Cow, path::Path, str::Lines};

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::{
    document::{
        ModelDocument, Parts, Secret, Text, canonical_key, id_of, push_key, push_secret_key, range_of,
    },
    keyed::{Builder, Keyed},
    top::{Name, Top, Version},
};
use crate::provider::json::ModelError;

/// Parses the bytes of a file, given an earlier generation of it as it was parsed.
pub(super) fn parse_again(
    bytes: Vec<u8>,
    origin: &Path,
    earlier: &ModelDocument,
) -> Result<ModelDocument, ModelError> {
    if earlier.is_of(&bytes) && earlier.origin == origin {
        return Ok(earlier.clone());
    }
    let buffer = match String::from_utf8(bytes) {
        Ok(buffer) => buffer,
        Err(error) => return ModelDocument::parse(error.into_bytes(), origin),
    };
    match parts(&buffer, earlier) {
        Some(parts) => Ok(ModelDocument::of_parts(buffer, origin, parts)),
        None => ModelDocument::parse(buffer.into_bytes(), origin),
    }
}

/// Returns the parts of a text, given an earlier generation; `None` if the text has another form.
fn parts(buffer: &str, earlier: &ModelDocument) -> Option<Parts> {
    let mut lines = buffer.lines();
    let head = format!("{}\"resources\":[]}}", lines.next()?);
    let top: Top<'_> = serde_json::from_str(&head).ok()?;
    let is_usual = Version::of(top.version) == Version::Known && top.unknown.is_empty();
    if !is_usual || top.secrets.is_some() || lines.next()? != "\"resources\":[" {
        return None;
    }
    let resources = resources(&mut lines, buffer, earlier)?;
    if lines.next()? != "\"secrets\":{" {
        return None;
    }
    let secrets = secrets(&mut lines, buffer, earlier)?;
    if lines.next().is_some() {
        return None;
    }
    let lineage = top.lineage.as_deref().unwrap_or_default().to_owned();
    Some(Parts { lineage, serial: top.serial.unwrap_or(0), resources, secrets })
}

/// Reads the elements of a collection up to the line that ends it.
fn each<'a>(lines: &mut Lines<'a>, end: &str, mut read: impl FnMut(&'a str) -> Option<()>) -> Option<()> {
    // Whether the line before ends with a comma, if there is one.
    let mut continues = None;
    loop {
        let line = lines.next()?;
        if line == end {
            return (continues != Some(true)).then_some(());
        }
        if continues == Some(false) {
            return None;
        }
        let element = line.strip_suffix(',');
        continues = Some(element.is_some());
        read(element.unwrap_or(line))?;
    }
}

fn resources(lines: &mut Lines<'_>, buffer: &str, earlier: &ModelDocument) -> Option<Keyed<Text>> {
    let mut known = earlier.resources.iter().peekable();
    let mut keyed = Builder::with_capacity(earlier.resources.stored_len());
    each(lines, "],", |line| {
        let text = Text::Stored(range_of(buffer, line));
        if let Some((key, _)) = known.next_if(|(_, text)| earlier.text(text) == line) {
            keyed.add(text, |keys| keys.push_str(key));
            return Some(());
        }
        if !is_object(line) {
            return None;
        }
        let id = id_of(line).ok().filter(|id| canonical_key(id).is_none())?;
        keyed.push(text, |keys| push_key(keys, &id)).ok()?;
        while known.next_if(|(before, _)| *before <= keyed.last_key()).is_some() {}
        Some(())
    })?;
    keyed.build().ok()
}

fn secrets(lines: &mut Lines<'_>, buffer: &str, earlier: &ModelDocument) -> Option<Keyed<Secret>> {
    let mut known = earlier.secrets.iter().peekable();
    let mut keyed = Builder::with_capacity(earlier.secrets.stored_len());
    each(lines, "}}", |line| {
        if let Some((key, secret)) = known.next_if(|(_, secret)| earlier.member(secret) == Some(line)) {
            let at = range_of(buffer, line).start;
            keyed.add(secret.moved_to(at)?, |keys| keys.push_str(key));
            return Some(());
        }
        let (id, value) = member(line)?;
        keyed.add(Secret::of(buffer, id.clone(), value), |keys| push_secret_key(keys, &id));
        while known.next_if(|(before, _)| *before <= keyed.last_key()).is_some() {}
        Some(())
    })?;
    keyed.build().ok()
}

/// Whether a line is one JSON object, without space around it.
fn is_object(line: &str) -> bool {
    line.starts_with('{') && line.ends_with('}') && serde_json::from_str::<IgnoredAny>(line).is_ok()
}

/// Returns the name and the value of a line that is a member of an object.
fn member(line: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut names = serde_json::Deserializer::from_str(line).into_iter::<Name<'_>>();
    let Name(name) = names.next()?.ok()?;
    let value = line.get(names.byte_offset()..)?.strip_prefix(':')?;
    let raw: &RawValue = serde_json::from_str(value).ok()?;
    (line.starts_with('"') && raw.get() == value).then_some((name, value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SERVICE: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a";

    fn parsed(text: &str) -> Option<ModelDocument> {
        ModelDocument::parse(text.as_bytes().to_vec(), Path::new("x")).ok()
    }

    /// Everything that a document contains.
    fn content(document: &ModelDocument) -> impl PartialEq + std::fmt::Debug + use<> {
        let resources =
            document.resources.iter().map(|(key, text)| (key.to_owned(), document.text(text).to_owned()));
        let secrets = document.secrets.iter().map(|(key, secret)| {
            let [id, text] = [&secret.id, &secret.text].map(|text| document.text(text).to_owned());
            (key.to_owned(), id, text)
        });
        (
            document.lineage.clone(),
            document.serial,
            resources.collect::<Vec<_>>(),
            secrets.collect::<Vec<_>>(),
            document.render(),
        )
    }

    fn line(kind: u8, name: u8, value: u8) -> String {
        let id =
            format!("{SERVICE}/{}/N{name}", ["products", "apis", "subscriptions"][usize::from(kind % 3)]);
        match kind % 7 {
            0..3 => format!(r#"{{"id":"{id}","properties":{{"v":{value},"t":"a\nb"}}}}"#),
            // Not the first member, or spelt with an escape.
            3 => format!(r#"{{"v":{value},"id":"{id}"}}"#),
            4 => format!(r#"{{"id":"\u002f{}"}}"#, &id[1..]),
            // The id of a list of the owner.
            5 => format!(r#"{{"id":"{SERVICE}/products/p{value}/subscriptions/N{name}"}}"#),
            _ => ["[]", "{", "}", "{\"id\":1}", "null", "{}}", "", "{\"id\":\"a\"} "][usize::from(value) % 8]
                .to_owned(),
        }
    }

    fn secret(kind: u8, name: u8, value: u8) -> String {
        match kind % 5 {
            0..3 => format!(r#""{SERVICE}/subscriptions/N{name}":{{"primaryKey":"{value}"}}"#),
            3 => format!(r#""\u002fx{name}":{{"primaryKey":"{value}"}}"#),
            _ => ["\"a\":", "\"a\" :{}", "\"a\":{} ", "a:{}", "\"a\":{},\"b\":{}", "\"a\":1", "", "}"]
                [usize::from(value) % 8]
                .to_owned(),
        }
    }

    fn text(serial: u8, resources: &[String], secrets: &[String]) -> String {
        format!(
            "{{\"schemaVersion\":1,\"lineage\":\"l\",\"serial\":{serial},\n\"resources\":[\n{}\n],\n\"secrets\":{{\n{}\n}}}}\n",
            resources.join(",\n"),
            secrets.join(",\n")
        )
        .replace("[\n\n]", "[\n]")
        .replace("{\n\n}", "{\n}")
    }

    /// Lines, and the same lines with some changed, removed and added.
    fn generations(
        line: impl Fn(u8, u8, u8) -> String + Copy,
    ) -> impl Strategy<Value = (Vec<String>, Vec<String>)> {
        let kinds = prop_oneof![9 => 0_u8..3, 1 => 0_u8..7];
        let one =
            (0_u8..12, kinds, 0_u8..8).prop_map(move |(name, kind, value)| (name, line(kind, name, value)));
        let some = || prop::collection::btree_map(0_u8..12, one.clone().prop_map(|(_, line)| line), 0..8);
        (some(), some(), prop::collection::vec(any::<bool>(), 12)).prop_map(|(before, other, keeps)| {
            let mut after = other;
            for (at, line) in &before {
                if keeps[usize::from(*at)] {
                    after.insert(*at, line.clone());
                }
            }
            (before.into_values().collect(), after.into_values().collect())
        })
    }

    /// What an editor, or a merge of two versions, does to a text.
    #[derive(Clone, Debug)]
    enum Damage {
        Garbage(prop::sample::Index, String),
        /// A character is missing.
        Missing(prop::sample::Index),
        /// A comma at the end of a line is missing, or there is one too many.
        Comma(prop::sample::Index),
        /// There is a space before the first or after the last character of a line's element.
        Space(prop::sample::Index, bool),
        LineTwice(prop::sample::Index),
        LineMissing(prop::sample::Index),
        Rest(&'static str),
        /// There is more before the lineage.
        Top(&'static str),
    }

    fn damage() -> impl Strategy<Value = Damage> {
        let at = any::<prop::sample::Index>;
        prop_oneof![
            (at(), "[\\[\\]{},:\"\n\r x\\\\1]{1,3}").prop_map(|(at, text)| Damage::Garbage(at, text)),
            at().prop_map(Damage::Missing),
            at().prop_map(Damage::Comma),
            (at(), any::<bool>()).prop_map(|(at, is_before)| Damage::Space(at, is_before)),
            at().prop_map(Damage::LineTwice),
            at().prop_map(Damage::LineMissing),
            prop::sample::select(vec!["\n", " ", "{}", "}", "x", ",\n"]).prop_map(Damage::Rest),
            prop::sample::select(vec![r#""secrets":{},"#, r#""note":1,"#, r#""serial":7,"#])
                .prop_map(Damage::Top),
        ]
    }

    impl Damage {
        fn of(self, mut text: String) -> String {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            match self {
                Self::Garbage(at, garbage) => {
                    text.insert_str(at.index(text.len()), &garbage);
                    return text;
                }
                Self::Missing(at) => {
                    text.remove(at.index(text.len()));
                    return text;
                }
                Self::Rest(rest) => return text + rest,
                Self::Top(member) => return text.replacen("\"lineage\"", &format!("{member}\"lineage\""), 1),
                Self::Comma(at) => {
                    let line = &mut lines[at.index(text.lines().count())];
                    *line = line.strip_suffix(',').map_or(format!("{line},"), str::to_owned);
                }
                Self::Space(at, is_before) => {
                    let line = &mut lines[at.index(text.lines().count())];
                    let end = line.strip_suffix(',').map_or(line.len(), str::len);
                    line.insert(if is_before { 0 } else { end }, ' ');
                }
                Self::LineTwice(at) => {
                    let at = at.index(lines.len());
                    lines.insert(at, lines[at].clone());
                }
                Self::LineMissing(at) => {
                    lines.remove(at.index(lines.len()));
                }
            }
            lines.join("\n") + "\n"
        }
    }

    #[test]
    fn a_text_as_the_program_writes_it_is_read_by_lines() {
        let lines = [line(1, 1, 1), line(0, 1, 1), line(2, 1, 1)];
        let secrets = [secret(0, 1, 1), secret(0, 2, 1)];
        let before = parsed(&text(1, &lines, &secrets)).unwrap();
        let changed = [line(1, 1, 1), line(0, 0, 7), line(0, 1, 2), line(2, 1, 1), line(2, 3, 1)];
        for (lines, secrets) in [(&changed[..], &secrets[1..]), (&changed[1..2], &[]), (&[], &secrets)] {
            let now = text(2, lines, secrets);
            assert_eq!(parsed(&now).unwrap().render(), now);
            let parts = parts(&now, &before).expect("it has the usual form");
            assert_eq!(
                (parts.serial, parts.resources.stored_len(), parts.secrets.stored_len()),
                (2, lines.len(), secrets.len())
            );
        }
    }

    #[test]
    fn the_same_text_in_another_file_is_of_that_file() {
        let now = text(1, &[line(0, 1, 1)], &[]);
        let before = parsed(&now).unwrap();
        let other = parse_again(now.into_bytes(), Path::new("y"), &before).unwrap();
        assert_eq!((before.origin.as_path(), other.origin.as_path()), (Path::new("x"), Path::new("y")));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn a_text_that_is_read_by_lines_has_the_same_content(
            (resources, now) in generations(line),
            (secrets, kept) in generations(secret),
            damage in prop_oneof![4 => Just(None), 1 => damage().prop_map(Some)],
        ) {
            let Some(before) = parsed(&text(1, &resources, &secrets)) else { return Ok(()) };
            let now = text(2, &now, &kept);
            let now = damage.map_or(now.clone(), |damage| damage.of(now));
            let whole = parsed(&now);
            match parse_again(now.into_bytes(), Path::new("x"), &before) {
                Ok(again) => prop_assert_eq!(Some(content(&again)), whole.as_ref().map(content)),
                Err(_) => prop_assert!(whole.is_none()),
            }
        }
    }
}
