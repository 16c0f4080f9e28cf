//! Signing out.

use super::PrimaryRefreshToken;
use crate::flow::context::percent_encode;

impl PrimaryRefreshToken {
    /// Wipes the token and its session key, and gives the URL that ends the user's sessions in a browser
    /// (<https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#send-a-sign-out-request>).
    ///
    /// No public source shows a message that withdraws one primary refresh token from the service: delete every sealed copy
    /// yourself, and have an administrator [revoke the user's sessions][revoke] where a device is lost.
    ///
    /// ```
    /// # fn example(prt: cba_protocol::PrimaryRefreshToken) {
    /// let url = prt.sign_out(Some("https://contoso.com/bye"));
    /// assert!(url.ends_with("/oauth2/v2.0/logout?post_logout_redirect_uri=https%3A%2F%2Fcontoso.com%2Fbye"));
    /// # }
    /// ```
    ///
    /// [revoke]: https://learn.microsoft.com/graph/api/user-revokesigninsessions
    #[must_use = "the browser's sessions go on until the URL is opened in it"]
    pub fn sign_out(self, post_logout_redirect_uri: Option<&str>) -> String {
        let mut url = format!(
            "https://{}/{}/oauth2/v2.0/logout",
            self.config.cloud.authority(),
            self.config.tenant
        );
        if let Some(uri) = post_logout_redirect_uri {
            url.push_str("?post_logout_redirect_uri=");
            percent_encode(uri, &mut url);
        }
        url
    }
}
