//! For tests: a ledger with one world, and the operations of a whole flow by role. Time stands still unless advanced.

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;

pub const CALLBACK: &str = "https://server-app.example/oauth/callback";
const WALL: Seconds = 1_800_000_000;

pub struct Scene {
    pub ledger: Ledger,
    world: WorldId,
    view: WorldView,
    rng: StdRng,
}

impl Default for Scene {
    fn default() -> Self {
        Scene::with(Rules::default())
    }
}

impl Scene {
    pub fn with(rules: Rules) -> Self {
        Scene::over(Ledger::new(rules))
    }

    /// One whose changes can be taken.
    pub fn journaled(rules: Rules) -> Self {
        Scene::over(Ledger::journaled(rules))
    }

    fn over(mut ledger: Ledger) -> Self {
        let mut rng = StdRng::seed_from_u64(7);
        let (world, view) = ledger.open(String::new(), Fixture::embedded(), WALL, &mut rng);
        Scene { ledger, world, view, rng }
    }

    pub fn world(&self) -> WorldId {
        self.world
    }

    pub fn fresh_world(&mut self) -> WorldId {
        let (world, view) = self.ledger.open(
            format!("world-{}", self.ledger.len()),
            Fixture::embedded(),
            WALL,
            &mut self.rng,
        );
        (self.world, self.view) = (world, view);
        world
    }

    pub fn enter(&mut self, world: WorldId) {
        self.world = world;
    }

    pub fn turn<T>(&mut self, act: impl FnOnce(&mut Turn<'_>) -> T) -> T {
        let mut turn = self.ledger.turn(self.world, WALL, &mut self.rng).expect("there is one");
        act(&mut turn)
    }

    pub fn secret(&self, client: &str) -> String {
        let view = self.view.clients.iter().find(|c| c.role == client).expect("a role");
        view.secret.as_ref().expect("just made").expose().to_owned()
    }

    pub fn client_id(&self, client: &str) -> String {
        let view = self.view.clients.iter().find(|c| c.role == client).expect("a role");
        view.id.clone()
    }

    pub fn user_id(&self, user: &str) -> String {
        self.view.users.iter().find(|u| u.role == user).expect("a role").id.clone()
    }

    pub fn authenticate(&mut self, client: &str, secret: Option<&str>) -> Result<(), Refusal> {
        self.turn(|turn| turn.authenticate(client_of(turn, client), secret, Source::Code))
    }

    pub fn open_with(&mut self, client: &str, state: Option<Vec<u8>>) -> Secret {
        self.turn(|turn| turn.open_login(client_of(turn, client), CALLBACK.to_owned(), state))
    }

    pub fn allow(&mut self, login: &Secret, user: &str) -> Result<Landing, Refusal> {
        self.turn(|turn| turn.allow(turn.find_login(login.expose())?, user_of(turn, user)))
    }

    pub fn refuse(&mut self, login: &Secret) -> Result<Landing, Refusal> {
        self.turn(|turn| turn.refuse(turn.find_login(login.expose())?, None))
    }

    /// The login's id and the code.
    pub fn landed(&mut self, user: &str, client: &str) -> (Secret, Secret) {
        let login = self.open_with(client, None);
        match self.allow(&login, user).expect("the login is open").outcome {
            Outcome::Code(code) => (login, code),
            Outcome::Error(error) => panic!("{error}"),
        }
    }

    pub fn code(&mut self, user: &str, client: &str) -> Secret {
        self.landed(user, client).1
    }

    pub fn exchange(&mut self, client: &str, code: &Secret) -> Result<Issued, Refusal> {
        self.exchange_at(client, code, CALLBACK)
    }

    pub fn exchange_at(
        &mut self,
        client: &str,
        code: &Secret,
        redirect_uri: &str,
    ) -> Result<Issued, Refusal> {
        self.turn(|turn| {
            let client = client_of(turn, client);
            let redemption = turn.check_code(client, code.expose(), redirect_uri)?;
            let spent = turn.spend_code(redemption)?;
            turn.issue(spent)
        })
    }

    /// The login's id and its tokens, not approved.
    pub fn pending(&mut self, user: &str, client: &str) -> (Secret, Issued) {
        let (login, code) = self.landed(user, client);
        (login, self.exchange(client, &code).expect("a fresh code"))
    }

    pub fn login(&mut self, user: &str, client: &str) -> Issued {
        self.pending(user, client).1
    }

    pub fn refresh(&mut self, client: &str, token: &Secret) -> Result<Issued, Refusal> {
        self.turn(|turn| {
            let asked = Asked::plainly(token.expose());
            let rotating = turn.check_refresh(client_of(turn, client), asked)?;
            let claimed = turn.claim_refresh(rotating)?;
            turn.rotate(claimed, token)
        })
    }

    pub fn whoami(&mut self, token: &Secret) -> Result<Identity, Refusal> {
        self.turn(|turn| turn.bearer(token.expose()).map(|bearer| turn.identity(bearer)))
    }

    pub fn accounts(&mut self, token: &Secret) -> Result<(), Refusal> {
        self.turn(|turn| {
            let bearer = turn.bearer(token.expose())?;
            turn.permit(bearer, Endpoint::Accounts).map(|_| ())
        })
    }

    pub fn approve(&mut self, login: &Secret, user: &str) -> Result<(), Refusal> {
        self.decide(login, user, Answer::Approve)
    }

    pub fn deny(&mut self, login: &Secret, user: &str) -> Result<(), Refusal> {
        self.decide(login, user, Answer::Deny)
    }

    pub fn logout(&mut self, token: &Secret) -> Result<(), Refusal> {
        self.turn(|turn| {
            let leaving = turn.check_logout(token.expose())?;
            turn.leave(leaving);
            Ok(())
        })
    }

    pub fn disconnect(&mut self, user: &str, client: &str) {
        self.turn(|turn| {
            let begun = turn.begin_disconnection(user_of(turn, user), client_of(turn, client));
            turn.disconnect(begun);
        });
    }

    /// A login that its owner has approved.
    pub fn approved(&mut self, user: &str, client: &str) -> Issued {
        let (login, issued) = self.pending(user, client);
        self.approve(&login, user).expect("pending");
        issued
    }

    /// Asks for a monthly mandate; gives its id.
    pub fn set_up(&mut self, token: &Secret, amount: u64) -> Result<String, Refusal> {
        self.set_up_every(token, amount, Period::Monthly)
    }

    /// A login and an approved mandate of it.
    pub fn mandate(&mut self, user: &str, client: &str, amount: u64, period: Period) -> (Issued, String) {
        let issued = self.approved(user, client);
        let id = self.set_up_every(&issued.access, amount, period).expect("permitted");
        self.decide_mandate(&id, user, Answer::Approve).expect("pending");
        (issued, id)
    }

    pub fn decide_mandate(&mut self, id: &str, user: &str, answer: Answer) -> Result<(), Refusal> {
        self.turn(|turn| turn.decide_mandate(turn.find_mandate(id)?, user_of(turn, user), answer))
    }

    pub fn cancel(&mut self, id: &str, user: &str) -> Result<(), Refusal> {
        self.turn(|turn| turn.cancel_mandate(turn.find_mandate(id)?, user_of(turn, user)))
    }

    pub fn pay(&mut self, token: &Secret, id: &str, amount: u64) -> Result<Payment, Refusal> {
        self.turn(|turn| turn.take_payment(token.expose(), id, amount))
    }

    fn set_up_every(&mut self, token: &Secret, amount: u64, period: Period) -> Result<String, Refusal> {
        self.turn(|turn| {
            let bearer = turn.bearer(token.expose())?;
            let terms = Terms::new("Sky TV", amount, period).expect("good terms");
            let at = turn.set_up_mandate(bearer, terms)?;
            Ok(turn.mandate(at).id)
        })
    }

    fn decide(&mut self, login: &Secret, user: &str, answer: Answer) -> Result<(), Refusal> {
        self.turn(|turn| {
            let login = turn.find_login(login.expose())?;
            let ruling = turn.check_decision(login, user_of(turn, user), answer)?;
            turn.settle(ruling);
            Ok(())
        })
    }
}

fn client_of(turn: &Turn<'_>, role: &str) -> ClientIx {
    turn.client_by_role(role).expect("a role of the fixture")
}

fn user_of(turn: &Turn<'_>, role: &str) -> UserIx {
    turn.user_by_role(role).expect("a role of the fixture")
}
