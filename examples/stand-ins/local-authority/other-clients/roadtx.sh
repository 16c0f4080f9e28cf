#!/bin/bash
# Runs roadtx (PyPI, https://github.com/dirkjanm/ROADtools), unmodified, through all that it can do at the local authority:
#
#   with-authority LOCAL-AUTHORITY roadtx.sh
#
# roadtx is taken from PATH. Ends with 0 if every step was granted.
set -euo pipefail

field() { python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))[sys.argv[2]], end="")' "$1" "$2"; }
step() { echo "roadtx: $*"; }
quietly() { "$@" > output 2>&1 || { cat output >&2; exit 1; }; }
# roadtx ends with 0 after some failures, so the files that it writes are checked.
tokens() {
    rm -f .roadtools_auth
    quietly roadtx "$@"
    [ -n "$(field .roadtools_auth accessToken)" ]
}
primary() {
    local file=$1
    shift
    quietly roadtx prt "$@" -f "$file"
    [ -n "$(field "$file" refresh_token)" ] && [ -n "$(field "$file" session_key)" ]
}

field lab/device.json certificate > device.pem
field lab/device.json key > device.key
field lab/device.json transportKey > transport.key
name=alice@contoso.example
password='correct horse battery staple'
device=(--cert-pem device.pem --key-pem device.key --transport-key-pem transport.key)
broker=29d9ed98-a469-4536-ade2-f981bc1d605e

step "tokens by password"
tokens gettokens -u $name -p "$password" -c $broker -r msgraph
refresh=$(field .roadtools_auth refreshToken)

step "primary refresh token by refresh token"
primary by-refresh-token.prt "${device[@]}" -r "$refresh"

step "primary refresh token by password"
primary roadtx.prt "${device[@]}" -u $name -p "$password"

step "renewal"
before=$(field roadtx.prt refresh_token)
primary roadtx.prt -a renew
[ "$before" != "$(field roadtx.prt refresh_token)" ]

step "access token by primary refresh token"
tokens prtauth -f roadtx.prt -c $broker -r msgraph

step "single sign-on cookie, redeemed"
quietly roadtx prtcookie -f roadtx.prt
cookie=$(grep --only-matching --max-count=1 'eyJ[A-Za-z0-9_=-]*\.[A-Za-z0-9_=-]*\.[A-Za-z0-9_=-]*' output)
tokens gettokens --prt-cookie "$cookie" -c $broker -r msgraph

step "single sign-on with the session key"
tokens gettokens --prt "$(field roadtx.prt refresh_token)" --prt-sessionkey "$(field roadtx.prt session_key)" -c $broker -r msgraph

step "primary refresh token, protocol 3"
primary v3.prt "${device[@]}" -r "$refresh" -v3
primary v3.prt -a renew -v3
tokens prtauth -f v3.prt -v3 -c $broker -s "openid https://graph.microsoft.com/.default"

step "primary refresh token by Hello key"
primary hello.prt "${device[@]}" -u $name -hk hello.key
tokens prtauth -f hello.prt -c $broker -r msgraph

# The device code is typed by the other client, with the certificate in TLS, while roadtx waits for it.
step "tokens by device code, typed with a certificate"
rm -f .roadtools_auth
: > code.txt
PYTHONUNBUFFERED=1 roadtx gettokens --device-code -c $broker -r devicereg > code.txt 2>&1 &
waiting=$!
for _ in {1..100}; do grep -q 'enter the code' code.txt && break; sleep 0.1; done
code=$(grep -o 'code [A-Z0-9]*\.' code.txt | head -1 | tr -d '.' | cut -d' ' -f2)
address=$(grep -o 'https://[^ ]*deviceauth' code.txt | head -1)
quietly python3 "$(dirname "$0")/web_sign_in.py" "$address" "$code"
wait $waiting || { cat code.txt >&2; exit 1; }
[ -n "$(field .roadtools_auth accessToken)" ]

for action in join register; do
    step "device -a $action, and a sign-in on that device"
    quietly roadtx device -a $action -n $action -d contoso.example
    [ -s $action.pem ] && [ -s $action.key ]
    own=(--cert-pem $action.pem --key-pem $action.key)
    primary $action.prt "${own[@]}" -u $name -p "$password"
    primary $action.prt "${own[@]}" -r "$refresh"
    cp .roadtools_auth registration.json
    tokens prtauth -f $action.prt -c $broker -r msgraph
    cp registration.json .roadtools_auth
    step "device -a delete"
    quietly roadtx device -a delete -c $action.pem -k $action.key
    grep -qi 'deleted\|success' output || { cat output >&2; exit 1; }
done
