#!/bin/bash
# Lets roadtx (PyPI, https://github.com/dirkjanm/ROADtools), unmodified, sign in to the local authority.
#
#   other-clients/roadtx.sh [AUTHORITY-PROGRAM]
#
# Needs root for a network and mount namespace of its own, in which login.microsoftonline.com is 127.0.0.1, and roadtx on
# PATH (`python3 -m venv v && v/bin/pip install roadtx && PATH=$PWD/v/bin:$PATH …`). Ends with 0 when every step was granted.
set -euo pipefail

if [ -z "${IN_NAMESPACE:-}" ]; then
    program=$(realpath "${1:-target/debug/local-authority}")
    IN_NAMESPACE=1 exec unshare --net --mount --pid --fork --kill-child --mount-proc "$0" "$program"
fi
program=$1
lab=$(mktemp -d)
trap 'rm -rf "$lab"' EXIT
cd "$lab"
ip link set lo up
echo "127.0.0.1 localhost login.microsoftonline.com" > hosts
mount --bind hosts /etc/hosts

"$program" --init lab --host login.microsoftonline.com > /dev/null
# Alice has a Hello key; roadtx addresses its assertion to "common".
openssl genrsa -out hello.key 2048 2> /dev/null
openssl rsa -in hello.key -pubout -out lab/hello.pem 2> /dev/null
python3 - <<'PY'
import json
configuration = json.load(open("lab/authority.json"))
configuration["users"][0]["helloKeys"] = ["hello.pem"]
configuration["switches"]["furtherAudiences"] = ["common"]
json.dump(configuration, open("lab/authority.json", "w"))
PY
"$program" --config lab/authority.json --listen 127.0.0.1:443 --log log.jsonl > url &
until [ -s url ]; do sleep 0.05; done
export REQUESTS_CA_BUNDLE=$lab/lab/tls-ca.pem

field() { python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))[sys.argv[2]], end="")' "$1" "$2"; }
field lab/device.json certificate > device.pem
field lab/device.json key > device.key
field lab/device.json transportKey > transport.key
name=alice@contoso.example
password='correct horse battery staple'
device=(--cert-pem device.pem --key-pem device.key --transport-key-pem transport.key)
broker=29d9ed98-a469-4536-ade2-f981bc1d605e

step() { echo "== $*"; }
step "tokens by password"
roadtx gettokens -u $name -p "$password" -c $broker -r msgraph
refresh=$(field .roadtools_auth refreshToken)
step "primary refresh token by refresh token"
roadtx prt "${device[@]}" -r "$refresh" -f by-refresh-token.prt
step "primary refresh token by password"
roadtx prt "${device[@]}" -u $name -p "$password" -f roadtx.prt
step "renewal"
roadtx prt -a renew -f roadtx.prt
step "access token by primary refresh token"
roadtx prtauth -f roadtx.prt -c $broker -r msgraph
step "single sign-on cookie, redeemed"
cookie=$(roadtx prtcookie -f roadtx.prt | sed -n 's/.*\(eyJ[A-Za-z0-9_=-]*\.[A-Za-z0-9_=-]*\.[A-Za-z0-9_=-]*\).*/\1/p' | head -1)
roadtx gettokens --prt-cookie "$cookie" -c $broker -r msgraph
step "single sign-on with the session key"
roadtx gettokens --prt "$(field roadtx.prt refresh_token)" --prt-sessionkey "$(field roadtx.prt session_key)" -c $broker -r msgraph
step "primary refresh token, protocol 3"
roadtx prt "${device[@]}" -r "$refresh" -v3 -f v3.prt
roadtx prt -a renew -v3 -f v3.prt
roadtx prtauth -f v3.prt -v3 -c $broker -s "openid https://graph.microsoft.com/.default"

step "primary refresh token by Hello key"
roadtx prt "${device[@]}" -u $name -hk hello.key -f hello.prt
roadtx prtauth -f hello.prt -c $broker -r msgraph

step "what the authority saw"
python3 - <<'PY'
import json, sys
entries = [json.loads(line) for line in open("log.jsonl")]
for entry in entries:
    print(entry["leg"], entry["status"], entry.get("code", ""), entry.get("reason", ""))
refused = [entry for entry in entries if "code" in entry or entry["status"] >= 400]
sys.exit(1 if refused else 0)
PY
