#!/usr/bin/env python3
"""Gets tokens with MSAL Python and pymsalruntime, unmodified, from the broker on the session bus.

    msal_python.py silent|interactive USER

Ends with 0 if the token came from the broker and is for the application and the user.
"""

import base64
import json
import sys

import msal

CLIENT = "1b730954-1685-4b74-9bfd-dac224a7b894"
SCOPES = ["https://graph.microsoft.com/.default"]
AUTHORITY = "https://login.microsoftonline.com/common"


def claims_of(token: str) -> dict:
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


mode, user = sys.argv[1:3]
application = msal.PublicClientApplication(CLIENT, authority=AUTHORITY, enable_broker_on_linux=True)
if mode == "silent":
    # With a hint, MSAL first asks silently; the prompt of this run would fail.
    result = application.acquire_token_interactive(
        SCOPES, login_hint=user, parent_window_handle=msal.PublicClientApplication.CONSOLE_WINDOW_HANDLE
    )
    accounts = application.get_accounts()
    again = application.acquire_token_silent(SCOPES, account=accounts[0], force_refresh=True) if accounts else None
    if not again or "access_token" not in again:
        sys.exit(f"the silent call gave no token: {again}, {result}")
else:
    result = application.acquire_token_interactive(
        SCOPES, parent_window_handle=msal.PublicClientApplication.CONSOLE_WINDOW_HANDLE
    )
if "access_token" not in result:
    sys.exit(f"no token: {result}")
token = claims_of(result["access_token"])
source = result.get("token_source")
print(f"MSAL Python, {mode}: {source}, {token['upn'] if 'upn' in token else result['id_token_claims']['preferred_username']}")
if source != "broker":
    sys.exit("the token did not come from the broker")
if token["aud"] != "https://graph.microsoft.com" or token["appid"] != CLIENT:
    sys.exit(f"the token is another one: {token}")
if result["id_token_claims"]["preferred_username"].lower() != user.lower():
    sys.exit(f"the token is of another user: {result['id_token_claims']}")
