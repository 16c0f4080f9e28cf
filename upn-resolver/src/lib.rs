//! The user name that Windows sends to Microsoft Entra ID for a smart-card sign-in, with its proof.
