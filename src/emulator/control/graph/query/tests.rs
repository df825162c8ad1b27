use super::*;

fn same(column: &str, text: &str) -> Condition {
    let column = column.split('.').map(str::to_owned).collect();
    Condition::Compare { column, test: Test::Same, texts: vec![text.to_owned()] }
}

#[test]
fn the_queries_that_clients_send_are_read() {
    let project = |names: &[&str]| {
        Stage::Project(names.iter().map(|name| ((*name).to_owned(), vec![(*name).to_owned()])).collect())
    };
    assert_eq!(
        parse("resources | where type =~ 'a/b' | project id, name | order by id asc"),
        Ok(vec![
            Stage::Where(same("type", "a/b")),
            project(&["id", "name"]),
            Stage::Order(vec![(vec!["id".to_owned()], true)])
        ])
    );
    assert_eq!(parse("project id, tags | limit 2"), Ok(vec![project(&["id", "tags"]), Stage::Take(2)]));
    assert_eq!(parse("Resources"), Ok(vec![]));
    assert_eq!(parse("resources\n| count"), Ok(vec![Stage::Count]));
    let both = "where (name =~ 'x' or tags['e'] =~ \"y\") and properties.z !~ 'w'";
    let tag = Condition::Compare {
        column: vec!["tags".to_owned(), "e".to_owned()],
        test: Test::Same,
        texts: vec!["y".to_owned()],
    };
    assert_eq!(
        parse(both),
        Ok(vec![Stage::Where(Condition::All(vec![
            Condition::Any(vec![same("name", "x"), tag]),
            Condition::Not(Box::new(same("properties.z", "w")))
        ]))])
    );
    assert!(parse("where type in~ ('a', 'b') and location !in ('c') and name !contains 'd'").is_ok());
}

#[test]
fn a_clause_that_is_not_implemented_is_refused_by_its_name() {
    for (query, unsupported) in [
        ("resources | summarize count() by type", "summarize"),
        ("resources | extend a = name", "extend"),
        ("resources | join kind=inner (resources) on id", "join"),
        ("resources | where name has 'x'", "has"),
        ("resources | where tolower(name) == 'x'", "tolower"),
        ("resources | where isnotempty(name)", "isnotempty"),
        ("securityresources | where name == 'x'", "securityresources"),
        ("resources | distinct type", "distinct"),
        ("resources | project toupper(name)", "toupper"),
    ] {
        let problem = parse(query).unwrap_err();
        assert_eq!(problem.unsupported.as_deref(), Some(unsupported), "{query}: {problem:?}");
    }
}

#[test]
fn a_query_that_breaks_off_is_refused_where_it_does() {
    let problem = parse("project id, location | where where").unwrap_err();
    let place = (problem.line, problem.position, problem.token.as_str());
    assert_eq!((place, problem.unsupported), ((1, 34, "<EOF>"), None), "as recorded");
    for query in [
        "",
        "resources |",
        "where",
        "where name ==",
        "where name == x",
        "take x",
        "where 'a' == name",
        "where name =~ 'a' name",
        "resources where name == 'a'",
        "order id",
        "where name == 'a",
        "where (name == 'a'",
        "project",
        "resources | frobnicate 7",
    ] {
        assert!(parse(query).is_err(), "{query}");
    }
    let problem = parse("resources\n| where name ==").unwrap_err();
    assert_eq!((problem.line, problem.position, problem.token.as_str()), (2, 15, "<EOF>"));
}
