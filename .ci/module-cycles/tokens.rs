//! Tokens of Rust code.

#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Name(String),
    Sign(char),
}

/// The names and signs of Rust code with their lines, without comments, strings, characters, lifetimes and numbers.
pub fn tokens(text: &str) -> Vec<(usize, Token)> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    let look = |at: usize| characters.get(at).copied().unwrap_or('\0');
    while at < characters.len() {
        let start = at;
        match look(at) {
            '/' if look(at + 1) == '/' => {
                while at < characters.len() && look(at) != '\n' {
                    at += 1;
                }
            }
            '/' if look(at + 1) == '*' => {
                let mut depth = 0;
                loop {
                    match (look(at), look(at + 1)) {
                        ('/', '*') => (depth, at) = (depth + 1, at + 2),
                        ('*', '/') => (depth, at) = (depth - 1, at + 2),
                        _ => at += 1,
                    }
                    if depth == 0 || at >= characters.len() {
                        break;
                    }
                }
            }
            '"' => at = after_string(&look, at, characters.len()),
            '\'' => {
                // A lifetime has no closing quote after one character.
                let escaped = look(at + 1) == '\\';
                if escaped || look(at + 2) == '\'' {
                    at += if escaped { 3 } else { 2 };
                    while at < characters.len() && look(at) != '\'' {
                        at += 1;
                    }
                    at += 1;
                } else {
                    at += 1;
                    while look(at).is_alphanumeric() || look(at) == '_' {
                        at += 1;
                    }
                }
            }
            letter if letter.is_alphabetic() || letter == '_' => {
                while look(at).is_alphanumeric() || look(at) == '_' {
                    at += 1;
                }
                let name: String = characters[start..at].iter().collect();
                let raw = matches!(name.as_str(), "r" | "br" | "cr");
                let hashes = (at..).take_while(|&place| look(place) == '#').count();
                if raw && look(at + hashes) == '"' {
                    at += hashes + 1;
                    let ends = |at: usize| look(at) == '"' && (1..=hashes).all(|more| look(at + more) == '#');
                    while at < characters.len() && !ends(at) {
                        at += 1;
                    }
                    at += hashes + 1;
                } else if raw && hashes == 1 {
                    // A raw name, such as r#type.
                    at += 1;
                } else if !(matches!(name.as_str(), "b" | "c") && matches!(look(at), '"' | '\'')) {
                    tokens.push((line, Token::Name(name)));
                }
            }
            digit if digit.is_ascii_digit() => {
                while look(at).is_alphanumeric() || look(at) == '_' {
                    at += 1;
                }
            }
            blank if blank.is_whitespace() => at += 1,
            sign => {
                tokens.push((line, Token::Sign(sign)));
                at += 1;
            }
        }
        let end = at.min(characters.len());
        line += characters[start..end]
            .iter()
            .filter(|&&character| character == '\n')
            .count();
    }
    tokens
}

fn after_string(look: &impl Fn(usize) -> char, mut at: usize, end: usize) -> usize {
    at += 1;
    while at < end && look(at) != '"' {
        at += if look(at) == '\\' { 2 } else { 1 };
    }
    at + 1
}
