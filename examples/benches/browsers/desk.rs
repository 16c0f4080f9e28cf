//! A desk: a screen, a card in a reader, a browser with OpenSC, and a person who types the PIN.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use browser_lab::{Home, Kind, Session, Tenant, pages};
use lab::{Card, Display, Module, Profile, Readers, Window};
use local_authority::Configuration;

use crate::{card, laboratory};

pub(crate) struct Desk {
    /// Name of the test, for the pictures.
    name: String,
    pub(crate) tenant: Tenant,
    pub(crate) session: Session,
    pub(crate) card: Card,
    display: Display,
    /// The windows without a dialog.
    windows: BTreeSet<Window>,
    pressed: Instant,
    pictures: Cell<u8>,
    home: Home,
    readers: Readers,
}

impl Desk {
    /// A browser at a tenant that trusts the issuer of the cards.
    pub(crate) async fn new(
        (kind, name): (Kind, &str),
        profile: &Profile,
        change: impl FnOnce(&mut Configuration),
    ) -> Self {
        let readers = Readers::start(1).unwrap();
        let card = readers.insert(0, profile).unwrap();
        let home = Home::new(kind);
        home.database()
            .register("OpenSC", &Module::OpenSc.path().unwrap())
            .unwrap();
        let display = Display::start(1000, 800).unwrap();
        let session = start(&home, &display).await;
        let tenant = Tenant::start(|configuration| {
            card::trust(configuration);
            change(configuration);
        });
        Self {
            name: name.to_owned(),
            tenant,
            session,
            card,
            windows: display.windows(),
            display,
            pressed: Instant::now(),
            pictures: Cell::new(0),
            home,
            readers,
        }
    }

    /// Types a user name, and presses the button that leads to the certauth host.
    pub(crate) async fn begin(&mut self, user: &str) {
        self.tenant.forget();
        let browser = self.session.client();
        browser.goto(&self.tenant.authorize_url()).await.unwrap();
        self.picture("name");
        pages::type_name(browser, user).await;
        self.picture("choice");
        self.windows = self.display.windows();
        self.pressed = Instant::now();
        pages::show_certificate(self.session.client()).await;
    }

    /// Waits for the browser to ask for the PIN, and keeps a picture.
    pub(crate) fn dialog(&self) -> Window {
        let dialog = self.next_dialog();
        self.picture("dialog");
        dialog
    }

    /// Waits for the browser to ask for the PIN.
    pub(crate) fn next_dialog(&self) -> Window {
        let dialog = self.display.wait_for_window(&self.windows).unwrap();
        // Its field has the focus a moment later.
        std::thread::sleep(Duration::from_millis(200));
        dialog
    }

    /// Types a PIN, and waits until the dialog is closed.
    pub(crate) fn type_pin(&self, dialog: Window, pin: &str) {
        self.display.type_text(dialog, pin).unwrap();
        self.display.press(dialog, "Return").unwrap();
        self.display.wait_until_closed(dialog).unwrap();
    }

    /// Closes the dialog.
    pub(crate) fn cancel(&self, dialog: Window) {
        self.display.press(dialog, "Escape").unwrap();
        self.display.wait_until_closed(dialog).unwrap();
    }

    /// Cancels every dialog until the sign-in is refused. Returns the AADSTS code.
    pub(crate) async fn give_up(&mut self) -> u32 {
        self.until_the_end(Self::cancel).await
    }

    /// Types the PIN in every dialog until the sign-in is refused. Returns the AADSTS code.
    pub(crate) async fn unlock_until_the_end(&mut self) -> u32 {
        self.until_the_end(|desk, dialog| desk.type_pin(dialog, desk.card.pin()))
            .await
    }

    async fn until_the_end(&mut self, answer: impl Fn(&Self, Window)) -> u32 {
        let mut dialogs = 0;
        let until = Instant::now() + Duration::from_secs(60);
        while self.tenant.ended().is_none() {
            if Instant::now() > until {
                self.picture("stuck");
                panic!("{dialogs} dialogs, and no end; the log: {:#?}", self.tenant.log());
            }
            if let Some(dialog) = self.display.windows().difference(&self.windows).next() {
                dialogs += 1;
                assert!(dialogs < 10, "the browser asks again and again");
                self.picture("dialog");
                answer(self, *dialog);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        println!("{}: {dialogs} more dialogs", self.name);
        self.refusal().await
    }

    /// Closes the browser and starts it again.
    pub(crate) async fn restart(&mut self) {
        let _ = self.session.client().clone().close().await;
        self.session = start(&self.home, &self.display).await;
        self.windows = self.display.windows();
    }

    /// Presses a key in the browser's own window.
    pub(crate) fn press(&self, key: &str) {
        let window = self.windows.first().unwrap();
        self.display.press(*window, key).unwrap();
    }

    /// Number of PINs that the card has received.
    pub(crate) fn pins(&self) -> usize {
        laboratory::pins_sent(&self.card)
    }

    /// Waits for the code, and prints how long it took from the button to the application.
    pub(crate) async fn code(&mut self) {
        let redirected = self.tenant.code().await;
        let tls = self.tenant.tls();
        println!(
            "{}: {:.2} s from the button to the code, {} {}",
            self.name,
            redirected.at.duration_since(self.pressed).as_secs_f64(),
            tls.version,
            tls.signature.unwrap_or_default(),
        );
        pages::wait_for_application(self.session.client()).await;
        self.picture("end");
    }

    /// Waits for a refusal, and for its page.
    pub(crate) async fn refusal(&mut self) -> u32 {
        let code = self.tenant.refusal().await;
        let alert = pages::alert(self.session.client()).await;
        assert!(alert.starts_with(&format!("AADSTS{code}:")), "{alert}");
        self.picture("end");
        code
    }

    /// Keeps a picture of the screen.
    pub(crate) fn picture(&self, moment: &str) {
        // What a program has drawn is on the screen a moment later.
        std::thread::sleep(Duration::from_millis(250));
        let number = self.pictures.get() + 1;
        self.pictures.set(number);
        let file = format!("{}-{number:02}-{moment}.png", self.name);
        self.display.picture(&pictures().join(file)).unwrap();
    }

    /// Closes the browser, and returns the card, so that nobody else uses it.
    pub(crate) async fn close(self) -> Left {
        self.session.stop().await;
        Left {
            card: self.card,
            _readers: self.readers,
        }
    }
}

async fn start(home: &Home, display: &Display) -> Session {
    let known = display.windows();
    let session = Session::start(&home.browser().with_variable("DISPLAY", display.name())).await;
    display.wait_for_window(&known).unwrap();
    session
}

/// The card, when the browser is closed.
pub(crate) struct Left {
    card: Card,
    _readers: Readers,
}

impl Left {
    /// The PIN tries that are left. The PIN stays verified until the browser's processes have ended.
    pub(crate) fn pin_tries(&self) -> u8 {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            match self.card.pin_tries_left().unwrap() {
                Some(tries) => return tries,
                None => assert!(Instant::now() < until, "the PIN is still verified"),
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn pictures() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("browsers");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
