//! Several nodes over one state: what is known at one is known at all. A defective bank's nodes do not hear of some
//! things, or hear of them late.

use super::Turn;
use super::marks::{Change, Mark, Seat};
use super::rows::{CodeLife, End, Life, MandateStanding, RefreshLife};
use crate::reference::rules::{Forgets, Unheard};

/// A row that one node sees as it was before: how it stands really, and how it is seen.
struct Hidden {
    real: Mark,
    seen: Mark,
}

impl Turn<'_> {
    /// Acts as the node of `seat` does.
    pub fn seated<T>(&mut self, seat: Seat, act: impl FnOnce(&mut Self) -> T) -> T {
        self.seat = seat;
        let rules = &self.rules.node;
        if rules.unheard == Unheard::Nothing && rules.forgets == Forgets::Nothing {
            return act(self);
        }
        let before = self.world.marks();
        let hidden = self.hide();
        let given = act(self);
        for Hidden { real, seen } in hidden {
            let is = self.world.mark_now(seen);
            if is == seen {
                self.world.set_mark(real);
            } else if is == real {
                // It has come to the same here, on its own account.
                self.world.changes.push(Change { was: seen, is, seat });
            }
        }
        for was in before {
            let is = self.world.mark_now(was);
            if is != was {
                self.world.changes.push(Change { was, is, seat });
            }
        }
        given
    }

    /// Whether the end of this access token has not come to the places where data is, at this node: it has.
    pub(super) fn data_has_not_heard(&self, token: usize) -> bool {
        let ends = |change: &&Change| matches!(change.is, Mark::Access(at, Life::Dead(_)) if at == token);
        self.rules.node.unheard == Unheard::EndsWhereDataIs
            && self.world.changes.iter().filter(ends).any(|change| !self.is_heard(change))
    }

    /// Makes every row stand as this node knows it.
    fn hide(&mut self) -> Vec<Hidden> {
        let mut hidden: Vec<Hidden> = Vec::new();
        let mut known = Vec::new();
        for change in self.world.changes.iter().rev() {
            let real = self.world.mark_now(change.was);
            if self.is_heard(change) {
                known.push(real);
            } else if self.is_held_back(change) && !known.contains(&real) {
                match hidden.iter_mut().find(|hidden| hidden.real == real) {
                    Some(hidden) => hidden.seen = change.was,
                    None => hidden.push(Hidden { real, seen: change.was }),
                }
            }
        }
        for row in &hidden {
            self.world.set_mark(row.seen);
        }
        hidden
    }

    fn is_heard(&self, change: &Change) -> bool {
        let passed = |lag: std::time::Duration| {
            u128::from(self.seat.moment.saturating_sub(change.seat.moment)) >= lag.as_millis()
        };
        change.seat.node == self.seat.node || self.rules.node.lag.is_some_and(passed)
    }

    /// Whether this is something that other nodes do not hear of at once: nothing is.
    fn is_held_back(&self, change: &Change) -> bool {
        let rule = self.rules.node.unheard;
        match change.is {
            Mark::Access(token, Life::Dead(end)) => match rule {
                Unheard::Ends => true,
                Unheard::Logouts => end == End::LoggedOut,
                Unheard::Refreshes => end == End::Replaced,
                Unheard::Logins => end == End::Evicted,
                Unheard::Disconnections => end == End::Disconnected,
                Unheard::PublicEnds => !self.confidential(self.world.access[token].client),
                Unheard::RefreshedEnds => {
                    let grant = &self.world.grants[self.world.access[token].grant.at()];
                    grant.access.first() != Some(&token)
                }
                Unheard::EndsAtOthers => change.seat.node > 0,
                _ => false,
            },
            Mark::Refresh(_, RefreshLife::Spent { .. }) => rule == Unheard::SpentRefreshTokens,
            Mark::Refresh(_, RefreshLife::Dead(_)) | Mark::Grant(_, Some(_)) => {
                rule == Unheard::DeadRefreshTokens
            }
            Mark::Code(_, CodeLife::Spent { .. }) => rule == Unheard::UsedCodes,
            Mark::Mandate(_, MandateStanding::Cancelled { .. }) => rule == Unheard::CancelledMandates,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Refusal;
    use super::super::scene::Scene;
    use super::*;
    use crate::reference::rules::Rules;

    const HERE: Seat = Seat { node: 0, moment: 1000 };

    fn scene(change: impl FnOnce(&mut Rules)) -> Scene {
        let mut rules = Rules::default();
        change(&mut rules);
        Scene::with(rules)
    }

    fn whoami(scene: &mut Scene, seat: Seat, token: &super::super::Secret) -> Result<(), Refusal> {
        scene.turn(|turn| turn.seated(seat, |turn| turn.bearer(token.expose()).map(|_| ())))
    }

    fn logout(scene: &mut Scene, seat: Seat, token: &super::super::Secret) {
        scene.turn(|turn| {
            turn.seated(seat, |turn| {
                let leaving = turn.check_logout(token.expose()).expect("lives");
                turn.leave(leaving);
            });
        });
    }

    #[test]
    fn what_ends_at_one_node_ends_at_all() {
        let mut scene = Scene::default();
        let issued = scene.login("alice", "server");
        logout(&mut scene, HERE, &issued.access);
        for node in 0..3 {
            assert!(whoami(&mut scene, Seat { node, moment: 1000 }, &issued.access).is_err(), "{node}");
        }
    }

    #[test]
    fn a_defective_node_hears_late_and_its_own_changes_at_once() {
        let mut scene = scene(|rules| {
            rules.node.unheard = Unheard::Ends;
            rules.node.lag = Some(Duration::from_millis(500));
        });
        let issued = scene.login("alice", "server");
        logout(&mut scene, HERE, &issued.access);
        assert!(whoami(&mut scene, HERE, &issued.access).is_err());
        assert!(whoami(&mut scene, Seat { node: 1, moment: 1499 }, &issued.access).is_ok());
        assert!(whoami(&mut scene, HERE, &issued.access).is_err(), "looking elsewhere changes nothing here");
        assert!(whoami(&mut scene, Seat { node: 1, moment: 1500 }, &issued.access).is_err());
    }

    #[test]
    fn what_a_node_does_while_it_has_not_heard_stays_done() {
        let mut scene = scene(|rules| rules.node.unheard = Unheard::SpentRefreshTokens);
        let first = scene.login("alice", "server");
        let token = first.refresh.expect("given");
        let mut refresh = |node| {
            scene.turn(|turn| {
                turn.seated(Seat { node, moment: 0 }, |turn| {
                    let client = turn.client_by_role("server").expect("a role");
                    let rotating =
                        turn.check_refresh(client, super::super::Asked::plainly(token.expose()))?;
                    let claimed = turn.claim_refresh(rotating)?;
                    turn.rotate(claimed, &token)
                })
            })
        };
        refresh(0).expect("first");
        let forked = refresh(1).expect("the other node has not heard");
        assert!(refresh(1).is_err(), "its own use it knows");
        assert!(scene.whoami(&forked.access).is_err(), "the reuse that it saw ended the family");
    }
}
