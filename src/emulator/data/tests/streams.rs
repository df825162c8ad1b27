//! Streamed bodies, limits, and clients that disconnect.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::{Method, Request, body::Frame};
use tokio::time::{Instant, sleep, timeout};

use super::{
    api::CHUNK,
    world::{SITE, World, request},
};

/// More bytes than the socket buffers of a connection hold, and far fewer than a large body.
const BUFFERED: u64 = 32 << 20;
const LARGE: u64 = 128 << 20;
/// The time limit for operations that would hang if they were broken.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn an_answer_that_the_client_does_not_read_is_not_read_from_the_api() {
    let world = World::linked().await;
    let answer = world.begin(request(SITE, &format!("/api/orders/large?{LARGE}"), &[])).await;
    sleep(Duration::from_millis(300)).await;
    assert!(world.api.produced() <= BUFFERED, "{} bytes were taken", world.api.produced());
    let mut body = answer.into_body();
    let mut received = 0;
    while let Some(frame) = body.frame().await {
        received += frame.unwrap().into_data().unwrap().len() as u64;
    }
    assert_eq!(received, LARGE);
}

#[tokio::test]
async fn a_body_that_the_api_does_not_read_is_not_taken_from_the_client() {
    let world = World::linked().await;
    let taken = Arc::new(AtomicU64::new(0));
    let counting = Arc::clone(&taken);
    let frames = stream::unfold(LARGE, move |left| {
        let part = usize::try_from(left).unwrap().min(CHUNK);
        counting.fetch_add(part as u64, SeqCst);
        let frame = Frame::data(Bytes::from(vec![b'x'; part]));
        std::future::ready((part > 0).then(|| (Ok::<_, Infallible>(frame), left - part as u64)))
    });
    let post = Request::builder().method(Method::POST).uri("/api/orders/deaf").header("host", SITE);
    let post = post.body(StreamBody::new(frames)).unwrap();
    let mut connection = world.connect().await;
    let sending = tokio::spawn(async move { connection.send_request(post).await });
    world.api.arrival().await;
    sleep(Duration::from_millis(300)).await;
    assert!(taken.load(SeqCst) <= BUFFERED, "{} bytes were taken", taken.load(SeqCst));
    world.api.let_next_out();
    let answer = sending.await.unwrap().unwrap();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, LARGE.to_string());
}

#[tokio::test]
async fn each_drop_of_a_slow_answer_arrives_before_the_next_is_sent() {
    let world = World::linked().await;
    let answer = world.begin(request(SITE, "/api/orders/drip?3", &[])).await;
    let mut body = answer.into_body();
    for _ in 0..3 {
        world.api.let_next_out();
        let frame = timeout(PATIENCE, body.frame()).await.expect("it is not held back").unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), "x");
    }
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn a_client_that_goes_away_ends_the_call_of_the_api() {
    let world = World::linked().await;
    let mut connection = world.connect().await;
    let sending = tokio::spawn(async move {
        let _ = connection.send_request(request(SITE, "/api/orders/silent", &[])).await;
    });
    world.api.arrival().await;
    sending.abort();
    timeout(PATIENCE, world.api.giving_up()).await.expect("the API is let go");

    let answer = world.begin(request(SITE, "/api/orders/drip?1", &[])).await;
    world.api.arrival().await;
    drop(answer);
    timeout(PATIENCE, world.api.giving_up()).await.expect("the API is let go in the middle of an answer too");
}

#[tokio::test]
async fn after_45_seconds_the_edge_waits_no_longer() {
    let world = World::linked().await;
    let mut connection = world.connect().await;
    let sending = tokio::spawn(async move {
        let answer = connection.send_request(request(SITE, "/api/orders/silent", &[])).await.unwrap();
        (answer.status().as_u16(), answer.into_body().collect().await.unwrap().to_bytes())
    });
    world.api.arrival().await;
    tokio::time::pause();
    let since = Instant::now();
    assert_eq!(sending.await.unwrap(), (500, "Backend call failure".into()));
    assert!((44..=45).contains(&since.elapsed().as_secs()), "{:?}", since.elapsed());
}

#[tokio::test]
async fn after_45_seconds_an_answer_that_has_begun_breaks_off() {
    let world = World::linked().await;
    let answer = world.begin(request(SITE, "/api/orders/drip?2", &[])).await;
    let mut body = answer.into_body();
    world.api.let_next_out();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "x");
    tokio::time::pause();
    let since = Instant::now();
    assert!(body.frame().await.unwrap().is_err(), "a client sees that it is not whole");
    assert!((44..=45).contains(&since.elapsed().as_secs()), "{:?}", since.elapsed());
}
