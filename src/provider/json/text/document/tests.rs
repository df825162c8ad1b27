use super::*;

const SITE: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/staticSites/shop";

fn parse(text: &str) -> Result<ModelDocument, ModelError> {
    ModelDocument::parse(text.as_bytes().to_vec(), Path::new("/nowhere/model.json"))
}

fn message(text: &str) -> String {
    parse(text).map(|document| document.render()).unwrap_err().to_string()
}

#[test]
fn the_fast_way_to_a_key_agrees_with_the_id_itself() {
    let service = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a";
    for id in [
        SITE.to_owned(),
        format!("{SITE}/builds/default/linkedBackends/B"),
        format!("{SITE}/linkedBackends/B"),
        format!("{service}/products/P/apis/o"),
        format!("{service}/products/P/subscriptions/x"),
        format!("{service}/users/1/subscriptions/x"),
        format!("{service}/apis/o/products/P"),
        format!("{service}/apis/with;rev=2"),
        format!("{service}/products"),
        format!("{service}/"),
        format!("{service}//x/y"),
        "/subscriptions/s/resourceGroups/rg".to_owned(),
        "/subscriptions//resourceGroups/rg/providers/a/b/c".to_owned(),
        "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web".to_owned(),
    ] {
        let slow = ResourceId::parse(&id).ok().map(|id| id.lower_case().to_owned());
        let mut key = String::new();
        assert_eq!(push_key(&mut key, &id).ok().map(|()| key), slow, "{id}");
    }
}

#[test]
fn a_subscription_under_several_spellings_is_one_and_the_canonical_spelling_counts() {
    let service = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a";
    let resource = |tail: &str, note: &str| format!("{{\"id\":\"{service}/{tail}\",\"note\":\"{note}\"}}");
    let all = [
        resource("users/1/subscriptions/X", "of the user"),
        resource("subscriptions/x", "of the service"),
        resource("products/p/subscriptions/x", "of the product"),
        resource("apis/o/products/p", "of the API"),
    ];
    let document = parse(&format!("{{\"schemaVersion\":1,\"resources\":[{}]}}", all.join(","))).unwrap();
    let found: Vec<_> = document.resources.iter().map(|(key, text)| (key, document.text(text))).collect();
    let service = service.to_lowercase();
    assert_eq!(
        found,
        [(&*format!("{service}/products/p"), &*all[3]), (&*format!("{service}/subscriptions/x"), &*all[1])]
    );
}

#[test]
fn unchanged_resources_are_written_byte_for_byte() {
    let pretty = format!(
        "{{ \"owner\" : {{ \"team\":\"a\" }},\n \"schemaVersion\": 1, \"resources\": [\n  {{\n    \
         \"name\": \"shop\",\n    \"id\": \"{SITE}\" }} ] }}"
    );
    let written = parse(&pretty).unwrap().render();
    assert!(written.contains(&format!("{{\n    \"name\": \"shop\",\n    \"id\": \"{SITE}\" }}")));
    assert!(written.contains("\"owner\":{ \"team\":\"a\" }"), "{written}");
    assert_eq!(parse(&written).unwrap().render(), written, "what is written is read the same");
}

#[test]
fn damage_is_named_with_its_line_and_column() {
    let duplicate =
        format!("{{\"schemaVersion\":1,\"resources\":[\n{{\"id\":\"{SITE}\"}},\n{{\"id\":\"{SITE}\"}}]}}");
    for (text, place, what) in [
        ("", "line 1, column 1", "empty"),
        (" \n", "line 1, column 1", "empty"),
        ("{\"schemaVersion\":1,\n\"resources\":[", "line 2, column", "ends too early"),
        ("{\"resources\":[]}", "line 1, column 1", "`schemaVersion` is missing"),
        ("{\n\"schemaVersion\":\"1\"}", "line 2, column 17", "positive integer"),
        ("{\"schemaVersion\":0,\"resources\":[]}", "line 1, column 18", "positive integer"),
        ("{\"schemaVersion\":1}", "line 1, column 1", "`resources` is missing"),
        ("{\"schemaVersion\":1,\n\"resources\":{}}", "line 2, column", "expected"),
        (
            "{\"schemaVersion\":1,\n\"serial\":\"x\"}",
            "line 2, column 12",
            "a number was expected, and this is a string",
        ),
        ("{\"schemaVersion\":1,\"resources\":[\n7]}", "line 2, column 1", "object"),
        ("{\"schemaVersion\":1,\"resources\":[\n{}]}", "line 2, column 1", "`id` is missing"),
        ("{\"schemaVersion\":1,\"resources\":[\n{\"id\":\"x\"}]}", "line 2, column 1", "ARM resource ID"),
        ("{\"schemaVersion\":1,\"resources\":[],\"resources\":[]}", "line 1", "`resources` occurs twice"),
        (&duplicate, "line 3, column 1", "occurs twice"),
    ] {
        let message = message(text);
        assert!(message.contains(place) && message.contains(what), "{text:?}: {message}");
    }
    let error = ModelDocument::parse(b"{\n \xff}".to_vec(), Path::new("m")).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("line 2, column 2: the file is not UTF-8"), "{error}");
}

#[test]
fn damage_is_named_without_what_is_there_which_may_be_a_key() {
    for text in [
        "{\"schemaVersion\":1,\"secrets\":\"0123, expected 4567\"}",
        "{\"schemaVersion\":1,\"lineage\":[\"0123\"]}",
        "{\"schemaVersion\":1,\"serial\":-123}",
        "{\"schemaVersion\":1,\"resources\":[{\"name\":1,\"id\":[\"0123\"]}]}",
        "{\"schemaVersion\":1,\"resources\":[{\"name\":1,\"id\":123}]}",
    ] {
        let message = message(text);
        assert!(!message.contains("123") && message.contains("was expected"), "{message}");
    }
}

#[test]
fn a_newer_schema_is_recognized_in_every_context() {
    for text in [
        "{\"schemaVersion\":2,\"resources\":[]}",
        "{\"resources\":{\"new\":\"shape\"},\"schemaVersion\":3}",
        "{\"schemaVersion\":2,\"resources\":[",
    ] {
        assert!(matches!(parse(text).map(|_| ()), Err(ModelError::Newer { .. })), "{text}");
    }
}
