//! The app in this process, on a thread of its own, for as long as somebody holds on to it.
//!
//! It ends as a process ends that is killed: whatever is under way is never finished, and only the state file is left.

use std::net::SocketAddr;
use std::thread::JoinHandle;

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use super::app::App;
use super::serve::serve;
use super::{Options, StartError};

/// An app that runs in this process. It is killed when this is dropped.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Starts an app on this port of loopback; 0 takes any that is free.
    ///
    /// # Errors
    /// If the port can't be listened on, or the app can't start.
    pub fn start(options: Options, port: u16) -> Result<Running, StartError> {
        let told = |source| StartError::Listen { port, source };
        let runtime = Builder::new_current_thread().enable_all().build().map_err(told)?;
        let listener = std::net::TcpListener::bind(("127.0.0.1", port)).map_err(told)?;
        listener.set_nonblocking(true).map_err(told)?;
        let address = listener.local_addr().map_err(told)?;
        let app = App::new(&options, address)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || run(runtime, listener, app, stopped));
        Ok(Running { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Its base address, such as `http://127.0.0.1:40123`.
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whether a defect has ended it.
    pub fn has_ended(&self) -> bool {
        self.thread.as_ref().is_some_and(JoinHandle::is_finished)
    }

    /// Its port, to start it again on the same.
    pub fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // It has printed why it panicked, if it did.
            let _ = thread.join();
        }
    }
}

fn run(runtime: Runtime, listener: std::net::TcpListener, app: App, stopped: oneshot::Receiver<()>) {
    let ended = runtime.block_on(async {
        let listener = TcpListener::from_std(listener)?;
        serve(listener, app, async {
            // The sender is never used: it is dropped.
            let _ = stopped.await;
        })
        .await
    });
    if let Err(error) = ended {
        eprintln!("the demo app stopped: {error}");
    }
    runtime.shutdown_background();
}
