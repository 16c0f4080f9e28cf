//! Small crates with and without a cycle.

use crate::cycles::cycles;
use crate::reader::read_crate;

fn circles(files: &[(&str, &str)]) -> Vec<String> {
    let files: Vec<_> = files
        .iter()
        .map(|(name, text)| (name.into(), (*text).to_owned()))
        .collect();
    let found = cycles(&read_crate(&files).uses());
    let names = |text: &String| {
        text.lines()
            .next()
            .unwrap()
            .rsplit_once(": ")
            .unwrap()
            .1
            .to_owned()
    };
    found.iter().map(names).collect()
}

#[test]
fn two_files_that_use_each_other() {
    let found = circles(&[("a.rs", "use crate::b::B;"), ("b.rs", "fn b() -> crate::a::A {}")]);
    assert_eq!(found, ["a, b"]);
}

#[test]
fn a_circle_through_the_re_exports_of_the_root() {
    let root = "mod a; mod b; pub use a::{A, Other as Renamed}; pub use crate::b::*;";
    for (one, other) in [
        ("use crate::B;", "use crate::A; pub struct B;"),
        ("use crate::B;", "use crate::Renamed; pub struct B;"),
        ("use crate::{B as Mine};", "pub struct B; fn f(a: crate::A) {}"),
        (
            "fn f() { crate::make!() }",
            "macro_rules! make { () => { $crate::A } }",
        ),
    ] {
        let found = circles(&[("lib.rs", root), ("a.rs", one), ("b.rs", other)]);
        assert_eq!(found, ["a, b"], "{one} {other}");
    }
}

#[test]
fn a_circle_of_three_with_a_fourth_outside() {
    let found = circles(&[
        ("a.rs", "use crate::b::B;"),
        ("b.rs", "use crate::{c::{self, C}, d::D};"),
        ("c.rs", "use crate::a::A;"),
        ("d.rs", ""),
    ]);
    assert_eq!(found, ["a, b, c"]);
}

#[test]
fn files_of_a_folder() {
    let folder = ("deep/er/mod.rs", "mod x; mod y; pub use x::X;");
    for x in [
        "use super::y::Y;",
        "use crate::deep::er::y::Y;",
        "use super::super::er::y;",
    ] {
        let found = circles(&[
            ("deep/mod.rs", "mod er;"),
            folder,
            ("deep/er/x.rs", x),
            ("deep/er/y.rs", "use super::X;"),
        ]);
        assert_eq!(found, ["x, y"], "{x}");
    }
}

#[test]
fn folders_use_each_other_from_within() {
    let found = circles(&[
        ("lib.rs", "mod a; mod b; pub use b::inner::Thing;"),
        ("a/mod.rs", "mod inner; pub use self::inner::Other;"),
        ("a/inner.rs", "use crate::Thing; pub struct Other;"),
        ("b/mod.rs", "pub mod inner;"),
        ("b/inner.rs", "pub struct Thing(crate::a::Other);"),
    ]);
    assert_eq!(found, ["a, b"]);
}

#[test]
fn an_inline_module_belongs_to_its_file() {
    let found = circles(&[
        (
            "a.rs",
            "mod inline { use super::super::b::B; pub struct In; } pub use inline::In;",
        ),
        ("b.rs", "use crate::a::In; pub struct B;"),
    ]);
    assert_eq!(found, ["a, b"]);
}

#[test]
fn what_is_defined_in_a_module_hides_what_a_glob_brings() {
    let root = "mod a; mod b; pub use b::*; pub struct Same;";
    let found = circles(&[
        ("lib.rs", root),
        ("a.rs", "use crate::Same; pub struct A;"),
        ("b.rs", "use crate::a::A; pub struct Same;"),
    ]);
    assert_eq!(found, [""; 0]);
}

#[test]
fn no_circle() {
    let one_way = ("b.rs", "use crate::a::A;");
    for a in [
        "",
        "// use crate::b::B;",
        "/* use /* crate::b::B */ crate::b::B; */ /// [`crate::b::B`]",
        "const TEXT: &str = \"use crate::b::B;\";",
        "const TEXT: &str = r#\"use \"crate::b::B;\"#; const B: u8 = b'\"';",
        "#[cfg(test)] use crate::b::{B, C};",
        "#[cfg(test)] mod tests { use crate::b::B; fn f() { { crate::b::B; } } }",
        "#[cfg(all(test, unix))] #[allow(unused)] fn f() { crate::b::B; } struct After;",
        "use b::B;",
        "use std::b::B; fn f<'a>(c: char) -> bool { c == '\"' || c == '\\'' }",
    ] {
        assert_eq!(
            circles(&[("lib.rs", "mod a; mod b;"), ("a.rs", a), one_way]),
            [""; 0],
            "{a}"
        );
    }
}

#[test]
fn code_after_what_is_left_out_counts() {
    for a in [
        "#[cfg(test)] use crate::c::{C}; use crate::b::B;",
        "#[cfg(test)] mod tests { fn f() { { } } } use crate::b::B;",
        "#[cfg(not(test))] use crate::b::B;",
        "const A: char = '{'; const B: &str = \"\\\"{\"; use crate::b::B;",
        "fn f<'a>() {} /* // */ use crate::b::B;",
    ] {
        assert_eq!(
            circles(&[("a.rs", a), ("b.rs", "use crate::a::A;")]),
            ["a, b"],
            "{a}"
        );
    }
}

#[test]
fn a_parent_and_its_child_are_not_a_cycle() {
    let found = circles(&[
        ("a/mod.rs", "mod b; use b::B; pub struct A;"),
        ("a/b.rs", "use super::A; pub struct B;"),
    ]);
    assert_eq!(found, [""; 0]);
}

#[test]
fn test_modules_in_files_of_their_own_are_left_out() {
    let found = circles(&[
        ("a.rs", "#[cfg(test)] mod tests; pub struct A;"),
        ("a/tests.rs", "use crate::b::B;"),
        ("b.rs", "use crate::a::A; pub struct B;"),
    ]);
    assert_eq!(found, [""; 0]);
}
