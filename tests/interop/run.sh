#!/bin/sh
# Tries wscope against WebSocket servers that nobody here wrote, npm `ws` and Python `websockets`, and `wscope serve`
# against clients that nobody here wrote: the same two, Python `websocket-client`, and Chromium.
#
#     tests/interop/run.sh target/debug/wscope
#
# The libraries are installed into target/interop (nothing outside is touched); Chromium is tried where it is installed.
# Where one is missing its part is skipped, and that is said. One line per check; the last line is `N passed, N failed`.
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
clients=
if [ -n "$(command -v node)" ] && [ -n "$(command -v npm)" ]; then
    if [ -d "$place/node_modules/ws" ] || npm install --silent --no-audit --no-fund --prefix "$place" ws@8 >"$place/npm.log" 2>&1; then
        servers="$servers node"
        clients="$clients ws"
        if [ -n "$(command -v chromium)" ]; then
            clients="$clients chromium"
        else
            echo "skipped: chromium, there is none"
        fi
    else
        echo "skipped: node ws and chromium, which needs it; npm could not install it (see target/interop/npm.log)"
    fi
else
    echo "skipped: node ws and chromium, which needs it; there is no node or npm"
fi

# python_package MODULE PACKAGE: whether Python has the module, if only because the package could be installed.
python_package() {
    "$python" -c "import sys; sys.path.insert(0, sys.argv[1]); import $1" "$place/python" 2>/dev/null ||
        "$python" -m pip install --quiet --target "$place/python" "$2" >"$place/pip-$1.log" 2>&1 || {
        echo "skipped: python ${2%%[<>=]*}, pip could not install it (see target/interop/pip-$1.log)"
        false
    }
}
if python_package websockets 'websockets>=13,<17'; then
    servers="$servers python"
    clients="$clients websockets"
fi
if python_package websocket 'websocket-client>=1.7,<2'; then
    clients="$clients websocket-client"
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

exec "$python" -B "$here/checks.py" "$wscope" "$place" "$servers" "$clients"
