//! The owner's phone: what waits for their word, and how they show that it is them. "The user will receive a notification
//! in their Monzo app to ask them to authenticate with their card PIN, fingerprint or Face ID" (Monzo API docs, "Redirect
//! the user to Monzo").
//!
//! The fifth wrong PIN refuses what was to be approved. The documents don't say so: this is the bank's own prudence.

use super::history::DAY;
use super::rows::{MandateStanding, Stage, Standing};
use super::{APPROVAL_SECONDS, Answer, ClientIx, LoginIx, MandateIx, Refusal, Seconds, Terms, Turn, UserIx};

/// How many wrong PINs end a request.
const MOST_WRONG_PINS: u8 = 5;

/// Something that waits for its owner's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    pub matter: Matter,
    pub client: ClientIx,
    /// When the client asked.
    pub since: Seconds,
    /// From then on it is too late.
    pub until: Seconds,
    pub wrong_pins: u8,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matter {
    /// To read what a login is for.
    Access { login: LoginIx, name: String },
    /// To take payments.
    Mandate(String, Terms),
}

/// How an owner shows that it is them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof<'a> {
    Pin(&'a str),
    /// The phone has compared it by itself.
    Fingerprint,
    /// The phone has compared it by itself.
    Face,
}

impl Matter {
    /// The name that a request goes by; it is no secret.
    pub fn name(&self) -> String {
        match self {
            Matter::Access { name, .. } => name.clone(),
            Matter::Mandate(id, _) => id.clone(),
        }
    }
}

impl Turn<'_> {
    /// What waits for a user's word, oldest first.
    pub fn asks(&self, user: UserIx) -> Vec<Ask> {
        self.asked(user, Standing::Pending, MandateStanding::Pending)
    }

    /// What waited for a user's word until it was too late, within the last day, oldest first.
    pub fn timed_out(&self, user: UserIx) -> Vec<Ask> {
        let mut asks = self.asked(user, Standing::TimedOut, MandateStanding::TimedOut);
        asks.retain(|ask| self.now < ask.until.saturating_add(DAY));
        asks
    }

    /// What a user was asked and how it stands, oldest first.
    fn asked(&self, user: UserIx, login_is: Standing, mandate_is: MandateStanding) -> Vec<Ask> {
        let logins = self.world.logins.iter().enumerate().filter_map(|(at, login)| {
            let approval = login.approval.filter(|_| self.standing(LoginIx::new(at)) == Some(login_is))?;
            matches!(login.stage, Stage::Allowed { user: owner, .. } if owner == user).then(|| Ask {
                matter: Matter::Access {
                    login: LoginIx::new(at),
                    name: format!("login-{}", login.digest.short()),
                },
                client: login.client,
                since: approval.born,
                until: approval.born.saturating_add(APPROVAL_SECONDS),
                wrong_pins: approval.wrong_pins,
            })
        });
        let mandates = self.world.mandates.iter().enumerate().filter_map(|(at, mandate)| {
            let stands = self.mandate_standing(MandateIx(at)) == mandate_is;
            (stands && mandate.user == user).then(|| Ask {
                matter: Matter::Mandate(mandate.id.clone(), mandate.terms.clone()),
                client: mandate.client,
                since: mandate.born,
                until: mandate.born.saturating_add(APPROVAL_SECONDS),
                wrong_pins: mandate.wrong_pins,
            })
        });
        let mut asks: Vec<Ask> = logins.chain(mandates).collect();
        asks.sort_by_key(|ask| ask.since);
        asks
    }

    /// The user approves what waits under this name. A wrong PIN is counted, and the fifth refuses the request.
    pub fn approve_on_phone(&mut self, user: UserIx, name: &str, proof: Proof<'_>) -> Result<Ask, Refusal> {
        let ask = self.ask(user, name)?;
        if let Proof::Pin(pin) = proof
            && pin != self.user_pin(user)
        {
            return Err(self.count_wrong_pin(user, &ask));
        }
        self.answer(user, &ask, Answer::Approve)?;
        Ok(ask)
    }

    /// The user says no to what waits under this name. That takes no proof.
    pub fn deny_on_phone(&mut self, user: UserIx, name: &str) -> Result<Ask, Refusal> {
        let ask = self.ask(user, name)?;
        self.answer(user, &ask, Answer::Deny)?;
        Ok(ask)
    }

    fn ask(&self, user: UserIx, name: &str) -> Result<Ask, Refusal> {
        let mut asks = self.asks(user).into_iter();
        asks.find(|ask| ask.matter.name() == name).ok_or(Refusal::ApprovalOver)
    }

    fn answer(&mut self, user: UserIx, ask: &Ask, answer: Answer) -> Result<(), Refusal> {
        match &ask.matter {
            Matter::Access { login, .. } => {
                let ruling = self.check_decision(*login, user, answer)?;
                self.settle(ruling);
                Ok(())
            }
            Matter::Mandate(id, _) => self.decide_mandate(self.find_mandate(id)?, user, answer),
        }
    }

    fn count_wrong_pin(&mut self, user: UserIx, ask: &Ask) -> Refusal {
        let wrong = ask.wrong_pins + 1;
        if wrong >= MOST_WRONG_PINS {
            return self.answer(user, ask, Answer::Deny).err().unwrap_or(Refusal::TooManyPins);
        }
        match &ask.matter {
            Matter::Access { login, .. } => {
                if let Some(approval) = &mut self.world.logins[login.at()].approval {
                    approval.wrong_pins = wrong;
                }
            }
            Matter::Mandate(id, _) => {
                let asked = self.world.mandates.touch_all(|mandate| mandate.id == *id);
                asked.for_each(|mandate| mandate.wrong_pins = wrong);
            }
        }
        Refusal::WrongPin { left: MOST_WRONG_PINS - wrong }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::Scene;
    use super::*;

    fn names(scene: &mut Scene, user: &str) -> Vec<String> {
        scene.turn(|turn| {
            let user = turn.user_by_role(user).expect("a role");
            turn.asks(user).iter().map(|ask| ask.matter.name()).collect()
        })
    }

    fn approve(scene: &mut Scene, user: &str, name: &str, proof: Proof<'_>) -> Result<Ask, Refusal> {
        scene.turn(|turn| {
            let user = turn.user_by_role(user).expect("a role");
            turn.approve_on_phone(user, name, proof)
        })
    }

    #[test]
    fn each_user_is_asked_for_their_own_until_it_times_out() {
        let mut scene = Scene::default();
        scene.pending("alice", "server");
        assert_eq!(names(&mut scene, "alice").len(), 1);
        assert!(names(&mut scene, "bob").is_empty());
        scene.turn(|turn| turn.advance(APPROVAL_SECONDS));
        assert!(names(&mut scene, "alice").is_empty());
    }

    #[test]
    fn the_right_pin_a_finger_and_a_face_approve() {
        for proof in [Proof::Pin("4921"), Proof::Fingerprint, Proof::Face] {
            let mut scene = Scene::default();
            let (_, issued) = scene.pending("alice", "server");
            let name = names(&mut scene, "alice").remove(0);
            assert_eq!(approve(&mut scene, "bob", &name, proof), Err(Refusal::ApprovalOver));
            approve(&mut scene, "alice", &name, proof).expect("pending");
            assert!(scene.accounts(&issued.access).is_ok());
            assert!(names(&mut scene, "alice").is_empty());
        }
    }

    #[test]
    fn the_fifth_wrong_pin_ends_that_request_and_no_other() {
        let mut scene = Scene::default();
        let (_, first) = scene.pending("alice", "server");
        let (_, second) = scene.pending("alice", "other");
        let [one, two] = <[String; 2]>::try_from(names(&mut scene, "alice")).expect("two");
        for left in [4, 3, 2, 1] {
            let refused = approve(&mut scene, "alice", &one, Proof::Pin("0000"));
            assert_eq!(refused, Err(Refusal::WrongPin { left }));
        }
        assert_eq!(approve(&mut scene, "alice", &one, Proof::Pin("0000")), Err(Refusal::TooManyPins));
        assert_eq!(approve(&mut scene, "alice", &one, Proof::Pin("4921")), Err(Refusal::ApprovalOver));
        assert!(scene.accounts(&first.access).is_err());
        approve(&mut scene, "alice", &two, Proof::Pin("4921")).expect("pending");
        assert!(scene.accounts(&second.access).is_ok());
    }

    #[test]
    fn a_mandate_waits_on_the_phone_too_and_its_wrong_pins_count() {
        let mut scene = Scene::default();
        let token = scene.approved("alice", "server").access;
        let id = scene.set_up(&token, 3000).expect("permitted");
        assert_eq!(names(&mut scene, "alice"), std::slice::from_ref(&id));
        for _ in 0..4 {
            approve(&mut scene, "alice", &id, Proof::Pin("")).expect_err("wrong");
        }
        assert_eq!(approve(&mut scene, "alice", &id, Proof::Pin("492")), Err(Refusal::TooManyPins));
        assert_eq!(scene.pay(&token, &id, 3000), Err(Refusal::MandateNotApproved));
        let id = scene.set_up(&token, 3000).expect("permitted");
        approve(&mut scene, "alice", &id, Proof::Face).expect("pending");
        assert!(scene.pay(&token, &id, 3000).is_ok());
    }

    #[test]
    fn a_denial_is_final() {
        let mut scene = Scene::default();
        let (_, issued) = scene.pending("alice", "server");
        let name = names(&mut scene, "alice").remove(0);
        scene.turn(|turn| {
            let alice = turn.user_by_role("alice").expect("a role");
            turn.deny_on_phone(alice, &name).expect("pending");
        });
        assert_eq!(approve(&mut scene, "alice", &name, Proof::Face), Err(Refusal::ApprovalOver));
        assert!(scene.accounts(&issued.access).is_err());
    }
}
