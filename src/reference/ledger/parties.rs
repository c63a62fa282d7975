//! Who is who: finding users and clients, and how a client shows which one it is (RFC 6749 §3.2.1).

use super::rows::{ClientIx, UserIx};
use super::{Digest, Refusal, Source, Turn};
use crate::reference::rules::{Downgrade, PublicWorks, SecretCheck};

impl Turn<'_> {
    /// The client with this id.
    pub fn client(&self, client_id: &str) -> Result<ClientIx, Refusal> {
        match self.client_index.get(client_id) {
            Some((world, client)) if *world == self.id => Ok(*client),
            _ => Err(Refusal::UnknownClient),
        }
    }

    /// The client that must show that it is `client`: by its secret, or, if it can't keep one, by none.
    ///
    /// `None` is a request without a secret, or with an empty one (RFC 6749 §3.2: the same). `by` is what it wants tokens
    /// for.
    pub fn authenticate(&self, client: ClientIx, secret: Option<&str>, by: Source) -> Result<(), Refusal> {
        let rule = self.rules.token.secret_check;
        let row = &self.world.clients[client.at()];
        let passes = match secret {
            Some("") if rule == SecretCheck::EmptyPasses => true,
            _ if row.seed.confidential && self.is_downgraded(secret, by) => true,
            None | Some("") => !row.seed.confidential,
            Some(_) if rule == SecretCheck::NotChecked => true,
            Some(_) if rule == SecretCheck::NotCheckedAtRefresh && by == Source::RefreshToken => true,
            Some(secret) => {
                let shown = Digest::of_client_secret(rule, secret);
                let any = rule == SecretCheck::AnyClients;
                let others = self.world.clients.iter().filter(|_| any);
                row.secret.same(&shown) | others.fold(false, |met, c| met | c.secret.same(&shown))
            }
        };
        passes.then_some(()).ok_or(Refusal::BadClientSecret)
    }

    /// Whether a confidential client passes as a public one, that need not show its secret: it does not.
    fn is_downgraded(&self, secret: Option<&str>, by: Source) -> bool {
        match self.rules.public.downgrade {
            Downgrade::Never => false,
            Downgrade::WithoutSecret => secret.is_none(),
            Downgrade::WithoutSecretAtRefresh => secret.is_none() && by == Source::RefreshToken,
            Downgrade::ByLookOfSecret => secret.is_some_and(|secret| secret.starts_with("mnzpub.")),
        }
    }

    /// Whether this client's kind is served at all: every kind is.
    pub(super) fn serves(&self, client: ClientIx, unserved: PublicWorks) -> bool {
        self.confidential(client) || self.rules.public.works != unserved
    }

    /// Whether a client was registered as one that can keep a secret.
    pub fn confidential(&self, client: ClientIx) -> bool {
        self.world.clients[client.at()].seed.confidential
    }

    pub fn client_id(&self, client: ClientIx) -> &str {
        &self.world.clients[client.at()].id
    }

    /// The role that the world's fixture knows a client by; `None` for one that was registered later.
    pub fn client_role(&self, client: ClientIx) -> Option<&'static str> {
        self.world.clients[client.at()].role
    }

    /// The name that users know a client by.
    pub fn client_name(&self, client: ClientIx) -> &str {
        &self.world.clients[client.at()].seed.name
    }

    /// Where a client's picture is.
    pub fn client_logo(&self, client: ClientIx) -> Option<&str> {
        self.world.clients[client.at()].seed.logo.as_deref()
    }

    /// What a client says of itself.
    pub fn client_description(&self, client: ClientIx) -> &str {
        &self.world.clients[client.at()].seed.description
    }

    pub fn redirect_uris(&self, client: ClientIx) -> &[String] {
        &self.world.clients[client.at()].seed.redirect_uris
    }

    /// The redirect URIs of all clients of the world.
    pub fn all_redirect_uris(&self) -> impl Iterator<Item = &String> {
        let clients = self.world.clients.iter();
        clients.flat_map(|client| &client.seed.redirect_uris)
    }

    pub fn user_id(&self, user: UserIx) -> &str {
        &self.world.users[user.at()].id
    }

    /// The user who came first to this client.
    pub fn first_user_of(&self, client: ClientIx) -> Option<UserIx> {
        self.world.grants.iter().find(|grant| grant.client == client).map(|grant| grant.user)
    }

    /// Every user, in the fixture's order.
    pub fn users(&self) -> impl Iterator<Item = UserIx> + use<> {
        (0..self.world.users.len()).map(UserIx::new)
    }

    pub fn user_email(&self, user: UserIx) -> &'static str {
        &self.world.users[user.at()].seed.email
    }

    /// The PIN of a user's card.
    pub fn user_pin(&self, user: UserIx) -> &'static str {
        &self.world.users[user.at()].seed.pin
    }

    /// Another user than this one, if there is one.
    pub fn another_user(&self, user: UserIx) -> UserIx {
        UserIx::new((user.at() + 1) % self.world.users.len())
    }

    /// Another client than this one, if there is one.
    pub fn another_client(&self, client: ClientIx) -> ClientIx {
        ClientIx::new((client.at() + 1) % self.world.clients.len())
    }

    pub fn user_by_role(&self, role: &str) -> Option<UserIx> {
        self.world.users.iter().position(|user| user.role == role).map(UserIx::new)
    }

    pub fn client_by_role(&self, role: &str) -> Option<ClientIx> {
        self.world.clients.iter().position(|client| client.role == Some(role)).map(ClientIx::new)
    }

    /// The user with this email, whatever its case.
    pub fn user_by_email(&self, email: &str) -> Option<UserIx> {
        let users = &self.world.users;
        let at = users.iter().position(|user| user.seed.email.eq_ignore_ascii_case(email.trim()));
        at.map(UserIx::new)
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::Scene;
    use super::*;

    #[test]
    fn a_confidential_client_must_show_its_own_secret() {
        let mut scene = Scene::default();
        let right = scene.secret("server");
        let others = scene.secret("other");
        let shorter = right[..right.len() - 1].to_owned();
        for bad in [None, Some(""), Some("wrong"), Some(&*others), Some(&*shorter)] {
            assert_eq!(scene.authenticate("server", bad), Err(Refusal::BadClientSecret), "{bad:?}");
        }
        assert_eq!(scene.authenticate("server", Some(&right)), Ok(()));
    }

    #[test]
    fn a_public_client_needs_no_secret_but_may_not_show_a_wrong_one() {
        let mut scene = Scene::default();
        let right = scene.secret("public");
        assert_eq!(scene.authenticate("public", None), Ok(()));
        assert_eq!(scene.authenticate("public", Some(&right)), Ok(()));
        assert_eq!(scene.authenticate("public", Some("wrong")), Err(Refusal::BadClientSecret));
    }
}
