//! Taking connections, HTTP/1.1 and HTTP/2 with prior knowledge, within limits: whoever sends half a request, or nothing,
//! is let go, so that such connections do not pile up.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::response::IntoResponse;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tower_service::Service;

use super::http::Problem;

/// What HTTP/2 begins with (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How much is taken from whom.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at a time; further ones wait.
    pub connections: usize,
    /// How long a connection may take to say anything, and then for the head of each request.
    pub head: Duration,
    /// How long a request may take altogether, its body among it.
    pub request: Duration,
    /// Bytes of a request's head.
    pub head_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 1024,
            head: Duration::from_secs(15),
            request: Duration::from_secs(30),
            head_bytes: 256 * 1024,
        }
    }
}

/// Serves `routes` on `listener` until `stop` comes and the requests under way are answered.
///
/// # Errors
/// What the listener breaks with.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    serve_within(Limits::default(), listener, routes, stop).await
}

/// The same, within these limits.
pub(super) async fn serve_within(
    limits: Limits,
    listener: TcpListener,
    routes: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.head).max_buf_size(limits.head_bytes);
    let seats = Arc::new(Semaphore::new(limits.connections));
    let leaving = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let taken = async {
            let seat = Arc::clone(&seats).acquire_owned().await.expect("the semaphore is never closed");
            (seat, listener.accept().await)
        };
        let (seat, socket) = tokio::select! {
            () = &mut stop => break,
            (seat, accepted) = taken => match accepted {
                Ok((socket, _)) => (seat, socket),
                Err(error) => {
                    weigh(error).await?;
                    continue;
                }
            },
        };
        // A reply held back to fill a packet would cost 40 ms; a socket that refuses the option works all the same.
        let _ = socket.set_nodelay(true);
        let (builder, routes, watcher) = (builder.clone(), routes.clone(), leaving.watcher());
        tokio::spawn(async move {
            let _seat = seat;
            if !matches!(timeout(limits.head, has_begun(&socket)).await, Ok(Ok(true))) {
                return;
            }
            let service = service_fn(move |request: Request<Incoming>| {
                let mut routes = routes.clone();
                async move {
                    match timeout(limits.request, routes.call(request.map(Body::new))).await {
                        Ok(answer) => answer,
                        Err(_) => Ok(Problem::too_slow().into_response()),
                    }
                }
            });
            let connection = builder.serve_connection(TokioIo::new(socket), service).into_owned();
            // How a connection ends is its client's affair.
            let _ = watcher.watch(connection).await;
        });
    }
    drop(listener);
    leaving.shutdown().await;
    Ok(())
}

/// Whether enough has come to tell which HTTP is spoken; `false` if the other side left.
async fn has_begun(socket: &TcpStream) -> io::Result<bool> {
    let mut seen = [0; PREFACE.len()];
    loop {
        match socket.peek(&mut seen).await? {
            0 => return Ok(false),
            n if n == PREFACE.len() || seen[..n] != PREFACE[..n] => return Ok(true),
            // What has come already makes the socket readable: there is nothing to wait for but time.
            _ => sleep(Duration::from_millis(5)).await,
        }
    }
}

/// What goes wrong with one connection is none of the others' business; where there are too many files, some will be
/// closed soon.
async fn weigh(error: io::Error) -> io::Result<()> {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    const TOO_MANY_FILES: [i32; 2] = [23, 24];
    match error {
        error
            if matches!(
                error.kind(),
                ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
            ) =>
        {
            Ok(())
        }
        error if error.raw_os_error().is_some_and(|code| TOO_MANY_FILES.contains(&code)) => {
            sleep(Duration::from_millis(100)).await;
            Ok(())
        }
        error => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;

    use super::*;

    const SHORT: Duration = Duration::from_millis(100);
    const LONG: Duration = Duration::from_secs(600);

    /// The address of a server within these limits, and what keeps it up.
    async fn served(limits: Limits) -> (String, oneshot::Sender<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        let (stop, stopped) = oneshot::channel::<()>();
        let routes = Router::new()
            .route("/", get(|| async { "here" }))
            .route("/", post(|_: axum::body::Bytes| async { "read" }));
        tokio::spawn(serve_within(limits, listener, routes, async {
            let _ = stopped.await;
        }));
        (address, stop)
    }

    /// All that is answered to `said`, until the other side closes.
    async fn answer(address: &str, said: &str) -> String {
        let mut socket = TcpStream::connect(address).await.expect("it listens");
        socket.write_all(said.as_bytes()).await.expect("it is sent");
        let mut whole = Vec::new();
        // A connection that is closed with something unread is reset.
        let _ = socket.read_to_end(&mut whole).await;
        String::from_utf8_lossy(&whole).into_owned()
    }

    const WHOLE: &str = "GET / HTTP/1.1\r\nhost: bank\r\nconnection: close\r\n\r\n";

    #[tokio::test]
    async fn whoever_sends_nothing_or_half_a_head_is_let_go() {
        let limits = Limits { head: SHORT, request: LONG, ..Limits::default() };
        let (address, _stop) = served(limits).await;
        for half in ["", "PRI * HT", "GET / HTTP/1.1\r\nhost: b"] {
            let said = answer(&address, half).await;
            assert!(!said.contains("here"), "{half:?}: {said}");
        }
    }

    #[tokio::test]
    async fn whoever_sends_half_a_body_is_told_so() {
        let limits = Limits { head: LONG, request: SHORT, ..Limits::default() };
        let (address, _stop) = served(limits).await;
        let half = "POST / HTTP/1.1\r\nhost: bank\r\ncontent-length: 100\r\nconnection: close\r\n\r\nhal";
        let said = answer(&address, half).await;
        assert!(said.starts_with("HTTP/1.1 408"), "{said}");
    }

    #[tokio::test]
    async fn half_requests_do_not_pile_up() {
        let limits = Limits { connections: 2, head: SHORT, request: LONG, ..Limits::default() };
        let (address, _stop) = served(limits).await;
        let mut halves = Vec::new();
        for _ in 0..6 {
            halves.push(TcpStream::connect(&address).await.expect("it listens"));
        }
        let said = answer(&address, WHOLE).await;
        assert!(said.ends_with("here"), "{said}");
    }

    #[tokio::test]
    async fn a_head_beyond_measure_is_refused() {
        let limits = Limits { head: LONG, request: LONG, head_bytes: 8192, ..Limits::default() };
        let (address, _stop) = served(limits).await;
        let long = format!("GET / HTTP/1.1\r\nhost: bank\r\nx: {}\r\n\r\n", "a".repeat(20_000));
        let said = answer(&address, &long).await;
        assert!(!said.contains("here"), "{said}");
    }
}
