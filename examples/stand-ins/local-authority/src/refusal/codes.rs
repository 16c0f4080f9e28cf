//! AADSTS codes of this authority.
#![expect(
    clippy::unreadable_literal,
    reason = "people search for a code as it is printed"
)]

/// An AADSTS code with its OAuth error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Code {
    number: u32,
    oauth_error: &'static str,
    sentence: &'static str,
}

macro_rules! codes {
    ($($name:ident = $number:literal, $error:literal, $sentence:literal;)*) => {
        impl Code {
            $(
                #[doc = concat!("AADSTS", stringify!($number), ": ", $sentence)]
                pub const $name: Self = Self { number: $number, oauth_error: $error, sentence: $sentence };
            )*

            /// All codes of this authority.
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

codes! {
    ACCOUNT_DISABLED = 50057, "invalid_grant", "The user account is disabled.";
    ADMIN_POLICY = 53003, "invalid_grant", "Access has been blocked by Conditional Access policies.";
    APPLICATION_NOT_PREAUTHORIZED = 65002, "invalid_grant", "The application is not authorized in advance to access the resource.";
    APPLICATION_UNKNOWN = 700016, "unauthorized_client", "The application was not found in the directory.";
    APP_CHECK = 50199, "interaction_required", "The user has to confirm the application.";
    ASSERTION_AUDIENCE = 500131, "invalid_grant", "The assertion's audience is not this authority.";
    ASSERTION_SIGNATURE = 50013, "invalid_grant", "The assertion failed signature validation.";
    ASSERTION_TIME = 500133, "invalid_grant", "The assertion is not within its valid time range.";
    ASSERTION_UNREADABLE = 500132, "invalid_grant", "The assertion is malformed and cannot be read.";
    ASSERTION_WITHOUT_TOKEN = 500138, "invalid_grant", "The assertion has no refresh token.";
    BINDING_FIELD_MISSING = 1001003, "invalid_grant", "The certificate has none of the fields of the user name bindings.";
    BINDING_MISMATCH = 1001009, "invalid_grant", "No value of the certificate matches the user.";
    CA_UNKNOWN = 500176, "invalid_grant", "The authority that issued the certificate is not set up in the tenant.";
    CBA_NOT_CONFIGURED = 1002002, "invalid_grant", "Certificate-based authentication is not set up in the tenant.";
    CERTIFICATE_ABSENT = 50192, "invalid_request", "The request has no certificate.";
    CERTIFICATE_BASE64 = 9002323, "invalid_request", "The certificate is not valid base64.";
    CERTIFICATE_INVALID = 50017, "invalid_grant", "The certificate could not be validated.";
    CERTIFICATE_MISMATCH = 500184, "invalid_grant", "The JWT is not signed with the key of the certificate that it carries.";
    CERTIFICATE_REVOKED = 500171, "invalid_grant", "The certificate has been revoked.";
    CERTIFICATE_TIME = 500172, "invalid_grant", "The certificate or its revocation list is outside its validity.";
    CLAIM_MISSING = 50098, "invalid_request", "The body of the JWT lacks a claim.";
    CODE_REDEEMED = 54005, "invalid_grant", "The authorization code has been redeemed.";
    CODE_VERIFIER = 501481, "invalid_grant", "The code verifier does not match the code challenge.";
    COOKIES_MISSING = 165000, "invalid_request", "The form and the cookies do not belong to one sign-in.";
    CREDENTIAL_UNKNOWN = 50120, "invalid_request", "The header of the JWT names no known type of credential.";
    CRL_BAD_ASN1 = 2205011, "invalid_grant", "The revocation list is not valid ASN.1.";
    CRL_DELTA = 500177, "invalid_grant", "The delta revocation list is not set up correctly.";
    CRL_DOWNLOAD = 500173, "temporarily_unavailable", "The revocation list could not be downloaded.";
    CRL_MISSING = 500175, "invalid_grant", "There is no revocation list for an authority in the chain.";
    CRL_SIGNATURE = 2205015, "invalid_grant", "The signature of the revocation list could not be verified.";
    CRL_TOO_LARGE = 2205014, "temporarily_unavailable", "The revocation list is too large or was not fetched in time.";
    DECLINED = 65004, "authorization_declined", "The user declined.";
    DEVICE_AUTHENTICATION_FAILED = 50155, "invalid_grant", "Device authentication failed.";
    DEVICE_AUTHENTICATION_REQUIRED = 50097, "invalid_grant", "Device authentication is required.";
    DEVICE_CERTIFICATE_TIME = 1000502, "invalid_grant", "The provided certificate is not within its validity.";
    DEVICE_CODE_EXPIRED = 70019, "expired_token", "The device code has expired.";
    DEVICE_CODE_PENDING = 70016, "authorization_pending", "The user has not signed in yet.";
    DEVICE_CODE_UNKNOWN = 70018, "bad_verification_code", "The device code is not valid.";
    DEVICE_DISABLED = 135011, "invalid_grant", "The device is disabled.";
    DEVICE_MISMATCH = 1000503, "invalid_grant", "The device identifiers do not agree.";
    DEVICE_NOT_COMPLIANT = 53000, "invalid_grant", "The device does not comply with the policies that access requires.";
    DEVICE_NOT_FOUND = 700003, "invalid_grant", "The device object was not found in the tenant.";
    EC_KEY_SMALL = 50035, "invalid_grant", "The elliptic curve key is below the minimum size.";
    FEDERATION_REQUIRED = 53006, "invalid_grant", "Federated authentication is required for this user.";
    FLOW_TOKEN_EXPIRED = 50089, "invalid_request", "The flow token has expired.";
    FLOW_TOKEN_INVALID = 90100, "invalid_request", "The flow token is missing or not valid.";
    GRANT_EXPIRED = 70008, "invalid_grant", "The provided grant has expired.";
    GRANT_INVALID = 70000, "invalid_grant", "The provided grant is not valid.";
    GRANT_REVOKED = 50173, "invalid_grant", "The provided grant has been revoked; a new sign-in is needed.";
    GRANT_UNSUPPORTED = 70003, "unsupported_grant_type", "The grant type is not supported.";
    INACTIVE_TOKEN = 700082, "invalid_grant", "The refresh token has expired through inactivity.";
    INTERACTION_REQUIRED = 16000, "interaction_required", "The user has to choose an account.";
    ISSUER_MISSING = 50025, "invalid_request", "The JWT must name its issuer.";
    JWT_MALFORMED = 50027, "invalid_request", "The JWT is invalid or malformed.";
    KEEP_ME_SIGNED_IN = 50140, "interaction_required", "The user is asked to stay signed in.";
    LOGIN_REQUIRED = 50058, "login_required", "The user has not signed in.";
    MALFORMED = 9002313, "invalid_request", "The request is malformed or invalid.";
    MFA_REQUIRED = 50076, "interaction_required", "Multifactor authentication is needed to access the resource.";
    NGC_KEY_ID_MISSING = 130001, "invalid_grant", "The header of the assertion names no key.";
    NGC_KEY_UNKNOWN = 130004, "invalid_grant", "The key of the assertion is not registered for the user.";
    NGC_SIGNATURE = 130005, "invalid_grant", "The assertion is not signed with the registered key.";
    NONCE_EXPIRED = 140000, "invalid_grant", "The request nonce has expired.";
    NONCE_INVALID = 50099, "invalid_grant", "The request nonce is not valid.";
    PARAMETER_MISSING = 900144, "invalid_request", "The request body lacks a parameter.";
    PASSWORD_WRONG = 50126, "invalid_grant", "The user name or password is not valid.";
    PRT_INVALID = 1000026, "invalid_grant", "The primary refresh token is not valid.";
    PRT_PROTOCOL = 1002024, "invalid_grant", "A primary refresh token must be redeemed with the protocol version it was issued for.";
    PRT_SIGNATURE = 7000016, "invalid_grant", "The request is not signed with the session key of the primary refresh token.";
    REDIRECT_MISMATCH = 50011, "invalid_request", "The redirect URI does not match the one of the authorization request.";
    RSA_KEY_SMALL = 50032, "invalid_grant", "The RSA key is below the minimum size.";
    SCOPE_INVALID = 70011, "invalid_scope", "The scope is not valid.";
    TENANT_NOT_FOUND = 90002, "invalid_request", "The tenant was not found.";
    TENANT_OF_OTHER_CLOUD = 90038, "invalid_request", "The tenant belongs to another national cloud.";
    TOKEN_NOT_PRIMARY = 500139, "invalid_grant", "The refresh token of the assertion is not a primary refresh token.";
    TRANSIENT = 90033, "temporarily_unavailable", "A transient error has occurred; try again.";
    TRANSPORT_KEY_MISSING = 130006, "invalid_grant", "The device has no transport key.";
    USER_NAME_MISSING = 90014, "invalid_request", "A required field is missing from the credential: the user name.";
    USER_NOT_FOUND = 50034, "invalid_grant", "The user account does not exist in the directory.";
    USER_OUT_OF_SCOPE = 130501, "access_denied", "The sign-in was blocked by the user credential policy.";
}

impl Code {
    /// The number after `AADSTS`.
    #[must_use]
    pub fn number(self) -> u32 {
        self.number
    }

    /// The `error` of RFC 6749, section 5.2, and of OpenID Connect.
    #[must_use]
    pub fn oauth_error(self) -> &'static str {
        self.oauth_error
    }

    /// Meaning in a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        self.sentence
    }

    /// The code of a number.
    #[must_use]
    pub fn of(number: u32) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.number == number)
    }

    /// The code of a number for a scripted fault; one that this authority never gives by itself has the OAuth error `invalid_grant`.
    pub(crate) fn scripted(number: u32) -> Self {
        Self::of(number).unwrap_or(Self {
            number,
            oauth_error: "invalid_grant",
            sentence: "A code of a scripted fault.",
        })
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub fn status(self) -> u16 {
        match self.oauth_error {
            "temporarily_unavailable" => 503,
            "unauthorized_client" | "invalid_client" => 401,
            _ => 400,
        }
    }
}
