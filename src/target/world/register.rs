//! Clients that the target file does not name but registers, by a request or a program, before a case first needs them.

use super::ControlError;
use crate::target::Target;
use crate::target::file::{ClientAuthentication, Hook, HookBody, metadata};
use crate::target::pool::PooledClient;

impl Target {
    /// Registers a client of a pool, unless it has been or need not be.
    pub(super) async fn register(&self, role: &str, client: &PooledClient) -> Result<(), ControlError> {
        let Some(register) = &client.register else { return Ok(()) };
        let failed = |detail: String| ControlError::Unregistered { role: role.to_owned(), detail };
        let credentials = async {
            let values = vec![
                ("role".to_owned(), role.to_owned()),
                ("redirect_uri".to_owned(), client.redirect_uris[0].clone()),
            ];
            let authentication = client.authentication.unwrap_or(self.file().client_authentication);
            let method = match (authentication, client.confidential) {
                (ClientAuthentication::None, _) | (_, false) => "none",
                (ClientAuthentication::Basic, true) => "client_secret_basic",
                (ClientAuthentication::Body, true) => "client_secret_post",
            };
            let hook = match &register.hook {
                Hook::Request(request) if matches!(request.body, HookBody::Nothing) => {
                    Hook::Request(metadata(request, &client.redirect_uris, method, role))
                }
                other => other.clone(),
            };
            let deed = self.deed(&hook, &values);
            let deed = deed.ok_or_else(|| failed("what is filled in makes no request".to_owned()))?;
            let answer = self
                .does(&deed)
                .await
                .map_err(|trouble| failed(format!("{}: {}", trouble.kind.as_str(), trouble.detail)))?;
            let json = answer.json().filter(|_| (200..300).contains(&answer.status));
            let json =
                json.ok_or_else(|| failed(format!("the answer is a {} without JSON", answer.status)))?;
            let id = register.id.text(&json);
            let id = id.ok_or_else(|| failed(format!("the answer has no id at {}", register.id.0)))?;
            let secret = register.secret.text(&json);
            if client.confidential && secret.is_none() && authentication != ClientAuthentication::None {
                return Err(failed(format!("the answer has no secret at {}", register.secret.0)));
            }
            Ok((id, secret))
        };
        client.credentials.get_or_try_init(|| credentials).await.map(drop)
    }
}
