//! A target file made from what a server publishes about itself (OpenID Connect Discovery 1.0, RFC 8414): complete but for
//! what only its owner knows, with a comment at every place that wants one. Fetching is the caller's.

use serde::Deserialize;
use url::Url;

/// What a server publishes about itself, as far as a target file can use it. Unknown keys are ignored, as RFC 8414 §3.2 wants.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Metadata {
    pub issuer: Option<String>,
    pub authorization_endpoint: Option<String>,
    pub token_endpoint: Option<String>,
    pub userinfo_endpoint: Option<String>,
    pub introspection_endpoint: Option<String>,
    pub revocation_endpoint: Option<String>,
    pub registration_endpoint: Option<String>,
    pub token_endpoint_auth_methods_supported: Vec<String>,
    pub revocation_endpoint_auth_methods_supported: Vec<String>,
    pub introspection_endpoint_auth_methods_supported: Vec<String>,
    pub code_challenge_methods_supported: Vec<String>,
    pub scopes_supported: Vec<String>,
}

/// What a target file is made from.
#[derive(Clone, Debug)]
pub struct Draft {
    pub name: String,
    pub base: Url,
    /// `None` where the server publishes nothing.
    pub metadata: Option<Metadata>,
    /// Roles of users, and of clients, that there are: `alice` and `server` at least.
    pub users: Vec<String>,
    pub clients: Vec<String>,
    /// The word of the login driver.
    pub login: String,
    pub known: Known,
}

/// What whoever wants the file knows of the server. It goes before what the server publishes.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Addresses: paths under the base, or whole.
    pub authorize: Option<String>,
    pub token: Option<String>,
    pub whoami: Option<String>,
    pub introspection: Option<String>,
    pub logout: Option<String>,
    pub revocation: Option<String>,
    /// How clients show themselves: `body`, `basic` or `none`.
    pub authentication: Option<String>,
    /// The scope of every authorization request.
    pub scope: Option<String>,
}

impl Known {
    /// Whether it names where logins begin and where tokens come from.
    pub fn has_endpoints(&self) -> bool {
        self.authorize.is_some() && self.token.is_some()
    }
}

/// The addresses where a server at `base` may publish metadata, in the order in which they are tried. With a path, RFC 8414
/// puts the well-known part before it, OpenID Connect behind.
pub fn well_known(base: &Url) -> Vec<Url> {
    let path = base.path().trim_end_matches('/');
    let paths = [
        format!("{path}/.well-known/openid-configuration"),
        format!("/.well-known/oauth-authorization-server{path}"),
        format!("/.well-known/openid-configuration{path}"),
        format!("{path}/.well-known/oauth-authorization-server"),
    ];
    let mut found: Vec<Url> = Vec::new();
    for path in paths {
        let mut url = base.clone();
        url.set_path(&path);
        if !found.contains(&url) {
            found.push(url);
        }
    }
    found
}

impl Draft {
    /// The file.
    pub fn text(&self) -> String {
        let said = self.said();
        let mut text = format!(
            "# What grantspec knows of this server. Every key is explained in fixtures/targets/example.toml.\n\
             # `grantspec target check FILE` says whether it is right, and what can be judged.\n\
             name = {}\nbase = {}\n",
            quoted(&self.name),
            quoted(self.base.as_str().trim_end_matches('/')),
        );
        text.push_str(&self.authentication(&said));
        text.push_str(&self.endpoints(&said));
        text.push_str(&identity(&said));
        text.push_str(&self.login());
        // The control API makes them, for each case its own.
        if self.login != "auto" {
            text.push_str(&self.people(&said));
        }
        text.push_str(
            "\n# What the server can't do, each with the reason that reports give: cases that need it are skipped.\n\
             # What has no endpoint above need not stand here.\n[lacks]\n# clock = \"it runs on real time\"\n",
        );
        text
    }

    /// What the server publishes, and before it what is known.
    fn said(&self) -> Metadata {
        let published = self.metadata.clone().unwrap_or_default();
        let known = self.known.clone();
        Metadata {
            authorization_endpoint: known.authorize.or(published.authorization_endpoint),
            token_endpoint: known.token.or(published.token_endpoint),
            // One of the two tells whether a token lives.
            userinfo_endpoint: match &known.introspection {
                Some(_) => None,
                None => known.whoami.or(published.userinfo_endpoint),
            },
            introspection_endpoint: known.introspection.or(published.introspection_endpoint),
            revocation_endpoint: known.revocation.or(published.revocation_endpoint),
            ..published
        }
    }

    /// How clients show themselves.
    fn shown(&self, said: &Metadata) -> (String, &'static str) {
        if let Some(word) = &self.known.authentication {
            return (word.clone(), "as it was given");
        }
        match published_way(&said.token_endpoint_auth_methods_supported) {
            Some("body") => ("body".to_owned(), "the server says that it takes it in the body"),
            Some(word) => (word.to_owned(), "the server says that it takes it in the Authorization header"),
            // RFC 8414 §2: without a list, it is client_secret_basic.
            None if self.metadata.is_some() => {
                ("basic".to_owned(), "the server says that it takes it in the Authorization header")
            }
            None => ("body".to_owned(), "a guess: \"body\" or \"basic\""),
        }
    }

    /// `, authentication = "…"` for an endpoint that says it wants another way than the rest.
    fn own_way(&self, said: &Metadata, methods: &[String]) -> String {
        match published_way(methods) {
            Some(way) if way != self.shown(said).0 => format!(", authentication = \"{way}\""),
            _ => String::new(),
        }
    }

    fn authentication(&self, said: &Metadata) -> String {
        let (word, why) = self.shown(said);
        let mut text =
            format!("\n# How a client shows its secret: {why}.\nclient_authentication = \"{word}\"\n");
        if said.code_challenge_methods_supported.iter().any(|method| method == "S256") {
            text.push_str(
                "\n# The server knows PKCE (RFC 7636). Leave it out to log in without.\npkce = \"S256\"\n",
            );
        }
        text
    }

    fn endpoints(&self, said: &Metadata) -> String {
        let at = |published: &Option<String>| published.as_ref().map(|url| quoted(&self.shortened(url)));
        let offered = ["openid", "offline_access"]
            .into_iter()
            .filter(|scope| said.scopes_supported.iter().any(|known| known == scope));
        let scope = match &self.known.scope {
            Some(scope) => scope.split_whitespace().collect::<Vec<_>>(),
            None => offered.collect(),
        };
        let authorize = at(&said.authorization_endpoint).unwrap_or_else(|| quoted("/oauth2/authorize"));
        let authorize = match scope.as_slice() {
            [] => authorize,
            several if several.contains(&"offline_access") => format!(
                "{{ url = {authorize}, params = {{ scope = {}, prompt = \"consent\" }} }}",
                quoted(&scope.join(" "))
            ),
            _ => format!("{{ url = {authorize}, params = {{ scope = {} }} }}", quoted(&scope.join(" "))),
        };
        let token = at(&said.token_endpoint).unwrap_or_else(|| quoted("/oauth2/token"));
        let mut text = match self.metadata {
            Some(_) => {
                "\n# As the server publishes them. Each a path under the base, a whole address, or a table.\n"
                    .to_owned()
            }
            None if self.known.has_endpoints() => "\n# As they were given.\n".to_owned(),
            None => {
                "\n# The server publishes nothing about itself: what was not given is a guess.\n".to_owned()
            }
        };
        text.push_str(&format!("[endpoints]\nauthorize = {authorize}\ntoken = {token}\n"));
        text.push_str(&match (at(&said.userinfo_endpoint), at(&said.introspection_endpoint)) {
            (Some(userinfo), _) => format!("whoami = {userinfo}\n"),
            (None, Some(introspection)) => {
                let way = self.own_way(said, &said.introspection_endpoint_auth_methods_supported);
                format!("whoami = {{ url = {introspection}, kind = \"introspection\"{way} }}\n")
            }
            (None, None) => {
                "# Any resource that takes a token and names its user.\nwhoami = \"/ping/whoami\"\n"
                    .to_owned()
            }
        });
        let logout = self.known.logout.as_ref().map(|url| quoted(&self.shortened(url)));
        text.push_str(&match (logout, at(&said.revocation_endpoint)) {
            (Some(logout), _) => format!("logout = {logout}\n"),
            (None, Some(revocation)) => {
                let way = self.own_way(said, &said.revocation_endpoint_auth_methods_supported);
                format!(
                    "logout = {{ url = {revocation}, kind = \"revocation\", tokens = [\"refresh\"]{way} }}\n"
                )
            }
            (None, None) => {
                "# logout = \"/oauth2/logout\"      # if there is one: a POST with the access token\n"
                    .to_owned()
            }
        });
        if self.login == "auto" {
            text.push_str("control = \"/control\"             # the control API: users, clients, logins and the clock\n");
        }
        text.push_str("# accounts = \"/accounts\"           # data that a token reads, if there is any\n");
        text
    }

    /// An address as a path, where it stands under the base.
    fn shortened(&self, url: &str) -> String {
        let base = self.base.as_str().trim_end_matches('/');
        match url.strip_prefix(base) {
            Some(path) if path.starts_with('/') => path.to_owned(),
            _ => url.to_owned(),
        }
    }

    fn login(&self) -> String {
        let steps = match self.login.as_str() {
            "form" => {
                "\n# One step for each page, the first that knows the page is done. Fields are named as the page names them.\n\
                 [[login.step]]\nwhen = { css = \"input[type=password]\" }\n\
                 fill = { username = \"{user.name}\", password = \"{user.password}\" }\n\n\
                 # [[login.step]]\n# when = { text = \"wants to access\" }\n# allow = { press = \"Allow\" }\n# deny = { press = \"Deny\" }\n"
            }
            _ => "",
        };
        format!("\n# How users log in.\n[login]\ndriver = {}\n{steps}", quoted(&self.login))
    }

    fn people(&self, said: &Metadata) -> String {
        let mut text =
            "\n# Users and clients by role. Without `id`, the first login tells what whoami shows.\n"
                .to_owned();
        for role in &self.users {
            let variable = format!("{}_PASSWORD", role.to_uppercase());
            text.push_str(&format!("[users.{role}]\nname = {}\n", quoted(role)));
            if self.login == "form" {
                text.push_str(&format!(
                    "password_env = \"{variable}\"   # the environment variable that holds it\n"
                ));
            }
            text.push('\n');
        }
        let registers = said.registration_endpoint.as_ref().map(|url| quoted(&self.shortened(url)));
        for role in &self.clients {
            text.push_str(&format!("[clients.{role}]\n"));
            match &registers {
                Some(url) => text.push_str(&format!(
                    "register = {{ url = {url} }}   # RFC 7591; or `id` and `secret_env` of one that is registered\n"
                )),
                None => {
                    text.push_str(&format!("id = \"{role}-client-id\"   # its client_id\n"));
                    if role != "public" {
                        let variable = format!("{}_CLIENT_SECRET", role.to_uppercase());
                        text.push_str(&format!("secret_env = \"{variable}\"   # the environment variable that holds it\n"));
                    }
                }
            }
            text.push_str(&format!(
                "redirect_uris = [\"https://{role}-app.example/oauth/callback\"]   # as they are registered\n\n"
            ));
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }
}

/// `body` or `basic`, as a published list of methods has it; `body` where it has both.
fn published_way(methods: &[String]) -> Option<&'static str> {
    let has = |method: &str| methods.iter().any(|known| known == method);
    match (has("client_secret_post"), has("client_secret_basic")) {
        (true, _) => Some("body"),
        (false, true) => Some("basic"),
        (false, false) => None,
    }
}

fn identity(said: &Metadata) -> String {
    let client = if said.userinfo_endpoint.is_none() && said.introspection_endpoint.is_some() {
        "client = \"/client_id\"\nauthenticated = \"/active\"\n"
    } else if said.userinfo_endpoint.is_some() {
        "# client = \"/client_id\"              # userinfo names none\n"
    } else {
        "client = \"/client_id\"\n"
    };
    let user = if said.userinfo_endpoint.is_some() || said.introspection_endpoint.is_some() {
        "/sub"
    } else {
        "/user_id"
    };
    format!(
        "\n# Where whoami's answer says who it is, by JSON pointers; what is left out is not judged.\n\
         [identity]\nuser = \"{user}\"\n{client}\n\
         # The same for token answers.\n[token_answer]\n# user = \"/user_id\"\n# client = \"/client_id\"\n"
    )
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_looked_for_before_and_behind_a_path() {
        let base = Url::parse("https://bank.example/realms/test/").expect("it is an address");
        let paths: Vec<String> = well_known(&base).iter().map(|url| url.path().to_owned()).collect();
        assert_eq!(
            paths,
            [
                "/realms/test/.well-known/openid-configuration",
                "/.well-known/oauth-authorization-server/realms/test",
                "/.well-known/openid-configuration/realms/test",
                "/realms/test/.well-known/oauth-authorization-server",
            ]
        );
        assert_eq!(well_known(&Url::parse("http://h").expect("it is an address")).len(), 2);
    }

    #[test]
    fn an_address_elsewhere_that_begins_like_the_base_stays_whole() {
        let draft = Draft {
            name: "x".to_owned(),
            base: Url::parse("https://bank.example").expect("it is an address"),
            metadata: None,
            users: Vec::new(),
            clients: Vec::new(),
            login: "none".to_owned(),
            known: Known::default(),
        };
        assert_eq!(draft.shortened("https://bank.example/token/"), "/token/");
        assert_eq!(
            draft.shortened("https://bank.example.evil.example/token"),
            "https://bank.example.evil.example/token"
        );
    }
}
