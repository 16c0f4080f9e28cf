#!/usr/bin/env python3
"""Approves a device code as a person does in a browser: types the code, signs in with a certificate, and agrees.

  approve_device_code.py ADDRESS CODE USER CA CERTIFICATE_AND_KEY

Only the standard library is used. Every host name leads to this machine.
"""

import html
import http.client
import re
import socket
import ssl
import sys
import urllib.parse

MAX_PAGES = 10


class Browser:
    def __init__(self, ca, identity):
        self.context = ssl.create_default_context(cafile=ca)
        self.context.load_cert_chain(identity)
        self.cookies = {}

    def open(self, url, fields=None):
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPSConnection(parts.hostname, parts.port)
        plain = socket.create_connection(("127.0.0.1", parts.port))
        connection.sock = self.context.wrap_socket(plain, server_hostname=parts.hostname)
        jar = self.cookies.setdefault(parts.hostname, {})
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
        body = None
        if fields is not None:
            body = urllib.parse.urlencode(fields)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request("GET" if body is None else "POST", path, body, headers)
        answer = connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, content = value.split(";")[0].partition("=")
                jar[key] = content
        return url, answer.read().decode()


def attribute(tag, name):
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return html.unescape(found[1]) if found else None


def first_form(url, page):
    """The address and the fields of the first form, as if its first button was pressed."""
    tag, content = re.search(r"<form ([^>]*)>(.*?)</form>", page, re.DOTALL).groups()
    inputs = re.findall(r"<input ([^>]*)>", content) + re.findall(r"<button ([^>]*)>", content)[:1]
    fields = {attribute(one, "name"): attribute(one, "value") or "" for one in inputs if attribute(one, "name")}
    return urllib.parse.urljoin(url, attribute(tag, "action")), fields


def main():
    address, code, user, ca, identity = sys.argv[1:]
    browser = Browser(ca, identity)
    url, page = browser.open(address)
    for _ in range(MAX_PAGES):
        if "<form " not in page:
            break
        action, fields = first_form(url, page)
        for name, typed in (("otc", code), ("loginfmt", user)):
            if name in fields:
                fields[name] = typed
        url, page = browser.open(action, fields)
    if "You have signed in" not in page:
        sys.exit(f"not approved: {page}")


main()
