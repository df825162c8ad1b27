//! No log contains a key or a token.

use std::{
    fmt::{Debug, Write as _},
    sync::{Arc, Mutex},
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use super::world::{GATEWAY, SITE, World, id, product};

/// Records all log output, at every level.
#[derive(Clone, Default)]
struct Ear(Arc<Mutex<String>>);

impl Visit for Ear {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

impl Subscriber for Ear {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn no_key_and_no_token_is_ever_logged() {
    let ear = Ear::default();
    let listening = tracing::subscriber::set_default(ear.clone());
    let world = World::linked().await;
    let token = world.token_of(SITE).await;
    world.call("key-of-mango", &token).await;
    world.call("key-of-nobody", &token).await;
    world.get(GATEWAY, "/api/orders?subscription-key=key-of-mango").await;
    world.wait(1000);
    world.call("key-of-mango", &token).await;
    world.set(&id("service/apis/orders"), "serviceUrl", "http://127.0.0.1:1");
    assert_eq!(world.get(SITE, "/api/orders?subscription-key=key-of-mango").await.status, 500);
    world.set(&id(&format!("{}/policies/policy", product())), "value", "<oops>");
    assert_eq!(world.get(SITE, "/api/orders").await.status, 500);
    drop(listening);
    let heard = ear.0.lock().unwrap();
    assert!(heard.contains("could not be reached"), "{heard}");
    assert!(!heard.contains("key-of") && !heard.contains("eyJ"), "{heard}");
}
