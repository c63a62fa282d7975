//! Doing what a hook of the target file says: sending its request, or running its program.

use std::process::Stdio;

use bytes::Bytes;
use http::HeaderMap;
use tokio::process::Command;

use super::file::{CommandHook, Hook, HookBody, RequestHook, filled, is_loopback};
use super::transport::Target;
use super::wire::{Incoming, Outgoing, Reply};
use crate::results::{Trouble, TroubleKind};

/// What stands for what in a hook's texts.
pub type Values = Vec<(String, String)>;

/// A hook with its values, ready to be done.
#[derive(Clone, Debug)]
pub enum Deed {
    Request(Outgoing),
    Command { program: String, arguments: Vec<String>, hook: CommandHook },
}

impl Target {
    /// A hook with its values filled in. `None` if what comes of it makes no address or no header.
    pub fn deed(&self, hook: &Hook, values: &Values) -> Option<Deed> {
        match hook {
            Hook::Request(request) => self.hook_request(request, values).map(Deed::Request),
            Hook::Command(command) => Some(Deed::Command {
                program: filled(&command.program, values),
                arguments: command.arguments.iter().map(|word| filled(word, values)).collect(),
                hook: command.clone(),
            }),
        }
    }

    fn hook_request(&self, hook: &RequestHook, values: &Values) -> Option<Outgoing> {
        let text = filled(&hook.url, values);
        let url = match url::Url::parse(&text) {
            Ok(url) if url.has_host() => url,
            _ => self.file().url(&text)?,
        };
        let mut request = Outgoing::new(hook.method.clone(), url);
        for (name, value) in &hook.headers.0 {
            request = request.header(name.clone(), &filled(&value.text(name.as_str()).ok()?, values));
        }
        Some(match &hook.body {
            HookBody::Nothing => request,
            HookBody::Form(fields) => {
                let fields: Vec<_> =
                    fields.iter().map(|(name, value)| (name.clone(), filled(value, values))).collect();
                request.form(&fields)
            }
            HookBody::Json(json) => {
                let mut request = request.header(http::header::CONTENT_TYPE, "application/json");
                request.body = filled(json, values).into();
                request
            }
        })
    }

    /// Runs a program. What it prints stands for an answer's body: 200 if it ends well, 500 with what it complained of if not.
    pub async fn run(&self, program: &str, arguments: &[String], hook: &CommandHook) -> Reply {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if !hook.folder.as_os_str().is_empty() {
            command.current_dir(&hook.folder);
        }
        command.kill_on_drop(true);
        let limit = self.file().limits.request();
        let trouble = |kind, detail: String| Err(Trouble { kind, detail: format!("{program}: {detail}") });
        match tokio::time::timeout(limit, command.output()).await {
            Err(_) => trouble(TroubleKind::TimeOut, format!("has not ended within {} ms", limit.as_millis())),
            Ok(Err(error)) => trouble(TroubleKind::Connect, format!("can't be run: {error}")),
            Ok(Ok(output)) if output.status.success() => {
                Ok(Incoming::new(200, HeaderMap::new(), Bytes::from(output.stdout)))
            }
            Ok(Ok(output)) => {
                let said = String::from_utf8_lossy(&output.stderr);
                let said = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
                trouble(TroubleKind::Garbage, format!("ended with {}: {said}", output.status))
            }
        }
    }

    /// Does a deed. The reply to a request, or what a program printed.
    pub async fn does(&self, deed: &Deed) -> Reply {
        match deed {
            Deed::Request(request) => self.send(request).await,
            Deed::Command { program, arguments, hook } => self.run(program, arguments, hook).await,
        }
    }

    /// Whether the server is on this machine.
    pub fn is_near(&self) -> bool {
        is_loopback(&self.file().base)
    }
}
