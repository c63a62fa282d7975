//! Releasing several requests at one instant.
//!
//! Where the target speaks HTTP/2 without TLS, all requests travel on one connection: everything but their last frames is
//! written beforehand, and the last frames are queued without a pause, so that they leave in one write. Elsewhere each
//! request has a warm HTTP/1.1 connection of its own and waits for its last byte. Either way, a few harmless requests go
//! ahead of the release and wake the server's threads.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures_util::future::join_all;
use futures_util::stream;
use h2::client::{ResponseFuture, SendRequest};
use h2::{Ping, PingPong, RecvStream, SendStream};
use http::Request;
use tokio::net::TcpStream;
use tokio::sync::{OnceCell, watch};
use tokio::task::JoinSet;

use super::transport::{Target, receive, too_long, trouble};
use super::wire::{Incoming, Outgoing, Reply};
use crate::results::{Trouble, TroubleKind};

/// How long what was written beforehand has to arrive at most before the rest is released: far more than a round trip on
/// loopback, where HTTP/2 without TLS is found.
const SETTLE: Duration = Duration::from_millis(2);

/// Most requests that go ahead to wake a server.
const MOST_WAKERS: usize = 8;

/// How a burst over HTTP/2 is described in results.
const OVER_HTTP2: &str = "HTTP/2, the last frames in one write";

/// What is known of a target's way to take a burst; shared by all that hold the target.
#[derive(Clone, Debug, Default)]
pub struct Burst {
    http2: Arc<OnceCell<bool>>,
}

/// What came of a burst.
#[derive(Debug)]
pub struct Released {
    /// For each request, in order: when it was released, how long it took from then, and its answer.
    pub replies: Vec<(Instant, Duration, Reply)>,
    /// Time between the first release and the last.
    pub spread: Duration,
    pub method: &'static str,
}

/// Waits until the server has read what was written on this connection: it takes frames in their order, a ping too (RFC
/// 9113 §6.7). The second round trip is for what it does with them. One that answers no ping is given [`SETTLE`].
async fn settle(pings: &mut PingPong) {
    let round_trips = async {
        for _ in 0..2 {
            // What breaks here breaks the requests too, which say so.
            let _ = pings.ping(Ping::opaque()).await;
        }
    };
    let _ = tokio::time::timeout(SETTLE, round_trips).await;
}

impl Target {
    /// Sends all requests at one instant, each exactly once.
    ///
    /// `pauses` stagger the release where the method allows it: so long after the request before it each one leaves. None
    /// for those beyond its end. Requests of different kinds take a server different times to get to the point, and a
    /// pause can make them meet there.
    pub async fn release(&self, requests: &[Outgoing], pauses: &[Duration]) -> Released {
        let limit = self.file().limits.request();
        // One connection carries a burst, and it is the base that is known to speak HTTP/2 or not.
        let base = self.file().base.origin();
        let under_base =
            self.file().proxy.is_none() && requests.iter().all(|request| request.url.origin() == base);
        let dressed: Vec<Outgoing> = requests.iter().map(|request| self.dressed(request.clone())).collect();
        let requests = dressed.as_slice();
        self.pace.count(requests.len()).await;
        let mut released = self.released(requests, pauses, under_base, limit).await;
        for ((.., reply), request) in released.replies.iter_mut().zip(requests) {
            if let Ok(answer) = reply {
                *answer = self.marked(request, answer.clone());
            }
        }
        released
    }

    async fn released(
        &self,
        requests: &[Outgoing],
        pauses: &[Duration],
        under_base: bool,
        limit: Duration,
    ) -> Released {
        if under_base && *self.burst.http2.get_or_init(|| self.speaks_http2()).await {
            match tokio::time::timeout(limit, self.over_http2(requests, pauses)).await {
                Ok(Ok(released)) => released,
                Ok(Err(trouble)) => all_failed(requests, trouble),
                Err(_) => all_failed(requests, late(limit)),
            }
        } else {
            self.over_http1(requests).await
        }
    }

    /// Whether the target answers HTTP/2 that nothing announced (RFC 9113 §3.3).
    async fn speaks_http2(&self) -> bool {
        let probe = [self.harmless()];
        self.file().base.scheme() == "http"
            && matches!(
                tokio::time::timeout(Duration::from_secs(1), self.over_http2(&probe, &[])).await,
                Ok(Ok(Released { replies, .. })) if replies[0].2.is_ok()
            )
    }

    async fn over_http2(&self, requests: &[Outgoing], pauses: &[Duration]) -> Result<Released, Trouble> {
        let base = &self.file().base;
        let host = base.host_str().expect("a checked address has a host").trim_matches(['[', ']']);
        let port = base.port_or_known_default().expect("http and https have a port");
        let no_connection =
            |error: std::io::Error| Trouble { kind: TroubleKind::Connect, detail: error.to_string() };
        let stream = TcpStream::connect((host, port)).await.map_err(no_connection)?;
        stream.set_nodelay(true).map_err(no_connection)?;
        let (sender, mut connection) = h2::client::handshake(stream).await.map_err(|error| broken(&error))?;
        let mut pings = connection.ping_pong().expect("nobody has taken it before");
        let mut connection = std::pin::pin!(connection);
        // The connection is driven by this very task, so that nothing is written while the last frames are queued.
        let longest = self.file().limits.body_bytes;
        let exchange = async {
            let mut held = Vec::new();
            for request in requests {
                let ready = sender.clone().ready().await.map_err(|error| broken(&error))?;
                held.push(Held::prepare(ready, request).map_err(|error| broken(&error))?);
            }
            settle(&mut pings).await;
            // Their answers are of no interest, but dropping one would send a frame of its own in between.
            let mut waking = Vec::new();
            for request in self.wakers(requests.len()) {
                let ready = sender.clone().ready().await.map_err(|error| broken(&error))?;
                let held = Held::prepare(ready, &request).map_err(|error| broken(&error))?;
                waking.push(held.release().map_err(|error| broken(&error))?);
            }
            tokio::task::yield_now().await;
            let first = Instant::now();
            let mut pending = Vec::new();
            let mut last = first;
            for (number, request) in held.into_iter().enumerate() {
                let pause = pauses.get(number).copied().unwrap_or_default();
                if !pause.is_zero() {
                    // What is queued is written while this task waits for its next turn; then every microsecond counts.
                    tokio::task::yield_now().await;
                    while last.elapsed() < pause {
                        std::hint::spin_loop();
                    }
                }
                last = Instant::now();
                pending.push((last, request.release()));
            }
            let spread = last - first;
            let replies = join_all(pending.into_iter().map(|(at, response)| async move {
                let reply = match response {
                    Ok(response) => collect(response, longest).await,
                    Err(error) => Err(broken(&error)),
                };
                (at, at.elapsed(), reply)
            }))
            .await;
            drop(waking);
            Ok(Released { replies, spread, method: OVER_HTTP2 })
        };
        tokio::select! {
            biased;
            released = exchange => released,
            ended = &mut connection => Err(match ended {
                Err(error) => broken(&error),
                Ok(()) => Trouble { kind: TroubleKind::Reset, detail: "the server ended the connection".into() },
            }),
        }
    }

    /// Harmless requests that go right ahead of a release: threads of a server that had nothing to do take longer to wake
    /// than the window lasts that the release should meet. See benches/race.rs for what that makes.
    fn wakers(&self, requests: usize) -> impl Iterator<Item = Outgoing> {
        std::iter::repeat_n(self.harmless(), requests.min(MOST_WAKERS))
    }

    /// A request that changes nothing: whoami without a token.
    fn harmless(&self) -> Outgoing {
        self.dressed(self.file().endpoints.whoami.route.request(http::Method::GET))
    }

    async fn over_http1(&self, requests: &[Outgoing]) -> Released {
        let warm = self.harmless();
        join_all(requests.iter().map(|_| self.send(&warm))).await;
        let (release, gate) = watch::channel(false);
        let limit = self.file().limits.request();
        let sends = requests.iter().map(|request| {
            let gate = gate.clone();
            async move {
                match tokio::time::timeout(limit, self.gated(request, gate)).await {
                    Ok((at, reply)) => (at, at.elapsed(), reply),
                    Err(_) => (Instant::now(), limit, Err(late(limit))),
                }
            }
        });
        let open = async {
            tokio::time::sleep(SETTLE * 10).await;
            let mut waking: JoinSet<Reply> = self
                .wakers(requests.len())
                .map(|request| {
                    let target = self.clone();
                    async move { target.send(&request).await }
                })
                .collect();
            while waking.join_next().await.is_some() {}
            let _ = release.send(true);
        };
        let (replies, ()) = futures_util::future::join(join_all(sends), open).await;
        let first = replies.iter().map(|(at, ..)| *at).min();
        let last = replies.iter().map(|(at, ..)| *at).max();
        let spread = first.zip(last).map(|(first, last)| last - first).unwrap_or_default();
        Released { replies, spread, method: "HTTP/1.1, a warm connection each, the last byte held back" }
    }

    /// Sends all of a request but its last byte, then waits for the gate. One without a body waits as a whole.
    async fn gated(&self, request: &Outgoing, mut gate: watch::Receiver<bool>) -> (Instant, Reply) {
        let mut builder = self.http.request(request.method.clone(), request.url.clone());
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let released = Arc::new(std::sync::OnceLock::new());
        let response = if request.body.is_empty() {
            let _ = gate.wait_for(|open| *open).await;
            let _ = released.set(Instant::now());
            builder.header(http::header::CONTENT_LENGTH, "0").send().await
        } else {
            let (most, last) = request.body.split_at(request.body.len() - 1);
            let (most, last) = (Bytes::copy_from_slice(most), Bytes::copy_from_slice(last));
            let moment = released.clone();
            let body = stream::unfold(0, move |part| {
                let (most, last, mut gate, moment) =
                    (most.clone(), last.clone(), gate.clone(), moment.clone());
                async move {
                    match part {
                        0 => Some((Ok::<_, std::io::Error>(most), 1)),
                        1 => {
                            let _ = gate.wait_for(|open| *open).await;
                            let _ = moment.set(Instant::now());
                            Some((Ok(last), 2))
                        }
                        _ => None,
                    }
                }
            });
            builder
                .header(http::header::CONTENT_LENGTH, request.body.len())
                .body(reqwest::Body::wrap_stream(body))
                .send()
                .await
        };
        let at = *released.get_or_init(Instant::now);
        match response {
            Ok(response) => (at, receive(response, self.file().limits.body_bytes).await),
            Err(error) => (at, Err(trouble(&error))),
        }
    }
}

/// A request whose end is held back.
enum Held {
    /// All but the last byte of the body is on its way.
    Body { response: ResponseFuture, stream: SendStream<Bytes>, last: Bytes },
    /// There is no body, so nothing is on its way yet: a server may act on the headers alone.
    Headers { sender: SendRequest<Bytes>, request: Request<()> },
}

impl Held {
    fn prepare(mut sender: SendRequest<Bytes>, request: &Outgoing) -> Result<Held, h2::Error> {
        let mut head = Request::new(());
        *head.method_mut() = request.method.clone();
        *head.uri_mut() = request.url.as_str().parse().expect("every address of a request is a URI");
        *head.version_mut() = http::Version::HTTP_2;
        for (name, value) in &request.headers {
            head.headers_mut().append(name, value.clone());
        }
        if request.body.is_empty() {
            return Ok(Held::Headers { sender, request: head });
        }
        head.headers_mut().insert(http::header::CONTENT_LENGTH, request.body.len().into());
        let (response, mut stream) = sender.send_request(head, false)?;
        let (most, last) = request.body.split_at(request.body.len() - 1);
        stream.send_data(Bytes::copy_from_slice(most), false)?;
        Ok(Held::Body { response, stream, last: Bytes::copy_from_slice(last) })
    }

    fn release(self) -> Result<ResponseFuture, h2::Error> {
        match self {
            Held::Body { response, mut stream, last } => {
                stream.send_data(last, true)?;
                Ok(response)
            }
            Held::Headers { mut sender, request } => Ok(sender.send_request(request, true)?.0),
        }
    }
}

async fn collect(response: ResponseFuture, longest: usize) -> Reply {
    let (head, mut stream): (_, RecvStream) = response.await.map_err(|error| broken(&error))?.into_parts();
    let status = head.status.as_u16();
    let mut body = BytesMut::new();
    while let Some(chunk) = stream.data().await {
        let chunk = chunk.map_err(|error| broken(&error))?;
        let _ = stream.flow_control().release_capacity(chunk.len());
        body.extend_from_slice(&chunk);
        if body.len() > longest {
            return Err(too_long(status, longest));
        }
    }
    Ok(Incoming::new(status, head.headers, body.freeze()))
}

fn broken(error: &h2::Error) -> Trouble {
    Trouble { kind: TroubleKind::Reset, detail: error.to_string() }
}

fn late(limit: Duration) -> Trouble {
    Trouble { kind: TroubleKind::TimeOut, detail: format!("no whole answer within {} ms", limit.as_millis()) }
}

fn all_failed(requests: &[Outgoing], trouble: Trouble) -> Released {
    let now = Instant::now();
    let replies = requests.iter().map(|_| (now, Duration::ZERO, Err(trouble.clone()))).collect();
    Released { replies, spread: Duration::ZERO, method: OVER_HTTP2 }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use tokio::net::TcpListener;

    use super::*;
    use crate::target::TargetFile;

    async fn server(says: &'static str) -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port of loopback is free");
        let address = format!("http://{}", listener.local_addr().expect("it has an address"));
        let routes = Router::new().fallback(async move || says);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        address
    }

    #[tokio::test]
    async fn a_burst_reaches_an_endpoint_on_another_host_than_the_base() {
        let (base, tokens) = (server("the base").await, server("the token server").await);
        let mut file = TargetFile::at(&base).expect("it is an address");
        file.endpoints.token.url = format!("{tokens}/token").parse().expect("it is an address");
        let target = Target::open(file).expect("an HTTP client can be set up");
        let under_base = target.file().url("/token").expect("it is an address");
        for (endpoint, who) in
            [(under_base, "the base"), (target.file().endpoints.token.url.clone(), "the token server")]
        {
            let request = Outgoing::new(http::Method::POST, endpoint).form(&[]);
            let released = target.release(&[request.clone(), request], &[]).await;
            for (_, _, reply) in released.replies {
                assert_eq!(reply.expect("it answers").body, who, "{}", released.method);
            }
        }
    }
}
