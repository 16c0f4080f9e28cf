//! Certificate-based sign-in to Microsoft Entra ID as a sans-IO state machine, from realm discovery to the primary refresh token.
