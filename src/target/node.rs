//! Several addresses of one state: where a request goes that is for another node than the first.

use url::Url;

use super::transport::Target;
use super::world::World;

impl Target {
    /// The address of a node, from 1, or why a request can't be sent there. The base is the first, unless it is none of the
    /// nodes: a balancer before them.
    pub fn node(&self, world: &World, number: u8) -> Result<Url, String> {
        let base = &self.file().base;
        let balanced = !world.nodes.is_empty() && !world.nodes.iter().any(|node| same(node, base));
        if number == 1 && !balanced {
            return Ok(base.clone());
        }
        let endpoints = &self.file().endpoints;
        if let Some(apart) = endpoints.all().find(|route| !under(base, &route.url)) {
            return Err(format!("{} is an address of its own, which no other node answers at", apart.url));
        }
        let first = (!balanced).then_some(base);
        let nodes: Vec<&Url> =
            first.into_iter().chain(world.nodes.iter().filter(|node| !same(node, base))).collect();
        let node = nodes.get(usize::from(number) - 1).copied().cloned();
        node.ok_or_else(|| match nodes.len() {
            1 => "the target has one address only".to_owned(),
            known => format!("the target has {known} addresses, and this asks for node {number}"),
        })
    }

    /// The same address at another node; one that is not under the base stays where it is.
    pub fn moved(&self, url: &Url, node: &Url) -> Url {
        let base = &self.file().base;
        if !under(base, url) {
            return url.clone();
        }
        let rest = &url.as_str()[base.as_str().trim_end_matches('/').len()..];
        let moved = format!("{}{rest}", node.as_str().trim_end_matches('/'));
        Url::parse(&moved).expect("an address followed by what follows an address is one")
    }
}

fn same(node: &Url, base: &Url) -> bool {
    node.as_str().trim_end_matches('/') == base.as_str().trim_end_matches('/')
}

fn under(base: &Url, url: &Url) -> bool {
    let base = base.as_str().trim_end_matches('/');
    url.as_str().strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}
