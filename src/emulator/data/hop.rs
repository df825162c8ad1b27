//! Hop-by-hop headers: they apply to one connection and are not forwarded.

use hyper::{
    HeaderMap,
    header::{
        CONNECTION, EXPECT, HeaderName, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER,
        TRANSFER_ENCODING, UPGRADE,
    },
};

const HOP_BY_HOP: [HeaderName; 10] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    EXPECT,
];

/// Removes the hop-by-hop headers, including those that `Connection` names.
pub(super) fn strip(headers: &mut HeaderMap) {
    for named in named_by_connection(headers) {
        headers.remove(named);
    }
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
}

/// Whether a request asks to switch to another protocol.
pub(super) fn asks_for_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(UPGRADE) && named_by_connection(headers).contains(&UPGRADE)
}

fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let values = headers.get_all(CONNECTION).into_iter().filter_map(|value| value.to_str().ok());
    let names = values.flat_map(|value| value.split(','));
    names.filter_map(|name| HeaderName::try_from(name.trim()).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        pairs.collect::<Vec<(HeaderName, hyper::header::HeaderValue)>>().into_iter().collect()
    }

    #[test]
    fn hop_by_hop_headers_are_removed_and_all_other_headers_stay() {
        let mut all = headers(&[
            ("connection", "close, X-One"),
            ("connection", "x-two"),
            ("x-one", "1"),
            ("X-Two", "2"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("proxy-authorization", "secret"),
            ("authorization", "mine"),
            ("content-length", "3"),
        ]);
        strip(&mut all);
        let mut left: Vec<&str> = all.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["authorization", "content-length"]);
    }

    #[test]
    fn an_upgrade_must_be_specified_twice() {
        assert!(asks_for_upgrade(&headers(&[("connection", "Upgrade"), ("upgrade", "websocket")])));
        assert!(!asks_for_upgrade(&headers(&[("upgrade", "websocket")])));
    }
}
