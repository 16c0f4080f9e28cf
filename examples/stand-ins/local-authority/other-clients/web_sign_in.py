#!/usr/bin/env python3
"""Signs a user in through the pages, with the certificate in TLS: an independent client, made of Python's standard library alone.

    web_sign_in.py [ADDRESS CODE]

It uses what `with-authority` has made: AUTHORITY_URL, and the folder `lab`. With the ADDRESS and CODE that a device shows, it types the code
there, as a person would. It ends with 0 when all was granted.
"""

import base64
import hashlib
import http.client
import http.cookies
import json
import os
import socket
import ssl
import sys
import urllib.parse
from html.parser import HTMLParser

USER = "alice@contoso.example"
CLIENT = "29d9ed98-a469-4536-ade2-f981bc1d605e"
REDIRECT = "https://login.microsoftonline.com/WebApp/CloudDomainJoin/8"
RESOURCE = "urn:ms-drs:enterpriseregistration.windows.net"
origin = urllib.parse.urlsplit(os.environ["AUTHORITY_URL"])
port = origin.port


class Loopback(http.client.HTTPSConnection):
    """All names of the authority are this machine; the name in TLS is the one of the address."""

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", port))
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)


class Page(HTMLParser):
    """The forms of a page, in order: where they lead, and their fields. Of several buttons, the first one is pressed."""

    def __init__(self, url: str, text: str) -> None:
        super().__init__()
        self.url, self.text, self.forms, self.pressed = url, text, [], False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        named = dict(attrs)
        if tag == "form":
            self.forms.append((urllib.parse.urljoin(self.url, named["action"]), {}))
            self.pressed = False
        elif tag in ("input", "button") and "name" in named and self.forms:
            if tag == "button":
                if self.pressed:
                    return
                self.pressed = True
            self.forms[-1][1][named["name"]] = named.get("value", "")

    def config(self) -> dict:
        start = self.text.index("$Config=") + len("$Config=")
        return json.JSONDecoder().raw_decode(self.text, start)[0]


def context(with_card: bool) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile="lab/tls-ca.pem")
    if with_card:
        made.load_cert_chain("lab/alice.pem", "lab/alice.key")
    return made


cookies: dict[str, http.cookies.SimpleCookie] = {}


def send(method: str, url: str, body: str | None = None, **headers: str):
    """One request on a connection of its own: a certificate is shown to the certauth hosts only."""
    parts = urllib.parse.urlsplit(url)
    connection = Loopback(parts.hostname, port, context=context("certauth." in parts.hostname))
    jar = cookies.setdefault(parts.hostname, http.cookies.SimpleCookie())
    if jar:
        headers["Cookie"] = "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())
    connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body, headers)
    answer = connection.getresponse()
    for value in answer.headers.get_all("Set-Cookie", []):
        jar.load(value)
    return answer, answer.read().decode()


def post(url: str, form: dict, page: bool = True):
    kind = "application/x-www-form-urlencoded"
    answer, text = send("POST", url, urllib.parse.urlencode(form), **{"Content-Type": kind})
    if not page:
        return json.loads(text)
    return answer, Page(url, text)


def certificate(page: Page) -> Page:
    """From the page that asks for a name to the page after the certificate."""
    config = page.config()
    body = json.dumps({"username": USER, "flowToken": config["sFT"]})
    _, text = send("POST", config["urlGetCredentialType"], body, **{"Content-Type": "application/json; charset=UTF-8"})
    kind = json.loads(text)
    shown = kind["Credentials"]["CertAuthParams"]["CertAuthUrl"]
    assert urllib.parse.urlsplit(shown).hostname.endswith(".certauth." + origin.hostname), shown
    _, working = post(shown, {"ctx": config["sCtx"], "flowToken": kind["FlowToken"]})
    return post(*working.forms[0])


def between(answer, page: Page):
    """Through the pages between, which are answered with their first button."""
    for _ in range(10):
        if answer.status != 200 or "pgid" not in page.text or page.config()["pgid"] == "Local":
            return answer, page
        name = page.config()["pgid"]
        if name not in ("KmsiInterrupt", "CmsiInterrupt"):
            sys.exit(f"{name}: {page.config().get('strServiceExceptionMessage')}")
        print("page:", name)
        answer, page = post(*page.forms[0])
    sys.exit("too many pages")


def by_code() -> dict:
    verifier = base64.urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode()
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "client_id": CLIENT, "response_type": "code", "redirect_uri": REDIRECT, "resource": RESOURCE, "state": "1",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), "code_challenge_method": "S256",
    }
    url = f"{origin.geturl()}/common/oauth2/authorize?{urllib.parse.urlencode(asked)}"
    _, text = send("GET", url)
    answer, _ = between(*certificate(Page(url, text)))
    location = answer.headers["Location"]
    assert location.startswith(REDIRECT), location
    returned = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
    assert returned["state"] == "1"
    form = {
        "client_id": CLIENT, "grant_type": "authorization_code", "code": returned["code"],
        "redirect_uri": REDIRECT, "code_verifier": verifier,
    }
    return post(f"{origin.geturl()}/common/oauth2/token", form, page=False)


def type_code(address: str, code: str) -> None:
    """What a person does with the code that a device shows."""
    address = urllib.parse.urlsplit(address)
    url = f"{origin.geturl()}{address.path}"
    _, text = send("GET", url)
    action, fields = Page(url, text).forms[0]
    _, page = post(action, {**fields, "otc": code})
    _, end = between(*certificate(page))
    assert "You have signed in" in end.text, end.text


if __name__ == "__main__":
    if len(sys.argv) == 3:
        type_code(sys.argv[1], sys.argv[2])
        sys.exit(0)
    tokens = by_code()
    claims = tokens["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert claims["aud"] == RESOURCE and claims["amr"] == ["rsa", "mfa"], claims
    print("signed in by certificate in the pages:", claims["upn"], claims["amr"])
    form = {"client_id": CLIENT, "grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "resource": RESOURCE}
    assert post(f"{origin.geturl()}/common/oauth2/token", form, page=False)["access_token"]
    print("the refresh token works")
