#!/usr/bin/env python3
"""Writes the archives of seeds: inputs that a fuzzer would take hours to find, such as responses of the service and key files of
OpenSSL.

    fuzz/seeds.py            keeps OpenSSL's files, which would have new keys and salts
    fuzz/seeds.py --anew     writes them, too

The inputs have the type of the target's `fuzz_target!`. Other types than bytes and text are encoded for the crate `arbitrary`.
"""

import base64
import gzip
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import archive

TENANT = "33221100-5544-7766-8899-aabbccddeeff"
# As in fuzz_targets/protocol/mod.rs: one space under the session key of the targets.
SESSION_KEY_JWE = (
    "eyJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ.AQEBAQEBAQEBAQEBAQEBAQ.CQkJCQkJCQkJCQkJ.Bw.1XWx7SgL7Y57KMDM-guWqw"
)

# A renewal under the same key, made with Python's cryptography.
RENEWED = {
    "gcm": (
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiY3R4IjoiQUFBQSIsImtpZCI6InNlc3Npb24ifQ..CQkJCQkJCQkJCQkJ.Pyg5C1X9CKzwa"
        "jle9RbJtgBP1MbBLaqP5GzrAqaBXsp2answNp1ZKv0VuzvwtSNEPgW5JMhc45ySOg.WiEYPAVqGH1A27Od8HjGJg"
    ),
    "cbc": (
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiY3R4IjoiQUFBQSIsImtpZCI6InNlc3Npb24ifQ..CAgICAgICAgICAgICAgICA.pY0Q7nk"
        "rYnEDuux7OTt9mflN2n2hU4VpXeg9UjvGUF0TAxBI1QiZS1VyURMxVJ0CM0TrEQpV7isesjrsF0yDPQ.AA"
    ),
}


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwt(claims: dict) -> str:
    return f'{base64url(b"""{"typ":"JWT","alg":"none"}""")}.{base64url(json.dumps(claims).encode())}.'


REALM = {
    "version-1": {"ver": "1.0", "account_type": "Managed", "domain_name": "contoso.com", "cloud_instance_name": "microsoftonline.com",
                  "cloud_audience_urn": "urn:federation:MicrosoftOnline"},
    "version-2": {"NameSpaceType": "Managed", "Login": "alice@contoso.com", "DomainName": "contoso.com", "TenantBrandingInfo": None},
    "srf": {"State": 4, "UserState": 1, "Login": "alice@contoso.com", "NameSpaceType": "Managed", "CloudInstanceName": "microsoftonline.com"},
    "federated": {"ver": "1.0", "account_type": "Federated", "federation_protocol": "WSTrust",
                  "federation_metadata_url": "https://sts.contoso.com/adfs/services/trust/mex",
                  "federation_active_auth_url": "https://sts.contoso.com/adfs/services/trust/2005/usernamemixed"},
    "unknown": {"NameSpaceType": "Unknown", "Login": "alice@contoso.com"},
    "other-cloud": {"account_type": "Managed", "cloud_instance_name": "microsoftonline.us"},
}
METADATA = {
    "entra": {"issuer": "https://sts.windows.net/{tenantid}/", "token_endpoint": "https://login.microsoftonline.com/common/oauth2/token",
              "tenant_region_scope": None, "cloud_instance_name": "microsoftonline.com"},
    "ad-fs": {"issuer": "https://server.example.com/adfs", "capabilities": ["kdf_ver2"]},
}
NONCE = {"entra": {"Nonce": "AwABAAAAAAACAOz_BQD0_made_up"}, "ad-fs": {"Nonce": "eyJWZXJzaW9uIjoxfQ"}}
ID_TOKEN = jwt({"aud": "38aa3b87-a06d-4817-b275-7a316988d93b", "upn": "alice@contoso.com", "tid": TENANT, "amr": ["rsa", "mfa"]})
CLIENT_INFO = base64url(json.dumps({"uid": "u", "utid": TENANT}).encode())
TICKET = json.dumps({"keyType": 18, "clientKey": "eyJ", "messageBuffer": "a4IC", "realm": "CONTOSO.COM", "sn": "krbtgt/CONTOSO.COM", "error": 0})
TOKEN = {
    "documented": {"token_type": "pop", "refresh_token": "0.AXoA", "refresh_token_expires_in": 604800, "session_key_jwe": SESSION_KEY_JWE,
                   "id_token": ID_TOKEN},
    "entra": {"token_type": "pop", "refresh_token": "0.AXoA", "refresh_token_expires_in": "1209600", "session_key_jwe": SESSION_KEY_JWE,
              "id_token": ID_TOKEN, "client_info": CLIENT_INFO, "expires_in": "3599", "ext_expires_in": "3599", "expires_on": "1800000000",
              "tgt_ad": TICKET, "tgt_cloud": json.loads(TICKET), "kerberos_top_level_names": ".contoso.com"},
}


def refusal(code: int, error: str, **more: str) -> dict:
    description = f"AADSTS{code}: Why.\r\nTrace ID: 0e1d2c3b\r\nCorrelation ID: 1f2e3d4c\r\nTimestamp: 2027-01-15 08:00:00Z"
    return {"error": error, "error_description": description, "error_codes": [code], "timestamp": "2027-01-15 08:00:00Z",
            "trace_id": "0e1d2c3b", "correlation_id": "1f2e3d4c", "error_uri": f"https://login.microsoftonline.com/error?code={code}", **more}


ERROR = {
    "revoked": (400, refusal(500171, "invalid_grant")),
    "stale-nonce": (400, refusal(140000, "invalid_grant")),
    "unknown-user": (400, refusal(50034, "invalid_grant")),
    "interaction": (400, refusal(50076, "interaction_required", suberror="basic_action", claims='{"access_token":{"capolids":{}}}')),
    "busy": (503, {"error": "temporarily_unavailable"}),
}


def encoded(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def status_of(status: int, lowest: int) -> bytes:
    """The number that the target turns into this status, for `u16`."""
    return (status - lowest).to_bytes(2, "little")


def list_of(items: list) -> bytes:
    """A `Vec`: an odd byte before each element, an even byte after the last one."""
    return b"".join(b"\x01" + item for item in items) + b"\x00"


def answer(status: int, body: object) -> bytes:
    """A `(u16, Option<Vec<u8>>)`; a good answer without a body."""
    if body is None:
        return status_of(status, 100) + b"\x00"
    return status_of(status, 100) + b"\x01" + list_of([bytes([byte]) for byte in encoded(body)])


def flow(*token_answers: tuple) -> bytes:
    """A sign-in by a new name: realm, metadata, nonce, two signatures, then the answers of the token endpoint."""
    steps = [(200, REALM["version-1"]), (200, METADATA["entra"]), (200, NONCE["entra"])]
    for token_answer in token_answers:
        steps += [(200, None), (200, None), token_answer]
        if token_answer[1].get("error_codes") == [140000]:
            steps += [(200, NONCE["entra"])]
    # The byte is repeated to form the session key.
    steps += [(100 + 7, None)]
    return list_of([answer(*step) for step in steps])


# As fixtures of upn-resolver's tests; OpenSSL made most of them.
CERTIFICATES = {
    path.stem: path.read_bytes()
    for path in sorted((archive.HERE.parent / "upn-resolver/tests/certificates").rglob("*.der"))
}
# `Ecdsa-Sig-Value`s (RFC 3279 section 2.2.3): numbers with and without a leading zero, and a length in more bytes than it needs.
ECDSA = {
    "long": b"\x30\x46\x02\x21\x00" + b"\xf1" * 32 + b"\x02\x21\x00" + b"\xe2" * 32,
    "short": b"\x30\x25\x02\x20" + b"\x71" * 32 + b"\x02\x01\x01",
    "long-length": b"\x30\x81\x44\x02\x20" + b"\x71" * 32 + b"\x02\x20" + b"\x62" * 32,
}

SEEDS = {
    "certificate": CERTIFICATES,
    "certificate_differential": CERTIFICATES,
    "ecdsa": ECDSA,
    "padding": {f"scheme-{choice}": bytes([choice]) + b"message" for choice in (0, 8, 16, 24, 32, 40, 6, 7)},
    # behind the first two bytes of gzip, which the target puts there
    "piv_gzip": {name: gzip.compress(CERTIFICATES[name], mtime=0)[2:] for name in ("piv-p256", "piv-rsa2048")},
    "protocol_device": {"certificate": (archive.HERE.parent / "cba-protocol/tests/fixtures/device.der").read_bytes()},
    "protocol_error": {name: status_of(status, 300) + encoded(body) for name, (status, body) in ERROR.items()},
    "protocol_flow": {
        "granted": flow((200, TOKEN["entra"])),
        "stale-nonce": flow(ERROR["stale-nonce"], (200, TOKEN["documented"])),
        "refused": flow(ERROR["revoked"]),
        "unknown-realm": list_of([answer(200, REALM["unknown"]), answer(200, REALM["federated"])]),
    },
    "protocol_session_key": {"session-key": SESSION_KEY_JWE.encode()},
    "protocol_jwe": {
        # behind the "eyJ" that the target puts before an answer
        "answer": RENEWED["gcm"][3:].encode(),
        "answer-cbc": RENEWED["cbc"][3:].encode(),
    },
    "protocol_jwt": {"id-token": ID_TOKEN.encode(), "client-info": CLIENT_INFO.encode(), "ticket": TICKET.encode()},
    "protocol_metadata": {name: encoded(body) for name, body in METADATA.items()},
    "protocol_nonce": {name: encoded(body) for name, body in NONCE.items()},
    "protocol_realm": {name: encoded(body) for name, body in REALM.items()},
    "protocol_transcript": {
        **{f"token-{name}": status_of(200, 200) + encoded(body) for name, body in TOKEN.items()},
        **{f"error-{name}": status_of(status, 200) + encoded(body) for name, (status, body) in ERROR.items()},
    },
    "protocol_token": {name: encoded(body) for name, body in TOKEN.items()},
}


# Few iterations: the targets allow 16 for each file.
KDF = "-iter 1"
PKCS12 = {
    "aes": "",
    "aes-sha512": "-keypbe AES-128-CBC -certpbe AES-192-CBC -macalg sha512",
    "legacy": "-legacy",
    "3des": "-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1",
    "2des": "-keypbe PBE-SHA1-2DES -certpbe PBE-SHA1-2DES",
    "rc2-40": "-legacy -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-RC2-40",
    "rc2-128": "-legacy -keypbe PBE-SHA1-RC2-128 -certpbe PBE-SHA1-RC2-128",
    "des-ede3": "-keypbe DES-EDE3-CBC -certpbe NONE",
    "plain": "-keypbe NONE -certpbe NONE",
    "plain-no-mac": "-keypbe NONE -certpbe NONE -nomac",
    "chain": "-certfile chain.pem -name Alice",
}
PKCS8 = {
    "aes-256": "-v2 aes256 -iter 1",
    "aes-128-sha512": "-v2 aes-128-cbc -v2prf hmacWithSHA512 -iter 1",
    "des3-sha1": "-v2 des3 -v2prf hmacWithSHA1 -iter 1",
    "pbes1-3des": "-v1 PBE-SHA1-3DES -iter 1",
    "scrypt": "-scrypt -scrypt_N 2 -scrypt_r 1 -scrypt_p 1",
}


def key_files() -> dict[str, dict[str, bytes]]:
    """Key files of OpenSSL under the password of the targets, for an RSA key and a P-256 key."""
    seeds: dict[str, dict[str, bytes]] = {"key_pkcs12": {}, "key_pem": {}, "key_pkcs8": {}, "key_file": {}}
    with tempfile.TemporaryDirectory() as folder:
        def openssl(arguments: str) -> None:
            subprocess.run(["openssl", *arguments.split()], cwd=folder, check=True, capture_output=True)

        def content(name: str) -> bytes:
            return (Path(folder) / name).read_bytes()

        for algorithm, key in (("ec", "ec -pkeyopt ec_paramgen_curve:P-256"), ("rsa", "rsa:2048")):
            for name in ("key", "other"):
                openssl(f"req -x509 -newkey {key} -nodes -keyout {name}.pem -out {name}-certificate.pem -subj /CN={name} -days 9999")
            (Path(folder) / "chain.pem").write_bytes(content("other-certificate.pem") * 2)
            certificate = content("key-certificate.pem")
            for name, options in PKCS12.items():
                openssl(f"pkcs12 -export -inkey key.pem -in key-certificate.pem -passout pass:1234 {KDF} {options} -out file.p12")
                seeds["key_pkcs12"][f"{algorithm}-{name}"] = content("file.p12")
            for name, options in PKCS8.items():
                openssl(f"pkcs8 -topk8 -in key.pem -passout pass:1234 {options} -out encrypted.pem")
                openssl("asn1parse -in encrypted.pem -noout -out encrypted.der")
                seeds["key_pkcs8"][f"{algorithm}-{name}"] = content("encrypted.der")
                seeds["key_pem"][f"{algorithm}-{name}"] = certificate + content("encrypted.pem")
            openssl("pkey -in key.pem -traditional -out old.pem")
            openssl("pkey -in key.pem -traditional -aes128 -passout pass:1234 -out old-encrypted.pem")
            openssl("x509 -in key-certificate.pem -trustout -addtrust clientAuth -out trusted.pem")
            for name in ("key", "old", "old-encrypted", "trusted"):
                seeds["key_pem"][f"{algorithm}-{name}"] = certificate + content(f"{name}.pem")
    for kind in ("key_pkcs12", "key_pem"):
        for name, seed in seeds[kind].items():
            # RSA is slow, and each of these reaches the same code behind the parsers.
            if name.startswith("ec-") or name in ("rsa-plain", "rsa-key", "rsa-old"):
                seeds["key_file"][f"{kind.removeprefix('key_')}-{name}"] = seed
    return seeds


PAGE = {"pgid": "ConvergedSignIn", "sErrorCode": "50058", "sCtx": "c", "sFT": "f", "sFTName": "flowToken", "canary": "n",
        "sCanaryTokenName": "canary", "sessionId": "s", "correlationId": "r", "urlPost": "/common/login",
        "urlGetCredentialType": "https://login.microsoftonline.com/common/GetCredentialType?mkt=en-US", "arrUserProofs": [{"a": [1]}]}


def page(**members: object) -> bytes:
    configuration = json.dumps({**PAGE, **members}, separators=(",", ":"))
    return (f'<!DOCTYPE html><html><head><script type="text/javascript">//<![CDATA[\n$Config={configuration};\n//]]></script>'
            "<script>var t=window.$Config||{};</script></head><body></body></html>").encode()


def form(action: str, **inputs: str) -> bytes:
    fields = "".join(f'<input type="hidden" name="{name}" value="{value}" />' for name, value in inputs.items())
    return (f'<html><head><title>Working...</title></head><body><form method="POST" name="hiddenform" action="{action}">{fields}'
            '<noscript><p>Script is disabled.</p><input type="submit" value="Submit" /></noscript></form>'
            "<script>document.forms[0].submit()</script></body></html>").encode()


DEVICE = (archive.HERE.parent / "cba-protocol/tests/fixtures/device.der").read_bytes()
SERVICE = "https://enterpriseregistration.windows.net/EnrollmentServer/device/"
THROTTLED = {"ErrorType": "DirectoryError", "Message": "Your request is throttled temporarily. Please try after 300 seconds.",
             "TraceId": "5a895a81", "Time": "02-24-2016 17:37:01Z"}
JOINING: dict[str, dict[str, bytes]] = {
    "protocol_page": {
        "sign-in": page(), "kmsi": page(pgid="KmsiInterrupt"), "cmsi": page(pgid="CmsiInterrupt", urlPost=None), "mfa": page(pgid="ConvergedTFA"),
        "error": page(pgid="ConvergedError", strServiceExceptionMessage="AADSTS50034: none", iErrorCode=50034), "twice": page() * 2,
        "form": form("/common/login", ctx="c"),
    },
    "protocol_hidden_form": {
        "certauth": form("https://login.microsoftonline.com/common/login", ctx="c", flowtoken="f", certificatetoken="a&amp;b&#x2B;"),
        "foreign": form("https://evil.example/", ctx="c"), "relative": form("/common/login?x=1&amp;y=2", ctx=""),
        "comment": b"<!-- <form> -->" + form("/x", a="b"), "refused": page(pgid="ConvergedError", sErrorCode="500171"),
    },
    "protocol_set_cookie": {
        "service": b"buid=0.AXoA; expires=Sun, 14-Feb-2027 08:00:00 GMT; path=/; secure; HttpOnly; SameSite=None\nfpc=A; path=/; secure",
        "removed": b"a=1; path=/\na=; expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/; domain=.login.microsoftonline.com",
        "age": b"a=1; Max-Age=60; domain=evil.example\nb=2; max-age=-1",
        "code": b"https://login.microsoftonline.com/WebApp/CloudDomainJoin/8?code=0.AXoA&state=s&session_state=x",
        "error": b"https://login.microsoftonline.com/WebApp/CloudDomainJoin/8#error=access_denied&error_description=AADSTS65004%3a+no&state=s",
    },
    "protocol_discovery": {
        "entra": json.dumps({"DeviceJoinService": {"JoinEndpoint": SERVICE, "ServiceVersion": "2.0"}, "TenantInfo": {"TenantId": TENANT}}).encode(),
        "foreign": json.dumps({"DeviceJoinService": {"JoinEndpoint": "https://evil.example/"}}).encode(), "throttled": json.dumps(THROTTLED).encode(),
    },
    "protocol_join": {
        "issued": json.dumps({"Certificate": {"Thumbprint": "00", "RawBody": base64.b64encode(DEVICE).decode()}, "User": {"Upn": "a"},
                              "MembershipChanges": [{"LocalSID": "S-1-5-32-544", "AddSIDs": []}]}).encode(),
        "throttled": json.dumps(THROTTLED).encode(),
        "newer": json.dumps({"code": "invalid_request", "subcode": "error_missing_device", "message": "m", "requestid": "r"}).encode(),
    },
    "protocol_device_code": {
        "v1": json.dumps({"device_code": "d", "user_code": "F7QK2XN3", "verification_url": "https://microsoft.com/devicelogin",
                          "expires_in": "900", "interval": "5", "message": "m"}).encode(),
        "v2": json.dumps({"device_code": "d", "user_code": "F7QK2XN3", "verification_uri": "https://microsoft.com/devicelogin",
                          "expires_in": 900, "interval": 5}).encode(),
        "pending": json.dumps(refusal(70016, "authorization_pending")).encode(), "slow": b'{"error":"slow_down"}',
        "token": json.dumps({"token_type": "Bearer", "access_token": "t", "refresh_token": "r", "expires_in": "3599", "id_token": ID_TOKEN}).encode(),
    },
}


def known_card(days_ago: int, identity: bytes, reference: int = 1) -> bytes:
    """An entry of a store of known cards, on day 20,000: day, PIN, slot 9A, identity and data object."""
    content = b"\x70\x82" + len(DEVICE).to_bytes(2, "big") + DEVICE + b"\x71\x01\x00\xfe\x00"
    data_object = b"\x53\x82" + len(content).to_bytes(2, "big") + content
    return ((20_000 - days_ago).to_bytes(8, "big") + bytes([reference, 0x9A, len(identity)]) + identity
            + len(data_object).to_bytes(2, "big") + data_object)


KNOWN_CARDS = {"known_cards": {
    "none": b"\x00",
    "one": b"\x01" + known_card(1, b"0123456789abcdef0123456789abcdef"),
    "two": b"\x02" + known_card(90, b"", 0) + known_card(0, b"card", 2),
    "old": b"\x01" + known_card(91, b"card"),
}}

for target, seeds in (SEEDS | JOINING | KNOWN_CARDS).items():
    archive.write(archive.SEEDS, target, seeds)
if "--anew" in sys.argv[1:] or not archive.read(archive.SEEDS, "key_file"):
    for target, seeds in key_files().items():
        archive.write(archive.SEEDS, target, seeds)
