//! Several addresses of one state: where a request goes that is for another node than the first.

use url::Url;

use super::transport::Target;
use super::world::World;

impl Target {
    /// The address of a node, from 1, or why a request can't be sent there.
    pub fn node(&self, world: &World, number: u8) -> Result<Url, String> {
        let base = &self.file().base;
        if number == 1 {
            return Ok(base.clone());
        }
        let endpoints = &self.file().endpoints;
        if let Some(apart) = endpoints.all().find(|route| !under(base, &route.url)) {
            return Err(format!("{} is an address of its own, which no other node answers at", apart.url));
        }
        let mut further = world.nodes.iter().filter(|node| !same(node, base));
        further.nth(usize::from(number) - 2).cloned().ok_or_else(|| {
            format!(
                "the target has {} addresses, and this is for node {number}",
                1 + further_nodes(world, base)
            )
        })
    }

    /// The same address at another node.
    pub fn moved(&self, url: &Url, node: &Url) -> Url {
        let base = self.file().base.as_str().trim_end_matches('/');
        let rest = url.as_str().strip_prefix(base).unwrap_or_default();
        let moved = format!("{}{rest}", node.as_str().trim_end_matches('/'));
        Url::parse(&moved).expect("an address followed by what follows an address is one")
    }
}

fn further_nodes(world: &World, base: &Url) -> usize {
    world.nodes.iter().filter(|node| !same(node, base)).count()
}

fn same(node: &Url, base: &Url) -> bool {
    node.as_str().trim_end_matches('/') == base.as_str().trim_end_matches('/')
}

fn under(base: &Url, url: &Url) -> bool {
    let base = base.as_str().trim_end_matches('/');
    url.as_str().strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}
