//! Adds an entry to an inline table, written as the entries before it are.

use toml_edit::{Decor, InlineTable, Key, RawString, Value};

/// The blanks and comments around the last entry of a table.
struct Last {
    /// What stands before its key.
    before: String,
    /// What stands between it and the end of the table, without the comma.
    after: String,
}

/// Adds `key = value` at the end of `table`, on a line of its own if the entries before it have one.
pub(super) fn push(table: &mut InlineTable, mut key: Key, mut value: Value) {
    match take_last(table) {
        None => table.set_trailing(""),
        Some(Last { before, after }) => {
            let (start, end) = match after.rsplit_once('\n') {
                None => (" ".to_owned(), after),
                Some((comment, closing)) => {
                    let indent = before.rsplit_once('\n').map_or("  ", |(_, indent)| indent);
                    (format!("{}\n{indent}", comment.trim_end()), format!("\n{closing}"))
                }
            };
            *key.leaf_decor_mut() = Decor::new(start, " ");
            if table.trailing_comma() {
                table.set_trailing(end);
                *value.decor_mut() = Decor::new(" ", "");
            } else {
                *value.decor_mut() = Decor::new(" ", end);
            }
        }
    }
    table.insert_formatted(&key, value);
}

/// Takes what stands after the last entry, which will stand after the new one.
fn take_last(table: &mut InlineTable) -> Option<Last> {
    let has_comma = table.trailing_comma();
    let trailing = text(Some(table.trailing()));
    let (before, decor) = last_leaf(table)?;
    let after = if has_comma { trailing } else { text(decor.suffix()) };
    decor.set_suffix("");
    Some(Last { before, after })
}

/// What stands before the last key, and the decoration of its value; of `a.b = 1`, the value is `1`.
fn last_leaf(table: &mut InlineTable) -> Option<(String, &mut Decor)> {
    let (key, value) = table.iter_mut().last()?;
    let before = text(key.leaf_decor().prefix());
    if value.as_inline_table().is_some_and(InlineTable::is_dotted) {
        return last_leaf(value.as_inline_table_mut()?);
    }
    Some((before, value.decor_mut()))
}

fn text(raw: Option<&RawString>) -> String {
    raw.and_then(RawString::as_str).unwrap_or_default().to_owned()
}
