#!/usr/bin/env python3
"""Signs a user in by certificate and uses the token, with requests, jwcrypto and cryptography, and nothing else.

    certificate_sign_in.py [URL LAB [USER [CERTIFICATE KEY]]]

LAB is the folder that `local-authority --init` wrote. Without arguments it uses the laboratory of `with-authority`. It prints claims of the
id tokens, and ends with 0 if all was granted.
"""

import base64
import json
import os
import sys
import time
from pathlib import Path

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode
from jwcrypto import jwe, jwk, jws

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
url, lab = sys.argv[1:3] if len(sys.argv) > 2 else (os.environ["AUTHORITY_URL"], "lab")
lab = Path(lab)
user = sys.argv[3] if len(sys.argv) > 3 else "alice@contoso.example"
certificate, key = sys.argv[4:6] if len(sys.argv) > 5 else (lab / "alice.pem", lab / "alice.key")
device = json.loads((lab / "device.json").read_text())
http = requests.Session()
http.trust_env = False  # or REQUESTS_CA_BUNDLE goes before the next line
http.verify = str(lab / "tls-ca.pem")


def x5c(pem: bytes) -> list[str]:
    der = x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)
    return [base64.b64encode(der).decode()]


def signed(header: dict, claims: dict, private_key: jwk.JWK) -> str:
    token = jws.JWS(json.dumps(claims))
    token.add_signature(private_key, None, json.dumps(header))
    return token.serialize(compact=True)


def claims_of(token: str) -> dict:
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def token_request(**form: str) -> requests.Response:
    answer = http.post(f"{url}/{device['tenantId']}/oauth2/token", data=form)
    if answer.status_code != 200:
        sys.exit(answer.text)
    return answer


def nonce() -> str:
    return token_request(grant_type="srv_challenge").json()["Nonce"]


def derived(session_key: bytes, context: bytes) -> bytes:
    kdf = KBKDFHMAC(
        algorithm=hashes.SHA256(), mode=Mode.CounterMode, length=32, rlen=4, llen=4,
        location=CounterLocation.BeforeFixed, label=b"AzureAD-SecureConversation", context=context, fixed=None,
    )
    return kdf.derive(session_key)


realm = http.get(f"{url}/common/userrealm/{user}", params={"api-version": "1.0"}).json()
print("realm:", realm["account_type"])
metadata = http.get(f"{url}/{device['tenantId']}/.well-known/openid-configuration").json()

# The card signs the assertion, the device the request ([MS-OAPXBC] 3.2.5.1.2.1.4).
now, challenge = int(time.time()), nonce()
assertion = signed(
    {"typ": "JWT", "alg": "RS256", "x5c": x5c(Path(certificate).read_bytes())},
    {"iss": user, "aud": metadata["issuer"], "iat": now, "exp": now + 300, "request_nonce": challenge},
    jwk.JWK.from_pem(Path(key).read_bytes()),
)
request = signed(
    {"typ": "JWT", "alg": "RS256", "x5c": x5c(device["certificate"].encode())},
    {
        "client_id": "38aa3b87-a06d-4817-b275-7a316988d93b", "scope": "openid aza ugs",
        "request_nonce": challenge, "grant_type": JWT_BEARER, "assertion": assertion,
    },
    jwk.JWK.from_pem(device["key"].encode()),
)
answer = token_request(grant_type=JWT_BEARER, request=request, client_info="1").json()
identity = claims_of(answer["id_token"])
print("primary refresh token for", identity["upn"], "amr", identity["amr"])

# The session key: jwcrypto checks the whole JWE, cryptography takes the key out of its second part.
transport = serialization.load_pem_private_key(device["transportKey"].encode(), None)
envelope = jwe.JWE(algs=["RSA-OAEP", "A256GCM"])
envelope.deserialize(answer["session_key_jwe"], jwk.JWK.from_pem(device["transportKey"].encode()))
wrapped = answer["session_key_jwe"].split(".")[1]
oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
session_key = transport.decrypt(base64.urlsafe_b64decode(wrapped + "=" * (-len(wrapped) % 4)), oaep)


def exchange(scope: str) -> dict:
    """A token request by either key derivation, and its encrypted answer."""
    ctx = os.urandom(24)
    body = json.dumps({
        "client_id": "29d9ed98-a469-4536-ade2-f981bc1d605e", "scope": scope, "request_nonce": nonce(),
        "grant_type": "refresh_token", "refresh_token": answer["refresh_token"],
        "iat": int(time.time()), "exp": int(time.time()) + 300,
    }).encode()
    digest = hashes.Hash(hashes.SHA256())
    digest.update(ctx + body)
    header = {"alg": "HS256", "ctx": base64.b64encode(ctx).decode(), "kdf_ver": 2}
    encoded = [base64.urlsafe_b64encode(part).rstrip(b"=") for part in (json.dumps(header).encode(), body)]
    mac = hmac.HMAC(derived(session_key, digest.finalize()), hashes.SHA256())
    mac.update(b".".join(encoded))
    encoded.append(base64.urlsafe_b64encode(mac.finalize()).rstrip(b"="))
    text = token_request(grant_type=JWT_BEARER, request=b".".join(encoded).decode()).text
    head = text.split(".")[0]
    context = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["ctx"]
    response_key = derived(session_key, base64.b64decode(context))
    token = jwe.JWE(algs=["dir", "A256GCM"])
    symmetric = base64.urlsafe_b64encode(response_key).rstrip(b"=").decode()
    token.deserialize(text, jwk.JWK(kty="oct", k=symmetric))
    return json.loads(token.payload)


access = claims_of(exchange("openid https://graph.microsoft.com/.default")["access_token"])
print("access token for", access["aud"], "amr", access["amr"])
answer["refresh_token"] = exchange("openid aza ugs")["refresh_token"]
exchange("openid")
print("renewed, and the new one works")
