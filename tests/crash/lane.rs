//! One user at one client: what they do while the bank works, the log of what they were answered, and what the bank that
//! comes back has to know of it.

use std::fmt;
use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::mpsc::UnboundedSender;

use crate::api::{Api, Pair, Silence, World};

/// Of the tokens that died since the last look, so many of the newest are looked at.
const LOOKED_AT: usize = 12;

pub struct Lane {
    world: Arc<World>,
    user: &'static str,
    client: &'static str,
    /// What the last answer gave, if nothing has ended it since.
    live: Option<Pair>,
    /// What an answer has said to be dead since the last look, in order.
    dead: Vec<Pair>,
    /// A request that could change the live pair is out, and was not answered.
    in_doubt: bool,
    rng: StdRng,
    pub seen: Seen,
}

/// What was looked at after all kills.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// Answered.
    pub refreshes: usize,
    /// Logins, logouts and disconnections that were answered.
    others: usize,
    /// Requests that a kill left unanswered and that could have changed something.
    in_doubt: usize,
    /// … and that had happened all the same.
    happened: usize,
    /// Pairs that had to live, and did.
    pub live: usize,
    /// Pairs that had to be dead, and were.
    pub dead: usize,
}

impl Seen {
    pub fn and(self, other: Seen) -> Seen {
        Seen {
            refreshes: self.refreshes + other.refreshes,
            others: self.others + other.others,
            in_doubt: self.in_doubt + other.in_doubt,
            happened: self.happened + other.happened,
            live: self.live + other.live,
            dead: self.dead + other.dead,
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Seen { refreshes, others, in_doubt, happened, live, dead } = self;
        write!(
            f,
            "{refreshes} refreshes and {others} logins, logouts and disconnections were answered; {in_doubt} requests \
             were cut off, of which {happened} had happened; {live} pairs had to live and did, {dead} had to be dead \
             and were"
        )
    }
}

impl Lane {
    pub fn new(world: Arc<World>, user: &'static str, client: &'static str, seed: u64) -> Lane {
        let rng = StdRng::seed_from_u64(seed);
        Lane {
            world,
            user,
            client,
            live: None,
            dead: Vec::new(),
            in_doubt: false,
            rng,
            seen: Seen::default(),
        }
    }

    /// Goes on until the bank answers no more. Tells of each answer.
    pub async fn work(&mut self, api: &Api, answered: &UnboundedSender<()>) {
        while self.step(api).await.is_ok() {
            // Whoever counts may have counted enough.
            let _ = answered.send(());
        }
    }

    async fn step(&mut self, api: &Api) -> Result<(), Silence> {
        let world = Arc::clone(&self.world);
        let drawn = self.rng.random_range(0..10);
        self.in_doubt = self.live.is_some();
        let next = match self.live.clone() {
            Some(pair) if drawn < 7 => {
                let next = api.refresh(&world, self.client, &pair.refresh).await?;
                self.seen.refreshes += 1;
                Some(next.expect("a refresh token that lives is good"))
            }
            Some(pair) if drawn == 7 => {
                api.log_out(&pair.access).await?;
                self.seen.others += 1;
                None
            }
            Some(_) if drawn == 8 => {
                api.disconnect(&world, self.user, self.client).await?;
                self.seen.others += 1;
                None
            }
            _ => {
                let pair = api.log_in(&world, self.user, self.client).await?;
                self.seen.others += 1;
                Some(pair)
            }
        };
        self.dead.extend(std::mem::replace(&mut self.live, next));
        self.in_doubt = false;
        Ok(())
    }

    /// Holds the bank that came back against the log. Ends with a pair that lives, or none.
    pub async fn check(&mut self, api: &Api) {
        self.checked(api).await.expect("the bank answers");
    }

    async fn checked(&mut self, api: &Api) -> Result<(), Silence> {
        for pair in self.dead.iter().rev().take(LOOKED_AT) {
            assert!(!api.lives(&pair.access).await?, "{self}: an access token that was dead lives again");
        }
        if let Some(pair) = self.live.clone() {
            self.live = self.still_there(api, &pair).await?;
        }
        // To show what is spent ends the whole family, as it has to: this comes last.
        let dead: Vec<Pair> = self.dead.drain(..).rev().take(LOOKED_AT).collect();
        for pair in &dead {
            let again = api.refresh(&self.world, self.client, &pair.refresh).await?;
            assert!(again.is_none(), "{self}: a refresh token that was dead works again");
            self.seen.dead += 1;
        }
        if !dead.is_empty()
            && let Some(pair) = self.live.take()
            && api.lives(&pair.access).await?
        {
            // The dead ones were of another family.
            self.live = Some(pair);
        }
        Ok(())
    }

    /// What has become of the pair that lived when the bank was killed: it lives as a whole, or, if a request about it was
    /// cut off, is dead as a whole. Gives the pair that it was exchanged for now.
    async fn still_there(&mut self, api: &Api, pair: &Pair) -> Result<Option<Pair>, Silence> {
        let in_doubt = std::mem::take(&mut self.in_doubt);
        let lives = api.lives(&pair.access).await?;
        let refreshed = api.refresh(&self.world, self.client, &pair.refresh).await?;
        assert!(lives || in_doubt, "{self}: an access token that lived is lost");
        assert_eq!(refreshed.is_some(), lives, "{self}: half of a pair is lost");
        self.seen.in_doubt += usize::from(in_doubt);
        self.seen.happened += usize::from(in_doubt && !lives);
        self.seen.live += usize::from(lives);
        self.seen.dead += usize::from(!lives);
        if refreshed.is_some() {
            assert!(!api.lives(&pair.access).await?, "{self}: a refresh ended nothing");
        }
        Ok(refreshed)
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.user, self.client)
    }
}
