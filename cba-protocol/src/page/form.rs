//! Hidden forms: what a page posts by itself.

use zeroize::Zeroizing;

use super::reference::resolve;

/// Most inputs of a form. Real ones have up to ten.
const MAX_INPUTS: usize = 64;

/// Elements whose content is text, in which `<` begins no tag but the end (HTML, section 13.2.5.2 and 13.2.5.3).
const RAW: &[&str] = &[
    "script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes",
];

/// A form of hidden inputs.
pub(crate) struct HiddenForm {
    pub(crate) action: String,
    inputs: Vec<(String, Zeroizing<String>)>,
}

impl HiddenForm {
    /// The only form of a page that has hidden inputs; none if there is no form. The error says what is not understood.
    pub(crate) fn read(page: &[u8]) -> Result<Option<Self>, &'static str> {
        let page = core::str::from_utf8(page).map_err(|_| "the page is not UTF-8")?;
        let (mut forms, mut open) = (Vec::new(), None::<Self>);
        let mut tags = Tags(page);
        while let Some(tag) = tags.next()? {
            match (tag.name.as_str(), tag.end) {
                ("form", false) if open.is_some() => return Err("the page has a form in a form"),
                ("form", false) => {
                    if !tag
                        .get("method")
                        .is_some_and(|method| method.eq_ignore_ascii_case("post"))
                    {
                        return Err("the form of the page is not posted");
                    }
                    if let Some(kind) = tag.get("enctype") {
                        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
                            return Err("the form of the page has an unknown encoding");
                        }
                    }
                    let action = tag.get("action").unwrap_or_default().to_owned();
                    open = Some(Self {
                        action,
                        inputs: Vec::new(),
                    });
                }
                ("form", true) => forms.extend(open.take()),
                ("input", false) => {
                    if let Some(form) = &mut open {
                        form.add(&tag)?;
                    }
                }
                _ => {}
            }
        }
        if open.is_some() {
            return Err("the form of the page has no end");
        }
        forms.retain(|form| !form.inputs.is_empty());
        let form = forms.pop();
        if forms.is_empty() {
            Ok(form)
        } else {
            Err("the page has more than one form")
        }
    }

    /// The inputs in their order.
    pub(crate) fn fields(&self) -> Vec<(&str, &str)> {
        self.inputs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    fn add(&mut self, tag: &Tag) -> Result<(), &'static str> {
        let hidden = tag
            .get("type")
            .is_some_and(|kind| kind.eq_ignore_ascii_case("hidden"));
        let (true, Some(name)) = (hidden, tag.get("name").filter(|name| !name.is_empty())) else {
            return Ok(());
        };
        if self.inputs.len() == MAX_INPUTS {
            return Err("the form of the page has too many inputs");
        }
        let value = Zeroizing::new(tag.get("value").unwrap_or_default().to_owned());
        self.inputs.push((name.to_owned(), value));
        Ok(())
    }
}

struct Tag {
    name: String,
    end: bool,
    attributes: Vec<(String, Zeroizing<String>)>,
}

impl Tag {
    /// The first attribute of this name: HTML drops the others.
    fn get(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        attributes
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The tags of a page. Comments and the content of [`RAW`] elements are skipped.
struct Tags<'a>(&'a str);

impl Tags<'_> {
    fn next(&mut self) -> Result<Option<Tag>, &'static str> {
        loop {
            let Some((_, rest)) = self.0.split_once('<') else {
                return Ok(None);
            };
            self.0 = rest;
            if let Some(comment) = rest.strip_prefix("!--") {
                let (_, after) = comment
                    .split_once("-->")
                    .ok_or("a comment of the page has no end")?;
                self.0 = after;
                continue;
            }
            let (end, rest) = rest.strip_prefix('/').map_or((false, rest), |rest| (true, rest));
            if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
                continue;
            }
            let length = rest
                .find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>')
                .unwrap_or(rest.len());
            let (name, rest) = rest.split_at(length);
            let name = name.to_ascii_lowercase();
            let interesting = name == "form" || name == "input";
            let (attributes, rest) = attributes(rest, interesting)?;
            self.0 = if !end && RAW.contains(&name.as_str()) {
                after_raw(rest, &name)
            } else {
                rest
            };
            if interesting {
                return Ok(Some(Tag {
                    name,
                    end,
                    attributes,
                }));
            }
        }
    }
}

type Attributes = Vec<(String, Zeroizing<String>)>;

/// The attributes of a tag, kept or only skipped, and what follows the tag.
fn attributes(mut rest: &str, keep: bool) -> Result<(Attributes, &str), &'static str> {
    const NO_END: &str = "a tag of the page has no end";
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if let Some(after) = rest.strip_prefix('>') {
            return Ok((attributes, after));
        }
        // a `=` at the start belongs to the name
        let skip = usize::from(rest.starts_with('='));
        let length = rest
            .get(skip..)
            .and_then(|text| text.find(|c: char| c.is_ascii_whitespace() || "/>=".contains(c)))
            .ok_or(NO_END)?
            + skip;
        let (name, after) = rest.split_at(length);
        let after = after.trim_ascii_start();
        let value;
        (value, rest) = match after.strip_prefix('=') {
            None => ("", after),
            Some(after) => {
                let after = after.trim_ascii_start();
                match after.chars().next().ok_or(NO_END)? {
                    quote @ ('"' | '\'') => after
                        .get(1..)
                        .and_then(|text| text.split_once(quote))
                        .ok_or(NO_END)?,
                    _ => after.split_at(
                        after
                            .find(|c: char| c.is_ascii_whitespace() || c == '>')
                            .ok_or(NO_END)?,
                    ),
                }
            }
        };
        if keep {
            if attributes.len() == MAX_INPUTS {
                return Err("a tag of the page has too many attributes");
            }
            let value = resolve(value).ok_or("a form of the page has an unknown character reference")?;
            attributes.push((name.to_ascii_lowercase(), Zeroizing::new(value)));
        }
    }
}

/// What follows the end tag of an element whose content is text; nothing without one.
fn after_raw<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("</") {
        if after
            .get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name))
        {
            return after.split_once('>').map_or("", |(_, after)| after);
        }
        rest = after;
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::HiddenForm;

    fn read(page: &str) -> Result<Option<HiddenForm>, &'static str> {
        HiddenForm::read(page.as_bytes())
    }

    #[test]
    fn hidden_inputs_come_in_their_order_with_their_references_resolved() {
        let page = "<!DOCTYPE html><html><head><title>Working... <form></title><script>if(a<b){'<form>'}</script></head>\
            <!-- <form> --><body><FORM method=POST name=\"hiddenform\" action='https://login.example/a?b=1&amp;c=2'>\
            <input type=\"hidden\" name=\"ctx\" value=\"a&quot;b&#x2B;\" /><input type=hidden name=empty>\
            <noscript><input type=\"submit\" value=\"Submit\" /></noscript><input value=x type=hidden name=ctx2/></form>";
        let form = read(page).unwrap().unwrap();
        assert_eq!(form.action, "https://login.example/a?b=1&c=2");
        assert_eq!(form.fields(), [("ctx", "a\"b+"), ("empty", ""), ("ctx2/", "x")]);
    }

    #[test]
    fn a_page_without_a_form_of_hidden_inputs_has_none() {
        assert!(read("<p>a < b</p>").unwrap().is_none());
        assert!(
            read("<form method=post><input type=text name=a value=b></form>")
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        let input = "<input type=hidden name=a value=b>";
        for page in [
            format!("<form method=post action=x>{input}"),
            format!("<form method=get action=x>{input}</form>"),
            format!("<form action=x>{input}</form>"),
            format!("<form method=post enctype=text/plain action=x>{input}</form>"),
            format!("<form method=post>{input}</form><form method=post>{input}</form>"),
            format!("<form method=post><form method=post>{input}</form>"),
            "<form method=post><input type=hidden name=a value='&copy;'></form>".to_owned(),
            "<form method=post><input type=hidden name=a value='".to_owned(),
            "<form method=post><!-- ".to_owned(),
            format!("<form method=post>{}</form>", input.repeat(65)),
        ] {
            assert!(read(&page).is_err(), "{page}");
        }
        assert!(HiddenForm::read(b"\xff").is_err());
    }
}
