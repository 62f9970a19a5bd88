#!/bin/sh
# Tries wscope against WebSocket servers that nobody here wrote: npm `ws` and Python `websockets`.
#
#     tests/interop/run.sh target/debug/wscope
#
# The libraries are installed into target/interop (nothing outside is touched). Where one cannot be installed its
# part is skipped, and that is said. One line per check; the last line is `N passed, N failed`.
# Exits 1 if a check failed, 2 if it was called wrongly.
set -u

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
place=$root/target/interop

if [ $# -ne 1 ] || [ ! -x "$1" ]; then
    echo "usage: $0 PATH-OF-WSCOPE" >&2
    exit 2
fi
wscope=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
mkdir -p "$place" || exit 2

python=$(command -v python3 || command -v python || true)
if [ -z "$python" ]; then
    echo "skipped: everything, there is no Python 3 to drive the checks"
    echo "0 passed, 0 failed"
    exit 0
fi

servers=
if [ -n "$(command -v node)" ] && [ -n "$(command -v npm)" ]; then
    if [ -d "$place/node_modules/ws" ] || npm install --silent --no-audit --no-fund --prefix "$place" ws@8 >"$place/npm.log" 2>&1; then
        servers="$servers node"
    else
        echo "skipped: node ws, npm could not install it (see target/interop/npm.log)"
    fi
else
    echo "skipped: node ws, there is no node or npm"
fi
if "$python" -c 'import sys; sys.path.insert(0, sys.argv[1]); import websockets' "$place/python" 2>/dev/null ||
    "$python" -m pip install --quiet --target "$place/python" 'websockets>=13,<17' >"$place/pip.log" 2>&1; then
    servers="$servers python"
else
    echo "skipped: python websockets, pip could not install it (see target/interop/pip.log)"
fi

# Certificates for wss: an authority of our own and a leaf for localhost.
certificates() {
    (
        cd "$place" || exit 1
        openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj '/CN=wscope interop root' \
            -addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.pem
        openssl req -newkey rsa:2048 -nodes -subj '/CN=localhost' -keyout leaf.key -out leaf.csr
        printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >leaf.ext
        openssl x509 -req -days 30 -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile leaf.ext -out leaf.pem
    ) >"$place/openssl.log" 2>&1
}
rm -f "$place/leaf.pem"
if ! certificates; then
    echo "skipped: wss, the openssl command could not make certificates (see target/interop/openssl.log)"
    rm -f "$place/leaf.pem"
fi

# shellcheck disable=SC2086 # the names of servers have no blanks
exec "$python" "$here/checks.py" "$wscope" "$place" $servers
