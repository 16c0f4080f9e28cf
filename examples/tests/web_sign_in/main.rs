//! The web sign-in with a certificate in headless Chromium: authorize page, certauth host, code. `make browsers` does the same with a smart
//! card, on a screen, also in Firefox.

mod headless;
