//! Where the app's requests come in: a plain or TLS listener for the bank, a second origin for redirects that lead away,
//! and a proxy that answers for hosts that an app has compiled in. Nothing here ever connects to the outside.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming as BodyIncoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use url::Url;

use super::{Answered, BODY_LIMIT, By, Hostile};
use crate::apptest::certificates::Authority;
use crate::suite::client::CertificateKind;
use crate::target::{Incoming, Outgoing};

/// Between a connection that could not be taken and the next try.
const AGAIN: Duration = Duration::from_millis(5);

/// Where redirects lead away to behind the proxy: a host that is no bank's.
const ELSEWHERE: &str = "elsewhere.example";

/// Why the bank can't be listened for.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    #[error(
        "failed to listen on port {port} of loopback for the app: {cause}; is another bank, or another run, listening there?"
    )]
    Port { port: u16, cause: std::io::Error },
}

/// Everything that listens for one case; dropped, it stops.
#[derive(Debug)]
pub struct Doors {
    pub bank: Url,
    /// The proxy's address, if there is one.
    pub proxy: Option<String>,
    _tasks: JoinSet<()>,
}

/// Where a connection's requests go.
#[derive(Clone, Debug)]
enum Room {
    /// The bank, under this origin.
    Bank(String),
    Elsewhere(String),
    Proxy,
}

#[derive(Clone, Debug)]
struct Door {
    hostile: Hostile,
    authority: Arc<Authority>,
    hosts: Arc<Vec<String>>,
}

/// The app is told by a broken connection, as by a bank that has gone.
#[derive(Debug, thiserror::Error)]
#[error("the connection ends here")]
struct Gone;

impl Doors {
    /// Opens them. `port` 0 is any free one.
    pub async fn open(
        hostile: &Hostile,
        authority: Arc<Authority>,
        port: u16,
        tls: bool,
        hosts: &[String],
    ) -> Result<Doors, ListenError> {
        let bind = async |port: u16| {
            TcpListener::bind(("127.0.0.1", port)).await.map_err(|cause| ListenError::Port { port, cause })
        };
        let door = Door { hostile: hostile.clone(), authority, hosts: Arc::new(hosts.to_vec()) };
        let mut tasks = JoinSet::new();
        let bank = bind(port).await?;
        let origin = |listener: &TcpListener, scheme: &str| match listener.local_addr() {
            Ok(address) => format!("{scheme}://127.0.0.1:{}", address.port()),
            Err(_) => format!("{scheme}://127.0.0.1"),
        };
        let scheme = if tls { "https" } else { "http" };
        let at = origin(&bank, scheme);
        tasks.spawn(door.clone().accept(bank, Room::Bank(at.clone()), tls));
        // What follows a redirect goes the way that it went to the bank: by TLS if that was, and through the proxy.
        let (away, proxy_at) = if hosts.is_empty() {
            let elsewhere = bind(0).await?;
            let away = origin(&elsewhere, scheme);
            tasks.spawn(door.accept(elsewhere, Room::Elsewhere(away.clone()), tls));
            (away, None)
        } else {
            let proxy = bind(0).await?;
            let proxy_at = origin(&proxy, "http");
            tasks.spawn(door.accept(proxy, Room::Proxy, false));
            (format!("https://{ELSEWHERE}"), Some(proxy_at))
        };
        hostile.books().elsewhere = Url::parse(&away).ok();
        let bank = Url::parse(&at).expect("a loopback address is an address");
        Ok(Doors { bank, proxy: proxy_at, _tasks: tasks })
    }
}

impl Door {
    async fn accept(self, listener: TcpListener, room: Room, tls: bool) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let Ok((stream, _)): Result<(_, SocketAddr), _> = accepted else {
                        // No file is left for it, or it has gone: whoever waits is asked again.
                        tokio::time::sleep(AGAIN).await;
                        continue;
                    };
                    let _ = stream.set_nodelay(true);
                    let (door, room) = (self.clone(), room.clone());
                    connections.spawn(async move {
                        if tls {
                            door.secured(stream, room, "127.0.0.1").await;
                        } else {
                            door.serve(stream, room, std::future::pending()).await;
                        }
                    });
                }
                Some(ended) = connections.join_next() => {
                    if let Err(panic) = ended.map_err(|error| error.to_string()) {
                        self.hostile.books().broke = Some(panic);
                    }
                }
            }
        }
    }

    /// A TLS connection, with the certificate that the bank shows at this moment.
    async fn secured(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        room: Room,
        host: &str,
    ) {
        let kind = if matches!(room, Room::Elsewhere(_)) {
            CertificateKind::Right
        } else {
            let mut books = self.hostile.books();
            books.handshakes += 1;
            books.certificate
        };
        let Ok(config) = self.authority.server(kind, host) else { return };
        match TlsAcceptor::from(config).accept(stream).await {
            Ok(stream) => Box::pin(self.serve(stream, room, self.hostile.another_certificate(kind))).await,
            // A client that does not trust it goes away in the middle of this.
            Err(_) if kind == CertificateKind::Right => self.hostile.books().untrusted += 1,
            Err(_) => {}
        }
    }

    /// Answers on a connection, which ends when nothing is under way on it any more once it is `over`.
    async fn serve(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        room: Room,
        over: impl Future<Output = ()>,
    ) {
        let service = service_fn(|request| self.answer(request, room.clone()));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection.with_upgrades());
        tokio::select! {
            // A connection that the app, or a case, breaks is none of the harness's troubles.
            _ = connection.as_mut() => return,
            () = over => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }

    async fn answer(&self, request: Request<BodyIncoming>, room: Room) -> Result<Response<Body>, Gone> {
        if matches!(room, Room::Proxy) {
            self.hostile.books().asked_proxy += 1;
        }
        match room {
            Room::Proxy if request.method() == Method::CONNECT => Ok(self.tunnel(request)),
            Room::Proxy => {
                let host = request.uri().host().unwrap_or_default().to_owned();
                if !self.hosts.contains(&host) {
                    return Ok(self.refuse(&host));
                }
                let origin = format!("http://{host}");
                self.bank(request, &origin).await
            }
            Room::Bank(origin) => self.bank(request, &origin).await,
            Room::Elsewhere(origin) => {
                let outgoing = read(request, &origin).await.ok_or(Gone)?;
                Ok(whole(self.hostile.elsewhere(outgoing)))
            }
        }
    }

    async fn bank(&self, request: Request<BodyIncoming>, origin: &str) -> Result<Response<Body>, Gone> {
        let outgoing = read(request, origin).await.ok_or(Gone)?;
        match self.hostile.ask(By::App, outgoing).await {
            Answered::Whole(answer) => Ok(whole(answer)),
            Answered::Cut(answer, bytes) => Ok(cut(answer, bytes)),
            Answered::Nothing => Err(Gone),
        }
    }

    /// Plays the host that a CONNECT asks for, if it is one of the file's or a redirect leads there; no other is ever reached.
    fn tunnel(&self, request: Request<BodyIncoming>) -> Response<Body> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let at = format!("https://{host}");
        let room = match host.as_str() {
            ELSEWHERE => Room::Elsewhere(at),
            _ if self.hosts.contains(&host) => Room::Bank(at),
            _ => return self.refuse(&host),
        };
        let door = self.clone();
        tokio::spawn(async move {
            if let Ok(upgraded) = hyper::upgrade::on(request).await {
                door.secured(TokioIo::new(upgraded), room, &host).await;
            }
        });
        Response::new(Body::empty())
    }

    fn refuse(&self, host: &str) -> Response<Body> {
        let mut books = self.hostile.books();
        if !books.refused_hosts.iter().any(|known| known == host) {
            books.refused_hosts.push(host.to_owned());
        }
        let mut response = Response::new(Body::from("this proxy answers for the bank's hosts only\n"));
        *response.status_mut() = StatusCode::FORBIDDEN;
        response
    }
}

/// A request read whole; `None` if it is too long or broken.
async fn read(request: Request<BodyIncoming>, origin: &str) -> Option<Outgoing> {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let url = Url::parse(&format!("{origin}{path}")).ok()?;
    let body = axum::body::to_bytes(Body::new(body), BODY_LIMIT).await.ok()?;
    let headers = head.headers.iter().filter(|(name, _)| *name != http::header::HOST);
    Some(Outgoing {
        method: head.method,
        url,
        headers: headers.map(|(name, value)| (name.clone(), value.clone())).collect(),
        body,
        follows_slash: false,
    })
}

fn whole(answer: Incoming) -> Response<Body> {
    let body = Body::from(answer.body.clone());
    respond(answer, body)
}

/// As much of the body as is said, of a length that promises all of it.
fn cut(answer: Incoming, bytes: usize) -> Response<Body> {
    let part = answer.body.slice(..bytes.min(answer.body.len()));
    let length = answer.body.len();
    let parts = [Ok::<Bytes, std::io::Error>(part), Err(std::io::Error::other("cut off"))];
    let mut response = respond(answer, Body::from_stream(futures_util::stream::iter(parts)));
    response.headers_mut().insert(http::header::CONTENT_LENGTH, length.into());
    response
}

fn respond(answer: Incoming, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = answer.headers;
    response.headers_mut().remove(http::header::TRANSFER_ENCODING);
    response
}
