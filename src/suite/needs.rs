//! What a target must be able to do for a case to run, told from its steps.

use std::collections::BTreeSet;

use super::case::{
    Address, Advance, AuthorizeRequest, Carrier, Check, Client, Decision, Destination, Door, Endpoint, Leaf,
    Listed, Need, Origin, Outcome, Piece, Redirect, RefreshRule, Secret, Step, Text, Token, TokenRequest,
    Trait, User, Verb,
};

/// Everything that these steps show to be needed.
pub fn of(steps: &[Step]) -> BTreeSet<Need> {
    let mut needs = Needs::default();
    let mut logins = Vec::new();
    for step in steps {
        needs.verb(&step.verb);
        if step.node.is_some_and(|node| node > 1) {
            needs.add(Need::Nodes);
        }
        needs.judged(step);
        needs.again(step, &mut logins);
        step.given.iter().chain(&step.expect).for_each(|leaf| needs.leaf(leaf));
    }
    needs.0
}

#[derive(Default)]
struct Needs(BTreeSet<Need>);

impl Needs {
    fn add(&mut self, need: Need) {
        self.0.insert(need);
    }

    fn verb(&mut self, verb: &Verb) {
        match verb {
            Verb::Open(open) => {
                self.add(Need::Login);
                self.authorize_request(&open.request);
            }
            Verb::Land(land) => {
                self.add(Need::Login);
                self.user(&land.user);
                self.decision(land.decide);
            }
            Verb::Authorize(authorize) => {
                self.add(Need::Login);
                self.user(&authorize.user);
                self.authorize_request(&authorize.request);
                self.decision(authorize.decide);
            }
            Verb::Exchange(exchange) => {
                self.token_request(&exchange.request);
                exchange.redirect.iter().for_each(|redirect| self.redirect(*redirect));
            }
            Verb::Login(login) => {
                self.user(&login.user);
                self.client(&login.client);
                if !login.approve {
                    self.add(Need::Approval);
                }
            }
            Verb::Approve(approve) | Verb::Deny(approve) => {
                self.add(match approve.of {
                    Origin::Grant(_) | Origin::Code(_) => Need::Approval,
                    Origin::Mandate(_) => Need::Mandates,
                });
                approve.user.iter().for_each(|user| self.user(user));
            }
            Verb::Refresh(refresh) => {
                self.add(Need::Refresh);
                self.token(refresh.token);
                self.token_request(&refresh.request);
            }
            Verb::Call(call) => {
                self.token(call.token);
                self.endpoint(call.endpoint);
                let usual = call.send == Carrier::Header && call.scheme == "Bearer";
                if call.endpoint == Endpoint::Whoami && !usual {
                    self.add(Need::BearerWhoami);
                }
            }
            Verb::Logout(logout) => {
                self.add(Need::Logout);
                self.token(logout.token);
                let usual = logout.token == Token::Access
                    && logout.send == Carrier::Header
                    && logout.method == "POST";
                if !usual {
                    self.add(Need::BearerLogout);
                }
            }
            Verb::Request(request) => {
                self.client(&request.client);
                match request.to {
                    Destination::Address(Address::Logout) => {
                        self.add(Need::Logout);
                        self.add(Need::BearerLogout);
                    }
                    Destination::Address(Address::Whoami) => self.add(Need::BearerWhoami),
                    Destination::Address(Address::Mandates) => self.add(Need::Mandates),
                    Destination::Address(Address::Accounts) => self.endpoint(Endpoint::Accounts),
                    Destination::Address(Address::Balance) => self.endpoint(Endpoint::Balance),
                    Destination::Address(Address::Transactions) => self.endpoint(Endpoint::Transactions),
                    _ => {}
                }
                for piece in request.templates().flat_map(|template| &template.0) {
                    match piece {
                        Piece::Refresh(_) => self.add(Need::Refresh),
                        Piece::UserId(user) => self.user(user),
                        Piece::ClientId(client) | Piece::ClientSecret(client) => self.client(client),
                        Piece::Code(_) => self.add(Need::Login),
                        Piece::Text(_) | Piece::Access(_) => {}
                    }
                }
            }
            Verb::Disconnect(disconnect) => {
                self.add(Need::Disconnect);
                self.user(&disconnect.user);
                self.client(&disconnect.client);
            }
            Verb::Connected(connected) => {
                self.add(Need::Consents);
                self.user(&connected.user);
            }
            Verb::Mandate(_) | Verb::Pay(_) => self.add(Need::Mandates),
            Verb::Mandates(mandates) => {
                self.add(Need::Mandates);
                self.user(&mandates.user);
            }
            Verb::Cancel(cancel) => {
                self.add(Need::Mandates);
                cancel.user.iter().for_each(|user| self.user(user));
            }
            Verb::Grid(grid) => {
                if !grid.refreshable.is_empty() || !grid.spent.is_empty() {
                    self.add(Need::Refresh);
                }
            }
            Verb::Advance(advance) => {
                self.add(Need::Clock);
                if matches!(advance, Advance::PastApproval) {
                    self.add(Need::Approval);
                }
            }
            Verb::Restart => self.add(Need::Restart),
            Verb::Overload(overload) => {
                self.add(Need::Overload);
                match overload.of {
                    Door::Token | Door::Whoami => {}
                    Door::Logout => self.add(Need::Logout),
                    Door::Accounts | Door::Balance | Door::Transactions => self.add(Need::Data),
                    Door::Mandates => self.add(Need::Mandates),
                }
            }
            Verb::Race(race) => race.lanes.iter().for_each(|lane| self.verb(lane)),
            Verb::Sample(sample) => {
                self.add(Need::Login);
                self.user(&sample.user);
                self.client(&sample.client);
            }
        }
    }

    /// One login of a user with a client can be stood for by a token that is there already, if nothing but that token is asked
    /// of it. Further ones can't, nor can one in a race.
    fn again(&mut self, step: &Step, logins: &mut Vec<(User, Client)>) {
        let is_login = |verb: &Verb| matches!(verb, Verb::Login(_));
        match &step.verb {
            Verb::Login(login) => {
                let pair = (login.user.clone(), login.client.clone());
                let leaves = || step.given.iter().chain(&step.expect);
                let looks = leaves().any(|leaf| leaf.check != Check::Outcome(Outcome::Granted));
                if logins.contains(&pair) || looks || step.observe.is_some() {
                    self.add(Need::Login);
                }
                logins.push(pair);
            }
            Verb::Race(race) if race.lanes.iter().any(is_login) => self.add(Need::Login),
            _ => {}
        }
    }

    /// What a resource that takes a token promises of its status and headers, introspection does not. What an approval came to
    /// in a race is seen where data opens.
    fn judged(&mut self, step: &Step) {
        let decides = |lane: &Verb| matches!(lane, Verb::Approve(_) | Verb::Deny(_));
        if let Verb::Race(race) = &step.verb
            && step.expect.iter().any(|leaf| leaf.check == Check::Has(Trait::Serial))
            && race.lanes.iter().any(decides)
        {
            self.endpoint(Endpoint::Accounts);
        }
        let of_the_answer =
            |leaf: &Leaf| matches!(leaf.check, Check::Status(_) | Check::Error(_) | Check::Has(_));
        let leaves = || step.given.iter().chain(&step.expect);
        if !leaves().any(of_the_answer) {
            return;
        }
        match &step.verb {
            Verb::Call(call) if call.endpoint == Endpoint::Whoami => self.add(Need::BearerWhoami),
            Verb::Logout(_) => self.add(Need::BearerLogout),
            _ => {}
        }
    }

    fn leaf(&mut self, leaf: &Leaf) {
        match &leaf.check {
            Check::User(user) => self.user(user),
            Check::Client(client) => self.client(client),
            Check::Lists(Listed::Clients(clients)) | Check::ListsNot(Listed::Clients(clients)) => {
                clients.iter().for_each(|client| self.client(client));
            }
            Check::RefreshToken(RefreshRule::Present | RefreshRule::New) => self.add(Need::Refresh),
            _ => {}
        }
    }

    fn authorize_request(&mut self, request: &AuthorizeRequest) {
        self.client(&request.client);
        self.redirect(request.redirect);
        self.texts(request.set.iter().chain(&request.twice));
    }

    fn token_request(&mut self, request: &TokenRequest) {
        request.by.iter().for_each(|client| self.client(client));
        match request.secret {
            Secret::OtherClients => self.add(Need::OtherClient),
            Secret::PublicClients => self.add(Need::PublicClient),
            _ => {}
        }
        self.texts(request.set.iter().chain(&request.twice));
    }

    fn texts<'a>(&mut self, texts: impl Iterator<Item = &'a (String, Text)>) {
        for (_, text) in texts {
            match text {
                Text::UserId(user) => self.user(user),
                Text::ClientId(client) => self.client(client),
                Text::Plain(_) | Text::Same => {}
            }
        }
    }

    fn endpoint(&mut self, endpoint: Endpoint) {
        let own = match endpoint {
            Endpoint::Whoami => return,
            Endpoint::Accounts => Need::Accounts,
            Endpoint::Balance => Need::Balance,
            Endpoint::Transactions | Endpoint::History => Need::Transactions,
        };
        self.add(Need::Data);
        self.add(own);
    }

    fn user(&mut self, user: &User) {
        if user.0 == "bob" {
            self.add(Need::TwoUsers);
        }
    }

    fn client(&mut self, client: &Client) {
        match client.0.as_str() {
            "other" => self.add(Need::OtherClient),
            "public" => self.add(Need::PublicClient),
            _ => {}
        }
    }

    fn decision(&mut self, decision: Decision) {
        if decision == Decision::Deny {
            self.add(Need::Denial);
        }
    }

    fn redirect(&mut self, redirect: Redirect) {
        match redirect {
            Redirect::WithQuery => self.add(Need::RedirectQuery),
            Redirect::OtherClients => self.add(Need::OtherClient),
            _ => {}
        }
    }

    fn token(&mut self, token: Token) {
        match token {
            Token::Refresh | Token::RefreshOrAccess => self.add(Need::Refresh),
            Token::Code => self.add(Need::Login),
            _ => {}
        }
    }
}
