//! The machine of the screen: joined, or to be joined with the first card.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::joining::NewKeysArgs;
use crate::joining::out_of_box::OutOfBox;
use crate::sign_in::attempt::Setup;
use crate::sign_in::failure::Failure;
use crate::sign_in::joined::Joined;

/// The machine.
pub(super) struct Home {
    joined: Joined,
    setup: Mutex<Option<Arc<Setup>>>,
    /// `None` if the machine was joined when the program began.
    out_of_box: Option<OutOfBox>,
}

impl Home {
    /// Reads the files of the command line. A machine without its device file is not joined.
    pub(super) fn read(joined: &Joined, new_keys: &NewKeysArgs) -> Result<Self, Failure> {
        let is_bare = matches!(
            joined.device.symlink_metadata(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound
        );
        let (setup, out_of_box) = if is_bare {
            (None, Some(OutOfBox::read(joined, new_keys)?))
        } else {
            (Some(Arc::new(Setup::read(joined)?)), None)
        };
        Ok(Self {
            joined: joined.clone(),
            setup: Mutex::new(setup),
            out_of_box,
        })
    }

    /// The joined device and its authority; `None` before the join.
    pub(super) fn setup(&self) -> Option<Arc<Setup>> {
        self.setup.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a join needs.
    pub(super) fn out_of_box(&self) -> Option<&OutOfBox> {
        self.out_of_box.as_ref()
    }

    /// Reads the device file that a join has written.
    pub(super) fn move_in(&self) -> Result<Arc<Setup>, Failure> {
        let setup = Arc::new(Setup::read(&self.joined)?);
        let mut place = self.setup.lock().unwrap_or_else(PoisonError::into_inner);
        *place = Some(Arc::clone(&setup));
        Ok(setup)
    }

    /// The options of the command line.
    pub(super) fn joined(&self) -> &Joined {
        &self.joined
    }

    /// Longest time of a sign-in, including the join.
    pub(super) fn time_limit(&self) -> Duration {
        self.joined.time_limit()
    }
}
