//! p11-kit's configuration files, read without linking p11-kit.
//!
//! The format is that of [`pkcs11.conf`](https://p11-glue.github.io/p11-glue/p11-kit/manual/pkcs11-conf.html): one file for
//! each module, merged from the packages' folder, the administrator's and the user's.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use super::config_problem::{ConfigProblem, ProblemKind};
use super::module::{Module, Modules, library_folders};
use crate::regular_file;

/// Location of p11-kit's configuration, and the program for which it is read.
///
/// ```
/// use card_access::pkcs11::P11Kit;
///
/// let modules = P11Kit::system().modules();
/// for problem in &modules.problems {
///     eprintln!("{problem}");
/// }
/// ```
#[derive(Clone, Debug)]
pub struct P11Kit {
    /// `None` on systems without p11-kit.
    root: Option<PathBuf>,
    user: Option<PathBuf>,
    program: Option<String>,
}

impl P11Kit {
    /// Returns the configuration of this machine and its user.
    ///
    /// As in p11-kit, the user's folder is ignored by a program that runs as root or with more rights than its user, and by one
    /// with `P11_KIT_NO_USER_CONFIG` set. If the rights cannot be determined (no `/proc`), the user's folder is ignored too;
    /// [`P11Kit::with_user_folder`] adds it.
    ///
    /// On Windows there is no such configuration: `\etc` would be an ordinary folder, which another user could have created, and its
    /// modules are code.
    #[must_use]
    pub fn system() -> Self {
        let program = env::current_exe()
            .ok()
            .and_then(|path| Some(path.file_name()?.to_str()?.to_owned()));
        let user = if user_folder_is_trusted() {
            default_user_folder()
        } else {
            None
        };
        Self {
            root: cfg!(unix).then(|| "/".into()),
            user,
            program,
        }
    }

    /// Returns the configuration below another root folder, such as a container's or an image's, without any user's.
    ///
    /// ```
    /// use card_access::pkcs11::P11Kit;
    ///
    /// let image = P11Kit::at_root("/no/such/root").with_user_folder("/no/such/root/home/.config/pkcs11").with_program("login");
    /// let modules = image.modules();
    /// assert!(modules.found.is_empty() && modules.problems.is_empty());
    /// ```
    #[must_use]
    pub fn at_root(root: impl Into<PathBuf>) -> Self {
        Self {
            root: Some(root.into()),
            user: None,
            program: None,
        }
    }

    /// Adds a user's folder, such as `~/.config/pkcs11`, with `pkcs11.conf` and `modules/*.module`.
    #[must_use]
    pub fn with_user_folder(self, folder: impl Into<PathBuf>) -> Self {
        Self {
            user: Some(folder.into()),
            ..self
        }
    }

    /// Sets the program name that `enable-in` and `disable-in` are compared with; by default this program's.
    #[must_use]
    pub fn with_program(self, name: impl Into<String>) -> Self {
        Self {
            program: Some(name.into()),
            ..self
        }
    }

    /// Reads the configuration.
    ///
    /// It leaves out modules that are disabled for this program, those that run elsewhere (`remote`), and sources of trust
    /// policy, which hold certificate authorities and no keys. A file with an error is a problem of the result and hides no
    /// other; for the same reason, `critical` modules are treated as all others.
    #[must_use]
    pub fn modules(&self) -> Modules {
        let mut problems = Vec::new();
        let mut merged = BTreeMap::<String, Settings>::new();
        for folder in self.module_folders(&mut problems) {
            for (name, settings) in module_files(&folder, &mut problems) {
                merged.entry(name).or_default().merge(settings);
            }
        }
        let mut chosen: Vec<_> = merged
            .into_iter()
            .filter(|(_, settings)| settings.wanted_by(self.program.as_deref()))
            .filter_map(|(name, settings)| Some((settings.priority(), self.module(name, settings)?)))
            .collect();
        // The sort is stable: modules of one priority stay in the order of their names.
        chosen.sort_by_key(|(priority, _)| std::cmp::Reverse(*priority));
        Modules {
            found: chosen.into_iter().map(|(_, module)| module).collect(),
            problems,
        }
    }

    /// Folders with `*.module` files, the most important one first, according to the `user-config` setting.
    fn module_folders(&self, problems: &mut Vec<ConfigProblem>) -> Vec<PathBuf> {
        let mut mode = |file: PathBuf| match Settings::read(&file) {
            Ok(settings) => settings.values.get("user-config").cloned(),
            Err(ProblemKind::Io(error)) if error.kind() == io::ErrorKind::NotFound => None,
            Err(kind) => {
                problems.push(ConfigProblem { file, kind });
                None
            }
        };
        let root = self.root.as_deref();
        let system = root
            .and_then(|root| mode(root.join("etc/pkcs11/pkcs11.conf")))
            .unwrap_or_else(|| "merge".to_owned());
        let user = self.user.as_ref().filter(|_| system != "none");
        let own = user
            .and_then(|folder| mode(folder.join("pkcs11.conf")))
            .unwrap_or(system);
        let user = user
            .filter(|_| own != "none")
            .map(|folder| folder.join("modules"));
        let system = root.into_iter().filter(|_| own != "only").flat_map(|root| {
            ["etc/pkcs11/modules", "usr/share/p11-kit/modules"].map(|folder| root.join(folder))
        });
        user.into_iter().chain(system).collect()
    }

    fn module(&self, name: String, mut settings: Settings) -> Option<Module> {
        let library = settings
            .values
            .remove("module")
            .filter(|library| !library.is_empty())?;
        let root = self.root.as_deref().unwrap_or(Path::new("/"));
        let path = if Path::new(&library).is_absolute() {
            root.join(library.trim_start_matches('/'))
        } else {
            let folders = library_folders(root);
            let mut paths = folders.iter().map(|folder| folder.join(&library));
            // A module that is found nowhere keeps its name: the error on loading says what is missing.
            paths.find(|path| path.exists()).unwrap_or_else(|| library.into())
        };
        Some(Module::configured(name, path, settings.file))
    }
}

/// Settings of one module, merged from up to three files.
#[derive(Default)]
struct Settings {
    file: PathBuf,
    values: BTreeMap<String, String>,
}

impl Settings {
    fn read(file: &Path) -> Result<Self, ProblemKind> {
        let text = read(file).map_err(|error| ProblemKind::Io(error.into()))?;
        let mut values = BTreeMap::new();
        for (line, number) in text.lines().map(str::trim).zip(1..) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, value) = line.split_once(':').ok_or(ProblemKind::Line(number))?;
            values.insert(name.trim_end().to_owned(), value.trim_start().to_owned());
        }
        Ok(Self {
            file: file.to_owned(),
            values,
        })
    }

    /// Adds the settings of a less important file.
    fn merge(&mut self, other: Self) {
        if self.values.is_empty() {
            self.file = other.file;
        }
        for (name, value) in other.values {
            self.values.entry(name).or_insert(value);
        }
    }

    fn wanted_by(&self, program: Option<&str>) -> bool {
        let is = |name: &str| self.values.get(name).is_some_and(|value| value == "yes");
        let lists = |names: &String| {
            names
                .split([',', ' ', '\t'])
                .any(|name| program.is_some_and(|program| program == name))
        };
        let enabled = self.values.get("enable-in").is_none_or(lists);
        let disabled = self.values.get("disable-in").is_some_and(lists);
        enabled && !disabled && !is("trust-policy") && !self.values.contains_key("remote")
    }

    fn priority(&self) -> i64 {
        self.values
            .get("priority")
            .and_then(|value| value.parse().ok())
            .unwrap_or(0)
    }
}

/// Text of a configuration file.
fn read(file: &Path) -> io::Result<String> {
    const MAX_SIZE: u64 = 1 << 20;
    let mut text = String::new();
    let length = regular_file::open(file)?
        .take(MAX_SIZE + 1)
        .read_to_string(&mut text)?;
    if u64::try_from(length).is_ok_and(|length| length <= MAX_SIZE) {
        Ok(text)
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it is larger than 1 MiB",
        ))
    }
}

/// `*.module` files of a folder, by name; none if the folder is missing.
fn module_files(folder: &Path, problems: &mut Vec<ConfigProblem>) -> Vec<(String, Settings)> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            problems.push(ConfigProblem {
                file: folder.to_owned(),
                kind: ProblemKind::Io(error.into()),
            });
            return Vec::new();
        }
    };
    let mut files = Vec::new();
    for file in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let Some(name) = file
            .file_name()
            .and_then(|name| name.to_str()?.strip_suffix(".module"))
        else {
            continue;
        };
        // As in p11-kit, other files such as editors' hidden ones are ignored.
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            continue;
        }
        match Settings::read(&file) {
            Ok(settings) => files.push((name.to_owned(), settings)),
            Err(kind) => problems.push(ConfigProblem {
                file: file.clone(),
                kind,
            }),
        }
    }
    files
}

fn default_user_folder() -> Option<PathBuf> {
    let not_empty = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let config = not_empty("XDG_CONFIG_HOME").or_else(|| Some(not_empty("HOME")?.join(".config")))?;
    Some(config.join("pkcs11"))
}

/// Whether the user's environment and folders may determine which code is loaded.
///
/// On Linux, `/proc/self` belongs to root if the process is root's, and also if it runs with more rights than its user (setuid,
/// setgid): see [proc(5)](https://man7.org/linux/man-pages/man5/proc_pid.5.html), "dumpable".
fn user_folder_is_trusted() -> bool {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::MetadataExt as _;
        let opted_out = env::var_os("P11_KIT_NO_USER_CONFIG").is_some_and(|value| !value.is_empty());
        !opted_out && fs::metadata("/proc/self").is_ok_and(|process| process.uid() != 0)
    }
    #[cfg(not(target_os = "linux"))]
    false
}
