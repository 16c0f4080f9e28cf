//! Cycles between the modules of a folder, and the graph of the top level.

use std::collections::{BTreeMap, BTreeSet};

use crate::crate_graph::Uses;

/// The cycle of one group of modules in a folder, with the uses that form it.
pub fn cycles(uses: &Uses) -> Vec<String> {
    // By parent: an edge from one child to another, with its reason.
    let mut folders: BTreeMap<&[String], BTreeMap<(&str, &str), Vec<&str>>> = BTreeMap::new();
    for ((from, to), places) in uses {
        let common = from
            .iter()
            .zip(to)
            .take_while(|(one, other)| one == other)
            .count();
        if let (Some(one), Some(other)) = (from.get(common), to.get(common)) {
            let arrows = folders.entry(&from[..common]).or_default();
            let reasons = arrows.entry((one, other)).or_default();
            reasons.extend(places.iter().map(String::as_str));
        }
    }
    let mut found = Vec::new();
    for (folder, arrows) in folders {
        let reaches = |start, end| {
            let mut seen = BTreeSet::from([start]);
            let mut next = vec![start];
            while let Some(node) = next.pop() {
                for (_, to) in arrows.keys().filter(|(from, _)| *from == node) {
                    if *to == end {
                        return true;
                    }
                    if seen.insert(*to) {
                        next.push(to);
                    }
                }
            }
            false
        };
        let mut done = BTreeSet::new();
        for &(start, _) in arrows.keys() {
            if done.contains(start) || !reaches(start, start) {
                continue;
            }
            let nodes: BTreeSet<_> = arrows.keys().flat_map(|&(from, to)| [from, to]).collect();
            let cycle: BTreeSet<_> = nodes
                .into_iter()
                .filter(|&node| node == start || (reaches(start, node) && reaches(node, start)))
                .collect();
            let place = if folder.is_empty() {
                "the root".to_owned()
            } else {
                folder.join("::")
            };
            let names: Vec<_> = cycle.iter().copied().collect();
            let mut text = format!("modules of {place} form a cycle: {}", names.join(", "));
            for ((from, to), places) in &arrows {
                if cycle.contains(from) && cycle.contains(to) {
                    text += &format!("\n    {from} -> {to}");
                    for place in places.iter().take(3) {
                        text += &format!("\n        {place}");
                    }
                }
            }
            found.push(text);
            done.extend(cycle);
        }
    }
    found
}

/// Each top-level module with the top-level modules that it uses.
pub fn top_level(uses: &Uses) -> String {
    let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (from, to) in uses.keys() {
        if let (Some(from), Some(to)) = (from.first(), to.first()) {
            all.entry(to).or_default();
            let used = all.entry(from).or_default();
            if from != to {
                used.insert(to);
            }
        }
    }
    let line = |(module, used): (&&str, &BTreeSet<&str>)| {
        let used: Vec<_> = used.iter().copied().collect();
        format!("    {module} -> {}\n", used.join(" "))
    };
    all.iter().map(line).collect()
}
