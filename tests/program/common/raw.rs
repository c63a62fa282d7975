//! A server with bad manners below HTTP: what no library would send, straight from a socket.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What it does with every connection.
#[derive(Clone, Copy, Debug)]
pub enum Manners {
    /// Takes the connection and never says a word.
    Hang,
    /// Says half of an answer and then never a word more.
    HangInBody,
    /// Breaks the connection off in the middle of an answer.
    ResetInBody,
    /// Breaks the connection off before any answer.
    ResetAtOnce,
    /// Says how long the answer is, sends less and closes.
    TooShort,
    /// A body without end.
    Endless,
    /// Headers without end.
    EndlessHeaders,
    /// The greeting of a mail server.
    Garbage,
    /// Bytes that are no text.
    Noise,
}

/// Starts it; returns its base address.
pub async fn start(manners: Manners) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port of loopback is free");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            // The other side hangs up when it has had enough: that is no trouble here.
            tokio::spawn(async move { drop(behave(socket, manners).await) });
        }
    });
    format!("http://{address}")
}

/// An address of loopback that nobody listens on.
pub async fn nobody() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port of loopback is free");
    let address = listener.local_addr().expect("it is bound");
    drop(listener);
    format!("http://{address}")
}

const HALF: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"access";

async fn behave(mut socket: TcpStream, manners: Manners) -> std::io::Result<()> {
    if let Manners::Garbage = manners {
        socket.write_all(b"220 mail.example ESMTP ready\r\n").await?;
    }
    let mut request = vec![0; 64 << 10];
    let _ = socket.read(&mut request).await?;
    match manners {
        Manners::Hang => std::future::pending().await,
        Manners::HangInBody => {
            socket.write_all(HALF).await?;
            std::future::pending().await
        }
        Manners::ResetInBody => {
            socket.write_all(HALF).await?;
            socket.set_zero_linger()
        }
        Manners::ResetAtOnce => socket.set_zero_linger(),
        Manners::TooShort => {
            socket.write_all(HALF).await?;
            socket.shutdown().await
        }
        Manners::Endless => {
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"a\":\"").await?;
            loop {
                socket.write_all(&[b'a'; 4096]).await?;
            }
        }
        Manners::EndlessHeaders => {
            socket.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            loop {
                socket.write_all(b"x-more: of the same\r\n").await?;
            }
        }
        Manners::Garbage => {
            socket.write_all(b"500 5.5.1 command unrecognized\r\n").await?;
            socket.shutdown().await
        }
        Manners::Noise => {
            socket.write_all(&[0xff, 0x00, 0x16, 0x03, 0x01, 0x80, b'\r', b'\n', b'\r', b'\n']).await?;
            socket.shutdown().await
        }
    }
}
