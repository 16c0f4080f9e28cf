//! The timeline as SVG text, readable on light and dark backgrounds.

use std::fmt::Write as _;
use std::time::Duration;

use super::Delays;
use super::measure::{Measured, Run, Span};
use super::programs::State;

const WIDTH: f64 = 1020.0;
/// Left edge of the time axis, after the names.
const LEFT: f64 = 150.0;
/// Right of the time axis, for the label of the longest wait.
const RIGHT: f64 = 80.0;
const TOP: f64 = 74.0;
const LANE: f64 = 62.0;
const BAR: f64 = 18.0;
/// Milliseconds that stand for the time in which the PIN is typed.
const TYPING: f64 = 45.0;

const STYLE: &str = "\
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.small { font-size: 11px; fill: #59636e }
.strong { font-weight: 600 }
.inside { font-size: 10px; fill: #fff }
.request { fill: #0969da }
.connect { fill: #54708c }
.read { fill: #c69026 }
.pin { fill: #8250df }
.sign { fill: #bc4c00 }
.enter { stroke: #1f2328; stroke-width: 1.5 }
.grid { stroke: #8c959f; stroke-width: .5; stroke-dasharray: 2 3 }
.rule { stroke: #8c959f; stroke-width: .5 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .small { fill: #9198a1 }
  .inside { fill: #fff }
  .enter { stroke: #e6edf3 }
}";

/// Draws the run with the median wait of each case.
pub(crate) fn draw(measured: &[Measured], delays: Delays) -> String {
    let lanes: Vec<_> = measured
        .iter()
        .filter_map(|measured| Some((measured, Lane::of(measured.median()?, delays))))
        .collect();
    let widest = |part: fn(&Lane) -> f64| lanes.iter().map(|(_, lane)| part(lane)).fold(0.0, f64::max);
    let (before, after) = (widest(|lane| lane.before), widest(|lane| lane.after));
    let scale = (WIDTH - LEFT - RIGHT) / (before + TYPING + after);
    let enter = LEFT + (before + TYPING) * scale;
    let bottom = TOP + LANE * count(lanes.len());
    let height = bottom + 62.0;
    let mut svg = String::new();
    let mut line = |text: std::fmt::Arguments<'_>| {
        // Writing to a string does not fail.
        let _ = writeln!(svg, "{text}");
    };
    line(format_args!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">"
    ));
    line(format_args!(
        "<title>The wait after Enter</title>\n<style>{STYLE}</style>"
    ));
    line(format_args!(
        "<text x=\"12\" y=\"24\" class=\"strong\">The wait after Enter, with {} ms a round trip and {} ms a card command</text>",
        delays.round_trip.as_millis(),
        delays.command.as_millis()
    ));
    line(format_args!(
        "<text x=\"{:.1}\" y=\"52\" text-anchor=\"end\" class=\"small\">while the PIN is typed</text>",
        enter - TYPING * scale - 6.0
    ));
    line(format_args!(
        "<text x=\"{enter:.1}\" y=\"52\" text-anchor=\"middle\" class=\"strong\">Enter</text>"
    ));
    grid(&mut line, enter, scale, after, bottom);
    for (index, (measured, lane)) in lanes.iter().enumerate() {
        let top = TOP + LANE * count(index);
        let (name, state) = (measured.program.name(), words(measured.state));
        line(format_args!(
            "<text x=\"12\" y=\"{:.1}\" class=\"strong\">{name}</text>",
            top + 20.0
        ));
        line(format_args!(
            "<text x=\"12\" y=\"{:.1}\" class=\"small\">{state}</text>",
            top + 37.0
        ));
        line(format_args!(
            "<line class=\"rule\" x1=\"12\" x2=\"{:.1}\" y1=\"{top:.1}\" y2=\"{top:.1}\"/>",
            WIDTH - RIGHT
        ));
        for (row, bars) in [&lane.network, &lane.card].into_iter().enumerate() {
            let y = top + 8.0 + count(row) * (BAR + 5.0);
            for bar in bars {
                let (x, width) = (
                    enter + bar.begin * scale,
                    ((bar.end - bar.begin) * scale - 1.0).max(1.5),
                );
                line(format_args!(
                    "<rect class=\"{}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR}\" rx=\"2\"/>",
                    bar.class
                ));
                if count(bar.what.len()) * 5.4 + 3.0 < width {
                    line(format_args!(
                        "<text class=\"inside\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                        x + width / 2.0,
                        y + 13.0,
                        bar.what
                    ));
                }
            }
        }
        let end = enter + lane.after * scale;
        line(format_args!(
            "<line class=\"enter\" x1=\"{end:.1}\" x2=\"{end:.1}\" y1=\"{:.1}\" y2=\"{:.1}\"/>",
            top + 5.0,
            top + 52.0
        ));
        line(format_args!(
            "<text x=\"{:.1}\" y=\"{:.1}\" class=\"strong\">{:.0} ms</text>",
            end + 6.0,
            top + 34.0,
            lane.after
        ));
    }
    line(format_args!(
        "<line class=\"enter\" x1=\"{enter:.1}\" x2=\"{enter:.1}\" y1=\"60\" y2=\"{bottom:.1}\"/>"
    ));
    legend(&mut line, bottom + 36.0);
    svg.push_str("</svg>\n");
    svg
}

fn words(state: State) -> &'static str {
    match state {
        State::Before => "all after Enter",
        State::Cold => "prefetch, first time",
        State::Known => "prefetch, known card",
    }
}

/// A line for each 100 ms after Enter.
fn grid(line: &mut impl FnMut(std::fmt::Arguments<'_>), enter: f64, scale: f64, after: f64, bottom: f64) {
    let mut at = 100.0;
    while at < after {
        let x = enter + at * scale;
        line(format_args!(
            "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"60\" y2=\"{bottom:.1}\"/>"
        ));
        line(format_args!(
            "<text x=\"{x:.1}\" y=\"52\" text-anchor=\"middle\" class=\"small\">{at:.0} ms</text>"
        ));
        at += 100.0;
    }
}

fn legend(line: &mut impl FnMut(std::fmt::Arguments<'_>), y: f64) {
    let mut x = LEFT;
    for (class, what) in [
        ("connect", "TCP and TLS"),
        ("request", "request"),
        ("read", "card: select, read"),
        ("pin", "card: PIN, logout"),
        ("sign", "card: signature"),
    ] {
        line(format_args!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{:.1}\" width=\"12\" height=\"12\" rx=\"2\"/>",
            y - 10.0
        ));
        line(format_args!(
            "<text x=\"{:.1}\" y=\"{y:.1}\" class=\"small\">{what}</text>",
            x + 18.0
        ));
        x += 40.0 + count(what.len()) * 6.4;
    }
}

/// Bars of one run, in milliseconds from Enter.
struct Lane {
    network: Vec<Bar>,
    card: Vec<Bar>,
    before: f64,
    after: f64,
}

struct Bar {
    class: &'static str,
    what: &'static str,
    begin: f64,
    end: f64,
}

impl Lane {
    fn of(run: &Run, delays: Delays) -> Self {
        let mut requests = run.requests.clone();
        if let Some(first) = requests.first() {
            // The authority waits for two round trips before it sees the first request.
            let connect = Span {
                what: "TCP, TLS",
                begin: first.begin.saturating_sub(2 * delays.round_trip),
                end: first.begin,
            };
            requests.insert(0, connect);
        }
        // The time between the last of these and Enter is that of a person, and is not drawn to scale.
        let last = requests.iter().chain(&run.commands).map(|span| span.end);
        let last = last.filter(|end| *end <= run.enter).max().unwrap_or(run.enter);
        let place = |at: Duration| {
            if at <= last {
                milliseconds(at) - milliseconds(last) - TYPING
            } else {
                (milliseconds(at) - milliseconds(run.enter)).max(-TYPING)
            }
        };
        let bar = |span: &Span| Bar {
            class: match span.what {
                "TCP, TLS" => "connect",
                "PIN" | "logout" => "pin",
                "sign" => "sign",
                "read" | "select" => "read",
                _ => "request",
            },
            what: span.what,
            begin: place(span.begin),
            end: place(span.end),
        };
        let network: Vec<_> = requests.iter().map(bar).collect();
        let card: Vec<_> = run.commands.iter().map(bar).collect();
        let first = network.iter().chain(&card).map(|bar| -bar.begin - TYPING);
        Self {
            before: first.fold(0.0, f64::max),
            after: milliseconds(run.wait),
            network,
            card,
        }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn count(number: usize) -> f64 {
    f64::from(u16::try_from(number).unwrap_or(u16::MAX))
}
